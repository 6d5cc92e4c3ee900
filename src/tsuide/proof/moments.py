"""Sufficient statistics of one arm: all that differences and lifts need to know of its customers."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from tsuide.errors import TooFewData
from tsuide.kit.arrays import Float64

FEWEST: Final = 2


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Of one arm, or of many arms of one shape.

    Args:
        n: customers; number or float64 (…).
        mean: float64 (…).
        variance: of one customer, ddof 1; float64 (…).
    """

    n: Float64
    mean: Float64
    variance: Float64

    @property
    def error(self) -> Float64:
        """Standard error of the mean."""
        found: Float64 = np.sqrt(self.variance / self.n)
        return found


def moments(values: Float64) -> Moments:
    """Of customers along the last axis.

    Args:
        values: one number per customer; float64 (…, customers).

    Raises:
        TooFewData: fewer than two customers.

    >>> found = moments(np.array([1.0, 2.0, 3.0]))
    >>> float(found.mean), float(found.variance), float(found.n)
    (2.0, 1.0, 3.0)
    """
    values = np.asarray(values, np.float64)
    n = values.shape[-1]
    if n < FEWEST:
        raise TooFewData("too few customers in an arm to say anything", key="customers", value=n)
    return Moments(np.asarray(float(n)), values.mean(axis=-1), values.var(axis=-1, ddof=1))


def of_share(yes: float, n: float, *, ddof: int = 0) -> Moments:
    """Of `n` trials with `yes` successes: variance p(1 − p), as the field's formulas have it.

    >>> found = of_share(1396, 3000)
    >>> round(float(found.mean), 4), round(float(found.error), 6)
    (0.4653, 0.009107)
    """
    share = yes / n
    return Moments(np.asarray(float(n)), np.asarray(share), np.asarray(share * (1 - share) * n / (n - ddof)))
