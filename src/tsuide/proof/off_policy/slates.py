"""SIPS and RIPS: several offers a decision, drawn one after the other.

The probability of each draw given those before it is recorded (Plackett–Luce), so products of them are exact.
- SIPS: w = Π over all places; mean of w × Σ rewards. Assumes nothing of how places act upon each other; widest.
- RIPS: w_l = Π over places up to l; mean of Σ_l w_l r_l. Assumes that what stands below does not change the answer to
  what stands above (people read downwards); much narrower.
Intervals: normal, from the spread over decisions; `self_normalised` divides each place by its mean weight.
Source: McInerney et al., "Counterfactual evaluation of slate recommendations with sequential reward interactions",
KDD 2020.
"""

from typing import Literal

import numpy as np

from tsuide.kit.arrays import Float64
from tsuide.proof.estimate import LEVEL, Estimate, interval

Reading = Literal["sips", "rips"]


def slate_weights(draws: Float64, *, reading: Reading = "rips") -> Float64:
    """Weights of each place.

    Args:
        draws: P(other policy draws it) / P(it was drawn), given the draws before; 1 beyond the slate's end;
            float64 (…, decisions, places).
        reading: which.

    >>> draws = np.array([[2.0, 0.5, 1.0]])
    >>> slate_weights(draws).tolist(), slate_weights(draws, reading="sips").tolist()
    ([[2.0, 1.0, 1.0]], [[1.0, 1.0, 1.0]])
    """
    grown = np.asarray(np.cumprod(draws, axis=-1), np.float64)
    return grown if reading == "rips" else np.broadcast_to(grown[..., -1:], grown.shape)


def slate_value(
    draws: Float64,
    rewards: Float64,
    *,
    reading: Reading = "rips",
    self_normalised: bool = False,
    level: float = LEVEL,
) -> Estimate:
    """Mean reward per decision under the other policy, decisions along the last axis but one.

    Args:
        draws: as `slate_weights`.
        rewards: of each place, 0 beyond the slate's end; same shape.
        reading: which assumption.
        self_normalised: Σ w r / Σ w at each place: less spread, slight bias.
        level: of the interval.

    >>> draws, rewards = np.array([[1.0, 2.0], [1.0, 0.0]]), np.array([[1.0, 1.0], [0.0, 1.0]])
    >>> float(slate_value(draws, rewards).value), float(slate_value(draws, rewards, reading="sips").value)
    (1.5, 2.0)
    """
    weights = slate_weights(draws, reading=reading)
    n = weights.shape[-2]
    if not self_normalised:
        each = (weights * rewards).sum(axis=-1)
        return interval(each.mean(axis=-1), each.std(axis=-1, ddof=1) / np.sqrt(n), level=level)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = weights.mean(axis=-2, keepdims=True)
        at = (weights * rewards).mean(axis=-2, keepdims=True) / mean
        away = (weights * (rewards - at) / mean).sum(axis=-1)
    return interval(at.sum(axis=-1)[..., 0], away.std(axis=-1, ddof=1) / np.sqrt(n), level=level)
