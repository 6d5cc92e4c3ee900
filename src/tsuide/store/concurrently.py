"""Indexes of tables that hold rows are made so that nobody who writes waits (PostgreSQL)."""

from typing import Any

import sqlalchemy as sa
from alembic.ddl.postgresql import PostgresqlImpl


class Later(PostgresqlImpl):
    """Alembic's PostgreSQL, but for indexes of tables that were there before the step: they follow it, CONCURRENTLY.

    Whatever a migration says, past or to come: nobody has to remember. A unique index stays within its step, since what
    is written between must not break it.
    """

    __dialect__ = "postgresql"

    def begin(self, later: list[str]) -> None:
        """A step begins; `later` takes the statements that follow it."""
        self._later = later
        self._before = set(sa.inspect(self.connection).get_table_names()) if self.connection is not None else set()

    def create_index(self, index: sa.Index, **kw: Any) -> None:  # noqa: ANN401 - as Alembic's own
        """Make an index now, or note it."""
        later: list[str] | None = getattr(self, "_later", None)
        if later is None or index.unique or index.table is None or index.table.name not in self._before:
            super().create_index(index, **kw)
            return
        made = " ".join(str(sa.schema.CreateIndex(index, if_not_exists=True).compile(dialect=self.dialect)).split())
        later.append(made.replace(" INDEX ", " INDEX CONCURRENTLY ", 1))
