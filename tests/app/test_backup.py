"""A backup holds one moment of a shop that goes on, is proved by restoring it, and is refused once it was changed."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from tsuide.app.backup import MANIFEST, back_up, backups, check_sums, restore, verify
from tsuide.app.learn import learn
from tsuide.app.segment_keeping import keep_all_segments
from tsuide.app.segments import put_segment
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings, environment
from tsuide.errors import BadFile, Conflict, NotFound, Unavailable
from tsuide.facts.orders import ORDER_LINES, ORDERS
from tsuide.facts.schema import conform
from tsuide.outreach.segments.definition import Segment
from tsuide.store.schema import metadata

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)


@pytest.fixture
def shop(tmp_path: Path, store_url: str, fill_shop: Callable[[Shop], None]) -> Any:
    opened = open_shop(Settings(home=tmp_path / "home", database_url=store_url, language="en"))
    fill_shop(opened)
    learn(opened, now=NOW, seed=0)
    put_segment(opened, Segment("many", {"ja": "多い", "en": "many"}, "order_count > 9"), NOW, confirm=40)
    keep_all_segments(opened, NOW)
    yield opened
    opened.close()


@pytest.fixture
def elsewhere(tmp_path: Path, request: pytest.FixtureRequest, store_url: str) -> Settings:
    """An empty home, and an empty database of the same kind."""
    url = None
    if store_url.startswith("postgresql"):
        url = request.getfixturevalue("empty_postgres")()
    return Settings(home=tmp_path / "elsewhere", database_url=url, language="en")


def rows_of(shop: Shop) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, in an order of its own."""
    with shop.store.record.connect() as connection:
        found = {name: connection.execute(sa.select(table)).all() for name, table in metadata.tables.items()}
    return {name: sorted((tuple(row) for row in rows), key=repr) for name, rows in found.items()}


def order(shop: Shop, n: int) -> None:
    head = {"id": f"new{n}", "customer_id": "c01", "placed_at": NOW, "currency": "JPY", "status": "placed"}
    line = {"order_id": f"new{n}", "line": 1, "product_id": "tea", "quantity": 1, "unit_price": 800, "amount": 800}
    lines = {**line, "cost": 400, "discount": 0, "role": "main", "gift": False, "returned": 0}
    orders = conform(pl.DataFrame([head | {"origin": "import"}]), ORDERS)
    shop.store.facts.write_orders(orders, conform(pl.DataFrame([lines]), ORDER_LINES))


def test_what_is_restored_is_what_was_there_and_goes_on(shop: Shop, elsewhere: Settings, tmp_path: Path) -> None:
    before = rows_of(shop)
    made = back_up(shop, tmp_path / "backups", NOW)
    order(shop, 0)
    restore(made.path, elsewhere)
    with_it = open_shop(elsewhere)
    try:
        assert rows_of(with_it) == before
        order(with_it, 1)  # numbers go on where they were, and triggers hear of it
        keep_all_segments(with_it, NOW + timedelta(seconds=1))
        assert with_it.store.facts.counts()["orders"] == 401
        with with_it.store.record.connect() as connection:
            touched = connection.execute(sa.text("SELECT count(*) FROM segment_sheet WHERE customer_id = 'c01'"))
            assert touched.scalar_one() == 1
    finally:
        with_it.close()


def test_a_backup_of_a_shop_that_takes_orders_holds_one_moment(shop: Shop, elsewhere: Settings, tmp_path: Path) -> None:
    stop = threading.Event()
    written: list[int] = []

    def sell() -> None:
        while not stop.is_set():
            order(shop, len(written))
            written.append(1)

    selling = threading.Thread(target=sell)
    selling.start()
    try:
        while len(written) < 5:
            time.sleep(0.01)
        made = back_up(shop, tmp_path / "backups", NOW)
    finally:
        stop.set()
        selling.join()
    restore(made.path, elsewhere)
    again = open_shop(elsewhere)
    try:
        rows = rows_of(again)
        assert 405 <= len(rows["orders"]) <= 400 + len(written)
        lines = {row[0] for row in rows["order_line"]}
        assert lines == {row[metadata.tables["orders"].columns.keys().index("no")] for row in rows["orders"]}
    finally:
        again.close()


def test_a_backup_is_proved_by_restoring_it(shop: Shop, elsewhere: Settings, tmp_path: Path) -> None:
    made = back_up(shop, tmp_path / "backups", NOW)
    assert verify(made.path, elsewhere.database_url).rows["orders"] == 400


def test_of_many_backups_the_newest_are_kept(empty_shop: Shop, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    for n in range(4):
        back_up(empty_shop, folder, NOW + timedelta(minutes=n), keep=2)
    assert [each.at.minute for each in backups(folder)] == [3, 2]
    with pytest.raises(Conflict):
        back_up(empty_shop, folder, NOW + timedelta(minutes=3))


@pytest.mark.parametrize("harm", ["changed", "missing", "more"])
def test_a_backup_that_was_changed_is_refused_by_its_file(empty_shop: Shop, tmp_path: Path, harm: str) -> None:
    made = back_up(empty_shop, tmp_path / "backups", NOW)
    file = made.path / "store" / "store.sqlite"
    match harm:
        case "changed":
            data = bytearray(file.read_bytes())
            data[5_000] ^= 1
            file.write_bytes(data)
        case "missing":
            file.unlink()
        case _:
            (made.path / "stranger").write_text("x")
    with pytest.raises(BadFile, match="stranger" if harm == "more" else "store.sqlite"):
        check_sums(made.path)
    with pytest.raises(BadFile):
        restore(made.path, Settings(home=tmp_path / "elsewhere"))
    assert not (tmp_path / "elsewhere").exists()


def test_nothing_that_is_there_is_written_over(small_shop: Shop, tmp_path: Path) -> None:
    made = back_up(small_shop, tmp_path / "backups", NOW)
    with pytest.raises(Conflict, match="home"):
        restore(made.path, small_shop.settings)
    with pytest.raises(NotFound):
        restore(tmp_path / "backups" / "tsuide-nowhere", Settings(home=tmp_path / "elsewhere"))


def test_a_folder_that_cannot_be_written_is_said_and_leaves_nothing(empty_shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(Unavailable, match="folder"):
        back_up(empty_shop, tmp_path / "file", NOW)


def test_a_backup_that_was_killed_is_none(small_shop: Shop, tmp_path: Path) -> None:
    learn(small_shop, now=NOW, seed=0)
    folder = tmp_path / "backups"
    command = [sys.executable, "-m", "tsuide", "backup", "make", str(folder)]
    process = subprocess.Popen(command, env=environment(small_shop.settings), stdout=subprocess.DEVNULL)
    while not list(folder.glob("*/store")) and process.poll() is None:
        time.sleep(0.001)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert backups(folder) == [] or (backups(folder)[0].path / MANIFEST).exists()
    back_up(small_shop, folder, datetime.now(UTC))
    check_sums(backups(folder)[0].path)
