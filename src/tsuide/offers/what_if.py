"""What another policy would have done with decisions that were made: refused, let through, by rule, with examples."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

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
    """

    decisions: int
    offers: int
    refused: Mapping[str, Difference]
    let_through: Mapping[str, Difference]
    slates: int
    silent: int
    skipped: Mapping[str, int] = field(default_factory=dict)

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
    looked_at = offers = slates = silent = 0
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
    return WhatIf(looked_at, offers, refused.result(), let_through.result(), slates, silent, skipped)


def _judged(decision: Decision, state: State, policy: Policy) -> Judged:
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
