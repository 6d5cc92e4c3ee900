"""The port of policies: every version that was ever in force, and which one is."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tsuide.errors import Conflict, NotFound
from tsuide.kit.clock import to_micros
from tsuide.store.engines import reading, writing
from tsuide.store.rows import Found, found
from tsuide.store.schema import policy
from tsuide.store.sequence import lock


@dataclass(frozen=True, slots=True)
class Policies:
    """Keeps policies; rows have the columns of the table `policy`.

    Every method raises `Unavailable` when the database does not answer.
    """

    engine: sa.Engine

    def save(
        self,
        name: str,
        version: str,
        text: str,
        at: datetime,
        author: str | None = None,
        *,
        note: str | None = None,
        over: tuple[str, str] | None = None,
    ) -> bool:
        """Keep a version and make it the policy in force; False if it was kept already with the same text.

        Args:
            name: of the policy.
            version: of its text.
            text: as its author wrote it.
            at: when.
            author: who.
            note: why.
            over: name and version that must be in force until now; None = whatever is.

        Raises:
            Conflict: this version was kept with another text: a version never changes; or another one is in force.
        """
        with writing(self.engine) as connection:
            lock(connection)
            before = connection.execute(sa.select(policy.c.text).where(_same(name, version))).scalar()
            if before is not None and before != text:
                raise Conflict(
                    "this version of the policy has another text",
                    key="version",
                    value=f"{name} {version}",
                    way_out="give the changed policy a new version",
                )
            if before is None:
                row = {"name": name, "version": version, "text": text, "author": author, "note": note}
                connection.execute(sa.insert(policy).values(**row, at=to_micros(at), active=0))
            _activate(connection, name, version, over)
        return before is None

    def activate(self, name: str, version: str, over: tuple[str, str] | None = None) -> None:
        """Make one kept version the policy in force; `over` as in `save`.

        Raises:
            NotFound: it was never saved.
            Conflict: another one than `over` is in force.
        """
        with writing(self.engine) as connection:
            lock(connection)
            _activate(connection, name, version, over)

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


def _same(name: str, version: str) -> sa.ColumnElement[bool]:
    return sa.and_(policy.c.name == name, policy.c.version == version)


def _activate(connection: sa.Connection, name: str, version: str, over: tuple[str, str] | None) -> None:
    if over is not None:
        held = connection.execute(sa.select(policy.c.name, policy.c.version).where(policy.c.active == 1)).first()
        if held is None or (held.name, held.version) != over:
            raise Conflict(
                "another policy was put in force since",
                key="policy",
                value=None if held is None else f"{held.name}@{held.version}",
                way_out="look at the difference, then decide again",
            )
    connection.execute(sa.update(policy).values(active=0))
    if connection.execute(sa.update(policy).where(_same(name, version)).values(active=1)).rowcount == 0:
        raise NotFound("no such policy", key="policy", value=f"{name} {version}")
