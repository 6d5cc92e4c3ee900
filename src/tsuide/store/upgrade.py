"""Bring a database to the newest schema; several processes may try at once."""

import hashlib
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from tsuide.errors import StoreOutdated
from tsuide.store.engines import shown_errors

MIGRATIONS: Final = Path(__file__).parent / "migrations"
_LOCK: Final = int.from_bytes(hashlib.blake2b(b"tsuide schema", digest_size=7).digest())


def config(connection: sa.Connection | None = None) -> Config:
    """Alembic's configuration, without any file."""
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    made.attributes["connection"] = connection
    return made


def head() -> str:
    """The newest revision that this code knows."""
    newest = ScriptDirectory.from_config(config()).get_current_head()
    assert newest is not None  # noqa: S101 - the package ships at least its first migration
    return newest


def upgrade(engine: sa.Engine) -> None:
    """Run what migrations are missing.

    Raises:
        StoreOutdated: the store was made by newer code.
        Unavailable: the database does not answer, or another process keeps it locked.
    """
    with shown_errors(engine), engine.connect() as plain:
        connection = plain.execution_options(writes=True)
        with connection.begin():
            if revision(connection) == head():
                return
            _alone(connection)
            known = {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}
            found = revision(connection)
            if found is not None and found not in known:
                raise StoreOutdated(
                    "the store was made by a newer Tsuide",
                    key="revision",
                    value=found,
                    way_out="install that version, or open another store",
                )
            command.upgrade(config(connection), "head")


def revision(connection: sa.Connection) -> str | None:
    """The revision that a database stands at; None in an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def _alone(connection: sa.Connection) -> None:
    """Only one process migrates: SQLite's BEGIN IMMEDIATE is enough, PostgreSQL takes an advisory lock."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
