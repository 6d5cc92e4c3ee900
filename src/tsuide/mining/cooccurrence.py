"""Exact co-occurrence: how often two items lay in one basket, and every item's best partners.

The checked shell over `kernels.py`. Every pair is counted once per basket, none is left out for being
common or rare, and ties are broken so that the result is one and the same whatever the threads did.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, TypeVar

import numpy as np

from tsuide.errors import BadArray, BadValue
from tsuide.kit.arrays import Float64, Int32, Int64
from tsuide.mining import kernels

_T = TypeVar("_T")

ScoreName: TypeAlias = Literal["asymmetric", "cosine", "confidence", "count", "lift", "ppmi"]


@dataclass(frozen=True, slots=True)
class Score:
    """How partners of an item are ranked; n = common baskets, n_a and n_b baskets of each, N all baskets.

    | name | score of a → b |
    |---|---|
    | asymmetric | n·n/(n + shrink) / (n_a^left · n_b^right) |
    | cosine | the same with left = right = .5 |
    | confidence | with left = 1, right = 0 |
    | lift | with left = right = 1 (without the factor N, which ranks nothing) |
    | count | with left = right = 0 |
    | ppmi | max(0, log(n N / (n_a n_b))) · log(1 + n) |

    Args:
        name: one of the above.
        shrink: baskets by which a small count is pulled down; 0 = not at all. Not used by ppmi.
        left: power of n_a, only for asymmetric.
        right: power of n_b, only for asymmetric.

    Raises:
        BadValue: an unknown name or a negative number.
    """

    name: str = "asymmetric"
    shrink: float = 0.0
    left: float = 0.7
    right: float = 0.4

    def __post_init__(self) -> None:
        if self.name not in _POWERS and self.name not in {"asymmetric", "ppmi"}:
            raise BadValue(
                "no such score",
                key="score",
                value=self.name,
                way_out="one of asymmetric, cosine, confidence, count, lift, ppmi",
            )
        if min(self.shrink, self.left, self.right) < 0:
            raise BadValue(
                "must not be negative", key="shrink, left, right", value=(self.shrink, self.left, self.right)
            )

    def plain(self) -> dict[str, float | str]:
        """As JSON; `Score(**plain)` is the score again."""
        return {"name": self.name, "shrink": self.shrink, "left": self.left, "right": self.right}

    @property
    def kind(self) -> int:
        """The kernel's number of this form."""
        return kernels.PPMI if self.name == "ppmi" else kernels.PRODUCT

    @property
    def powers(self) -> tuple[float, float]:
        """Powers of n_a and n_b."""
        return _POWERS.get(self.name, (self.left, self.right))


_POWERS: Final = {"cosine": (0.5, 0.5), "confidence": (1.0, 0.0), "count": (0.0, 0.0), "lift": (1.0, 1.0)}


@dataclass(frozen=True, slots=True, eq=False)
class Best:
    """Every item's best partners, best first.

    Args:
        item: dense item, -1 where there are fewer; int32 (items, top).
        count: common baskets; int32 (items, top).
        score: float64 (items, top), 0 where there are fewer.
        pairs: how many undirected pairs had at least the minimum count.
        p_bins: histogram of their p-values (see `fdr.py`), int64 (bins,); empty where not asked for.
    """

    item: Int32
    count: Int32
    score: Float64
    pairs: int
    p_bins: Int64


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Every pair with at least a minimum count, once; the less common item first.

    Args:
        first: dense item, int32 (pairs,).
        second: dense item, int32 (pairs,).
        count: common baskets, int32 (pairs,).
    """

    first: Int32
    second: Int32
    count: Int32


@dataclass(frozen=True, slots=True, eq=False)
class _Spread:
    """Baskets by rank, ready for the sweep; see `kernels.py`."""

    rows: kernels.Array
    stop: kernels.Word
    post: kernels.Array
    post_of: Int64
    item_of_rank: Int32
    degree: Int64  # by rank


def threads() -> int:
    """How many threads the kernels use: the processors that this process may use."""
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def best_partners(
    items_of: Int64,
    item: Int32,
    n_items: int,
    *,
    top: int,
    min_count: int,
    score: Score,
    order: Int32 | None = None,
    apart: Int64 | None = None,
    p_bins: int = 0,
    n_threads: int | None = None,
) -> Best:
    """Every item's `top` best partners among those with at least `min_count` common baskets.

    Ties: the larger count, then the smaller in `order`. Time grows with the sum over baskets of n(n-1)/2.

    Args:
        items_of: items of basket b are `item[items_of[b]:items_of[b + 1]]`; int64 (baskets + 1,).
        item: distinct within a basket; int32 (entries,), values in [0, n_items).
        n_items: number of items.
        top: partners kept per item.
        min_count: at least 1.
        score: how they are ranked.
        order: place of each item in the order of ids, for ties; (items,). None = the order of dense items.
        apart: pairs that are counted and never partners, `pair_keys`; None = there are none.
        p_bins: how many bins the histogram of p-values has; 0 = no test is made.
        n_threads: None = as many as processors.

    Raises:
        BadValue: `top` or `min_count` below 1.
        BadArray: more than 2^32 entries.

    >>> best = best_partners(np.array([0, 2, 4, 7]), np.array([0, 1, 0, 1, 0, 1, 2], np.int32), 3,
    ...                      top=2, min_count=1, score=Score("count"))
    >>> best.item.tolist(), best.count.tolist()
    ([[1, 2], [0, 2], [0, 1]], [[3, 1], [3, 1], [1, 1]])
    """
    if top < 1 or min_count < 1:
        raise BadValue("must be at least 1", key="top, min_count", value=(top, min_count))
    workers = n_threads or threads()
    spread = _spread(items_of, item, n_items, min_count, workers)
    left, right = (kernels.weights_of(score.kind, spread.degree, power) for power in score.powers)
    most = int(spread.degree[1]) if len(spread.degree) > 1 else 1
    gain, logs = kernels.tables_of(score.kind, most, score.shrink)
    total = len(items_of) - 1
    log_n = float(np.log(max(1, total)))
    kept_apart = _ranked(apart, spread, n_items)
    places = spread.item_of_rank if order is None else order[spread.item_of_rank]
    factorials = kernels.log_factorials(total if p_bins else 0)

    def share(part: int) -> _Heaps:
        heaps = _Heaps.of(len(spread.degree), top, p_bins)
        heaps.pairs[0] = kernels.sweep_best(
            spread.rows, spread.stop, spread.post, spread.post_of, part, workers, min_count,
            score.kind, gain, logs, left, right, log_n, places,
            heaps.score, heaps.item, heaps.count, heaps.size,
            spread.degree, total, factorials, heaps.p_bins, kept_apart,
        )  # fmt: skip
        return heaps

    return _merged(side_by_side(share, workers), spread, places, n_items)


def pair_keys(first: Int32 | Int64, second: Int32 | Int64) -> Int64:
    """One number for each undirected pair of dense items, ascending, each once; int64 (pairs,).

    >>> pair_keys(np.array([2, 0, 1]), np.array([1, 1, 2])).tolist() == [1, (1 << 32) + 2]
    True
    """
    a, b = np.asarray(first, np.int64), np.asarray(second, np.int64)
    keys: Int64 = np.unique((np.minimum(a, b) << 32) | np.maximum(a, b))
    return keys


def _ranked(apart: Int64 | None, spread: _Spread, n_items: int) -> Int64:
    """The same pairs by rank; those with an item that was left out do not matter."""
    if apart is None or not len(apart):
        return np.empty(0, np.int64)
    rank = np.full(n_items, -1, np.int64)
    rank[spread.item_of_rank] = np.arange(len(spread.item_of_rank))
    first, second = rank[apart >> 32], rank[apart & 0xFFFFFFFF]
    known = (first >= 0) & (second >= 0)
    return pair_keys(first[known], second[known])


@dataclass(frozen=True, slots=True, eq=False)
class _Heaps:
    """One thread's findings, by rank; changed while it works."""

    score: Float64  # (ranks, top)
    item: Int32  # (ranks, top), ranks
    count: Int32  # (ranks, top)
    size: Int32  # (ranks,)
    pairs: Int64  # (1,)
    p_bins: Int64  # (bins,)

    @classmethod
    def of(cls, n_ranks: int, top: int, p_bins: int) -> "_Heaps":
        """Empty heaps."""
        shape = (n_ranks, top)
        return cls(
            np.zeros(shape),
            np.full(shape, -1, np.int32),
            np.zeros(shape, np.int32),
            np.zeros(n_ranks, np.int32),
            np.zeros(1, np.int64),
            np.zeros(p_bins, np.int64),
        )


def _merged(shares: list[_Heaps], spread: _Spread, order: Int32, n_items: int) -> Best:
    """The best of all threads, sorted, and from ranks back to dense items; each thread takes some ranks."""
    first, *others = shares
    n_ranks, top = first.score.shape
    best = Best(
        np.full((n_items, top), -1, np.int32),
        np.zeros((n_items, top), np.int32),
        np.zeros((n_items, top)),
        sum(int(each.pairs[0]) for each in shares),
        np.sum([each.p_bins for each in shares], axis=0),
    )

    def finish(part: int) -> None:
        some = slice(n_ranks * part // len(shares), n_ranks * (part + 1) // len(shares))
        score, item, count, size = first.score[some], first.item[some], first.count[some], first.size[some]
        for more in others:
            kernels.merge_best(
                score, item, count, size, more.score[some], more.item[some], more.count[some], more.size[some], order
            )
        kernels.sort_best(score, item, count, size, order)
        kernels.write_best(
            score, item, count, spread.item_of_rank[some], spread.item_of_rank, best.score, best.item, best.count
        )

    side_by_side(finish, len(shares))
    return best


def all_pairs(items_of: Int64, item: Int32, n_items: int, *, min_count: int, n_threads: int | None = None) -> Pairs:
    """Every pair of items with at least `min_count` common baskets; arguments as for `best_partners`.

    >>> pairs = all_pairs(np.array([0, 2, 4]), np.array([0, 1, 0, 1], np.int32), 2, min_count=2)
    >>> pairs.count.tolist()
    [2]
    """
    workers = n_threads or threads()
    spread = _spread(items_of, item, n_items, min_count, workers)
    n_ranks = len(spread.degree)
    row_size = np.zeros(n_ranks, np.int64)

    def share(part: int) -> tuple[list[Int32], list[Int32]]:
        counts, found, found_count = (np.zeros(n_ranks + kernels.BLOCK, np.int32) for _ in range(3))
        anchor = part
        items: list[Int32] = []
        item_counts: list[Int32] = []
        while anchor < n_ranks:
            room = max(_ROOM, n_ranks + 1)
            pair_item, pair_count = np.empty(room, np.int32), np.empty(room, np.int32)
            anchor, written = kernels.sweep_pairs(
                spread.rows, spread.stop, spread.post, spread.post_of, anchor, workers, min_count,
                counts, found, found_count, row_size, pair_item, pair_count,
            )  # fmt: skip
            items.append(pair_item[:written].copy())
            item_counts.append(pair_count[:written].copy())
        return items, item_counts

    shares = side_by_side(share, workers)
    anchors = [np.repeat(spread.item_of_rank[part::workers], row_size[part::workers]) for part in range(workers)]
    second = np.concatenate([np.empty(0, np.int32), *(each for items, _ in shares for each in items)])
    count = np.concatenate([np.empty(0, np.int32), *(each for _, counts in shares for each in counts)])
    return Pairs(np.concatenate(anchors), spread.item_of_rank[second], count)


_ROOM: Final = 1 << 20


def _spread(items_of: Int64, item: Int32, n_items: int, min_count: int, workers: int) -> _Spread:
    """Items in fewer than `min_count` baskets cannot be in a pair that counts: they are left out.

    Every worker takes baskets with about as many entries as the others', and writes to places of its own.
    """
    cuts = np.searchsorted(items_of, np.linspace(0, items_of[-1], workers + 1)[1:-1])
    bounds = [0, *cuts.tolist(), len(items_of) - 1]

    def degrees(part: int) -> Int64:
        return kernels.count_items(item[items_of[bounds[part]] : items_of[bounds[part + 1]]], n_items)

    of_part = np.array(side_by_side(degrees, workers))  # (workers, items)
    degree = of_part.sum(axis=0)
    by_degree = np.argsort(-degree, kind="stable").astype(np.int32)
    kept = int(np.searchsorted(-degree[by_degree], -min_count, side="right"))
    item_of_rank = by_degree[:kept]
    rank = np.full(n_items, -1, np.int32)
    rank[item_of_rank] = np.arange(kept, dtype=np.int32)
    post_of = np.zeros(kept + 1, np.int64)
    np.cumsum(degree[item_of_rank], out=post_of[1:])
    size = int(post_of[-1]) + len(items_of)
    if size >= _LIMIT:
        raise BadArray(
            "too many entries for one sweep",
            key="entries",
            value=size,
            way_out="learn from fewer orders, or with Spark",
        )
    word: type[kernels.Word] = np.uint16 if kept < np.iinfo(np.uint16).max else np.uint32
    stop = word(np.iinfo(word).max)
    rows = np.full(size, stop, word)
    post = np.zeros(int(post_of[-1]) + kernels.AHEAD, np.uint32)
    kept_of_part = of_part[:, item_of_rank]  # (workers, ranks)
    ends = post_of[:-1] + np.cumsum(kept_of_part, axis=0)
    row_base = np.concatenate([[0], np.cumsum(kept_of_part.sum(axis=1))]) + np.array(bounds)

    def write(part: int) -> None:
        begin = ends[part] - kept_of_part[part]
        kernels.spread(
            items_of, item, bounds[part], bounds[part + 1], rank, begin, ends[part], int(row_base[part]), rows, post
        )

    side_by_side(write, workers)
    return _Spread(rows, stop, post, post_of, item_of_rank, degree[item_of_rank])


_LIMIT: Final = 1 << 32


def side_by_side(share: Callable[[int], _T], workers: int) -> list[_T]:
    """The shares of all workers, in their order."""
    if workers == 1:
        return [share(0)]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(share, range(workers)))
