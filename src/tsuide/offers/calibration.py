"""Calibration: probabilities that mean what they say, and the table that shows whether they do.

Isotonic regression by pooling adjacent violators (Ayer et al. 1955; Zadrozny & Elkan 2002), the reliability table
with Wilson intervals, the calibration slope (Cox 1958) and the Brier score (1950).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from tsuide.errors import BadArray
from tsuide.kit.arrays import Float64, frozen
from tsuide.mining.intervals import wilson
from tsuide.mining.logistic import fit_logistic

_EDGE: Final = 1e-6


def logit(share: Float64) -> Float64:
    """ln(p / (1 − p)); shares of 0 and 1 are taken as a millionth away from it.

    >>> logit(np.array([0.5, 0.0])).round(2).tolist()
    [0.0, -13.82]
    """
    inside = np.clip(share, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(inside) - np.log1p(-inside), np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """A rising curve from scores to probabilities: straight between its points, flat beyond them.

    Args:
        scores: ascending, float64 (points,).
        shares: not descending, float64 (points,).
    """

    scores: Float64
    shares: Float64

    def of(self, scores: Float64) -> Float64:
        """The calibrated probability of each score."""
        return np.asarray(np.interp(scores, self.scores, self.shares), np.float64)


def fit_isotonic(scores: Float64, labels: Float64) -> Steps:
    """The rising curve with the least squared error to the labels.

    Args:
        scores: any numbers, float64 (rows,).
        labels: 0 or 1, or shares between; float64 (rows,).

    Raises:
        BadArray: no row, or lengths that differ.

    >>> steps = fit_isotonic(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.0, 1.0, 0.0, 1.0]))
    >>> steps.of(np.array([1.0, 2.0, 3.0, 4.0])).tolist()
    [0.0, 0.5, 0.5, 1.0]
    """
    if len(scores) == 0 or len(scores) != len(labels):
        raise BadArray("needs one label for each of one or more scores", key="labels", value=len(labels))
    values, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    means = np.bincount(inverse, weights=labels) / counts
    sums: list[float] = []
    weights: list[float] = []
    widths: list[int] = []
    for mean, weight in zip(means.tolist(), counts.tolist(), strict=True):
        sums.append(mean * weight)
        weights.append(weight)
        widths.append(1)
        while len(sums) > 1 and sums[-2] * weights[-1] >= sums[-1] * weights[-2]:
            total, weight_of, width = sums.pop(), weights.pop(), widths.pop()
            sums[-1] += total
            weights[-1] += weight_of
            widths[-1] += width
    ends = np.cumsum(widths) - 1
    starts = ends - np.array(widths) + 1
    shares = np.array(sums) / np.array(weights)
    keep_both = starts != ends
    points = np.concatenate([values[starts], values[ends[keep_both]]])
    heights = np.concatenate([shares, shares[keep_both]])
    order = np.argsort(points, kind="stable")
    return Steps(frozen(points[order]), frozen(heights[order]))


@dataclass(frozen=True, slots=True)
class Bin:
    """One row of the reliability table.

    Args:
        n: offers.
        predicted: mean probability.
        seen: share that was accepted.
        low, high: its 95 % interval (Wilson).
    """

    n: int
    predicted: float
    seen: float
    low: float
    high: float

    @property
    def fits(self) -> bool:
        """Whether the prediction lies within the interval of what was seen."""
        return self.low <= self.predicted <= self.high


def reliability(predicted: Float64, labels: Float64, bins: int = 10) -> list[Bin]:
    """Offers in groups of equal size by predicted probability: was it as predicted?

    Args:
        predicted: probabilities, float64 (rows,).
        labels: 0 or 1, float64 (rows,).
        bins: at most so many; equal predictions are never parted.

    >>> table = reliability(np.repeat([0.1, 0.5], 10), np.array([1.0] + [0.0] * 9 + [1.0] * 5 + [0.0] * 5), 2)
    >>> [(each.n, round(each.predicted, 3), each.seen, each.fits) for each in table]
    [(10, 0.1, 0.1, True), (10, 0.5, 0.5, True)]
    """
    if len(predicted) == 0:
        return []
    edges = np.unique(np.quantile(predicted, np.linspace(0, 1, bins + 1)[1:-1], method="higher"))
    group = np.searchsorted(edges, predicted, side="right")
    found = []
    for number in np.unique(group).tolist():
        inside = group == number
        n, seen = int(inside.sum()), float(labels[inside].mean())
        low, high = wilson(seen, n)
        found.append(Bin(n, float(predicted[inside].mean()), seen, low, high))
    return found


def calibration_slope(predicted: Float64, labels: Float64) -> tuple[float, float]:
    """(intercept, slope) of the labels' log odds on the predicted ones: (0, 1) where predictions mean what they say.

    A slope below 1: predictions are too extreme; above 1: too timid.

    >>> intercept, slope = calibration_slope(np.repeat([0.25, 0.75], 400), np.tile([1, 0, 0, 0, 1, 1, 1, 0], 100))
    >>> bool(abs(slope) < 0.1)  # the labels know nothing of the predictions
    True
    """
    bias, weight = fit_logistic(logit(predicted)[:, None], np.asarray(labels, np.float64), ridge=1e-6)
    return float(bias), float(weight)


def brier(predicted: Float64, labels: Float64) -> float:
    """Mean squared error of probabilities.

    >>> brier(np.array([0.5, 1.0]), np.array([1.0, 1.0]))
    0.125
    """
    return float(np.mean((predicted - labels) ** 2))
