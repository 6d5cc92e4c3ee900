"""Relative lift: by what part the treated mean stands above the control's.

Estimator: (t − c) / c. Interval, plain: SE = (1 / c) √(SE_t² + (t / c)² SE_c²) (delta method), normal; log: the ratio
t / c times or over exp(z × SE of its logarithm), which stays above −100 %.
Assumes: as `difference`; a control mean several standard errors above zero, else the lift has no meaning.
Source: Pega Customer Decision Hub, Impact Analyzer (plain); Fieller's problem in Deng et al., KDD 2018 (delta).
"""

from typing import Literal

import numpy as np

from tsuide.kit.arrays import Float64
from tsuide.proof.estimate import LEVEL, Estimate, interval
from tsuide.proof.moments import Moments, moments

Scale = Literal["plain", "log"]


def relative_lift(treated: Float64, control: Float64, *, level: float = LEVEL, scale: Scale = "plain") -> Estimate:
    """(mean of treated − mean of control) / mean of control, customers along the last axis.

    >>> found = relative_lift(np.array([2.0, 4.0]), np.array([1.0, 3.0]))
    >>> round(float(found.value), 3), round(float(found.error), 3)
    (0.5, 0.901)
    """
    return lift_of_moments(moments(treated), moments(control), level=level, scale=scale)


def lift_of_moments(treated: Moments, control: Moments, *, level: float = LEVEL, scale: Scale = "plain") -> Estimate:
    """The same from sufficient statistics; where the control's mean is zero nothing can be told (NaN)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        times = treated.mean / control.mean
        if scale == "log":
            parts = (treated.error / treated.mean) ** 2 + (control.error / control.mean) ** 2
            found = interval(np.log(times), np.sqrt(parts), level=level)
            return Estimate(times - 1, times * found.error, np.exp(found.low) - 1, np.exp(found.high) - 1, found.p)
        error = np.sqrt(treated.error**2 + times**2 * control.error**2) / np.abs(control.mean)
    return interval(times - 1, error, level=level)
