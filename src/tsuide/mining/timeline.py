"""Who bought what when: baskets turned to one line of time per customer, and to purchases per customer and item."""

from dataclasses import dataclass

import numpy as np

from tsuide.errors import TooFewData
from tsuide.kit.arrays import Int32, Int64, frozen
from tsuide.mining.baskets import Baskets
from tsuide.mining.history import between


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """Visits (baskets) of each customer, and purchases of each (customer, item).

    Args:
        visit_start: visits of customer c are `visit[start[c]:start[c + 1]]`; int64 (customers + 1,).
        visit: microseconds, ascending within a customer; int64 (visits,).
        owner: customer of each (customer, item), ascending; int32 (owned,).
        item: item of each (customer, item), ascending within a customer; int32 (owned,).
        bought_start: purchases of (customer, item) g are `bought[start[g]:start[g + 1]]`; int64 (owned + 1,).
        bought: microseconds, ascending within a (customer, item); int64 (purchases,).
        owned_start: the (customer, item)s of customer c; int64 (customers + 1,).
        items: number of items.
    """

    visit_start: Int64
    visit: Int64
    owner: Int32
    item: Int32
    bought_start: Int64
    bought: Int64
    owned_start: Int64
    items: int

    @property
    def customers(self) -> int:
        """Number of customers."""
        return len(self.visit_start) - 1

    @property
    def end(self) -> int:
        """The last moment that was seen, microseconds."""
        return int(self.visit.max(initial=0))

    def first(self) -> Int64:
        """When each (customer, item) was first bought; int64 (owned,)."""
        return self.bought[self.bought_start[:-1]]

    def by_item(self) -> tuple[Int64, Int64]:
        """The (customer, item)s of each item: start int64 (items + 1,), place int64 (owned,)."""
        order = np.argsort(self.item, kind="stable")
        return _starts(self.item, self.items), order


def timeline_of(baskets: Baskets) -> Timeline:
    """The timeline of baskets; those without a customer are left out.

    Raises:
        TooFewData: baskets carry no times, or none a customer.

    >>> import polars as pl
    >>> lines = pl.DataFrame({"o": [1, 2], "i": ["a", "a"], "c": ["x", "x"], "t": [10, 30]})
    >>> line = timeline_of(Baskets.from_frame(lines, basket="o", item="i", customer="c", time="t"))
    >>> line.visit.tolist(), line.bought.tolist(), line.first().tolist()
    ([10, 30], [10, 30], [10])
    """
    known = baskets.customer >= 0
    if not baskets.has_time or not known.any():
        raise TooFewData(
            "when who buys what cannot be told",
            key="baskets",
            value="without times" if not baskets.has_time else "without customers",
            way_out="give orders with a time and a customer",
        )
    visits = np.flatnonzero(known)
    visits = visits[np.lexsort((baskets.time[visits], baskets.customer[visits]))]
    of_entry = baskets.basket_of_entry()
    entries = np.flatnonzero(known[of_entry])
    whose, what, when = (
        baskets.customer[of_entry[entries]],
        baskets.item[entries],
        baskets.time[of_entry[entries]],
    )
    order = np.lexsort((when, what, whose))
    whose, what, when = whose[order], what[order], when[order]
    new = np.ones(len(order), np.bool_)
    new[1:] = (whose[1:] != whose[:-1]) | (what[1:] != what[:-1])
    begin = np.flatnonzero(new)
    return Timeline(
        visit_start=frozen(_starts(baskets.customer[visits], baskets.n_customers)),
        visit=frozen(baskets.time[visits]),
        owner=frozen(whose[begin]),
        item=frozen(what[begin]),
        bought_start=frozen(np.r_[begin, len(order)].astype(np.int64)),
        bought=frozen(when),
        owned_start=frozen(_starts(whose[begin], baskets.n_customers)),
        items=baskets.n_items,
    )


def earlier(baskets: Baskets, share: float) -> Baskets:
    """The first baskets, `share` of them in time; items and customers keep their numbers.

    >>> import polars as pl
    >>> lines = pl.DataFrame({"o": [1, 2], "i": ["a", "b"], "t": [10, 30]})
    >>> first = earlier(Baskets.from_frame(lines, basket="o", item="i", time="t"), 0.5)
    >>> first.n_baskets, first.n_items
    (1, 2)
    """
    return between(baskets, 0, int(baskets.n_baskets * share))


def _starts(sorted_or_not: Int32, groups: int) -> Int64:
    """Where each group begins once values are grouped: int64 (groups + 1,)."""
    starts = np.zeros(groups + 1, np.int64)
    np.cumsum(np.bincount(sorted_or_not, minlength=groups), out=starts[1:])
    return starts
