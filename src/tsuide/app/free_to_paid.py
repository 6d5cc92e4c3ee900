"""The figures of free plans that became paid ones, from a shop's own store."""

from datetime import datetime
from typing import Final

import polars as pl

from tsuide.app.wiring import Shop
from tsuide.facts.schema import MOMENT
from tsuide.kit.clock import from_micros
from tsuide.proof.free_to_paid import FreeToPaid, free_to_paid

_SHOWN: Final = pl.Schema({"customer_id": pl.String(), "product_id": pl.String(), "at": MOMENT})


def shop_free_to_paid(shop: Shop, now: datetime) -> FreeToPaid:
    """Everybody who ever took a free plan, up to now.

    Raises:
        Unavailable: the store does not answer.
    """
    outcomes = shop.store.outcomes.between(from_micros(0), now)
    rows = [
        {"customer_id": row["customer_id"], "product_id": row["product_id"], "at": from_micros(row["at"])}
        for row in outcomes
        if row["outcome"] == "shown" and row["customer_id"] is not None
    ]
    purchases = shop.store.facts.purchases().filter(pl.col("placed_at") <= now)
    return free_to_paid(purchases, shop.store.facts.products(), pl.DataFrame(rows, schema=_SHOWN))
