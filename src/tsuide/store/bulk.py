"""Many rows at once, in and out, by the fastest way that each engine has.

SQLite: `executemany` on the driver's own cursor, fed column by column; whole-number columns come back as CSV
that SQLite itself prints (`group_concat(printf(…))`), because building a Python object per value costs three times
as much. PostgreSQL: COPY both ways. Measured in docs/benchmarks.md.
"""

import io
import itertools
from collections.abc import Iterable, Sequence
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from tsuide.facts.schema import Schema

_ROWS_PER_STATEMENT: Final = 16
_NUMBERS_PER_CHUNK: Final = 1024
_COPY_ESCAPES: Final = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}


def insert(connection: sa.Connection, table: sa.Table, rows: pl.DataFrame) -> None:
    """Append rows that are not there yet; columns of the frame are columns of the table."""
    if rows.is_empty():
        return
    if connection.dialect.name == "sqlite":
        _insert_sqlite(connection, table.name, rows)
    else:
        _copy_in(connection, table.name, rows)


def update(connection: sa.Connection, table: sa.Table, rows: pl.DataFrame, identity: Sequence[str]) -> None:
    """Overwrite rows that are there, found by `identity`."""
    others = [name for name in rows.columns if name not in identity]
    if rows.is_empty() or not others:
        return
    if connection.dialect.name == "sqlite":
        sets = ", ".join(f"{name} = ?" for name in others)
        where = " AND ".join(f"{name} = ?" for name in identity)
        columns = [rows[name].to_list() for name in (*others, *identity)]
        _cursor(connection).executemany(f"UPDATE {table.name} SET {sets} WHERE {where}", zip(*columns, strict=True))
        return
    stage = f"stage_{table.name}"
    listed = ", ".join(rows.columns)
    connection.exec_driver_sql(f"CREATE TEMP TABLE {stage} ON COMMIT DROP AS SELECT {listed} FROM {table.name} LIMIT 0")
    _copy_in(connection, stage, rows)
    sets = ", ".join(f"{name} = {stage}.{name}" for name in others)
    where = " AND ".join(f"{table.name}.{name} = {stage}.{name}" for name in identity)
    connection.exec_driver_sql(f"UPDATE {table.name} SET {sets} FROM {stage} WHERE {where}")
    connection.exec_driver_sql(f"DROP TABLE {stage}")


def fetch(connection: sa.Connection, select: sa.Select[Any], schema: Schema) -> pl.DataFrame:
    """Rows of a query as a frame with the given (storage) types, in the query's order."""
    result: Any = connection.execute(select)
    rows = result.cursor.fetchall()  # the driver's tuples: SQLAlchemy's rows cost as much again
    result.close()
    columns: Iterable[tuple[Any, ...]] = zip(*rows, strict=True) if rows else itertools.repeat(())
    return pl.DataFrame(
        [pl.Series(name, column, dtype) for (name, dtype), column in zip(schema.items(), columns, strict=False)]
    )


def fetch_numbers(connection: sa.Connection, table: sa.Table, key: str, schema: Schema) -> pl.DataFrame:
    """A whole table of numbers (and of words without comma or quote) whose `key` counts densely from ±1.

    Nullable columns come back null. The order of rows is not defined.
    """
    text = b"".join(
        _printed(connection, table, key, list(schema))
        if connection.dialect.name == "sqlite"
        else _copied_out(connection, f"SELECT {', '.join(schema)} FROM {table.name}")
    )
    if not text:
        return pl.DataFrame(schema=schema)
    return pl.read_csv(io.BytesIO(text), has_header=False, schema=schema, quote_char=None)


def _printed(connection: sa.Connection, table: sa.Table, key: str, columns: list[str]) -> Iterable[bytes]:
    cursor = _cursor(connection)
    low, high = cursor.execute(f"SELECT min({key}), max({key}) FROM {table.name}").fetchone()
    if low is None:
        return
    plain = [not table.c[name].nullable and isinstance(table.c[name].type, sa.Integer) for name in columns]
    form = ",".join("%d" if number else "%s" for number in plain)
    query = (
        f"SELECT group_concat(printf('{form}', {', '.join(columns)}), char(10)) "
        f"FROM {table.name} WHERE {key} BETWEEN ? AND ?"
    )
    for start in range(low, high + 1, _NUMBERS_PER_CHUNK):
        (text,) = cursor.execute(query, (start, start + _NUMBERS_PER_CHUNK - 1)).fetchone()
        if text:
            yield text.encode()
            yield b"\n"


def _copied_out(connection: sa.Connection, query: str) -> Iterable[bytes]:
    with _cursor(connection).copy(f"COPY ({query}) TO STDOUT (FORMAT csv)") as copy:
        yield from (bytes(part) for part in copy)


def _copy_in(connection: sa.Connection, table: str, rows: pl.DataFrame) -> None:
    escaped = rows.with_columns(pl.col(pl.String).str.replace_many(list(_COPY_ESCAPES), list(_COPY_ESCAPES.values())))
    text = escaped.write_csv(include_header=False, separator="\t", null_value="\\N", quote_style="never")
    with _cursor(connection).copy(f"COPY {table} ({', '.join(rows.columns)}) FROM STDIN") as copy:
        copy.write(text)


def _insert_sqlite(connection: sa.Connection, table: str, rows: pl.DataFrame) -> None:
    """Columns with one value throughout become literals; the others are bound, many rows a statement."""
    literals = {name: _literal(rows[name]) for name in rows.columns}
    bound = [name for name, literal in literals.items() if literal is None]
    columns = [rows[name].to_list() for name in bound]
    one = f"({', '.join(literal or '?' for literal in literals.values())})"
    start = f"INSERT INTO {table} ({', '.join(rows.columns)}) VALUES "
    cursor = _cursor(connection)
    even = len(rows) // _ROWS_PER_STATEMENT * _ROWS_PER_STATEMENT if columns else 0
    if even:
        parts = [c[i:even:_ROWS_PER_STATEMENT] for i in range(_ROWS_PER_STATEMENT) for c in columns]
        cursor.executemany(start + ", ".join([one] * _ROWS_PER_STATEMENT), zip(*parts, strict=True))
    rest = zip(*(c[even:] for c in columns), strict=True) if columns else itertools.repeat((), len(rows))
    cursor.executemany(start + one, rest)


def _literal(column: pl.Series) -> str | None:
    """SQL for a column that holds one number, or nothing, throughout; None where its values must be bound."""
    if column.null_count() == len(column):
        return "NULL"
    if column.dtype.is_integer() and column.null_count() == 0 and column.min() == column.max():
        return str(column[0])
    return None


def _cursor(connection: sa.Connection) -> Any:  # noqa: ANN401 - the cursor of either driver
    return connection.connection.cursor()
