"""The port of feedback: complaints and scores, each recorded once."""

from dataclasses import dataclass
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from tsuide.errors import Conflict
from tsuide.facts.feedback import FEEDBACK
from tsuide.store import aliases, bulk
from tsuide.store.columns import key, text, whole
from tsuide.store.engines import reading, writing
from tsuide.store.frames import from_storage, stored_schema
from tsuide.store.rows import Found, found
from tsuide.store.schema import RECORD, metadata
from tsuide.store.sequence import lock

feedback = sa.Table(
    "feedback",
    metadata,
    key("id"),
    text("customer_id", null=True),
    text("kind"),
    whole("at"),
    whole("score", null=True),
    text("text", null=True),
    text("source", null=True),
    sa.CheckConstraint("kind IN ('complaint', 'answered', 'score')", name="kind"),
    sa.CheckConstraint("(kind = 'score') = (score IS NOT NULL AND score BETWEEN 0 AND 10)", name="score"),
    sa.Index(None, "customer_id", "at"),
    info=RECORD,
)

_SAME: Final = ("customer_id", "kind", "at", "score")


@dataclass(frozen=True, slots=True)
class Said:
    """Keeps feedback. Every method raises `Unavailable` when the database does not answer."""

    engine: sa.Engine

    def add(self, row: Found) -> bool:
        """Record one; False if this very one was recorded before.

        Raises:
            Conflict: the id belongs to another.
        """
        with writing(self.engine) as connection:
            lock(connection)
            row = {**row, "customer_id": aliases.of(connection, row["customer_id"])}
            before = found(connection, sa.select(feedback).where(feedback.c.id == row["id"]))
            if before:
                if any(before[0][name] != row.get(name) for name in _SAME):
                    raise Conflict("another one has this id", key="feedback", value=row["id"])
                return False
            connection.execute(sa.insert(feedback).values(**row))
        return True

    def of_customer(self, customer_id: str) -> list[Found]:
        """What one customer said, oldest first."""
        query = sa.select(feedback).where(feedback.c.customer_id == customer_id)
        with reading(self.engine) as connection:
            return found(connection, query.order_by(feedback.c.at, feedback.c.id))

    def all(self) -> pl.DataFrame:
        """All of it as FEEDBACK, oldest first."""
        query: sa.Select[Any] = sa.select(*(feedback.c[name] for name in FEEDBACK))
        with reading(self.engine) as connection:
            rows = bulk.fetch(connection, query, stored_schema(FEEDBACK))
        return from_storage(rows, FEEDBACK).sort("at", "id")
