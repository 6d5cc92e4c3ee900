"""The write-ahead log stays short, also under load that never pauses, and nothing of it is lost."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tsuide.store.checkpoints import Checkpoints
from tsuide.store.engines import driver_connection

ROWS = 2_000
WIDE = "x" * 1_000
ROW_BYTES = 4 << 10  # in the log: a page for each
PATIENCE_S = 60.0  # a disk may take seconds to sync


def made(folder: Path) -> Path:
    file = folder / "shop.sqlite"
    with closing(driver_connection(file, "trace", 5.0)) as connection:
        connection.execute("CREATE TABLE said (id INTEGER PRIMARY KEY, text TEXT)")
    return file


def write(file: Path, checkpoints: Checkpoints, first: int, rows: int = ROWS) -> None:
    with closing(driver_connection(file, "trace", 5.0)) as connection:
        for row in range(first, first + rows):
            connection.execute("INSERT INTO said VALUES (?, ?)", (row, WIDE))
            checkpoints.wake()


def write_until_short(file: Path, checkpoints: Checkpoints, rows: int) -> int:
    """Write on until the log is a third of all that went through it; how many rows there are then."""
    until = time.monotonic() + PATIENCE_S
    while log_bytes(file) > rows * ROW_BYTES // 3:
        assert time.monotonic() < until, (log_bytes(file), rows * ROW_BYTES)
        write(file, checkpoints, rows)
        rows += ROWS
    return rows


def kept(file: Path) -> list[tuple[int, int]]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute("SELECT count(*), sum(length(text)) FROM said").fetchall()


def log_bytes(file: Path) -> int:
    return file.with_name(file.name + "-wal").stat().st_size


@contextmanager
def readers(file: Path, many: int) -> Iterator[None]:
    """As in a server: at every moment somebody reads."""
    ended = threading.Event()

    def read() -> None:
        with closing(driver_connection(file, "trace", 5.0)) as connection:
            while not ended.is_set():
                connection.execute("BEGIN")
                connection.execute("SELECT max(id) FROM said").fetchall()
                ended.wait(0.001)
                connection.execute("SELECT count(*) FROM said WHERE id < 100").fetchall()
                connection.execute("COMMIT")

    threads = [threading.Thread(target=read) for _ in range(many)]
    for each in threads:
        each.start()
    try:
        yield
    finally:
        ended.set()
        for each in threads:
            each.join()


def test_the_log_stays_short_while_somebody_writes_and_reads_all_the_time(tmp_path: Path) -> None:
    file = made(tmp_path)
    checkpoints = Checkpoints(file, long_bytes=1 << 20, every_s=0.02)
    with readers(file, 3):
        write(file, checkpoints, 0)
        rows = write_until_short(file, checkpoints, ROWS)
    checkpoints.stop()
    assert kept(file) == [(rows, rows * len(WIDE))]


def test_a_log_that_grew_while_somebody_read_for_long_gives_its_room_back_afterwards(tmp_path: Path) -> None:
    file = made(tmp_path)
    checkpoints = Checkpoints(file, long_bytes=1 << 20, every_s=0.02)
    with closing(driver_connection(file, "trace", 5.0)) as long_reader:
        long_reader.execute("BEGIN")
        long_reader.execute("SELECT count(*) FROM said").fetchall()
        write(file, checkpoints, 0, 5 * ROWS)
        assert log_bytes(file) > 5 * ROWS * ROW_BYTES // 2  # what the reader looks at must stay
        assert long_reader.execute("SELECT count(*) FROM said").fetchall() == [(0,)]
        long_reader.execute("COMMIT")
    rows = write_until_short(file, checkpoints, 5 * ROWS)
    checkpoints.stop()
    assert kept(file) == [(rows, rows * len(WIDE))]


def test_checkpoints_of_two_processes_do_not_hinder_each_other(tmp_path: Path) -> None:
    file = made(tmp_path)
    both = [Checkpoints(file, long_bytes=1 << 20, every_s=0.02) for _ in range(2)]
    with readers(file, 2):
        threads = [threading.Thread(target=write, args=(file, each, n * ROWS)) for n, each in enumerate(both)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        rows = write_until_short(file, both[0], 2 * ROWS)
    for checkpoint in both:
        checkpoint.stop()
    assert kept(file) == [(rows, rows * len(WIDE))]
