"""How much each feature says about two products filling the same need, learned from the shop's own catalogue.

The catalogue labels pairs by itself: products of one need, comparable in size and of different brands, are
substitutes; products of different needs that are bought together more than by chance are complements. What
the catalogue says (category, title, size, attributes) would only repeat the label, so its weights stand;
what the catalogue does not say (price, company in baskets) is learned against it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from tsuide.kit.arrays import Bool, Float64, Int32, Int64
from tsuide.mining.baskets import Baskets
from tsuide.mining.complements import Complements
from tsuide.mining.evidence import evidence_of, measured
from tsuide.mining.history import between
from tsuide.mining.logistic import fit_logistic, probability
from tsuide.mining.shelf import Shelf
from tsuide.mining.substitute_kernel import ALTERNATING, FEATURES, PRICE, SECOND_ORDER, TOGETHER, Evidence
from tsuide.mining.text import Grams

LEARNED: Final = (PRICE, SECOND_ORDER, TOGETHER, ALTERNATING)
MOST_PAIRS: Final = 20_000
FEWEST_PAIRS: Final = 200  # of each kind, below which the standing weights are kept
FEWEST_BASKETS: Final = 5  # of each product of a pair
RIDGE: Final = 5.0
EARLIER: Final = 0.6  # share of the baskets on which features are measured

STANDING: Final[Mapping[str, float]] = {
    "bias": -4.0,
    "category": 3.0,
    "text": 2.0,
    "size": 1.5,
    "attributes": 1.0,
    "price": 1.0,
    "second_order": 0.5,
    "together": -1.0,
    "alternating": 0.3,
}  # chosen by hand for the catalogue; the learned ones are what the demo's first nine months gave, rounded


@dataclass(frozen=True, slots=True)
class Weights:
    """Log odds of filling the same need: bias + Σ weight · feature.

    Args:
        values: "bias" and one value per feature of evidence.FEATURES.
        note: how they were chosen: counts of pairs, quality on the held-out half.
    """

    values: Mapping[str, float]
    note: Mapping[str, Any]

    def array(self, withheld: frozenset[str] = frozenset()) -> Float64:
        """Bias, then the weights in the order of FEATURES; those withheld are 0. float64 (1 + features,)."""
        names = ("bias", *FEATURES)
        return np.array([0.0 if name in withheld else self.values[name] for name in names])

    def score(self, features: Float64, withheld: frozenset[str] = frozenset()) -> Float64:
        """Probability of filling the same need; float64 (pairs,).

        Args:
            features: float64 (pairs, features).
            withheld: features that the score may not see.
        """
        weights = self.array(withheld)
        return probability(features @ weights[1:] + weights[0])


def standing_weights() -> Weights:
    """The weights where nothing was learned."""
    return Weights(STANDING, {"from": "standing"})


def learned_weights(shelf: Shelf, titles: Grams, baskets: Baskets | None, seed: int) -> Weights:
    """The standing weights with those of LEARNED fitted on this shop, where it has enough pairs.

    Features are measured on the first 60 % of the baskets, complements found in the rest: the same baskets
    would show that what was bought together was bought together. Half of the needs are learned from, the
    other half tells how well (area under the ROC curve).
    """
    if baskets is None or not len(baskets.item) or not len(shelf):
        return standing_weights()
    random = np.random.default_rng(seed)
    cut = int(baskets.n_baskets * EARLIER)
    evidence = evidence_of(shelf, titles, between(baskets, 0, cut), seed=seed)
    like = _substitute_pairs(shelf, evidence, random)
    unlike = _complement_pairs(shelf, between(baskets, cut, baskets.n_baskets), random)
    enough = np.diff(evidence.basket_start) >= FEWEST_BASKETS
    unlike = unlike[enough[unlike].all(axis=1)]
    like, unlike = matched_by_support(np.diff(evidence.basket_start), like, unlike, seed)
    if min(len(like), len(unlike)) < FEWEST_PAIRS:
        return Weights(
            STANDING,
            {"from": "standing", "substitute_pairs": len(like), "complement_pairs": len(unlike)},
        )
    pairs = np.concatenate([like, unlike])
    features = measured(evidence, pairs[:, 0], pairs[:, 1])[:, LEARNED]
    labels = np.r_[np.ones(len(like)), np.zeros(len(unlike))]
    learn = halves(shelf, pairs[:, 0], seed) == 0
    fitted = fit_logistic(features[learn], labels[learn], ridge=RIDGE)
    held = features[~learn] @ fitted[1:]
    quality = roc_auc(held[labels[~learn] == 1], held[labels[~learn] == 0])
    found = {FEATURES[feature]: float(weight) for feature, weight in zip(LEARNED, fitted[1:], strict=True)}
    note = {
        "from": "this shop",
        "substitute_pairs": len(like),
        "complement_pairs": len(unlike),
        "held_out_auc_without_catalogue": quality,
    }
    return Weights({**STANDING, **found}, note)


def halves(shelf: Shelf, product: Int32, seed: int) -> Int32:
    """0 or 1 for each product, the same for all of one need: what is learned never meets what it is tested on."""
    need = shelf.need[product]
    coin = np.random.default_rng([seed, 1]).integers(0, 2, int(shelf.need.max(initial=-1)) + 2, dtype=np.int32)
    side: Int32 = coin[need]
    return side


def matched_by_support(count: Int64, like: Int32, unlike: Int32, seed: int) -> tuple[Int32, Int32]:
    """As many pairs of each kind in every stratum of how often both are bought.

    Significant complements are popular; without this, popularity alone would tell the kinds apart.

    Args:
        count: baskets of each product, int64 (products,).
        like: pairs (n, 2).
        unlike: pairs (m, 2).
        seed: of the draw.
    """
    random = np.random.default_rng(seed)
    strata = [_stratum(count, pairs) for pairs in (like, unlike)]
    kept: tuple[list[Int64], list[Int64]] = ([], [])
    for stratum in np.intersect1d(strata[0], strata[1]):
        rows = [random.permutation(np.flatnonzero(each == stratum)) for each in strata]
        fewest = min(len(row) for row in rows)
        for side, row in zip(kept, rows, strict=True):
            side.append(row[:fewest])
    nothing = np.empty(0, np.int64)
    return like[np.concatenate([nothing, *kept[0]])], unlike[np.concatenate([nothing, *kept[1]])]


def _stratum(count: Int64, pairs: Int32) -> Int64:
    """Half powers of two of the rarer and of the more common product."""
    steps = np.floor(2 * np.log2(np.maximum(1, np.sort(count[pairs], axis=1)))).astype(np.int64)
    stratum: Int64 = steps[:, 0] * 100 + steps[:, 1]
    return stratum


def roc_auc(of_positives: Float64, of_negatives: Float64) -> float:
    """Probability that a positive scores above a negative, ties by half (Mann–Whitney).

    >>> roc_auc(np.array([3.0, 2.0]), np.array([1.0, 2.0]))
    0.875
    """
    if not len(of_positives) or not len(of_negatives):
        return math.nan
    ascending = np.sort(of_negatives)
    below = np.searchsorted(ascending, of_positives, "left")
    not_above = np.searchsorted(ascending, of_positives, "right")
    return float((below + not_above).sum() / (2 * len(of_positives) * len(of_negatives)))


def _substitute_pairs(shelf: Shelf, evidence: Evidence, random: np.random.Generator) -> Int32:
    """Products of one need, comparable, of two brands where brands are known, each bought a few times."""
    bought = np.diff(evidence.basket_start) >= FEWEST_BASKETS
    known = np.flatnonzero(bought & (shelf.need >= 0)).astype(np.int32)
    order = known[np.argsort(shelf.need[known], kind="stable")]
    left, right = _drawn_within(shelf.need[order], random)
    pairs = np.column_stack([order[left], order[right]])
    return pairs[_fill_one_need(shelf, pairs)][:MOST_PAIRS]


def _drawn_within(sorted_group: Int32, random: np.random.Generator) -> tuple[Int64, Int64]:
    """Places drawn at random, each with another place of the same group."""
    if not len(sorted_group):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    start = np.searchsorted(sorted_group, sorted_group, "left")
    size = np.searchsorted(sorted_group, sorted_group, "right") - start
    left = random.integers(0, len(sorted_group), 10 * MOST_PAIRS)
    right = start[left] + random.integers(0, size[left])
    low, high = np.minimum(left, right), np.maximum(left, right)
    drawn = np.unique(np.column_stack([low, high])[low < high], axis=0)
    random.shuffle(drawn)
    return drawn[:, 0], drawn[:, 1]


def _fill_one_need(shelf: Shelf, pairs: Int32) -> Bool:
    a, b = pairs[:, 0], pairs[:, 1]
    brands = (shelf.brand[a] != shelf.brand[b]) | (shelf.brand[a] < 0)
    same: Bool = brands & (shelf.group[a] == shelf.group[b]) & (shelf.root[a] != shelf.root[b])
    return same


def _complement_pairs(shelf: Shelf, baskets: Baskets, random: np.random.Generator) -> Int32:
    """Products of two needs that are bought together significantly more than by chance."""
    found = Complements().fit(baskets, tune=False).frame().filter("significant")
    a = shelf.ids.positions(found["anchor"].to_list())
    b = shelf.ids.positions(found["item"].to_list())
    low, high = np.minimum(a, b), np.maximum(a, b)
    known = (low >= 0) & (shelf.need[low] >= 0) & (shelf.need[high] >= 0)
    pairs = np.unique(np.column_stack([low, high])[known & (shelf.need[low] != shelf.need[high])], axis=0)
    random.shuffle(pairs)
    return pairs[:MOST_PAIRS].astype(np.int32)
