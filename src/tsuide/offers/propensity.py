"""Propensity from outcomes: how likely an offer is accepted, learned from what was shown and what came of it.

Log odds = bias + weights · (log odds of the mined prior, place) + effects of source, kind × placement, category
pair and product; how much the prior tells may differ by source, since each source's prior has a scale of its own.
Each effect is shrunk to zero by a ridge (an empirical-Bayes normal prior) chosen on held-out
people, so that an offer without outcomes of its own borrows from its category pair, that from its kind and
placement, and all from the prior. On top an isotonic curve, fitted on predictions for people whom the model had not
seen (cross-fitting), because co-purchase is not acceptance. Too few outcomes change nothing: the prior stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, Literal, Self, TypeAlias

import numpy as np
import polars as pl

from tsuide.errors import BadArray, BadValue
from tsuide.facts.schema import TEXT, WHOLE, YES, Schema, conform
from tsuide.kit.arrays import Float64, Int32, Int64, frozen
from tsuide.kit.hashing import bucket
from tsuide.mining.fitted import Arrays, Meta, taken
from tsuide.mining.index import Index
from tsuide.mining.logistic import fit_logistic, probability
from tsuide.offers.calibration import Steps, brier, calibration_slope, fit_isotonic, logit, reliability
from tsuide.offers.incremental import Incremental, share_of
from tsuide.offers.offer import KINDS, PLACEMENTS, SOURCES

Basis: TypeAlias = Literal["prior", "learning", "calibrated"]

SHOWN: Final[Schema] = {
    "unit": TEXT,
    "kind": TEXT,
    "placement": TEXT,
    "source": TEXT,
    "product_id": TEXT,
    "category": TEXT,
    "anchor_category": TEXT,
    "place": WHOLE,
    "prior": pl.Float64(),
    "accepted": YES,
}
"""One row per offer that a person saw; `accepted` within the window; categories are whole paths joined by " > "."""

LEAST_EACH: Final = 50  # accepted, and not accepted: below it nothing is learned
ENOUGH_EACH: Final = 200  # accepted, and not accepted: below it nothing is called calibrated
FOLDS: Final = 5
ENOUGH_TO_CHOOSE: Final = 40_000  # rows on which ridges are chosen; effects and curve rest on all
RIDGES: Final = (1.0, 4.0, 16.0, 64.0, 256.0, np.inf)  # inf: the level says nothing
GOOD_SLOPE: Final = (0.8, 1.25)
LOWEST: Final = 1e-4
_ROUNDS: Final = 8
_MOST_STEPS_UP: Final = 10_000  # better models of which it is kept how often they were taken: those shown most
_LARGEST_EFFECT: Final = 4.0
_LEVELS: Final = ("source", "slope", "kind_placement", "pair", "product")


@dataclass(frozen=True, slots=True, eq=False)
class FittedPropensity:
    """How log odds of acceptance are made, and how far they can be trusted.

    Args:
        basis: ``prior``: nothing is learned, candidates keep what was mined; ``learning``: learned, calibration not
            shown yet; ``calibrated``: enough outcomes, and held-out predictions came true.
        weights: bias, log odds of the prior, ln(1 + place); float64 (3,).
        source: effect of each of SOURCES; float64 (sources,).
        slope: what the log odds of the prior weigh more with each of SOURCES; float64 (sources,).
        kind_placement: float64 (kinds, placements).
        categories: words of the pairs.
        pair_anchor, pair_category: places in `categories`, -1 = no anchor; int32 (pairs,).
        pair: effects; float64 (pairs,).
        products, product: ids and their effects; float64 (products,).
        curve: log odds → calibrated probability.
        share: what part of acceptances is incremental, 1 where a holdout does not say; float64 (kinds, placements).
        table: the reliability table of held-out people: n, predicted, seen, low, high; float64 (bins, 5).
        facts: counts, slope, Brier scores, ridges: plain JSON.
    """

    name: ClassVar[str] = "propensity"
    basis: Basis
    weights: Float64
    source: Float64
    slope: Float64
    kind_placement: Float64
    categories: Index
    pair_anchor: Int32
    pair_category: Int32
    pair: Float64
    products: Index
    product: Float64
    curve: Steps
    share: Float64
    table: Float64
    facts: Mapping[str, Any]

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that is large."""
        return {
            **self.categories.arrays("categories"),
            **self.products.arrays("products"),
            "weights": self.weights,
            "source": self.source,
            "slope": self.slope,
            "kind_placement": self.kind_placement,
            "pair_anchor": self.pair_anchor,
            "pair_category": self.pair_category,
            "pair": self.pair,
            "product": self.product,
            "curve_scores": self.curve.scores,
            "curve_shares": self.curve.shares,
            "share": self.share,
            "table": self.table,
        }

    def meta(self) -> dict[str, Any]:
        """How it was learned and how well it holds."""
        return {"basis": self.basis, "facts": dict(self.facts), "slopes": True}  # older ones have none

    @classmethod
    def from_arrays(cls, arrays: Arrays, meta: Meta) -> Self:
        """The result again.

        Raises:
            BadArray: the arrays do not fit together; named.
        """
        categories, products = (Index.from_arrays(arrays, name) for name in ("categories", "products"))
        cells = (len(KINDS), len(PLACEMENTS))
        pair = taken(arrays, "pair", np.float64, (None,))
        scores = taken(arrays, "curve_scores", np.float64, (None,))
        return cls(
            basis=meta["basis"],
            weights=taken(arrays, "weights", np.float64, (3,)),
            source=_of_all_sources(taken(arrays, "source", np.float64, (None,))),
            slope=_of_all_sources(taken(arrays, "slope", np.float64, (None,)) if meta.get("slopes") else np.zeros(0)),
            kind_placement=taken(arrays, "kind_placement", np.float64, cells),
            categories=categories,
            pair_anchor=taken(arrays, "pair_anchor", np.int32, (len(pair),)),
            pair_category=taken(arrays, "pair_category", np.int32, (len(pair),)),
            pair=pair,
            products=products,
            product=taken(arrays, "product", np.float64, (len(products),)),
            curve=Steps(scores, taken(arrays, "curve_shares", np.float64, (len(scores),))),
            share=taken(arrays, "share", np.float64, cells),
            table=taken(arrays, "table", np.float64, (None, 5)),
            facts=dict(meta["facts"]),
        )

    def range_of(self, propensity: float) -> tuple[float, float]:
        """How surely a probability is known: as far as its neighbours in the reliability table may be off."""
        if not len(self.table):
            return 0.0, 1.0
        row = self.table[int(np.argmin(np.abs(self.table[:, 1] - propensity)))]
        _, _, seen, low, high = row.tolist()
        return max(propensity + low - seen, 0.0), min(propensity + high - seen, 1.0)

    def predict(self, shown: pl.DataFrame) -> Float64:
        """Probability of acceptance of each row of SHOWN at its place; of the prior alone while nothing is learned."""
        rows = conform(shown, SHOWN)
        prior = rows["prior"].to_numpy()
        if self.basis == "prior":
            return np.asarray(prior, np.float64)
        pairs = {
            (int(a), int(c)): value for a, c, value in zip(self.pair_anchor, self.pair_category, self.pair, strict=True)
        }
        anchors = self.categories.positions(rows["anchor_category"].fill_null("\x00").to_list())
        own = self.categories.positions(rows["category"].fill_null("\x00").to_list())
        places = self.products.positions(rows["product_id"].to_list())
        known = np.append(self.product, 0.0)  # -1: not seen yet
        source = _codes(rows, "source", SOURCES)
        scores = (
            self.weights[0]
            + (self.weights[1] + self.slope[source]) * logit(prior)
            + self.weights[2] * np.log1p(rows["place"].to_numpy())
            + self.source[source]
            + self.kind_placement[_codes(rows, "kind", KINDS), _codes(rows, "placement", PLACEMENTS)]
            + np.array([pairs.get(each, 0.0) for each in zip(anchors.tolist(), own.tolist(), strict=True)])
            + known[places]
        )
        return np.clip(self.curve.of(scores), LOWEST, 1 - LOWEST)


@dataclass(frozen=True, slots=True, eq=False)
class _Coded:
    """SHOWN in numbers; `codes[level]` < `sizes[level]`, each (rows,); `place` orders people by their hash.

    An effect counts as often as `times[level]` says, float64 (rows,): once, or for a slope the prior's log odds above
    their mean of the source.
    """

    features: Float64
    labels: Float64
    codes: tuple[Int64, ...]
    times: tuple[Float64, ...]
    sizes: tuple[int, ...]
    fold: Int64
    place: Int64


@dataclass(frozen=True, slots=True)
class Propensity:
    """Learns propensity from what was shown.

    Args:
        least_each: so many accepted and so many not, or nothing is learned.
        enough_each: so many of each, or nothing is called calibrated.

    >>> nothing = Propensity().fit(pl.DataFrame(schema=SHOWN))
    >>> nothing.basis, nothing.facts["shown"]
    ('prior', 0)
    """

    least_each: int = LEAST_EACH
    enough_each: int = ENOUGH_EACH

    def fit(
        self, shown: pl.DataFrame, incremental: Mapping[tuple[str, str], Incremental] | None = None
    ) -> FittedPropensity:
        """Learn from what was shown.

        Args:
            shown: rows of SHOWN; not changed. The order of rows does not matter.
            incremental: (kind, placement) → treated against holdout.

        Raises:
            BadValue: an unknown kind, placement or source, or a prior outside 0 … 1.
        """
        rows = conform(shown, SHOWN).sort(list(SHOWN))
        _check(rows)
        accepted = int(rows["accepted"].sum())
        facts: dict[str, Any] = {"shown": len(rows), "accepted": accepted, "enough_each": self.enough_each}
        facts["steps_up"] = _steps_up(rows)
        facts["incremental"] = {"/".join(cell): found.plain() for cell, found in sorted((incremental or {}).items())}
        share = _shares(incremental or {})
        if min(accepted, len(rows) - accepted) < self.least_each:
            return _nothing(facts, share)
        categories = Index.of(sorted({*rows["category"].drop_nulls(), *rows["anchor_category"].drop_nulls()}))
        products = Index.of(sorted(set(rows["product_id"])))
        coded, pairs = _coded(rows, categories, products)
        ridges = _choose(_some(coded))
        held_out = _held_out(coded, ridges)
        calibrated = _cross_calibrated(held_out, coded)
        weights, effects = _fit(coded, ridges)
        bins = reliability(calibrated, coded.labels)
        prior = rows["prior"].to_numpy()
        intercept, slope = calibration_slope(calibrated, coded.labels)
        enough = min(accepted, len(rows) - accepted) >= self.enough_each
        facts |= {
            "ridges": {name: (None if np.isinf(each) else each) for name, each in zip(_LEVELS, ridges, strict=True)},
            "intercept": intercept,
            "slope": slope,
            "brier": brier(calibrated, coded.labels),
            "brier_prior": brier(prior, coded.labels),
            "bins_that_fit": sum(each.fits for each in bins),
            "bins": len(bins),
        }
        holds = enough and GOOD_SLOPE[0] <= slope <= GOOD_SLOPE[1] and facts["brier"] < facts["brier_prior"]
        return FittedPropensity(
            basis="calibrated" if holds else "learning",
            weights=frozen(weights),
            source=frozen(effects[0] - effects[1] * _means(coded.features[:, 0], coded.codes[0])),
            slope=frozen(effects[1]),
            kind_placement=frozen(effects[2].reshape(len(KINDS), len(PLACEMENTS))),
            categories=categories,
            pair_anchor=frozen((pairs // (len(categories) + 1) - 1).astype(np.int32)),
            pair_category=frozen((pairs % (len(categories) + 1) - 1).astype(np.int32)),
            pair=frozen(effects[3]),
            products=products,
            product=frozen(effects[4]),
            curve=fit_isotonic(held_out, coded.labels),
            share=share,
            table=frozen(np.array([[b.n, b.predicted, b.seen, b.low, b.high] for b in bins], np.float64)),
            facts=facts,
        )


def _check(rows: pl.DataFrame) -> None:
    for name, words in (("kind", KINDS), ("placement", PLACEMENTS), ("source", SOURCES)):
        wrong = rows.filter(~pl.col(name).is_in(list(words)).fill_null(value=False))
        if len(wrong):
            raise BadValue("not one of the choices", key=name, value=wrong[name][0], way_out=", ".join(words))
    if len(rows) and not rows["prior"].is_between(0, 1).fill_null(value=False).all():
        raise BadValue("must be 0 … 1", key="prior", value=rows["prior"].max())


def _steps_up(rows: pl.DataFrame) -> dict[str, list[int]]:
    """Better model → people to whom it was shown, and those of them who took it; a person counts once."""
    seen = rows.filter((pl.col("kind") == "up_sell") & pl.col("product_id").is_not_null())
    people = seen.group_by("product_id", "unit").agg(pl.col("accepted").any())
    counts = people.group_by("product_id").agg(shown=pl.len(), taken=pl.col("accepted").sum())
    most = counts.sort("shown", "product_id", descending=[True, False]).head(_MOST_STEPS_UP)
    return {product: [shown, taken] for product, shown, taken in most.iter_rows()}


def _nothing(facts: Mapping[str, Any], share: Float64) -> FittedPropensity:
    none = frozen(np.empty(0, np.float64))
    empty = Index.of([])
    return FittedPropensity(
        basis="prior",
        weights=frozen(np.array([0.0, 1.0, 0.0])),
        source=frozen(np.zeros(len(SOURCES))),
        slope=frozen(np.zeros(len(SOURCES))),
        kind_placement=frozen(np.zeros((len(KINDS), len(PLACEMENTS)))),
        categories=empty,
        pair_anchor=frozen(np.empty(0, np.int32)),
        pair_category=frozen(np.empty(0, np.int32)),
        pair=none,
        products=empty,
        product=none,
        curve=Steps(none, none),
        share=share,
        table=frozen(np.empty((0, 5))),
        facts=facts,
    )


def _shares(incremental: Mapping[tuple[str, str], Incremental]) -> Float64:
    share = np.ones((len(KINDS), len(PLACEMENTS)))
    for (kind, placement), found in incremental.items():
        share[KINDS.index(kind), PLACEMENTS.index(placement)] = share_of(found)
    return frozen(share)


def _of_all_sources(effects: Float64) -> Float64:
    """Effects learned before a source came new: it has none yet."""
    if len(effects) > len(SOURCES):
        raise BadArray("more sources than there are", key="source", value=len(effects))
    return frozen(np.r_[effects, np.zeros(max(len(SOURCES) - len(effects), 0))][: len(SOURCES)])


def _codes(rows: pl.DataFrame, name: str, words: tuple[str, ...]) -> Int64:
    places = {word: place for place, word in enumerate(words)}
    return np.array([places[each] for each in rows[name].to_list()], dtype=np.int64)


def _coded(rows: pl.DataFrame, categories: Index, products: Index) -> tuple[_Coded, Int64]:
    """The rows in numbers, and the pairs: (anchor + 1) × (categories + 1) + (category + 1)."""
    known = [categories.positions(rows[name].fill_null("\x00").to_list()) for name in ("anchor_category", "category")]
    keys = (known[0].astype(np.int64) + 1) * (len(categories) + 1) + known[1] + 1
    pairs, pair = np.unique(keys, return_inverse=True)
    kind_placement = _codes(rows, "kind", KINDS) * len(PLACEMENTS) + _codes(rows, "placement", PLACEMENTS)
    features = np.column_stack([logit(rows["prior"].to_numpy()), np.log1p(rows["place"].fill_null(0).to_numpy())])
    fold = _buckets(rows["unit"].fill_null(""))
    source = _codes(rows, "source", SOURCES)
    above = features[:, 0] - _means(features[:, 0], source)[source]
    codes = (
        source,
        source,
        kind_placement,
        pair.astype(np.int64),
        products.positions(rows["product_id"].to_list()).astype(np.int64),
    )
    once = np.ones(len(rows))
    sizes = (len(SOURCES), len(SOURCES), len(KINDS) * len(PLACEMENTS), len(pairs), len(products))
    labels = rows["accepted"].to_numpy().astype(np.float64)
    return _Coded(features, labels, codes, (once, above, once, once, once), sizes, fold % FOLDS, fold // FOLDS), pairs


def _means(values: Float64, source: Int64) -> Float64:
    """Of each source, 0 where nothing of it was shown; float64 (sources,)."""
    sums = np.bincount(source, weights=values, minlength=len(SOURCES))
    return np.asarray(sums / np.maximum(np.bincount(source, minlength=len(SOURCES)), 1), np.float64)


def _buckets(units: pl.Series) -> Int64:
    """The hash of each row's person, each person hashed once; int64 (rows,)."""
    people = units.unique(maintain_order=True)
    found = pl.Series([bucket(each, "propensity") for each in people.to_list()], dtype=pl.Int64)
    return units.replace_strict(people, found, return_dtype=pl.Int64).to_numpy()


def _some(coded: _Coded) -> _Coded:
    """The rows of so many people that about ENOUGH_TO_CHOOSE are left; ridges need no more."""
    rows = len(coded.labels)
    if rows <= ENOUGH_TO_CHOOSE:
        return coded
    within = np.sort(coded.place)[ENOUGH_TO_CHOOSE]  # people by their hash: always the same ones
    kept = coded.place < within
    if not kept.any():
        return coded
    codes, times = (tuple(each[kept] for each in of) for of in (coded.codes, coded.times))
    return replace(
        coded,
        features=coded.features[kept],
        labels=coded.labels[kept],
        codes=codes,
        times=times,
        fold=coded.fold[kept],
        place=coded.place[kept],
    )


def _effects(codes: Int64, times: Float64, size: int, scores: Float64, labels: Float64, ridge: float) -> Float64:
    """For each group the effect that maximises its penalised likelihood beside `scores`; float64 (size,)."""
    effects = np.zeros(size)
    if np.isinf(ridge):
        return effects
    for _ in range(_ROUNDS):
        share = probability(scores + times * effects[codes])
        slope = np.bincount(codes, weights=times * (labels - share), minlength=size) - ridge * effects
        curve = np.bincount(codes, weights=times * times * share * (1 - share), minlength=size) + ridge
        effects = np.clip(effects + slope / curve, -_LARGEST_EFFECT, _LARGEST_EFFECT)
    return effects


def _base(coded: _Coded, inside: np.ndarray) -> Float64:
    return fit_logistic(coded.features[inside], coded.labels[inside], ridge=1e-3)


def _split(coded: _Coded) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Who is tested and who trains in each fold; where there is but one fold, everybody does both."""
    folds = [coded.fold == number for number in range(FOLDS)]
    folds = [test for test in folds if test.any() and not test.all()] or [np.ones(len(coded.fold), dtype=np.bool_)]
    return folds, [~test if not test.all() else test for test in folds]


def _choose(coded: _Coded) -> tuple[float, ...]:
    """The ridge of each level, one after the other, by likelihood on held-out people."""
    folds, trains = _split(coded)
    scores = [_from_prior(coded, train) for train in trains]
    chosen = []
    for codes, times, size in zip(coded.codes, coded.times, coded.sizes, strict=True):
        tried = {}
        for ridge in RIDGES:
            moved = [
                of_fold
                + times * _effects(codes[train], times[train], size, of_fold[train], coded.labels[train], ridge)[codes]
                for of_fold, train in zip(scores, trains, strict=True)
            ]
            tried[ridge] = (_loss(moved, folds, coded.labels), moved)
        best = min(tried, key=lambda ridge: (tried[ridge][0], -ridge))
        chosen.append(best)
        scores = tried[best][1]
    return tuple(chosen)


def _held_out(coded: _Coded, ridges: tuple[float, ...]) -> Float64:
    """Log odds of each row by a model that has not seen its person; float64 (rows,)."""
    held_out = np.empty(len(coded.labels))
    for test, train in zip(*_split(coded), strict=True):
        scores = _from_prior(coded, train)
        for codes, times, size, ridge in zip(coded.codes, coded.times, coded.sizes, ridges, strict=True):
            of_train = _effects(codes[train], times[train], size, scores[train], coded.labels[train], ridge)
            scores = scores + times * of_train[codes]
        held_out[test] = scores[test]
    return held_out


def _from_prior(coded: _Coded, train: np.ndarray) -> Float64:
    weights = _base(coded, train)
    scores: Float64 = weights[0] + coded.features @ weights[1:]
    return scores


def _loss(scores: list[Float64], folds: list[np.ndarray], labels: Float64) -> float:
    """Minus the log likelihood of held-out labels."""
    loss = 0.0
    for of_fold, test in zip(scores, folds, strict=True):
        signed = np.where(labels[test] > 0, -of_fold[test], of_fold[test])
        loss += float(np.logaddexp(0.0, signed).sum())
    return loss


def _cross_calibrated(held_out: Float64, coded: _Coded) -> Float64:
    """Each person's probabilities by a curve that was fitted on the others."""
    found = np.empty(len(held_out))
    for number in range(FOLDS):
        test = coded.fold == number
        if test.any():
            train = ~test if not test.all() else test
            found[test] = fit_isotonic(held_out[train], coded.labels[train]).of(held_out[test])
    return np.clip(found, LOWEST, 1 - LOWEST)


def _fit(coded: _Coded, ridges: tuple[float, ...]) -> tuple[Float64, list[Float64]]:
    weights = _base(coded, np.ones(len(coded.labels), dtype=np.bool_))
    scores = weights[0] + coded.features @ weights[1:]
    effects = []
    for codes, times, size, ridge in zip(coded.codes, coded.times, coded.sizes, ridges, strict=True):
        effects.append(_effects(codes, times, size, scores, coded.labels, ridge))
        scores = scores + times * effects[-1][codes]
    if not np.isfinite(scores).all():
        raise BadArray("propensity did not converge", key="scores")
    return weights, effects
