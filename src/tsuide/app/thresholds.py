"""What another order threshold (free shipping, or a discount tier) would have met: past orders, as they were.

A what-if, not an effect: nobody's order changes here, while a real threshold also moves what people put into the cart.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, TooFewData
from tsuide.kit.money import RATE_UNIT

_NEAR = 0.2  # below a threshold by at most this share: who might be led there by a filler


def threshold_what_if(
    shop: Shop, *, old: int, new: int, shipping: int, days: int, now: datetime, tell: Callable[..., object]
) -> dict[str, Any]:
    """Orders of the last period on either side of two thresholds.

    Args:
        shop: its orders; those of the shop's currency.
        old: threshold of now, minor units as the customer pays; 0 = there is none (nothing ships free).
        new: the other one, as above.
        shipping: what a parcel costs the shop, minor units.
        days: back from the newest order.
        now: UTC.
        tell: takes (step, done, total).

    Returns:
        `orders` in all, and for those between the two, those at least at the new one, and those a little below it:
        count, revenue and margin ex tax (null where no cost is known); `parcels`: what shipping would have cost more.

    Raises:
        BadValue: a negative amount, or equal thresholds.
        TooFewData: no order in that time.
    """
    for key, value in (("old", old), ("new", new), ("shipping", shipping)):
        if value < 0:
            raise BadValue("must not be negative", key=key, value=value)
    if old == new:
        raise BadValue("must differ from the threshold of now", key="new", value=new)
    tell("read", 0, 2)
    lines = shop.store.facts.purchases().filter(pl.col("currency") == shop.settings.currency, pl.col("placed_at") < now)
    tell("count", 1, 2)
    newest = lines["placed_at"].max()
    if not isinstance(newest, datetime):
        raise TooFewData("there are no orders", key="orders", value=0)
    lines = lines.filter(pl.col("placed_at") > newest - timedelta(days=days))
    rates = shop.store.facts.products().select(product_id="id", rate=pl.when("tax_included").then("tax_rate"))
    lines = lines.join(rates, on="product_id", how="left")
    net = (pl.col("amount") * RATE_UNIT / (RATE_UNIT + pl.col("rate").fill_null(0))).round().cast(pl.Int64)
    known = pl.col("cost").is_not_null()
    orders = lines.group_by("order_id").agg(
        value=pl.col("amount").sum(),
        margin=pl.when(known.all()).then((net - pl.col("cost") * pl.col("quantity")).sum()),
    )
    low, high = sorted((old, new)) if old and new else (max(old, new), None)
    between = pl.col("value") >= low
    if high is not None:
        between &= pl.col("value") < high
    moved = orders.filter(between)
    gained = bool(new) and (not old or new < old)
    reached = orders.filter(pl.col("value") >= new) if new else orders.head(0)
    near = orders.filter(pl.col("value") < new, pl.col("value") >= new * (1 - _NEAR)) if new else orders.head(0)
    return {
        "old": old, "new": new, "shipping": shipping, "days": days, "until": newest.isoformat(),
        "orders": len(orders), "currency": shop.settings.currency, "gained": gained,
        "between": _summed(moved), "reached": _summed(reached), "near": _summed(near), "all": _summed(orders),
        "parcels": len(moved) * shipping * (1 if gained else -1),
        "values": _histogram(orders, old, new),
    }  # fmt: skip


def _summed(orders: pl.DataFrame) -> dict[str, int | None]:
    known = orders["margin"].drop_nulls()
    return {
        "count": len(orders),
        "revenue": int(orders["value"].sum() or 0),
        "margin": int(known.sum()) if len(known) else None,
        "without_cost": len(orders) - len(known),
    }


def _histogram(orders: pl.DataFrame, old: int, new: int) -> list[dict[str, int]]:
    """How many orders came to how much, in twenty even steps up to twice the higher threshold."""
    most = max(old, new) * 2
    width = max(most // 20, 1)
    counted = (
        orders.filter(pl.col("value") >= 0, pl.col("value") < most)
        .group_by((pl.col("value") // width).alias("step")).len().sort("step")
    )  # fmt: skip
    return [
        {"from": int(step) * width, "to": (int(step) + 1) * width, "count": int(n)} for step, n in counted.iter_rows()
    ]
