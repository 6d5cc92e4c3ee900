"""Move SQLite's write-ahead log into the file in the background, so that no commit has to, and begin it anew.

A passive checkpoint makes nobody wait, but under load that never pauses it never comes to the log's end either:
somebody writes meanwhile, so the log grows for as long as the load lasts. When it is long, what passive checkpoints
left (little) is moved with the writers held off for a moment, and the next writer begins at the log's start.
(https://www.sqlite.org/wal.html, "Avoiding Excessively Large WAL Files".)
"""

import sqlite3
import threading
from pathlib import Path
from typing import Final

_EVERY_S: Final = 0.5
_WAL_BYTES: Final = 4 << 20
_LONG_BYTES: Final = 64 << 20  # then it is begun anew
_TOO_LONG: Final = 4  # times that, and what it took on the disk is given back, too
_PATIENCE_S: Final = 0.1  # that writers are held off for readers of the old log; a long one is let finish first


class Checkpoints:
    """One thread that checkpoints whenever the log has grown, and has it begun anew where it is long.

    Args:
        file: the database.
        long_bytes: of the log, from which on it is begun anew.
        every_s: between two looks at it.
    """

    def __init__(self, file: Path, long_bytes: int = _LONG_BYTES, every_s: float = _EVERY_S) -> None:
        self._file = file
        self._long = long_bytes
        self._every_s = every_s
        self._wal = file.with_name(file.name + "-wal")
        self._dirty = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """Something was committed."""
        if not self._dirty.is_set():
            self._dirty.set()
        if self._thread is None:
            self._stop.clear()
            self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread after a last checkpoint."""
        self._stop.set()
        self._dirty.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        connection = sqlite3.connect(self._file, timeout=_PATIENCE_S, isolation_level=None)
        try:
            while not self._stop.wait(self._every_s):
                self._dirty.wait()
                if self._size() > _WAL_BYTES:
                    self._dirty.clear()
                    self._checkpoint(connection)
            self._checkpoint(connection)
        finally:
            connection.close()

    def _size(self) -> int:
        try:
            return self._wal.stat().st_size
        except FileNotFoundError:
            return 0

    def _checkpoint(self, connection: sqlite3.Connection) -> None:
        try:
            if _checkpointed(connection, "PASSIVE") > self._long:
                _checkpointed(connection, "PASSIVE")  # what came meanwhile: little is left for the writers to wait for
                _checkpointed(connection, "TRUNCATE" if self._size() > _TOO_LONG * self._long else "RESTART")
        except sqlite3.OperationalError:
            return  # another process checkpoints just now, or the disk is full: the log still holds everything


def _checkpointed(connection: sqlite3.Connection, way: str) -> int:
    """Bytes of the log that are in use; below zero where another process checkpoints just now."""
    ((page_bytes,),) = connection.execute("PRAGMA page_size").fetchall()
    ((_, pages, _),) = connection.execute(f"PRAGMA wal_checkpoint({way})").fetchall()
    return int(pages * page_bytes)
