"""The ports of outcomes and contacts: what came of offers, and how often a person was spoken to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from tsuide.errors import BadValue
from tsuide.kit.clock import to_micros
from tsuide.store.engines import reading, writing
from tsuide.store.glance import Glance
from tsuide.store.rows import Found, Row, Value, found
from tsuide.store.schema import outcome


def outcome_row(values: dict[str, Value]) -> Row:
    """An outcome for the journal: `id` (the idempotency key), `outcome` and `at` (microseconds) must be there.

    >>> outcome_row({"id": "o1", "outcome": "shown", "at": 0}).table
    'outcome'
    """
    return Row("outcome", values)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Reads outcomes; rows have the columns of the table `outcome`.

    Every method raises `Unavailable` when the database does not answer.
    """

    engine: sa.Engine

    def of_decision(self, decision_id: str) -> list[Found]:
        """What came of one decision, oldest first."""
        return self._rows(outcome.c.decision_id == decision_id)

    def between(self, start: datetime, end: datetime) -> list[Found]:
        """Outcomes with start ≤ at < end, oldest first."""
        return self._rows(outcome.c.at >= to_micros(start), outcome.c.at < to_micros(end))

    def take_back(self, ids: Sequence[str]) -> int:
        """Remove outcomes that were reported by mistake; how many there were."""
        with writing(self.engine) as connection:
            return int(connection.execute(sa.delete(outcome).where(outcome.c.id.in_(list(ids)))).rowcount)

    def _rows(self, *where: sa.ColumnElement[bool]) -> list[Found]:
        query = sa.select(outcome).where(*where).order_by(outcome.c.at, outcome.c.id)
        with reading(self.engine) as connection:
            return found(connection, query)


class Contact(NamedTuple):
    """One outcome as contact limits count it; `at` in microseconds."""

    id: str
    at: int
    outcome: str
    reason: str | None
    kind: str | None
    placement: str | None
    channel: str | None
    product_id: str | None
    category: str | None
    offer_id: str | None
    decision_id: str | None


@dataclass(frozen=True, slots=True)
class Contacts:
    """Reads one person's contacts, whatever door they came through: what contact limits count.

    Raises `Unavailable` when the database does not answer.
    """

    glance: Glance

    def of(self, since: datetime, customer_id: str | None = None, anonymous_id: str | None = None) -> list[Contact]:
        """Outcomes at or after `since` of a customer, of a visitor, or of both as one person; oldest first.

        Raises:
            BadValue: neither id was given.
        """
        given = {"customer_id": customer_id, "anonymous_id": anonymous_id}
        values = {name: value for name, value in given.items() if value is not None}
        if not values:
            raise BadValue("whose contacts?", key="customer_id", way_out="give customer_id or anonymous_id")
        (rows,) = self.glance.rows((_contacts_of(tuple(values)), values | {"since": to_micros(since)}))
        return [Contact._make(row) for row in rows]


@cache
def _contacts_of(names: tuple[str, ...]) -> sa.Select[Any]:
    """The query for the ids that are given; built once: building it took longer than running it."""
    c = outcome.c
    columns = [c[name] for name in Contact._fields]
    late = c.at >= sa.bindparam("since")
    parts = [sa.select(*columns).where(c[name] == sa.bindparam(name), late) for name in names]
    if len(parts) == 1:
        return parts[0].order_by(c.at, c.id)
    rows = sa.union(*parts).subquery()
    return sa.select(rows).order_by(rows.c.at, rows.c.id)
