"""What each rep's sales show, sign by sign: how often, of how many, and which rows.

- ``attach_rate``: of customers whom the rep advised on a day, those who took an offer. High is a skill, not a fault.
- ``instant_yes``: of yeses, those given within a minute of being asked: too fast to read what is confirmed.
- ``slow_yes``: of askings answered or expired, those that were never answered, or later than nine in ten of the shop.
- ``quick_cancel``: of yeses, those whose order was cancelled or sent back whole within two weeks.
- ``dormant``: of services opened two months ago or earlier, those that nobody used since.
- ``after_hours``: of askings, those outside the shop's hours in a burst: three or more within one hour.
"""

from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeAlias, get_args
from zoneinfo import ZoneInfo

import polars as pl

from tsuide.facts.schema import Schema

Sign: TypeAlias = Literal["attach_rate", "instant_yes", "slow_yes", "quick_cancel", "dormant", "after_hours"]
SIGNS: Final[tuple[Sign, ...]] = get_args(Sign)
_MOMENT: Final = pl.Datetime("us", "UTC")
SALES: Final[Schema] = {
    "sale_id": pl.String(),
    "rep_id": pl.String(),
    "customer_id": pl.String(),
    "entered_at": _MOMENT,
    "given_at": _MOMENT,  # of the yes; null = none
    "closed": pl.Boolean(),  # answered, or expired: it does not wait any more
    "undone_at": _MOMENT,  # its order was cancelled or sent back whole; null = it stands
    "used": pl.Boolean(),  # a service: somebody used it since; null = not a service
}
"""One row per offer that a rep entered for a customer."""
ADVISED: Final[Schema] = {"rep_id": pl.String(), "customer_id": pl.String(), "at": _MOMENT, "taken": pl.Boolean()}
"""One row per rep, customer and day; `taken`: at least one offer was."""

INSTANT: Final = timedelta(minutes=1)
QUICK: Final = timedelta(days=14)
DORMANT: Final = timedelta(days=60)
BURST: Final = 3
_BURST_WITHIN: Final = timedelta(hours=1)
OPEN_HOURS: Final = (8, 20)
_SLOW: Final = 0.9
_COLUMNS: Final[Schema] = {
    "rep_id": pl.String(),
    "sign": pl.String(),
    "hits": pl.Int64(),
    "trials": pl.Int64(),
    "rows": pl.List(pl.String()),
}


def signs(sales: pl.DataFrame, advised: pl.DataFrame, *, zone: ZoneInfo, now: datetime) -> pl.DataFrame:
    """rep_id, sign, hits, trials and rows: the sale (or customer and day) behind each hit.

    Args:
        sales: SALES.
        advised: ADVISED.
        zone: the shop's.
        now: UTC.
    """
    given = sales.filter(pl.col("given_at").is_not_null())
    delay: Any = pl.col("given_at") - pl.col("entered_at")
    undone: Any = pl.col("undone_at") - pl.col("given_at")
    services = given.filter(pl.col("used").is_not_null() & (pl.col("given_at") <= now - DORMANT))
    late = given.select(delay.quantile(_SLOW)).item() if len(given) else None
    slow: Any = pl.col("given_at").is_null() if late is None else pl.col("given_at").is_null() | (delay > late)
    day = pl.col("customer_id").fill_null("?") + "@" + pl.col("at").dt.strftime("%Y-%m-%d")
    parts = [
        _counted("attach_rate", advised.with_columns(sale_id=day), pl.col("taken")),
        _counted("instant_yes", given, delay < INSTANT),
        _counted("slow_yes", sales.filter(pl.col("closed")), slow),
        _counted("quick_cancel", given, (undone <= QUICK).fill_null(value=False)),
        _counted("dormant", services, ~pl.col("used")),
        _counted("after_hours", _with_bursts(sales, zone), pl.col("burst")),
    ]
    return pl.concat(parts).sort("rep_id", "sign")


def _counted(sign: Sign, rows: pl.DataFrame, hit: pl.Expr) -> pl.DataFrame:
    found = rows.with_columns(hit=hit).group_by("rep_id").agg(
        sign=pl.lit(sign),
        hits=pl.col("hit").sum().cast(pl.Int64),
        trials=pl.len().cast(pl.Int64),
        rows=pl.col("sale_id").filter(pl.col("hit")).sort(),
    )  # fmt: skip
    return found.select(pl.col(name).cast(kind) for name, kind in _COLUMNS.items())


def _with_bursts(sales: pl.DataFrame, zone: ZoneInfo) -> pl.DataFrame:
    """Sales with `burst`: entered outside the shop's hours, as one of three or more of the rep within an hour."""
    hour = pl.col("entered_at").dt.convert_time_zone(zone.key).dt.hour()
    outside = (hour < OPEN_HOURS[0]) | (hour >= OPEN_HOURS[1])
    rows = sales.with_columns(outside=outside).sort("rep_id", "entered_at")
    late = rows.filter(pl.col("outside"))
    if late.is_empty():
        return rows.with_columns(burst=pl.lit(value=False))
    span = [
        (pl.col("entered_at").shift(n - BURST + 1).over("rep_id") - pl.col("entered_at").shift(n).over("rep_id"))
        for n in range(BURST)
    ]
    near = [(each <= _BURST_WITHIN).fill_null(value=False) for each in span]
    late = late.with_columns(burst=pl.any_horizontal(near)).select("sale_id", "burst")
    return rows.join(late, on="sale_id", how="left").with_columns(pl.col("burst").fill_null(value=False))
