"""What each customer brought: one pure function from frames to arrays, one number per customer and metric.

Money is ex tax and net of what came back. A customer counts from their own first decision on, for `days` days or until
`now`: both arms alike. The same figures of as many days before are the covariates of CUPED.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import polars as pl

from tsuide.kit.arrays import Float64
from tsuide.kit.money import RATE_UNIT

SUMS: Final = ("revenue", "margin", "orders", "units", "lines", "attached", "returned")
SHARES: Final = ("repeated", "unsubscribed", "complained")
RATIOS: Final[Mapping[str, tuple[str, str]]] = {
    "average_order": ("revenue", "orders"),
    "attach_rate": ("attached", "lines"),
    "return_rate": ("returned", "units"),
    "nps": ("recommends", "answered"),
}
HARMS: Final = ("returned", "unsubscribed", "complained", "return_rate")  # more of it is worse
_REPEATED: Final = 2
_PROMOTER: Final = 9
_DETRACTOR: Final = 6


@dataclass(frozen=True, slots=True, eq=False)
class Metrics:
    """Figures of customers.

    Args:
        customers: ids, in the order of every array.
        values: metric → float64 (customers,): SUMS and SHARES; money in minor units.
        before: the SUMS of as many days before, same shape.
        complete: part of the customers whose window has passed.
        unknown_cost: lines whose cost nobody knows: they count as bringing no margin.
        recorded: metrics of which anything is recorded at all; the others are not to be shown.
    """

    customers: pl.Series
    values: Mapping[str, Float64]
    before: Mapping[str, Float64]
    complete: float
    unknown_cost: int
    recorded: frozenset[str]


def per_customer(
    people: pl.DataFrame,
    lines: pl.DataFrame,
    *,
    days: int,
    now: datetime,
    withdrawals: pl.DataFrame | None = None,
    complaints: pl.DataFrame | None = None,
    scores: pl.DataFrame | None = None,
) -> Metrics:
    """Metrics of customers.

    Args:
        people: customer_id, at (their first decision); one row each.
        lines: of orders that were not cancelled: order_id, customer_id, placed_at, quantity, returned, amount (as
            paid), tax_rate (basis points), tax_included, cost (of one unit, ex tax, or null), attached (bool).
        days: window per customer.
        now: end of what is known.
        withdrawals: customer_id, at of consents taken back; None = not recorded in this shop.
        complaints: customer_id, at; None as before.
        scores: customer_id, at, score (0 … 10, would recommend the shop); each customer's last one in the window
            counts: 9 and 10 as +1, 0 to 6 as −1. None as before.

    >>> from datetime import UTC
    >>> day = datetime(2026, 1, 1, tzinfo=UTC)
    >>> line = {"order_id": "o", "customer_id": "a", "placed_at": day + timedelta(days=1), "quantity": 2, "returned": 1}
    >>> more = {"amount": 2200, "tax_rate": 1000, "tax_included": True, "cost": 400, "attached": True}
    >>> people = pl.DataFrame({"customer_id": ["a", "b"], "at": [day, day]})
    >>> found = per_customer(people, pl.DataFrame([line | more]), days=90, now=day + timedelta(days=91))
    >>> found.values["revenue"].tolist(), found.values["margin"].tolist(), found.values["returned"].tolist()
    ([1000.0, 0.0], [600.0, 0.0], [1.0, 0.0])
    """
    people = people.select("customer_id", start=pl.col("at")).sort("customer_id")
    window = timedelta(days=days)
    worth = _worth(lines).join(people, on="customer_id")
    since = pl.col("placed_at") - pl.col("start")
    after = worth.filter((since >= timedelta(0)) & (since < window) & (pl.col("placed_at") <= now))
    before = worth.filter((since < timedelta(0)) & (since >= -window))
    values = _sums(people, after)
    values["repeated"] = (values["orders"] >= _REPEATED).astype(np.float64)
    for name, told in (("unsubscribed", withdrawals), ("complained", complaints)):
        values[name] = _any_within(people, told, window, now)
    values |= _recommended(people, scores, window, now)
    silent = {"unsubscribed": withdrawals is None, "complained": complaints is None}
    silent["margin"] = worth.height > 0 and worth["cost"].null_count() == worth.height
    names = (*SUMS, *SHARES)
    return Metrics(
        customers=people["customer_id"],
        values=values,
        before=_sums(people, before),
        complete=int((people["start"] + window <= now).sum()) / max(len(people), 1),
        unknown_cost=after["cost"].null_count(),
        recorded=frozenset(name for name in names if not silent.get(name)),
    )


def _recommended(
    people: pl.DataFrame, scores: pl.DataFrame | None, window: timedelta, now: datetime
) -> dict[str, Float64]:
    """Who answered in their window (0 or 1), and +1, 0 or −1 by their last score; both float64 (customers,)."""
    nobody = np.zeros(len(people))
    if scores is None or scores.is_empty():
        return {"recommends": nobody, "answered": nobody}
    since: Any = pl.col("at") - pl.col("start")
    rows = scores.join(people, on="customer_id").filter(
        (since >= timedelta(0)) & (since < window) & (pl.col("at") <= now)
    )
    last = rows.sort("at").group_by("customer_id", maintain_order=True).last()
    sign = (pl.col("score") >= _PROMOTER).cast(pl.Float64) - (pl.col("score") <= _DETRACTOR).cast(pl.Float64)
    told = people.join(last.select("customer_id", recommends=sign, answered=1.0), on="customer_id", how="left",
                       maintain_order="left")  # fmt: skip
    return {name: told[name].fill_null(0.0).to_numpy() for name in ("recommends", "answered")}


def money_after(moments: pl.DataFrame, lines: pl.DataFrame, *, days: int, now: datetime) -> pl.DataFrame:
    """The rows of `moments` with `money`: what the customer brought in the days after, margin where any cost is known.

    Args:
        moments: customer_id, at, and whatever else.
        lines: as `per_customer`.
        days: how long after.
        now: end of what is known.
    """
    worth = _worth(lines)
    money = "revenue" if worth["cost"].null_count() == worth.height else "margin"
    numbered = moments.with_row_index("row")
    since: Any = pl.col("placed_at") - pl.col("at")
    rows = (
        numbered.select("row", "customer_id", "at")
        .join(worth.select("customer_id", "placed_at", money=money), on="customer_id")
        .filter((since >= timedelta(0)) & (since < timedelta(days=days)) & (pl.col("placed_at") <= now))
        .group_by("row")
        .agg(pl.col("money").sum())
    )
    return numbered.join(rows, on="row", how="left").with_columns(pl.col("money").fill_null(0.0)).drop("row")


def _worth(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines with revenue and margin, ex tax and net of what came back, as floats: they are averaged, never paid."""
    kept = pl.col("quantity") - pl.col("returned")
    taxed = pl.when(pl.col("tax_included").fill_null(value=True)).then(pl.col("tax_rate").fill_null(0)).otherwise(0)
    revenue = pl.col("amount") * kept / pl.col("quantity") * RATE_UNIT / (RATE_UNIT + taxed)
    return lines.with_columns(revenue=revenue, kept=kept).with_columns(
        margin=(pl.col("revenue") - pl.col("cost") * pl.col("kept")).fill_null(0.0)
    )


def _sums(people: pl.DataFrame, worth: pl.DataFrame) -> dict[str, Float64]:
    each = worth.group_by("customer_id").agg(
        pl.col("revenue").sum(),
        pl.col("margin").sum(),
        pl.col("order_id").n_unique().alias("orders"),
        pl.col("kept").sum().alias("units"),
        pl.len().alias("lines"),
        pl.col("attached").sum(),
        pl.col("returned").sum(),
    )
    whole = people.join(each, on="customer_id", how="left", maintain_order="left")
    return {name: whole[name].fill_null(0).cast(pl.Float64).to_numpy() for name in SUMS}


def within(people: pl.DataFrame, told: pl.DataFrame, window: timedelta, now: datetime) -> Float64:
    """Whether something was told of each customer in their window: 0 or 1, sorted by customer; float64 (customers,).

    Args:
        people: customer_id, at (their first decision).
        told: customer_id, at.
        window: how long after it counts.
        now: end of what is known.
    """
    return _any_within(people.select("customer_id", start=pl.col("at")).sort("customer_id"), told, window, now)


def _any_within(people: pl.DataFrame, told: pl.DataFrame | None, window: timedelta, now: datetime) -> Float64:
    if told is None or told.is_empty():
        return np.zeros(len(people))
    rows = told.join(people, on="customer_id")
    since: Any = pl.col("at") - pl.col("start")
    rows = rows.filter((since >= timedelta(0)) & (since < window) & (pl.col("at") <= now))
    return people["customer_id"].is_in(rows["customer_id"].unique().to_list()).cast(pl.Float64).to_numpy()
