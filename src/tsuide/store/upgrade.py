"""Bring a database to another schema; several processes may try at once, and a shop goes on meanwhile.

A new database is made in one transaction. One that is filled takes each migration in a transaction of its own, so that
no lock is held longer than its step; on PostgreSQL a step that does not get its lock within `_LOCK_WAIT` gives up its
place in the queue, so that whoever waits behind it goes on, and tries again; and indexes of tables that were there
before are made after their step, CONCURRENTLY: writers go on.
"""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from tsuide.errors import Conflict, NotFound, StoreOutdated, Unavailable
from tsuide.store.engines import shown_errors
from tsuide.store.segment_triggers import unwatch

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

MIGRATIONS: Final = Path(__file__).parent / "migrations"
_LOCK: Final = int.from_bytes(hashlib.blake2b(b"tsuide schema", digest_size=7).digest())
_LOCK_WAIT: Final = "500ms"
_TRIES: Final = 120
_BREATH_S: Final = 0.5
_PATIENCE_S: Final = 3_600.0  # for another process that migrates
LATER: Final = "tsuide later"  # attribute of the configuration: statements that follow a step, outside its transaction


def config(connection: sa.Connection | None = None, later: list[str] | None = None) -> "Config":
    """Alembic's configuration, without any file.

    Args:
        connection: on which the migrations run.
        later: takes what is to be done after the step, so that it locks nobody; None = everything is done at once.
    """
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    made.attributes["connection"] = connection
    made.attributes[LATER] = later
    return made


@cache
def head() -> str:
    """The newest revision that this code knows: files are numbered in their order.

    Alembic itself would read every one of them, at each start of each command.
    """
    return max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def upgrade(engine: sa.Engine) -> None:
    """Run what migrations are missing.

    Raises:
        StoreOutdated: the store was made by newer code.
        Unavailable: the database does not answer, or another process keeps it locked.
    """
    with shown_errors(engine):
        with engine.connect() as connection:
            if revision(connection) == head():
                return
        with _alone(engine):
            found = _known(engine)
            if found is None:
                _make(engine)
                return
            for step in _steps(found, head()):
                _step(engine, step, down=False)


def downgrade(engine: sa.Engine, to: str, *, drop: bool = False) -> dict[str, int]:
    """Take a filled database back to an earlier schema, for an earlier Tsuide; what both know keeps every row.

    Args:
        engine: of a store at this code's revision.
        to: the revision.
        drop: also where rows are lost of tables and columns that the earlier schema does not have.

    Returns:
        What was lost: table, or table.column → rows.

    Raises:
        Conflict: rows would be lost, and `drop` was not said; nothing was changed.
        NotFound: no such revision before this one.
        Unavailable: the database does not answer, or another process keeps it locked.
    """
    with shown_errors(engine), _alone(engine):
        found = _known(engine)
        if found is None or to not in [each.revision for each in _scripts().walk_revisions()] or to > found:
            raise NotFound("no such earlier revision", key="revision", value=to, way_out="tsuide migrate show")
        lost = losses(engine, to)
        if lost and not drop:
            told = ", ".join(f"{name} ({count:,})" for name, count in lost.items())
            raise Conflict(
                f"the earlier schema has no place for rows of {told}",
                key="revision",
                value=to,
                way_out="tsuide backup make, then again with --drop-data",
            )
        with engine.connect() as plain, plain.execution_options(writes=True).begin():
            unwatch(plain)  # triggers name tables that may go; the next turn of segments makes them again
        for step in reversed(_steps(to, found)):
            _step(engine, step, down=True)
        return lost


def losses(engine: sa.Engine, to: str) -> dict[str, int]:
    """Rows of tables, and values of columns, that the schema at an earlier revision has no place for.

    Raises:
        Unavailable: the database does not answer.
    """
    earlier, found = _shape_at(to), {}
    with shown_errors(engine), engine.connect() as connection:
        inspector = sa.inspect(connection)
        for name in sorted(set(inspector.get_table_names()) & set(_shape_at(head()))):
            table = sa.table(name)
            if name not in earlier:
                count = connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
                found[name] = count - _own_rows().get(name, 0)
                continue
            for column in sorted(each["name"] for each in inspector.get_columns(name)):
                if column not in earlier[name] and column in _shape_at(head())[name]:
                    query = sa.select(sa.func.count(sa.column(column))).select_from(table)
                    found[f"{name}.{column}"] = connection.scalar(query) or 0
    return {name: count for name, count in found.items() if count > 0}


@cache
def _shape_at(to: str) -> dict[str, frozenset[str]]:
    """Tables and their columns at a revision."""
    with _made_in_memory(to) as connection:
        inspector = sa.inspect(connection)
        return {
            name: frozenset(each["name"] for each in inspector.get_columns(name))
            for name in inspector.get_table_names()
        }


@cache
def _own_rows() -> dict[str, int]:
    """Rows that migrations themselves make: nobody loses those."""
    with _made_in_memory(head()) as connection:
        return {
            name: connection.scalar(sa.select(sa.func.count()).select_from(sa.table(name))) or 0
            for name in sa.inspect(connection).get_table_names()
        }


@contextmanager
def _made_in_memory(to: str) -> Iterator[sa.Connection]:
    from alembic import command

    engine = sa.create_engine("sqlite://")
    try:
        with engine.connect() as connection, connection.begin():
            command.upgrade(config(connection), to)
            yield connection
    finally:
        engine.dispose()


def revision(connection: sa.Connection) -> str | None:
    """The revision that a database stands at; None in an empty one."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def revisions() -> list[tuple[str, str]]:
    """Every revision and what it brings, oldest first."""
    return [(each.revision, str(each.doc)) for each in reversed(list(_scripts().walk_revisions()))]


def _scripts() -> "ScriptDirectory":
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(config())


def _known(engine: sa.Engine) -> str | None:
    with engine.connect() as connection:
        found = revision(connection)
    if found is not None and found not in {each.revision for each in _scripts().walk_revisions()}:
        raise StoreOutdated(
            "the store was made by a newer Tsuide",
            key="revision",
            value=found,
            way_out="install that version, or open another store",
        )
    return found


def _steps(after: str, upto: str) -> list[str]:
    return sorted(each.revision for each in _scripts().walk_revisions() if after < each.revision <= upto)


def _make(engine: sa.Engine) -> None:
    from alembic import command

    with engine.connect() as plain:
        connection = plain.execution_options(writes=True)
        with connection.begin():
            if revision(connection) is None:  # of SQLite another process may have been first
                command.upgrade(config(connection), "head")


def _step(engine: sa.Engine, step: str, *, down: bool) -> None:
    """One migration in a transaction of its own; what it leaves for later follows at once."""
    from alembic import command

    for turn in range(_TRIES):
        later: list[str] = []
        try:
            with engine.connect() as plain:
                connection = plain.execution_options(writes=True)
                with connection.begin():
                    if connection.dialect.name == "postgresql":
                        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_LOCK_WAIT}'")
                    stands = revision(connection) or ""
                    if down and stands >= step:
                        command.downgrade(config(connection, later), "-1")
                    elif not down and stands < step:
                        command.upgrade(config(connection, later), step)
        except sa.exc.OperationalError as error:
            if not _gave_way(error) or turn == _TRIES - 1:
                raise
            time.sleep(_BREATH_S)
            continue
        _follow(engine, later)
        return


def _gave_way(error: sa.exc.OperationalError) -> bool:
    return getattr(error.orig, "sqlstate", None) == "55P03"  # lock_not_available


def _follow(engine: sa.Engine, statements: list[str]) -> None:
    with engine.connect() as plain:
        connection = plain.execution_options(isolation_level="AUTOCOMMIT") if statements else plain
        for each in statements:
            connection.exec_driver_sql(each)


@contextmanager
def _alone(engine: sa.Engine) -> Iterator[None]:
    """Only one process migrates: on SQLite BEGIN IMMEDIATE is enough, on PostgreSQL it takes an advisory lock.

    It is asked for again and again, not waited for: a statement that waits would hold up CREATE INDEX CONCURRENTLY.
    """
    if engine.dialect.name != "postgresql":
        yield
        return
    until = time.monotonic() + _PATIENCE_S
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while not connection.scalar(sa.select(sa.func.pg_try_advisory_lock(_LOCK))):
            if time.monotonic() > until:
                raise Unavailable("another process migrates the store", key="database", value=engine.url.database)
            time.sleep(0.05)
        try:
            yield
        finally:
            connection.scalar(sa.select(sa.func.pg_advisory_unlock(_LOCK)))
