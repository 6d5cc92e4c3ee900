"""Decisions that the store could not take in time: kept in a file of the home, and handed in when it answers again.

A page is shown nothing that nobody could look up later: so a decision is on the disk before it is answered, in the
store, or while that is away in a file here. The file survives kill -9 as the store's own log does. Every process has
its own, held with a lock that goes with it; what a process that is gone left behind, the next one hands in.
"""

import errno
import fcntl
import json
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Final

import structlog

from tsuide.app import metrics
from tsuide.errors import BadValue, TsuideError, Unavailable
from tsuide.store.engines import DISK, MAKE_ROOM
from tsuide.store.journal import Journal
from tsuide.store.rows import Row

FOLDER: Final = "late"
MOST_BYTES: Final = 256 << 20
"""Of what one process keeps; about 100,000 decisions."""
_AT_ONCE: Final = 500
_JUST_NOW_S: Final = 2.0
_log = structlog.get_logger("tsuide.late")


class LateDecisions:
    """What one process could not hand in yet, and whether the store is away.

    Args:
        folder: of the home; made when it is first needed.
        journal: of the store.
        asks: asks the store anything; raises `Unavailable` where it does not answer.
        most: bytes that are kept here at most.
        synced: whether what is kept survives power loss, too.
    """

    def __init__(
        self,
        folder: Path,
        journal: Journal,
        asks: Callable[[], object],
        *,
        most: int = MOST_BYTES,
        synced: bool = False,
    ) -> None:
        self._folder = folder
        self._journal = journal
        self._asks = asks
        self._most = most
        self._synced = synced
        self._file: IO[bytes] | None = None
        self._bytes = 0
        self._lock = threading.Lock()
        self._handed_in = -_JUST_NOW_S
        self.away = False

    @property
    def used(self) -> bool:
        """Whether there is anything to do for `hand_in`: the store is away, or something waits here."""
        return self.away or self._file is not None

    @property
    def on_their_way(self) -> bool:
        """Whether a decision that the store does not know may be about to reach it, from any process of the home."""
        if time.monotonic() - self._handed_in < _JUST_NOW_S:
            return True
        return self._folder.is_dir() and any(self._folder.glob("*.jsonl"))

    def lost(self, error: Exception) -> None:
        """The store did not answer: nobody needs to wait for it until `hand_in` finds it again."""
        if not self.away:
            self.away = True
            metrics.store_away(1)
            _log.warning("the store is away: offers go on without it", error=str(error) or repr(error))

    def keep(self, rows: Sequence[Row]) -> None:
        """Write rows down here; they survive kill -9 when it comes back.

        Raises:
            Unavailable: there is no room here either; nothing of the rows is kept.
        """
        text = b"".join(json.dumps([each.table, dict(each.values)]).encode() + b"\n" for each in rows)
        with self._lock:
            if self._bytes + len(text) > self._most:
                raise Unavailable("too many decisions wait for the store", key="bytes", value=self._bytes)
            try:
                file = self._file or self._opened()
                self._written(file, text)
            except OSError as exc:
                full = exc.errno in {errno.ENOSPC, errno.EDQUOT}
                raise Unavailable(
                    f"neither the store nor the home takes a decision ({exc.strerror})",
                    key=DISK if full else "folder",
                    value=str(self._folder),
                    way_out=MAKE_ROOM if full else None,
                ) from exc
            self._bytes += len(text)
        metrics.kept_late(len(rows))

    def hand_in(self) -> int:
        """Give the store what waits, of this process and of those that are gone; how many rows it took.

        Raises:
            Unavailable: it does not answer yet; everything is kept.
        """
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file, self._bytes = None, 0
        taken = 0
        for path in sorted(self._folder.glob("*.jsonl")) if self._folder.is_dir() else ():
            with path.open("rb") as file:
                if not _alone(file) or not path.exists():  # its process lives, or another one has handed it in
                    continue
                rows = _rows(file)
                while part := list(islice(rows, _AT_ONCE)):
                    self._put(part)
                    taken += len(part)
                    self._found()
                self._handed_in = time.monotonic()
                path.unlink(missing_ok=True)
        if self.away:
            self._asks()
            self._found()
        if taken:
            _log.info("handed in what had waited for the store", decisions=taken)
        return taken

    def close(self) -> None:
        """Hand in what can be; the rest waits for the next process."""
        try:
            self.hand_in()
        except TsuideError as error:
            _log.warning("decisions wait for the next process", error=str(error))

    def _found(self) -> None:
        if self.away:
            self.away = False
            metrics.store_away(0)
            _log.info("the store answers again")

    def _put(self, rows: Sequence[Row]) -> None:
        try:
            self._journal.write("trace", *rows)
        except BadValue:
            for each in rows:
                try:
                    self._journal.write("trace", each)
                except BadValue as error:  # it would be refused for ever, and keep the others waiting
                    _log.error("the store refuses a decision", id=each.values.get("id"), error=str(error))

    def _opened(self) -> IO[bytes]:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{secrets.token_hex(8)}.new"
        file = path.open("ab", buffering=0)
        fcntl.flock(file, fcntl.LOCK_EX)
        path.rename(path.with_suffix(".jsonl"))  # only now others see it: nobody takes it for one left behind
        self._file = file
        return file

    def _written(self, file: IO[bytes], text: bytes) -> None:
        try:
            written = file.write(text)
            if self._synced:
                os.fsync(file.fileno())
        except OSError:
            file.truncate(self._bytes)
            raise
        if written != len(text):
            file.truncate(self._bytes)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _alone(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _rows(file: IO[bytes]) -> Iterator[Row]:
    """The rows of a file; a last line that is not whole was never answered."""
    for line in file:
        if line.endswith(b"\n"):
            table, values = json.loads(line)
            yield Row(table, values)
