"""Timing on Spark: each worker counts its own customers with the local kernels, Spark adds up."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl
import pyarrow as pa

from tsuide.errors import TooFewData, Unavailable
from tsuide.kit.arrays import Float64, Int32, Int64, frozen
from tsuide.mining.complements import Complements
from tsuide.mining.spark.complements import complements_of, fit_complements
from tsuide.mining.spark.customers import Piece, basket_of_rank, degree_of, numbered, pieces, rows_by_customer
from tsuide.mining.spark.lines import SparkBaskets
from tsuide.mining.timeline import Timeline, timeline_of
from tsuide.mining.timing import (
    DAYS,
    FEWEST_CUSTOMERS,
    FEWEST_PAIRS,
    LEARNING_SHARE,
    WIDE,
    FittedTiming,
    Timing,
    counted,
    edges,
    hazards_of,
    likeliest_strength,
    likeliest_temper,
    pair_rows,
    starts_drawn,
)
from tsuide.mining.timing_kernel import count_base, line_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_BINS: Final = len(DAYS) - 1
_PAIRS, _LATER, _EARLY_PAIRS, _BASE, _EARLY_BASE, _WHOLE, _EARLY_WHOLE = range(7)  # what a counted row is about


def fit_timing(
    baskets: SparkBaskets,
    parameters: Timing | None = None,
    *,
    pairs: pl.DataFrame | None = None,
    tune: bool = True,
    seed: int = 0,
) -> FittedTiming:
    """What `Timing(…).fit(baskets, pairs=…, tune=…, seed=…)` finds.

    Args:
        baskets: of `read_lines`, with customers and times.
        parameters: of the local model.
        pairs: columns anchor, item; None: found as the local model finds them.
        tune: learn the strength of the priors from the counts.
        seed: of the starts from which the items' own hazards are counted.

    Raises:
        TooFewData: no times, no customers, or fewer than 30 of them.
        Unavailable: a worker was lost and its customers came back in other stretches; run it again.
    """
    chosen = parameters or Timing()
    rows = rows_by_customer(baskets)
    try:
        return _fitted(baskets, rows, chosen, pairs, tune=tune, seed=seed)
    finally:
        rows.unpersist()


def _fitted(
    baskets: SparkBaskets, rows: "DataFrame", chosen: Timing, pairs: pl.DataFrame | None, *, tune: bool, seed: int
) -> FittedTiming:
    customers = int(rows.select("customer").distinct().count())
    if customers < FEWEST_CUSTOMERS:
        raise TooFewData(
            "too few customers to tell when one purchase follows another",
            key="customers",
            value=customers,
            way_out=f"{FEWEST_CUSTOMERS} are needed",
        )
    n_early = int(baskets.n_baskets * LEARNING_SHARE)
    at, basket = basket_of_rank(baskets.entries, n_early)
    marked, early = _marked(rows, at, basket), _earlier(baskets.entries, at, basket)
    stretches = _stretches(marked)
    found = pairs if pairs is not None else _found(baskets, rows, chosen, customers, int(stretches["owned"].sum()))
    anchor_start, partner = pair_rows(baskets.item_ids, found)
    tuning = tune and len(partner) >= FEWEST_PAIRS
    cut = int(early.agg({"time": "max"}).first()[0] or 0) + 1 if tuning else None
    starts = _Starts.drawn_from(stretches, customers, seed)
    counts = _Counts.of(marked, starts, (anchor_start, partner), len(baskets.item_ids), cut)
    share = baskets.degree / max(1, baskets.n_baskets)
    fitted = FittedTiming(
        item_ids=baskets.item_ids,
        anchor_start=frozen(anchor_start),
        partner=frozen(partner),
        bought=frozen(counts.bought(_PAIRS, len(partner)).astype(np.int32)),
        visits=frozen(counts.visits(_PAIRS, len(partner)).astype(np.int32)),
        hazard=frozen(counts.hazards(_BASE, _WHOLE, share)),
        strength=chosen.strength,
    )
    if not tuning:
        return fitted
    early_share = degree_of(early, len(baskets.item_ids)) / max(1, n_early)
    known = replace(
        fitted,
        bought=frozen(counts.bought(_EARLY_PAIRS, len(partner)).astype(np.int32)),
        visits=frozen(counts.visits(_EARLY_PAIRS, len(partner)).astype(np.int32)),
        hazard=frozen(counts.hazards(_EARLY_BASE, _EARLY_WHOLE, early_share)),
    )
    later = [each(_LATER, len(partner)).astype(np.int32) for each in (counts.bought, counts.visits)]
    strength = likeliest_strength(known, *later)
    return replace(fitted, strength=strength, temper=likeliest_temper(replace(known, strength=strength), *later))


def _is_early(at: int, basket: object) -> Any:  # noqa: ANN401 - a Spark column
    """Whether a row's basket stands before the one of this time and id."""
    from pyspark.sql import functions as f

    return (f.col("time") < at) | ((f.col("time") == at) & (f.col("basket") < f.lit(basket)))


def _marked(rows: "DataFrame", at: int, basket: object) -> "DataFrame":
    return rows.withColumn("early", _is_early(at, basket))


def _earlier(entries: "DataFrame", at: int, basket: object) -> "DataFrame":
    return entries.where(_is_early(at, basket))


def _found(baskets: SparkBaskets, rows: "DataFrame", chosen: Timing, customers: int, owned: int) -> pl.DataFrame:
    """The pairs that the local model would find."""
    learner = Complements(top=chosen.top, min_count=chosen.min_count)
    together = fit_complements(baskets, learner).frame().filter("significant").select("anchor", "item")
    if owned > WIDE * customers:
        return together
    people = rows.selectExpr("customer as basket", "item").distinct()
    degree = degree_of(people, len(baskets.item_ids))
    by_person = complements_of(people, baskets.item_ids, frozen(degree), customers, learner)
    return pl.concat([together, by_person.frame().filter("significant").select("anchor", "item")])


def _stretches(rows: "DataFrame") -> pl.DataFrame:
    """(customer, item)s that each partition holds: part, owned, owned_early; ascending by part."""
    from pyspark.sql import functions as f

    pairs = rows.groupBy(f.spark_partition_id().alias("part"), "customer", "item").agg(f.max("early").alias("early"))
    sums = pairs.groupBy("part").agg(
        f.count("*").alias("owned"), f.sum(f.col("early").cast("bigint")).alias("owned_early")
    )
    return pl.DataFrame(pl.from_arrow(sums.toArrow())).sort("part")


@dataclass(frozen=True, slots=True, eq=False)
class _Starts:
    """Which (customer, item)s were drawn as starts: of all baskets, and of the earlier ones.

    Args:
        parts: partitions that hold any, ascending.
        before: (customer, item)s in the partitions before each, and in all; int64 (parts + 1, 2).
        drawn: ascending; (of all, of the earlier).
    """

    parts: Int64
    before: Int64
    drawn: tuple[Int64, Int64]

    @classmethod
    def drawn_from(cls, stretches: pl.DataFrame, customers: int, seed: int) -> "_Starts":
        """As the local model draws them."""
        owned = stretches.select("owned", "owned_early").to_numpy()
        before = np.concatenate([np.zeros((1, 2), np.int64), np.cumsum(owned, axis=0)])
        all_of_it, early = before[-1].tolist()
        drawn = (starts_drawn(all_of_it, customers, seed), starts_drawn(early, customers, seed))
        return cls(stretches["part"].to_numpy().astype(np.int64), before, drawn)

    def bounds(self, part: int) -> tuple[Int64, Int64]:
        """Number of the partition's first (customer, item), and that after its last; (2,) each."""
        place = int(np.searchsorted(self.parts, part))
        return self.before[place], self.before[place + 1]


class _Tally:
    """What one worker has counted, changed while it works."""

    def __init__(self, starts: _Starts, part: int, pairs: tuple[Int64, Int32], n_items: int, cut: int | None) -> None:
        self.starts, self.pairs, self.n_items, self.cut = starts, pairs, n_items, cut
        self.at, self.end = (bound.copy() for bound in starts.bounds(part))
        self.bought: dict[int, Int64] = {}
        self.visits: dict[int, Int64] = {}

    def add(self, piece: Piece) -> None:
        """Count some customers."""
        line = timeline_of(piece.baskets)
        self._add(_PAIRS, *counted(line, *self.pairs))
        self._add_base(line, 0)
        early = piece.baskets.select(piece.early)
        if early.n_baskets:
            before = timeline_of(early)
            if self.cut is not None:
                self._add(_EARLY_PAIRS, *counted(before, *self.pairs))
            self._add_base(before, 1)
        if self.cut is not None:
            self._add(_LATER, *counted(line, *self.pairs, after=self.cut))

    def _add(self, kind: int, bought: np.ndarray, visits: np.ndarray) -> None:
        self.bought[kind] = self.bought.get(kind, 0) + bought.astype(np.int64)
        self.visits[kind] = self.visits.get(kind, 0) + visits.astype(np.int64)

    def _add_base(self, line: Timeline, which: int) -> None:
        """Visits since the starts drawn among these (customer, item)s."""
        drawn, first, n = self.starts.drawn[which], self.at[which], len(line.item)
        mine = drawn[np.searchsorted(drawn, first) : np.searchsorted(drawn, first + n)] - first
        self.at[which] += n
        if which == 1 and self.cut is None:
            return
        bought = np.zeros((self.n_items, _BINS), np.int64)
        gone, whole = np.zeros_like(bought), np.zeros(_BINS, np.int64)
        count_base(line_of(line), line.owner[mine], line.first()[mine], edges(), bought, gone, whole)
        self._add((_BASE, _EARLY_BASE)[which], bought, gone)
        self._add((_WHOLE, _EARLY_WHOLE)[which], whole[None], whole[None])

    def rows(self) -> Iterator[Any]:
        """What is not zero, as Arrow batches."""
        if (self.at != self.end).any():
            raise ValueError("a partition holds other customers than when its starts were drawn")
        for kind, bought in self.bought.items():
            visits = self.visits[kind]
            row, column = np.nonzero(bought | visits)
            yield pa.RecordBatch.from_pydict(
                {
                    "kind": np.full(len(row), kind, np.int32),
                    "row": row,
                    "bin": column.astype(np.int32),
                    "bought": bought[row, column],
                    "visits": visits[row, column],
                }
            )


@dataclass(frozen=True, slots=True, eq=False)
class _Counts:
    """Sums over all workers: kind, row, bin, bought, visits."""

    table: pl.DataFrame

    @classmethod
    def of(
        cls, rows: "DataFrame", starts: _Starts, pairs: tuple[Int64, Int32], n_items: int, cut: int | None
    ) -> "_Counts":
        """Count on the workers, add up.

        Raises:
            Unavailable: a worker was lost and its customers came back in other stretches.
        """
        from pyspark.errors import PythonException
        from pyspark.sql import functions as f

        shared = rows.sparkSession.sparkContext.broadcast((starts, pairs))
        parts = rows.mapInArrow(_counter(shared, n_items, cut), "kind int, row long, bin int, bought long, visits long")
        sums = parts.groupBy("kind", "row", "bin").agg(f.sum("bought").alias("bought"), f.sum("visits").alias("visits"))
        try:
            return cls(pl.DataFrame(pl.from_arrow(sums.toArrow())))
        except PythonException as exc:
            if "other customers" not in str(exc):
                raise
            raise Unavailable("a worker was lost while it counted", key="spark", way_out="run it again") from exc

    def bought(self, kind: int, rows: int) -> Int64:
        """Purchases; int64 (rows, bins)."""
        return self._square(kind, rows, "bought")

    def visits(self, kind: int, rows: int) -> Int64:
        """Visits; int64 (rows, bins)."""
        return self._square(kind, rows, "visits")

    def hazards(self, base: int, whole: int, share: Float64) -> Float64:
        """Each item's own hazard; float64 (items, bins)."""
        n = len(share)
        return hazards_of(self.bought(base, n), self.visits(base, n), self.bought(whole, 1)[0], share)

    def _square(self, kind: int, rows: int, column: str) -> Int64:
        part = self.table.filter(pl.col("kind") == kind)
        square = np.zeros((rows, _BINS), np.int64)
        square[part["row"].to_numpy(), part["bin"].to_numpy()] = part[column].to_numpy()
        return square


def _counter(
    shared: Any,  # noqa: ANN401 - a Spark broadcast
    n_items: int,
    cut: int | None,
) -> Callable[[Iterable[Any]], Iterator[Any]]:
    """What a worker does with its partition."""

    def count(batches: Iterable[Any]) -> Iterator[Any]:
        from pyspark import TaskContext

        starts, pairs = shared.value
        tally = None
        ids = numbered(n_items)
        for piece in pieces(batches, ids):
            if tally is None:
                tally = _Tally(starts, TaskContext.get().partitionId(), pairs, n_items, cut)
            tally.add(piece)
        if tally is not None:
            yield from tally.rows()

    return count
