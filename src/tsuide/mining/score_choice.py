"""Which score ranks complements best here: chosen on the latest baskets, learned from those before them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from tsuide.kit.arrays import Int32, Int64
from tsuide.mining import kernels
from tsuide.mining.baskets import Baskets
from tsuide.mining.cooccurrence import Score, all_pairs
from tsuide.mining.pairs import KeptPairs, Tables, best_of_pairs

CHOICES: Final = (
    Score("asymmetric"),
    Score("asymmetric", shrink=2.0),
    Score("asymmetric", left=0.9, right=0.3),
    Score("asymmetric", left=0.5, right=0.3),
    Score("cosine"),
    Score("cosine", shrink=2.0),
    Score("cosine", shrink=8.0),
    Score("confidence"),
    Score("ppmi"),
)
QUERIES: Final = 4000  # held-out baskets at most
ENOUGH: Final = 100  # fewer tell nothing: the first choice is kept
LEARNED: Final = 200_000  # latest baskets learned from, at most
DEEPEST: Final = 10


@dataclass(frozen=True, slots=True)
class Tried:
    """One score on the held-out baskets.

    Args:
        score: the score.
        hit_rate: share of hidden items among the ten best.
        reciprocal_rank: mean of 1 / rank among the ten best, 0 where not among them.
        queries: how many baskets.
    """

    score: Score
    hit_rate: float
    reciprocal_rank: float
    queries: int

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "score": self.score.plain(),
            "hr10": self.hit_rate,
            "mrr10": self.reciprocal_rank,
            "queries": self.queries,
        }


def tried_scores(
    baskets: Baskets, *, top: int, min_count: int, seed: int, scores: Iterable[Score] = CHOICES
) -> list[Tried]:
    """Every score on the last tenth of the baskets: one item hidden in each, found by the others.

    Without times a tenth is drawn by `seed`; so is the hidden item. Empty where there are too few.

    Args:
        baskets: in the order of time.
        top: partners that the table will keep.
        min_count: common baskets that a pair needs.
        seed: of what is drawn.
        scores: what is tried.
    """
    rng = np.random.default_rng(seed)
    earlier, later = _split(baskets, rng)
    asked = _asked(later, rng)
    if asked.n_baskets < ENOUGH:
        return []
    hidden = (rng.random(asked.n_baskets) * np.diff(asked.items_of)).astype(np.int64)
    degree = kernels.count_items(earlier.item, earlier.n_items).astype(np.int32)
    pairs = all_pairs(earlier.items_of, earlier.item, earlier.n_items, min_count=min_count)
    kept = KeptPairs.of(pairs, earlier.items_of, earlier.item, earlier.n_items, min_count)
    everyone = np.flatnonzero(np.diff(kept.begin))
    order: Int32 = np.arange(earlier.n_items, dtype=np.int32)
    tried = []
    for score in scores:
        tables = Tables.empty(earlier.n_items, top)
        best_of_pairs(kept, everyone, degree, earlier.n_baskets, score, order, min_count, tables)
        ranks = kernels.hidden_ranks(asked.items_of, asked.item, hidden, tables.item, tables.score, DEEPEST)
        found = ranks > 0
        reciprocal = np.divide(1.0, ranks, out=np.zeros(len(ranks)), where=found)
        tried.append(Tried(score, float(found.mean()), float(reciprocal.mean()), len(ranks)))
    return tried


def best_of(tried: list[Tried]) -> Score:
    """The score with the best mean reciprocal rank, the earlier of equals; the first choice where none was tried."""
    return max(tried, key=lambda each: each.reciprocal_rank).score if tried else CHOICES[0]


def _split(baskets: Baskets, rng: np.random.Generator) -> tuple[Baskets, Baskets]:
    n = baskets.n_baskets
    if baskets.has_time:
        cut = n - n // 10
        return baskets.between(max(0, cut - LEARNED), cut), baskets.between(cut, n)
    drawn = np.zeros(n, np.bool_)
    drawn[rng.permutation(n)[: n // 10]] = True
    learned = np.flatnonzero(~drawn)
    return baskets.select(learned[-LEARNED:]), baskets.select(drawn)


def _asked(later: Baskets, rng: np.random.Generator) -> Baskets:
    """Held-out baskets of at least two items, at most QUERIES of them."""
    lengths: Int64 = np.diff(later.items_of)
    good = np.flatnonzero(lengths >= 2)  # noqa: PLR2004  # one to hide, one to ask with
    if len(good) > QUERIES:
        good = np.sort(rng.permutation(good)[:QUERIES])
    return later.select(good)
