"""How sure a count is: corrected p-values, intervals, and how many orders would be enough."""

from typing import Final, Literal, TypeAlias

import numpy as np
from scipy import stats

from tsuide.kit.arrays import Float64, Int64

Certainty: TypeAlias = Literal["sure", "likely", "open"]

_SURE: Final = 0.001
_LIKELY: Final = 0.05


def adjusted(p_value: Float64, tests: int) -> Float64:
    """Benjamini–Hochberg adjusted p-values of the best among `tests`; those not given count as 1.

    Source: Benjamini, Hochberg (1995), Journal of the Royal Statistical Society B 57, 289–300.

    Args:
        p_value: float64 (n,), any order.
        tests: how many were tested in all, ≥ n.

    >>> adjusted(np.array([0.01, 0.04, 0.02]), 3).round(3).tolist()
    [0.03, 0.04, 0.03]
    """
    if p_value.size == 0:
        return np.empty(0)
    order = np.argsort(p_value, kind="stable")
    ranks = np.arange(1, p_value.size + 1)
    raw = p_value[order] * max(tests, p_value.size) / ranks
    out = np.empty(p_value.size)
    out[order] = np.minimum(np.minimum.accumulate(raw[::-1])[::-1], 1.0)
    return out


def certainty(adjusted_p: float) -> Certainty:
    """The word for an adjusted p-value.

    >>> certainty(0.0001), certainty(0.02), certainty(0.3)
    ('sure', 'likely', 'open')
    """
    if adjusted_p < _SURE:
        return "sure"
    return "likely" if adjusted_p < _LIKELY else "open"


def wilson(count: Int64, of: Int64) -> tuple[Float64, Float64]:
    """Wilson's 95 % interval of shares `count / of`; `of` > 0.

    Source: Wilson (1927), Journal of the American Statistical Association 22, 209–212.

    >>> low, high = wilson(np.array([0]), np.array([10]))
    >>> round(float(low[0]), 3), round(float(high[0]), 3)
    (0.0, 0.278)
    """
    z = float(stats.norm.isf(0.025))
    share = count / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * np.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def poisson_interval(count: Int64, expected: Float64) -> tuple[Float64, Float64]:
    """Exact 95 % interval of `count / expected` for Poisson counts (Garwood, 1936, Biometrika 28, 437–442).

    >>> low, high = poisson_interval(np.array([10]), np.array([5.0]))
    >>> round(float(low[0]), 2), round(float(high[0]), 2)
    (0.96, 3.68)
    """
    low = np.where(count > 0, stats.chi2.ppf(0.025, 2 * np.maximum(count, 1)) / 2, 0.0)
    high = stats.chi2.ppf(0.975, 2 * (count + 1)) / 2
    return low / expected, high / expected


def log_likelihood_ratio(both: float, first: float, second: float, orders: float) -> float:
    """Dunning's G² of a 2 × 2 table: 0 where the two are independent; grows in proportion to the orders.

    Source: Dunning (1993), Computational Linguistics 19(1), 61–74.

    >>> round(log_likelihood_ratio(10, 20, 20, 100), 3), log_likelihood_ratio(4, 20, 20, 100)
    (12.071, 0.0)
    """
    cells = np.array([[both, first - both], [second - both, orders - first - second + both]])
    expected = np.outer(cells.sum(axis=1), cells.sum(axis=0)) / orders
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(cells > 0, cells * np.log(cells / expected), 0.0)
    return max(0.0, round(float(2 * terms.sum()), 12))


def orders_needed(both: float, first: float, second: float, orders: float, tests: int) -> int:
    """How many orders would make this pair stand out of `tests`, were the shares to stay as they are.

    G² grows in proportion to the orders, so the answer is orders × (what the test asks) / G²; the test asks
    for a one-sided p-value of .05 / tests (Bonferroni: the strictest reading). 0 where the pair does not
    lean together at all: no number of orders would help.

    >>> orders_needed(3, 4, 5, 10, 10)
    39
    >>> orders_needed(1, 5, 5, 25, 10)
    0
    """
    strength = log_likelihood_ratio(both, first, second, orders)
    if strength <= 0 or both * orders <= first * second:
        return 0
    asked = float(stats.chi2.isf(2 * _LIKELY / max(tests, 1), 1))
    return int(np.ceil(orders * asked / strength))
