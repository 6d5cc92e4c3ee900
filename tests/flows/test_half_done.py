"""Imports and learners that are killed in the middle, two learners at once, a snapshot that the disk has spoiled."""

import json
import random
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.flows.calling import CART, Caller, until
from tests.flows.forking import Nursery, kill, lives, wait

from tsuide.app.keys import create_key
from tsuide.app.learn import learn
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.mining.snapshot import current_snapshot, list_snapshots, open_snapshot

ORDERS = 10_000


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    running = Nursery()
    yield running
    running.close()


def of_one_moment(shop: Shop) -> tuple[pl.Series, pl.DataFrame]:
    """Ids of orders, and lines: a database may still commit what it was told by whoever is dead now."""
    facts = shop.store.facts
    while True:
        before = facts.sequence()
        found = facts.orders()["id"], facts.order_lines()
        if facts.sequence() == before:
            return found


def test_an_import_killed_at_any_moment_leaves_no_half_order_and_the_same_file_again_completes_it(
    tmp_path: Path, store_url: str, nursery: Nursery
) -> None:
    file, home = tmp_path / "orders.csv", tmp_path / "home"
    rows = [f"{n},2025-01-{1 + n % 28:02},c{n % 99},p{each},{1 + n % 3},1200" for n in range(ORDERS) for each in (0, 1)]
    file.write_text("\n".join(["order_id,placed_at,customer_id,product_id,quantity,unit_price", *rows]))
    env = {"TSUIDE_HOME": str(home), "TSUIDE_DATABASE_URL": store_url, "TSUIDE_CURRENCY": "JPY"}
    command = ["tsuide", "import", str(file), "--kind", "orders", "--yes", "--json"]
    shop = open_shop(Settings(home=home, database_url=store_url))
    wait(nursery.start(["tsuide", "--version"], tmp_path / "warm.log", env))  # it has imported everything by now
    begun = time.monotonic()
    whole = nursery.start(command, tmp_path / "first.log", env | {"TSUIDE_DATABASE_URL": f"sqlite:///{tmp_path}/a.db"})
    wait(whole)
    takes, dice = time.monotonic() - begun, random.Random(5)  # noqa: S311 - when to kill
    killed = 0
    for share in (0.1, 0.2, 0.3, 0.45, 0.6, 0.8):  # the first import of a machine takes longest: the early ones hit
        pid = nursery.start(command, tmp_path / "import.log", env)
        time.sleep(share * dice.uniform(0.9, 1.1) * takes)
        killed += kill(pid)
        of_orders, lines = of_one_moment(shop)
        of_lines = lines.group_by("order_id").len()
        assert set(of_orders) == set(of_lines["order_id"])  # no order without lines, no line without an order
        assert of_lines.filter(pl.col("len") != 2).is_empty()
    assert killed >= 2, "it was too quick to be killed"
    last = nursery.start(command, tmp_path / "last.log", env)
    wait(last)
    told = json.loads((tmp_path / "last.log").read_text().splitlines()[-1])
    written = told["written"]["orders"]
    assert sum(written.values()) == ORDERS == len(shop.store.facts.orders())
    assert len(shop.store.facts.order_lines()) == 2 * ORDERS
    shop.close()


def test_of_two_learners_at_once_one_learns_and_the_other_says_so(
    taught_home: Path, tmp_path: Path, nursery: Nursery
) -> None:
    home = tmp_path / "home"
    shutil.copytree(taught_home, home, ignore=shutil.ignore_patterns("*.log"))
    before = current_snapshot(home / "snapshots")
    env, logs = {"TSUIDE_HOME": str(home)}, [tmp_path / "one.log", tmp_path / "two.log"]
    for each in [nursery.start(["tsuide", "learn", "--json"], log, env) for log in logs]:
        wait(each)
    told = [log.read_text() for log in logs]
    assert sum("a learner is at work here already" in each for each in told) == 1, told
    assert sum('"snapshot_id"' in each or '"snapshot"' in each for each in told) == 1, told
    assert current_snapshot(home / "snapshots") != before
    assert open_snapshot(home / "snapshots").refused == ()


def spoil(path: Path, how: str) -> None:
    data = bytearray(path.read_bytes())
    if how == "changed":
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    else:
        path.write_bytes(data[: len(data) // 2])


def arrays_of(shop: Shop, snapshot: str) -> set[str]:
    parts = json.loads((shop.snapshots / "manifests" / f"{snapshot}.json").read_text())["parts"]
    return {array["checksum"] for part in parts.values() for array in part["arrays"].values()}


@pytest.mark.parametrize("how", ["changed", "cut short"])
def test_a_server_over_a_spoiled_snapshot_serves_the_one_before_says_so_and_takes_up_the_next(
    taught_home: Path, tmp_path: Path, start_server: Callable[..., Any], how: str
) -> None:
    home = tmp_path / "home"
    shutil.copytree(taught_home, home, ignore=shutil.ignore_patterns("*.log"))
    shop: Shop = open_shop(Settings(home=home))
    key, _ = create_key(shop, "page", ["storefront"], datetime.now(UTC))
    good = current_snapshot(shop.snapshots)
    bad = learn(shop, now=datetime.now(UTC), seed=7).snapshot_id
    assert list_snapshots(shop.snapshots)[:2] == [bad, good]
    own = sorted(arrays_of(shop, bad) - arrays_of(shop, good or ""))
    spoiled = shop.snapshots / "arrays" / f"{own[0]}.npy" if own else shop.snapshots / "manifests" / f"{bad}.json"
    spoil(spoiled, how)
    server = start_server(home)
    try:
        ask = Caller(server.url, key)
        assert ask("/readyz")[1]["snapshot"] == good
        status, told, _ = ask("/v1/offers", CART)
        assert (status, told["degraded"]) == (200, None)
        assert shop.store.decisions.get(told["decision"])["snapshot_id"] == good
        log = "".join(each.read_text() for each in home.glob("server-*.log"))
        assert "a newer snapshot is damaged, an older one serves" in log
        newest = learn(shop, now=datetime.now(UTC), seed=8).snapshot_id
        until(lambda: ask("/readyz")[1]["snapshot"] == newest)  # without a person
    finally:
        server.process.terminate()
        server.process.wait(60)
    shop.close()


def test_a_learner_killed_at_any_moment_leaves_a_whole_snapshot_in_use(
    taught_home: Path, tmp_path: Path, nursery: Nursery
) -> None:
    home = tmp_path / "home"
    shutil.copytree(taught_home, home, ignore=shutil.ignore_patterns("*.log"))
    env, dice = {"TSUIDE_HOME": str(home)}, random.Random(3)  # noqa: S311 - when to kill
    wait(nursery.start(["tsuide", "--version"], tmp_path / "warm.log", env))
    begun = time.monotonic()
    wait(nursery.start(["tsuide", "learn"], tmp_path / "whole.log", env))
    takes = time.monotonic() - begun
    for _ in range(5):
        pid = nursery.start(["tsuide", "learn"], tmp_path / "learn.log", env)
        time.sleep(dice.uniform(0.5, 1.0) * takes)
        if lives(pid):
            kill(pid)
        assert open_snapshot(home / "snapshots").refused == ()
    wait(nursery.start(["tsuide", "learn"], tmp_path / "last.log", env))  # nobody has to remove a lock
    assert open_snapshot(home / "snapshots").number > 1
