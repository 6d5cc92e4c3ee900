"""Point look-ups that every decision waits for, on SQLite without what a general engine does around each of them.

A look-up of a few rows takes SQLite some microseconds; to fetch a connection from a pool, begin, compile, wrap and
return it takes ten times as long. Here the text of a query is compiled once, and the driver is asked directly. Nothing
is remembered of what was read: what another process has committed is seen at once.
"""

import sqlite3
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from tsuide.store.engines import BUSY_SECONDS, as_ours, reading, set_pragmas, sqlite_file

Asked: TypeAlias = tuple[sa.Select[Any], Mapping[str, Any]]
"""A query made once and kept, and the values of its parameters; other values may stand beside them."""
_TEXTS: Final = 256  # statements that a connection keeps prepared


class Glance:
    """Reads a few rows at a time, again and again; may be used by several threads.

    Args:
        engine: of the store; on PostgreSQL it is asked itself. When it is disposed of, connections are closed here too.

    >>> import tempfile
    >>> from tsuide.store.database import open_store
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = open_store(f"sqlite:///{folder}/shop.sqlite")
    ...     found = Glance(store.trace).rows((sa.select(sa.bindparam("n", type_=sa.Integer) + 1), {"n": 1}))
    ...     store.close()
    >>> found
    [[(2,)]]
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._file = sqlite_file(engine.url)
        self._idle: list[sqlite3.Connection] = []
        sa.event.listen(engine, "engine_disposed", self._close)

    def rows(self, *asked: Asked) -> list[list[Any]]:
        """The rows of each query, as tuples, all of one moment.

        Raises:
            Unavailable: the database does not answer.
        """
        if self._file is None:
            with reading(self._engine) as connection:
                return [[*connection.execute(query, dict(given)).all()] for query, given in asked]
        try:
            return self._read(asked)
        except sqlite3.Error as exc:
            raise as_ours(exc, exc, self._engine.url) from exc

    def _read(self, asked: tuple[Asked, ...]) -> list[list[Any]]:
        connection = self._taken()
        try:
            if len(asked) == 1:  # one statement is of one moment by itself
                found = [_answers(connection, *asked[0])]
            else:
                connection.execute("BEGIN")
                found = [_answers(connection, *each) for each in asked]
                connection.execute("COMMIT")
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        return found

    def _taken(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:  # all are in use
            pass
        made = sqlite3.connect(
            str(self._file),
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=_TEXTS,
        )
        set_pragmas(made, "trace", few_rows=True)
        return made

    def _close(self, _: sa.Engine) -> None:
        while self._idle:
            self._idle.pop().close()


def _answers(connection: sqlite3.Connection, query: sa.Select[Any], given: Mapping[str, Any]) -> list[Any]:
    text, names = _text(query)
    return connection.execute(text, [given.get(name, own) for name, own in names]).fetchall()


@lru_cache(maxsize=_TEXTS)
def _text(query: sa.Select[Any]) -> tuple[str, tuple[tuple[str, Any], ...]]:
    """A query as SQLite reads it; the name of each parameter in order, and the value that the query itself gives it."""
    compiled: Any = query.compile(dialect=sqlite.dialect(paramstyle="qmark"))
    return str(compiled), tuple((name, compiled.params[name]) for name in compiled.positiontup or ())
