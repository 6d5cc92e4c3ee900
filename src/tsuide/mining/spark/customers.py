"""Every customer's baskets side by side on one worker, so that the local models can read them there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsuide.errors import TooFewData
from tsuide.kit.arrays import Bool, Int32, Int64
from tsuide.mining.baskets import Baskets
from tsuide.mining.index import Index
from tsuide.mining.spark.lines import SparkBaskets
from tsuide.mining.spark.rows import changes, whole_groups

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_SLICES: Final = 4096  # of time, among which the one that holds a basket of a given rank is looked for


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Whole customers of one worker.

    Args:
        baskets: theirs, in the order of time; customers numbered from 0 in the order of their ids.
        customers: how many.
        early: whether each basket is among the earlier ones; bool (baskets,).
    """

    baskets: Baskets
    customers: int
    early: Bool


def rows_by_customer(baskets: SparkBaskets, *columns: str) -> "DataFrame":
    """Entries of known customers, customers in stretches of their ids; cached.

    Raises:
        TooFewData: without times or customers.
    """
    if not (baskets.has_time and baskets.has_customers):
        raise TooFewData(
            "when who buys what cannot be told",
            key="columns",
            value="without times" if not baskets.has_time else "without customers",
            way_out="name the columns with the customer and the time",
        )
    rows = baskets.entries.select("customer", "time", "basket", "item", *columns).where("customer is not null")
    spread = rows.repartitionByRange("customer").sortWithinPartitions("customer", "time", "basket", "item")
    return spread.persist()


def pieces(batches: Iterable[Any], item_ids: Index) -> Iterator[Piece]:
    """The baskets of whole customers, as many at a time as fit.

    Args:
        batches: of `rows_by_customer`, with a column early.
        item_ids: dense item ↔ id of the whole shop.
    """
    for piece in whole_groups(batches, "customer"):
        table = piece.table
        new_basket = changes(table.column("customer")) | changes(table.column("basket"))
        begin = np.flatnonzero(new_basket)
        owner = (np.searchsorted(piece.begin, begin, side="right") - 1).astype(np.int32)
        time = piece.column("time")[begin]
        order = np.argsort(time, kind="stable")
        items_of, entry = _picked(np.append(begin, len(table)), order)
        yield Piece(
            Baskets.from_arrays(
                items_of,
                piece.column("item")[entry].astype(np.int32),
                item_ids=item_ids,
                customer=owner[order],
                time=time[order],
            ),
            len(piece.begin) - 1,
            np.asarray(table.column("early").to_numpy()[begin][order], dtype=np.bool_),
        )


def _picked(begin: Int64, rows: Int64) -> tuple[Int64, Int64]:
    """Rows in another order: where they begin, and which entries they are."""
    size = np.diff(begin)[rows]
    of = np.zeros(len(rows) + 1, np.int64)
    np.cumsum(size, out=of[1:])
    return of, np.repeat(begin[rows] - of[:-1], size) + np.arange(of[-1])


def numbered(n_items: int) -> Index:
    """Ids for `n_items` items that nobody will read."""
    return Baskets.from_arrays([0], [], n_items=n_items).item_ids


def basket_of_rank(entries: "DataFrame", rank: int) -> tuple[int, Any]:
    """(time, id) of the basket that stands at `rank` (from 0) in the order of time, then id.

    Args:
        entries: with basket and time.
        rank: below the number of baskets.
    """
    from pyspark.sql import functions as f

    each = entries.select("basket", "time").distinct()
    low, high = each.agg(f.min("time"), f.max("time")).first()
    width = max(1, (high - low) // _SLICES + 1)
    sliced = each.withColumn("slice", f.expr(f"(time - {low}) div {width}"))
    sizes = sliced.groupBy("slice").count().toArrow()
    order = np.argsort(sizes.column("slice").to_numpy())
    count = sizes.column("count").to_numpy()[order]
    at = int(np.searchsorted(np.cumsum(count), rank, side="right"))
    held = sliced.where(f.col("slice") == int(sizes.column("slice").to_numpy()[order][at]))
    rows = held.orderBy("time", "basket").select("time", "basket").toArrow()
    place = rank - int(count[:at].sum())
    return int(rows.column("time")[place].as_py()), rows.column("basket")[place].as_py()


def degree_of(entries: "DataFrame", n_items: int) -> Int32:
    """Baskets of each item; int32 (items,)."""
    rows = entries.groupBy("item").count().toArrow()
    degree = np.zeros(n_items, np.int32)
    degree[rows.column("item").to_numpy()] = rows.column("count").to_numpy()
    return degree
