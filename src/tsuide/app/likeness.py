"""Moments of simulated shops beside those of real data: the shop's own orders, or the demo's."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import polars as pl

from tsuide.app.evaluating import Evaluated
from tsuide.proof.worlds.family import Family
from tsuide.proof.worlds.life import born
from tsuide.proof.worlds.likeness import moments, purchases_of
from tsuide.proof.worlds.rollout import roll
from tsuide.proof.worlds.world import draw

_SETTLING: Final = 90  # days before, in which stocks at home find their balance
_DAY: Final = 86_400_000_000


def moments_beside(
    data: Evaluated,
    families: Sequence[Family],
    *,
    days: int,
    seed: int,
    shoppers: float = 1.0,
    tell: Callable[[str], None] = lambda _what: None,
) -> dict[str, Any]:
    """Moments of the real data's last days, and of as many days of one world of each family in silence.

    Args:
        data: real purchases.
        families: each drawn once.
        days: as many of each: intervals depend on how long one looks.
        seed: of the worlds.
        shoppers: how many, as a multiple of the family's own number.
        tell: told of each that is done.
    """
    found: dict[str, Any] = {"days": days, "data": data.source, "real": moments(_real(data, days)), "families": {}}
    tell(data.source)
    for family in families:
        world = draw(replace(family, shoppers=max(round(family.shoppers * shoppers), 20)), seed)
        life = born(world, -_SETTLING, seed)
        roll(world, life, range(-_SETTLING, 0), seed, None)
        told = roll(world, life, range(days), seed, None, keep=True)
        found["families"][family.name] = moments(purchases_of(world, told.days))
        tell(family.name)
    return found


def _real(data: Evaluated, days: int) -> pl.DataFrame:
    last = data.purchases["placed_at"].max()
    rows = data.purchases.filter(pl.col("placed_at") > pl.lit(last) - timedelta(days=days))
    category = data.products.select(product_id="id", category=pl.col("category").list.join(" > "))
    return rows.join(category, on="product_id", how="left").select(
        "order_id",
        "customer_id",
        "product_id",
        "category",
        "quantity",
        day=pl.col("placed_at").dt.epoch("us") / _DAY,
        price=pl.col("amount") / pl.col("quantity"),
    )
