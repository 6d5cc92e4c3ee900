"""DR, doubly robust: the model's answer, corrected by IPS where it was wrong on what was shown.

Estimator: mean of Σ_a P(a) q(x, a) + w (r − q(x, a shown)). Interval: normal, from the spread of these.
Assumes: recorded probabilities are true (then the model may be wrong), or the model is right; a model that did not see
the round it corrects (`cross-fitted`). Source: Dudík, Langford, Li, "Doubly robust policy evaluation", ICML 2011.
"""

import numpy as np

from tsuide.kit.arrays import Float64
from tsuide.proof.estimate import LEVEL, Estimate, interval


def dr(weights: Float64, rewards: Float64, expected: Float64, foretold: Float64, *, level: float = LEVEL) -> Estimate:
    """Mean reward per round under the other policy, rounds along the last axis.

    Args:
        weights: `support.weights_of`; float64 (…, rounds).
        rewards: what came of what was shown; same shape.
        expected: Σ_a P(a) q(x, a), the model's answer for the other policy; same shape.
        foretold: q of the action that was shown; same shape.
        level: of the interval.

    A model that is right leaves nothing to correct:

    >>> found = dr(np.array([3.0, 0.0]), np.array([1.0, 2.0]), np.array([1.5, 1.5]), np.array([1.0, 2.0]))
    >>> float(found.value), float(found.error)
    (1.5, 0.0)
    """
    each = expected + weights * (rewards - foretold)
    return interval(each.mean(axis=-1), each.std(axis=-1, ddof=1) / np.sqrt(each.shape[-1]), level=level)
