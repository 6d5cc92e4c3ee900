"""Winsorising: a few customers' extremes pulled in to a stated bound, so that one large order does not decide.

Estimand: the difference of *winsorised* means; where that differs from the plain one, both are shown. The bounds are
quantiles over both arms together (blind to the arm), .1 % and 99.9 % by default, and are stated with how many were cut.
Source: Dixon, "Simplified estimation from censored normal samples", Annals of Mathematical Statistics 31 (1960).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from tsuide.errors import BadValue
from tsuide.kit.arrays import Float64

SHARE: Final = 0.001


@dataclass(frozen=True, slots=True)
class Bounds:
    """What was done.

    Args:
        low, high: the bounds, in the metric's unit.
        cut: customers that were pulled in.
        share: at each end.
    """

    low: float
    high: float
    cut: int
    share: float

    def plain(self) -> dict[str, float | None]:
        """As JSON."""
        return {"low": self.low, "high": self.high, "cut": self.cut, "share": self.share}


def winsorised(treated: Float64, control: Float64, *, share: float = SHARE) -> tuple[Float64, Float64, Bounds]:
    """Both arms, pulled in to common bounds.

    Args:
        treated: one number per customer; float64 (customers,).
        control: the same of the other arm.
        share: quantile at each end, 0 … below a half.

    Raises:
        BadValue: another share.

    >>> one, other, bounds = winsorised(np.array([0.0, 1, 2, 100]), np.array([0.0, 1, 2, 3]), share=0.15)
    >>> one.tolist(), bounds.high, bounds.cut
    ([0.0, 1.0, 2.0, 3.0], 3.0, 1)
    """
    if not 0 <= share < 0.5:  # noqa: PLR2004 - the middle
        raise BadValue("must be 0 … below a half", key="share", value=share)
    both = np.concatenate([treated, control])
    low = float(np.quantile(both, share, method="inverted_cdf")) if share else float(both.min())
    high = float(np.quantile(both, 1 - share, method="inverted_cdf")) if share else float(both.max())
    cut = int(((both < low) | (both > high)).sum())
    return np.clip(treated, low, high), np.clip(control, low, high), Bounds(low, high, cut, share)
