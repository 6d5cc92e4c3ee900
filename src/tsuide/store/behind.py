"""Orders that hold all of some products, the newest first: what stands behind a pair or a set."""

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa

from tsuide.store.schema import order_line, orders, product_number

WINDOW: Final = 20_000
"""Orders that one look goes through: no index leads from a product to its lines."""


def orders_holding(
    connection: sa.Connection, product_ids: Sequence[str], deep: int, n: int, window: int = WINDOW
) -> tuple[list[dict[str, Any]], bool]:
    """Orders with every one of the products among so many that came in, not cancelled; whether there are older ones.

    Args:
        connection: to the store.
        product_ids: at least one, each once.
        deep: how many windows are passed over; orders are taken as they came in, the last first.
        n: how many at most.
        window: orders that are gone through.

    Returns:
        id, customer_id, placed_at (microseconds), currency, amount (of all lines, minor units), beside (lines of other
        products), the newest first.
    """
    numbers = connection.execute(
        sa.select(product_number.c.no).where(product_number.c.id.in_(product_ids))
    ).scalars().all()  # fmt: skip
    ends = (sa.select(end(orders.c.no)).scalar_subquery() for end in (sa.func.min, sa.func.max))  # each by the key
    low, high = connection.execute(sa.select(*ends)).one()
    if low is None or len(numbers) < len(product_ids):
        return [], False
    top, bottom = max(high, 0) - deep * window, min(low, 0) + deep * window  # our own orders count down from -1
    no, chosen = order_line.c.order_no, order_line.c.product_no.in_(numbers)
    within = sa.or_(no.between(max(top - window, 0) + 1, top), no.between(bottom, min(bottom + window, 0) - 1))
    held = sa.select(no).where(within, chosen).group_by(no)
    held = held.having(sa.func.count(sa.distinct(order_line.c.product_no)) == len(numbers))
    query = sa.select(
        orders.c.id, orders.c.customer_id, orders.c.placed_at, orders.c.currency,
        sa.func.sum(order_line.c.amount).label("amount"),
        (sa.func.count() - sa.func.sum(sa.case((chosen, 1), else_=0))).label("beside"),
    )  # fmt: skip
    query = query.join(order_line, no == orders.c.no).where(orders.c.no.in_(held), orders.c.status != "cancelled")
    query = query.group_by(orders.c.no, orders.c.id, orders.c.customer_id, orders.c.placed_at, orders.c.currency)
    found = connection.execute(query.order_by(orders.c.placed_at.desc(), orders.c.id).limit(n))
    rows = [{**row, "amount": int(row["amount"]), "beside": int(row["beside"])} for row in found.mappings()]
    return rows, top - window > 0 or bottom + window < 0
