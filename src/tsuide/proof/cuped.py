"""CUPED: the same difference with what was known before taken off, so that its interval is narrower.

Estimator: difference of means of y − θ(x − mean x), θ = cov(x, y) / var(x) over both arms together, x a covariate
from before the experiment (spending in as many days before). Interval: Welch's t on the adjusted values.
Assumes: as `difference`; and x was fixed before assignment, so that the arms differ in it by chance only. The
variance falls by corr(x, y)²; a covariate that tells nothing costs next to nothing.
Source: Deng, Xu, Kohavi, Walker, "Improving the sensitivity of online controlled experiments by utilizing
pre-experiment data", WSDM 2013.
"""

import numpy as np

from tsuide.errors import BadArray
from tsuide.kit.arrays import Float64
from tsuide.proof.difference import difference
from tsuide.proof.estimate import LEVEL, Estimate


def cuped(
    treated: Float64, control: Float64, treated_before: Float64, control_before: Float64, *, level: float = LEVEL
) -> Estimate:
    """Difference of means, adjusted by a covariate from before.

    Args:
        treated: one number per customer; float64 (…, customers).
        control: the same of the other arm.
        treated_before: the covariate of the same customers.
        control_before: the same of the other arm.
        level: of the interval.

    Raises:
        BadArray: a covariate of another shape than its outcome.
        TooFewData: fewer than two customers in an arm.

    >>> before = np.array([1.0, 2.0, 3.0, 4.0])
    >>> found = cuped(before + 1.01, before[::-1], before, before[::-1])  # the outcome is what was there before, plus 1
    >>> round(float(found.value), 2), bool(found.error < 1e-9)
    (1.01, True)
    """
    one, other = adjusted(treated, control, treated_before, control_before)
    return difference(one, other, level=level)


def adjusted(
    treated: Float64, control: Float64, treated_before: Float64, control_before: Float64
) -> tuple[Float64, Float64]:
    """Both arms' outcomes with the covariate's part taken off; the mean over both arms stays as it was."""
    for name, values, before in (("treated", treated, treated_before), ("control", control, control_before)):
        if np.shape(values) != np.shape(before):
            raise BadArray("must have the shape of its outcome", key=f"{name}_before", value=np.shape(before))
    x = np.concatenate([treated_before, control_before], axis=-1).astype(np.float64)
    y = np.concatenate([treated, control], axis=-1).astype(np.float64)
    middle = x.mean(axis=-1, keepdims=True)
    away = x - middle
    spread = (away**2).sum(axis=-1, keepdims=True)
    shared = (away * (y - y.mean(axis=-1, keepdims=True))).sum(axis=-1, keepdims=True)
    theta = np.divide(shared, spread, out=np.zeros_like(shared), where=spread > 0)
    return treated - theta * (treated_before - middle), control - theta * (control_before - middle)


def kept_variance(outcome: Float64, before: Float64) -> float:
    """What share of the variance is left after adjustment, 1 − corr², for the planner.

    >>> kept_variance(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0]))
    0.0
    """
    if np.std(outcome) == 0 or np.std(before) == 0:
        return 1.0
    return float(max(0.0, 1.0 - np.corrcoef(outcome, before)[0, 1] ** 2))
