"""Append rows in one transaction: a known id stays as it was, a refused row does not fail its neighbours."""

import itertools
import json
import operator
import sqlite3
from collections.abc import Sequence
from functools import cache
from typing import Any, Final, TypeAlias

import sqlalchemy as sa

from tsuide.errors import BadValue, TsuideError
from tsuide.store.engines import shown_errors, writing
from tsuide.store.rows import Row, columns_of
from tsuide.store.schema import metadata

Result: TypeAlias = "tuple[bool, ...] | TsuideError"
"""For one caller: which of their rows were new, or why none was taken."""


def append(engine: sa.Engine, groups: Sequence[Sequence[Row]]) -> list[Result]:
    """Commit the rows of many callers at once; each caller's rows are kept whole or not at all.

    Raises:
        Unavailable: the database does not answer, or another process keeps it locked: nothing was written.
    """
    try:
        with writing(engine) as connection:
            news = _insert(connection, [row for group in groups for row in group])
    except BadValue:
        return _one_by_one(engine, groups)
    marks = iter(news)
    return [tuple(itertools.islice(marks, len(group))) for group in groups]


class Busy(Exception):
    """Another process holds the file just now; nothing was written."""


def append_directly(connection: sqlite3.Connection, groups: Sequence[Sequence[Row]]) -> list[Result] | None:
    """As `append`, on a connection of the driver itself: the way through the engine takes longer than the commit.

    Args:
        connection: with `isolation_level=None`: its transactions are begun here.
        groups: the rows of many callers.

    Returns:
        What `append` returns; None where nothing was written because a row is refused, say: then `append` tells whose
        it is.

    Raises:
        Busy: another process holds the file.
    """
    cursor = connection.cursor()
    try:
        cursor.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            raise Busy from error
        return None
    try:
        news = [[_insert_sqlite(cursor, row) for row in group] for group in groups]
        cursor.execute("COMMIT")
    except (sqlite3.Error, BadValue):
        if connection.in_transaction:
            cursor.execute("ROLLBACK")
        return None
    return [tuple(each) for each in news]


def _one_by_one(engine: sa.Engine, groups: Sequence[Sequence[Row]]) -> list[Result]:
    """The slow way, still one transaction: the guilty caller gets the error."""
    results: list[Result] = []
    with writing(engine) as connection:
        for group in groups:
            try:
                with connection.begin_nested(), shown_errors(engine):
                    results.append(tuple(_insert(connection, group)))
            except BadValue as error:
                results.append(error)
    return results


def _insert(connection: sa.Connection, rows: Sequence[Row]) -> list[bool]:
    """Which rows were new, in their order."""
    cursor: Any = connection.connection.cursor()
    if connection.dialect.name == "sqlite":
        return [_insert_sqlite(cursor, row) for row in rows]
    news: list[bool] = []
    for table, part in itertools.groupby(rows, key=operator.attrgetter("table")):
        news += _insert_postgresql(cursor, table, list(part))
    return news


@cache
def _statement(table: str) -> tuple[str, tuple[str, ...], str]:
    """(start of the INSERT, its columns, columns of the primary key)."""
    names = tuple(column.name for column in columns_of(metadata.tables[table]))
    key = ", ".join(column.name for column in metadata.tables[table].primary_key)
    return f"INSERT INTO {table} ({', '.join(names)})", names, key


@cache
def _one_row(table: str) -> tuple[str, tuple[str, ...]]:
    """The INSERT of one row into SQLite, and its columns."""
    start, names, key = _statement(table)
    given = ", ".join(_whose(f"?{n}") if name == _WHOSE else f"?{n}" for n, name in enumerate(names, 1))
    return f"{start} VALUES ({given}) ON CONFLICT ({key}) DO NOTHING", names


_WHOSE: Final = "customer_id"


def _whose(value: str) -> str:
    """Whose a merged id is by now; any other its own."""
    return f"COALESCE((SELECT kept_id FROM customer_alias WHERE merged_id = {value}), {value})"


def _insert_sqlite(cursor: Any, row: Row) -> bool:  # noqa: ANN401 - sqlite3 through SQLAlchemy's proxy
    statement, names = _one_row(row.table)
    get = row.values.get
    try:
        cursor.execute(statement, [get(name) for name in names])
    except (OverflowError, UnicodeEncodeError) as exc:
        raise BadValue(f"the store cannot hold a value ({exc})", key=row.table) from exc
    return bool(cursor.rowcount > 0)


def _insert_postgresql(cursor: Any, table: str, rows: Sequence[Row]) -> list[bool]:  # noqa: ANN401 - psycopg
    """One statement for all rows: a row more costs no trip more."""
    start, names, key = _statement(table)
    cursor.execute(
        f"{start} SELECT {', '.join(_whose('r.' + each) if each == _WHOSE else 'r.' + each for each in names)} "
        f"FROM json_populate_recordset(NULL::{table}, %s::json) r "
        f"ON CONFLICT ({key}) DO NOTHING RETURNING {key}",
        (json.dumps([row.values for row in rows], default=dict),),
    )
    new = set(cursor.fetchall())
    marks = []
    for row in rows:
        own = tuple(row.values.get(name) for name in key.split(", "))
        marks.append(own in new)
        new.discard(own)
    return marks
