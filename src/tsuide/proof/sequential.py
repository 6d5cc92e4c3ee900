"""Always-valid intervals: an asymptotic confidence sequence, right at every look at once.

Interval: value ± SE √N × √( 2 (Nρ² + 1) / (Nρ)² × log(√(Nρ² + 1) / α) ), N customers in both arms,
ρ² = (−2 log α + log(−2 log α + 1)) / N*, which makes it narrowest near N* customers (the tuning, fixed beforehand).
Assumes: as the estimate that it is laid around; customers enter one after the other; N large (it is asymptotic, and
very wide while N is small). Price: about 1.6 × as wide as the fixed interval. In return it may be looked at, and acted
upon, at any time without raising false alarms.
Source: Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas, "Time-uniform central limit theory and asymptotic confidence
sequences", arXiv 2103.06476, eq. 9 (the boundary), 155 (ρ), 161 (approximation of ρ).
"""

from typing import Any, Final

import numpy as np

from tsuide.errors import BadValue
from tsuide.kit.arrays import Float64
from tsuide.proof.estimate import LEVEL, Estimate

TUNING: Final = 5_000


def always_valid(fixed: Estimate, n: Any, *, level: float = LEVEL, tuning: float = TUNING) -> Estimate:  # noqa: ANN401 - number or array
    """The estimate with always-valid bounds and p-value in place of its fixed ones.

    Args:
        fixed: value and standard error; float64 (…).
        n: customers in both arms; number or same shape.
        level: of the sequence, over all looks together.
        tuning: customers at which the interval is to be narrowest.

    Raises:
        BadValue: a level outside 0 … 1, or a tuning below 1.

    The check value: 1,396 of 3,000 against 2,422 of 3,461, relative lift.

    >>> from tsuide.proof.moments import of_share
    >>> from tsuide.proof.relative import lift_of_moments
    >>> lift = lift_of_moments(of_share(2422, 3461), of_share(1396, 3000))
    >>> found = always_valid(lift, 6461)
    >>> round(float(found.value), 5), round(float(found.low), 5), round(float(found.high), 5)
    (0.50386, 0.40098, 0.60675)
    """
    if not 0 < level < 1:
        raise BadValue("must lie between 0 and 1", key="level", value=level)
    if tuning < 1:
        raise BadValue("must be at least one customer", key="tuning", value=tuning)
    grown = np.asarray(n) * _rho2(1 - level, tuning)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        reach = fixed.error * times(n, level=level, tuning=tuning)
        score = (fixed.value / fixed.error) ** 2
        p = np.minimum(1.0, np.sqrt(grown + 1) * np.exp(-score * grown / (2 * (grown + 1))))
    return Estimate(fixed.value, fixed.error, fixed.value - reach, fixed.value + reach, np.asarray(p))


def times(n: Any, *, level: float = LEVEL, tuning: float = TUNING) -> Float64:  # noqa: ANN401 - number or array
    """How many standard errors the interval reaches to each side, with n customers.

    >>> round(float(times(6461) / 1.96), 2)  # the price of looking whenever one likes
    1.55
    """
    grown = np.asarray(n) * _rho2(1 - level, tuning)
    found: Float64 = np.sqrt(2 * (grown + 1) / grown * np.log(np.sqrt(grown + 1) / (1 - level)))
    return found


def _rho2(alpha: float, tuning: float) -> float:
    return float((-2 * np.log(alpha) + np.log(-2 * np.log(alpha) + 1)) / tuning)
