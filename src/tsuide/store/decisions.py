"""The port of decisions: read what was decided. They are written through the journal."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from tsuide.errors import UnknownDecision
from tsuide.kit.clock import to_micros
from tsuide.store.engines import reading
from tsuide.store.rows import Found, Row, Value, found
from tsuide.store.schema import decision

_LIMIT: Final = 100


def decision_row(values: dict[str, Value]) -> Row:
    """A decision for the journal: `id`, `at` (microseconds), `placement` and `record` (its JSON) must be there.

    >>> decision_row({"id": "dec_1", "at": 0, "placement": "cart", "record": "{}"}).table
    'decision'
    """
    return Row("decision", values)


@dataclass(frozen=True, slots=True)
class Decisions:
    """Reads decisions; rows have the columns of the table `decision`.

    Every method raises `Unavailable` when the database does not answer.
    """

    engine: sa.Engine

    def get(self, decision_id: str) -> Found:
        """One decision.

        Raises:
            UnknownDecision: there is none with this id.
        """
        with reading(self.engine) as connection:
            rows = found(connection, sa.select(decision).where(decision.c.id == decision_id))
        if not rows:
            raise UnknownDecision("no such decision", key="decision", value=decision_id)
        return rows[0]

    def recent(self, limit: int = _LIMIT, customer_id: str | None = None) -> list[Found]:
        """The newest decisions, newest first; of one customer, or of all."""
        query = sa.select(decision).order_by(decision.c.at.desc(), decision.c.id.desc()).limit(limit)
        if customer_id is not None:
            query = query.where(decision.c.customer_id == customer_id)
        with reading(self.engine) as connection:
            return found(connection, query)

    def between(self, start: datetime, end: datetime, limit: int | None = None) -> list[Found]:
        """Decisions with start ≤ at < end, oldest first."""
        at = decision.c.at
        query = sa.select(decision).where(at >= to_micros(start), at < to_micros(end))
        with reading(self.engine) as connection:
            return found(connection, query.order_by(at, decision.c.id).limit(limit))

    def count(self, start: datetime | None = None, end: datetime | None = None) -> int:
        """How many there are (with start ≤ at < end)."""
        query = sa.select(sa.func.count()).select_from(decision)
        query = query if start is None else query.where(decision.c.at >= to_micros(start))
        query = query if end is None else query.where(decision.c.at < to_micros(end))
        with reading(self.engine) as connection:
            return int(connection.execute(query).scalar_one())
