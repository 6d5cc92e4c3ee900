"""Talks with customers, notes about them, and what they gained: written down by hand or by another system."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from tsuide.app.applying import customer_with
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, Conflict
from tsuide.facts.customers import CUSTOMERS, Customer
from tsuide.facts.frames import frame_of
from tsuide.facts.interactions import INTERACTION_KINDS, INTERACTIONS, WINS, Interaction, Win
from tsuide.kit.clock import must_have_happened
from tsuide.kit.text import must_be_short

_FEWEST: Final = 1


def record_interaction(shop: Shop, said: Interaction, now: datetime) -> bool:
    """Write one down; False where its id was there already (what it says now stands in its place).

    Raises:
        UnknownCustomer: nobody has this id.
        BadValue: an unknown kind, too many words, or a moment to come.
        Conflict: the id is that of another customer's.
    """
    if said.kind not in INTERACTION_KINDS:
        raise BadValue("not a kind", key="kind", value=said.kind, way_out=", ".join(INTERACTION_KINDS))
    for name in ("text", "outcome", "who", "department"):
        must_be_short(name, getattr(said, name))
    must_have_happened("at", said.at, now)
    facts = shop.store.facts
    said = replace(said, customer_id=str(facts.customer(said.customer_id)["id"]))
    _of_nobody_else("interaction", said.id, facts.interaction_of(said.id), said.customer_id)
    return facts.write_interactions(frame_of([said], INTERACTIONS)).inserted > 0


def record_win(shop: Shop, said: Win, now: datetime) -> bool:
    """Write down what a customer gained; cross-selling to accounts may wait for one (rule `after_win`).

    Raises:
        UnknownCustomer: nobody has this id.
        BadValue: something is not said, or says too much, or the moment is to come.
        Conflict: the id is that of another customer's.
    """
    for name in ("metric", "before", "after", "evidence"):
        text = getattr(said, name)
        must_be_short(name, text)
        if len(text.strip()) < _FEWEST:
            raise BadValue("must be said", key=name, value=text)
    must_have_happened("at", said.at, now)
    facts = shop.store.facts
    said = replace(said, customer_id=str(facts.customer(said.customer_id)["id"]))
    _of_nobody_else("win", said.id, facts.win_of(said.id), said.customer_id)
    new = facts.write_wins(frame_of([said], WINS)).inserted > 0
    known = customer_with(shop, Customer(said.customer_id, attributes={"won": "yes"}), said.at)
    facts.write_customers(frame_of([known], CUSTOMERS))
    return new


def interactions_of(shop: Shop, customer_id: str) -> list[dict[str, Any]]:
    """Talks with a customer and notes about them, oldest first, as JSON.

    Raises:
        UnknownCustomer: nobody has this id.
    """
    whose = str(shop.store.facts.customer(customer_id)["id"])
    rows = shop.store.facts.interactions(whose).iter_rows(named=True)
    return [{**row, "at": row["at"].isoformat()} for row in rows]


def _of_nobody_else(what: str, said_id: str, whose: str | None, customer_id: str) -> None:
    if whose is not None and whose != customer_id:
        raise Conflict("another customer's has this id", key=what, value=said_id)
