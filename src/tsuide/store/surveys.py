"""The port of surveys: what people wrote, whom a link was made for, and what customers answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tsuide.kit.clock import to_micros
from tsuide.store.columns import key, text, whole
from tsuide.store.engines import reading, writing
from tsuide.store.rows import Found, Value, found
from tsuide.store.schema import RECORD, metadata
from tsuide.store.sequence import lock

survey = sa.Table(
    "survey",
    metadata,
    key("id"),
    sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False, nullable=False),
    text("text"),
    whole("at"),
    text("author", null=True),
    info=RECORD,
)
"""Every version of a survey as it was written; the newest holds."""

survey_invitation = sa.Table(
    "survey_invitation",
    metadata,
    key("id"),
    text("survey_id"),
    text("customer_id"),
    whole("at"),
    sa.Index(None, "customer_id"),
    info=RECORD,
)
"""For whom a link outside a message was made: the link names this, and so nothing of the customer."""

survey_answer = sa.Table(
    "survey_answer",
    metadata,
    key("id"),
    text("survey_id"),
    whole("version"),
    text("customer_id", null=True),
    text("subject", null=True),
    text("source"),
    whole("at"),
    whole("score", null=True),
    text("answers"),
    text("texts", null=True),
    text("became", null=True),
    sa.CheckConstraint("score IS NULL OR score BETWEEN 0 AND 10", name="score"),
    sa.Index(None, "customer_id", "survey_id", "at"),
    sa.Index(None, "survey_id", "at"),
    info=RECORD,
)
"""Every answer that came, none changed: of a customer's several the newest holds.

`answers`: question → what was chosen, with commas between; `texts`: question → their words; `became`: what holds of
their preferences by this survey once it came. `subject`: the message or invitation by whose link it was given.
"""


@dataclass(frozen=True, slots=True)
class Surveys:
    """Keeps surveys and answers; moments in microseconds.

    Every method raises `Unavailable` when the database does not answer.
    """

    engine: sa.Engine

    def put(self, survey_id: str, text: str, now: datetime, author: str | None = None) -> int:
        """Write the next version; its number. The same text again stays the version that it is."""
        with writing(self.engine) as connection:
            lock(connection)
            newest = _newest(connection, survey_id)
            if newest is not None and newest["text"] == text:
                return int(newest["version"])
            version = 1 if newest is None else int(newest["version"]) + 1
            row = {"id": survey_id, "version": version, "text": text, "at": to_micros(now), "author": author}
            connection.execute(sa.insert(survey).values(**row))
        return version

    def get(self, survey_id: str) -> Found | None:
        """The newest version; None where nobody wrote one."""
        with reading(self.engine) as connection:
            return _newest(connection, survey_id)

    def all(self) -> list[Found]:
        """The newest version of each, by id."""
        last = sa.select(survey.c.id, sa.func.max(survey.c.version).label("version")).group_by(survey.c.id).subquery()
        same = sa.and_(survey.c.id == last.c.id, survey.c.version == last.c.version)
        with reading(self.engine) as connection:
            return found(connection, sa.select(survey).join(last, same).order_by(survey.c.id))

    def invite(self, invitation_id: str, survey_id: str, customer_id: str, now: datetime) -> None:
        """Write down for whom a link is."""
        row = {"id": invitation_id, "survey_id": survey_id, "customer_id": customer_id, "at": to_micros(now)}
        with writing(self.engine) as connection:
            connection.execute(sa.insert(survey_invitation).values(**row))

    def invited(self, invitation_id: str) -> str | None:
        """For whom a link was made; None where that is not known any more."""
        query = sa.select(survey_invitation.c.customer_id).where(survey_invitation.c.id == invitation_id)
        with reading(self.engine) as connection:
            return connection.execute(query).scalar()

    def last_of(self, survey_id: str, customer_id: str, subject: str | None = None) -> Found | None:
        """A customer's newest answer (by one link, where it is named); None where they gave none."""
        c = survey_answer.c
        query = sa.select(survey_answer).where(c.survey_id == survey_id, c.customer_id == customer_id)
        if subject is not None:
            query = query.where(c.subject == subject)
        with reading(self.engine) as connection:
            rows = found(connection, query.order_by(c.at.desc(), c.id.desc()).limit(1))
        return rows[0] if rows else None

    def add(self, row: Mapping[str, Value]) -> bool:
        """Keep an answer; False where this very one is kept already."""
        with writing(self.engine) as connection:
            lock(connection)
            known = connection.execute(sa.select(survey_answer.c.id).where(survey_answer.c.id == row["id"])).scalar()
            if known is None:
                connection.execute(sa.insert(survey_answer).values(**row))
        return known is None

    def answers(self, survey_id: str, n: int | None = None) -> list[Found]:
        """Every answer, the newest first; of those whom nobody knows any more, too."""
        c = survey_answer.c
        query = sa.select(survey_answer).where(c.survey_id == survey_id).order_by(c.at.desc(), c.id.desc())
        with reading(self.engine) as connection:
            return found(connection, query if n is None else query.limit(n))

    def of_customer(self, customer_id: str) -> list[Found]:
        """What one customer answered, oldest first."""
        c = survey_answer.c
        query = sa.select(survey_answer).where(c.customer_id == customer_id).order_by(c.at, c.id)
        with reading(self.engine) as connection:
            return found(connection, query)


def _newest(connection: sa.Connection, survey_id: str) -> Found | None:
    query = sa.select(survey).where(survey.c.id == survey_id).order_by(survey.c.version.desc()).limit(1)
    rows = found(connection, query)
    return rows[0] if rows else None
