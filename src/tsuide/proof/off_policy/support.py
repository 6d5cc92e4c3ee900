"""Whether a log can answer at all: how much of what the other policy would choose was ever tried.

Weights w = P(other policy chooses it) / P(it was shown). Effective sample size (Σw)² / Σw² (Kish 1965); the mean weight
must be 1, for all that the other policy may choose must have been possible: a mean below it is choice without support.
Assumes: recorded probabilities are those that were drawn with. Sources: Owen, "Monte Carlo theory, methods and
examples", ch. 9; Saito et al., "Open Bandit Dataset and Pipeline", NeurIPS 2021.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from tsuide.errors import BadArray, NoSupport
from tsuide.kit.arrays import Float64

LEAST_EFFECTIVE: Final = 100.0
MOST_UNSUPPORTED: Final = 0.05


@dataclass(frozen=True, slots=True)
class Support:
    """What the log holds for a question.

    Args:
        rounds: decisions in the log.
        effective: rounds that it is worth.
        largest: the largest weight.
        mean_weight: should be 1.
        unsupported: part of the other policy's choice that the log never tried; estimated as 1 − mean weight where
            only chosen actions were recorded, and then beyond chance only.
    """

    rounds: int
    effective: float
    largest: float
    mean_weight: float
    unsupported: float

    def checked(self, *, least: float = LEAST_EFFECTIVE, most: float = MOST_UNSUPPORTED) -> "Support":
        """Itself, if the log can answer.

        Raises:
            NoSupport: it cannot; names what is missing.
        """
        way_out = "let the policy explore (exploration: temperature) for some weeks, or run an experiment"
        if self.unsupported > most:
            raise NoSupport(
                f"at least {self.unsupported:.0%} of what the other policy would choose was never tried",
                key="unsupported", value=round(self.unsupported, 4), way_out=way_out,
            )  # fmt: skip
        if self.effective < least:
            raise NoSupport(
                f"the log is worth {self.effective:.0f} of its {self.rounds:,} decisions; {least:.0f} are needed",
                key="effective_sample_size", value=round(self.effective, 1), way_out=way_out,
            )  # fmt: skip
        return self

    def plain(self) -> dict[str, float | int]:
        """As JSON."""
        return {
            "decisions": self.rounds,
            "effective_sample_size": round(self.effective, 1),
            "largest_weight": round(self.largest, 3),
            "mean_weight": round(self.mean_weight, 4),
            "unsupported": round(self.unsupported, 4),
        }


def weights_of(target: Float64, logged: Float64) -> Float64:
    """Importance weights of what was shown; float64, same shape.

    Args:
        target: the other policy's probability of the action shown; float64 (…).
        logged: the recorded one, above 0, at most 1; same shape.

    Raises:
        BadArray: shapes differ, or a recorded probability outside its range.
    """
    target, logged = np.asarray(target, np.float64), np.asarray(logged, np.float64)
    if target.shape != logged.shape:
        raise BadArray("must have one shape", key="target", value=(target.shape, logged.shape))
    if not ((logged > 0) & (logged <= 1)).all() or not ((target >= 0) & (target <= 1)).all():
        raise BadArray("probabilities of what was shown are above 0 and at most 1", key="logged")
    return target / logged


def support(weights: Float64, *, unsupported: float | None = None) -> Support:
    """Diagnostics of importance weights.

    Args:
        weights: float64 (rounds,).
        unsupported: mean of the other policy's probability on actions that the log could not show, where the whole
            distribution was recorded; None: told from the mean weight.

    >>> found = support(np.array([1.0, 1.0, 2.0, 0.0]))
    >>> round(found.effective, 2), found.largest, found.mean_weight
    (2.67, 2.0, 1.0)
    >>> support(np.array([1.0] * 40 + [0.0] * 60)).checked()
    Traceback (most recent call last):
    tsuide.errors.NoSupport: at least 50% of what the other policy would choose was never tried: unsupported = ...
    """
    n = len(weights)
    if n == 0:
        return Support(0, 0.0, 0.0, 0.0, 1.0)
    total, squares = float(weights.sum()), float((weights**2).sum())
    effective = total**2 / squares if squares else 0.0
    mean = total / n
    if unsupported is None:
        error = float(weights.std(ddof=1)) / n**0.5 if n > 1 else 0.0
        unsupported = max(0.0, 1.0 - mean - 2 * error)  # a mean below 1 by chance is not a lack
    return Support(n, effective, float(weights.max()), mean, unsupported)
