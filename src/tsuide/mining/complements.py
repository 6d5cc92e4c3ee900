"""Complements: what is bought together with an item, how often, how much more than by chance, how surely."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl

from tsuide.errors import BadValue, UnknownProduct
from tsuide.kit.arrays import Float64, Int32, Int64, frozen
from tsuide.mining import kernels
from tsuide.mining.baskets import Baskets
from tsuide.mining.cooccurrence import Score, best_partners
from tsuide.mining.fitted import Arrays, taken
from tsuide.mining.index import Index
from tsuide.mining.significance import P_BINS, lift_interval, p_cut, p_values


@dataclass(frozen=True, slots=True)
class Complements:
    """How complements are learned.

    Args:
        top: partners kept per item.
        min_count: common baskets that a pair needs at least.
        score: how partners are ranked.
        rate: false-discovery rate of the gate, over all pairs with at least `min_count` common baskets.

    >>> frame = pl.DataFrame({"order": [1, 1, 2, 2, 3, 3, 4],
    ...                       "sku": ["pen", "ink", "pen", "ink", "pen", "pad", "pad"]})
    >>> baskets = Baskets.from_frame(frame, basket="order", item="sku")
    >>> fitted = Complements(top=2, min_count=2).fit(baskets, tune=False)
    >>> fitted.frame().select("anchor", "item", "count", "confidence", "lift").rows()
    [('ink', 'pen', 2, 1.0, 1.3333333333333333), ('pen', 'ink', 2, 0.6666666666666666, 1.3333333333333333)]
    """

    top: int = 20
    min_count: int = 3
    score: Score = field(default_factory=Score)
    rate: float = 0.05

    def fit(self, baskets: Baskets, *, tune: bool = True, seed: int = 0) -> "FittedComplements":  # noqa: ARG002  # tuning follows
        """Count every pair and keep the best partners of every item.

        Args:
            baskets: not changed.
            tune: choose the score on held-out baskets of these.
            seed: of the held-out choice.

        Raises:
            BadValue: `top` or `min_count` below 1, a rate outside (0, 1).
        """
        if not 0 < self.rate < 1:
            raise BadValue("must lie between 0 and 1", key="rate", value=self.rate)
        best = best_partners(
            baskets.items_of,
            baskets.item,
            baskets.n_items,
            top=self.top,
            min_count=self.min_count,
            score=self.score,
            p_bins=P_BINS,
        )
        degree = kernels.count_items(baskets.item, baskets.n_items)
        return FittedComplements(
            item_ids=baskets.item_ids,
            degree=frozen(degree.astype(np.int32)),
            n_baskets=baskets.n_baskets,
            top_item=frozen(best.item),
            top_count=frozen(best.count),
            top_score=frozen(best.score),
            pairs=best.pairs,
            p_cut=p_cut(best.p_bins, best.pairs, self.rate),
            parameters=self,
        )


@dataclass(frozen=True, slots=True, eq=False)
class FittedComplements:
    """Learned complements.

    Args:
        item_ids: dense item ↔ id.
        degree: baskets of each item, int32 (items,).
        n_baskets: all baskets.
        top_item: partners best first, dense items, -1 = none; int32 (items, top).
        top_count: common baskets, int32 (items, top).
        top_score: float64 (items, top).
        pairs: how many pairs were tested.
        p_cut: pairs with at most this p-value pass the false-discovery gate.
        parameters: what it was learned with, after tuning.
    """

    name: ClassVar[str] = "complements"

    item_ids: Index
    degree: Int32
    n_baskets: int
    top_item: Int32
    top_count: Int32
    top_score: Float64
    pairs: int
    p_cut: float
    parameters: Complements

    def frame(self) -> pl.DataFrame:
        """All kept pairs, by anchor id, best first.

        Columns: anchor, item, count, confidence (share of the anchor's baskets), lift, lift_low, lift_high
        (95 %), cosine, score, p_value (Fisher, one-sided), significant (passes the false-discovery gate).
        """
        anchor, slot = np.nonzero(self.top_item >= 0)
        order = np.argsort(self._id_order()[anchor], kind="stable")
        return self._table(anchor[order], slot[order])

    def of(self, item: str, n: int = 20) -> pl.DataFrame:
        """The `n` best partners of one item, best first; columns as in `frame`.

        Raises:
            UnknownProduct: the item was in no basket.
        """
        place = self.item_ids.position(item)
        if place < 0:
            raise UnknownProduct("the item was in no basket that was learned from", key="item", value=item)
        slot = np.flatnonzero(self.top_item[place] >= 0)[:n]
        return self._table(np.full(len(slot), place), slot)

    def _id_order(self) -> Int64:
        """Place of each dense item in the order of ids."""
        return np.argsort(np.argsort(np.array(self.item_ids.ids, dtype=object), kind="stable"), kind="stable")

    def _table(self, anchor: Int64, slot: Int64) -> pl.DataFrame:
        item = self.top_item[anchor, slot]
        count = self.top_count[anchor, slot]
        of_anchor, of_item = self.degree[anchor].astype(np.int64), self.degree[item].astype(np.int64)
        lift, low, high = lift_interval(count.astype(np.int64), of_anchor, of_item, self.n_baskets)
        p = p_values(count, of_anchor, of_item, self.n_baskets)
        return pl.DataFrame(
            {
                "anchor": self.item_ids.series(anchor),
                "item": self.item_ids.series(item),
                "count": count.astype(np.int64),
                "confidence": count / of_anchor,
                "lift": lift,
                "lift_low": low,
                "lift_high": high,
                "cosine": count / np.sqrt(of_anchor * of_item.astype(np.float64)),
                "score": self.top_score[anchor, slot],
                "p_value": p,
                "significant": p <= self.p_cut,
            }
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that is large."""
        return {
            **self.item_ids.arrays("items"),
            "degree": self.degree,
            "top_item": self.top_item,
            "top_count": self.top_count,
            "top_score": self.top_score,
        }

    def meta(self) -> dict[str, Any]:
        """Everything that is small."""
        score = self.parameters.score
        return {
            "n_baskets": self.n_baskets,
            "pairs": self.pairs,
            "p_cut": self.p_cut,
            "top": self.parameters.top,
            "min_count": self.parameters.min_count,
            "rate": self.parameters.rate,
            "score": {"name": score.name, "shrink": score.shrink, "left": score.left, "right": score.right},
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays, meta: Mapping[str, Any]) -> Self:
        """The result again.

        Raises:
            BadArray: the arrays do not fit together; named.
        """
        index = Index.from_arrays(arrays, "items")
        n = len(index)
        square = (n, int(meta["top"]))
        return cls(
            item_ids=index,
            degree=taken(arrays, "degree", np.int32, (n,)),
            n_baskets=meta["n_baskets"],
            top_item=taken(arrays, "top_item", np.int32, square),
            top_count=taken(arrays, "top_count", np.int32, square),
            top_score=taken(arrays, "top_score", np.float64, square),
            pairs=meta["pairs"],
            p_cut=meta["p_cut"],
            parameters=Complements(meta["top"], meta["min_count"], Score(**meta["score"]), meta["rate"]),
        )
