"""Orders and their lines: written with dense numbers beside their ids, read back as facts."""

from datetime import datetime
from typing import Final

import polars as pl
import sqlalchemy as sa

from tsuide.errors import BadValue
from tsuide.facts.orders import ORDER_LINES, ORDERS
from tsuide.facts.schema import MOMENT, TEXT, WHOLE, YES, Schema
from tsuide.kit.clock import to_micros
from tsuide.store import aliases, bulk, fresh
from tsuide.store.frames import difference, from_storage, need, stored_schema, to_storage
from tsuide.store.schema import OWN_ORIGIN, order_line, orders, product_number
from tsuide.store.sequence import advance, lock
from tsuide.store.written import Written

STORED: Final = stored_schema(ORDERS)
_NUMBERED: Final[Schema] = {"no": WHOLE, **STORED}
_LINE_KEY: Final = ["order_no", "line"]
_LINES: Final[Schema] = {
    "order_no": WHOLE,
    "line": WHOLE,
    "product_no": WHOLE,
    "quantity": WHOLE,
    "unit_price": WHOLE,
    "discount": WHOLE,
    "amount": WHOLE,
    "cost": WHOLE,
    "role": TEXT,
    "gift": WHOLE,
    "returned": WHOLE,
}
_OFFERS: Final[Schema] = {"order_no": WHOLE, "line": WHOLE, "offer_id": TEXT, "accepted": WHOLE}
PURCHASES: Final[Schema] = {
    "order_id": TEXT,
    "line": WHOLE,
    "customer_id": TEXT,
    "placed_at": MOMENT,
    "product_id": TEXT,
    "quantity": WHOLE,
    "unit_price": WHOLE,
    "amount": WHOLE,
    "discount": WHOLE,
    "cost": WHOLE,
    "currency": TEXT,
    "gift": YES,
    "returned": WHOLE,
}
"""What learning reads: one row per line of an order that was not cancelled."""
_FEW: Final = 2000


def write_orders(connection: sa.Connection, orders_frame: pl.DataFrame, lines_frame: pl.DataFrame) -> Written:
    """Insert and update orders and lines; an order that changes, or whose lines do, gets the next number.

    Raises:
        BadColumns: an order or line without its id, or a column of the wrong type.
        BadValue: a line of an order that is neither in the frame nor in the store; an order that changes
            its maker between Tsuide and elsewhere.
    """
    rows = to_storage(orders_frame, ORDERS).with_columns(
        pl.col("status").fill_null("placed"), pl.col("origin").fill_null("import")
    )
    lines = to_storage(lines_frame, ORDER_LINES).with_columns(
        pl.col("role").fill_null("main"),
        *(pl.col(name).fill_null(0) for name in ("discount", "gift", "returned")),
    )
    need(rows, ["id", "placed_at", "currency"], "orders")
    need(lines, ["order_id", "line", "product_id", "quantity", "unit_price", "amount"], "order lines")
    start = lock(connection)
    rows = aliases.resolved(rows, aliases.names(connection))
    old = _read_orders(connection, pl.concat([rows["id"], lines["order_id"].unique()]).unique())
    change = difference(rows, old.select(list(STORED)), ["id"])
    inserted = _numbered(connection, change.inserted)
    known = pl.concat([inserted.select("id", "no", "origin"), old.select("id", "no", "origin")])
    new_lines = _with_numbers(connection, lines, known)
    line_change = difference(new_lines, _read_lines(connection, old["no"]), _LINE_KEY)
    updated = _touched(change.updated, old, line_change.inserted, line_change.updated)
    numbers = pl.int_range(pl.len(), dtype=pl.Int64)
    bulk.insert(connection, orders, inserted.with_columns(seq=numbers + start + 1))
    bulk.update(connection, orders, updated.with_columns(seq=numbers + start + len(inserted) + 1), ["no"])
    bulk.insert(connection, order_line, line_change.inserted)
    bulk.update(connection, order_line, line_change.updated, _LINE_KEY)
    fresh.note(connection, inserted, start)
    advance(connection, start + len(inserted) + len(updated))
    of_lines = Written(len(line_change.inserted), len(line_change.updated), line_change.unchanged)
    unchanged = change.unchanged - (len(updated) - len(change.updated))
    return Written(len(inserted), len(updated), max(unchanged, 0), of_lines)


def _numbered(connection: sa.Connection, new: pl.DataFrame) -> pl.DataFrame:
    """Numbers for new orders: up from the highest, or, for our own, down from the lowest."""
    low, high = connection.execute(sa.select(sa.func.min(orders.c.no), sa.func.max(orders.c.no))).one()
    own = pl.col("origin") == OWN_ORIGIN
    down = min(low or 0, 0) - own.cum_sum().cast(pl.Int64)
    up = max(high or 0, 0) + own.not_().cum_sum().cast(pl.Int64)
    return new.select(pl.when(own).then(down).otherwise(up).alias("no"), *STORED)


def _with_numbers(connection: sa.Connection, lines: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Lines with order_no and product_no in place of ids, and `accepted` for lines of our own orders."""
    joined = lines.join(
        known.select("origin", order_id="id", order_no="no"), on="order_id", how="left", maintain_order="left"
    )
    lost = joined.filter(pl.col("order_no").is_null())
    if len(lost):
        raise BadValue(
            "a line of an order that is not known",
            key="order_id",
            value=lost["order_id"][0],
            way_out="write the order together with its lines",
        )
    own = pl.col("origin") == OWN_ORIGIN
    return joined.join(
        _product_numbers(connection, lines["product_id"].unique()), on="product_id", maintain_order="left"
    ).select(*_LINES, "offer_id", accepted=pl.when(own).then(pl.lit(1, pl.Int64)))


def _product_numbers(connection: sa.Connection, ids: pl.Series) -> pl.DataFrame:
    """The number of each product id, given now to those that have none."""
    schema: Schema = {"product_id": TEXT, "product_no": WHOLE}
    query = sa.select(product_number.c.id, product_number.c.no)
    if len(ids) <= _FEW:
        query = query.where(product_number.c.id.in_(ids.to_list()))
    known = bulk.fetch(connection, query, schema)
    highest = connection.execute(sa.select(sa.func.max(product_number.c.no))).scalar() or 0
    new = ids.sort().to_frame("product_id").join(known, on="product_id", how="anti", maintain_order="left")
    new = new.with_columns(product_no=pl.int_range(pl.len(), dtype=pl.Int64) + (highest + 1))
    bulk.insert(connection, product_number, new.select(no="product_no", id="product_id"))
    return pl.concat([known, new])


def _touched(updated: pl.DataFrame, old: pl.DataFrame, *lines: pl.DataFrame) -> pl.DataFrame:
    """Orders that stood already and change now, themselves or in their lines; with `no`, whole."""
    numbers = pl.concat([part["order_no"] for part in lines]).unique()
    by_lines = old.filter(pl.col("no").is_in(numbers.implode())).join(updated, on="id", how="anti")
    renewed = updated.join(old.select("id", "no"), on="id", maintain_order="left")
    return pl.concat([renewed.select(*_NUMBERED), by_lines.select(*_NUMBERED)])


def _read_orders(connection: sa.Connection, ids: pl.Series | None = None) -> pl.DataFrame:
    query = sa.select(*(orders.c[name] for name in _NUMBERED))
    if ids is not None and len(ids) <= _FEW:
        query = query.where(orders.c.id.in_(ids.to_list()))
    elif ids is not None and not connection.execute(sa.select(orders.c.no).limit(1)).first():
        return pl.DataFrame(schema=_NUMBERED)
    found = bulk.fetch(connection, query, _NUMBERED)
    return found if ids is None or len(ids) <= _FEW else found.join(ids.to_frame("id"), on="id", how="semi")


def _read_lines(connection: sa.Connection, numbers: pl.Series | None) -> pl.DataFrame:
    """Lines as they are stored: of the orders with these numbers, or all."""
    whole: Schema = {**_LINES, **_OFFERS}
    if numbers is not None and len(numbers) == 0:
        return pl.DataFrame(schema=whole)
    if numbers is not None and len(numbers) <= _FEW:
        query = sa.select(*(order_line.c[name] for name in whole))
        return bulk.fetch(connection, query.where(order_line.c.order_no.in_(numbers.to_list())), whole)
    lines = bulk.fetch_numbers(connection, order_line, "order_no", _LINES)
    query = sa.select(*(order_line.c[name] for name in _OFFERS)).where(order_line.c.offer_id.is_not(None))
    offers = bulk.fetch(connection, query, _OFFERS)
    found = lines.join(offers, on=_LINE_KEY, how="left", maintain_order="left")
    return found if numbers is None else found.join(numbers.to_frame("order_no"), on="order_no", how="semi")


def _dictionary(connection: sa.Connection) -> pl.DataFrame:
    query = sa.select(product_number.c.no, product_number.c.id)
    return bulk.fetch(connection, query, {"product_no": WHOLE, "product_id": TEXT})


def read_orders(connection: sa.Connection) -> pl.DataFrame:
    """Orders as ORDERS, by time, then id."""
    return from_storage(_read_orders(connection), ORDERS).sort("placed_at", "id")


def read_order(connection: sa.Connection, order_id: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One order as ORDERS and its lines as ORDER_LINES, by line; both empty where there is none."""
    heads = _read_orders(connection, pl.Series([order_id]))
    numbers = _read_lines(connection, heads["no"])
    names = sa.select(product_number.c.no, product_number.c.id).where(
        product_number.c.no.in_(numbers["product_no"].to_list())
    )
    known = bulk.fetch(connection, names, {"product_no": WHOLE, "product_id": TEXT})
    lines = numbers.with_columns(order_id=pl.lit(order_id)).join(known, on="product_no")
    return from_storage(heads, ORDERS), from_storage(lines, ORDER_LINES).sort("line")


def read_lines(connection: sa.Connection, before: datetime | None) -> pl.DataFrame:
    """Lines as ORDER_LINES, by order id and line; with `before`, of the orders placed earlier."""
    heads = _read_orders(connection)
    if before is not None:
        heads = heads.filter(pl.col("placed_at") < to_micros(before))
    found = (
        _read_lines(connection, None)
        .join(heads.select(order_no="no", order_id="id"), on="order_no")
        .join(_dictionary(connection), on="product_no")
    )
    return from_storage(found, ORDER_LINES).sort("order_id", "line")


def read_purchases(connection: sa.Connection, before: datetime | None) -> pl.DataFrame:
    """Lines of orders that were not cancelled, with their order's columns, as PURCHASES, unordered."""
    heads = _read_orders(connection).filter(pl.col("status") != "cancelled")
    if before is not None:
        heads = heads.filter(pl.col("placed_at") < to_micros(before))
    needed = {name: dtype for name, dtype in _LINES.items() if name != "role"}
    lines = bulk.fetch_numbers(connection, order_line, "order_no", needed)
    found = lines.join(heads.rename({"no": "order_no", "id": "order_id"}), on="order_no").join(
        _dictionary(connection), on="product_no"
    )
    return from_storage(found, PURCHASES)
