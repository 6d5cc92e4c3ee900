"""Copies of a shop's people and orders under other names: the same products, that many times the customers."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from tsuide.app.learn import learn
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue

MARK: Final = "~"
"""Stands in the ids of copies, before the number of the copy."""
_APART: Final = timedelta(minutes=7)  # a copy's orders are not at the very moments of those before it


def multiply(shop: Shop, times: int, *, now: datetime, tell: Callable[[str], object] = lambda _: None) -> int:
    """Write every customer with their consents and orders `times` - 1 times more, and learn of all of it.

    Orders of nobody stay orders of nobody. Who buys what together stays as it was, so that pages and models have the
    same to show, of that many times the rows.

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
        for copy in range(1, times):
            tell(f"customers and orders, {copy + 1} of {times}")
            facts.write_customers(people_again(customers, copy))
            facts.write_consents(renamed(consents, copy, "customer_id"))
            facts.write_orders(orders_again(orders, copy), renamed(lines, copy, "order_id"))
        tell("learning")
        learn(shop, now=now, seed=0)
    return facts.counts()["order_lines"]


def people_again(customers: pl.DataFrame, copy: int) -> pl.DataFrame:
    """Customers, and the accounts they belong to, once more under new ids."""
    return renamed(customers, copy, "id", "parent_id")


def orders_again(orders: pl.DataFrame, copy: int) -> pl.DataFrame:
    """Orders once more under new ids, some minutes earlier than in the copy before."""
    return renamed(orders, copy, "id", "customer_id").with_columns(pl.col("placed_at") - copy * _APART)


def renamed(frame: pl.DataFrame, copy: int, *ids: str) -> pl.DataFrame:
    """The same rows, their ids those of a copy; copy 0 is what came in.

    >>> renamed(pl.DataFrame({"id": ["a", None]}), 2, "id")["id"].to_list()
    ['a~2', None]
    """
    return frame.with_columns(pl.col(each) + f"{MARK}{copy}" for each in ids) if copy else frame
