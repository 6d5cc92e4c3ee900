"""Look a database over without changing it: its schema against the code's, its server's settings, its newest rows."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import sqlalchemy as sa

from tsuide.errors import Unavailable
from tsuide.kit.clock import from_micros
from tsuide.store.engines import checked_url, make_engine, reading, shown_errors, sqlite_file, writing
from tsuide.store.schema import decision, metadata, outcome
from tsuide.store.upgrade import revision

PER_PROCESS: Final = 36  # connections that one process may open: two pools of 8, each with 10 more when it is busy


@dataclass(frozen=True, slots=True)
class Drift:
    """In what a database's schema is not the code's.

    Args:
        lacking: index → the statement that makes it.
        broken: indexes that PostgreSQL has begun and not finished; it writes to them and reads none.
        changed: everything else, a few words each.
    """

    lacking: dict[str, str]
    broken: tuple[str, ...]
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServerState:
    """What PostgreSQL says about itself.

    Args:
        version: as a number: 160004 is 16.4.
        settings: name → value, as a session of ours has them.
        connections: open ones to this database, ours among them.
        most_connections: of the server or the database, whichever is less.
        oldest: transactions since the oldest row was frozen.
    """

    version: int
    encoding: str
    settings: dict[str, str]
    connections: int
    most_connections: int
    oldest: int


def revision_of(url: str) -> str | None:
    """The revision at which a database stands; None where there is none yet, or an empty one. Makes nothing.

    Raises:
        BadSetting: not a URL of a database that Tsuide can use.
        Unavailable: the database does not answer.
    """
    parsed = checked_url(url)
    file = sqlite_file(parsed)
    if file is not None and not file.exists():
        return None
    engine = make_engine(parsed, "record")
    try:
        with reading(engine) as connection:
            return revision(connection)
    finally:
        engine.dispose()


def drift(engine: sa.Engine) -> Drift:
    """Compare the database's schema with the code's: tables, columns, types, indexes, keys, checks.

    Raises:
        Unavailable: the database does not answer.
    """
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    with shown_errors(engine), engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        lacking, changed = {}, []
        for each in compare_metadata(context, metadata):
            if each[0] == "add_index":
                made = " ".join(str(sa.schema.CreateIndex(each[1]).compile(dialect=connection.dialect)).split())
                if connection.dialect.name == "postgresql":  # nobody waits while it is made
                    made = made.replace(" INDEX ", " INDEX CONCURRENTLY ", 1)
                lacking[str(each[1].name)] = made
            elif each[0] == "remove_table" and each[1].name not in metadata.tables:
                continue  # a table of somebody else's in the same database is theirs
            else:
                changed += _told(each)
        return Drift(lacking, _broken(connection), tuple(changed + _unchecked(connection)))


def make_indexes(engine: sa.Engine) -> list[str]:
    """Make the indexes that are lacking or were begun and never finished; the names of those that were made.

    Raises:
        Unavailable: the database does not answer.
    """
    found = drift(engine)
    statements = [*(f"REINDEX INDEX CONCURRENTLY {name}" for name in found.broken), *found.lacking.values()]
    if engine.dialect.name == "sqlite":
        with writing(engine) as connection:
            for each in statements:
                connection.exec_driver_sql(each)
    elif statements:
        with shown_errors(engine), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for each in statements:
                connection.exec_driver_sql(each)
    return [*found.broken, *found.lacking]


def _told(change: object) -> list[str]:
    """`("add_column", None, "orders", Column)` as `orders.note: add_column`."""
    if isinstance(change, list):
        return [f"{each[2]}.{each[3]}: {each[0]}" for each in change]
    if not isinstance(change, tuple):
        return [str(change)]
    verb, thing = change[0], change[-1]
    if verb in {"add_column", "remove_column"}:
        return [f"{change[2]}.{thing.name}: {verb}"]
    return [f"{getattr(thing, 'name', thing)}: {verb}"]


def _unchecked(connection: sa.Connection) -> list[str]:
    """Checks that the database does not make any more; nothing sold without a yes is one of them."""
    inspector, found = sa.inspect(connection), []
    there = set(inspector.get_table_names())
    for table in metadata.sorted_tables:
        if table.name not in there:
            continue
        wanted = {str(each.name) for each in table.constraints if isinstance(each, sa.CheckConstraint)}
        held = {str(each["name"]) for each in inspector.get_check_constraints(table.name)}
        found += [f"{name}: add_check" for name in sorted(wanted - held)]
    return found


def _broken(connection: sa.Connection) -> tuple[str, ...]:
    if connection.dialect.name != "postgresql":
        return ()
    query = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT (indisvalid AND indisready) ORDER BY 1"
    return tuple(connection.execute(sa.text(query)).scalars())


def server_state(engine: sa.Engine) -> ServerState | None:
    """What PostgreSQL says about itself; None of SQLite.

    Raises:
        Unavailable: the database does not answer.
    """
    if engine.dialect.name != "postgresql":
        return None
    with reading(engine) as connection:
        told = connection.execute(sa.text("SELECT name, setting FROM pg_settings")).all()
        row = connection.execute(
            sa.text(
                "SELECT pg_encoding_to_char(encoding), datconnlimit, age(datfrozenxid), "
                "(SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()) "
                "FROM pg_database WHERE datname = current_database()"
            )
        ).one()
    settings = {str(name): str(value) for name, value in told}
    most = int(settings["max_connections"])
    most = most if row[1] < 0 else min(most, row[1])
    return ServerState(int(settings["server_version_num"]), row[0], settings, row[3], most, row[2])


def examination(engine: sa.Engine) -> str:
    """What SQLite's own quick examination of the whole file says; ``ok`` of a file without damage, and of PostgreSQL.

    Raises:
        Unavailable: the database does not answer.
    """
    if engine.dialect.name != "sqlite":
        return "ok"
    try:
        with reading(engine) as connection:
            return str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())
    except Unavailable as error:
        return str(error.what)


def database_clock(engine: sa.Engine) -> datetime | None:
    """What time the database's server has; None of SQLite, which has none of its own.

    Raises:
        Unavailable: the database does not answer.
    """
    if engine.dialect.name != "postgresql":
        return None
    with reading(engine) as connection:
        told: datetime = connection.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
        return told.astimezone(UTC)


def newest_trace(engine: sa.Engine) -> datetime | None:
    """When the newest decision or outcome was written, by the clock of whoever wrote it; None = there is none.

    Raises:
        Unavailable: the database does not answer.
    """
    with reading(engine) as connection:
        found = [connection.scalar(sa.select(sa.func.max(table.c.at))) for table in (decision, outcome)]
    return max((from_micros(each) for each in found if each is not None), default=None)
