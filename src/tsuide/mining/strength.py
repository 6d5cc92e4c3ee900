"""How many observations a prior mean is worth: the weights that empirical Bayes tries, and the choice among them."""

from typing import Final

import numpy as np

from tsuide.kit.arrays import Float64

GRID: Final = tuple(float(2**power) for power in range(13))
"""1 … 4,096 observations: beyond, whatever stands below the mean is hardly heard any more."""


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
    return np.asarray(GRID)[last_best]
