"""How many observations a prior mean is worth: the weights that empirical Bayes tries, and the choice among them."""

from typing import Final

import numpy as np
from scipy.special import betaincinv

from tsuide.kit.arrays import Float64

GRID: Final = tuple(float(2**power) for power in range(13))
"""1 … 4,096 observations: beyond, whatever stands below the mean is hardly heard any more."""


_FLAT: Final = 2.0  # observations that a flat prior is worth: one of each kind


def borne(weight: float, others: float) -> tuple[float, float]:
    """What a mean weighs that so many observations of *others* bear, no more than they are; and of each kind, flat.

    Where there are no others the mean is one's own already: it would count twice.

    >>> borne(64.0, 1_000.0), borne(64.0, 0.0)
    ((64.0, 0.0), (0.0, 1.0))
    """
    return min(weight, others), max(_FLAT - others, 0.0) / 2.0


def interval(yes: Float64 | float, no: Float64 | float) -> tuple[Float64, Float64, Float64]:
    """Mean of Beta(yes, no), and its central 95 % interval, widened to the mean where skewness leaves that outside.

    >>> [round(float(each), 3) for each in interval(1.0, 1.0)]
    [0.5, 0.025, 0.975]
    """
    mean = np.asarray(yes / (yes + no))
    low, high = betaincinv(yes, no, 0.025), betaincinv(yes, no, 0.975)
    return mean, np.minimum(low, mean), np.maximum(high, mean)


def heaviest(scores: Float64) -> Float64:
    """The weight of the highest score in each row; where the data do not tell them apart, the heaviest.

    Args:
        scores: log likelihood of each weight of `GRID`, float64 (rows, grid).

    Returns:
        float64 (rows,).

    >>> scores = np.zeros((2, len(GRID))); scores[0, 3] = 1.0
    >>> heaviest(scores).tolist()
    [8.0, 4096.0]
    """
    last_best = scores.shape[1] - 1 - np.argmax(scores[:, ::-1], axis=1)
    return np.asarray(np.asarray(GRID)[last_best], dtype=np.float64)
