"""A shop grown many times over: the same products, each customer and their orders again under other names."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from tsuide.app.learn import learn
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue

_APART: Final = timedelta(minutes=7)  # a copy's orders are not at the very moments of those before it


def multiply(shop: Shop, times: int, *, now: datetime, tell: Callable[[str], object] = lambda _: None) -> int:
    """Write every customer with their consents and orders `times` - 1 times more, and learn of all of it.

    Ids of copies end in ``-x2`` to ``-x<times>``; orders of nobody stay orders of nobody. Who buys what together stays
    as it was, so that pages and models have the same to show, of that many times the rows.

    Args:
        shop: whose store grows.
        times: 1 changes nothing.
        now: UTC, of learning.
        tell: hears what is at work.

    Returns:
        Lines of orders then.

    Raises:
        BadValue: `times` is not positive.
    """
    if times < 1:
        raise BadValue("must be positive", key="times", value=times)
    facts = shop.store.facts
    if times > 1:
        customers, consents = facts.customers(), facts.consents()
        orders, lines = facts.orders(), facts.order_lines()
        for copy in range(2, times + 1):
            tell(f"customers and orders, {copy} of {times}")
            facts.write_customers(_renamed(customers, copy, "id", "parent_id"))
            facts.write_consents(_renamed(consents, copy, "customer_id"))
            later = pl.col("placed_at") - (copy - 1) * _APART
            facts.write_orders(
                _renamed(orders, copy, "id", "customer_id").with_columns(later), _renamed(lines, copy, "order_id")
            )
        tell("learning")
        learn(shop, now=now, seed=0)
    return facts.counts()["order_lines"]


def _renamed(frame: pl.DataFrame, copy: int, *ids: str) -> pl.DataFrame:
    return frame.with_columns(pl.col(each) + f"-x{copy}" for each in ids)
