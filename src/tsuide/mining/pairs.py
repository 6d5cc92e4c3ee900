"""Every kept pair and the baskets it was counted in, so that one more basket gives exactly the counts of a recount.

Kept are the pairs with at least `min_count` common baskets. A pair below that is counted anew from the
baskets when it comes up: the rarer item's baskets are few.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Self, TypeAlias

import numpy as np

from tsuide.kit.arrays import Float64, Int32, Int64, frozen
from tsuide.mining import kernels
from tsuide.mining.cooccurrence import Pairs, Score
from tsuide.mining.fitted import Arrays, taken, taken_rows

Row: TypeAlias = tuple[Int32, Int32]  # partners ascending, common baskets

NONE_APART: Final = frozen(np.empty(0, np.int64))
_BUCKETS: Final = 256  # rows changed since are kept in so many dictionaries: an update copies only those it touches


@dataclass(frozen=True, slots=True, eq=False)
class KeptPairs:
    """Kept pairs as rows of both items.

    Args:
        min_count: common baskets that a pair needs.
        begin: the row of item a is `partner[begin[a]:begin[a + 1]]`; int64 (items + 1,).
        partner: ascending within a row; int32 (2 · pairs,).
        common: common baskets, int32 (2 · pairs,).
        items_of: the baskets counted, int64 (baskets + 1,).
        item: ascending within a basket, int32 (entries,).
        post_of: the baskets of item a are `post[post_of[a]:post_of[a + 1]]`; int64 (items + 1,).
        post: int32 (entries,).
        more_of: baskets that came since, int64 (more + 1,).
        more_item: int32 (more entries,).
        changed: rows changed since, in buckets by item.
    """

    min_count: int
    begin: Int64
    partner: Int32
    common: Int32
    items_of: Int64
    item: Int32
    post_of: Int64
    post: Int32
    more_of: Int64
    more_item: Int32
    changed: tuple[Mapping[int, Row], ...]

    @classmethod
    def of(cls, pairs: Pairs, items_of: Int64, item: Int32, n_items: int, min_count: int) -> Self:
        """From counted pairs and the baskets they were counted in."""
        begin, partner, common = kernels.rows_of_pairs(pairs.first, pairs.second, pairs.count, n_items)
        return cls._fresh(min_count, begin, partner, common, items_of, item)

    @classmethod
    def _fresh(cls, min_count: int, begin: Int64, partner: Int32, common: Int32, items_of: Int64, item: Int32) -> Self:
        post_of, post = kernels.posts_of(items_of, item, len(begin) - 1)
        return cls(
            min_count,
            frozen(begin),
            frozen(partner),
            frozen(common),
            items_of,
            item,
            frozen(post_of),
            frozen(post),
            frozen(np.zeros(1, np.int64)),
            frozen(np.empty(0, np.int32)),
            ({},) * _BUCKETS,
        )

    @property
    def n_more(self) -> int:
        """How many baskets came since the rows were merged."""
        return len(self.more_of) - 1

    def row(self, anchor: int) -> Row:
        """Partners of an item and common baskets."""
        changed = self.changed[anchor % _BUCKETS].get(anchor)
        if changed is not None:
            return changed
        if anchor >= len(self.begin) - 1:
            return self.partner[:0], self.common[:0]
        span = slice(self.begin[anchor], self.begin[anchor + 1])
        return self.partner[span], self.common[span]

    def with_basket(self, basket: Int32, n_items: int) -> tuple[Self, int]:
        """One more basket counted.

        Args:
            basket: its items, strictly ascending.
            n_items: number of items, new ones included.

        Returns:
            The pairs with it, and how many pairs reached the minimum by it.
        """
        changed = list(self.changed)
        copied: set[int] = set()
        new = 0
        rows = [self.row(anchor) for anchor in basket.tolist()]
        places = [kernels.places_in_row(partner, basket) for partner, _ in rows]
        together = kernels.count_within(
            basket, np.array(places).reshape(len(basket), -1) >= 0, self.items_of, self.item, self.post_of, self.post,
            self.more_of, self.more_item, n_items,
        )  # fmt: skip
        for slot, anchor in enumerate(basket.tolist()):
            partner, common = rows[slot]
            wider, raised, more = kernels.raise_row(
                partner, common, slot, basket, places[slot], together[slot], self.min_count
            )
            bucket = anchor % _BUCKETS
            if bucket not in copied:
                changed[bucket] = dict(changed[bucket])
                copied.add(bucket)
            changed[bucket][anchor] = (frozen(wider), frozen(raised))
            new += more
        more_item = np.concatenate([self.more_item, basket])
        more_of = np.append(self.more_of, len(more_item))
        grown = replace(self, more_of=frozen(more_of), more_item=frozen(more_item), changed=tuple(changed))
        return grown, new // 2

    def merged(self, n_items: int) -> Self:
        """The same with everything that came since in one piece; for `n_items` items, new ones included."""
        if not self.n_more and n_items == len(self.begin) - 1:
            return self
        size = np.zeros(n_items, np.int64)
        size[: len(self.begin) - 1] = np.diff(self.begin)
        rows = {anchor: row for bucket in self.changed for anchor, row in bucket.items()}
        stays = np.repeat(np.arange(len(self.begin) - 1), np.diff(self.begin))
        for anchor, (partner, _) in rows.items():
            size[anchor] = len(partner)
        begin = np.zeros(n_items + 1, np.int64)
        np.cumsum(size, out=begin[1:])
        partner, common = np.empty(begin[-1], np.int32), np.empty(begin[-1], np.int32)
        is_changed = np.zeros(n_items, np.bool_)
        is_changed[list(rows)] = True
        old = np.flatnonzero(~is_changed[stays])
        place = begin[stays[old]] + old - self.begin[stays[old]]
        partner[place], common[place] = self.partner[old], self.common[old]
        for anchor, (wider, raised) in rows.items():
            partner[begin[anchor] : begin[anchor + 1]] = wider
            common[begin[anchor] : begin[anchor + 1]] = raised
        return self._fresh(
            self.min_count,
            begin,
            partner,
            common,
            frozen(np.concatenate([self.items_of, self.items_of[-1] + self.more_of[1:]])),
            frozen(np.concatenate([self.item, self.more_item])),
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """What to save, of merged pairs."""
        return {
            "pair_begin": self.begin,
            "pair_item": self.partner,
            "pair_count": self.common,
            "basket_begin": self.items_of,
            "basket_item": self.item,
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays, n_items: int, n_baskets: int, min_count: int) -> Self:
        """The pairs again; raises BadArray by name."""
        begin, partner, common = taken_rows(
            arrays, "pair_begin", {"pair_item": np.int32, "pair_count": np.int32}, n_items
        )
        items_of = taken(arrays, "basket_begin", np.int64, (n_baskets + 1,))
        _, item = taken_rows(arrays, "basket_begin", {"basket_item": np.int32}, n_baskets)
        return cls._fresh(min_count, begin, partner, common, items_of, item)


def best_of_pairs(
    kept: KeptPairs,
    anchors: Int64,
    degree: Int32,
    total: int,
    score: Score,
    order: Int32,
    top: int,
    apart: Int64 | None = None,
) -> tuple[Float64, Int32, Int32]:
    """The best partners of some anchors, best first, from merged pairs.

    Args:
        kept: merged.
        anchors: dense items, (anchors,).
        degree: baskets of each item, (items,).
        total: all baskets.
        score: how partners are ranked.
        order: place of each item in the order of ids, for ties; (items,).
        top: partners kept.
        apart: pairs that are never partners, `pair_keys`; None = there are none.

    Returns:
        Scores, items and counts, (items, top); rows of other items hold nothing: 0, -1, 0.
    """
    n_items = len(degree)
    scores = np.zeros((n_items, top))
    items, counts = np.full((n_items, top), -1, np.int32), np.zeros((n_items, top), np.int32)
    left, right = score.powers
    kernels.best_of_rows(
        anchors, kept.begin, kept.partner, kept.common, score.kind, score.shrink, left, right,
        degree, float(np.log(max(1, total))), order, NONE_APART if apart is None else apart, scores, items, counts,
    )  # fmt: skip
    return scores, items, counts
