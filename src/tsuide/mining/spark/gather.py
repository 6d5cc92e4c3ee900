"""What Spark has read, back on one machine as `Baskets`: for models whose result holds a row per customer anyway.

Replenishment and value are of this kind. Spark reads, makes ids dense, merges doubled lines and sorts; what comes back
takes about 30 bytes a line, and the local model is fitted on it as it stands.
"""

import numpy as np
import polars as pl

from tsuide.kit.arrays import Float32, Int32, Int64, frozen
from tsuide.mining.baskets import Baskets
from tsuide.mining.index import Index
from tsuide.mining.spark.lines import SparkBaskets
from tsuide.mining.spark.rows import changes


def gathered(baskets: SparkBaskets) -> Baskets:
    """The arrays that `Baskets.from_frame` makes of the same lines.

    Args:
        baskets: of `read_lines`.
    """
    from pyspark.sql import functions as f

    entries, given = baskets.entries, set(baskets.entries.columns)
    columns = [name for name in ("customer", "time", "quantity") if name in given]
    picked = entries.select("basket", "item", *columns)
    if "price_sum" in given:
        mean = f.expr("(2 * price_sum + price_lines) div (2 * price_lines)")  # rounded half up
        picked = entries.select("basket", "item", *columns, f.coalesce(mean, f.lit(-1)).alias("price"))
    order = [name for name in ("time", "basket", "item") if name in {"basket", "item", *columns}]
    table = picked.orderBy(*order).toArrow()
    begin = np.flatnonzero(changes(table.column("basket"))) if table.num_rows else np.empty(0, np.int64)
    rows = pl.DataFrame(pl.from_arrow(table))
    n, n_baskets = len(rows), len(begin)
    customer, customer_ids = _customers(rows, begin)
    time: Int64 = np.broadcast_to(np.int64(0), (n_baskets,))
    quantity: Float32 = np.broadcast_to(np.float32(1), (n,))
    price: Int64 = np.broadcast_to(np.int64(-1), (n,))
    return Baskets(
        items_of=frozen(np.append(begin, n).astype(np.int64)),
        item=frozen(rows["item"].to_numpy().astype(np.int32)),
        quantity=frozen(rows["quantity"].to_numpy().astype(np.float32)) if "quantity" in rows.columns else quantity,
        price=frozen(rows["price"].to_numpy().astype(np.int64)) if "price" in rows.columns else price,
        customer=customer,
        time=frozen(rows["time"].to_numpy()[begin]) if "time" in rows.columns else time,
        item_ids=baskets.item_ids,
        customer_ids=customer_ids,
        basket_ids=Index.of(rows["basket"].gather(begin).cast(pl.String)),
        has_time=baskets.has_time,
    )


def _customers(rows: pl.DataFrame, begin: Int64) -> tuple[Int32, Index]:
    """Dense customer of each basket, -1 = not known, and their ids in ascending order."""
    if "customer" not in rows.columns:
        return np.broadcast_to(np.int32(-1), (len(begin),)), Index.of([])
    of_basket = rows["customer"].gather(begin)
    ids = of_basket.drop_nulls().unique().sort()
    codes = of_basket.replace_strict(ids, np.arange(len(ids), dtype=np.int32), default=-1, return_dtype=pl.Int32)
    return frozen(codes.fill_null(-1).to_numpy().astype(np.int32)), Index.of(ids)
