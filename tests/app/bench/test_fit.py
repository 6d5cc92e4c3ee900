"""What models take to learn: each in its own process, with what the demo cannot teach told by name."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from tsuide.app.bench.fit import PEER_TASKS, bench_fit
from tsuide.app.bench.measured import measured
from tsuide.app.models import MODELS
from tsuide.errors import BadValue


def written(folder: Path) -> Path:
    """A hundred orders of twenty products."""
    rows = [(f"o{n}", f"c{n % 9}", f"p{(n * k) % 20}", n, k) for n in range(100) for k in (1, 2, 3)]
    frame = pl.DataFrame(rows, schema=["order_id", "customer_id", "product_id", "day", "line"], orient="row")
    at = pl.lit(datetime(2026, 1, 1, tzinfo=UTC)) + pl.duration(days=pl.col("day"))
    purchases = frame.select(
        "order_id", "customer_id", "product_id", "line", at.alias("placed_at"), quantity=1.0, unit_price=100,
        amount=100, discount=0, cost=50, currency=pl.lit("JPY"), gift=False, returned=0.0,
    )  # fmt: skip
    purchases.write_parquet(folder / "purchases.parquet")
    products = [(f"p{n}", f"Tea {n}", ["tea"], 100, "JPY") for n in range(20)]
    pl.DataFrame(products, schema=["id", "title", "category", "price", "currency"], orient="row").write_parquet(
        folder / "products.parquet"
    )
    return folder


def test_a_model_is_measured_and_one_without_data_says_why(tmp_path: Path) -> None:
    folder = written(tmp_path)
    found, refused = (
        measured("tsuide.app.bench.fit:model", folder, {"name": name, "tune": False, "seed": 0}, repeats=1)
        for name in ("bundles", "sessions")
    )
    assert found["left_out"] is None
    assert found["cpu_seconds"] > 0
    assert "views" in refused["left_out"]


def test_an_unknown_model_is_refused_by_name() -> None:
    with pytest.raises(BadValue, match="ghost"):
        bench_fit(models=["ghost"])


def test_every_peer_stands_beside_a_model_that_there_is() -> None:
    assert set(PEER_TASKS) <= {model.name for model in MODELS}
