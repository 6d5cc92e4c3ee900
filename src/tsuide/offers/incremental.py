"""What offers really add: treated people against those of the holdout, to whom the same would have been shown."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tsuide.errors import BadValue
from tsuide.mining.intervals import wilson


@dataclass(frozen=True, slots=True)
class Incremental:
    """Purchases of what was proposed, among people to whom it was shown and people to whom it would have been.

    Args:
        treated, holdout: people.
        treated_bought, holdout_bought: of them those who bought something proposed, within the window.
    """

    treated: int
    treated_bought: int
    holdout: int
    holdout_bought: int

    def __post_init__(self) -> None:
        if not 0 <= self.treated_bought <= self.treated or not 0 <= self.holdout_bought <= self.holdout:
            raise BadValue("more buyers than people", key="bought", value=(self.treated_bought, self.holdout_bought))

    @property
    def difference(self) -> float:
        """Treated minus holdout share; 0 where one of the two is empty."""
        if not self.treated or not self.holdout:
            return 0.0
        return self.treated_bought / self.treated - self.holdout_bought / self.holdout

    def interval(self) -> tuple[float, float]:
        """95 % interval of the difference (Newcombe 1998, method 10, from Wilson's intervals).

        >>> low, high = Incremental(1000, 60, 1000, 30).interval()
        >>> round(low, 4), round(high, 4)
        (0.0119, 0.0487)
        """
        if not self.treated or not self.holdout:
            return -1.0, 1.0
        one, other = self.treated_bought / self.treated, self.holdout_bought / self.holdout
        (low_1, high_1), (low_2, high_2) = wilson(one, self.treated), wilson(other, self.holdout)
        below = float(np.hypot(one - low_1, high_2 - other))
        above = float(np.hypot(high_1 - one, other - low_2))
        return one - other - below, one - other + above

    @property
    def supported(self) -> bool:
        """Whether the interval excludes zero: else there is nothing to say yet."""
        low, high = self.interval()
        return low > 0 or high < 0

    def plain(self) -> dict[str, Any]:
        """Everything as JSON."""
        low, high = self.interval()
        return {
            "treated": self.treated,
            "treated_bought": self.treated_bought,
            "holdout": self.holdout,
            "holdout_bought": self.holdout_bought,
            "difference": self.difference,
            "low": low,
            "high": high,
            "supported": self.supported,
        }


def share_of(found: Incremental) -> float:
    """What part of purchases would not have come anyway; 1 (nothing taken off) where the holdout does not say.

    >>> share_of(Incremental(1000, 60, 1000, 30)), share_of(Incremental(100, 6, 100, 3))
    (0.5, 1.0)
    """
    if not found.supported or not found.treated_bought:
        return 1.0
    return float(min(max(found.difference / (found.treated_bought / found.treated), 0.0), 1.0))
