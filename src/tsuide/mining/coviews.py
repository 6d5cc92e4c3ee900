"""The co-view label trick: what is looked at together, or bought in place of what was looked at, is compared.

Co-purchase alone is a noisy label. P-Companion (Hao et al., CIKM 2020) takes complement = co-purchase minus
(co-view ∪ purchase after view). Whoever buys in a visit has looked, so here a visit in which both were looked at counts
as comparing only beyond the orders that hold both: (viewed together) - (bought together). So does an order with b
after a visit with a, which was left: (a looked at and left, b bought) - (bought together).
"""

from typing import Final

import numpy as np

from tsuide.kit.arrays import Int32, Int64, frozen
from tsuide.mining import kernels
from tsuide.mining.baskets import Baskets
from tsuide.mining.cooccurrence import all_pairs
from tsuide.mining.significance import P_BINS, eligible_pairs, p_cut, p_values


def compared(baskets: Baskets, views: Baskets, min_count: int, rate: float) -> Int64:
    """The pairs that views tell to be substitutes: `viewed_apart` and `bought_instead`; `pair_keys`, ascending."""
    return frozen(
        np.union1d(viewed_apart(baskets, views, min_count, rate), bought_instead(baskets, views, min_count, rate))
    )


def viewed_apart(baskets: Baskets, views: Baskets, min_count: int, rate: float) -> Int64:
    """The pairs that are looked at together beyond chance, beyond what was bought together.

    Args:
        baskets: orders.
        views: visits, each with what was looked at; ids as in `baskets`, others are left out.
        min_count: visits that a pair needs, net of orders.
        rate: false-discovery rate over all pairs.

    Returns:
        `pair_keys` of dense items of `baskets`, ascending.
    """
    dense = baskets.item_ids.positions(views.item_ids.ids)
    known = views.with_items(dense >= 0)
    renamed = dense[dense >= 0]
    looked = all_pairs(known.items_of, known.item, known.n_items, min_count=min_count)
    degree = kernels.count_items(known.item, known.n_items)
    keys = _keys(renamed[looked.first], renamed[looked.second])
    net = np.maximum(0, looked.count - _bought(baskets, keys)).astype(np.int32)
    p = p_values(net, degree[looked.first], degree[looked.second], known.n_baskets)
    bins = np.bincount(np.minimum(_bins(p), P_BINS - 1), minlength=P_BINS)
    cut = p_cut(bins, eligible_pairs(degree.astype(np.int32), min_count), rate)
    return frozen(np.sort(keys[(net >= min_count) & (p <= cut)]))


DAY: Final = 86_400_000_000  # microseconds


def bought_instead(baskets: Baskets, views: Baskets, min_count: int, rate: float, within: int = DAY) -> Int64:
    """The pairs of which one was looked at and left, and the other bought next, beyond chance and beyond both.

    A visit is taken together with the first order of the same customer from its beginning on; what was looked at and is
    not in that order was left. Only orders of one item tell: of several, nobody knows which one came instead, and which
    goes with it. Whoever is not known, and data without times, tell nothing.

    Args:
        baskets: orders.
        views: visits, each with what was looked at; ids of items and customers as in `baskets`.
        min_count: visits with an order that a pair needs, net of orders that hold both.
        rate: false-discovery rate over all pairs (left, bought).
        within: microseconds from the beginning of a visit to its order at most.

    Returns:
        `pair_keys` of dense items of `baskets`, ascending.
    """
    n = baskets.n_items
    visit, order = visits_with_orders(baskets, views, within)
    alone = np.diff(baskets.items_of)[order] == 1
    orders, row, item = _left(baskets, views, visit[alone], order[alone])
    bought = baskets.select(orders)
    # one basket an order: what was left as item 0 … n - 1, what was bought as n …
    rows = np.concatenate([row, bought.basket_of_entry()])
    items = np.concatenate([item, bought.item + np.int32(n)])
    by_row = np.lexsort((items, rows))
    items_of = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(orders)))])
    found = all_pairs(items_of, np.ascontiguousarray(items[by_row]), 2 * n, min_count=min_count)
    low, high = np.minimum(found.first, found.second), np.maximum(found.first, found.second)
    crossing = (low < n) & (high >= n)
    low, high, together = low[crossing], high[crossing], found.count[crossing]
    keys = _keys(low, high - np.int32(n))
    net = np.maximum(0, together - _bought(baskets, keys)).astype(np.int32)
    degree = np.bincount(items, minlength=2 * n)
    p = p_values(net, degree[low], degree[high], len(orders))
    tests = int((degree[:n] >= min_count).sum()) * int((degree[n:] >= min_count).sum())
    cut = p_cut(np.bincount(np.minimum(_bins(p), P_BINS - 1), minlength=P_BINS), tests, rate)
    return frozen(np.unique(keys[(net >= min_count) & (p <= cut)]))


def visits_with_orders(baskets: Baskets, views: Baskets, within: int) -> tuple[Int64, Int64]:
    """Visits that an order of the same customer follows, and the first such order of each; both (found,)."""
    if not (baskets.has_time and views.has_time and baskets.n_customers and views.n_customers):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    number = np.append(baskets.customer_ids.positions(views.customer_ids.ids), -1)
    of_visit = number[views.customer].astype(np.int64)  # -1 = not known takes the last place
    moments, rank = np.unique(np.concatenate([baskets.time, views.time]), return_inverse=True)
    line = baskets.customer.astype(np.int64) * len(moments) + rank[: baskets.n_baskets]
    by_line = np.argsort(line, kind="stable")
    wanted = of_visit * len(moments) + rank[baskets.n_baskets :]
    order = by_line[np.minimum(np.searchsorted(line[by_line], wanted), len(line) - 1)]
    after = baskets.time[order] - views.time
    visit = np.flatnonzero((of_visit >= 0) & (baskets.customer[order] == of_visit) & (after >= 0) & (after <= within))
    return visit, order[visit]


def _left(baskets: Baskets, views: Baskets, visit: Int64, order: Int64) -> tuple[Int64, Int64, Int32]:
    """What was looked at before some orders, and not bought with them.

    Returns:
        The orders, ascending, each once; for each thing left the place of its order, and the dense item.
    """
    orders, place = np.unique(order, return_inverse=True)
    looked, n = views.select(visit), baskets.n_items
    item = baskets.item_ids.positions(views.item_ids.ids)[looked.item]
    line = place[looked.basket_of_entry()].astype(np.int64) * n + item
    ordered = baskets.select(orders)
    taken = ordered.basket_of_entry().astype(np.int64) * n + ordered.item
    left = np.setdiff1d(line[item >= 0], taken)
    return orders, left // max(n, 1), (left % max(n, 1)).astype(np.int32)


def _keys(first: Int32, second: Int32) -> Int64:
    """As `pair_keys`, in the given order."""
    a, b = first.astype(np.int64), second.astype(np.int64)
    keys: Int64 = (np.minimum(a, b) << 32) | np.maximum(a, b)
    return keys


def _bins(p: np.ndarray) -> Int64:
    bins: Int64 = (-np.log10(np.maximum(p, 1e-323)) * kernels.BINS_PER_DECADE).astype(np.int64)
    return bins


def _bought(baskets: Baskets, keys: Int64) -> Int64:
    """In how many orders each pair lies; int64 (pairs,)."""
    first, second = (keys >> 32).astype(np.int32), (keys & 0xFFFFFFFF).astype(np.int32)
    post_of, post = kernels.posts_of(baskets.items_of, baskets.item, baskets.n_items)
    together: Int64 = kernels.all_common_baskets(first, second, post_of, post)
    return together
