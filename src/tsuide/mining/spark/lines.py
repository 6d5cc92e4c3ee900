"""Order lines in Parquet as Spark frames: which items lay in one basket, whose it was, and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from tsuide.errors import BadColumns, BadFile, NothingLearned
from tsuide.kit.arrays import Int32, frozen
from tsuide.mining.index import Index

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_WHOLE: Final = {"tinyint", "smallint", "int", "bigint"}


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column is what; as in `Baskets.from_frame`.

    Args:
        basket: the order's id, text or whole number; also the columns below are names.
        item: the product's id.
        customer: whose order it is. An order with lines of several customers goes to the first of their ids.
        time: a timestamp (without zone = UTC) or microseconds.
        quantity: units.
        price: of one unit, minor units.
    """

    basket: str = "order_id"
    item: str = "product_id"
    customer: str | None = "customer_id"
    time: str | None = "placed_at"
    quantity: str | None = None
    price: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SparkBaskets:
    """Baskets × items, each item once per basket, spread over the cluster.

    Args:
        entries: a cached frame, partitioned by basket: basket, item (dense, int), and where given customer (text),
            time (microseconds), the same in all rows of a basket; quantity (sum), price_sum and price_lines.
        item_ids: dense item ↔ id, ascending.
        degree: baskets of each item, int32 (items,).
        n_baskets: all baskets.
        has_customers: whether customers were given.
        has_time: whether times were given.
    """

    entries: "DataFrame"
    item_ids: Index
    degree: Int32
    n_baskets: int
    has_customers: bool
    has_time: bool

    def release(self) -> None:
        """Give the cluster's memory back."""
        self.entries.unpersist()


def read_lines(spark: "SparkSession", paths: Sequence[str], columns: Columns) -> SparkBaskets:
    """Baskets from Parquet files or folders with one row per line.

    Raises:
        BadFile: nothing that can be read stands there.
        BadColumns: a named column is not there, or an id is neither text nor a whole number.
        NothingLearned: there is no line with basket and item.
    """
    from pyspark.errors import AnalysisException
    from pyspark.sql import functions as f

    try:
        table = spark.read.parquet(*paths)
    except AnalysisException as exc:
        raise BadFile("cannot be read as Parquet", key="path", value=list(paths), way_out=str(exc)[:120]) from exc
    lines = _named(table, columns)
    by_basket = lines.repartition("basket").groupBy("basket", "item").agg(*_merged(lines.columns))
    if columns.quantity is not None:
        by_basket = by_basket.where("quantity > 0")  # what was given back was not bought
    entries = _of_basket(by_basket)
    degree = entries.groupBy("item").agg(f.count("*").alias("n")).toArrow()
    if degree.num_rows == 0:
        raise NothingLearned("no line has a basket and an item", key="path", value=list(paths))
    items = pl.DataFrame(pl.from_arrow(degree)).sort("item")
    ids = items["item"]
    dictionary = spark.createDataFrame(
        pl.DataFrame({"item": ids, "place": np.arange(len(ids), dtype=np.int32)}).to_arrow()
    )
    dense = entries.join(f.broadcast(dictionary), "item").drop("item").withColumnRenamed("place", "item").persist()
    return SparkBaskets(
        entries=dense,
        item_ids=Index.of(ids),
        degree=frozen(items["n"].cast(pl.Int32).to_numpy().copy()),
        n_baskets=int(dense.select("basket").distinct().count()),
        has_customers=columns.customer is not None,
        has_time=columns.time is not None,
    )


def _named(table: "DataFrame", columns: Columns) -> "DataFrame":
    """The named columns under our names, lines without basket or item left out."""
    from pyspark.sql import functions as f

    kinds = dict(table.dtypes)
    wanted = {name: getattr(columns, name) for name in ("basket", "item", "customer", "time", "quantity", "price")}
    given = {name: column for name, column in wanted.items() if column is not None}
    absent = [column for column in given.values() if column not in kinds]
    if absent:
        raise BadColumns("the table lacks a column", key="column", value=absent, way_out=f"it has {', '.join(kinds)}")
    for name in ("basket", "item", "customer"):
        if name in given and kinds[given[name]] not in {"string", *_WHOLE}:
            raise BadColumns("an id is text or a whole number", key=given[name], value=kinds[given[name]])
    picked = []
    for name, column in given.items():
        value = f.col(f"`{column}`")
        if name in {"item", "customer"}:
            value = value.cast("string")
        elif name == "time":
            value = _micros(value, kinds[column])
        elif name == "quantity":
            value = f.coalesce(value.cast("double"), f.lit(1.0))
        elif name == "price":
            value = value.cast("bigint")
        picked.append(value.alias(name))
    return table.select(*picked).where("basket is not null and item is not null")


def _micros(value: object, kind: str) -> object:
    from pyspark.sql import functions as f

    if kind in _WHOLE:
        return value.cast("bigint")  # type: ignore[attr-defined]  # a Spark column
    return f.unix_micros(value.cast("timestamp"))  # type: ignore[attr-defined]  # as above


def _merged(names: Sequence[str]) -> list[object]:
    """What becomes of several lines of one item in one basket."""
    from pyspark.sql import functions as f

    known = f.when(f.col("price") >= 0, f.col("price")) if "price" in names else None
    found: list[object] = [f.min(name).alias(name) for name in ("customer", "time") if name in names]
    if "quantity" in names:
        found.append(f.sum("quantity").alias("quantity"))
    if known is not None:
        found += [f.sum(known).alias("price_sum"), f.count(known).alias("price_lines")]
    return found or [f.count("*").alias("lines")]


def _of_basket(entries: "DataFrame") -> "DataFrame":
    """Customer and time of the whole basket on each of its rows: the least of them; without a time it is nobody's."""
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    basket = Window.partitionBy("basket")
    for name in ("customer", "time"):
        if name in entries.columns:
            entries = entries.withColumn(name, f.min(name).over(basket))
    if "time" in entries.columns:
        if "customer" in entries.columns:
            entries = entries.withColumn("customer", f.when(f.col("time").isNotNull(), f.col("customer")))
        entries = entries.withColumn("time", f.coalesce("time", f.lit(0)))
    return entries
