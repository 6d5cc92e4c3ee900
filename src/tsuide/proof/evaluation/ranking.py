"""Figures of ranked lists, with intervals by resampling the queries."""

from typing import Any, Final

import numpy as np

from tsuide.kit.arrays import Bool, Float64, Int32, Int64

ROUNDS: Final = 1000


def mean_interval(values: Float64, *, seed: int = 0, rounds: int = ROUNDS) -> tuple[float, float]:
    """95 % interval of a mean: percentiles of the means of resampled values; NaN are left out.

    Args:
        values: one per query or customer.
        seed: of the resampling.
        rounds: how many samples are drawn.

    >>> mean_interval(np.array([1.0, 1.0]))
    (1.0, 1.0)
    """
    known = values[~np.isnan(values)]
    if not len(known):
        return 0.0, 0.0
    random = np.random.default_rng(seed)
    # the count of each query in a resample is multinomial
    counts = random.multinomial(len(known), np.full(len(known), 1 / len(known)), size=rounds)
    low, high = np.quantile(counts @ known / len(known), [0.025, 0.975])
    return float(low), float(high)


def places(found: Int32, hidden: Int32) -> Float64:
    """The place of the hidden item among the found ones, from 1; infinite where it is not there.

    >>> places(np.array([[7, 3], [1, 2]], np.int32), np.array([3, 9], np.int32)).tolist()
    [2.0, inf]
    """
    hit = found == hidden[:, None]
    return np.where(hit.any(axis=1), hit.argmax(axis=1) + 1.0, np.inf)


def hit_figures(found: Int32, hidden: Int32, repeat: Bool, *, seed: int = 0) -> dict[str, Any]:
    """HR and MRR among the found (ten), in all and apart for repeated and new items, with intervals.

    Args:
        found: dense items, best first, -1 padded; int32 (queries, 10).
        hidden: the truth; int32 (queries,).
        repeat: whether the customer had bought the hidden item before; bool (queries,).
        seed: of the intervals.
    """
    place = places(found, hidden)
    hit = np.isfinite(place).astype(np.float64)
    inverse = np.where(hit > 0, 1 / place, 0.0)
    columns = {
        "hr10": hit,
        "mrr10": inverse,
        "hr10_new": np.where(repeat, np.nan, hit),
        "hr10_repeat": np.where(repeat, hit, np.nan),
    }
    return with_intervals(columns, seed=seed)


def with_intervals(columns: dict[str, Float64], *, seed: int = 0) -> dict[str, Any]:
    """The mean of each column, and under "intervals" its 95 % interval; None where a column is empty.

    >>> with_intervals({"x": np.array([1.0, np.nan])})
    {'x': 1.0, 'intervals': {'x': [1.0, 1.0]}}
    """
    figures: dict[str, Any] = {}
    intervals: dict[str, Any] = {}
    for name, values in columns.items():
        empty = np.isnan(values).all()
        figures[name] = None if empty else float(np.nanmean(values))
        intervals[name] = None if empty else list(mean_interval(values, seed=seed))
    return figures | {"intervals": intervals}


def clustered(columns: dict[str, Float64], cluster: Int64, *, seed: int = 0) -> dict[str, Any]:
    """`with_intervals` where queries of one cluster (a customer asked several times) are drawn together.

    Args:
        columns: name → one value per query; NaN are left out.
        cluster: whose each query is, from 0; int64 (queries,).
        seed: of the resampling.

    >>> clustered({"x": np.array([1.0, 1.0, np.nan])}, np.array([0, 0, 1]))
    {'x': 1.0, 'intervals': {'x': [1.0, 1.0]}}
    """
    figures: dict[str, Any] = {}
    intervals: dict[str, Any] = {}
    for name, values in columns.items():
        known = ~np.isnan(values)
        figures[name] = float(values[known].mean()) if known.any() else None
        ones = known.astype(np.float64)
        intervals[name] = ratio_interval(np.nan_to_num(values), ones, cluster, seed=seed) if known.any() else None
    return figures | {"intervals": intervals}


def ratio_interval(upper: Float64, lower: Float64, cluster: Int64, *, seed: int = 0) -> list[float]:
    """95 % interval of sum(upper) / sum(lower), clusters resampled whole; both (queries,), without NaN.

    >>> ratio_interval(np.array([2.0, 4.0, 6.0]), np.array([1.0, 2.0, 3.0]), np.array([0, 0, 1]))
    [2.0, 2.0]
    """
    _, place = np.unique(cluster, return_inverse=True)
    n = int(place.max()) + 1
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=ROUNDS)
    above, below = (drawn @ np.bincount(place, values, minlength=n) for values in (upper, lower))
    low, high = np.quantile(above[below > 0] / below[below > 0], [0.025, 0.975])
    return [float(low), float(high)]


def difference_interval(better: Float64, worse: Float64, *, seed: int = 0) -> tuple[float, float]:
    """95 % interval of the mean difference on the same queries."""
    return mean_interval(better - worse, seed=seed)
