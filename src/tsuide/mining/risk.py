"""Shares seen on few trials, shrunk to the shop's: returned units, unpaid invoices (Beta–Binomial)."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import betaincinv

from tsuide.errors import BadArray
from tsuide.kit.arrays import Float64

_MOST: Final = 1_000.0  # trials for which the shop's share counts at most
_LEAST: Final = 1.0
_FLOOR: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Shares:
    """The shop's share and how strongly single customers (or products) are drawn to it.

    Args:
        mean: share over all, 0 … 1.
        strength: trials for which it counts.
    """

    mean: float
    strength: float

    def of(self, hits: Float64, trials: Float64) -> Float64:
        """Expected share of each; float64 (rows,). With no trials it is the mean."""
        found: Float64 = (hits + self.mean * self.strength) / (trials + self.strength)
        return found

    def below(self, hits: Float64, trials: Float64, sure: float = 0.95) -> Float64:
        """The share that is exceeded with probability `sure`: a rule that refuses should ask this, not the mean."""
        good = trials - hits + (1 - self.mean) * self.strength
        bound = betaincinv(hits + self.mean * self.strength + _FLOOR, good + _FLOOR, 1 - sure)
        return np.asarray(bound, np.float64)


def fit_shares(hits: Float64, trials: Float64) -> Shares:
    """Mean and strength by moments (Kleinman 1973): the more customers differ beyond chance, the weaker.

    Raises:
        BadArray: more hits than trials, or a negative number.

    >>> shares = fit_shares(np.array([0.0, 0.0, 9.0, 1.0]), np.array([10.0, 10.0, 10.0, 10.0]))
    >>> shares.mean, bool(shares.strength < 5)
    (0.25, True)
    """
    if (hits < 0).any() or (hits > trials).any():
        raise BadArray("must lie between 0 and the trials", key="hits")
    seen = trials > 0
    h: Float64 = hits[seen]
    n: Float64 = trials[seen]
    if not len(n):
        return Shares(0.0, _MOST)
    mean = float(h.sum() / n.sum())
    if not 0 < mean < 1 or len(n) < 2:  # noqa: PLR2004 - a spread needs two
        return Shares(mean, _MOST)
    excess = float((n * (h / n - mean) ** 2).sum() - mean * (1 - mean) * (len(n) - 1))
    room = mean * (1 - mean) * float(n.sum() - (n**2).sum() / n.sum() - (len(n) - 1))
    correlation = excess / room if room > 0 else 0.0
    strength = 1 / correlation - 1 if correlation > 0 else _MOST
    return Shares(mean, float(np.clip(strength, _LEAST, _MOST)))
