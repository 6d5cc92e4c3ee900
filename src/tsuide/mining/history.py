"""Baskets as completion and next basket read them: frequent items only, and whose baskets are whose."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tsuide.kit.arrays import Float32, Int32, Int64, frozen
from tsuide.kit.clock import MICROS_PER_DAY
from tsuide.mining.baskets import Baskets
from tsuide.mining.index import Index


def between(baskets: Baskets, first: int, last: int) -> Baskets:
    """The baskets first … last − 1, which are those of a stretch of time; ids and dense integers stay.

    >>> import polars as pl
    >>> lines = pl.DataFrame({"order": ["o1", "o2"], "sku": ["a", "b"], "at": [1, 2]})
    >>> later = between(Baskets.from_frame(lines, basket="order", item="sku", time="at"), 1, 2)
    >>> later.basket_ids.ids, later.item.tolist(), later.n_items
    (['o2'], [1], 2)
    """
    begin, end = int(baskets.items_of[first]), int(baskets.items_of[last])
    return replace(
        baskets,
        items_of=frozen(baskets.items_of[first : last + 1] - begin),
        item=baskets.item[begin:end],
        quantity=baskets.quantity[begin:end],
        price=baskets.price[begin:end],
        customer=baskets.customer[first:last],
        time=baskets.time[first:last],
        basket_ids=Index.of(baskets.basket_ids.ids[first:last]),
    )


def enough(n_baskets: int) -> int:
    """In how many baskets an item must lie before it is proposed: 2 in a small shop, at most 20.

    >>> enough(200), enough(50_000), enough(128_313)
    (2, 10, 20)
    """
    return max(2, min(20, n_baskets // 5000))


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Baskets of frequent items; a basket that would be empty is left out.

    Args:
        items_of: items of basket b are `item[items_of[b]:items_of[b + 1]]`; int64 (baskets + 1,).
        item: dense item of `item_ids`, ascending within a basket; int32 (entries,).
        age: days from the basket to the newest one, 0 where times were not given; float32 (baskets,).
        baskets_of: baskets of customer c are `basket[baskets_of[c]:baskets_of[c + 1]]`; int64 (customers + 1,).
        basket: oldest first within a customer; int32 (baskets with a customer,).
        item_ids: the frequent items.
        customer_ids: dense customer ↔ id.
        end: time of the newest basket, microseconds.
    """

    items_of: Int64
    item: Int32
    age: Float32
    baskets_of: Int64
    basket: Int32
    item_ids: Index
    customer_ids: Index
    end: int

    @property
    def n_baskets(self) -> int:
        """Number of baskets."""
        return len(self.items_of) - 1

    def positions(self, customers: Sequence[str | None]) -> Int32:
        """Dense customers, -1 where one is not known."""
        return self.customer_ids.positions([customer or "" for customer in customers])


def history_of(baskets: Baskets, min_count: int) -> History:
    """The history of items that lie in at least `min_count` baskets.

    >>> import polars as pl
    >>> lines = pl.DataFrame({"order": ["o1", "o1", "o2"], "sku": ["a", "b", "b"], "who": ["x", "x", "y"]})
    >>> history = history_of(Baskets.from_frame(lines, basket="order", item="sku", customer="who"), 2)
    >>> history.item_ids.ids, history.item.tolist(), history.baskets_of.tolist(), history.basket.tolist()
    (['b'], [0, 0], [0, 1, 2], [0, 1])
    """
    frequent = np.flatnonzero(baskets.count_of_item() >= min_count)
    dense = np.full(baskets.n_items, -1, np.int32)
    dense[frequent] = np.arange(len(frequent), dtype=np.int32)
    kept = dense[baskets.item] >= 0
    size = np.bincount(baskets.basket_of_entry()[kept], minlength=baskets.n_baskets)
    full = np.flatnonzero(size)
    items_of = np.zeros(len(full) + 1, np.int64)
    np.cumsum(size[full], out=items_of[1:])
    customer, time = baskets.customer[full], baskets.time[full]
    end = int(time.max()) if len(time) else 0
    known = np.flatnonzero(customer >= 0).astype(np.int32)
    order = np.argsort(customer[known], kind="stable")
    baskets_of = np.zeros(baskets.n_customers + 1, np.int64)
    np.cumsum(np.bincount(customer[known], minlength=baskets.n_customers), out=baskets_of[1:])
    return History(
        items_of=frozen(items_of),
        item=frozen(dense[baskets.item[kept]]),
        age=frozen(((end - time) / MICROS_PER_DAY).astype(np.float32)),
        baskets_of=frozen(baskets_of),
        basket=frozen(known[order]),
        item_ids=Index.of(baskets.item_ids.series(frequent).to_list()),
        customer_ids=baskets.customer_ids,
        end=end,
    )
