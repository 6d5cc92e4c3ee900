"""The port of the console's users and of their sessions: only hashes are kept of passwords, invitations and cookies."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from tsuide.errors import Conflict, NotFound
from tsuide.kit.clock import to_micros
from tsuide.store.columns import key, one_of, text, whole
from tsuide.store.engines import reading, writing
from tsuide.store.rows import Found, found, insert_into
from tsuide.store.schema import RECORD, metadata
from tsuide.store.sequence import lock

ROLES: Final = ("owner", "marketer", "sales_manager", "rep", "auditor")

console_user = sa.Table(
    "console_user",
    metadata,
    key("id"),
    text("email"),
    text("name"),
    text("role"),
    text("language", null=True),
    text("rep_id", null=True),
    text("password", null=True),
    text("invitation", null=True),
    whole("invited_until", null=True),
    whole("made_at"),
    whole("ended_at", null=True),
    sa.UniqueConstraint("email"),
    one_of("role", ROLES),
    info=RECORD,
)
"""Who may sign in. `password`: argon2's own text, null until it was chosen; `invitation`: the hash of the link with
which it is; `rep_id`: under which name deals and tasks know the person."""

console_session = sa.Table(
    "console_session",
    metadata,
    key("hash"),
    text("user_id"),
    whole("begun_at"),
    whole("ends_at"),
    sa.Index(None, "user_id"),
    info=RECORD,
)


@dataclass(frozen=True, slots=True)
class Users:
    """Keeps users and sessions; rows have the columns of the tables.

    Every method raises `Unavailable` when the database does not answer.
    """

    engine: sa.Engine

    def all(self) -> list[Found]:
        """Every user, also those who may no longer sign in; oldest first."""
        with reading(self.engine) as connection:
            return found(connection, sa.select(console_user).order_by(console_user.c.made_at, console_user.c.id))

    def any(self) -> bool:
        """Whether there is one."""
        with reading(self.engine) as connection:
            return connection.execute(sa.select(sa.exists().select_from(console_user))).scalar_one()

    def add(self, row: Mapping[str, Any], *, first: bool = False) -> None:
        """Keep a new user.

        Args:
            row: columns of `console_user`.
            first: only while there is nobody; of two who try at once, one is.

        Raises:
            Conflict: the address is another's, or somebody was first.
        """
        with writing(self.engine) as connection:
            if first:
                lock(connection)
                values = [sa.literal(value, console_user.c[name].type).label(name) for name, value in row.items()]
                nobody = sa.select(*values).where(~sa.exists().select_from(console_user))
                insert = insert_into(connection, console_user).from_select(list(row), nobody)
            else:
                insert = insert_into(connection, console_user).values(**row)
            added = insert.on_conflict_do_nothing().returning(console_user.c.id)
            if connection.execute(added).first() is None:
                taken = "somebody was set up already" if first else "this address is another user's"
                raise Conflict(taken, key="email", value=row["email"])

    def change(self, user_id: str, values: Mapping[str, Any]) -> Found:
        """Change a user; they as they were.

        Raises:
            NotFound: there is none of this id.
            Conflict: the address is another's.
        """
        own = console_user.c.id == user_id
        with writing(self.engine) as connection:
            rows = found(connection, sa.select(console_user).where(own))
            if not rows:
                raise NotFound("no such user", key="user", value=user_id)
            other = sa.select(console_user.c.id).where(console_user.c.email == values.get("email"), ~own)
            if connection.execute(other).first() is not None:
                raise Conflict("this address is another user's", key="email", value=values["email"])
            connection.execute(sa.update(console_user).where(own).values(**values))
        return rows[0]

    def by_id(self, user_id: str) -> Found | None:
        """One user."""
        return self._one(console_user.c.id == user_id)

    def by_email(self, email: str) -> Found | None:
        """The user of an address, written in small letters."""
        return self._one(console_user.c.email == email)

    def by_invitation(self, digest: str, now: datetime) -> Found | None:
        """Whom a link invites, while it lasts."""
        row = self._one(console_user.c.invitation == digest)
        in_time = row is not None and (row["invited_until"] or 0) > to_micros(now)
        return row if row is not None and in_time and hmac.compare_digest(row["invitation"], digest) else None

    def begin(self, digest: str, user_id: str, now: datetime, ends: datetime) -> None:
        """Begin a session, and forget those that are over."""
        row = {"hash": digest, "user_id": user_id, "begun_at": to_micros(now), "ends_at": to_micros(ends)}
        with writing(self.engine) as connection:
            connection.execute(sa.delete(console_session).where(console_session.c.ends_at < to_micros(now)))
            connection.execute(sa.insert(console_session).values(**row))

    def whose(self, digest: str, now: datetime) -> Found | None:
        """The user of a session that is not over and who may still sign in."""
        query = sa.select(console_user).join(console_session, console_session.c.user_id == console_user.c.id)
        lasting = query.where(console_session.c.hash == digest, console_session.c.ends_at > to_micros(now))
        with reading(self.engine) as connection:
            rows = found(connection, lasting.where(console_user.c.ended_at.is_(None)))
        return rows[0] if rows else None

    def end(self, digest: str) -> None:
        """End one session."""
        with writing(self.engine) as connection:
            connection.execute(sa.delete(console_session).where(console_session.c.hash == digest))

    def end_all(self, user_id: str) -> int:
        """End every session of a user; how many there were."""
        with writing(self.engine) as connection:
            ended = sa.delete(console_session).where(console_session.c.user_id == user_id)
            return connection.execute(ended).rowcount

    def _one(self, condition: sa.ColumnElement[bool]) -> Found | None:
        with reading(self.engine) as connection:
            rows = found(connection, sa.select(console_user).where(condition))
        return rows[0] if rows else None
