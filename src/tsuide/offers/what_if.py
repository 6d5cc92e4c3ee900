"""What another policy would have done with decisions that were made: refused, let through, by rule, with examples."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

import numpy as np

from tsuide.errors import NotFound, NotReady
from tsuide.offers.decide import Judged, judge
from tsuide.offers.decision import Decision
from tsuide.offers.offer import KINDS, Kind
from tsuide.offers.policy import chain
from tsuide.offers.policy.policy import Policy
from tsuide.offers.prepare import prepare_customer
from tsuide.offers.state import State

States: TypeAlias = Callable[[str, int], State]  # snapshot id, sequence → the state of that moment
Policies: TypeAlias = Callable[[str, str], Policy]  # name, version → the policy of that moment

EXAMPLES: Final = 5
GONE: Final = "no_candidate"  # under the other policy nobody would have proposed it


@dataclass(frozen=True, slots=True)
class Example:
    """One offer on which two policies differ."""

    decision_id: str
    product_id: str
    title: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Difference:
    """What one rule makes of the difference."""

    count: int
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Two policies over the same decisions.

    Args:
        decisions: how many were looked at.
        offers: how many offers these had on their slates.
        refused: rule of the other policy → offers on the slates that it refuses.
        let_through: rule of the policy of then → candidates that it refused and the other clears.
        slates: decisions whose slate would have been another.
        silent: decisions that had an offer and would have none.
        skipped: reason → decisions that could not be looked at (their state or policy is gone).
        speaking: decisions that would have an offer.
        candidates: how many the other policy would have judged.
        refusals: its rule → candidates that it refuses; the first rule that refuses one counts.
    """

    decisions: int
    offers: int
    refused: Mapping[str, Difference]
    let_through: Mapping[str, Difference]
    slates: int
    silent: int
    skipped: Mapping[str, int] = field(default_factory=dict)
    speaking: int = 0
    candidates: int = 0
    refusals: Mapping[str, int] = field(default_factory=dict)

    @property
    def refuses_everything(self) -> bool:
        """Whether the other policy would have been silent throughout, although there was something to offer."""
        return self.decisions > 0 and self.candidates > 0 and self.speaking == 0

    @property
    def refused_in_all(self) -> int:
        """Offers on the slates that the other policy would have refused."""
        return sum(each.count for each in self.refused.values())

    @property
    def let_through_in_all(self) -> int:
        """Candidates that the other policy would have let through."""
        return sum(each.count for each in self.let_through.values())


class _Tally:
    """Counts and the first examples, by rule."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._examples: dict[str, list[Example]] = {}

    def add(self, rule: str, example: Example) -> None:
        self._counts[rule] = self._counts.get(rule, 0) + 1
        kept = self._examples.setdefault(rule, [])
        if len(kept) < EXAMPLES:
            kept.append(example)

    def result(self) -> dict[str, Difference]:
        most_first = sorted(self._counts.items(), key=lambda each: (-each[1], each[0]))
        return {rule: Difference(count, tuple(self._examples[rule])) for rule, count in most_first}


def what_if(decisions: Iterable[Decision], other: Policy, states: States, policies: Policies) -> WhatIf:
    """Make every decision again under its own policy and under another.

    Purchases that a decision could not look at are not in its record: an offer that only the other policy would
    have put first may count as let through although the customer owned the product.

    Args:
        decisions: of the days in question.
        other: the policy that might have been.
        states: raises NotFound or NotReady where a state is gone; such decisions are skipped and counted.
        policies: the same for policies.
    """
    refused, let_through = _Tally(), _Tally()
    looked_at = offers = slates = silent = speaking = candidates = 0
    refusals = np.zeros(len(chain.ORDER), np.int64)
    skipped: dict[str, int] = {}
    for decision in decisions:
        try:
            state = states(decision.snapshot_id, decision.sequence)
            then = policies(decision.policy, decision.policy_version)
        except (NotFound, NotReady) as error:
            skipped[error.code] = skipped.get(error.code, 0) + 1
            continue
        looked_at += 1
        offers += len(decision.slate)
        before, after = _judged(decision, state, then), _judged(decision, state, other)
        _refused(decision, state, after, refused)
        _let_through(decision, state, before, after, let_through)
        chosen = _keys(after, chosen=True)
        slates += _keys(before, chosen=True) != chosen
        silent += bool(decision.slate) and not chosen
        speaking += bool(chosen)
        candidates += after.count
        refusals += after.refused
    return WhatIf(
        looked_at, offers, refused.result(), let_through.result(), slates, silent, skipped, speaking, candidates,
        {chain.ORDER[at]: int(refusals[at]) for at in np.argsort(-refusals, kind="stable").tolist() if refusals[at]},
    )  # fmt: skip


def as_plain(found: WhatIf) -> dict[str, Any]:
    """The comparison as plain JSON, for people's tools and the API."""
    return {
        "decisions": found.decisions,
        "offers": found.offers,
        "refused": found.refused_in_all,
        "let_through": found.let_through_in_all,
        "slates_changed": found.slates,
        "silent": found.silent,
        "speaking": found.speaking,
        "refuses_everything": found.refuses_everything,
        "candidates": found.candidates,
        "candidates_refused_by_rule": dict(found.refusals),
        "skipped": dict(found.skipped),
        "refused_by_rule": {rule: _difference(each) for rule, each in found.refused.items()},
        "let_through_by_rule": {rule: _difference(each) for rule, each in found.let_through.items()},
    }


def _difference(each: Difference) -> dict[str, Any]:
    examples = [
        {"decision": one.decision_id, "product": one.product_id, "title": one.title, "kind": one.kind}
        for one in each.examples
    ]
    return {"count": each.count, "examples": examples}


def _judged(decision: Decision, state: State, policy: Policy) -> Judged:
    state = replace(state, withdrawn=decision.withdrawn)
    prepared = prepare_customer(decision.customer, state)
    return judge(decision.request, state, prepared, policy, now=decision.at, seed=decision.seed)


def _keys(judged: Judged, *, chosen: bool = False) -> list[tuple[int, int]]:
    rows = judged.picks["row"].tolist() if chosen else range(judged.count)
    items, kinds = judged.pool["item"].tolist(), judged.pool["kind"].tolist()
    return [(items[row], kinds[row]) for row in rows]


def _refused(decision: Decision, state: State, after: Judged, tally: _Tally) -> None:
    row_of = {key: row for row, key in enumerate(_keys(after))}
    for offer in decision.slate:
        row = row_of.get((state.ids.position(offer.product_id), KINDS.index(offer.kind)))
        verdict = -2 if row is None else int(after.verdict[row])
        if verdict != -1:
            rule = GONE if verdict < 0 else chain.ORDER[verdict]
            tally.add(rule, Example(decision.id, offer.product_id, state.title(offer.product_id), offer.kind))


def _let_through(decision: Decision, state: State, before: Judged, after: Judged, tally: _Tally) -> None:
    row_of = {key: row for row, key in enumerate(_keys(before))}
    for row, (item, kind) in enumerate(_keys(after)):
        earlier = row_of.get((item, kind))
        if after.verdict[row] >= 0 or earlier is None or before.verdict[earlier] < 0:
            continue
        product = state.ids[item]
        tally.add(
            chain.ORDER[int(before.verdict[earlier])],
            Example(decision.id, product, state.title(product), KINDS[kind]),
        )
