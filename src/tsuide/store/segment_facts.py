"""What sheets are made from, read for some subjects or for all: rows of facts, counted by the database where it can."""

from collections.abc import Sequence
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from tsuide.facts.schema import TEXT, WHOLE, Schema
from tsuide.outreach.segments.vocabulary import CONTACT_CHANNELS
from tsuide.store import bulk, order_book
from tsuide.store.arrivals import same_person
from tsuide.store.feedback import feedback
from tsuide.store.interactions import REACHED, interaction
from tsuide.store.schema import consent, customer, event, order_line, orders, outcome, product_number, review

PEOPLE: Final[Schema] = {
    "customer_id": TEXT, "kind": TEXT, "language": TEXT, "has_email": WHOLE, "has_phone": WHOLE, "attributes": TEXT,
    "created_at": WHOLE,
}  # fmt: skip
LINES: Final[Schema] = {
    "customer_id": TEXT, "order_no": WHOLE, "placed_at": WHOLE, "currency": TEXT, "product_id": TEXT, "quantity": WHOLE,
    "amount": WHOLE, "discount": WHOLE, "gift": WHOLE, "returned": WHOLE,
}  # fmt: skip
SEEN: Final[Schema] = {
    "customer_id": TEXT, "anonymous_id": TEXT, "kind": TEXT, "product_id": TEXT, "times": WHOLE, "last_at": WHOLE,
}  # fmt: skip
TOUCHED: Final[Schema] = {
    "customer_id": TEXT, "anonymous_id": TEXT, "outcome": TEXT, "outbound": WHOLE, "times": WHOLE, "last_at": WHOLE,
}  # fmt: skip
CONSENTS: Final[Schema] = {"customer_id": TEXT, "purpose": TEXT, "channel": TEXT, "at": WHOLE, "granted": WHOLE}
FEEDBACK: Final[Schema] = {"customer_id": TEXT, "id": TEXT, "kind": TEXT, "at": WHOLE, "score": WHOLE}
TALKS: Final[Schema] = {"customer_id": TEXT, "times": WHOLE, "last_at": WHOLE}
REVIEWS: Final[Schema] = {"customer_id": TEXT, "times": WHOLE, "stars": WHOLE, "last_at": WHOLE}
JOINED: Final[Schema] = {"anonymous_id": TEXT, "customer_id": TEXT}


def read_facts(
    connection: sa.Connection, customers: Sequence[str] | None, visitors: Sequence[str], since: int
) -> dict[str, pl.DataFrame]:
    """Frames people, lines, seen, touched, talks, consents, feedback, reviews, joined: as this module's schemas.

    Args:
        connection: one moment of the store.
        customers: of these; None = of all customers and visitors.
        visitors: and of these visitors, and of every visitor who turned out to be one of the customers.
        since: microseconds; what anonymous visitors did earlier is left out.
    """
    joined = _fetch(connection, _joined(customers, visitors), JOINED)
    known = [] if customers is None else [*{*customers, *joined["customer_id"].to_list()}]
    browsers = [*{*visitors, *joined["anonymous_id"].to_list()}]
    some = None if customers is None else known

    def theirs(table: sa.Table) -> list[sa.ColumnElement[bool]]:
        return [] if some is None else [table.c.customer_id.in_(some)]

    return {
        "joined": joined,
        "people": _fetch(connection, _people(some), PEOPLE),
        "lines": _all_lines(connection) if some is None else _fetch(connection, _lines().where(*theirs(orders)), LINES),
        "seen": _both(connection, _seen, event, some, browsers, since, SEEN),
        "touched": _both(connection, _touched, outcome, some, browsers, since, TOUCHED),
        "talks": _fetch(connection, _talks().where(*theirs(interaction)), TALKS),
        "consents": _fetch(connection, _columns(consent, CONSENTS).where(*theirs(consent)), CONSENTS),
        "feedback": _fetch(
            connection,
            _columns(feedback, FEEDBACK).where(feedback.c.customer_id.is_not(None), *theirs(feedback)),
            FEEDBACK,
        ),
        "reviews": _fetch(connection, _reviews().where(*theirs(review)), REVIEWS),
    }


def _fetch(connection: sa.Connection, query: sa.Select[Any], schema: Schema) -> pl.DataFrame:
    return bulk.fetch(connection, query, schema)


def _columns(table: sa.Table, schema: Schema) -> sa.Select[Any]:
    return sa.select(*(table.c[name] for name in schema))


def _joined(customers: Sequence[str] | None, visitors: Sequence[str]) -> sa.Select[Any]:
    query = _columns(same_person, JOINED)
    if customers is None:
        return query
    return query.where(sa.or_(same_person.c.customer_id.in_(customers), same_person.c.anonymous_id.in_(visitors)))


def _people(customers: Sequence[str] | None) -> sa.Select[Any]:
    c = customer.c

    def there(column: sa.Column[Any]) -> sa.ColumnElement[int]:
        return sa.case((sa.and_(column.is_not(None), column != ""), 1), else_=0)

    query = sa.select(c.id, c.kind, c.language, there(c.email), there(c.phone), c.attributes, c.created_at)
    return query if customers is None else query.where(c.id.in_(customers))


def _lines() -> sa.Select[Any]:
    head, line = orders.c, order_line.c
    return (
        sa.select(
            head.customer_id,
            head.no,
            head.placed_at,
            head.currency,
            product_number.c.id,
            line.quantity,
            line.amount,
            line.discount,
            line.gift,
            line.returned,
        )
        .join(order_line, line.order_no == head.no)
        .join(product_number, product_number.c.no == line.product_no)
        .where(head.customer_id.is_not(None), head.status != "cancelled")
    )


def _all_lines(connection: sa.Connection) -> pl.DataFrame:
    """Every line, as LINES, by the quick way of whole tables; orders are told apart by numbers of their own."""
    bought = order_book.read_purchases(connection, None).filter(pl.col("customer_id").is_not_null())
    return bought.with_columns(
        order_no=pl.col("order_id").cast(pl.Categorical).to_physical(), placed_at=pl.col("placed_at").dt.epoch("us")
    ).select(pl.col(name).cast(dtype) for name, dtype in LINES.items())


def _both(
    connection: sa.Connection,
    counted: Any,  # noqa: ANN401 - _seen or _touched
    table: sa.Table,
    customers: Sequence[str] | None,
    browsers: Sequence[str],
    since: int,
    schema: Schema,
) -> pl.DataFrame:
    c = table.c
    nameless = sa.and_(c.customer_id.is_(None), c.anonymous_id.is_not(None))
    if customers is None:
        by_name = c.customer_id.is_not(None)
        alone = sa.and_(nameless, c.at >= since)
    else:
        by_name, alone = c.customer_id.in_(customers), sa.and_(nameless, c.anonymous_id.in_(browsers), c.at >= since)
    return pl.concat(
        [
            _fetch(connection, counted(by_name, named=True), schema),
            _fetch(connection, counted(alone, named=False), schema),
        ]
    )


def _seen(which: sa.ColumnElement[bool], *, named: bool) -> sa.Select[Any]:
    c = event.c
    who = (c.customer_id, sa.null()) if named else (sa.null(), c.anonymous_id)
    groups = (c.customer_id if named else c.anonymous_id, c.kind, c.product_id)
    return sa.select(*who, c.kind, c.product_id, sa.func.count(), sa.func.max(c.at)).where(which).group_by(*groups)


def _touched(which: sa.ColumnElement[bool], *, named: bool) -> sa.Select[Any]:
    c = outcome.c
    who = (c.customer_id, sa.null()) if named else (sa.null(), c.anonymous_id)
    outbound = sa.case((c.channel.in_(CONTACT_CHANNELS), 1), else_=0).label("outbound")
    groups = (c.customer_id if named else c.anonymous_id, c.outcome, sa.text("outbound"))
    query = sa.select(*who, c.outcome, outbound, sa.func.count(), sa.func.max(c.at)).where(which)
    return query.where(sa.or_(c.outcome != "shown", c.channel.in_(CONTACT_CHANNELS))).group_by(*groups)


def _talks() -> sa.Select[Any]:
    """Calls, visits and mails by our people in which somebody was reached."""
    c = interaction.c
    query = sa.select(c.customer_id, sa.func.count(), sa.func.max(c.at)).where(REACHED, c.customer_id.is_not(None))
    return query.group_by(c.customer_id)


def _reviews() -> sa.Select[Any]:
    c = review.c
    query = sa.select(c.customer_id, sa.func.count(), sa.cast(sa.func.sum(c.rating), sa.BigInteger), sa.func.max(c.at))
    return query.where(c.customer_id.is_not(None)).group_by(c.customer_id)
