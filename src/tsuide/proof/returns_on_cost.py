"""What an initiative earned for what it cost: incremental, with its interval; what merely followed stands beside.

ROI = (incremental margin − cost) / cost. Incremental margin: the difference per customer to those who were not treated,
times the customers who were. The cost is known to the minor unit, so the interval of ROI is that of the margin, moved.
Attributed return = attributed sales / cost: not an effect, and labelled so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tsuide.proof.effect import Effect


@dataclass(frozen=True, slots=True)
class Range:
    """A figure with its 95 % interval; None where it cannot be told."""

    value: float | None = None
    low: float | None = None
    high: float | None = None

    def plain(self, digits: int = 6) -> dict[str, float | None]:
        """As JSON."""
        told = {"value": self.value, "low": self.low, "high": self.high}
        return {name: None if each is None else round(each, digits) for name, each in told.items()}


def total_of(found: Effect, metric: str) -> Range:
    """A metric's incremental total over the treated customers; empty where it is not recorded, or is a ratio."""
    reading = found.readings.get(metric)
    if reading is None or reading.total is None:
        return Range()
    n = found.customers[0]
    return Range(reading.total, float(reading.change.low) * n, float(reading.change.high) * n)


def roi(margin: Range, cost: int) -> Range:
    """Return on what was spent; empty where nothing was, or no margin is known.

    >>> roi(Range(3000.0, 1000.0, 5000.0), 2000).plain(2)
    {'value': 0.5, 'low': -0.5, 'high': 1.5}
    >>> roi(Range(3000.0, 1000.0, 5000.0), 0)
    Range(value=None, low=None, high=None)
    """
    if cost <= 0 or margin.value is None or margin.low is None or margin.high is None:
        return Range()
    return Range(*((each - cost) / cost for each in (margin.value, margin.low, margin.high)))


def share_of(found: Effect) -> Range:
    """Incremental part of the treated customers' sales: what would not have been sold without."""
    reading = found.readings.get("revenue")
    if reading is None or reading.treated <= 0:
        return Range()
    change = reading.change
    return Range(*(float(each) / reading.treated for each in (change.value, change.low, change.high)))


def attributed_beside(summary: Mapping[str, Any], cost: int, sold: int, currency: str | None) -> dict[str, Any]:
    """The attributed summary with its return on cost and its share of sales, which are no effects either.

    Args:
        summary: of `proof.attribution.summary`.
        cost: minor units.
        sold: what the same lines amount to in all, minor units, on the same basis.
        currency: of cost and sold.
    """
    total = summary["amounts"].get(currency, {}).get("total", 0)
    return {
        **summary,
        "sales_per_cost": round(total / cost, 6) if cost > 0 else None,
        "share_of_sales": round(total / sold, 6) if sold > 0 else None,
    }
