"""The port of policies: every version that was ever in force, and which one is."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tsuide.errors import Conflict, NotFound
from tsuide.kit.clock import to_micros
from tsuide.store.engines import reading, writing
from tsuide.store.rows import Found, found
from tsuide.store.schema import policy


@dataclass(frozen=True, slots=True)
class Policies:
    """Keeps policies; rows have the columns of the table `policy`.

    Every method raises `Unavailable` when the database does not answer.
    """

    engine: sa.Engine

    def save(self, name: str, version: str, text: str, at: datetime, author: str | None = None) -> bool:
        """Keep a version; False if it was there already with the same text.

        Raises:
            Conflict: this version was kept with another text: a version never changes.
        """
        same = sa.and_(policy.c.name == name, policy.c.version == version)
        with writing(self.engine) as connection:
            before = connection.execute(sa.select(policy.c.text).where(same)).scalar()
            if before == text:
                return False
            if before is not None:
                raise Conflict(
                    "this version of the policy has another text",
                    key="version",
                    value=f"{name} {version}",
                    way_out="give the changed policy a new version",
                )
            row = {"name": name, "version": version, "text": text, "author": author}
            connection.execute(sa.insert(policy).values(**row, at=to_micros(at), active=0))
        return True

    def activate(self, name: str, version: str) -> None:
        """Make one version the policy in force.

        Raises:
            NotFound: it was never saved.
        """
        with writing(self.engine) as connection:
            connection.execute(sa.update(policy).values(active=0))
            same = sa.and_(policy.c.name == name, policy.c.version == version)
            if connection.execute(sa.update(policy).where(same).values(active=1)).rowcount == 0:
                raise NotFound("no such policy", key="policy", value=f"{name} {version}")

    def active(self) -> Found | None:
        """The policy in force; None before the first was activated."""
        rows = self._rows(policy.c.active == 1)
        return rows[0] if rows else None

    def get(self, name: str, version: str) -> Found:
        """One version.

        Raises:
            NotFound: it was never saved.
        """
        rows = self._rows(policy.c.name == name, policy.c.version == version)
        if not rows:
            raise NotFound("no such policy", key="policy", value=f"{name} {version}")
        return rows[0]

    def versions(self) -> list[Found]:
        """All versions, newest first."""
        return self._rows()

    def _rows(self, *where: sa.ColumnElement[bool]) -> list[Found]:
        query = sa.select(policy).where(*where).order_by(policy.c.at.desc(), policy.c.name, policy.c.version)
        with reading(self.engine) as connection:
            return found(connection, query)
