"""The port of experiments: what was asked, and that nothing changes once it is started."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from tsuide.errors import Conflict, NotFound
from tsuide.kit.clock import to_micros
from tsuide.store.columns import key, text, whole
from tsuide.store.engines import reading, writing
from tsuide.store.rows import Found, found
from tsuide.store.schema import RECORD, metadata
from tsuide.store.sequence import lock

STATES: Final = ("draft", "running", "stopped")

experiment = sa.Table(
    "experiment",
    metadata,
    key("id"),
    text("state"),
    text("record"),
    whole("changed_at"),
    sa.CheckConstraint("state IN ('draft', 'running', 'stopped')", name="state"),
    info=RECORD,
)
"""An experiment as JSON; from `running` on its record only ever gains the moment of its end."""


@dataclass(frozen=True, slots=True)
class Experiments:
    """Keeps experiments; rows have the columns of the table `experiment`.

    Every method raises `Unavailable` when the database does not answer.
    """

    engine: sa.Engine

    def draft(self, experiment_id: str, record: str, now: datetime) -> None:
        """Write a draft, new or changed.

        Raises:
            Conflict: it was started: it is locked.
        """
        values = {"record": record, "changed_at": to_micros(now)}
        with writing(self.engine) as connection:
            lock(connection)
            before = self._state(connection, experiment_id)
            if before is None:
                connection.execute(sa.insert(experiment).values(id=experiment_id, state="draft", **values))
            elif before == "draft":
                connection.execute(sa.update(experiment).where(experiment.c.id == experiment_id).values(**values))
            else:
                raise Conflict(
                    f"it is {before}: a started experiment is locked",
                    key="experiment",
                    value=experiment_id,
                    way_out="create another one",
                )

    def change(
        self,
        experiment_id: str,
        state: str,
        make: Callable[[str, Sequence[str]], str],
        now: datetime,
    ) -> str:
        """Move an experiment to another state, alone among all who try.

        Args:
            experiment_id: which.
            state: running or stopped.
            make: its record, and those of all that run → its new record; what it raises goes through.
            now: UTC.

        Returns:
            The new record.

        Raises:
            NotFound: no such experiment.
        """
        with writing(self.engine) as connection:
            lock(connection)
            rows = found(connection, sa.select(experiment).where(experiment.c.id == experiment_id))
            if not rows:
                raise _unknown(experiment_id)
            running = found(connection, sa.select(experiment).where(experiment.c.state == "running"))
            record = make(rows[0]["record"], [row["record"] for row in running])
            values = {"state": state, "record": record, "changed_at": to_micros(now)}
            connection.execute(sa.update(experiment).where(experiment.c.id == experiment_id).values(**values))
        return record

    def drop(self, experiment_id: str) -> Found:
        """Throw a draft away; its row as it was.

        Raises:
            NotFound: no such experiment.
            Conflict: it was started: it stays on record.
        """
        with writing(self.engine) as connection:
            lock(connection)
            rows = found(connection, sa.select(experiment).where(experiment.c.id == experiment_id))
            if not rows:
                raise _unknown(experiment_id)
            if rows[0]["state"] != "draft":
                raise Conflict(f"it is {rows[0]['state']}: it stays on record", key="experiment", value=experiment_id)
            connection.execute(sa.delete(experiment).where(experiment.c.id == experiment_id))
        return rows[0]

    def get(self, experiment_id: str) -> Found:
        """One experiment.

        Raises:
            NotFound: no such experiment.
        """
        with reading(self.engine) as connection:
            rows = found(connection, sa.select(experiment).where(experiment.c.id == experiment_id))
        if not rows:
            raise _unknown(experiment_id)
        return rows[0]

    def all(self, state: str | None = None) -> list[Found]:
        """Every experiment (in one state), by id."""
        query = sa.select(experiment).order_by(experiment.c.id)
        if state is not None:
            query = query.where(experiment.c.state == state)
        with reading(self.engine) as connection:
            return found(connection, query)

    def _state(self, connection: sa.Connection, experiment_id: str) -> str | None:
        query = sa.select(experiment.c.state).where(experiment.c.id == experiment_id)
        value: str | None = connection.execute(query).scalar()
        return value


def _unknown(experiment_id: str) -> NotFound:
    return NotFound("no such experiment", key="experiment", value=experiment_id, way_out="tsuide experiment list")
