"""SNIPS, self-normalised IPS: the weighted mean of rewards.

Estimator: Σ w r / Σ w. Interval: normal, delta method for a ratio. Assumes: as `ips`; slightly biased in small logs,
less spread, and not moved by adding a constant to every reward.
Source: Swaminathan, Joachims, "The self-normalized estimator for counterfactual learning", NeurIPS 2015.
"""

import numpy as np

from tsuide.kit.arrays import Float64
from tsuide.proof.estimate import LEVEL, Estimate, interval


def snips(weights: Float64, rewards: Float64, *, level: float = LEVEL) -> Estimate:
    """Mean reward per round under the other policy, rounds along the last axis; NaN where every weight is zero.

    Args:
        weights: `support.weights_of`; float64 (…, rounds).
        rewards: what came of what was shown; same shape.
        level: of the interval.

    >>> round(float(snips(np.array([2.0, 0.0, 1.0, 1.0]), np.array([1.0, 0.0, 1.0, 0.0])).value), 2)
    0.75
    """
    total = weights.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = (weights * rewards).sum(axis=-1) / total
        away = weights * (rewards - value[..., None])
        error = np.sqrt((away**2).sum(axis=-1)) / total
    return interval(value, error, level=level)
