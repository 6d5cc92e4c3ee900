"""How connections to a SQLite file are set: by what they are for."""

import re
import sqlite3
from pathlib import Path

import pytest

from tsuide.store.database import open_store
from tsuide.store.engines import set_pragmas

MAPS = Path("/proc/self/maps")


def connected(file: Path, *, few_rows: bool) -> sqlite3.Connection:
    raw = sqlite3.connect(file)
    set_pragmas(raw, "trace", few_rows=few_rows)
    raw.execute("CREATE TABLE IF NOT EXISTS t (a)")
    raw.commit()
    return raw


def mapped(file: Path) -> bool:
    """Whether this process has the file's own pages mapped (not those of its log's index)."""
    return re.search(rf"{re.escape(str(file))}$", MAPS.read_text(encoding="utf-8"), re.MULTILINE) is not None


@pytest.mark.skipif(not MAPS.exists(), reason="the system tells no maps")
def test_who_reads_a_few_rows_does_not_map_the_file_which_every_foreign_commit_would_undo(tmp_path: Path) -> None:
    file = tmp_path / "shop.sqlite"
    open_store(f"sqlite:///{file}").close()
    few = connected(file, few_rows=True)
    few.execute("SELECT count(*) FROM sqlite_master").fetchone()
    assert not mapped(file)
    many = connected(file, few_rows=False)
    many.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    many.execute("SELECT sum(length(sql)) FROM sqlite_master").fetchone()
    assert mapped(file)
    few.close()
    many.close()


def test_both_write_ahead_and_sync_by_their_grade(tmp_path: Path) -> None:
    raw = connected(tmp_path / "shop.sqlite", few_rows=True)
    assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert raw.execute("PRAGMA synchronous").fetchone() == (1,)  # NORMAL
    set_pragmas(raw, "record", few_rows=True)
    assert raw.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    raw.close()
