"""Group commit: callers wait for the commit they are part of, and many share one.

Measured (DESIGN section 3, docs/benchmarks.md): a commit without sync takes about as long as handing it to a thread,
so traces on SQLite are committed in the event loop itself, after every caller of this turn of the loop has joined.
When another process holds the file the loop does not wait for it: it goes round, more callers join, and it tries again;
only after a while do they move to a thread. A synced commit has tails of hundreds of milliseconds, and PostgreSQL is a
network away: those always run in a thread of their own.
"""

import asyncio
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Literal, TypeAlias

import sqlalchemy as sa

from tsuide.errors import TsuideError, Unavailable
from tsuide.store.append import Busy, Result, append, append_directly
from tsuide.store.checkpoints import Checkpoints
from tsuide.store.engines import BUSY_SECONDS, driver_connection, make_engine, sqlite_file
from tsuide.store.rows import Row

TraceDurability: TypeAlias = Literal["normal", "full"]
BOUND: Final = 20_000
_TRIES: Final = 3
_PAUSES: Final = (0.0, 0.0, 0.0, *(0.001,) * 20)
"""Seconds between tries while another process holds the file: it does so for tenths of a millisecond."""


class Journal:
    """Appends rows with one of two durability grades.

    Args:
        url: of an open store.
        trace_durability: ``full`` makes traces survive power loss too.
        bound: how many rows may wait in each grade before callers have to.

    Use it from one event loop (`trace`, `record`), or from synchronous code (`write`).

    >>> import tempfile
    >>> from tsuide.store.database import open_store
    >>> async def twice(store):
    ...     journal = store.journal()
    ...     row = Row("event", {"id": "e1", "kind": "view", "at": 0})
    ...     answers = await asyncio.gather(journal.trace(row), journal.trace(row))
    ...     await journal.close()
    ...     return answers
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = open_store(f"sqlite:///{folder}/shop.sqlite")
    ...     answers = asyncio.run(twice(store))
    ...     store.close()
    >>> answers
    [(True,), (False,)]
    """

    def __init__(self, url: sa.URL, *, trace_durability: TraceDurability = "normal", bound: int = BOUND) -> None:
        file = sqlite_file(url)
        grade: Literal["record", "trace"] = "record" if trace_durability == "full" else "trace"
        full = make_engine(url, "record", checkpoints=False)
        patient = full if grade == "record" else make_engine(url, grade, checkpoints=False)
        quick = _Quick(file) if file is not None and grade == "trace" else None
        self._checkpoints = None if file is None else Checkpoints(file)
        self._trace = _Lane(patient, quick, bound)
        self._record = _Lane(full, None, bound)
        self._quick = quick
        self._engines = [full, patient]

    async def trace(self, *rows: Row) -> tuple[bool, ...]:
        """Append; returns after the commit. It survives kill -9 of the process.

        Returns:
            For each row whether it was new; a row whose id is known changes nothing.

        Raises:
            BadValue: a constraint refuses a row: none of this caller's rows is kept, everyone else's are.
            Unavailable: the database does not answer.
        """
        return await self._put(self._trace, rows)

    async def record(self, *rows: Row) -> tuple[bool, ...]:
        """Append; returns after the synced commit. It survives power loss. Otherwise as `trace`.

        Raises:
            BadValue: a constraint refuses a row.
            Unavailable: the database does not answer.
        """
        return await self._put(self._record, rows)

    def write(self, grade: Literal["record", "trace"], *rows: Row) -> tuple[bool, ...]:
        """As `record` or `trace`, for callers without an event loop.

        Raises:
            BadValue: a constraint refuses a row.
            Unavailable: the database does not answer.
        """
        lane = self._record if grade == "record" else self._trace
        (result,) = _patiently(lane.engine, [rows])
        self._wrote()
        if isinstance(result, TsuideError):
            raise result
        return result

    @property
    def waiting(self) -> dict[str, int]:
        """How many rows wait for their commit, by grade."""
        return {"trace": self._trace.rows, "record": self._record.rows}

    async def close(self) -> None:
        """Wait for what is under way, then close the journal's connections. It can be used again."""
        await asyncio.gather(self._trace.idle(), self._record.idle())
        self.close_now()

    def close_now(self) -> None:
        """Close the connections, for callers without an event loop."""
        if self._checkpoints is not None:
            self._checkpoints.stop()
        if self._quick is not None:
            self._quick.close()
        for engine in self._engines:
            engine.dispose()

    async def _put(self, lane: "_Lane", rows: tuple[Row, ...]) -> tuple[bool, ...]:
        if not rows:
            return ()
        result = await lane.put(rows)
        self._wrote()
        if isinstance(result, TsuideError):
            raise result
        return result

    def _wrote(self) -> None:
        if self._checkpoints is not None:
            self._checkpoints.wake()


class _Quick:
    """The event loop's own connection to the file; opened with the first row."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._connection: sqlite3.Connection | None = None

    def append(self, groups: Sequence[Sequence[Row]]) -> list[Result] | None:
        try:
            if self._connection is None:
                self._connection = driver_connection(self._file, "trace", BUSY_SECONDS)
                self._connection.execute("PRAGMA busy_timeout = 0")  # the loop does not wait
            return append_directly(self._connection, groups)
        except sqlite3.Error:
            return None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class _Lane:
    """One grade's queue and the one task that empties it."""

    def __init__(self, engine: sa.Engine, quick: "_Quick | None", bound: int) -> None:
        self.engine = engine
        self._quick = quick
        self._bound = bound
        self._pending: list[tuple[tuple[Row, ...], asyncio.Future[Result]]] = []
        self.rows = 0
        self._room = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, "journal")

    async def put(self, rows: tuple[Row, ...]) -> Result:
        while self.rows >= self._bound:
            self._room.clear()
            await self._room.wait()
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._pending.append((rows, future))
        self.rows += len(rows)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._drain())
        return await future

    async def idle(self) -> None:
        if self._task is not None:
            await self._task

    async def _drain(self) -> None:
        tried = 0
        while self._pending:
            await asyncio.sleep(_PAUSES[tried])  # everyone who is ready in this turn of the loop joins the group
            group, self._pending = self._pending, []
            try:
                results = await self._commit([rows for rows, _ in group], patiently=tried == len(_PAUSES) - 1)
            except Busy:
                self._pending, tried = group, tried + 1  # nobody joined meanwhile: nothing was awaited
                continue
            tried = 0
            self.rows -= sum(len(rows) for rows, _ in group)
            self._room.set()
            for (_, future), result in zip(group, results, strict=True):
                if not future.done():  # done already: its caller was cancelled
                    future.set_result(result)

    async def _commit(self, groups: list[tuple[Row, ...]], *, patiently: bool) -> list[Result]:
        if self._quick is not None and not patiently:
            done = self._quick.append(groups)
            if done is not None:
                return done  # else a row is refused, say: the thread takes its time
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, _patiently, self.engine, groups)
        except Exception as exc:  # noqa: BLE001 - whatever happened, the callers wait for an answer
            error = exc if isinstance(exc, TsuideError) else Unavailable(f"the journal failed ({exc!r})")
            return [error] * len(groups)


def _patiently(engine: sa.Engine, groups: Sequence[Sequence[Row]]) -> list[Result]:
    """Append, trying again while another process keeps the store locked."""
    for _ in range(_TRIES - 1):
        try:
            return append(engine, groups)
        except Unavailable as error:
            if "locked" not in error.what:
                raise
    return append(engine, groups)
