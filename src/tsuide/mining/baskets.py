"""Orders as arrays: which items lay in one basket, whose it was, and when."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import polars as pl
import pyarrow as pa

from tsuide.errors import BadColumns
from tsuide.kit.arrays import Float32, Int32, Int64, frozen
from tsuide.mining.index import Index

Table: TypeAlias = (
    "pl.DataFrame | pl.LazyFrame | pa.Table | Any"  # Any: a pandas frame, which is not a dependency
)


@dataclass(frozen=True, slots=True, eq=False)
class Baskets:
    """Baskets × items in compressed rows, each item once per basket.

    Args:
        items_of: items of basket b are `item[items_of[b]:items_of[b + 1]]`; int64 (baskets + 1,).
        item: dense item, ascending within a basket; int32 (entries,).
        quantity: units of the item in the basket, float32 (entries,); 1 where it was not given.
        price: mean price of one unit, minor units, int64 (entries,); -1 = not known.
        customer: dense customer of each basket, int32 (baskets,); -1 = not known.
        time: microseconds since 1970 UTC, int64 (baskets,), ascending; 0 where times were not given.
        item_ids: dense item ↔ id.
        customer_ids: dense customer ↔ id.
        basket_ids: basket ↔ id, in the order of the rows.
        has_time: whether times were given.
    """

    items_of: Int64
    item: Int32
    quantity: Float32
    price: Int64
    customer: Int32
    time: Int64
    item_ids: Index
    customer_ids: Index
    basket_ids: Index
    has_time: bool

    @property
    def n_baskets(self) -> int:
        """Number of baskets."""
        return len(self.items_of) - 1

    @property
    def n_items(self) -> int:
        """Number of distinct items."""
        return len(self.item_ids)

    @property
    def n_customers(self) -> int:
        """Number of distinct customers."""
        return len(self.customer_ids)

    def of(self, basket: int) -> Int32:
        """The items of one basket, ascending."""
        return self.item[self.items_of[basket] : self.items_of[basket + 1]]

    def basket_of_entry(self) -> Int32:
        """For each entry its basket; int32 (entries,)."""
        return np.repeat(np.arange(self.n_baskets, dtype=np.int32), np.diff(self.items_of))

    def count_of_item(self) -> Int64:
        """In how many baskets each item lies; int64 (items,)."""
        return np.bincount(self.item, minlength=self.n_items)

    @classmethod
    def from_frame(
        cls,
        frame: Table,
        *,
        basket: str,
        item: str,
        customer: str | None = None,
        time: str | None = None,
        quantity: str | None = None,
        price: str | None = None,
    ) -> "Baskets":
        """Baskets from a table with one row per line.

        The table is not changed. Rows without basket or item are left out; lines of the same item in one
        basket become one entry with their quantities added. Baskets are ordered by time, then by id.

        Args:
            frame: Polars, pandas or Arrow.
            basket: column with the basket's id; also the columns below are names.
            item: the item's id.
            customer: whose basket it is.
            time: when; a datetime (naive = UTC) or microseconds.
            quantity: units.
            price: of one unit, minor units.

        Raises:
            BadColumns: a named column is not in the table.

        >>> lines = pl.DataFrame({"order": ["o1", "o1", "o2", "o1"], "sku": ["b", "a", "a", "a"]})
        >>> baskets = Baskets.from_frame(lines, basket="order", item="sku")
        >>> [baskets.item_ids.series(baskets.of(b)).to_list() for b in range(baskets.n_baskets)]
        [['a', 'b'], ['a']]
        """
        lines = as_polars(frame)
        wanted = {
            "basket": basket,
            "item": item,
            "customer": customer,
            "time": time,
            "quantity": quantity,
            "price": price,
        }
        missing = [name for name in wanted.values() if name is not None and name not in lines.columns]
        if missing:
            raise BadColumns(
                "the table lacks a column",
                key="column",
                value=missing,
                way_out=f"it has {', '.join(lines.columns)}",
            )
        entries = _entries(lines, wanted)
        return _from_entries(entries, has_time=time is not None)


def as_polars(frame: Table) -> pl.DataFrame:
    """The table as a Polars frame, whatever it was."""
    if isinstance(frame, pl.DataFrame):
        return frame
    if isinstance(frame, pl.LazyFrame):
        return frame.collect()
    if isinstance(frame, pa.Table):
        return pl.DataFrame(pl.from_arrow(frame))
    return pl.DataFrame(pl.from_pandas(frame))


def _entries(lines: pl.DataFrame, wanted: dict[str, str | None]) -> pl.DataFrame:
    """One row per (basket, item); ids as strings, time and price int64."""
    columns = [
        pl.col(wanted["basket"] or "").cast(pl.String).alias("basket"),
        pl.col(wanted["item"] or "").cast(pl.String).alias("item"),
        (pl.col(wanted["customer"]).cast(pl.String) if wanted["customer"] else pl.lit(None, pl.String)).alias(
            "customer"
        ),
        _micros(lines, wanted["time"]).alias("time"),
        (
            pl.col(wanted["quantity"]).cast(pl.Float32) if wanted["quantity"] else pl.lit(1.0, pl.Float32)
        ).alias("quantity"),
        (pl.col(wanted["price"]).cast(pl.Int64) if wanted["price"] else pl.lit(None, pl.Int64)).alias(
            "price"
        ),
    ]
    return (
        lines.lazy()
        .select(columns)
        .drop_nulls(["basket", "item"])
        .group_by("basket", "item")
        .agg(
            pl.col("customer").drop_nulls().first(),
            pl.col("time").min(),
            pl.col("quantity").sum(),
            pl.col("price").mean().round().cast(pl.Int64),
        )
        .collect()
    )


def _micros(lines: pl.DataFrame, column: str | None) -> pl.Expr:
    if column is None:
        return pl.lit(0, pl.Int64)
    if lines.schema[column].is_integer():
        return pl.col(column).cast(pl.Int64)
    return pl.col(column).cast(pl.Datetime("us")).dt.epoch("us")


def _from_entries(entries: pl.DataFrame, *, has_time: bool) -> Baskets:
    baskets = (
        entries.group_by("basket")
        .agg(pl.col("customer").drop_nulls().first(), pl.col("time").min())
        .sort("time", "basket")
        .with_row_index("row")
    )
    items = entries.select(pl.col("item").unique().sort()).with_row_index("dense")
    customers = baskets.select(pl.col("customer").drop_nulls().unique().sort()).with_row_index("dense")
    rows = (
        entries.join(baskets.select("basket", "row"), on="basket")
        .join(items, on="item")
        .select("row", "dense", "quantity", "price")
        .sort("row", "dense")
    )
    counts = np.bincount(rows["row"].to_numpy(), minlength=len(baskets))
    items_of = np.zeros(len(baskets) + 1, dtype=np.int64)
    np.cumsum(counts, out=items_of[1:])
    whose = baskets.join(customers, on="customer", how="left", maintain_order="left")["dense"]
    return Baskets(
        items_of=frozen(items_of),
        item=frozen(rows["dense"].cast(pl.Int32).to_numpy(writable=True)),
        quantity=frozen(rows["quantity"].fill_null(1.0).cast(pl.Float32).to_numpy(writable=True)),
        price=frozen(rows["price"].fill_null(-1).to_numpy(writable=True)),
        customer=frozen(whose.cast(pl.Int32).fill_null(-1).to_numpy(writable=True)),
        time=frozen(baskets["time"].fill_null(0).to_numpy(writable=True)),
        item_ids=Index.of(items["item"]),
        customer_ids=Index.of(customers["customer"]),
        basket_ids=Index.of(baskets["basket"]),
        has_time=has_time,
    )
