"""What became of offers: each outcome checked against its decision and recorded once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tsuide.errors import Conflict, NotFound
from tsuide.facts.consent import CHANNELS
from tsuide.kit.clock import Clock, to_micros
from tsuide.offers.decision import Decision
from tsuide.offers.offer import Offer
from tsuide.store.database import Store
from tsuide.store.journal import Journal
from tsuide.store.outcomes import outcome_row

_SITE: Final = "site"


@dataclass(frozen=True, slots=True)
class Told:
    """One outcome as it was reported.

    Args:
        key: the sender's idempotency key; None = one outcome of each kind counts per offer.
        evidence: what proves it (an order's id).
        decision_id: that made the offer, where several decisions are told of at once.
    """

    offer_id: str
    outcome: str
    reason: str | None = None
    key: str | None = None
    evidence: str | None = None
    decision_id: str | None = None


class Ledger:
    """Records outcomes.

    Args:
        store: where the decisions are.
        journal: takes the outcomes.
        clock: this moment, UTC.
        leaf_of: product id → its narrowest category, by which limits count.
    """

    def __init__(self, store: Store, journal: Journal, clock: Clock, leaf_of: Callable[[str], str | None]) -> None:
        self._store = store
        self._leaf_of = leaf_of
        self._journal = journal
        self._clock = clock

    async def record(self, decision_id: str, told: Sequence[Told]) -> tuple[int, int]:
        """Record what was told of one decision's offers; durable when it comes back.

        Returns:
            How many were new, and how many were known already.

        Raises:
            UnknownDecision: no such decision.
            NotFound: an offer that this decision did not make.
            Conflict: an idempotency key that was used for another outcome; nothing of the call is recorded then.
        """
        decision = Decision.from_json(self._store.decisions.get(decision_id)["record"])
        values = [self._values(decision, each) for each in told]
        self._refuse_reused(decision_id, values)
        news = await self._journal.trace(*(outcome_row(each) for each in values))
        return sum(news), len(news) - sum(news)

    def _values(self, decision: Decision, told: Told) -> dict[str, Any]:
        offer = offer_of(decision, told.offer_id)
        return {
            "id": f"{decision.id}:{told.key}" if told.key else f"{told.offer_id}:{told.outcome}",
            "decision_id": decision.id,
            "offer_id": offer.id,
            "product_id": offer.product_id,
            "category": self._leaf_of(offer.product_id),
            "kind": offer.kind,
            "placement": decision.request.placement,
            "channel": channel_of(decision.request.placement),
            "customer_id": decision.request.customer_id,
            "anonymous_id": decision.request.anonymous_id,
            "outcome": told.outcome,
            "reason": told.reason,
            "at": to_micros(self._clock()),
            "evidence": told.evidence,
        }

    def _refuse_reused(self, decision_id: str, values: Sequence[dict[str, Any]]) -> None:
        known = {row["id"]: row for row in self._store.outcomes.of_decision(decision_id)}
        for each in values:
            before = known.setdefault(each["id"], each)
            if (before["offer_id"], before["outcome"]) != (each["offer_id"], each["outcome"]):
                raise Conflict(
                    "this idempotency key stands for another outcome",
                    key="idempotency_key",
                    value=each["id"].partition(":")[2],
                )


def offer_of(decision: Decision, offer_id: str) -> Offer:
    """The offer with this id.

    Raises:
        NotFound: the decision did not make it (in the holdout it made none).
    """
    for offer in decision.offers:
        if offer.id == offer_id:
            return offer
    raise NotFound("this decision made no such offer", key="offer_id", value=offer_id)


def channel_of(placement: str) -> str:
    """The channel whose limits a placement counts toward.

    >>> channel_of("cart"), channel_of("email"), channel_of("till")
    ('site', 'email', 'till')
    """
    return placement if placement in CHANNELS else _SITE
