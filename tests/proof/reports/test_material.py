"""What the report counts among: the same orders as the shop that learns."""

import polars as pl

from tsuide.mining.baskets import Baskets
from tsuide.mining.complements import Complements
from tsuide.proof.reports.material import Material

ORDERS = [("o1", "cam"), ("o1", "card"), ("o2", "cam"), ("o2", "card"), ("o3", "cam"), ("o4", "coupon"), ("o5", "tea")]


def material() -> Material:
    """Five orders, one of them of a coupon alone, which is never offered."""
    lines = pl.DataFrame(ORDERS, schema=["order_id", "product_id"], orient="row").with_columns(
        customer_id=pl.lit("c"), placed_at=pl.lit(0), quantity=pl.lit(1)
    )
    status = ["active", "active", "hidden", "active"]
    return Material("orders.csv", lines, pl.DataFrame({"id": ["cam", "card", "coupon", "tea"], "status": status}))


def test_what_is_never_offered_is_no_product_of_the_report() -> None:
    assert material().baskets.item_ids.ids == ["cam", "card", "tea"]


def test_the_report_gives_a_pair_the_lift_that_the_shop_learns() -> None:
    """2 of 5 orders hold both, 3 cam, 2 card: 2 · 5 / (3 · 2) = 1.67 times chance; among four orders it was 1.33."""
    told = Complements(min_count=2).fit(material().baskets, tune=False).frame().row(0, named=True)
    every = Baskets.from_frame(material().lines, basket="order_id", item="product_id")
    learned = Complements(min_count=2).fit(every, tune=False).frame().row(0, named=True)
    assert (round(told["lift"], 2), told["count"]) == (1.67, 2)
    assert told == learned
