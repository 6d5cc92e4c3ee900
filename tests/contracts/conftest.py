"""Databases for every test that asks: SQLite in a file, PostgreSQL from one server per session."""

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

_NUMBERS = itertools.count(1)


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    """A fresh, empty database."""
    name = f"tsuide_test_{os.getpid()}_{next(_NUMBERS)}"
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0".encode())
    yield sa.make_url(postgres).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A file that does not exist yet."""
    return f"sqlite:///{tmp_path}/shop.sqlite"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest) -> str:
    """Each engine in turn: an empty database."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return str(request.getfixturevalue(name))


@pytest.fixture
def rows_of() -> Callable[[str, str], int]:
    """Count a table's rows with a connection of one's own, past the store."""

    def count(url: str, table: str) -> int:
        engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
        with engine.connect() as connection:
            found = int(connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one())
        engine.dispose()
        return found

    return count
