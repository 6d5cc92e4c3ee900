"""The port of long jobs: begun by somebody, run in a process of its own, followed from any page, ended or given up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from tsuide.errors import Conflict, NotFound
from tsuide.kit.clock import to_micros
from tsuide.store.columns import key, one_of, text, whole
from tsuide.store.engines import reading, writing
from tsuide.store.rows import Found, found
from tsuide.store.schema import RECORD, metadata
from tsuide.store.sequence import lock

JOB_STATES: Final = ("waiting", "running", "done", "failed")
SILENT: Final = timedelta(minutes=2)
"""After so long without a sign of life a job's process is gone."""

job = sa.Table(
    "job",
    metadata,
    key("id"),
    text("kind"),
    text("state"),
    text("who"),
    text("wanted"),
    whole("begun_at"),
    whole("seen_at"),
    whole("ended_at", null=True),
    text("step", null=True),
    whole("done", null=True),
    whole("total", null=True),
    text("result", null=True),
    one_of("state", JOB_STATES),
    sa.Index(None, "kind", "begun_at"),
    info=RECORD,
)
"""`wanted`: JSON of what was asked for; `step`, `done`, `total`: how far it is; `result`: JSON, of a failed one the
error; `seen_at`: its process's last sign of life."""


@dataclass(frozen=True, slots=True)
class Jobs:
    """What long jobs did and do. Every method raises `Unavailable` when there is no answer."""

    engine: sa.Engine

    def begin(self, row: Mapping[str, Any], now: datetime, *, alone: bool = True) -> None:
        """A job is wanted; if it is to be `alone`, none of its kind may be under way.

        Raises:
            Conflict: one of its kind is under way.
        """
        given = {"state": "waiting", "begun_at": to_micros(now), "seen_at": to_micros(now)}
        with writing(self.engine) as connection:
            lock(connection)
            if alone:
                kind = sa.select(job.c.id).where(job.c.kind == row["kind"], _under_way(now))
                other = connection.execute(kind).scalar()
                if other is not None:
                    raise Conflict("such a job is under way", key="job", value=other, way_out="wait until it has ended")
            connection.execute(sa.insert(job).values(**given, **row))

    def tell(self, job_id: str, now: datetime, step: str | None, done: int | None, total: int | None) -> None:
        """How far it is, which is a sign of life too."""
        self._change(
            job_id, {"state": "running", "seen_at": to_micros(now), "step": step, "done": done, "total": total}
        )

    def end(self, job_id: str, result: str, now: datetime, *, failed: bool = False) -> None:
        """A job ends; `result` is JSON.

        Raises:
            NotFound: no such job.
        """
        state = "failed" if failed else "done"
        self._change(job_id, {"state": state, "result": result, "ended_at": to_micros(now), "seen_at": to_micros(now)})

    def one(self, job_id: str) -> Found:
        """One job.

        Raises:
            NotFound: no such job.
        """
        with reading(self.engine) as connection:
            rows = found(connection, sa.select(job).where(job.c.id == job_id))
        if not rows:
            raise NotFound("no such job", key="job", value=job_id)
        return rows[0]

    def recent(self, kind: str | None = None, limit: int = 20, state: str | None = None) -> list[Found]:
        """The newest jobs first; rows have the columns of the table `job`."""
        query = sa.select(job).order_by(job.c.begun_at.desc(), job.c.id.desc()).limit(limit)
        if kind is not None:
            query = query.where(job.c.kind == kind)
        if state is not None:
            query = query.where(job.c.state == state)
        with reading(self.engine) as connection:
            return found(connection, query)

    def under_way(self, now: datetime) -> list[Found]:
        """Those that are waited for, oldest first."""
        with reading(self.engine) as connection:
            return found(connection, sa.select(job).where(_under_way(now)).order_by(job.c.begun_at, job.c.id))

    def _change(self, job_id: str, values: Mapping[str, Any]) -> None:
        with writing(self.engine) as connection:
            if connection.execute(sa.update(job).where(job.c.id == job_id).values(**values)).rowcount == 0:
                raise NotFound("no such job", key="job", value=job_id)


def _under_way(now: datetime) -> sa.ColumnElement[bool]:
    """Neither ended nor silent."""
    return job.c.state.in_(("waiting", "running")) & (job.c.seen_at > to_micros(now - SILENT))
