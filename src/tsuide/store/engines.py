"""Connections to SQLite and PostgreSQL that behave alike."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, OperationalError

from tsuide.errors import BadSetting, BadValue, Unavailable
from tsuide.store.schema import Grade

BUSY_SECONDS: Final = 10
_SMALL_CACHE_KIB: Final = 8_192
"""Of who writes or reads a few rows at a time: while nobody else writes, every page written stays, to this bound."""
_CACHE_KIB: Final = 65_536  # of pages changed by one large transaction; what is only read is mapped
_MAPPED: Final = 1 << 30  # bytes
DISK: Final = "disk"
"""Key of an `Unavailable` that means: it is full."""
MAKE_ROOM: Final = "make room on the disk: everything goes on by itself then, and nothing that was answered is lost"
_PG_FULL: Final = "53100"
_SCHEMA: Final = re.compile(r"(?!pg_)[a-z][a-z0-9_]{0,62}")
_MAKING: Final = 0x7473756964650001
_WAY_OUT: Final = "write sqlite:///path/to/shop.sqlite or postgresql://user@host/database"


def checked_url(url: str) -> sa.URL:
    """The URL with its driver filled in.

    Raises:
        BadSetting: not a URL, or of an engine that is not supported.

    >>> checked_url("postgresql://me@localhost/shop").drivername
    'postgresql+psycopg'
    >>> checked_url("mysql://x/y")
    Traceback (most recent call last):
    tsuide.errors.BadSetting: not a database that Tsuide can use: database url = 'mysql://x/y'. Way out: ...
    """
    try:
        parsed = sa.make_url(url)
    except ArgumentError as exc:
        raise BadSetting("not a database URL", key="database url", value=url, way_out=_WAY_OUT) from exc
    shown = parsed.render_as_string(hide_password=True)
    if parsed.drivername in {"postgresql", "postgres", "postgresql+psycopg"}:
        if "schema" in parsed.query and not _SCHEMA.fullmatch(str(parsed.query["schema"])):
            way_out = "lower-case letters, digits and underscores"
            raise BadSetting("not a name of a schema", key="database url", value=shown, way_out=way_out)
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in {"sqlite", "sqlite+pysqlite"}:
        raise BadSetting("not a database that Tsuide can use", key="database url", value=shown, way_out=_WAY_OUT)
    if not parsed.database or parsed.database == ":memory:":
        raise BadSetting(
            "the store needs a file: several connections share it",
            key="database url",
            value=shown,
            way_out=_WAY_OUT,
        )
    return parsed.set(drivername="sqlite")


def make_engine(
    url: sa.URL, grade: Grade, *, checkpoints: bool = True, busy_seconds: float = BUSY_SECONDS
) -> sa.Engine:
    """An engine whose commits have the given durability; nothing is opened yet.

    Args:
        url: as `checked_url` gives it.
        grade: what a commit survives.
        checkpoints: SQLite only: whether commits also move the log into the file when it has grown.
        busy_seconds: SQLite only: how long to wait for another process's lock.
    """
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, grade, checkpoints=checkpoints, busy_seconds=busy_seconds)
    options = [] if grade == "record" else ["-c synchronous_commit=off"]
    schema = schema_of(url)
    if schema is not None:  # its tables, and no others: of another shop in the same database nothing is seen
        options.append(f"-c search_path={schema}")
    return sa.create_engine(
        url.difference_update_query(["schema"]),
        connect_args={"options": " ".join(options), "connect_timeout": BUSY_SECONDS},
        pool_pre_ping=True,
        pool_size=8,
    )


def schema_of(url: sa.URL) -> str | None:
    """The schema of PostgreSQL that a shop has to itself; None = the usual one.

    >>> schema_of(checked_url("postgresql://me@host/shops?schema=second"))
    'second'
    """
    return None if url.get_backend_name() == "sqlite" or "schema" not in url.query else str(url.query["schema"])


def make_schema(url: sa.URL) -> None:
    """Make the schema that a URL names, where it is missing.

    Raises:
        Unavailable: the database does not answer, or does not let us.
    """
    schema = schema_of(url)
    if schema is None:
        return
    engine = make_engine(url.difference_update_query(["schema"]), "record")
    there = sa.text("SELECT 1 FROM pg_namespace WHERE nspname = :schema")
    try:
        with shown_errors(engine), engine.begin() as connection:
            if connection.execute(there, {"schema": schema}).first() is None:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MAKING)))  # two may try at once
                connection.execute(sa.schema.CreateSchema(schema, if_not_exists=True))
    finally:
        engine.dispose()


def driver_connection(file: Path, grade: Grade, busy_seconds: float) -> sqlite3.Connection:
    """A connection of the driver itself, for one writer that appends all day; its transactions are begun by hand."""
    raw = sqlite3.connect(file, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
    set_pragmas(raw, grade, few_rows=True)
    raw.execute("PRAGMA wal_autocheckpoint = 0")
    return raw


def _sqlite(url: sa.URL, grade: Grade, *, checkpoints: bool, busy_seconds: float) -> sa.Engine:
    engine = sa.create_engine(url, connect_args={"timeout": busy_seconds, "check_same_thread": False}, pool_size=8)

    def connected(raw: sqlite3.Connection, _: object) -> None:
        raw.isolation_level = None  # BEGIN is ours: IMMEDIATE for writers
        set_pragmas(raw, grade)
        if not checkpoints:
            raw.execute("PRAGMA wal_autocheckpoint = 0")

    def begun(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    sa.event.listen(engine, "connect", connected)
    sa.event.listen(engine, "begin", begun)
    return engine


def set_pragmas(raw: sqlite3.Connection, grade: Grade, *, few_rows: bool = False) -> None:
    """What every connection to the file has set; `record` syncs the WAL at each commit, `trace` does not.

    Args:
        raw: the connection.
        grade: what its commits survive.
        few_rows: it reads or writes a few rows at a time. Then the file is not mapped: SQLite gives a mapping up
            whenever somebody else has committed, and to map 100 MB anew and fault its pages in takes longer (some
            40 µs, under load before every look-up) than to read the dozen pages that are needed.
    """
    for pragma in (
        "journal_mode = WAL",
        f"synchronous = {'FULL' if grade == 'record' else 'NORMAL'}",
        "foreign_keys = ON",
        f"cache_size = -{_SMALL_CACHE_KIB if few_rows else _CACHE_KIB}",
        f"mmap_size = {0 if few_rows else _MAPPED}",
        "temp_store = MEMORY",
    ):
        raw.execute(f"PRAGMA {pragma}")


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One consistent view of the store.

    Raises:
        Unavailable: the database does not answer.
    """
    with shown_errors(engine), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction: all of it is kept, or nothing.

    Raises:
        Unavailable: the database does not answer, or another process keeps it locked.
        BadValue: a row breaks a constraint.
    """
    with shown_errors(engine), engine.connect() as plain:
        connection = plain.execution_options(writes=True)
        with connection.begin():
            yield connection


@contextmanager
def shown_errors(engine: sa.Engine) -> Iterator[None]:
    """Errors of the driver as errors of Tsuide."""
    try:
        yield
    except DBAPIError as exc:
        raise as_ours(exc, exc.orig, engine.url) from exc
    except Exception as exc:
        if not _is_driver_error(exc):
            raise
        raise as_ours(exc, exc, engine.url) from exc


def _is_driver_error(exc: Exception) -> bool:
    return isinstance(exc, sqlite3.Error) or type(exc).__module__.startswith("psycopg")


def as_ours(exc: Exception, orig: Any, url: sa.URL) -> BadValue | Unavailable:  # noqa: ANN401 - two drivers' errors
    """The error of ours that says what a driver's error means to the caller."""
    shown = url.render_as_string(hide_password=True)
    text = " ".join(str(orig).split())
    state = getattr(orig, "sqlstate", None) or ""
    refused = (IntegrityError, sqlite3.IntegrityError)
    unbound = isinstance(orig, (sqlite3.Error, TypeError)) and "binding" in text
    if isinstance(exc, refused) or unbound or isinstance(orig, sqlite3.IntegrityError) or state[:2] in {"22", "23"}:
        return BadValue(f"the store refuses a row ({text})", key="row")
    if getattr(orig, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL or state == _PG_FULL:
        return Unavailable("the store's disk is full", key=DISK, value=shown, way_out=MAKE_ROOM)
    if isinstance(exc, (OperationalError, sqlite3.OperationalError)) and "locked" in text:
        return Unavailable(
            "another process keeps the store locked",
            key="database",
            value=shown,
            way_out="wait for the import or learning that runs, then try again",
        )
    return Unavailable(f"the store does not answer ({text})", key="database", value=shown)


def sqlite_file(url: sa.URL) -> Path | None:
    """The file of a SQLite URL; None for PostgreSQL."""
    if url.get_backend_name() != "sqlite" or url.database is None:
        return None
    return Path(url.database)
