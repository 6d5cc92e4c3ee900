"""How well substitutes are told from complements, on pairs that nothing was learned from.

Substitutes: the same narrowest category and the same package size, two brands. Complements: two broad
categories (the level above the narrowest differs), bought together significantly more than by chance *after*
the split; "near" complements share the broad category and differ in the narrowest. Both kinds are drawn with
equal shares in every stratum of how often their products were bought, because significant complements are
popular and popularity alone would tell them apart. Only pairs of needs from the half that weights were not
learned on are asked.

What the catalogue says repeats the label: the narrowest category decides it alone. So the table also says how
well the score does without it: "catalogue_withheld" sees neither category, title, size nor attributes, only
prices and who bought what with what before the split; "category_withheld" sees titles too.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, Final

import numpy as np
import polars as pl

from tsuide.errors import TooFewData
from tsuide.kit.arrays import Float64, Int32
from tsuide.kit.clock import from_micros
from tsuide.mining.baskets import Baskets
from tsuide.mining.complements import Complements
from tsuide.mining.evidence import evidence_of, measured
from tsuide.mining.shelf import Shelf, shelf_of
from tsuide.mining.substitute_kernel import CATEGORY, SECOND_ORDER, TEXT, TOGETHER, Evidence
from tsuide.mining.text import grams
from tsuide.mining.weighing import Weights, halves, learned_weights, matched_by_support, roc_auc
from tsuide.proof.evaluation.split import split_at

OURS: Final = "tsuide"
WITHHELD: Final = {
    OURS: frozenset[str](),
    "tsuide, category_withheld": frozenset({"category", "size", "attributes"}),
    "tsuide, catalogue_withheld": frozenset({"category", "text", "size", "attributes"}),
}
_FEWEST: Final = 50
_MOST: Final = 20_000
_BOUGHT: Final = 10  # baskets of each product of a pair before the split
_REPEATS: Final = 500


def evaluate_alternatives(
    products: pl.DataFrame,
    baskets: Baskets,
    *,
    split: datetime | None = None,
    seed: int = 0,
    tell: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Area under the ROC curve of substitutes against far and near complements, with intervals.

    Args:
        products: columns of facts.catalogue.PRODUCTS.
        baskets: of the shop, with times.
        split: first moment of the future, from which complements are taken; None = where 60 % of the baskets
            are past.
        seed: of the draws.
        tell: called with what is being done.

    Raises:
        TooFewData: no times, or fewer than 50 pairs of a kind.
    """
    if split is None and baskets.has_time and baskets.n_baskets:
        split = _sixty(baskets)
    parts = split_at(baskets, split)
    tell("learn from the past")
    shelf = shelf_of(products, parts.past)
    titles = grams(shelf.titles.ids)
    evidence = evidence_of(shelf, titles, parts.past, seed=seed)
    weights = learned_weights(shelf, titles, parts.past, seed)
    tell("pairs of the future")
    like = _substitutes(shelf, evidence, seed)
    found = Complements().fit(parts.future, tune=False).frame().filter("significant")
    far, near = _complements(shelf, evidence, found, seed)
    return {
        "against_other_categories": _table(shelf, evidence, weights, like, far, seed),
        "against_same_category": _table(shelf, evidence, weights, like, near, seed, optional=True),
        "split": parts.at.isoformat(),
        "chosen": {"weights": dict(weights.values)} | dict(weights.note),
        "labels": {
            "substitutes": "same narrowest category and package size, two brands, not variants",
            "complements": "significant co-purchase after the split; another broad (or the same broad, another"
            " narrow) category",
            "matched": "equal numbers in every stratum of how often both products were bought",
            "held_out": "needs from which no weight was learned",
        },
        "seed": seed,
    }


def _sixty(baskets: Baskets) -> datetime:
    return from_micros(int(baskets.time[int(baskets.n_baskets * 0.6)]))


def _table(
    shelf: Shelf,
    evidence: Evidence,
    weights: Weights,
    like: Int32,
    unlike: Int32,
    seed: int,
    *,
    optional: bool = False,
) -> dict[str, Any] | None:
    like, unlike = matched_by_support(np.diff(evidence.basket_start), like, unlike, seed)
    if min(len(like), len(unlike)) < _FEWEST:
        if optional:
            return None
        raise TooFewData(
            "too few pairs of known substitutes or complements",
            key="pairs",
            value=f"{len(like)} and {len(unlike)}",
            way_out="a catalogue with categories, brands and sizes, and more orders",
        )
    of_like = measured(evidence, like[:, 0], like[:, 1])
    of_unlike = measured(evidence, unlike[:, 0], unlike[:, 1])
    scores = _scores(evidence, weights, (like, of_like), (unlike, of_unlike))
    methods = {name: _auc(*each, seed) for name, each in scores.items()}
    return {"methods": methods, "substitutes": len(like), "complements": len(unlike), "products": len(shelf)}


def _scores(
    evidence: Evidence, weights: Weights, like: tuple[Int32, Float64], unlike: tuple[Int32, Float64]
) -> dict[str, tuple[Float64, Float64]]:
    """Method → scores of the substitutes and of the complements."""
    count = np.diff(evidence.basket_start).astype(np.float64)

    def both(score: Callable[[Float64], Float64]) -> tuple[Float64, Float64]:
        return score(like[1]), score(unlike[1])

    return {
        "popularity": (-count[like[0]].min(axis=1), -count[unlike[0]].min(axis=1)),
        "same_category": both(lambda found: found[:, CATEGORY]),
        "title": both(lambda found: found[:, TEXT]),
        "second_order": both(lambda found: found[:, SECOND_ORDER]),
        "not_together": both(lambda found: -found[:, TOGETHER]),
    } | {name: both(partial(weights.score, withheld=withheld)) for name, withheld in WITHHELD.items()}


def _auc(of_like: Float64, of_unlike: Float64, seed: int) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    again = [
        roc_auc(random.choice(of_like, len(of_like)), random.choice(of_unlike, len(of_unlike))) for _ in range(_REPEATS)
    ]
    low, high = np.quantile(again, [0.025, 0.975]).tolist()
    return {"auc": roc_auc(of_like, of_unlike), "interval": [low, high]}


def _held_out(shelf: Shelf, evidence: Evidence, pairs: Int32, seed: int) -> Int32:
    """Pairs whose products were bought often enough and whose needs no weight was learned on."""
    bought = (np.diff(evidence.basket_start)[pairs] >= _BOUGHT).all(axis=1)
    held = (halves(shelf, pairs[:, 0], seed) == 1) & (halves(shelf, pairs[:, 1], seed) == 1)
    kept: Int32 = pairs[bought & held & (shelf.need[pairs] >= 0).all(axis=1)]
    drawn: Int32 = kept[np.random.default_rng(seed).permutation(len(kept))][:_MOST]
    return drawn


def _substitutes(shelf: Shelf, evidence: Evidence, seed: int) -> Int32:
    frame = pl.DataFrame(
        {"p": np.arange(len(shelf)), "need": shelf.need, "size": shelf.size, "group": shelf.group}
    ).with_columns(brand=pl.Series(shelf.brand), root=pl.Series(shelf.root))
    bought = pl.Series(np.diff(evidence.basket_start) >= _BOUGHT)
    known = frame.filter(bought & (pl.col("need") >= 0) & (pl.col("size") > 0) & (pl.col("brand") >= 0))
    pairs = known.join(known, on=["need", "size", "group"], suffix="_b").filter(
        (pl.col("p") < pl.col("p_b")) & (pl.col("brand") != pl.col("brand_b")) & (pl.col("root") != pl.col("root_b"))
    )
    return _held_out(shelf, evidence, pairs.select("p", "p_b").to_numpy().astype(np.int32), seed)


def _complements(shelf: Shelf, evidence: Evidence, found: pl.DataFrame, seed: int) -> tuple[Int32, Int32]:
    """Significant pairs of (two broad categories, one broad and two narrow ones)."""
    a = shelf.ids.positions(found["anchor"].to_list())
    b = shelf.ids.positions(found["item"].to_list())
    known = (a >= 0) & (b >= 0)
    pairs = np.unique(np.sort(np.column_stack([a, b])[known], axis=1), axis=0)
    pairs = _held_out(shelf, evidence, pairs, seed)
    broad = _broad(shelf)
    same = broad[pairs[:, 0]] == broad[pairs[:, 1]]
    narrow = shelf.need[pairs[:, 0]] == shelf.need[pairs[:, 1]]
    return pairs[~same], pairs[same & ~narrow]


def _broad(shelf: Shelf) -> Int32:
    """Category one level above the narrowest (the only one where there is one); int32 (products,)."""
    level = np.maximum(shelf.depth - 2, 0)
    broad: Int32 = shelf.path[np.arange(len(shelf)), level]
    return broad
