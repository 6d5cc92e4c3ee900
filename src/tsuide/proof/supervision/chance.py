"""How likely a count is among reps who differ honestly.

Reps differ: in customers, products, skill. A binomial test would call half of them beyond chance. Here each rep's
rate is drawn from a beta distribution (beta-binomial counts); its mean and spread are fitted to all *other* reps by
moments, rates above the 80th percentile of these pulled down to it, so that a few gamers neither hide each other nor
raise what counts as usual; the spread is at least FLOOR, of rare signs half their mean. p = P(count at least as
high). Assumes: rows of a rep independent given the rate. Source: Kleinman, JASA 68 (1973) 46–54 (moments of the
beta-binomial).
"""

from typing import Final

import numpy as np
from scipy.special import betaln, gammaln, logsumexp

from tsuide.kit.arrays import Float64, Int64

FLOOR: Final = 0.02  # intraclass correlation of reps who do nothing wrong, at least
FEWEST_REPS: Final = 5
_RARE: Final = 0.5
_HIGH: Final = 0.8


def tail(hits: int, trials: int, mean: float, spread: float) -> float:
    """P(X ≥ hits) of a beta-binomial.

    Args:
        hits: at least so many.
        trials: of so many.
        mean: of the rate, 0 … 1.
        spread: intraclass correlation, above 0.

    >>> round(tail(1, 2, 0.5, 1 / 3), 4)  # Beta(1, 1): 0, 1 and 2 are equally likely
    0.6667
    >>> tail(0, 5, 0.2, 0.02)
    1.0
    """
    if hits <= 0:
        return 1.0
    size = 1 / spread - 1
    a, b = max(mean * size, 1e-9), max((1 - mean) * size, 1e-9)
    k = np.arange(hits, trials + 1, dtype=np.float64)
    choose = gammaln(trials + 1) - gammaln(k + 1) - gammaln(trials - k + 1)
    return float(min(np.exp(logsumexp(choose + betaln(k + a, trials - k + b) - betaln(a, b))), 1.0))


def p_values(hits: Int64, trials: Int64) -> Float64:
    """One-sided p of each rep against the others; 1 where there are fewer than five; float64 (reps,).

    >>> usual, gamer = [5, 4, 6, 5, 3, 7, 4], [40]
    >>> p_values(np.array(usual + gamer), np.full(8, 100)).round(3)[[0, 7]].tolist()
    [0.536, 0.0]
    """
    found = np.ones(len(hits))
    if len(hits) < FEWEST_REPS:
        return found
    for rep in range(len(hits)):
        others = np.arange(len(hits)) != rep
        mean, spread = _fitted(hits[others], trials[others])
        found[rep] = tail(int(hits[rep]), int(trials[rep]), mean, spread)
    return found


def limits(hits: Int64, trials: Int64, sizes: Int64, levels: tuple[float, ...]) -> tuple[float, Float64]:
    """The usual share of all reps together, and for each number of trials the share that chance exceeds so seldom.

    Drawn for all reps at once, for a picture: what is called beyond chance is tested against the *others* (`p_values`).

    Args:
        hits: of each rep.
        trials: of each rep.
        sizes: trials at which limits are wanted.
        levels: probabilities of a share at least as high, falling.

    Returns:
        The usual share, and float64 (levels, sizes): 1 where even all hits would not be so rare.

    >>> usual, found = limits(np.array([5, 4, 6, 5, 3]), np.full(5, 100), np.array([10, 1000]), (0.05,))
    >>> round(usual, 3), found.round(2).tolist()
    (0.05, [[0.3, 0.11]])
    """
    mean, spread = _fitted(hits, trials)
    found = np.ones((len(levels), len(sizes)))
    for place, size in enumerate(sizes.tolist()):
        for row, level in enumerate(levels):
            low, high = 0, size + 1  # the fewest hits whose tail is at most the level
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (low, middle) if tail(middle, size, mean, spread) <= level else (middle, high)
            found[row, place] = min(high / size, 1.0)
    return mean, found


def _fitted(hits: Int64, trials: Int64) -> tuple[float, float]:
    """Mean and intraclass correlation by moments, high rates pulled in."""
    n = trials.astype(np.float64)
    rate = (hits + 0.5) / (n + 1)  # never 0 or 1
    rate = np.minimum(rate, np.quantile(rate, _HIGH, method="higher"))
    mean = float(np.average(rate, weights=n))
    variance = float(np.average((rate - mean) ** 2, weights=n))
    chance = mean * (1 - mean)
    own = float(np.average(1 / n, weights=n))
    spread = (variance / chance - own) / (1 - own) if own < 1 else 0.0
    return mean, min(max(spread, min(FLOOR, _RARE * mean / (1 - mean))), 0.9)
