"""The ports of settings kept in the store (secrets of the shop, time zone …) and of long jobs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from tsuide.errors import NotFound
from tsuide.kit.clock import to_micros
from tsuide.store.engines import reading, writing
from tsuide.store.rows import Found, found
from tsuide.store.schema import job, setting

_INSERT: Final = "INSERT INTO setting (key, value, at) VALUES (:key, :value, :at) ON CONFLICT (key)"


@dataclass(frozen=True, slots=True)
class Settings:
    """Texts by key. Every method raises `Unavailable` when the database does not answer."""

    engine: sa.Engine

    def get(self, key: str) -> str | None:
        """The value; None where it was never set."""
        with reading(self.engine) as connection:
            return connection.execute(sa.select(setting.c.value).where(setting.c.key == key)).scalar()

    def put(self, key: str, value: str, now: datetime) -> None:
        """Set a value, whatever it was before."""
        with writing(self.engine) as connection:
            connection.execute(
                sa.text(f"{_INSERT} DO UPDATE SET value = excluded.value, at = excluded.at"),
                {"key": key, "value": value, "at": to_micros(now)},
            )

    def put_once(self, key: str, value: str, now: datetime) -> str:
        """Set a value if there is none yet, and return the one that holds (of two who try, the first)."""
        with writing(self.engine) as connection:
            connection.execute(sa.text(f"{_INSERT} DO NOTHING"), {"key": key, "value": value, "at": to_micros(now)})
            return str(connection.execute(sa.select(setting.c.value).where(setting.c.key == key)).scalar_one())


@dataclass(frozen=True, slots=True)
class Jobs:
    """What long jobs (import, learn) did and do. Every method raises `Unavailable` when there is no answer."""

    engine: sa.Engine

    def start(self, job_id: str, kind: str, now: datetime) -> None:
        """A job begins."""
        row = {"id": job_id, "kind": kind, "state": "running", "started_at": to_micros(now)}
        with writing(self.engine) as connection:
            connection.execute(sa.insert(job).values(**row))

    def end(self, job_id: str, result: str, now: datetime, *, failed: bool = False) -> None:
        """A job ends; `result` is JSON.

        Raises:
            NotFound: no such job.
        """
        state = "failed" if failed else "done"
        with writing(self.engine) as connection:
            change = sa.update(job).where(job.c.id == job_id)
            values = {"state": state, "result": result, "ended_at": to_micros(now)}
            if connection.execute(change.values(**values)).rowcount == 0:
                raise NotFound("no such job", key="job", value=job_id)

    def recent(self, kind: str | None = None, limit: int = 20) -> list[Found]:
        """The newest jobs first; rows have the columns of the table `job`."""
        query = sa.select(job).order_by(job.c.started_at.desc(), job.c.id).limit(limit)
        with reading(self.engine) as connection:
            return found(connection, query if kind is None else query.where(job.c.kind == kind))
