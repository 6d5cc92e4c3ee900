"""The port of answers by idempotency key: of two requests with one key, one is worked on and both get its answer."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tsuide.kit.clock import to_micros
from tsuide.store.engines import reading, writing
from tsuide.store.schema import kept_answer


@dataclass(frozen=True, slots=True)
class Kept:
    """What a key stands for.

    Args:
        asked: hash of the request.
        status: of the answer; None while the request is being worked on.
        media_type, body: of the answer; None until it is there, and when it was erased with whom it named.
    """

    asked: str
    status: int | None
    media_type: str | None
    body: str | None


@dataclass(frozen=True, slots=True)
class KeptAnswers:
    """Claims keys, keeps answers, forgets old ones. Every method raises `Unavailable` when there is no answer."""

    engine: sa.Engine

    def claim(self, key: str, asked: str, now: datetime, *, expired: datetime, dead: datetime) -> Kept | None:
        """None: the key is the caller's, who works and then calls `keep` or `drop`; else what it stands for.

        Args:
            key: whose and which.
            asked: hash of the request.
            now: UTC.
            expired: answers kept before are forgotten.
            dead: whoever claimed it before and has not answered is gone.
        """
        row = {"id": key, "asked": asked, "at": to_micros(now), "status": None, "media_type": None, "body": None}
        c = kept_answer.c
        forgotten = sa.or_(c.at < to_micros(expired), sa.and_(c.status.is_(None), c.at < to_micros(dead)))
        with writing(self.engine) as connection:
            connection.execute(sa.delete(kept_answer).where(c.id == key, forgotten))
            insert = sa.text(
                "INSERT INTO kept_answer (id, asked, at) VALUES (:id, :asked, :at) ON CONFLICT (id) DO NOTHING"
            )
            if connection.execute(insert, row).rowcount:
                return None
            found = connection.execute(sa.select(c.asked, c.status, c.media_type, c.body).where(c.id == key)).one()
        return Kept(*found)

    def keep(self, key: str, status: int, media_type: str, body: str) -> None:
        """The answer to give from now on."""
        change = sa.update(kept_answer).where(kept_answer.c.id == key)
        with writing(self.engine) as connection:
            connection.execute(change.values(status=status, media_type=media_type, body=body))

    def drop(self, key: str) -> None:
        """The request came to nothing: it may be sent again with the same key."""
        with writing(self.engine) as connection:
            connection.execute(sa.delete(kept_answer).where(kept_answer.c.id == key))

    def prune(self, before: datetime) -> int:
        """Forget what is older; how many there were."""
        old = kept_answer.c.at < to_micros(before)
        with reading(self.engine) as connection:
            if connection.execute(sa.select(kept_answer.c.id).where(old).limit(1)).first() is None:
                return 0
        with writing(self.engine) as connection:
            return connection.execute(sa.delete(kept_answer).where(old)).rowcount
