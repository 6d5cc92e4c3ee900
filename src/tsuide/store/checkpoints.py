"""Move SQLite's write-ahead log into the file in the background, so that no commit has to."""

import sqlite3
import threading
from pathlib import Path
from typing import Final

_EVERY: Final = 0.5
_WAL_BYTES: Final = 4 << 20


class Checkpoints:
    """One thread that checkpoints whenever the log has grown; passive: it never makes a writer wait.

    Args:
        file: the database.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
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
        connection = sqlite3.connect(self._file, isolation_level=None)
        try:
            while not self._stop.wait(_EVERY):
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
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        except sqlite3.OperationalError:
            return  # another process checkpoints just now, or the disk is full: the log still holds everything
