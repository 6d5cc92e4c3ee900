"""Complements on Spark: partial counts by the local sweep, summed by Spark, ranked by the local kernel."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow as pa

from tsuide.kit.arrays import Int32, Int64, frozen
from tsuide.mining import kernels
from tsuide.mining.complements import Complements, FittedComplements, places_of
from tsuide.mining.cooccurrence import Score
from tsuide.mining.index import Index
from tsuide.mining.pairs import NONE_APART
from tsuide.mining.score_choice import CHOICES
from tsuide.mining.significance import P_BINS, eligible_pairs, p_cut
from tsuide.mining.spark.counting import best_of_anchors, pair_blocks
from tsuide.mining.spark.lines import SparkBaskets
from tsuide.mining.spark.rows import whole_groups

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def fit_complements(baskets: SparkBaskets, parameters: Complements | None = None) -> FittedComplements:
    """What `Complements(…, keep=False).fit(baskets, tune=False)` finds.

    Args:
        baskets: of `read_lines`.
        parameters: the score is not tuned here; None in it = asymmetric cosine. `keep` is always False: a result of
            Spark is learned anew, not updated.
    """
    return complements_of(
        baskets.entries.select("basket", "item"), baskets.item_ids, baskets.degree, baskets.n_baskets, parameters
    )


def complements_of(
    entries: "DataFrame", item_ids: Index, degree: Int32, n_baskets: int, parameters: Complements | None = None
) -> FittedComplements:
    """The same for any frame of distinct (basket, item).

    Args:
        entries: basket (of any type), item (dense).
        item_ids: dense item ↔ id, ascending.
        degree: baskets of each item, int32 (items,).
        n_baskets: all baskets.
        parameters: as in `fit_complements`.
    """
    chosen = parameters or Complements()
    score = chosen.score if isinstance(chosen.score, Score) else CHOICES[0]
    chosen = replace(chosen, score=score, keep=False)
    order = places_of(item_ids)
    pairs = _pairs(entries, degree, chosen.min_count).persist()
    try:
        found = int(pairs.count())
        bins = _bins(pairs, degree, n_baskets)
        rows = _best(pairs, degree, n_baskets, order, score, chosen.top)
    finally:
        pairs.unpersist()
    shape = (len(item_ids), chosen.top)
    scores, items, counts = np.zeros(shape), np.full(shape, -1, np.int32), np.zeros(shape, np.int32)
    where = rows["anchor"].to_numpy(), rows["slot"].to_numpy()
    scores[where], items[where], counts[where] = (rows[each].to_numpy() for each in ("score", "item", "count"))
    return FittedComplements(
        item_ids=item_ids,
        degree=degree,
        n_baskets=n_baskets,
        top_item=frozen(items),
        top_count=frozen(counts),
        top_score=frozen(scores),
        counted=found,
        p_cut=p_cut(bins, eligible_pairs(degree, chosen.min_count), chosen.rate),
        parameters=chosen,
        score=score,
        tried=(),
        kept=None,
        order=order,
        apart=NONE_APART,
        ranked=0,
    )


def _pairs(entries: "DataFrame", degree: Int32, min_count: int) -> "DataFrame":
    """Pairs with enough common baskets, once each: key (low · items + high), count."""
    from pyspark.sql import functions as f

    n_items = len(degree)
    spark = entries.sparkSession
    frequent = spark.sparkContext.broadcast(degree >= min_count)

    def partial(batches: Iterable[Any]) -> Iterator[Any]:
        often = frequent.value
        for piece in whole_groups(batches, "basket"):
            item = piece.column("item")
            kept = often[item]  # an item in too few baskets is in no pair that counts
            running = np.zeros(len(item) + 1, np.int64)
            np.cumsum(kept, out=running[1:])
            for keys, counts in pair_blocks(running[piece.begin], item[kept], n_items):
                yield pa.RecordBatch.from_pydict({"key": keys, "count": counts})

    ordered = entries.select("basket", "item").repartition("basket").sortWithinPartitions("basket", "item")
    parts = ordered.mapInArrow(partial, "key long, count long")
    return parts.groupBy("key").agg(f.sum("count").alias("count")).where(f.col("count") >= min_count)


def _bins(pairs: "DataFrame", degree: Int32, n_baskets: int) -> Int64:
    """Histogram of the pairs' p-values; int64 (P_BINS,)."""
    n_items = len(degree)
    shared = pairs.sparkSession.sparkContext.broadcast(degree)

    def partial(batches: Iterable[Any]) -> Iterator[Any]:
        of_item = shared.value
        table = kernels.log_factorials(n_baskets)
        bins = np.zeros(P_BINS, np.int64)
        for batch in batches:
            key, count = (batch.column(each).to_numpy() for each in ("key", "count"))
            one, other = key // n_items, key % n_items
            rarer = of_item[one] <= of_item[other]
            first, second = np.where(rarer, one, other), np.where(rarer, other, one)
            bins += kernels.bin_pairs(
                first.astype(np.int32), second.astype(np.int32), count.astype(np.int32), of_item, n_baskets, table,
                P_BINS,
            )  # fmt: skip
        filled = np.flatnonzero(bins)
        yield pa.RecordBatch.from_pydict({"bin": filled, "n": bins[filled]})

    found = np.zeros(P_BINS, np.int64)
    rows = pairs.mapInArrow(partial, "bin long, n long").toArrow()
    np.add.at(found, rows.column("bin").to_numpy(), rows.column("n").to_numpy())
    return found


def _best(pairs: "DataFrame", degree: Int32, n_baskets: int, order: Int32, score: Score, top: int) -> pl.DataFrame:
    """Every item's best partners: anchor, slot, item, count, score."""
    from pyspark.sql import functions as f

    n_items = len(degree)
    shared = pairs.sparkSession.sparkContext.broadcast((degree, order))

    def ranked(batches: Iterable[Any]) -> Iterator[Any]:
        of_item, places = shared.value
        for piece in whole_groups(batches, "anchor"):
            anchors = piece.column("anchor")[piece.begin[:-1]].astype(np.int32)
            scores, items, counts = best_of_anchors(
                anchors, piece.begin, piece.column("partner").astype(np.int32), piece.column("count").astype(np.int32),
                score, of_item, n_baskets, places, top,
            )  # fmt: skip
            row, slot = np.nonzero(items >= 0)
            found = {"anchor": anchors[row], "slot": slot.astype(np.int32), "item": items[row, slot]}
            yield pa.RecordBatch.from_pydict({**found, "count": counts[row, slot], "score": scores[row, slot]})

    low, high = f.expr(f"key div {n_items}"), f.expr(f"key % {n_items}")
    sides = f.explode(
        f.array(
            f.struct(low.alias("anchor"), high.alias("partner")), f.struct(high.alias("anchor"), low.alias("partner"))
        )
    )
    both = pairs.select(sides.alias("side"), "count").select("side.anchor", "side.partner", "count")
    rows = both.repartition("anchor").sortWithinPartitions("anchor", "partner")
    found = rows.mapInArrow(ranked, "anchor int, slot int, item int, count int, score double").toArrow()
    return pl.DataFrame(pl.from_arrow(found))
