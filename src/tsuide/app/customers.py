"""Prepare a customer for `decide`: everything that it may know of them, read from the store beforehand."""

import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from tsuide.errors import UnknownCustomer
from tsuide.kit.clock import from_micros
from tsuide.offers.customer import LONGEST_MEMORY_DAYS, MOST_TOUCHES, CustomerView, Grant, Owned, Touch
from tsuide.offers.request import OfferRequest
from tsuide.store.database import Store

_MOST_KEPT: Final = 20_000  # customers whose history is remembered


@dataclass(frozen=True, slots=True)
class _History:
    """What changes only with orders."""

    sequence: int
    owned: tuple[Owned, ...]


class Customers:
    """Views of customers.

    Args:
        store: what is known of them.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._histories: OrderedDict[str, _History] = OrderedDict()

    def view(self, request: OfferRequest, now: datetime, sequence: int) -> CustomerView:
        """The customer of a request; one whom nobody knows is new, not an error.

        Args:
            request: names them.
            now: UTC.
            sequence: the newest fact that the caller knows of; purchases are read again when it moved.
        """
        touches = self._touches(request, now)
        if request.customer_id is None:
            return CustomerView(anonymous_id=request.anonymous_id, touches=touches)
        known = self._record(request.customer_id)
        consents = tuple(
            Grant(row["purpose"], row["channel"])
            for row in self._store.facts.consents_of(request.customer_id).iter_rows(named=True)
            if row["granted"]
        )
        return CustomerView(
            id=request.customer_id,
            anonymous_id=request.anonymous_id,
            consents=consents,
            owned=self._owned(request.customer_id, sequence) if known else (),
            touches=touches,
            attributes=_attributes(known),
            age=_age(known),
            company=known.get("kind") == "company",
        )

    def _record(self, customer_id: str) -> Mapping[str, Any]:
        try:
            return self._store.facts.customer(customer_id)
        except UnknownCustomer:
            return {}

    def _owned(self, customer_id: str, sequence: int) -> tuple[Owned, ...]:
        kept = self._histories.get(customer_id)
        if kept is None or kept.sequence != sequence:
            rows = self._store.facts.owned(customer_id).sort("last_at", "product_id")
            owned = tuple(Owned(*row) for row in rows.select("product_id", "last_at", "quantity").iter_rows())
            kept = self._histories[customer_id] = _History(sequence, owned)
            if len(self._histories) > _MOST_KEPT:
                self._histories.popitem(last=False)
        return kept.owned

    def _touches(self, request: OfferRequest, now: datetime) -> tuple[Touch, ...]:
        if request.customer_id is None and request.anonymous_id is None:
            return ()
        since = now - timedelta(days=LONGEST_MEMORY_DAYS)
        rows = self._store.contacts.of(since, request.customer_id, request.anonymous_id)
        return tuple(
            Touch(
                at=from_micros(row["at"]),
                outcome=row["outcome"],
                placement=row["placement"],
                channel=row["channel"] or "site",
                kind=row["kind"],
                product_id=row["product_id"],
                category=row["category"],
                reason=row["reason"],
            )
            for row in rows[-MOST_TOUCHES:]
        )


def _attributes(known: Mapping[str, Any]) -> dict[str, str]:
    return {str(k): str(v) for k, v in json.loads(known.get("attributes") or "{}").items()}


def _age(known: Mapping[str, Any]) -> int | None:
    age = _attributes(known).get("age", "")
    return int(age) if age.isdigit() else None
