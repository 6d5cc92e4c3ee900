"""News for journeys: triggers by which facts become news in the transaction that writes them, whoever writes them.

Only what some journey listens for is told: a shop without journeys pays nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from tsuide.facts.behaviour import EVENT_KINDS
from tsuide.store.arrivals import same_person
from tsuide.store.rows import Found
from tsuide.store.schema import order_line, orders, product_number

_COLUMNS: Final = "kind, thing, at, customer_id, anonymous_id, product_id, cart_id, number, word, properties"
_PREFIX: Final = "journey_news_"


@dataclass(frozen=True, slots=True)
class _Told:
    """A table's change that is news; {n} is the new row, {o} the old one."""

    name: str
    table: str
    verb: str
    when: str
    values: str


_BACK: Final = "({o}.stock <= 0 OR {o}.status <> 'active') AND ({n}.stock IS NULL OR {n}.stock > 0)"
_SINGLE: Final[dict[str, _Told]] = {
    "order": _Told(
        "order", "orders", "INSERT", "{n}.customer_id IS NOT NULL AND {n}.status = 'placed'",
        "'order', {n}.id, {n}.placed_at, {n}.customer_id, NULL, NULL, NULL, NULL, NULL, NULL",
    ),
    "review": _Told(
        "review", "review", "INSERT", "{n}.customer_id IS NOT NULL AND {n}.at IS NOT NULL",
        "'review', {n}.id, {n}.at, {n}.customer_id, NULL, {n}.product_id, NULL, {n}.rating, NULL, NULL",
    ),
    "survey": _Told(
        "survey", "survey_answer", "INSERT", "{n}.customer_id IS NOT NULL",
        "'survey', {n}.survey_id, {n}.at, {n}.customer_id, NULL, NULL, NULL, {n}.score, NULL, {n}.answers",
    ),
    "reaction": _Told(
        "reaction", "outbound_event", "INSERT", "{n}.customer_id IS NOT NULL AND {n}.kind IN ('open', 'click')",
        "'reaction', {n}.id, {n}.at, {n}.customer_id, NULL, NULL, NULL, NULL, {n}.kind, NULL",
    ),
    "said_later": _Told(
        "later", "outcome", "INSERT",
        "{n}.outcome = 'later' AND ({n}.customer_id IS NOT NULL OR {n}.anonymous_id IS NOT NULL)",
        "'said_later', {n}.id, {n}.at, {n}.customer_id, {n}.anonymous_id, {n}.product_id, NULL, NULL, NULL, NULL",
    ),
    "segment": _Told(
        "segment", "segment_event", "INSERT", "{n}.customer_id IS NOT NULL AND {n}.cause <> 'defined'",
        "'segment', (SELECT s.id FROM segment s WHERE s.no = {n}.segment_no), {n}.at, {n}.customer_id, NULL, NULL, "
        "NULL, NULL, CASE WHEN {n}.entered = 1 THEN 'entered' ELSE 'left' END, NULL",
    ),
    "price": _Told(
        "price", "product", "UPDATE", "{o}.price > 0 AND {n}.price < {o}.price AND {n}.status = 'active'",
        "'price', {n}.id, 0, NULL, NULL, {n}.id, NULL, ({o}.price - {n}.price) * 100 / {o}.price, NULL, NULL",
    ),
    "stock": _Told(
        "stock", "product", "UPDATE", f"{_BACK} AND {{n}}.status = 'active'",
        "'stock', {n}.id, 0, NULL, NULL, {n}.id, NULL, NULL, NULL, NULL",
    ),
}  # fmt: skip
"""Kinds of news that one table's change tells."""


def _of(kinds: frozenset[str]) -> Iterator[_Told]:
    events = sorted(kinds & {*EVENT_KINDS})
    if events:
        listed = ", ".join(f"'{each}'" for each in events)
        yield _Told(
            "event", "event", "INSERT",
            f"{{n}}.kind IN ({listed}) AND ({{n}}.customer_id IS NOT NULL OR {{n}}.anonymous_id IS NOT NULL)",
            "{n}.kind, {n}.id, {n}.at, {n}.customer_id, {n}.anonymous_id, {n}.product_id, {n}.cart_id, {n}.quantity, "
            "NULL, {n}.properties",
        )  # fmt: skip
    said = sorted(kinds & {"score", "complaint"})
    if said:
        listed = ", ".join(f"'{each}'" for each in said)
        yield _Told(
            "feedback", "feedback", "INSERT", f"{{n}}.customer_id IS NOT NULL AND {{n}}.kind IN ({listed})",
            "{n}.kind, {n}.id, {n}.at, {n}.customer_id, NULL, NULL, NULL, {n}.score, NULL, NULL",
        )  # fmt: skip
    yield from (told for kind, told in _SINGLE.items() if kind in kinds)


def listen(connection: sa.Connection, kinds: Iterable[str]) -> None:
    """Tell these kinds of news from here on, and no others."""
    dialect = connection.dialect.name
    for name, table in connection.exec_driver_sql(_FIND[dialect]).all():
        connection.exec_driver_sql(f"DROP TRIGGER {name}" + ("" if dialect == "sqlite" else f" ON {table}"))
    for told in _of(frozenset(kinds)):
        for statement in (_sqlite if dialect == "sqlite" else _postgresql)(told):
            connection.exec_driver_sql(statement)


def _sqlite(told: _Told) -> Iterator[str]:
    rows = {"n": "NEW", "o": "OLD"}
    yield (
        f"CREATE TRIGGER {_PREFIX}{told.name} AFTER {told.verb} ON {told.table} WHEN {told.when.format(**rows)} "
        f"BEGIN INSERT INTO journey_news ({_COLUMNS}) VALUES ({told.values.format(**rows)}); END"
    )


def _postgresql(told: _Told) -> Iterator[str]:
    """Of a whole statement at once: a thousand rows cost one call."""
    rows, name = {"n": "n", "o": "o"}, f"{_PREFIX}{told.name}"
    tables, source = "NEW TABLE AS new_rows", "new_rows n"
    if told.verb == "UPDATE":
        tables, source = f"OLD TABLE AS old_rows {tables}", "new_rows n JOIN old_rows o ON o.id = n.id"
    yield (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"INSERT INTO journey_news ({_COLUMNS}) SELECT {told.values.format(**rows)} FROM {source} "
        f"WHERE {told.when.format(**rows)}; RETURN NULL; END $$"
    )
    yield (
        f"CREATE TRIGGER {name} AFTER {told.verb} ON {told.table} REFERENCING {tables} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    )


_FIND: Final = {
    "sqlite": "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND name GLOB 'journey_news_*'",
    "postgresql": (
        "SELECT t.tgname, t.tgrelid::regclass::text FROM pg_trigger t "
        "JOIN pg_class c ON c.oid = t.tgrelid AND c.relnamespace = current_schema()::regnamespace "
        "WHERE NOT t.tgisinternal AND starts_with(t.tgname, 'journey_news_')"
    ),
}


def with_products(connection: sa.Connection, rows: list[Found]) -> list[Found]:
    """Orders with their products and their number among the customer's; all others with the one they are about."""
    wanted = [row["thing"] for row in rows if row["kind"] == "order"]
    goods, numbers = _goods(connection, wanted), _numbers(connection, wanted)
    told = []
    for row in rows:
        if row["kind"] == "order":
            told.append({**row, "products": goods.get(row["thing"], ()), "number": numbers.get(row["thing"])})
        else:
            told.append({**row, "products": () if row["product_id"] is None else (row["product_id"],)})
    return told


def _goods(connection: sa.Connection, order_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The products of each order, in the order of its lines."""
    if not order_ids:
        return {}
    query = (
        sa.select(orders.c.id, product_number.c.id.label("product"))
        .join(order_line, order_line.c.order_no == orders.c.no)
        .join(product_number, product_number.c.no == order_line.c.product_no)
        .where(orders.c.id.in_(list(order_ids)))
        .order_by(orders.c.id, order_line.c.line)
    )
    goods: dict[str, dict[str, None]] = {}
    for order_id, product in connection.execute(query):
        goods.setdefault(order_id, {})[product] = None
    return {order_id: tuple(products) for order_id, products in goods.items()}


def _numbers(connection: sa.Connection, order_ids: Sequence[str]) -> dict[str, int]:
    """The how-manieth of its customer's orders each is; two of one moment are both the later one."""
    if not order_ids:
        return {}
    other = orders.alias("other")
    query = (
        sa.select(orders.c.id, sa.func.count())
        .join(other, sa.and_(other.c.customer_id == orders.c.customer_id, other.c.placed_at <= orders.c.placed_at))
        .where(orders.c.id.in_(list(order_ids)), other.c.status == "placed")
        .group_by(orders.c.id)
    )
    return {order_id: int(n) for order_id, n in connection.execute(query)}


def named(connection: sa.Connection, rows: list[Found]) -> list[Found]:
    """What a visitor did, as the customer's who they turned out to be."""
    visitors = sorted({row["anonymous_id"] for row in rows if row["customer_id"] is None and row["anonymous_id"]})
    if not visitors:
        return rows
    columns = (same_person.c.anonymous_id, same_person.c.customer_id)
    query = sa.select(*columns).where(same_person.c.anonymous_id.in_(visitors))
    known = {row.anonymous_id: row.customer_id for row in connection.execute(query)}
    return [{**row, "customer_id": row["customer_id"] or known.get(row["anonymous_id"])} for row in rows]
