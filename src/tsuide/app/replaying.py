"""Decide a recorded decision again, from the state as it was, and say whether the record holds bit for bit."""

from dataclasses import dataclass

from tsuide.app.loading import load
from tsuide.app.policies import policy_of
from tsuide.app.wiring import Shop
from tsuide.errors import NotFound, NothingLearned, ReplayRefused, SnapshotDamaged
from tsuide.offers.decide import replay
from tsuide.offers.decision import Decision
from tsuide.offers.policy.policy import Policy
from tsuide.offers.state import State


@dataclass(frozen=True, slots=True)
class Replayed:
    """A decision, decided again.

    Args:
        recorded: as the store has it.
        again: as it comes out now from the same snapshot, facts, customer, policy, seed and moment.
        state, policy: what it was decided with.
    """

    recorded: Decision
    again: Decision
    state: State
    policy: Policy

    @property
    def same(self) -> bool:
        """Whether both are equal, bit for bit."""
        return self.recorded.same_as(self.again)

    @property
    def other_code(self) -> bool:
        """Whether other code decided: then a difference says nothing against the record."""
        return self.recorded.code != self.again.code


def replay_decision(shop: Shop, decision_id: str) -> Replayed:
    """Load a decision and decide it again.

    Raises:
        UnknownDecision: there is none with this id.
        ReplayRefused: its snapshot or policy is gone or damaged, or its customer was erased.
    """
    recorded = Decision.from_json(shop.store.decisions.get(decision_id)["record"])
    try:
        loaded = load(shop, recorded.snapshot_id, recorded.sequence)
        policy = policy_of(shop, recorded.policy, recorded.policy_version)
    except (NothingLearned, SnapshotDamaged, NotFound) as exc:
        raise ReplayRefused(
            f"what it was decided with is not there any more ({exc})", key="decision", value=decision_id
        ) from exc
    return Replayed(recorded, replay(recorded, loaded.state, policy), loaded.state, policy)
