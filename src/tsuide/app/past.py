"""The past of a shop: every state and policy that decisions were made with, and what can be asked of them."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from tsuide.app.loading import load
from tsuide.app.policies import policy_of
from tsuide.app.wiring import Shop
from tsuide.errors import NotFound, NothingLearned, ReplayRefused, SnapshotDamaged
from tsuide.offers.decide import replay
from tsuide.offers.decision import ERASED, Decision
from tsuide.offers.policy.policy import Policy
from tsuide.offers.state import State
from tsuide.offers.what_if import WhatIf, what_if

_STATES_KEPT: Final = 3
_PART: Final = timedelta(hours=6)  # decisions are read a part at a time
_DIFFERING_SHOWN: Final = 20
_TOLD_EVERY: Final = 50
OTHER_CODE: Final = "other_code"


class Past:
    """States and policies as they were, each loaded once.

    Args:
        shop: whose.
    """

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._states: OrderedDict[tuple[str, int], State] = OrderedDict()
        self._policies: dict[tuple[str, str], Policy] = {}

    def state(self, snapshot_id: str, sequence: int) -> State:
        """The state of a snapshot at a sequence.

        Raises:
            NothingLearned: the snapshot is gone.
            SnapshotDamaged: it does not match its checksums.
        """
        for (snapshot, reached), state in self._states.items():
            if snapshot == snapshot_id and (reached == sequence or same_facts(self._shop, reached, sequence)):
                return replace(state, sequence=sequence)
        state = load(self._shop, snapshot_id, sequence).state
        self._states[snapshot_id, sequence] = state
        if len(self._states) > _STATES_KEPT:
            self._states.popitem(last=False)
        return state

    def policy(self, name: str, version: str) -> Policy:
        """A policy of a version.

        Raises:
            NotFound: it was never kept.
        """
        if (name, version) not in self._policies:
            self._policies[name, version] = policy_of(self._shop, name, version)
        return self._policies[name, version]

    def decisions(self, start: datetime, end: datetime) -> Iterator[Decision]:
        """Decisions with start ≤ at < end, oldest first."""
        while start < end:
            until = min(start + _PART, end)
            for row in self._shop.store.decisions.between(start, until):
                yield Decision.from_json(row["record"])
            start = until


def same_facts(shop: Shop, one: int, other: int) -> bool:
    """Whether no product has changed since the earlier of two sequences, and no order came between them."""
    facts = shop.store.facts
    if facts.fresh_baskets(min(one, other), max(one, other)):
        return False
    return facts.products_since(min(one, other)).is_empty()


@dataclass(frozen=True, slots=True)
class ReplayedRange:
    """Decisions of a range, decided again.

    Args:
        same: whose record came out again, bit for bit.
        differing: ids of those that came out otherwise; at most 20.
        differing_in_all: how many these were.
        refused: reason → decisions that could not be decided again, those among them (`other_code`) that come out
            otherwise because other code decided them.
    """

    same: int
    differing: tuple[str, ...]
    differing_in_all: int
    refused: dict[str, int]


def replay_range(shop: Shop, start: datetime, end: datetime) -> ReplayedRange:
    """Every decision with start ≤ at < end decided again from its own record, and compared bit for bit."""
    past, same, differing, refused = Past(shop), 0, [], dict[str, int]()
    for recorded in past.decisions(start, end):
        try:
            state = past.state(recorded.snapshot_id, recorded.sequence)
            again = replay(recorded, state, past.policy(recorded.policy, recorded.policy_version))
        except (NothingLearned, SnapshotDamaged, NotFound, ReplayRefused) as error:
            refused[error.code] = refused.get(error.code, 0) + 1
            continue
        if recorded.same_as(again):
            same += 1
        elif recorded.code != again.code:
            refused[OTHER_CODE] = refused.get(OTHER_CODE, 0) + 1
        else:
            differing.append(recorded.id)
    return ReplayedRange(same, tuple(differing[:_DIFFERING_SHOWN]), len(differing), refused)


def policy_what_if(
    shop: Shop, other: Policy, start: datetime, end: datetime, tell: Callable[[str, int, int], None] | None = None
) -> WhatIf:
    """What `other` would have done with the decisions of a range; `tell` hears how many of how many were judged."""
    past = Past(shop)

    def known() -> Iterator[Decision]:
        total = 0 if tell is None else shop.store.decisions.count(start, end)
        for done, each in enumerate(past.decisions(start, end)):
            if tell is not None and done % _TOLD_EVERY == 0:
                tell("decisions", done, total)
            if each.unit != ERASED:
                yield each

    return what_if(known(), other, past.state, past.policy)
