"""The co-view label trick: what is looked at together, and not bought together, is compared, not combined.

Co-purchase alone is a noisy label. P-Companion (Hao et al., CIKM 2020) takes complement = co-purchase minus
(co-view ∪ purchase after view). Whoever buys in a visit has looked, so here a visit in which both were looked at counts
as comparing only beyond the orders that hold both: (viewed together) - (bought together).
"""

import numpy as np

from tsuide.kit.arrays import Int32, Int64, frozen
from tsuide.mining import kernels
from tsuide.mining.baskets import Baskets
from tsuide.mining.cooccurrence import all_pairs
from tsuide.mining.significance import P_BINS, eligible_pairs, p_cut, p_values


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
