"""What the newcomer's report reads: lines of orders as one frame, and what is known of the products."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl

from tsuide.errors import TooFewData
from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.schema import conform
from tsuide.kit.arrays import Int64
from tsuide.kit.money import Money
from tsuide.mining.baskets import Baskets

_CATEGORIES: Final = 2


@dataclass(frozen=True, slots=True)
class Reject:
    """A row of the file that was left out.

    Args:
        line: line of the file, from 1; 0 where it is not known.
    """

    line: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True, eq=False)
class Material:
    """Orders and products as the report reads them.

    Args:
        source: the file's name, as shown.
        lines: order_id, customer_id, placed_at, product_id, quantity, unit_price, amount, cost, currency,
            returned: one row per line of an order that was not cancelled.
        products: a PRODUCTS frame; rows may know no more than id and title.
        rejects: rows that were left out, at least the first of them.
        n_rejects: how many were left out in all.
        zone: IANA name of the zone in which days are counted.
        mapping: (field, column of the file), as the file was understood.
    """

    source: str
    lines: pl.DataFrame
    products: pl.DataFrame
    rejects: tuple[Reject, ...] = ()
    n_rejects: int = 0
    zone: str = "Asia/Tokyo"
    mapping: tuple[tuple[str, str], ...] = ()

    @cached_property
    def currency(self) -> str:
        """The currency of most orders; money of other currencies is left out, never added."""
        counts = self.lines.group_by("currency").agg(pl.col("order_id").n_unique().alias("n"))
        return str(counts.sort(["n", "currency"], descending=[True, False])["currency"][0])

    @cached_property
    def baskets(self) -> Baskets:
        """The orders as baskets, without what is never offered (coupons, postage: products marked hidden).

        An order of nothing else stays, empty: how much more often than by chance two products go together is counted
        among all orders, here as where the shop learns.
        """
        hidden = self.products.filter(pl.col("status") == "hidden")["id"].implode()
        every = Baskets.from_frame(
            self.lines,
            basket="order_id",
            item="product_id",
            customer="customer_id",
            time="placed_at",
            quantity="quantity",
        )
        ids = pl.Series(every.item_ids.ids, dtype=pl.String)
        return every.with_items(~ids.is_in(hidden).to_numpy())

    @cached_property
    def categories(self) -> Baskets | None:
        """The orders as baskets of categories (the narrowest of each product), None where fewer than two are known.

        With few orders a pair of categories can be told long before a pair of products.
        """
        offered = self.products.filter(pl.col("status").fill_null("active") != "hidden")
        known = offered.select("id", pl.col("category").list.last().alias("group")).drop_nulls("group")
        if known["group"].n_unique() < _CATEGORIES or known["group"].n_unique() == len(known):
            return None
        lines = self.lines.join(known, left_on="product_id", right_on="id")
        if lines["group"].n_unique() < _CATEGORIES:
            return None
        return Baskets.from_frame(lines, basket="order_id", item="group", customer="customer_id", time="placed_at")

    @cached_property
    def kinds(self) -> Int64:
        """For each dense item of `baskets` a number of its whole category path, -1 where none; int64 (items,)."""
        path = pl.col("category").list.join("\x1f")
        known = self.products.filter(pl.col("category").list.len() > 0).select(
            "id", (path.rank("dense").cast(pl.Int64) - 1).alias("kind")
        )
        items = pl.DataFrame({"id": self.baskets.item_ids.ids})
        found = items.join(known.unique("id"), on="id", how="left", maintain_order="left")
        return np.asarray(found["kind"].fill_null(-1).to_numpy(), dtype=np.int64)

    @cached_property
    def category_prices(self) -> dict[str, int]:
        """Category → median price of its sold products in `currency`."""
        prices = pl.DataFrame(
            {"id": list(self.prices), "charged": list(self.prices.values())},
            schema={"id": pl.String, "charged": pl.Int64},
        )
        told = (
            self.products.join(prices, on="id")
            .group_by(pl.col("category").list.last().alias("group"))
            .agg(pl.col("charged").median().round().cast(pl.Int64))
            .drop_nulls("group")
        )
        return dict(zip(told["group"], told["charged"], strict=True))

    @cached_property
    def names(self) -> dict[str, str]:
        """Product id → what a person reads; the id where no name is known."""
        known = self.products.filter(pl.col("title").is_not_null() & (pl.col("title").str.strip_chars() != ""))
        return dict(zip(known["id"], known["title"], strict=True))

    def name(self, product_id: str) -> str:
        """What a person reads for a product."""
        return self.names.get(product_id, product_id)

    @cached_property
    def prices(self) -> dict[str, int]:
        """Product id → price of one unit in `currency`: the catalogue's, else the median charged."""
        charged = (
            self.lines.filter((pl.col("currency") == self.currency) & (pl.col("unit_price") > 0))
            .group_by("product_id")
            .agg(pl.col("unit_price").median().round().cast(pl.Int64))
        )
        prices = dict(zip(charged["product_id"], charged["unit_price"], strict=True))
        listed = self.products.filter((pl.col("price") > 0) & (pl.col("currency") == self.currency))
        return prices | dict(zip(listed["id"], listed["price"], strict=True))

    def price(self, product_id: str) -> Money | None:
        """The price of one unit, None where none is known."""
        amount = self.prices.get(product_id)
        return None if amount is None else Money(amount, self.currency)


def material(
    source: str,
    orders: pl.DataFrame,
    order_lines: pl.DataFrame,
    products: pl.DataFrame | None = None,
    *,
    rejects: Sequence[Reject] = (),
    n_rejects: int | None = None,
    zone: str = "Asia/Tokyo",
    mapping: Mapping[str, str] | None = None,
) -> Material:
    """Join facts frames (ORDERS, ORDER_LINES, PRODUCTS) into what the report reads.

    Raises:
        TooFewData: not a single line of an order that was not cancelled.
    """
    placed = orders.filter(pl.col("status") != "cancelled").select(
        pl.col("id").alias("order_id"), "customer_id", "placed_at", "currency"
    )
    lines = order_lines.join(placed, on="order_id").select(
        "order_id",
        "customer_id",
        "placed_at",
        "product_id",
        "quantity",
        "unit_price",
        "amount",
        "cost",
        "currency",
        "returned",
    )
    return from_lines(source, lines, products, rejects=rejects, n_rejects=n_rejects, zone=zone, mapping=mapping)


def from_lines(
    source: str,
    lines: pl.DataFrame,
    products: pl.DataFrame | None = None,
    *,
    rejects: Sequence[Reject] = (),
    n_rejects: int | None = None,
    zone: str = "Asia/Tokyo",
    mapping: Mapping[str, str] | None = None,
) -> Material:
    """As `material`, from a frame that is joined already (a store's purchases).

    Raises:
        TooFewData: the frame is empty.
    """
    if lines.is_empty():
        raise TooFewData(
            "there is no order line to report on", key="file", value=source, way_out="give at least one order"
        )
    catalogue = pl.DataFrame(schema=PRODUCTS) if products is None else conform(products, PRODUCTS)
    return Material(
        source=source,
        lines=lines,
        products=catalogue,
        rejects=tuple(rejects),
        n_rejects=len(rejects) if n_rejects is None else n_rejects,
        zone=zone,
        mapping=tuple((mapping or {}).items()),
    )
