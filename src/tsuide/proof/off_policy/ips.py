"""IPS, inverse propensity scoring: what another policy would have earned, each round weighted.

Estimator: mean of w × r, w = P(other policy) / P(shown). Interval: normal, from the spread of w × r.
Assumes: recorded probabilities are true and above zero wherever the other policy chooses; rounds independent. Without
bias, but with the spread of its weights: read `support` beside it.
Source: Horvitz, Thompson (1952); Strehl et al., "Learning from logged implicit exploration data", NeurIPS 2010.
"""

import numpy as np

from tsuide.kit.arrays import Float64
from tsuide.proof.estimate import LEVEL, Estimate, interval


def ips(weights: Float64, rewards: Float64, *, level: float = LEVEL) -> Estimate:
    """Mean reward per round under the other policy, rounds along the last axis.

    Args:
        weights: `support.weights_of`; float64 (…, rounds).
        rewards: what came of what was shown; same shape.
        level: of the interval.

    >>> float(ips(np.array([2.0, 0.0, 1.0, 1.0]), np.array([1.0, 0.0, 1.0, 0.0])).value)
    0.75
    """
    n = weights.shape[-1]
    each = weights * rewards
    return interval(each.mean(axis=-1), each.std(axis=-1, ddof=1) / np.sqrt(n), level=level)
