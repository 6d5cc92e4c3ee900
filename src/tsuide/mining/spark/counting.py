"""Counting pairs on one worker: the local sweep over as many baskets as fit, partial counts out."""

from collections.abc import Iterator
from typing import Final, TypeAlias

import numpy as np

from tsuide.kit.arrays import Float64, Int32, Int64
from tsuide.mining import kernels
from tsuide.mining.compiled import compiled
from tsuide.mining.cooccurrence import Score, all_pairs
from tsuide.mining.pairs import NONE_APART

MEETINGS: Final = 4_000_000  # pairs met that are counted at once: about 100 MB

Counted: TypeAlias = tuple[Int64, Int64]  # keys low · items + high, common baskets


def pair_blocks(items_of: Int64, item: Int32, n_items: int, *, meetings: int = MEETINGS) -> Iterator[Counted]:
    """Counts of all pairs of some baskets, in blocks; a pair may come in several, to be summed.

    However large a basket is, no block holds more than `meetings` pairs (or one item's row, where that is longer).

    Args:
        items_of: items of basket b are `item[items_of[b]:items_of[b + 1]]`; int64 (baskets + 1,).
        item: ascending within a basket, int32 (entries,), values in [0, n_items).
        n_items: number of items.
        meetings: pairs met that are counted at once.

    >>> [(keys.tolist(), counts.tolist()) for keys, counts in
    ...  pair_blocks(np.array([0, 2, 4]), np.array([0, 1, 0, 1], np.int32), 10)]
    [([1], [2])]
    """
    lengths = np.diff(items_of)
    met = lengths * (lengths - 1) // 2
    first = 0
    while first < len(met):
        if met[first] > meetings:
            yield from _one_large(item[items_of[first] : items_of[first + 1]], n_items, meetings)
            first += 1
            continue
        end = first + int(np.searchsorted(np.cumsum(met[first:]), meetings, side="right"))
        yield from _counted(items_of[first : end + 1], item, n_items)
        first = end


def _counted(items_of: Int64, item: Int32, n_items: int) -> Iterator[Counted]:
    part = item[items_of[0] : items_of[-1]]
    present, dense = np.unique(part, return_inverse=True)  # the sweep's room goes by items: only those here
    pairs = all_pairs(items_of - items_of[0], dense.astype(np.int32), len(present), min_count=1, n_threads=1)
    if len(pairs.count):
        yield _keys(present[pairs.first], present[pairs.second], n_items), pairs.count.astype(np.int64)


def _one_large(basket: Int32, n_items: int, meetings: int) -> Iterator[Counted]:
    """Each pair of one basket once: row by row of its triangle."""
    n, first = len(basket), 0
    while first < n - 1:
        end = first + max(1, meetings // (n - first - 1))
        rows = np.arange(first, min(end, n - 1))
        row = np.repeat(rows, n - 1 - rows)
        column = np.concatenate([np.arange(each + 1, n) for each in rows.tolist()])
        yield _keys(basket[row], basket[column], n_items), np.ones(len(row), np.int64)
        first = end


def _keys(one: Int32, other: Int32, n_items: int) -> Int64:
    keys: Int64 = np.minimum(one, other).astype(np.int64) * n_items + np.maximum(one, other)
    return keys


def best_of_anchors(
    anchors: Int32,
    begin: Int64,
    partner: Int32,
    common: Int32,
    score: Score,
    degree: Int32,
    total: int,
    order: Int32,
    top: int,
    apart: Int64 = NONE_APART,
) -> tuple[Float64, Int32, Int32]:
    """The best partners of some anchors, best first, by the local kernel.

    Args:
        anchors: dense items, (anchors,).
        begin: the row of anchors[r] is `partner[begin[r]:begin[r + 1]]`; int64 (anchors + 1,).
        partner: dense items, int32 (pairs,).
        common: common baskets, int32 (pairs,).
        score: how partners are ranked.
        degree: baskets of each item, int32 (items,).
        total: all baskets.
        order: place of each item in the order of ids, int32 (items,).
        top: partners kept.
        apart: pairs that are no partners, as in `FittedComplements`.

    Returns:
        Scores, items (-1 = none) and counts; (anchors, top).
    """
    shape = (len(anchors), top)
    scores, items, counts = np.zeros(shape), np.full(shape, -1, np.int32), np.zeros(shape, np.int32)
    of_anchor, of_partner = score.powers
    left = kernels.weights_of(score.kind, degree[anchors], of_anchor)
    right = kernels.weights_of(score.kind, degree[partner], of_partner)
    _best(
        anchors, begin, partner, common, score.kind, score.shrink, left, right,
        float(np.log(max(1, total))), order, apart, scores, items, counts,
    )  # fmt: skip
    return scores, items, counts


@compiled
def _best(
    anchors: Int32,
    begin: Int64,
    partner: Int32,
    common: Int32,
    kind: int,
    shrink: float,
    left: Float64,
    right: Float64,
    log_n: float,
    order: Int32,
    apart: Int64,
    scores: Float64,
    items: Int32,
    counts: Int32,
) -> None:
    sizes = np.zeros(len(anchors), np.int32)
    for r in range(len(anchors)):
        row = slice(begin[r], begin[r + 1])
        sizes[r] = kernels.best_of_row(
            partner[row], common[row], begin[r + 1] - begin[r], anchors[r], kind, shrink, left[r], right[row], log_n,
            order, apart, scores[r], items[r], counts[r],
        )  # fmt: skip
    kernels.sort_best(scores, items, counts, sizes, order)
