"""Every kept pair and the baskets it was counted in, so that baskets that come later cost next to nothing.

Kept are the pairs with at least `least` common baskets, one fewer than a pair needs. A basket that comes later is only
written down; a row is brought up to date when it is read. What a row lacks then are pairs that were not kept: such a
pair must have been met at least twice since to matter, and is counted anew from the baskets of its two items.
"""

from dataclasses import dataclass, replace
from typing import Final, Self, TypeAlias

import numpy as np

from tsuide.kit.arrays import Bool, Float64, Int32, Int64, frozen
from tsuide.mining import kernels
from tsuide.mining.cooccurrence import Pairs, Score, side_by_side, threads
from tsuide.mining.fitted import Arrays, taken, taken_rows

Row: TypeAlias = tuple[Int32, Int32]  # partners, common baskets

NONE_APART: Final = frozen(np.empty(0, np.int64))
_FEW: Final = 2000  # anchors that are not worth a thread


@dataclass(frozen=True, slots=True, eq=False)
class KeptPairs:
    """Kept pairs as rows of both items, and the baskets that came since.

    Args:
        least: common baskets of a pair that is kept.
        begin: the row of item a is `partner[begin[a]:begin[a + 1]]`; int64 (items + 1,).
        partner: ascending within a row; int32 (2 · pairs,).
        common: common baskets, int32 (2 · pairs,).
        items_of: the baskets counted, int64 (baskets + 1,).
        item: ascending within a basket, int32 (entries,).
        post_of: the baskets of item a are `post[post_of[a]:post_of[a + 1]]`; int64 (items + 1,).
        post: ascending within an item, int32 (entries,).
        more_of: baskets that came since, int64 (more + 1,).
        more_item: int32 (more entries,); items from `items` on are new.
    """

    least: int
    begin: Int64
    partner: Int32
    common: Int32
    items_of: Int64
    item: Int32
    post_of: Int64
    post: Int32
    more_of: Int64
    more_item: Int32

    @classmethod
    def of(cls, pairs: Pairs, items_of: Int64, item: Int32, n_items: int, least: int) -> Self:
        """From all pairs with at least `least` common baskets and the baskets they were counted in."""
        begin, partner, common = kernels.rows_of_pairs(pairs.first, pairs.second, pairs.count, n_items)
        return cls._fresh(least, begin, partner, common, items_of, item)

    @classmethod
    def _fresh(cls, least: int, begin: Int64, partner: Int32, common: Int32, items_of: Int64, item: Int32) -> Self:
        post_of, post = kernels.posts_of(items_of, item, len(begin) - 1)
        return cls(
            least,
            frozen(begin),
            frozen(partner),
            frozen(common),
            items_of,
            item,
            frozen(post_of),
            frozen(post),
            frozen(np.zeros(1, np.int64)),
            frozen(np.empty(0, np.int32)),
        )

    @property
    def n_more(self) -> int:
        """How many baskets came since the rows were counted."""
        return len(self.more_of) - 1

    def row(self, anchor: int, n_items: int, min_count: int) -> Row:
        """Partners of an item with at least `min_count` common baskets, in no order.

        Args:
            anchor: dense item.
            n_items: number of items, new ones included.
            min_count: more than `least` by one at most, unless there are no baskets since.
        """
        entries = np.flatnonzero(self.more_item == anchor)
        recent = np.searchsorted(self.more_of, entries, side="right").astype(np.int32) - np.int32(1)
        met, touched = np.zeros(n_items, np.int32), np.empty(n_items, np.int32)
        item, count = np.empty(n_items, np.int32), np.empty(n_items, np.int32)
        n = kernels.row_now(
            anchor, self.least, min_count, self.begin, self.partner, self.common, self.post_of, self.post,
            self.more_of, self.more_item, recent, met, touched, item, count,
        )  # fmt: skip
        return item[:n], count[:n]

    def with_baskets(self, items_of: Int64, item: Int32) -> Self:
        """More baskets written down, each item once in a basket."""
        of = np.concatenate([self.more_of, self.more_of[-1] + items_of[1:]])
        return replace(self, more_of=frozen(of), more_item=frozen(np.concatenate([self.more_item, item])))

    def everything(self) -> tuple[Int64, Int32]:
        """All baskets, items ascending within each: where they begin and what is in them."""
        n_more = np.repeat(np.arange(self.n_more), np.diff(self.more_of))
        item = self.more_item[np.lexsort((self.more_item, n_more))]
        return (
            frozen(np.concatenate([self.items_of, self.items_of[-1] + self.more_of[1:]])),
            frozen(np.concatenate([self.item, item])),
        )

    def behind(self, first: int, n_items: int, min_count: int) -> Bool:
        """Items whose counts, or whose partners' numbers of baskets, moved since basket `first` of those that came.

        Rather one too many than one too few; bool (items,).
        """
        return kernels.rows_behind(
            first, min_count, self.begin, self.partner, self.common, self.more_of, self.more_item, n_items
        )

    def pairs_since(self, n_items: int, min_count: int) -> int:
        """How many pairs reached `min_count` by the baskets that came since."""
        recent_of, recent = kernels.posts_of(self.more_of, self.more_item, n_items)
        return kernels.pairs_since(
            self.least, min_count, self.begin, self.partner, self.common, self.post_of, self.post,
            self.more_of, self.more_item, recent_of, recent,
        )  # fmt: skip

    def arrays(self) -> dict[str, np.ndarray]:
        """What to save, where no basket came since."""
        return {
            "pair_begin": self.begin,
            "pair_item": self.partner,
            "pair_count": self.common,
            "basket_begin": self.items_of,
            "basket_item": self.item,
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays, n_items: int, n_baskets: int, least: int) -> Self:
        """The pairs again; raises BadArray by name."""
        begin, partner, common = taken_rows(
            arrays, "pair_begin", {"pair_item": np.int32, "pair_count": np.int32}, n_items
        )
        items_of = taken(arrays, "basket_begin", np.int64, (n_baskets + 1,))
        _, item = taken_rows(arrays, "basket_begin", {"basket_item": np.int32}, n_baskets)
        return cls._fresh(least, begin, partner, common, items_of, item)


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Best partners of items, best first.

    Args:
        score: float64 (items, top), 0 where there are fewer.
        item: dense item, -1 where there are fewer; int32 (items, top).
        count: common baskets, int32 (items, top).
    """

    score: Float64
    item: Int32
    count: Int32

    @classmethod
    def empty(cls, n_items: int, top: int) -> Self:
        """Room for all items, nothing in it."""
        shape = (n_items, top)
        return cls(np.zeros(shape), np.full(shape, -1, np.int32), np.zeros(shape, np.int32))


def best_of_pairs(
    kept: KeptPairs,
    anchors: Int64,
    degree: Int32,
    total: int,
    score: Score,
    order: Int32,
    min_count: int,
    tables: Tables,
    apart: Int64 = NONE_APART,
) -> None:
    """The best partners of some anchors, best first, with all baskets that came since.

    Args:
        kept: the pairs.
        anchors: dense items, (anchors,).
        degree: baskets of each item, (items,).
        total: all baskets.
        score: how partners are ranked.
        order: place of each item in the order of ids, for ties; (items,).
        min_count: common baskets that a partner needs.
        tables: their rows of the anchors are written; other rows are left as they are.
        apart: pairs that are never partners, `pair_keys`.
    """
    left, right = (kernels.weights_of(score.kind, degree, power) for power in score.powers)
    log_n = float(np.log(max(1, total)))
    recent_of, recent = kernels.posts_of(kept.more_of, kept.more_item, len(degree))
    workers = threads() if len(anchors) > _FEW else 1

    def share(part: int) -> None:
        kernels.best_of_rows(
            anchors[part::workers], kept.least, min_count, kept.begin, kept.partner, kept.common,
            kept.post_of, kept.post, kept.more_of, kept.more_item, recent_of, recent,
            score.kind, score.shrink, left, right, log_n, order, apart, tables.score, tables.item, tables.count,
        )  # fmt: skip

    side_by_side(share, workers)
