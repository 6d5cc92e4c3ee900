"""The port of scheduled reports: what is wanted when, and that of several runners one runs it."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tsuide.errors import NotFound
from tsuide.kit.clock import to_micros
from tsuide.store.columns import key, text, whole
from tsuide.store.engines import reading, writing
from tsuide.store.rows import Found, found
from tsuide.store.schema import RECORD, metadata
from tsuide.store.sequence import lock

report_schedule = sa.Table(
    "report_schedule",
    metadata,
    key("id"),
    text("record"),
    whole("ran_for"),
    whole("tried_at", null=True),
    text("error", null=True),
    info=RECORD,
)
"""A schedule as JSON; `ran_for`: the newest moment it was run for; `error`: why the last try failed."""


@dataclass(frozen=True, slots=True)
class Schedules:
    """Keeps schedules; rows have the columns of the table.

    Every method raises `Unavailable` when the database does not answer.
    """

    engine: sa.Engine

    def put(self, schedule_id: str, record: str, since: datetime) -> None:
        """Set a schedule, new or changed; what it was run for stays, a new one is run for moments after `since`."""
        table = report_schedule
        with writing(self.engine) as connection:
            lock(connection)
            change = sa.update(table).where(table.c.id == schedule_id).values(record=record, error=None)
            if connection.execute(change).rowcount == 0:
                row = {"id": schedule_id, "record": record, "ran_for": to_micros(since)}
                connection.execute(sa.insert(table).values(**row))

    def remove(self, schedule_id: str) -> Found:
        """Take a schedule away; it as it was.

        Raises:
            NotFound: there is none of this id.
        """
        with writing(self.engine) as connection:
            where = report_schedule.c.id == schedule_id
            rows = found(connection, sa.select(report_schedule).where(where))
            if not rows:
                raise NotFound("no such schedule", key="schedule", value=schedule_id, way_out="tsuide schedule list")
            connection.execute(sa.delete(report_schedule).where(where))
        return rows[0]

    def all(self) -> list[Found]:
        """Every schedule, by id."""
        with reading(self.engine) as connection:
            return found(connection, sa.select(report_schedule).order_by(report_schedule.c.id))

    def claim(self, schedule_id: str, before: int, slot: int, now: datetime) -> bool:
        """Take the run for a moment: True for one of all who try.

        Args:
            schedule_id: which.
            before: what it had been run for, as read.
            slot: what it is run for now, microseconds.
            now: UTC.
        """
        where = sa.and_(report_schedule.c.id == schedule_id, report_schedule.c.ran_for == before)
        values = {"ran_for": slot, "tried_at": to_micros(now), "error": None}
        with writing(self.engine) as connection:
            return connection.execute(sa.update(report_schedule).where(where).values(**values)).rowcount == 1

    def fail(self, schedule_id: str, before: int, slot: int, error: str) -> None:
        """Give a run back that failed: it is tried again."""
        where = sa.and_(report_schedule.c.id == schedule_id, report_schedule.c.ran_for == slot)
        with writing(self.engine) as connection:
            connection.execute(sa.update(report_schedule).where(where).values(ran_for=before, error=error))
