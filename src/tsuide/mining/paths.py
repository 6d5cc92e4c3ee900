"""How customers really move: from touch point to purchase to next purchase, how long it takes, where it ends."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np
import polars as pl

from tsuide.kit.arrays import Float64, Int32, Int64, frozen
from tsuide.kit.clock import MICROS_PER_DAY
from tsuide.mining.fitted import brief, taken
from tsuide.mining.index import Index
from tsuide.mining.intervals import wilson
from tsuide.mining.parameters import must_be_number, must_be_whole
from tsuide.mining.tables import Table, as_polars

_COLUMNS: Final = ("customer", "time", "step")


@dataclass(frozen=True, slots=True)
class Paths:
    """Transitions between steps, first order, counted only where the whole window could be observed.

    A step is any label: ``email:click``, ``view:camera``, ``buy:camera``. Repeats of the same step in a row are one.
    From each step the customer either moves on to the next one within the window or stops. A step closer to the
    end of the data than the window is left out, moved on or not: counting only those who were quick enough would
    make the last weeks look faster than they were.

    Args:
        window_days: how long a customer may take to the next step.
        min_count: departures below which a step is not told.

    >>> steps = pl.DataFrame({"customer": ["a", "a", "b"], "time": [0, MICROS_PER_DAY, 0],
    ...                       "step": ["view", "buy", "view"]})
    >>> Paths(window_days=1, min_count=1).fit(steps).frame().select("step", "next", "count", "share").rows()
    [('view', 'buy', 1, 0.5), ('view', None, 1, 0.5)]
    """

    window_days: float = 30.0
    min_count: int = 10

    def __post_init__(self) -> None:
        must_be_number("window_days", self.window_days, above=0)
        must_be_whole("min_count", self.min_count, 1)

    def fit(self, steps: Table) -> "PathMap":
        """Learn from a table of steps.

        Args:
            steps: Polars, pandas or Arrow: customer, time (datetime, naive = UTC, or microseconds), step; rows with
                a null are left out.

        Raises:
            BadColumns: a column is missing.
            BadValue: a window that is not positive.
        """
        departures = self._departures(_ordered(as_polars(steps, columns=_COLUMNS)))
        labels = Index.of(pl.concat([departures["step"], departures["next"].drop_nulls()]).unique().sort())
        counted = (
            departures.group_by("step", "next")
            .agg(
                pl.len().cast(pl.Int64).alias("count"),
                pl.col("days").quantile(0.25).alias("early"),
                pl.col("days").median().alias("median"),
                pl.col("days").quantile(0.75).alias("late"),
                pl.col("back").sum().cast(pl.Int64),
            )
            .filter(pl.col("count").sum().over("step") >= self.min_count)
            .sort("step", "count", "next", descending=[False, True, False], nulls_last=True)
        )
        return PathMap(
            steps=labels,
            source=labels.positions(counted["step"].to_list()),
            target=labels.positions([name if name is not None else "\x00" for name in counted["next"]]),
            count=frozen(counted["count"].to_numpy(writable=True)),
            days=frozen(counted.select("early", "median", "late").fill_null(-1.0).to_numpy().astype(np.float64)),
            back=frozen(counted["back"].to_numpy(writable=True)),
            window_days=self.window_days,
            min_count=self.min_count,
        )

    def _departures(self, ordered: pl.DataFrame) -> pl.DataFrame:
        """One row per step whose whole window was seen: step, next (null = stopped), days, back."""
        window = int(self.window_days * MICROS_PER_DAY)
        end = pl.col("time").max()
        mine = pl.col("customer") == pl.col("customer").shift(-1)
        waited = pl.col("time").shift(-1) - pl.col("time")
        moved = (mine & (waited <= window)).fill_null(value=False)
        following = pl.when(moved).then(pl.col("step").shift(-1))
        first = pl.col("time").min().over("customer", "step")
        return (
            ordered.with_columns(first.alias("first"))
            .with_columns(
                following.alias("next"),
                pl.when(moved).then(waited / MICROS_PER_DAY).alias("days"),
                # back: the next step is one that this customer had already been at
                (moved & (pl.col("first").shift(-1) < pl.col("time"))).fill_null(value=False).alias("back"),
            )
            .filter(pl.col("time") + window <= end)
            .select("step", "next", "days", "back")
        )


def _ordered(steps: pl.DataFrame) -> pl.DataFrame:
    """By customer and time, without repeats of a step in a row: customer, time int64, step."""
    time = pl.col("time")
    micros = time if steps.schema["time"].is_integer() else time.cast(pl.Datetime("us")).dt.epoch("us")
    ordered = (
        steps.select(pl.col("customer").cast(pl.String), micros.cast(pl.Int64), pl.col("step").cast(pl.String))
        .drop_nulls()
        .sort("customer", "time", "step")
    )
    repeats = (pl.col("customer") == pl.col("customer").shift()) & (pl.col("step") == pl.col("step").shift())
    return ordered.filter(~repeats.fill_null(value=False))


@dataclass(frozen=True, slots=True)
class Move:
    """One way on from a step.

    Args:
        step: where to; None = the customer stopped.
        count: departures that went this way.
        share: of all departures from the step.
        low: 95 % interval of the share (Wilson).
        high: the same.
        days: early quartile, median and late quartile of the time it took; None where the customer stopped.
    """

    step: str | None
    count: int
    share: float
    low: float
    high: float
    days: tuple[float, float, float] | None


@dataclass(frozen=True, slots=True, eq=False)
class PathMap:
    """Counted transitions.

    Args:
        steps: dense step ↔ label.
        source: int32 (moves,), ascending.
        target: int32 (moves,); -1 = stopped.
        count: departures, int64 (moves,).
        days: early quartile, median, late quartile in days, float64 (moves, 3); -1 where stopped.
        back: of the departures, those that returned to a step visited before, int64 (moves,).
    """

    name: ClassVar[str] = "paths"
    __repr__ = brief

    steps: Index
    source: Int32
    target: Int32
    count: Int64
    days: Float64
    back: Int64
    window_days: float
    min_count: int

    def next(self, step: str, n: int = 5) -> list[Move]:
        """The n most frequent ways on from a step, most frequent first; empty for a step that is not told."""
        rows = np.flatnonzero(self.source == self.steps.position(step))
        whole = int(self.count[rows].sum())
        return [self._move(row, whole) for row in rows[:n].tolist()]

    def _move(self, row: int, whole: int) -> Move:
        count, target = int(self.count[row]), int(self.target[row])
        low, high = wilson(count / whole, whole)
        days = self.days[row]
        return Move(
            step=self.steps[target] if target >= 0 else None,
            count=count,
            share=count / whole,
            low=low,
            high=high,
            days=(float(days[0]), float(days[1]), float(days[2])) if target >= 0 else None,
        )

    def frame(self) -> pl.DataFrame:
        """step, next (null = stopped), count, share, early, median, late (days)."""
        labels = [*self.steps.ids, None]
        table = pl.DataFrame(
            {
                "step": [labels[place] for place in self.source.tolist()],
                "next": [labels[place] for place in self.target.tolist()],
                "count": self.count,
                "early": self.days[:, 0],
                "median": self.days[:, 1],
                "late": self.days[:, 2],
            },
            schema_overrides={"step": pl.String, "next": pl.String},
        )
        spans = [pl.when(pl.col(name) >= 0).then(pl.col(name)) for name in ("early", "median", "late")]
        share = (pl.col("count") / pl.col("count").sum().over("step")).alias("share")
        return table.select("step", "next", "count", share, *spans)

    def hesitation(self) -> pl.DataFrame:
        """Where customers hesitate: step, departures, stopped (share), back (share), median days; worst first."""
        rows = pl.DataFrame(
            {
                "step": [self.steps[place] for place in self.source.tolist()],
                "stop": np.where(self.target < 0, self.count, 0),
                "back": self.back,
                "count": self.count,
                "days": self.days[:, 1] * self.count * (self.target >= 0),
            },
            schema_overrides={"step": pl.String},
        )
        moved = pl.col("count").sum() - pl.col("stop").sum()
        return (
            rows.group_by("step")
            .agg(
                pl.col("count").sum().alias("departures"),
                (pl.col("stop").sum() / pl.col("count").sum()).alias("stopped"),
                (pl.col("back").sum() / pl.col("count").sum()).alias("back"),
                pl.when(moved > 0).then(pl.col("days").sum() / moved).alias("days"),
            )
            .sort("stopped", "step", descending=[True, False])
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that is large."""
        return {
            **self.steps.arrays("steps"),
            "source": self.source,
            "target": self.target,
            "count": self.count,
            "days": self.days,
            "back": self.back,
        }

    def meta(self) -> dict[str, Any]:
        """The parameters."""
        return {"window_days": self.window_days, "min_count": self.min_count}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Self:
        """The result again.

        Raises:
            BadArray: the arrays do not fit together; named.
        """
        source = taken(arrays, "source", np.int32, (None,))
        moves = len(source)
        return cls(
            steps=Index.from_arrays(arrays, "steps"),
            source=source,
            target=taken(arrays, "target", np.int32, (moves,)),
            count=taken(arrays, "count", np.int64, (moves,)),
            days=taken(arrays, "days", np.float64, (moves, 3)),
            back=taken(arrays, "back", np.int64, (moves,)),
            window_days=meta["window_days"],
            min_count=meta["min_count"],
        )
