"""The disk fills up under a running shop: it says so, loses nothing answered, and goes on when there is room."""

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.flows.calling import CART, Caller, until

from tsuide.app.keys import create_key
from tsuide.app.limits import Rate
from tsuide.app.wiring import open_shop
from tsuide.config import Settings
from tsuide.mining.snapshot import current_snapshot, open_snapshot

MEGABYTES = 48


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, in memory; only root may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here (needs root): {mounted.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place: Path) -> Path:
    """One file that takes all that is left."""
    ballast = place / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0" * 4_096)
    return ballast


def order_of(number: int) -> dict[str, Any]:
    lines = [{"product_id": "card", "quantity": 1, "unit_price": 3_000}]
    moment = datetime.now(UTC).isoformat()
    return {"id": f"full-{number}", "customer_id": f"c{number % 40:02}", "placed_at": moment, "currency": "JPY",
            "lines": lines}  # fmt: skip


def test_a_full_disk_is_said_loses_nothing_answered_and_is_survived_without_a_person(  # noqa: PLR0915 - one story
    taught_home: Path, small_disk: Path, start_server: Callable[..., Any]
) -> None:
    home = small_disk / "home"
    shutil.copytree(taught_home, home, ignore=shutil.ignore_patterns("*.log"))
    shop = open_shop(Settings(home=home))
    page, _ = create_key(shop, "page", ["storefront"], datetime.now(UTC), Rate(0, 1))
    admin, _ = create_key(shop, "server", ["admin"], datetime.now(UTC), Rate(0, 1))
    learned = current_snapshot(shop.snapshots)
    shop.close()
    server = start_server(home)
    try:
        ask, write = Caller(server.url, page), Caller(server.url, admin)
        orders: list[str] = []
        decisions: list[str] = []
        refused: list[tuple[int, dict[str, Any], dict[str, str]]] = []

        def attempt(number: int) -> None:
            order = order_of(number)
            for kept, (status, told, headers) in (
                (orders, write("/v1/orders", {"orders": [order]})),
                (decisions, ask("/v1/offers", CART | {"anonymous_id": f"v{number}"})),
            ):
                if status == 200:
                    kept.append(order["id"] if kept is orders else told["decision"])
                else:
                    refused.append((status, told, headers))

        for number in range(10):
            attempt(number)
        assert (len(orders), len(decisions), refused) == (10, 10, [])
        ballast = fill(small_disk)
        number = 10
        while len(refused) < 12:
            assert number < 3_000, "the disk is not full"
            attempt(number)
            number += 1
        for status, told, headers in refused:
            assert (status, told["code"], headers["retry-after"]) in {
                (507, "no-room", "5"),
                (503, "unavailable", "5"),  # where the database cannot tell what went wrong with its files
            }, told
        assert any(status == 507 for status, _, _ in refused)
        assert all("make room" in told["way_out"] for status, told, _ in refused if status == 507)
        assert ask("/readyz")[0] == 200
        learner = subprocess.run(
            [sys.executable, "-m", "tsuide", "learn", "--home", str(home), "--json"],
            capture_output=True, check=False, env=os.environ | {"COLUMNS": "300"},
        )  # fmt: skip
        assert learner.returncode == 1
        assert json.loads(learner.stdout)["error"] == "unavailable", learner.stdout
        assert current_snapshot(home / "snapshots") == learned
        assert open_snapshot(home / "snapshots").id == learned
        ballast.unlink()
        before, end = len(refused), time.monotonic() + 60
        while len(refused) > before or not orders[-1].endswith(str(number - 1)):  # nobody restarts anything
            before = len(refused)
            assert time.monotonic() < end, refused[-1]
            attempt(number)
            number += 1
            time.sleep(0.2)
        until(lambda: ask("/readyz")[1]["status"] == "ready")
        assert ask("/v1/offers", CART)[1]["degraded"] is None
    finally:
        server.process.terminate()
        server.process.wait(60)
    shop = open_shop(Settings(home=home))
    assert set(orders) <= set(shop.store.facts.orders()["id"].to_list())
    assert [shop.store.decisions.get(each)["id"] for each in decisions] == decisions
    shop.close()
    with contextlib.closing(sqlite3.connect(home / "store.sqlite")) as whole:
        assert whole.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
