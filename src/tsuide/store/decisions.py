"""The port of decisions: read what was decided. They are written through the journal."""

from collections.abc import Sequence
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

    def walk(
        self,
        n: int,
        *,
        before: tuple[int, str] | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        customer_id: str | None = None,
        anonymous_id: str | None = None,
        placements: Sequence[str] = (),
        holds: Sequence[str] = (),
        silent: bool = False,
    ) -> tuple[list[Found], tuple[int, str] | None]:
        """Walk back through at most `n` decisions, along the index that narrows most; those of them that fit.

        Never more than `n` are looked at, however many there are: who wants more walks on.

        Args:
            n: how many to look at.
            before: time (microseconds) and id of the last one that was looked at; None = from the newest.
            start: start ≤ at.
            end: at < end.
            customer_id: whose; by index.
            anonymous_id: of which browser.
            placements: only these; a single one by index; none = all.
            holds: texts that the record must hold, each.
            silent: only those that may have shown nothing (a caller looks closer).

        Returns:
            Rows of the table, newest first, and where the walk ended; None = there is nothing older.
        """
        c, at, name = decision.c, decision.c.at, decision.c.id
        reach: list[sa.ColumnElement[bool]] = []
        if before is not None:
            reach.append(sa.and_(at <= before[0], sa.or_(at < before[0], name < before[1])))
        if start is not None:
            reach.append(at >= to_micros(start))
        if end is not None:
            reach.append(at < to_micros(end))
        if customer_id is not None:
            reach.append(c.customer_id == customer_id)
        elif len(placements) == 1:
            reach.append(c.placement == placements[0])
        newest = (at.desc(), name.desc())
        seen = sa.select(decision).where(*reach).order_by(*newest).limit(n).subquery()
        fits: list[sa.ColumnElement[bool]] = [self._holds(seen.c.record, each) for each in holds]
        if anonymous_id is not None:
            fits.append(seen.c.anonymous_id == anonymous_id)
        if placements:
            fits.append(seen.c.placement.in_(placements))
        if silent:
            nothing = sa.not_(self._holds(seen.c.record, '"slate":['))  # what is empty is left out of a record
            fits.append(sa.or_(seen.c.arm == "holdout", nothing, self._holds(seen.c.record, '"withheld":[')))
        last = sa.select(at, name).where(*reach).order_by(*newest).offset(n - 1).limit(1)
        with reading(self.engine) as connection:
            rows = found(connection, sa.select(seen).where(*fits).order_by(seen.c.at.desc(), seen.c.id.desc()))
            ended = connection.execute(last).first()
        return rows, None if ended is None else (ended.at, ended.id)

    def _holds(self, record: sa.ColumnElement[str], text: str) -> sa.ColumnElement[bool]:
        found_at = sa.func.instr if self.engine.dialect.name == "sqlite" else sa.func.strpos
        return found_at(record, text) > 0

    def count(self, start: datetime | None = None, end: datetime | None = None) -> int:
        """How many there are (with start ≤ at < end)."""
        query = sa.select(sa.func.count()).select_from(decision)
        query = query if start is None else query.where(decision.c.at >= to_micros(start))
        query = query if end is None else query.where(decision.c.at < to_micros(end))
        with reading(self.engine) as connection:
            return int(connection.execute(query).scalar_one())
