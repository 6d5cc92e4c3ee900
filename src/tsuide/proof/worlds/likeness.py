"""Moments of purchases, the same for simulated and real ones: how much a made-up shop looks like a real one.

- Basket: different products in one order. - Repeat interval: days between two orders of a customer, within the range.
- Price response: slope of ln(units) on ln(price) among products of one category, all categories together: what a
  percent more costs in units between substitutes. (A simulated product keeps its price, so that its own response cannot
  be told.) Assumes: quality does not rise with price; where it does, the slope lies nearer to zero than customers' own.
- Bought again: of lines in the second half of the time whose customer bought in the first half, the share whose
  product, and whose category, that customer bought then.
- Lift of categories: orders with both × orders / (orders with one × orders with the other), over pairs that chance
  alone would bring together five times or more.
"""

from typing import Any, Final

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix

from tsuide.errors import TooFewData
from tsuide.kit.arrays import Float64
from tsuide.proof.worlds.choice import NOTHING
from tsuide.proof.worlds.rollout import Day
from tsuide.proof.worlds.world import World

MOMENTS: Final = (
    "basket_mean", "basket_median", "basket_90", "repeat_days_median", "repeat_days_90", "orders_per_customer",
    "product_again", "category_again", "price_slope", "lift_50", "lift_90", "lift_99", "category_pairs",
)  # fmt: skip
_EXPECTED: Final = 5.0
_FEWEST: Final = 2
_MOST_CATEGORIES: Final = 2_000


def moments(purchases: pl.DataFrame) -> dict[str, float | None]:
    """MOMENTS of purchases; what cannot be told is None.

    Args:
        purchases: order_id, customer_id, day (float, days since anything), product_id, category, quantity, price (of
            one unit): one row per line.

    Raises:
        TooFewData: no order at all.

    >>> rows = [("o1", "a", 0.0, "x"), ("o1", "a", 0.0, "y"), ("o2", "a", 7.0, "x")]
    >>> frame = pl.DataFrame(rows, schema=["order_id", "customer_id", "day", "product_id"], orient="row")
    >>> found = moments(frame.with_columns(category=pl.col("product_id"), quantity=1, price=100))
    >>> found["basket_mean"], found["repeat_days_median"], found["price_slope"]
    (1.5, 7.0, None)
    """
    if purchases.is_empty():
        raise TooFewData("no orders to look at", key="orders", value=0)
    orders = purchases.group_by("order_id").agg(
        size=pl.col("product_id").n_unique(), customer=pl.col("customer_id").first(), day=pl.col("day").min()
    )
    known = orders.filter(pl.col("customer").is_not_null()).sort("customer", "day")
    gaps = known.with_columns(gap=pl.col("day").diff().over("customer"))["gap"].drop_nulls().to_numpy()
    sizes = orders["size"].to_numpy().astype(np.float64)
    lifts = _lifts(purchases)
    return {
        "basket_mean": _told(sizes.mean()),
        "basket_median": _told(np.median(sizes)),
        "basket_90": _told(np.quantile(sizes, 0.9)),
        "repeat_days_median": _told(np.median(gaps)) if len(gaps) else None,
        "repeat_days_90": _told(np.quantile(gaps, 0.9)) if len(gaps) else None,
        "orders_per_customer": _told(len(known) / max(known["customer"].n_unique(), 1)),
        "product_again": _again(purchases, "product_id"),
        "category_again": _again(purchases, "category"),
        "price_slope": _price_slope(purchases),
        **{f"lift_{q}": _told(np.quantile(lifts, q / 100)) if len(lifts) else None for q in (50, 90, 99)},
        "category_pairs": float(len(lifts)),
    }


def _told(value: Any) -> float:  # noqa: ANN401 - a number of numpy's
    return round(float(value), 4)


def _again(purchases: pl.DataFrame, what: str) -> float | None:
    """Share of later lines that were bought before; None where nobody bought in both halves."""
    lines = purchases.select("customer_id", what, "day").drop_nulls()
    middle = (pl.col("day").min() + pl.col("day").max()) / 2
    halves = lines.with_columns(early=pl.col("day") < middle)
    before = halves.filter("early").unique(["customer_id", what])
    later = halves.filter(~pl.col("early")).join(before, on="customer_id", how="semi")
    same = later.join(before, on=["customer_id", what], how="semi")
    return _told(len(same) / len(later)) if len(later) else None


def _price_slope(purchases: pl.DataFrame) -> float | None:
    """Slope of ln(units) on ln(price) within categories; None where no category has products at two prices."""
    products = (
        purchases.filter((pl.col("price") > 0) & pl.col("category").is_not_null())
        .group_by("product_id")
        .agg(units=pl.col("quantity").sum().log(), price=pl.col("price").median().log(), category=pl.first("category"))
        .filter(pl.len().over("category") >= _FEWEST)
    )
    within = products.select(
        x=pl.col("price") - pl.col("price").mean().over("category"),
        y=pl.col("units") - pl.col("units").mean().over("category"),
    )
    x, y = within["x"].to_numpy(), within["y"].to_numpy()
    spread = float(x @ x)
    return _told(float(x @ y) / spread) if spread > 0 else None


def _lifts(purchases: pl.DataFrame) -> Float64:
    """Lift of every pair of categories that chance would bring together often enough."""
    rows = purchases.select("order_id", "category").drop_nulls().unique()
    n = purchases["order_id"].n_unique()
    top = rows["category"].value_counts(sort=True).head(_MOST_CATEGORIES)
    names = dict(zip(top["category"].to_list(), range(len(top)), strict=True))
    if len(names) < _FEWEST:
        return np.empty(0)
    rows = rows.filter(pl.col("category").is_in(list(names)))
    order = rows["order_id"].rank("dense").to_numpy().astype(np.int64) - 1
    category = rows["category"].replace_strict(names, return_dtype=pl.Int64).to_numpy()
    held = csr_matrix((np.ones(len(rows)), (order, category)), shape=(int(order.max()) + 1, len(names)))
    together = (held.T @ held).toarray()
    single = np.diag(together)
    expected = np.outer(single, single) / n
    pairs = np.triu(expected >= _EXPECTED, k=1)
    lifts: Float64 = together[pairs] / expected[pairs]
    return lifts


def purchases_of(world: World, days: list[Day]) -> pl.DataFrame:
    """Simulated orders as `moments` reads purchases; a need is a category."""
    parts = []
    for day in days:
        rows, needs = np.nonzero(day.basket != NOTHING)
        product = day.basket[rows, needs]
        parts.append(
            pl.DataFrame({
                "order_id": rows + day.day * 10_000_000,
                "customer_id": day.who[rows],
                "day": np.full(len(rows), float(day.day)),
                "product_id": product,
                "category": needs,
                "quantity": np.ones(len(rows), np.int64),
                "price": world.price[product],
            })
        )  # fmt: skip
    return pl.concat(parts)
