"""Complements: what is bought together with an item, how often, how much more than by chance, how surely."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, Self

import numpy as np
import polars as pl

from tsuide.errors import BadArray, BadValue, NotReady, UnknownProduct
from tsuide.kit.arrays import Bool, Float64, Int32, Int64, frozen
from tsuide.mining import kernels
from tsuide.mining.baskets import Baskets
from tsuide.mining.cooccurrence import Pairs, Score, all_pairs, best_partners
from tsuide.mining.coviews import viewed_apart
from tsuide.mining.fitted import Arrays, taken
from tsuide.mining.index import Index
from tsuide.mining.pairs import NONE_APART, KeptPairs, best_of_pairs
from tsuide.mining.score_choice import Tried, best_of, tried_scores
from tsuide.mining.significance import P_BINS, eligible_pairs, lift_interval, p_cut, p_values

KEEP_LIMIT: Final = 60_000_000  # pairs met in all baskets; beyond that they are not kept unless asked for
ONE_BY_ONE: Final = 1000  # more new baskets than that are counted by a sweep of everything


@dataclass(frozen=True, slots=True)
class Complements:
    """How complements are learned.

    Args:
        top: partners kept per item.
        min_count: common baskets that a pair needs at least.
        score: how partners are ranked, a `Score` or its name; None = tuned, or asymmetric cosine untuned.
        rate: false-discovery rate of the gate, over all pairs of items that lie in at least `min_count` baskets.
        keep: keep all pairs and baskets, so that `update` is possible; None = unless there are very many.

    Raises:
        BadValue: `top` or `min_count` below 1, a rate outside (0, 1), an unknown score.

    >>> frame = pl.DataFrame({"order": [1, 1, 2, 2, 3, 3, 4],
    ...                       "sku": ["pen", "ink", "pen", "ink", "pen", "pad", "pad"]})
    >>> baskets = Baskets.from_frame(frame, basket="order", item="sku")
    >>> fitted = Complements(top=2, min_count=2).fit(baskets)
    >>> fitted.frame().select("anchor", "item", "count", "confidence", "lift").rows()
    [('ink', 'pen', 2, 1.0, 1.3333333333333333), ('pen', 'ink', 2, 0.6666666666666666, 1.3333333333333333)]
    """

    top: int = 20
    min_count: int = 3
    score: Score | str | None = None
    rate: float = 0.05
    keep: bool | None = None

    def __post_init__(self) -> None:
        if self.top < 1 or self.min_count < 1:
            raise BadValue("must be at least 1", key="top, min_count", value=(self.top, self.min_count))
        if not 0 < self.rate < 1:
            raise BadValue("must lie between 0 and 1", key="rate", value=self.rate)
        if isinstance(self.score, str):
            object.__setattr__(self, "score", Score(self.score))

    def fit(
        self, baskets: Baskets, *, views: Baskets | None = None, tune: bool = True, seed: int = 0
    ) -> "FittedComplements":
        """Count every pair and keep the best partners of every item.

        Args:
            baskets: not changed.
            views: what was looked at in one visit, the same ids; pairs that are looked at together beyond chance and
                beyond what was bought together are substitutes and no partners (`coviews.py`).
            tune: where no score was given, choose it on held-out baskets of these.
            seed: of what is held out.
        """
        tried: list[Tried] = []
        if tune and self.score is None:
            tried = tried_scores(baskets, top=self.top, min_count=self.min_count, seed=seed)
        score = self.score if isinstance(self.score, Score) else best_of(tried)
        apart = NONE_APART if views is None else viewed_apart(baskets, views, self.min_count, self.rate)
        return _learned(replace(self, score=score), score, baskets, tuple(each.plain() for each in tried), apart)


def _learned(
    parameters: Complements,
    score: Score,
    baskets: Baskets,
    tried: tuple[dict[str, Any], ...],
    apart: Int64,
    cut: float | None = None,
) -> "FittedComplements":
    """Everything counted; the gate set anew unless `cut` is given."""
    degree = kernels.count_items(baskets.item, baskets.n_items).astype(np.int32)
    order = places_of(baskets.item_ids)
    keep = parameters.keep
    if keep is None:
        lengths = np.diff(baskets.items_of)
        keep = int((lengths * (lengths - 1) // 2).sum()) <= KEEP_LIMIT
    if keep:
        pairs = all_pairs(baskets.items_of, baskets.item, baskets.n_items, min_count=parameters.min_count)
        kept = KeptPairs.of(pairs, baskets.items_of, baskets.item, baskets.n_items, parameters.min_count)
        anchors = np.flatnonzero(np.diff(kept.begin))
        tables = best_of_pairs(kept, anchors, degree, baskets.n_baskets, score, order, parameters.top, apart)
        n_pairs, bins = len(pairs.count), _binned(pairs, degree, baskets.n_baskets) if cut is None else None
    else:
        kept = None
        best = best_partners(
            baskets.items_of,
            baskets.item,
            baskets.n_items,
            top=parameters.top,
            min_count=parameters.min_count,
            score=score,
            order=order,
            apart=apart,
            p_bins=P_BINS if cut is None else 0,
        )
        tables, n_pairs, bins = (best.score, best.item, best.count), best.pairs, best.p_bins
    if cut is None and bins is not None:
        cut = p_cut(bins, eligible_pairs(degree, parameters.min_count), parameters.rate)
    return FittedComplements(
        item_ids=baskets.item_ids,
        degree=frozen(degree),
        n_baskets=baskets.n_baskets,
        top_item=frozen(tables[1]),
        top_count=frozen(tables[2]),
        top_score=frozen(tables[0]),
        pairs=n_pairs,
        p_cut=cut or 0.0,
        parameters=parameters,
        score=score,
        tried=tried,
        kept=kept,
        order=order,
        apart=apart,
        stale=None,
    )


def _binned(pairs: Pairs, degree: Int32, total: int) -> Int64:
    table = kernels.log_factorials(total)
    return kernels.bin_pairs(pairs.first, pairs.second, pairs.count, degree, total, table, P_BINS)


def _ascending(apart: Int64) -> Int64:
    if (np.diff(apart) <= 0).any():
        raise BadArray("must ascend", key="apart")
    return apart


def places_of(ids: Index) -> Int32:
    """Place of each dense item in the order of ids: ties are broken by it, however items are numbered."""
    column = ids.column()
    if column.is_sorted():
        return frozen(np.arange(len(ids), dtype=np.int32))
    places = np.empty(len(ids), np.int32)
    places[column.arg_sort().to_numpy()] = np.arange(len(ids), dtype=np.int32)
    return frozen(places)


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
        pairs: how many pairs have at least `min_count` common baskets.
        p_cut: pairs with at most this p-value pass the false-discovery gate, which moves only at `fit`.
        parameters: what it was learned with, the score after tuning.
        score: how partners are ranked.
        tried: what tuning tried, each with its figures; empty where nothing was tuned.
        kept: all pairs and baskets, for `update`; None where they were not kept.
        order: place of each item in the order of ids, int32 (items,).
        apart: pairs that are looked at together and so are no partners, `pair_keys`; int64 (pairs,).
        stale: items whose row of the tables is behind after `update` (bool (items,)); None = no row is. `of`,
            `frame` and `arrays` never show a stale row; whoever reads the tables takes `settled()` first.
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
    score: Score
    tried: tuple[dict[str, Any], ...]
    kept: KeptPairs | None
    order: Int32
    apart: Int64
    stale: Bool | None

    def frame(self) -> pl.DataFrame:
        """All kept pairs, by anchor id, best first.

        Columns: anchor, item, count, confidence (share of the anchor's baskets), lift, lift_low, lift_high
        (95 %), cosine, score, p_value (Fisher, one-sided), significant (passes the false-discovery gate).
        """
        now = self.settled()
        anchor, slot = np.nonzero(now.top_item >= 0)
        order = np.argsort(now.order[anchor], kind="stable")
        anchor, slot = anchor[order], slot[order]
        return now._table(  # noqa: SLF001  # our own
            anchor, now.top_item[anchor, slot], now.top_count[anchor, slot], now.top_score[anchor, slot]
        )

    def of(self, item: str, n: int = 20) -> pl.DataFrame:
        """The `n` best partners of one item, best first; columns as in `frame`.

        Raises:
            UnknownProduct: the item was in no basket.
        """
        anchor = self.item_ids.position(item)
        if anchor < 0:
            raise UnknownProduct("the item was in no basket that was learned from", key="item", value=item)
        scores, items, counts = self.row(anchor)
        n = min(n, len(items))
        return self._table(np.full(n, anchor), items[:n], counts[:n], scores[:n])

    def row(self, anchor: int) -> tuple[Float64, Int32, Int32]:
        """Scores, partners and counts of one dense item, best first, after all updates."""
        if self.stale is not None and self.kept is not None and self.stale[anchor]:
            partner, common = self.kept.row(anchor)
            scores = np.zeros((1, self.parameters.top))
            items, counts = np.full(scores.shape, -1, np.int32), np.zeros(scores.shape, np.int32)
            left, right = self.score.powers
            size = kernels.best_of_row(
                partner, common, anchor, self.score.kind, self.score.shrink, left, right,
                self.degree, float(np.log(max(1, self.n_baskets))), self.order, self.apart,
                scores[0], items[0], counts[0],
            )  # fmt: skip
            kernels.sort_best(scores, items, counts, np.array([size], np.int32), self.order)
            return scores[0, :size], items[0, :size], counts[0, :size]
        size = int((self.top_item[anchor] >= 0).sum())
        return self.top_score[anchor, :size], self.top_item[anchor, :size], self.top_count[anchor, :size]

    def update(self, more_baskets: Baskets) -> "FittedComplements":
        """The counts and best partners of a refit with the same parameters on all baskets; this one is not changed.

        Only touched counts move, rows of the tables are ranked anew when they are read or `settled`. The gate (p_cut)
        stays until the next `fit`.

        Args:
            more_baskets: new baskets, none of those learned from; with items never seen, too.

        Raises:
            NotReady: the pairs were not kept (`keep=False`, or too many).
        """
        if self.kept is None:
            raise NotReady(
                "the pairs were not kept", key="keep", value=self.parameters.keep, way_out="Complements(keep=True)"
            )
        present = np.unique(more_baskets.item)
        ids = [more_baskets.item_ids[place] for place in present.tolist()]
        grown = self._with_items(ids)
        dense = np.full(more_baskets.n_items, -1, np.int32)
        dense[present] = grown.item_ids.positions(ids)
        if more_baskets.n_baskets + self.kept.n_more > ONE_BY_ONE:
            return grown._refitted(more_baskets, dense)  # noqa: SLF001  # our own
        return grown._with_baskets(more_baskets, dense)  # noqa: SLF001  # our own

    def settled(self) -> "FittedComplements":
        """The same with no stale row: the tables may be read."""
        if self.stale is None or self.kept is None:
            return self
        kept = self.kept.merged(len(self.item_ids))
        anchors = np.flatnonzero(self.stale & (np.diff(kept.begin) > 0))
        fresh = best_of_pairs(
            kept, anchors, self.degree, self.n_baskets, self.score, self.order, self.parameters.top, self.apart
        )
        is_stale = self.stale[:, np.newaxis]
        return replace(
            self,
            kept=kept,
            stale=None,
            top_score=frozen(np.where(is_stale, fresh[0], self.top_score)),
            top_item=frozen(np.where(is_stale, fresh[1], self.top_item)),
            top_count=frozen(np.where(is_stale, fresh[2], self.top_count)),
        )

    def _with_items(self, wanted: list[str]) -> Self:
        """Room for items that were never seen."""
        new = [each for each in wanted if each not in self.item_ids]
        if not new:
            return self
        ids = Index.of([*self.item_ids.ids, *new])
        room = ((0, len(new)), (0, 0))
        stale = np.zeros(len(self.item_ids), np.bool_) if self.stale is None else self.stale
        return replace(
            self,
            item_ids=ids,
            order=places_of(ids),
            degree=np.pad(self.degree, (0, len(new))),
            stale=np.pad(stale, (0, len(new))),
            top_item=frozen(np.pad(self.top_item, room, constant_values=-1)),
            top_count=frozen(np.pad(self.top_count, room)),
            top_score=frozen(np.pad(self.top_score, room)),
        )

    def _with_baskets(self, more: Baskets, dense: Int32) -> "FittedComplements":
        """One basket after the other."""
        kept, pairs = self.kept, self.pairs
        if kept is None:
            raise AssertionError  # update has looked
        degree = self.degree.copy()
        stale = np.zeros(len(degree), np.bool_) if self.stale is None else self.stale.copy()
        for b in range(more.n_baskets):
            basket = np.sort(dense[more.of(b)])
            kept, new = kept.with_basket(basket, len(degree))
            pairs += new
            degree[basket] += 1
            stale[basket] = True
        if self.score.kind == kernels.PPMI:  # its scores hold the number of baskets
            stale[:] = True
        else:  # the degree of these items moved, and with it the score of all their partners
            for anchor in np.unique(dense[more.item]).tolist():
                stale[kept.row(anchor)[0]] = True
        return replace(
            self,
            degree=frozen(degree),
            n_baskets=self.n_baskets + more.n_baskets,
            pairs=pairs,
            kept=kept,
            stale=frozen(stale),
        )

    def _refitted(self, more: Baskets, dense: Int32) -> "FittedComplements":
        """Everything counted anew: faster than one by one where there are many."""
        if self.kept is None:
            raise AssertionError  # update has looked
        kept = self.kept.merged(len(self.item_ids))
        rows = np.repeat(np.arange(more.n_baskets), np.diff(more.items_of))
        item = dense[more.item]
        item = item[np.lexsort((item, rows))]
        everything = Baskets.from_arrays(
            np.concatenate([kept.items_of, kept.items_of[-1] + more.items_of[1:]]),
            np.concatenate([kept.item, item]),
            item_ids=self.item_ids,
        )
        return _learned(self.parameters, self.score, everything, self.tried, self.apart, cut=self.p_cut)

    def _table(self, anchor: Int64, item: Int32, count: Int32, score: Float64) -> pl.DataFrame:
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
                "score": score,
                "p_value": p,
                "significant": p <= self.p_cut,
            }
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that is large."""
        now = self.settled()
        return {
            **now.item_ids.arrays("items"),
            "degree": now.degree,
            "top_item": now.top_item,
            "top_count": now.top_count,
            "top_score": now.top_score,
            "apart": now.apart,
            **({} if now.kept is None else now.kept.arrays()),
        }

    def meta(self) -> dict[str, Any]:
        """Everything that is small."""
        return {
            "n_baskets": self.n_baskets,
            "pairs": self.pairs,
            "p_cut": self.p_cut,
            "top": self.parameters.top,
            "min_count": self.parameters.min_count,
            "rate": self.parameters.rate,
            "score": self.score.plain(),
            "tried": list(self.tried),
            "kept": self.kept is not None,
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays, meta: Mapping[str, Any]) -> Self:
        """The result again.

        Raises:
            BadArray: an array is missing or does not fit the others; named.
        """
        index = Index.from_arrays(arrays, "items")
        n, n_baskets, min_count = len(index), int(meta["n_baskets"]), int(meta["min_count"])
        square = (n, int(meta["top"]))
        score = Score(**meta["score"])
        return cls(
            item_ids=index,
            degree=taken(arrays, "degree", np.int32, (n,)),
            n_baskets=n_baskets,
            top_item=taken(arrays, "top_item", np.int32, square),
            top_count=taken(arrays, "top_count", np.int32, square),
            top_score=taken(arrays, "top_score", np.float64, square),
            pairs=int(meta["pairs"]),
            p_cut=float(meta["p_cut"]),
            parameters=Complements(square[1], min_count, score, float(meta["rate"]), bool(meta["kept"])),
            score=score,
            tried=tuple(meta["tried"]),
            kept=KeptPairs.from_arrays(arrays, n, n_baskets, min_count) if meta["kept"] else None,
            order=places_of(index),
            apart=_ascending(taken(arrays, "apart", np.int64, (None,))),
            stale=None,
        )
