"""P from outcomes: what was mined, corrected by how offers of its like were really taken (`offers.propensity`)."""

from typing import Final

import numpy as np

from tsuide.offers.compiled import Row, Rows, kernel
from tsuide.offers.slate import ln

CHANCES: Final = np.dtype([("key", np.int64), ("effect", np.float64)], align=True)
"""Effect of a pair of categories: key = anchor category (-1 = no anchor) × categories + category, ascending."""

OF_SOURCE: Final = 3  # weights: bias, log odds of the prior, place, then what the log odds weigh more by source
EDGE: Final = 1e-6
LOWEST: Final = 1e-4


@kernel
def correct(
    pool: Rows,
    count: int,
    items: Rows,
    placement: int,
    weights: Rows,
    source: Rows,
    kind_placement: Rows,
    pairs: Rows,
    n_categories: int,
    product: Rows,
    curve_scores: Rows,
    curve_shares: Rows,
    share: Rows,
) -> None:
    """Replace each candidate's P by the learned one, at the first place, times its incremental share.

    `product` is the effect of each product, float64 (products,). Logarithms by exact operations only, so that
    P is the same on every machine.
    """
    for i in range(count):
        row = pool[i]
        prior = min(max(row.propensity, EDGE), 1.0 - EDGE)
        score = weights[0] + (weights[1] + weights[OF_SOURCE + row.source]) * (ln(prior) - ln(1.0 - prior))
        score += source[row.source] + kind_placement[row.kind, placement] + product[row.item]
        anchor = items[row.anchor].category if row.anchor >= 0 else -1
        score += _effect(pairs, anchor * n_categories + items[row.item].category)
        learned = min(max(_curve(curve_scores, curve_shares, score), LOWEST), 1.0 - LOWEST)
        row.prior = row.propensity
        row.propensity = learned * share[row.kind, placement]


@kernel
def _effect(pairs: Rows, key: int) -> float:
    low, high = 0, len(pairs)
    while low < high:
        middle = (low + high) // 2
        if pairs[middle].key < key:
            low = middle + 1
        else:
            high = middle
    return _found(pairs[low], key) if low < len(pairs) else 0.0


@kernel
def _found(pair: Row, key: int) -> float:
    return float(pair.effect) if pair.key == key else 0.0


@kernel
def _curve(scores: Rows, shares: Rows, score: float) -> float:
    """The share at a score: straight between the points, flat beyond them."""
    last = len(scores) - 1
    if score <= scores[0]:
        return float(shares[0])
    if score >= scores[last]:
        return float(shares[last])
    low, high = 0, last
    while high - low > 1:
        middle = (low + high) // 2
        if scores[middle] <= score:
            low = middle
        else:
            high = middle
    rise = (shares[high] - shares[low]) / (scores[high] - scores[low])
    return float(shares[low] + rise * (score - scores[low]))
