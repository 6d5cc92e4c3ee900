"""Difference of ratio metrics between two arms: revenue per order, attached lines per line.

Estimator: sum(numerator) / sum(denominator) of treated minus the same of control. The customer, not the order, was
assigned, so orders of one customer are not independent; the delta method replaces each customer by
R + (numerator − R × denominator) / mean(denominator), whose mean is R and whose variance is R's.
Interval: Welch's t on these. Assumes: as `difference`; denominators whose mean is well above zero.
Source: Deng, Knoblich, Lu, "Applying the delta method in metric analytics", KDD 2018.
"""

import numpy as np

from tsuide.errors import TooFewData
from tsuide.kit.arrays import Float64
from tsuide.proof.difference import difference
from tsuide.proof.estimate import LEVEL, Estimate


def ratio_difference(
    treated: tuple[Float64, Float64], control: tuple[Float64, Float64], *, level: float = LEVEL
) -> Estimate:
    """Ratio of treated minus ratio of control.

    Args:
        treated: numerator and denominator, one number per customer each; float64 (…, customers).
        control: the same of the other arm.
        level: of the interval.

    Raises:
        TooFewData: an arm whose denominators are all zero.

    >>> one = (np.array([10.0, 30.0]), np.array([1.0, 3.0]))  # 10 per order, whoever buys how often
    >>> other = (np.array([8.0, 16.0]), np.array([1.0, 2.0]))
    >>> found = ratio_difference(one, other)
    >>> float(found.value), float(found.error)
    (2.0, 0.0)
    """
    return difference(linearised(*treated), linearised(*control), level=level)


def linearised(numerator: Float64, denominator: Float64) -> Float64:
    """One number per customer whose mean is the ratio and whose spread is the ratio's.

    Raises:
        TooFewData: all denominators are zero.
    """
    below = denominator.mean(axis=-1, keepdims=True)
    if not np.all(below > 0):
        raise TooFewData("nothing to divide by: no customer of an arm has any", key="denominator", value=0)
    ratio = numerator.mean(axis=-1, keepdims=True) / below
    found: Float64 = ratio + (numerator - ratio * denominator) / below
    return found
