"""Who bought what when: baskets turned to one line of time per customer, and to purchases per customer and item."""

from dataclasses import dataclass

import numpy as np

from tsuide.errors import TooFewData
from tsuide.kit.arrays import Int32, Int64, frozen
from tsuide.mining.baskets import Baskets
from tsuide.mining.compiled import compiled
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
    visit_start = _starts(baskets.customer[known], baskets.n_customers)
    bought_by = np.bincount(baskets.customer[known], np.diff(baskets.items_of)[known], baskets.n_customers)
    entry_start = np.r_[0, np.cumsum(bought_by.astype(np.int64))]
    visit = np.empty(visit_start[-1], np.int64)
    what, when = np.empty(entry_start[-1], np.int32), np.empty(entry_start[-1], np.int64)
    fill_lines(
        baskets.customer, baskets.time, baskets.items_of, baskets.item, baskets.n_items,
        visit_start, entry_start, visit, what, when,
    )  # fmt: skip
    whose = np.repeat(np.arange(baskets.n_customers, dtype=np.int32), np.diff(entry_start))
    new = np.ones(len(what), np.bool_)
    new[1:] = (whose[1:] != whose[:-1]) | (what[1:] != what[:-1])
    begin = np.flatnonzero(new)
    return Timeline(
        visit_start=frozen(visit_start),
        visit=frozen(visit),
        owner=frozen(whose[begin]),
        item=frozen(what[begin]),
        bought_start=frozen(np.r_[begin, len(what)].astype(np.int64)),
        bought=frozen(when),
        owned_start=frozen(_starts(whose[begin], baskets.n_customers)),
        items=baskets.n_items,
    )


@compiled
def fill_lines(
    customer: Int32,
    time: Int64,
    items_of: Int64,
    item: Int32,
    items: int,
    visit_start: Int64,
    entry_start: Int64,
    visit: Int64,
    what: Int32,
    when: Int64,
) -> None:
    """Visits by customer, and entries by customer, item and time: two counting sorts, baskets being in time's order.

    Args:
        customer: of each basket, -1 = not known.
        time: of each basket, ascending, microseconds.
        items_of: items of basket b are `item[items_of[b]:items_of[b + 1]]`.
        item: dense items.
        items: how many there are.
        visit_start: where each customer's visits begin.
        entry_start: where each customer's entries begin.
        visit: filled; int64 (visits,).
        what: filled; int32 (entries,).
        when: filled; int64 (entries,).
    """
    after = np.zeros(items + 1, np.int64)  # entries of smaller items
    for b in range(len(customer)):
        if customer[b] >= 0:
            for entry in range(items_of[b], items_of[b + 1]):
                after[item[entry] + 1] += 1
    for i in range(items):
        after[i + 1] += after[i]
    basket_of = np.empty(len(what), np.int32)
    item_of = np.empty(len(what), np.int32)
    next_visit = visit_start.copy()
    for b in range(len(customer)):
        if customer[b] < 0:
            continue
        visit[next_visit[customer[b]]] = time[b]
        next_visit[customer[b]] += 1
        for entry in range(items_of[b], items_of[b + 1]):
            place = after[item[entry]]
            after[item[entry]] = place + 1
            basket_of[place] = b
            item_of[place] = item[entry]
    next_entry = entry_start.copy()
    for place in range(len(what)):  # by item, then time: what comes stays in this order within its customer
        b = basket_of[place]
        to = next_entry[customer[b]]
        next_entry[customer[b]] = to + 1
        what[to] = item_of[place]
        when[to] = time[b]


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
