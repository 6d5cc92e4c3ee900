"""Complements: what is bought together with an item, how often, how much more than by chance, how surely."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, Self

import numpy as np
import polars as pl

from tsuide.errors import BadArray, BadValue, NotReady, UnknownProduct
from tsuide.kit.arrays import Float64, Int32, Int64, frozen
from tsuide.mining import kernels
from tsuide.mining.baskets import Baskets, must_be_baskets
from tsuide.mining.cooccurrence import Score, all_pairs, best_partners
from tsuide.mining.coviews import compared
from tsuide.mining.fitted import Arrays, brief, taken
from tsuide.mining.index import Index
from tsuide.mining.pairs import NONE_APART, KeptPairs, Tables, best_of_pairs
from tsuide.mining.parameters import must_be_choices, must_be_flag, must_be_number, must_be_whole
from tsuide.mining.score_choice import Tried, best_of, tried_scores
from tsuide.mining.significance import P_BINS, eligible_pairs, lift_interval, p_cut, p_values

KEEP_LIMIT: Final = 60_000_000  # pairs met in all baskets; beyond that they are not kept unless asked for
WRITTEN_DOWN: Final = 5000  # with more new baskets than that everything is counted anew


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
        must_be_whole("top", self.top, 1)
        must_be_whole("min_count", self.min_count, 1)
        must_be_number("rate", self.rate, above=0, most=1)
        if self.rate == 1:
            raise BadValue("must lie between 0 and 1", key="rate", value=self.rate, way_out="0.05, say")
        if self.keep is not None:
            must_be_flag("keep", self.keep)
        if isinstance(self.score, str):
            object.__setattr__(self, "score", Score(self.score))
        if self.score is not None and not isinstance(self.score, Score):
            raise BadValue("must be a score", key="score", value=self.score, way_out="a Score, its name, or None")

    def fit(
        self, baskets: Baskets, *, views: Baskets | None = None, tune: bool = True, seed: int = 0
    ) -> "FittedComplements":
        """Count every pair and keep the best partners of every item.

        Args:
            baskets: not changed.
            views: what was looked at in one visit, the same ids of items (and, with times, of customers). Pairs that
                are looked at together beyond chance and beyond what was bought together, and pairs of which one is
                left and the other bought within a day, are substitutes and no partners (`coviews.py`).
            tune: where no score was given, choose it on held-out baskets of these.
            seed: of what is held out.

        >>> orders = pl.DataFrame({"order": [*range(8), *range(8)],
        ...                        "sku": ["camera"] * 8 + ["card"] * 4 + ["rival"] * 4})
        >>> visits = pl.DataFrame({"visit": [*range(60)] * 2, "sku": ["camera"] * 30 + [f"x{n}" for n in range(30)]
        ...                                                         + ["rival"] * 30 + [f"y{n}" for n in range(30)]})
        >>> baskets = Baskets.from_frame(orders, basket="order", item="sku")
        >>> looked_at = Baskets.from_frame(visits, basket="visit", item="sku")
        >>> Complements().fit(baskets).of("camera")["item"].to_list()
        ['card', 'rival']
        >>> Complements().fit(baskets, views=looked_at).of("camera")["item"].to_list()
        ['card']
        """
        must_be_baskets(baskets)
        must_be_choices(seed=seed, tune=tune)
        if views is not None:
            must_be_baskets(views)
        tried: list[Tried] = []
        if tune and self.score is None:
            tried = tried_scores(baskets, top=self.top, min_count=self.min_count, seed=seed)
        score = self.score if isinstance(self.score, Score) else best_of(tried)
        apart = NONE_APART if views is None else compared(baskets, views, self.min_count, self.rate)
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
    kept, bins = None, None
    if keep:
        kept, n_pairs, bins = _kept(baskets, parameters.min_count, degree, binned=cut is None)
        tables = Tables.empty(baskets.n_items, parameters.top)
        anchors = np.flatnonzero(np.diff(kept.begin))
        best_of_pairs(kept, anchors, degree, baskets.n_baskets, score, order, parameters.min_count, tables, apart)
    else:
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
        tables, n_pairs, bins = Tables(best.score, best.item, best.count), best.pairs, best.p_bins
    if cut is None and bins is not None:
        cut = p_cut(bins, eligible_pairs(degree, parameters.min_count), parameters.rate)
    return FittedComplements(
        item_ids=baskets.item_ids,
        degree=frozen(degree),
        n_baskets=baskets.n_baskets,
        top_item=frozen(tables.item),
        top_count=frozen(tables.count),
        top_score=frozen(tables.score),
        counted=n_pairs,
        p_cut=cut or 0.0,
        parameters=parameters,
        score=score,
        tried=tried,
        kept=kept,
        order=order,
        apart=apart,
        ranked=0,
    )


def _kept(baskets: Baskets, min_count: int, degree: Int32, *, binned: bool) -> tuple[KeptPairs, int, Int64 | None]:
    """All pairs to keep, how many have `min_count`, and the histogram of their p-values.

    One common basket fewer is kept, too: whoever is not kept cannot reach `min_count` by one more basket.
    """
    least = max(1, min_count - 1)
    pairs = all_pairs(baskets.items_of, baskets.item, baskets.n_items, min_count=least)
    kept = KeptPairs.of(pairs, baskets.items_of, baskets.item, baskets.n_items, least)
    enough = np.flatnonzero(pairs.count >= min_count)
    if not binned:
        return kept, len(enough), None
    total = baskets.n_baskets
    table = kernels.log_factorials(total)
    first, second, count = pairs.first[enough], pairs.second[enough], pairs.count[enough]
    return kept, len(enough), kernels.bin_pairs(first, second, count, degree, total, table, P_BINS)


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


def _places_with(places: Int32, ids: Index, known: int) -> Int32:
    """`places_of(ids)` where those of the first `known` ids stand already; the others are few."""
    sorted_ids = np.empty(known, np.int32)
    sorted_ids[places] = np.arange(known, dtype=np.int32)
    new = sorted(range(known, len(ids)), key=lambda place: ids[place].encode())
    grown = np.pad(places, (0, len(new)))
    for rank, item in enumerate(new):
        text = ids[item].encode()
        before = bisect_left(range(known), text, key=lambda place: ids[int(sorted_ids[place])].encode())
        grown[:known] += places >= before
        grown[item] = before + rank
    return frozen(grown)


@dataclass(frozen=True, slots=True, eq=False)
class FittedComplements:
    """Learned complements.

    Args:
        item_ids: dense item ↔ id.
        degree: baskets of each item, int32 (items,).
        n_baskets: all baskets.
        top_item: partners best first, dense items, -1 = none; int32 (items ranked, top).
        top_count: common baskets, int32 (items ranked, top).
        top_score: float64 (items ranked, top).
        counted: how many pairs had at least `min_count` common baskets when everything was counted.
        p_cut: pairs with at most this p-value pass the false-discovery gate, which moves only at `fit`.
        parameters: what it was learned with, the score after tuning.
        score: how partners are ranked.
        tried: what tuning tried, each with its figures; empty where nothing was tuned.
        kept: all pairs and baskets, for `update`; None where they were not kept.
        order: place of each item in the order of ids, int32 (items,).
        apart: pairs that are looked at together and so are no partners, `pair_keys`; int64 (pairs,).
        ranked: so many of the baskets that came by `update` are in the tables, which may lack new items, too. `of`,
            `row`, `frame` and `arrays` show all of them; whoever reads the tables takes `settled()` first.
    """

    name: ClassVar[str] = "complements"
    __repr__ = brief

    item_ids: Index
    degree: Int32
    n_baskets: int
    top_item: Int32
    top_count: Int32
    top_score: Float64
    counted: int
    p_cut: float
    parameters: Complements
    score: Score
    tried: tuple[dict[str, Any], ...]
    kept: KeptPairs | None
    order: Int32
    apart: Int64
    ranked: int

    @property
    def pairs(self) -> int:
        """How many pairs have at least `min_count` common baskets."""
        if self.kept is None or not self.kept.n_more:
            return self.counted
        return self.counted + self.kept.pairs_since(len(self.item_ids), self.parameters.min_count)

    @property
    def is_settled(self) -> bool:
        """Whether the tables may be read."""
        return self.kept is None or (self.ranked == self.kept.n_more and len(self.top_item) == len(self.item_ids))

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
            BadValue: n is no whole number.
        """
        must_be_whole("n", n)
        anchor = self.item_ids.position(item)
        if anchor < 0:
            raise UnknownProduct("the item was in no basket that was learned from", key="item", value=item)
        scores, items, counts = self.row(anchor)
        n = min(n, len(items))
        return self._table(np.full(n, anchor), items[:n], counts[:n], scores[:n])

    def row(self, anchor: int) -> tuple[Float64, Int32, Int32]:
        """Scores, partners and counts of one dense item, best first, after all updates."""
        if self.kept is not None and not self.is_settled:
            return self._ranked_row(self.kept, anchor)
        size = int((self.top_item[anchor] >= 0).sum())
        return self.top_score[anchor, :size], self.top_item[anchor, :size], self.top_count[anchor, :size]

    def _ranked_row(self, kept: KeptPairs, anchor: int) -> tuple[Float64, Int32, Int32]:
        """As `row`, from the pairs."""
        partner, common = kept.row(anchor, len(self.item_ids), self.parameters.min_count)
        left, right = self.score.powers
        kind, log_n = self.score.kind, float(np.log(max(1, self.n_baskets)))
        own = kernels.weight_of(kind, int(self.degree[anchor]), left)
        others = kernels.weights_of(kind, self.degree[partner], right)
        one = Tables.empty(1, self.parameters.top)
        size = kernels.best_of_row(
            partner, common, len(partner), anchor, kind, self.score.shrink, own, others, log_n, self.order, self.apart,
            one.score[0], one.item[0], one.count[0],
        )  # fmt: skip
        kernels.sort_best(one.score, one.item, one.count, np.array([size], np.int32), self.order)
        return one.score[0, :size], one.item[0, :size], one.count[0, :size]

    def update(self, more_baskets: Baskets) -> "FittedComplements":
        """The counts and best partners of a refit with the same parameters on all baskets; this one is not changed.

        The baskets are only written down: `of` and `row` count them in when they are asked, `settled` brings all
        tables up to date. A server keeps the result of `update` for every order, and takes `settled()` once in a
        while for what it copies out of the tables. The gate (p_cut) stays until the next `fit`.

        Args:
            more_baskets: new baskets, none of those learned from; with items never seen, too.

        Raises:
            NotReady: the pairs were not kept (`keep=False`, or too many).

        >>> orders = pl.DataFrame({"order": [1, 1, 2, 2], "sku": ["pen", "ink", "pen", "ink"]})
        >>> fitted = Complements(min_count=2).fit(Baskets.from_frame(orders, basket="order", item="sku"))
        >>> more = pl.DataFrame({"order": [3, 3, 4, 4], "sku": ["pen", "pad", "pen", "pad"]})
        >>> fitted.update(Baskets.from_frame(more, basket="order", item="sku")).of("pen")["item"].to_list()
        ['ink', 'pad']
        """
        must_be_baskets(more_baskets)
        if self.kept is None:
            raise NotReady(
                "the pairs were not kept", key="keep", value=self.parameters.keep, way_out="Complements(keep=True)"
            )
        present = np.unique(more_baskets.item)
        ids = [more_baskets.item_ids[place] for place in present.tolist()]
        grown = self._with_items(ids)
        dense = np.full(more_baskets.n_items, -1, np.int32)
        dense[present] = grown.item_ids.positions(ids)
        item = dense[more_baskets.item]
        degree = grown.degree.copy()
        np.add.at(degree, item, 1)
        written = replace(
            grown,
            degree=frozen(degree),
            n_baskets=self.n_baskets + more_baskets.n_baskets,
            kept=self.kept.with_baskets(more_baskets.items_of, item),
        )
        return written if self.kept.n_more + more_baskets.n_baskets <= WRITTEN_DOWN else written._counted()  # noqa: SLF001  # our own

    def moved(self) -> Int64:
        """Dense items whose row may be another than in the tables since `update`; `settled` ranks just these anew."""
        n = len(self.item_ids)
        if self.kept is None or self.is_settled:
            return np.empty(0, np.int64)
        if self.score.kind == kernels.PPMI:  # its scores hold the number of baskets
            return np.arange(n)
        return np.flatnonzero(self.kept.behind(self.ranked, n, self.parameters.min_count))

    def settled(self) -> "FittedComplements":
        """The same with every table up to date; only rows that moved are ranked anew."""
        if self.kept is None or self.is_settled:
            return self
        n, top = len(self.item_ids), self.parameters.top
        tables = Tables.empty(n, top)
        for table, before in (
            (tables.score, self.top_score),
            (tables.item, self.top_item),
            (tables.count, self.top_count),
        ):
            table[: len(before)] = before
        best_of_pairs(
            self.kept, self.moved(), self.degree, self.n_baskets, self.score, self.order,
            self.parameters.min_count, tables, self.apart,
        )  # fmt: skip
        return replace(
            self,
            ranked=self.kept.n_more,
            top_score=frozen(tables.score),
            top_item=frozen(tables.item),
            top_count=frozen(tables.count),
        )

    def _with_items(self, wanted: list[str]) -> Self:
        """Room for items that were never seen."""
        new = [each for each in wanted if each not in self.item_ids]
        if not new:
            return self
        ids = self.item_ids.with_more(new)
        order = _places_with(self.order, ids, len(self.item_ids))
        return replace(self, item_ids=ids, order=order, degree=np.pad(self.degree, (0, len(new))))

    def _counted(self) -> "FittedComplements":
        """Everything counted anew; the gate stays."""
        if self.kept is None or not self.kept.n_more:
            return self
        everything = Baskets.from_arrays(*self.kept.everything(), item_ids=self.item_ids)
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
        """Everything that is large; after an `update` everything is counted anew for it."""
        now = self._counted()
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
            "least": None if self.kept is None else self.kept.least,
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
            counted=int(meta["pairs"]),
            p_cut=float(meta["p_cut"]),
            parameters=Complements(square[1], min_count, score, float(meta["rate"]), bool(meta["kept"])),
            score=score,
            tried=tuple(meta["tried"]),
            kept=KeptPairs.from_arrays(arrays, n, n_baskets, int(meta.get("least", min_count)))
            if meta["kept"]
            else None,
            order=places_of(index),
            apart=_ascending(taken(arrays, "apart", np.int64, (None,))),
            ranked=0,
        )
