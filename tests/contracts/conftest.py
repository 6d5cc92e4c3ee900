"""Looking into a database past the store."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa


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
