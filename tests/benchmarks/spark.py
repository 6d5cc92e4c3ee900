"""Seconds against lines, on this machine: ``python tests/benchmarks/spark.py local|spark LINES…``.

Prints one JSON object per size: seconds of reading, complements and timing, by the clock and of all processors (this
process, the JVM and its Python workers: what counts where a machine is shared). Orders are generated
(`app.bench.generated`), 60 per customer over a year; ``spark`` runs in local mode on all processors.
"""

import json
import os
import resource
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import polars as pl

from tsuide.app.bench.generated import generated_baskets
from tsuide.mining.baskets import Baskets
from tsuide.mining.complements import Complements
from tsuide.mining.spark.complements import fit_complements
from tsuide.mining.spark.lines import Columns, read_lines
from tsuide.mining.spark.session import spark_session
from tsuide.mining.spark.timing import fit_timing
from tsuide.mining.timing import Timing

YEAR = 365 * 86_400_000_000


def written(lines: int, folder: Path) -> tuple[Path, int]:
    """Generated order lines as Parquet; how many."""
    items_of, item, _ = generated_baskets(lines, seed=0)
    n = len(items_of) - 1
    rng = np.random.default_rng(1)
    customer, time = rng.integers(0, max(40, n // 60), n), rng.integers(0, YEAR, n)
    row = np.repeat(np.arange(n), np.diff(items_of))
    frame = pl.DataFrame(
        {"order_id": row, "product_id": item, "customer_id": customer[row], "placed_at": time[row]}
    ).with_columns(pl.col("placed_at").cast(pl.Datetime("us", "UTC")))
    path = folder / f"{lines}.parquet"
    frame.write_parquet(path, row_group_size=250_000)
    return path, len(frame)


def processor_seconds(seen: dict[int, int]) -> float:
    """Of this process and all that it started (Linux).

    Args:
        seen: process → ticks when last looked at; is kept up to date, since Spark's workers end without a word.
    """
    stats = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            text = (folder / "stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            continue  # it has just ended
        stats[int(folder.name)] = text.rsplit(")", 1)[1].split()
    family = {os.getpid()}
    while more := {pid for pid, each in stats.items() if int(each[1]) in family} - family:
        family |= more
    seen |= {pid: sum(map(int, stats[pid][11:13])) for pid in family}  # user and system
    return sum(seen.values()) / os.sysconf("SC_CLK_TCK")


class Clock:
    """Seconds since the last reading, by the clock and of processors."""

    def __init__(self) -> None:
        self.seen: dict[int, int] = {}
        self.wall, self.cpu = perf_counter(), processor_seconds(self.seen)

    def lap(self) -> list[float]:
        """Seconds by the clock, and of processors."""
        before = self.wall, self.cpu
        self.wall, self.cpu = perf_counter(), processor_seconds(self.seen)
        return [round(self.wall - before[0], 2), round(self.cpu - before[1], 2)]


def on_this_machine(path: Path) -> dict[str, list[float]]:
    """The local models."""
    clock = Clock()
    baskets = Baskets.from_frame(
        pl.read_parquet(path), basket="order_id", item="product_id", customer="customer_id", time="placed_at"
    )
    read = clock.lap()
    Complements(keep=False).fit(baskets, tune=False)
    complements = clock.lap()
    Timing().fit(baskets)
    return {"read": read, "complements": complements, "timing": clock.lap()}


def on_spark(spark: Any, path: Path) -> dict[str, list[float]]:
    """The same on Spark."""
    clock = Clock()
    baskets = read_lines(spark, [str(path)], Columns())
    read = clock.lap()
    fit_complements(baskets)
    complements = clock.lap()
    fit_timing(baskets)
    timing = clock.lap()
    baskets.release()
    return {"read": read, "complements": complements, "timing": timing}


def main() -> None:
    """All sizes asked for, a small one first to warm up."""
    way, *sizes = sys.argv[1:]
    spark = (
        spark_session(settings={"spark.sql.shuffle.partitions": "8", "spark.driver.memory": "4g"})
        if way == "spark"
        else None
    )
    with tempfile.TemporaryDirectory() as folder:
        for position, size in enumerate([100_000, *map(int, sizes)]):
            path, lines = written(size, Path(folder))
            seconds = on_this_machine(path) if spark is None else on_spark(spark, path)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            if position:
                sys.stdout.write(json.dumps({"way": way, "lines": lines, **seconds, "driver_mb": peak}) + "\n")
                sys.stdout.flush()
    if spark is not None:
        spark.stop()


if __name__ == "__main__":
    main()
