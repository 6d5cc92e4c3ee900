"""One Spark for the whole run, started here; tests that need it are skipped with the reason where it cannot start."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tsuide.mining.spark.lines import Columns, SparkBaskets, read_lines
from tsuide.mining.spark.session import missing, spark_session

HOUR = 3_600_000_000


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Spark in local mode on two threads, bound to 127.0.0.1."""
    lacking = missing()
    if lacking:
        pytest.skip(f"no Spark: {lacking}")
    folder = str(tmp_path_factory.mktemp("spark"))
    quick = {
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.adaptive.enabled": "false",  # it plans anew between stages: dear for small data
        "spark.driver.extraJavaOptions": f"-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Dderby.system.home={folder}",
        "spark.local.dir": folder,
        "spark.sql.warehouse.dir": folder,
        "spark.log.level": "ERROR",
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pyspark's own
        session = spark_session("local[2]", settings=quick)
    yield session
    session.stop()


def shop(seed: int = 0, orders: int = 3000) -> pl.DataFrame:
    """Orders of 80 products by 120 people and some strangers: planted pairs, doubled lines, many equal times.

    Some lines have no time, some orders none at all; some things are given back, within an order or as one.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for order in range(orders):
        items = set(rng.zipf(1.4, 6).clip(max=80).tolist())
        items |= ({41, 42} if order % 9 == 0 else set()) | ({51, 52, 53} if order % 7 == 0 else set())
        who = None if order % 31 == 0 else f"c{int(rng.integers(120))}"
        at = int(rng.integers(0, 300 * 24)) * HOUR
        for item in sorted(items):
            when = None if order % 401 == 0 or (order % 53 == 0 and item > 1) else at
            rows.append((f"o{order}", f"p{item}", who, when, -1 if order % 97 == 0 else 1 + item % 3, 100 * item))
        if order % 43 == 0:
            rows.append((f"o{order}", f"p{min(items)}", who, at, -(1 + min(items) % 3), 100))
    names = ["order_id", "product_id", "customer_id", "placed_at", "quantity", "unit_price"]
    frame = pl.DataFrame(rows, schema=names, orient="row")
    frame = frame.with_columns(pl.col("placed_at").cast(pl.Datetime("us", "UTC")))
    return pl.concat([frame, frame[:50]]).sample(fraction=1, shuffle=True, seed=seed)


@pytest.fixture(scope="session")
def lines() -> pl.DataFrame:
    """The shop's order lines."""
    return shop()


@pytest.fixture(scope="session")
def spread(spark: Any, lines: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkBaskets]:
    """The same as Spark reads it, from a folder of two files."""
    folder: Path = tmp_path_factory.mktemp("lines")
    lines[:4000].write_parquet(folder / "a.parquet")
    lines[4000:].write_parquet(folder / "b.parquet")
    baskets = read_lines(spark, [str(folder)], Columns(quantity="quantity", price="unit_price"))
    yield baskets
    baskets.release()
