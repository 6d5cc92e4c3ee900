"""The field's impact figures for always-on control groups: acceptance per impression and value per impression.

p = accepts / impressions, SE = √(p(1 − p) / n); value per impression = p × AV with variance p(1 − p) × AV², AV the
average value of an accepted offer; lift = (t − c) / c with SE = (1 / c) √(SE_t² + (t / c)² SE_c²).
Assumes: impressions independent of each other. Several impressions of one customer are not, so that these intervals are
too narrow where few customers see much: the figures per customer (`difference`, `ratio`) are the ones to decide by.
Source: Pega Customer Decision Hub, Impact Analyzer.
"""

from dataclasses import dataclass

import numpy as np

from tsuide.errors import BadValue
from tsuide.proof.estimate import LEVEL, Estimate
from tsuide.proof.moments import Moments
from tsuide.proof.relative import lift_of_moments


@dataclass(frozen=True, slots=True)
class Impressions:
    """What one group saw and took.

    Args:
        shown: impressions.
        accepted: of them.
        value: of what was accepted in all, minor units.
    """

    shown: int
    accepted: int
    value: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.accepted <= self.shown or self.shown < 1:
            raise BadValue("must be 0 … impressions", key="accepted", value=(self.accepted, self.shown))

    def acceptance(self) -> Moments:
        """Of one impression: accepted or not."""
        share = self.accepted / self.shown
        return _moments(self.shown, share, share * (1 - share))

    def worth(self) -> Moments:
        """Of one impression: its value, minor units."""
        average = self.value / self.accepted if self.accepted else 0.0
        share = self.accepted / self.shown
        return _moments(self.shown, share * average, share * (1 - share) * average**2)


def _moments(n: int, mean: float, variance: float) -> Moments:
    return Moments(np.asarray(float(n)), np.asarray(mean), np.asarray(variance))


def acceptance_lift(test: Impressions, control: Impressions, *, level: float = LEVEL) -> Estimate:
    """Relative lift of acceptance.

    >>> found = acceptance_lift(Impressions(1000, 120), Impressions(1000, 100))
    >>> round(float(found.value), 3), round(float(found.error), 4)
    (0.2, 0.1534)
    """
    return lift_of_moments(test.acceptance(), control.acceptance(), level=level)


def value_lift(test: Impressions, control: Impressions, *, level: float = LEVEL) -> Estimate:
    """Relative lift of value per impression.

    >>> round(float(value_lift(Impressions(1000, 100, 60_000), Impressions(1000, 100, 50_000)).value), 3)
    0.2
    """
    return lift_of_moments(test.worth(), control.worth(), level=level)
