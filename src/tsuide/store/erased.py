"""The port of what was erased: never whom, only a salted hash of their id, with the proof of what was done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tsuide.kit.clock import to_micros
from tsuide.store.columns import key, text, whole
from tsuide.store.engines import reading, writing
from tsuide.store.rows import Found, found
from tsuide.store.schema import RECORD, metadata

erased_person = sa.Table(
    "erased_person",
    metadata,
    key("mark"),
    sa.Column("at", sa.BigInteger, primary_key=True, autoincrement=False, nullable=False),
    text("proof"),
    whole("learned_at", null=True),
    sa.Index(None, "at"),
    info=RECORD,
)
"""`mark`: a salted hash of an id of theirs; `proof`: JSON of what was removed where; `learned_at`: when the learned
states that may have known them were gone, too."""


@dataclass(frozen=True, slots=True)
class Erased:
    """Keeps proofs of erasure; moments in microseconds. Every method raises `Unavailable` when there is no answer."""

    engine: sa.Engine

    def add(self, marks: Sequence[str], at: datetime, proof: str) -> None:
        """Write down that somebody was erased, under the mark of each of their ids."""
        with writing(self.engine) as connection:
            for mark in marks:
                there = sa.and_(erased_person.c.mark == mark, erased_person.c.at == to_micros(at))
                connection.execute(sa.delete(erased_person).where(there))
                row = {"mark": mark, "at": to_micros(at), "proof": proof, "learned_at": None}
                connection.execute(sa.insert(erased_person).values(row))

    def of(self, marks: Sequence[str]) -> list[Found]:
        """Every erasure of these marks, the newest first."""
        query = sa.select(erased_person).where(erased_person.c.mark.in_(list(marks)))
        with reading(self.engine) as connection:
            return found(connection, query.order_by(erased_person.c.at.desc()))

    def newest(self, n: int) -> list[Found]:
        """The newest erasures, the newest first."""
        query = sa.select(erased_person).order_by(erased_person.c.at.desc(), erased_person.c.mark).limit(n)
        with reading(self.engine) as connection:
            return found(connection, query)

    def all_marks(self) -> list[tuple[str, int]]:
        """Every mark and when."""
        query = sa.select(erased_person.c.mark, erased_person.c.at).order_by(erased_person.c.at, erased_person.c.mark)
        with reading(self.engine) as connection:
            return [(str(mark), int(at)) for mark, at in connection.execute(query)]

    def learned(self, at: datetime) -> int:
        """What was learned from people erased so far is gone; how many proofs say so from now on."""
        change = sa.update(erased_person).where(
            erased_person.c.learned_at.is_(None), erased_person.c.at <= to_micros(at)
        )
        with writing(self.engine) as connection:
            return connection.execute(change.values(learned_at=to_micros(at))).rowcount
