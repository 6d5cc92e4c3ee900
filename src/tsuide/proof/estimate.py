"""What every estimator returns: a value, how far it may be off, and an interval; arrays of any shape, or numbers."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.special import stdtr, stdtrit

from tsuide.kit.arrays import Float64

LEVEL: Final = 0.95


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """One estimate, or many of one shape.

    Args:
        value: what is estimated; float64 (…).
        error: its standard error, same shape.
        low, high: bounds of the interval, same shape.
        p: two-sided p-value of "it is zero", same shape.
    """

    value: Float64
    error: Float64
    low: Float64
    high: Float64
    p: Float64

    @property
    def certain(self) -> Any:  # noqa: ANN401 - bool, or booleans of the shape
        """Whether the interval excludes zero."""
        return (self.low > 0) | (self.high < 0)

    def covers(self, truth: float) -> Any:  # noqa: ANN401 - as above
        """Whether the interval holds the truth."""
        return (self.low <= truth) & (truth <= self.high)

    def plain(self, digits: int = 6) -> dict[str, float | None]:
        """One estimate as JSON; what cannot be told is null.

        >>> interval(np.float64(2.0), np.float64(1.0)).plain(2)
        {'value': 2.0, 'error': 1.0, 'low': 0.04, 'high': 3.96, 'p': 0.05}
        """
        names = ("value", "error", "low", "high", "p")
        return {name: _number(getattr(self, name), digits) for name in names}


def _number(value: Any, digits: int) -> float | None:  # noqa: ANN401 - a float of numpy's
    return round(float(value), digits) if np.isfinite(value) else None


def interval(value: Float64, error: Float64, *, level: float = LEVEL, freedom: Any = np.inf) -> Estimate:  # noqa: ANN401 - number or array
    """Value ± t × error: Student's t with `freedom` degrees, the normal where these are infinite.

    Args:
        value: float64 (…).
        error: standard errors, same shape.
        level: 0 … 1.
        freedom: degrees of freedom, number or same shape.
    """
    large = np.minimum(freedom, 1e12)  # scipy's t takes no infinity here; 1e12 degrees are the normal to 12 digits
    reach = stdtrit(large, (1 + level) / 2) * error
    with np.errstate(divide="ignore", invalid="ignore"):
        score = np.abs(np.asarray(value) / error)
    p = 2 * stdtr(large, -score)
    return Estimate(np.asarray(value), np.asarray(error), value - reach, value + reach, np.asarray(p))
