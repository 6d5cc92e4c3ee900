"""Copy a running store into files, and files into an empty store: one moment of it, whole, while others go on writing.

SQLite: its own online copy. PostgreSQL: every table by COPY within one snapshot of the database, with its triggers, so
that no other program is needed; `pg_dump` and point-in-time recovery stay the way for databases of many gigabytes.
"""

import gzip
import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias

import psycopg
import sqlalchemy as sa
from psycopg import sql

from tsuide.errors import BadFile, Conflict
from tsuide.store.engines import shown_errors, sqlite_file
from tsuide.store.rows import columns_of
from tsuide.store.schema import metadata
from tsuide.store.upgrade import config, revision

Tell: TypeAlias = Callable[[str, int, int], None]
SQLITE: Final = "store.sqlite"
TABLES: Final = "tables"
_SHAPE: Final = "shape.json"
_PAGES: Final = 4_096  # of 4 KB at a time: writers get their turn between
_CHUNK: Final = 1 << 20

_TRIGGERS: Final = (
    "SELECT pg_get_functiondef(p.oid), pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
    "JOIN pg_class c ON c.oid = t.tgrelid AND c.relnamespace = current_schema()::regnamespace "
    "WHERE NOT t.tgisinternal ORDER BY t.tgname"
)


def copy_out(engine: sa.Engine, folder: Path, tell: Tell) -> str:
    """Write one moment of a store into a folder that exists; the revision of its schema.

    Raises:
        Unavailable: the database does not answer, or the disk is full.
    """
    file = sqlite_file(engine.url)
    with shown_errors(engine):
        if file is not None:
            return _copy_file(file, folder / SQLITE, tell)
        return _copy_tables(engine, folder, tell)


def copy_in(engine: sa.Engine, folder: Path, tell: Tell) -> None:
    """Fill an empty store from a folder that `copy_out` wrote.

    Raises:
        Conflict: it is not empty.
        BadFile: the folder is of another kind of store, or cannot be read.
        Unavailable: the database does not answer.
    """
    file = sqlite_file(engine.url)
    if (folder / SQLITE).exists() != (file is not None):
        raise BadFile("the backup is of another kind of database", key="database", value=engine.dialect.name)
    with shown_errors(engine):
        if file is not None:
            if file.exists():
                raise Conflict("there is a store already", key="store", value=str(file), way_out="name another home")
            _copy_file(folder / SQLITE, file, tell)
            return
        _fill_tables(engine, folder, tell)


def counts_of(engine: sa.Engine) -> dict[str, int]:
    """How many rows each table holds."""
    with shown_errors(engine), engine.connect() as connection:
        return _counts(connection)


def whole(engine: sa.Engine) -> None:
    """Check a restored store through and through: SQLite's own examination; of PostgreSQL, that every table is read.

    Raises:
        BadFile: something is damaged.
    """
    with shown_errors(engine), engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            said = connection.exec_driver_sql("PRAGMA integrity_check").scalar_one()
            if said != "ok":
                raise BadFile("the store is damaged", key="store", value=said)
        _counts(connection)


def _counts(connection: sa.Connection) -> dict[str, int]:
    tables = sorted(metadata.tables)
    each = (
        sa.select(sa.func.count()).select_from(metadata.tables[name]).scalar_subquery().label(name) for name in tables
    )
    return {name: int(count) for name, count in connection.execute(sa.select(*each)).mappings().one().items()}


def _copy_file(source: Path, target: Path, tell: Tell) -> str:
    def told(_status: int, left: int, total: int) -> None:
        tell("store", total - left, total)

    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, timeout=60)) as from_,
        closing(sqlite3.connect(target)) as to,
    ):
        from_.backup(to, pages=_PAGES, progress=told)
        to.execute("PRAGMA journal_mode = DELETE")  # one file, no log beside it
        return str(to.execute("SELECT version_num FROM alembic_version").fetchone()[0])


@contextmanager
def _driver(engine: sa.Engine) -> Iterator["psycopg.Connection[Any]"]:
    raw = engine.raw_connection()
    try:
        connection = raw.driver_connection
        assert isinstance(connection, psycopg.Connection)  # noqa: S101 - PostgreSQL's only driver here
        yield connection
    finally:
        raw.invalidate()  # its settings are nobody else's


def _copy_tables(engine: sa.Engine, folder: Path, tell: Tell) -> str:
    (folder / TABLES).mkdir()
    tables = [table.name for table in metadata.sorted_tables]  # what others refer to comes first
    with _driver(engine) as connection, connection.cursor() as cursor:
        cursor.execute("ROLLBACK")
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        found = cursor.execute("SELECT version_num FROM alembic_version").fetchone()
        triggers = cursor.execute(_TRIGGERS).fetchall()
        place = cursor.execute("SELECT current_schema()").fetchone()
        counts = {}
        for n, name in enumerate(tables):
            tell(name, n, len(tables))
            file = folder / TABLES / f"{name}.copy.gz"
            with gzip.open(file, "wb", compresslevel=3) as out, cursor.copy(_select(name)) as copied:
                for block in copied:
                    out.write(block)
            counts[name] = cursor.rowcount
        cursor.execute("ROLLBACK")
    assert found is not None  # noqa: S101 - `open_store` brought it to a revision
    assert place is not None  # noqa: S101 - as above
    shape = {"revision": found[0], "schema": place[0], "triggers": [list(each) for each in triggers], "counts": counts}
    (folder / TABLES / _SHAPE).write_text(json.dumps(shape, ensure_ascii=False, indent=1), encoding="utf-8")
    return str(found[0])


def _fill_tables(engine: sa.Engine, folder: Path, tell: Tell) -> None:
    from alembic import command

    try:
        shape = json.loads((folder / TABLES / _SHAPE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise BadFile("the backup cannot be read", key="file", value=_SHAPE) from exc
    with engine.connect() as connection, connection.begin():
        if revision(connection) is not None:
            raise Conflict(
                "there is a store already", key="database", value=engine.url.database, way_out="make an empty one"
            )
        command.upgrade(config(connection), shape["revision"])
        raw = connection.connection.driver_connection
        assert isinstance(raw, psycopg.Connection)  # noqa: S101 - PostgreSQL's only driver here
        with raw.cursor() as cursor:
            for name in reversed(shape["counts"]):  # rows that the first revision makes
                cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
            for n, name in enumerate(shape["counts"]):
                tell(name, n, len(shape["counts"]))
                _fill(cursor, name, folder / TABLES / f"{name}.copy.gz")
            here = cursor.execute("SELECT current_schema()").fetchone()
            assert here is not None  # noqa: S101 - it was migrated just now
            for statement in (each for pair in shape["triggers"] for each in pair):
                cursor.execute(_moved(statement, shape.get("schema", "public"), here[0]))


def _moved(statement: str, before: str, here: str) -> str:
    """What PostgreSQL wrote of a function or trigger, for another schema: it puts one before names of ours only.

    >>> _moved("CREATE TRIGGER t AFTER INSERT ON public.event FOR EACH ROW EXECUTE FUNCTION public.t()", "public", "b")
    'CREATE TRIGGER t AFTER INSERT ON b.event FOR EACH ROW EXECUTE FUNCTION b.t()'
    """
    return re.sub(rf"(?<=\s){re.escape(before)}\.(?=\w)", f"{here}.", statement)


def _fill(cursor: "psycopg.Cursor[Any]", name: str, file: Path) -> None:
    table = metadata.tables[name]
    try:
        with gzip.open(file, "rb") as rows, cursor.copy(_into(name)) as copied:
            while block := rows.read(_CHUNK):
                copied.write(block)
    except (OSError, EOFError) as exc:
        raise BadFile("the backup cannot be read", key="file", value=file.name) from exc
    for column in table.primary_key:
        place = cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", (name, column.name)).fetchone()
        if place is not None and place[0] is not None:
            largest = sql.SQL("SELECT setval(%s, (SELECT coalesce(max({}), 0) + 1 FROM {}), false)")
            cursor.execute(largest.format(sql.Identifier(column.name), sql.Identifier(name)), (place[0],))


def _columns(name: str) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(column.name) for column in columns_of(metadata.tables[name]))


def _select(name: str) -> sql.Composed:
    return sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(_columns(name), sql.Identifier(name))


def _into(name: str) -> sql.Composed:
    return sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(name), _columns(name))
