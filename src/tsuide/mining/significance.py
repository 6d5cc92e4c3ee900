"""How sure a pair is: lift with its interval, exact p-values, and the false-discovery gate over all pairs."""

from typing import Final

import numpy as np

from tsuide.kit.arrays import Float64, Int32, Int64
from tsuide.mining import kernels

P_BINS: Final = 330 * kernels.BINS_PER_DECADE  # down to the smallest positive double, 1e-323
_LOOKED_UP: Final = 9  # logarithms of factorials that a test needs
_Z95: Final = 1.959963984540054


def lift_interval(count: Int64, degree_a: Int64, degree_b: Int64, total: int) -> tuple[Float64, Float64, Float64]:
    """Lift n N / (n_a n_b) and its 95 % interval.

    Delta method on log lift, for baskets drawn independently (multinomial over the four cells):
    var = 1/n - 1/n_a - 1/n_b + 2 n / (n_a n_b) - 1/N. Where n is 0 the lift is 0 and the interval (0, ∞).

    Args:
        count: common baskets, (pairs,).
        degree_a: baskets of the first, (pairs,).
        degree_b: baskets of the second, (pairs,).
        total: all baskets.

    >>> lift, low, high = lift_interval(np.array([10]), np.array([20]), np.array([50]), 1000)
    >>> lift.round(2).tolist(), low.round(2).tolist(), high.round(2).tolist()
    ([10.0], [6.48], [15.43])
    """
    n, a, b = (np.asarray(each, dtype=np.float64) for each in (count, degree_a, degree_b))
    with np.errstate(divide="ignore", invalid="ignore"):
        lift = n * total / (a * b)
        variance = 1 / n - 1 / a - 1 / b + 2 * n / (a * b) - 1 / max(total, 1)
        factor = np.exp(_Z95 * np.sqrt(np.maximum(variance, 0.0)))
        low, high = lift / factor, lift * factor
    none = n == 0
    return np.where(none, 0.0, lift), np.where(none, 0.0, low), np.where(none, np.inf, high)


def p_values(count: Int32, degree_a: Int64, degree_b: Int64, total: int) -> Float64:
    """Fisher's exact test, one-sided (more often together than by chance); 1 where not above chance.

    >>> p_values(np.array([3], np.int32), np.array([3]), np.array([3]), 6).round(4).tolist()
    [0.05]
    """
    worthwhile = len(count) * _LOOKED_UP > total
    table = kernels.log_factorials(total) if worthwhile else np.empty(0)
    return kernels.fisher_tails(count, degree_a, degree_b, total, table)


def p_cut(bins: Int64, tests: int, rate: float) -> float:
    """The largest p-value that Benjamini–Hochberg (1995) accepts at false-discovery rate `rate`.

    From a histogram of p-values instead of a sorted list, so that hundreds of millions of pairs need no
    room: bin j holds 10^(-(j+1)/64) < p ≤ 10^(-j/64). The cut is the edge of a bin, at most 3.7 % below
    the exact one: on the safe side. 0 where nothing is accepted.

    Args:
        bins: int64 (bins,).
        tests: how many pairs were tested.
        rate: expected share of false discoveries among what is accepted.

    >>> bins = np.zeros(200, np.int64); bins[150] = 2; bins[0] = 8  # two p-values of about .0044 among ten
    >>> round(p_cut(bins, 10, 0.05), 4)  # 2 · .05 / 10
    0.01
    """
    if tests == 0:
        return 0.0
    accepted = np.cumsum(bins[::-1])[::-1]
    edge = 10.0 ** (-np.arange(len(bins)) / kernels.BINS_PER_DECADE)
    good = np.flatnonzero((edge * tests <= rate * accepted) & (accepted > 0))
    return float(edge[good[0]]) if len(good) else 0.0


def eligible_pairs(degree: Int32, min_count: int) -> int:
    """How many pairs are tested: all pairs of items that lie in at least `min_count` baskets.

    Also those that never met: a pair is looked at because its count is high, so counting only such pairs
    as tests would let chance through.

    >>> eligible_pairs(np.array([5, 1, 3, 4], np.int32), 3)
    3
    """
    n = int((degree >= min_count).sum())
    return n * (n - 1) // 2
