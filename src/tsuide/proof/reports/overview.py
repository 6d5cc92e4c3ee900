"""The first look at a file: how much there is, from when to when, and what is missing in it."""

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, TypeAlias

import numpy as np
import polars as pl

from tsuide.kit.money import Money
from tsuide.proof.reports.material import Material

Level: TypeAlias = Literal["good", "note", "poor"]

_DAYS_PER_MONTH: Final = 365.2425 / 12
_SHORT_DAYS: Final = 60
_MUCH: Final = 0.5  # a share of gaps from which a section suffers


@dataclass(frozen=True, slots=True)
class Overview:
    """Counts over the whole file.

    Args:
        source: the file's name.
        customers: distinct customers with an id; `returned`: of them, with a second order at another time.
        several: orders with at least two different products.
        first: day of the first order, in the shop's zone; `last`: of the last.
        days: days from first to last, both counted.
        per_month: orders a month of 30.44 days, rounded.
        months: (year-month, orders), every month from first to last.
        order_value: median of the orders' sums in `currency`, None where nothing was paid.
        currency: of most orders.
    """

    source: str
    orders: int
    lines: int
    products: int
    customers: int
    returned: int
    several: int
    first: date
    last: date
    days: int
    per_month: int
    months: tuple[tuple[str, int], ...]
    order_value: Money | None
    currency: str


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at in the data.

    Args:
        code: guests, names, prices, categories, costs, currencies, returns, period, rejects.
        count: how many are concerned; `of`: of how many.
        level: good (nothing missing), note, poor (a section of the report suffers).
    """

    code: str
    count: int
    of: int
    level: Level


def overview(material: Material) -> Overview:
    """Count what the file holds."""
    lines = material.lines
    orders = lines.group_by("order_id").agg(
        pl.col("placed_at").min(),
        pl.col("customer_id").drop_nulls().first(),
        pl.col("amount").filter(pl.col("currency") == material.currency).sum().alias("value"),
    )
    local = orders.select(pl.col("placed_at").dt.convert_time_zone(material.zone)).to_series()
    first, last = local.dt.date().min(), local.dt.date().max()
    assert isinstance(first, date)  # noqa: S101 - narrows: a material has at least one line
    assert isinstance(last, date)  # noqa: S101 - as above
    days = (last - first).days + 1
    visits = orders.drop_nulls("customer_id").group_by("customer_id").agg(pl.col("placed_at").n_unique())
    paid = orders.filter(pl.col("value") > 0)["value"]
    median = int(np.median(paid.to_numpy())) if len(paid) else None
    baskets = material.baskets
    return Overview(
        source=material.source,
        orders=len(orders),
        lines=len(lines),
        products=baskets.n_items,
        customers=len(visits),
        returned=int((visits["placed_at"] > 1).sum()),
        several=int((np.diff(baskets.items_of) > 1).sum()),
        first=first,
        last=last,
        days=days,
        per_month=round(len(orders) / max(days / _DAYS_PER_MONTH, 1)),
        months=_months(local),
        order_value=None if median is None else Money(median, material.currency),
        currency=material.currency,
    )


def _months(local: pl.Series) -> tuple[tuple[str, int], ...]:
    counts = local.dt.truncate("1mo").dt.date().alias("month").to_frame().group_by("month").len().sort("month")
    ends = counts["month"].to_list()
    every = pl.date_range(ends[0], ends[-1], "1mo", eager=True)
    filled = pl.DataFrame({"month": every}).join(counts, on="month", how="left", maintain_order="left").fill_null(0)
    return tuple((f"{month:%Y-%m}", int(count)) for month, count in filled.iter_rows())


def health(material: Material, seen: Overview) -> tuple[Check, ...]:
    """What is missing in the data, and how much of each section rests on what is left."""
    lines = material.lines
    sold = lines.select(pl.col("product_id").unique())
    listed = sold.join(material.products, left_on="product_id", right_on="id", how="left")
    guests = int(lines.filter(pl.col("customer_id").is_null())["order_id"].n_unique())
    unnamed = listed.filter(pl.col("title").is_null()).height
    unpriced = sum(1 for item in sold["product_id"] if item not in material.prices)
    unsorted = listed.filter(pl.col("category").list.len().fill_null(0) == 0).height
    uncosted = lines.filter(pl.col("cost").is_null())["product_id"].n_unique()
    if material.products["cost"].null_count() < material.products.height:
        uncosted = listed.filter(pl.col("cost").is_null()).height
    elsewhere = int(lines.filter(pl.col("currency") != material.currency)["order_id"].n_unique())
    came_back = lines.filter(pl.col("returned") > 0)["order_id"].n_unique()
    short = max(_SHORT_DAYS - seen.days, 0)
    return (
        _check("rejects", material.n_rejects, seen.lines + material.n_rejects, 0.05),
        _check("guests", guests, seen.orders, _MUCH),
        _check("names", unnamed, seen.products, _MUCH),
        _check("prices", unpriced, seen.products, _MUCH),
        _check("categories", unsorted, seen.products, _MUCH),
        _check("costs", uncosted, seen.products, 2.0),
        _check("currencies", elsewhere, seen.orders, _MUCH),
        _check("returns", came_back, seen.orders, 0.1),
        Check("period", seen.days, _SHORT_DAYS, "note" if short else "good"),
    )


def _check(code: str, count: int, of: int, much: float) -> Check:
    if count == 0:
        return Check(code, 0, of, "good")
    return Check(code, count, of, "poor" if count >= much * of else "note")
