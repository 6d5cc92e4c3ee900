"""Bring a database to the newest schema; several processes may try at once."""

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from tsuide.errors import StoreOutdated
from tsuide.store.engines import shown_errors

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS: Final = Path(__file__).parent / "migrations"
_LOCK: Final = int.from_bytes(hashlib.blake2b(b"tsuide schema", digest_size=7).digest())


def config(connection: sa.Connection | None = None) -> "Config":
    """Alembic's configuration, without any file."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    made.attributes["connection"] = connection
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
    with shown_errors(engine), engine.connect() as plain:
        connection = plain.execution_options(writes=True)
        with connection.begin():
            if revision(connection) == head():
                return
            from alembic import command
            from alembic.script import ScriptDirectory

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
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _alone(connection: sa.Connection) -> None:
    """Only one process migrates: SQLite's BEGIN IMMEDIATE is enough, PostgreSQL takes an advisory lock."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
