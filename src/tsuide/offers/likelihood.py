"""How likely another policy (or state) would have drawn the slate that was drawn: what off-policy figures divide."""

from dataclasses import replace

import numpy as np

from tsuide.kit.arrays import Float64
from tsuide.offers.bind import bind
from tsuide.offers.compiled import Rows, called, kernel
from tsuide.offers.decide import Judged, judge
from tsuide.offers.decision import Decision
from tsuide.offers.offer import KINDS
from tsuide.offers.policy.policy import Policy
from tsuide.offers.prepare import prepare_customer
from tsuide.offers.slate import PICK, best_of, exp, ln, weigh
from tsuide.offers.state import State
from tsuide.offers.trial import UNTRIED


@called
def chances_of_draws(
    pool: Rows,
    cleared: Rows,
    items: Rows,
    sets: Rows,
    slots: Rows,
    most: int,
    per_need: int,
    temperature: float,
    guard: float,
    picks: Rows,
    chances: Rows,
) -> int:
    """Write the probability of each pick given those before it; how many would follow where the picks end (0 or 1).

    A pick that could not be drawn has probability 0, and so has all that stands after it.
    """
    weights = np.empty(len(cleared), np.float64)
    chances[:] = 0.0
    for k in range(len(picks)):
        s = picks[k].slot
        if picks[k].row < 0 or picks[k].place >= min(slots[s].n, most):
            return 0
        best = weigh(pool, cleared, sets, slots[s].kinds, picks, k, per_need, weights)
        if best < 0:
            return 0
        chances[k] = _chance(pool, cleared, items, weights, best, temperature, guard, picks[k].row)
        if chances[k] == 0.0:
            return 0
    return _goes_on(pool, cleared, sets, slots, most, per_need, picks, weights)


@kernel
def _chance(
    pool: Rows,
    cleared: Rows,
    items: Rows,
    weights: Rows,
    best: int,
    temperature: float,
    guard: float,
    row: int,
) -> float:
    """Of drawing one row now."""
    at = -1
    for i in range(len(cleared)):
        if cleared[i] == row and weights[i] > 0.0:
            at = i
    if at < 0:
        return 0.0
    if temperature <= 0.0 or pool[cleared[best]].mandatory:
        return 1.0 if at == best_of(pool, cleared, items, weights, best) else 0.0
    top, total = ln(weights[best]), 0.0
    floor = weights[best] * (1.0 - guard)
    for i in range(len(cleared)):
        if weights[i] > 0.0 and weights[i] >= floor:
            total += exp((ln(weights[i]) - top) / temperature)
    return exp((ln(weights[at]) - top) / temperature) / total if weights[at] >= floor else 0.0


@kernel
def _goes_on(
    pool: Rows,
    cleared: Rows,
    sets: Rows,
    slots: Rows,
    most: int,
    per_need: int,
    picks: Rows,
    weights: Rows,
) -> int:
    """1 where some slot has room and something that fits it."""
    for s in range(len(slots)):
        filled = 0
        for k in range(len(picks)):
            filled += picks[k].slot == s
        if filled < min(slots[s].n, most):
            best = weigh(pool, cleared, sets, slots[s].kinds, picks, len(picks), per_need, weights)
            if best >= 0:
                return 1
    return 0


def judged_otherwise(decision: Decision, state: State, policy: Policy) -> Judged:
    """The decision's question under another policy or state, as nobody's experiment."""
    view = replace(decision.customer, trial=UNTRIED)
    prepared = prepare_customer(view, replace(state, withdrawn=decision.withdrawn))
    return judge(decision.request, state, prepared, policy, now=decision.at, seed=decision.seed, whole=False)


def draws_of(decision: Decision, judged: Judged, state: State, policy: Policy) -> Float64:
    """P(drawn by the other) / P(drawn), of each place of the slate; float64 (places,).

    One more place with 0 where the other would go on and the log stopped: what it would show there is not known.
    """
    picks = np.zeros(len(decision.slate), PICK)
    row_of = {(int(judged.pool["item"][row]), int(judged.pool["kind"][row])): row for row in range(judged.count)}
    names = [slot.name for slot in decision.request.slots] or [""]
    for place, offer in enumerate(decision.slate):
        key = (state.ids.position(offer.product_id), KINDS.index(offer.kind))
        slot = names.index(offer.slot) if offer.slot in names else 0
        picks[place] = (row_of.get(key, -1), slot, offer.place, offer.shown_probability)
    pool, verdict = judged.pool[: judged.count], judged.verdict[: judged.count]
    cleared = np.flatnonzero((verdict < 0) & (pool["priority"] > 0)).astype(np.int32)
    chances = np.zeros(len(picks))
    choice = bind(policy, state).choice
    more = chances_of_draws(
        judged.pool, cleared, state.items, state.sets, judged.question.slots, *choice, picks, chances
    )
    draws = chances / np.where(picks["probability"] > 0, picks["probability"], 1.0)
    return np.append(draws, 0.0) if more else draws
