"""Difference of means between two arms.

Estimator: mean(treated) − mean(control). Interval: Welch's t (unequal variances, Satterthwaite's degrees of freedom).
Assumes: customers assigned at random and independent of each other; arms large enough for their means to be normal
(spending is skewed: some hundreds of customers each; winsorise where a few decide). Read once, at the planned end:
who looks earlier uses `sequential`.
Source: Welch, "The generalization of Student's problem when several different population variances are involved",
Biometrika 34 (1947).
"""

import numpy as np

from tsuide.kit.arrays import Float64
from tsuide.proof.estimate import LEVEL, Estimate, interval
from tsuide.proof.moments import Moments, moments


def difference(treated: Float64, control: Float64, *, level: float = LEVEL) -> Estimate:
    """Mean of treated minus mean of control, customers along the last axis.

    Args:
        treated: one number per customer; float64 (…, customers).
        control: the same of the other arm.
        level: of the interval.

    Raises:
        TooFewData: fewer than two customers in an arm.

    >>> found = difference(np.array([3.0, 4.0, 5.0]), np.array([1.0, 2.0, 3.0]))
    >>> round(float(found.value), 3), round(float(found.low), 3), round(float(found.high), 3)
    (2.0, -0.267, 4.267)
    """
    return of_moments(moments(treated), moments(control), level=level)


def of_moments(treated: Moments, control: Moments, *, level: float = LEVEL) -> Estimate:
    """The same from sufficient statistics, of any one shape."""
    a, b = treated.variance / treated.n, control.variance / control.n
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = (a + b) ** 2 / (a**2 / (treated.n - 1) + b**2 / (control.n - 1))
    freedom = np.where(np.isfinite(freedom), freedom, treated.n + control.n - 2)
    return interval(treated.mean - control.mean, np.sqrt(a + b), level=level, freedom=freedom)
