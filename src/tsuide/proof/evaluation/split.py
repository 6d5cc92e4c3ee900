"""Past and future of a shop's baskets: what may be learned from, and what it is measured on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from tsuide.errors import BadValue, TooFewData
from tsuide.kit.clock import from_micros, to_micros
from tsuide.mining.baskets import Baskets
from tsuide.mining.history import between

PAST: Final = 0.87  # share of the baskets before the split where no date is given


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Baskets before and from a moment on.

    Args:
        past: to learn and choose from.
        future: only to measure on.
        at: the first moment of the future.
    """

    past: Baskets
    future: Baskets
    at: datetime


def split_at(baskets: Baskets, at: datetime | None = None) -> Split:
    """Cut the baskets in time.

    Args:
        baskets: with times.
        at: the first moment of the future; None = where 87 % of the baskets are past.

    Raises:
        TooFewData: the baskets have no times.
        BadValue: no basket lies before, or none from `at` on.

    >>> import polars as pl
    >>> lines = pl.DataFrame({"order": range(100), "sku": ["a"] * 100, "at": range(100)})
    >>> split = split_at(Baskets.from_frame(lines, basket="order", item="sku", time="at"))
    >>> split.past.n_baskets, split.future.n_baskets
    (87, 13)
    """
    if not baskets.has_time or not baskets.n_baskets:
        raise TooFewData("without order times there is no past and future", way_out="import orders with their times")
    if at is None:
        at = from_micros(int(baskets.time[int(baskets.n_baskets * PAST)]))
    cut = int(np.searchsorted(baskets.time, to_micros(at), side="left"))
    if cut in {0, baskets.n_baskets}:
        first, last = from_micros(int(baskets.time[0])), from_micros(int(baskets.time[-1]))
        raise BadValue(
            "all orders lie on one side of the split",
            key="split",
            value=at.isoformat(),
            way_out=f"the orders run from {first:%Y-%m-%d} to {last:%Y-%m-%d}",
        )
    return Split(between(baskets, 0, cut), between(baskets, cut, baskets.n_baskets), at)
