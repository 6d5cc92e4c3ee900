"""New orders as learning sees them, in the order in which they came: what a running server folds into its relations.

A row is never changed: whatever becomes of the order, a decision made with it can be replayed. Orders that come by
the thousand at once are left to the next `learn`.
"""

import json
from typing import Final

import polars as pl
import sqlalchemy as sa

from tsuide.store.columns import text, whole
from tsuide.store.schema import RECORD, metadata, order_line, orders, product_number

MOST_AT_ONCE: Final = 2000

fresh_basket = sa.Table(
    "fresh_basket",
    metadata,
    sa.Column(
        "seq",
        sa.BigInteger().with_variant(sa.Integer, "sqlite"),
        primary_key=True,
        autoincrement=False,
        nullable=False,
    ),
    whole("order_no"),
    text("items"),
    info=RECORD,
)
"""`seq` as the order got it when it came; `items`: a JSON array of product ids, each once."""


def note(connection: sa.Connection, inserted: pl.DataFrame, start: int) -> None:
    """Write down new orders whose lines are in the store already.

    Args:
        connection: the transaction that writes them.
        inserted: their `no` and `status`; the n-th got the number start + 1 + n.
        start: the newest number before.
    """
    if not 0 < len(inserted) <= MOST_AT_ONCE:
        return
    numbers = inserted["no"].to_list()
    query = (
        sa.select(order_line.c.order_no, product_number.c.id)
        .join(product_number, product_number.c.no == order_line.c.product_no)
        .where(order_line.c.order_no.in_(numbers))
    )
    items: dict[int, set[str]] = {}
    for no, product in connection.execute(query):
        items.setdefault(no, set()).add(product)
    rows = [
        {"seq": start + place, "order_no": no, "items": json.dumps(sorted(items[no]), ensure_ascii=False)}
        for place, (no, status) in enumerate(inserted.select("no", "status").iter_rows(), 1)
        if status != "cancelled" and no in items
    ]
    if rows:
        connection.execute(sa.insert(fresh_basket), rows)


def baskets_between(connection: sa.Connection, after: int, upto: int) -> list[list[str]]:
    """Product ids of each order that came with after < seq ≤ upto, oldest first."""
    c = fresh_basket.c
    query = sa.select(c["items"]).where(c.seq > after, c.seq <= upto).order_by(c.seq)
    return [json.loads(text) for text in connection.execute(query).scalars()]


def order_ids_after(connection: sa.Connection, sequence: int) -> list[str]:
    """Ids of the orders written down after a number."""
    query = sa.select(orders.c.id).join(fresh_basket, fresh_basket.c.order_no == orders.c.no)
    return list(connection.execute(query.where(fresh_basket.c.seq > sequence)).scalars())
