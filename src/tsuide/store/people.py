"""The port of one person: what a decision needs to know of them, by point look-ups that are built once."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, TypeAlias

import sqlalchemy as sa

from tsuide.kit.clock import to_micros
from tsuide.store.engines import reading
from tsuide.store.glance import Glance
from tsuide.store.schema import JOINED_KINDS, consent, customer, event, order_line, orders, product_number

Bought: TypeAlias = tuple[str, int, int, int, int, int]
"""One line of an order that was not cancelled: product id, when in microseconds, units, how many of them came back,
whether it was a gift, what was paid in minor units."""


class Seen(NamedTuple):
    """One view of a product, or one time that it was put into a cart or taken out; `at` in microseconds."""

    product_id: str
    at: int
    session_id: str | None
    kind: str


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of one customer, and what they or their browser looked at or put into a cart.

    Args:
        kind: person or company; None = nobody with this id.
        attributes: a JSON object of strings; None where nothing is known.
        consents: (purpose, channel) that hold now.
        seen: views, and what was put into carts and taken out, oldest first.
        joined: (product, registered or attended) of what they ever came to; empty where it was not asked for.
    """

    kind: str | None
    attributes: str | None
    consents: tuple[tuple[str, str], ...]
    seen: tuple[Seen, ...]
    joined: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class People:
    """Reads one person; every method raises `Unavailable` when the database does not answer."""

    engine: sa.Engine
    glance: Glance

    def of(
        self, customer_id: str | None, anonymous_id: str | None, since: datetime, *, lessons: bool = False
    ) -> Person:
        """One customer, one browser, or both as one person; what they looked at and did with carts from `since` on.

        Where there are `lessons`, also what they ever registered for or attended.
        """
        given = {"customer": customer_id, "anonymous": anonymous_id, "since": to_micros(since)}
        asked = [(_record(), given), (_consents(), given)] if customer_id is not None else []
        if customer_id is not None or anonymous_id is not None:
            asked.append((_views(customer_id is not None, anonymous_id is not None), given))
            if lessons:
                asked.append((_lessons(customer_id is not None, anonymous_id is not None), given))
        rows = self.glance.rows(*asked) if asked else [[]]
        joined = tuple([(row[0], row[1]) for row in rows.pop()]) if asked and lessons else ()
        *known, seen = rows
        kind, attributes = known[0][0] if known and known[0] else (None, None)
        consents = _holding(known[1]) if known else ()
        return Person(kind, attributes, consents, tuple([Seen._make(row) for row in seen]), joined)

    def bought(self, customer_id: str) -> list[Bought]:
        """Every line of a customer's orders that were not cancelled, oldest first."""
        (rows,) = self.glance.rows((_lines(), {"customer": customer_id}))
        return rows  # a household's year is hundreds of rows: they stay the plain tuples that they are

    def buyers_since(self, sequence: int) -> set[str]:
        """Customers of whom an order came or changed after `sequence`."""
        with reading(self.engine) as connection:
            return set(connection.execute(_buyers(), {"since": sequence}).scalars())


def _holding(rows: Any) -> tuple[tuple[str, str], ...]:  # noqa: ANN401 - rows of the query below
    """The latest of each purpose and channel, where it grants."""
    latest = {(purpose, channel): granted for purpose, channel, granted in rows}
    return tuple(sorted(each for each, granted in latest.items() if granted))


@cache
def _record() -> sa.Select[Any]:
    return sa.select(customer.c.kind, customer.c.attributes).where(customer.c.id == sa.bindparam("customer"))


@cache
def _consents() -> sa.Select[Any]:
    c = consent.c
    query = sa.select(c.purpose, c.channel, c.granted).where(c.customer_id == sa.bindparam("customer"))
    return query.order_by(c.at)


@cache
def _views(customer_: bool, anonymous: bool) -> Any:  # noqa: ANN401, FBT001 - a query for each way to name a person
    c = event.c
    parts = [
        sa.select(c.id, c.product_id, c.at, c.session_id, c.kind).where(
            column == sa.bindparam(name),
            c.at >= sa.bindparam("since"),
            sa.or_(c.kind == "view", c.kind == "add", c.kind == "remove"),
            c.product_id.is_not(None),
        )
        for column, name, wanted in (
            (c.customer_id, "customer", customer_),
            (c.anonymous_id, "anonymous", anonymous),
        )
        if wanted
    ]
    rows = (parts[0] if len(parts) == 1 else sa.union(*parts)).subquery()
    return sa.select(rows.c.product_id, rows.c.at, rows.c.session_id, rows.c.kind).order_by(rows.c.at, rows.c.id)


@cache
def _lessons(customer_: bool, anonymous: bool) -> Any:  # noqa: ANN401, FBT001 - as above
    c = event.c
    parts = [
        sa.select(c.product_id, c.kind).where(
            column == sa.bindparam(name), sa.literal_column(JOINED_KINDS), c.product_id.is_not(None)
        )
        for column, name, wanted in (
            (c.customer_id, "customer", customer_),
            (c.anonymous_id, "anonymous", anonymous),
        )
        if wanted
    ]
    rows = (parts[0] if len(parts) == 1 else sa.union(*parts)).subquery()
    return sa.select(rows.c.product_id, rows.c.kind).distinct().order_by(rows.c.product_id, rows.c.kind)


@cache
def _lines() -> sa.Select[Any]:
    head, line = orders.c, order_line.c
    return (
        sa.select(product_number.c.id, head.placed_at, line.quantity, line.returned, line.gift, line.amount)
        .join(order_line, line.order_no == head.no)
        .join(product_number, product_number.c.no == line.product_no)
        .where(head.customer_id == sa.bindparam("customer"), head.status != "cancelled")
        .order_by(head.placed_at, product_number.c.id)
    )


@cache
def _buyers() -> sa.Select[Any]:
    named = orders.c.customer_id.is_not(None)
    return sa.select(orders.c.customer_id).where(orders.c.seq > sa.bindparam("since"), named).distinct()
