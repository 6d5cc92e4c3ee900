"""The port of the audit log: who changed what, when, from what to what; only ever written on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tsuide.errors import Conflict
from tsuide.store.columns import sequence, text, whole
from tsuide.store.engines import reading, writing
from tsuide.store.rows import Found, found
from tsuide.store.schema import RECORD, metadata

audit_entry = sa.Table(
    "audit_entry",
    metadata,
    sequence("seq"),
    whole("at"),
    text("user_id", null=True),
    text("who"),
    text("action"),
    text("subject"),
    text("customer_id", null=True),
    text("before", null=True),
    text("after", null=True),
    text("undo", null=True),
    whole("undoes", null=True),
    sa.Index(None, "action", "subject"),
    sa.Index(None, "customer_id"),
    sa.UniqueConstraint("undoes"),
    info=RECORD,
)
"""`before`, `after`: JSON of what was changed; `undo`: JSON of what the action's own undoing needs, null = it cannot be
undone; `undoes`: the entry that this one took back."""


@dataclass(frozen=True, slots=True)
class Audit:
    """Writes and reads the log; rows have the columns of the table and `undone_by`.

    Every method raises `Unavailable` when the database does not answer.
    """

    engine: sa.Engine

    def add(self, row: Mapping[str, Any]) -> int:
        """Write an entry; its number.

        Raises:
            Conflict: what it undoes was undone before.
        """
        with writing(self.engine) as connection:
            undoes = row.get("undoes")
            if undoes is not None and _undone(connection, undoes):
                raise Conflict("this was undone already", key="entry", value=undoes)
            return int(connection.execute(sa.insert(audit_entry).returning(audit_entry.c.seq), [row]).scalar_one())

    def one(self, seq: int) -> Found | None:
        """One entry."""
        rows = self._rows(audit_entry.c.seq == seq, 1)
        return rows[0] if rows else None

    def newest_of(self, action: str, subject: str) -> Found | None:
        """The newest entry that was not undone, of a subject and of actions with the same first word."""
        undoing = audit_entry.alias()
        like = audit_entry.c.action.startswith(f"{action.partition('.')[0]}.", autoescape=True)
        standing = ~sa.exists().where(undoing.c.undoes == audit_entry.c.seq)
        rows = self._rows(sa.and_(like, audit_entry.c.subject == subject, audit_entry.c.undoes.is_(None), standing), 1)
        return rows[0] if rows else None

    def listed(
        self,
        n: int,
        *,
        before: int | None = None,
        user_id: str | None = None,
        room: str | None = None,
        subject: str | None = None,
    ) -> list[Found]:
        """The newest `n` entries; only older than `before`, of one user, subject or room (an action's first word)."""
        conditions: list[sa.ColumnElement[bool]] = [sa.true()]
        if before is not None:
            conditions.append(audit_entry.c.seq < before)
        if user_id is not None:
            conditions.append(audit_entry.c.user_id == user_id)
        if room is not None:
            conditions.append(audit_entry.c.action.startswith(f"{room}.", autoescape=True))
        if subject is not None:
            conditions.append(audit_entry.c.subject == subject)
        return self._rows(sa.and_(*conditions), n)

    def _rows(self, condition: sa.ColumnElement[bool], n: int) -> list[Found]:
        undoing = audit_entry.alias()
        undone_by = sa.select(undoing.c.seq).where(undoing.c.undoes == audit_entry.c.seq).scalar_subquery()
        query = sa.select(audit_entry, undone_by.label("undone_by")).where(condition)
        with reading(self.engine) as connection:
            return found(connection, query.order_by(audit_entry.c.seq.desc()).limit(n))


def _undone(connection: sa.Connection, seq: int) -> bool:
    return connection.execute(sa.select(audit_entry.c.seq).where(audit_entry.c.undoes == seq)).first() is not None
