"""The port of initiatives: what was meant, what it cost, and whom it brought."""

from collections.abc import Callable
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

initiative = sa.Table(
    "initiative",
    metadata,
    key("id"),
    text("record"),
    whole("changed_at"),
    info=RECORD,
)
"""An initiative as JSON, as `proof.initiative` reads it."""

initiative_entry = sa.Table(
    "initiative_entry",
    metadata,
    key("id"),
    sa.Column("initiative_id", sa.Text, sa.ForeignKey("initiative.id"), nullable=False),
    text("kind"),
    whole("at"),
    whole("amount", null=True),
    text("currency", null=True),
    text("customer_id", null=True),
    text("note", null=True),
    whole("undone_at", null=True),
    sa.CheckConstraint("kind IN ('cost', 'lead')", name="kind"),
    sa.CheckConstraint("(kind = 'cost') = (amount IS NOT NULL AND currency IS NOT NULL)", name="costs_are_money"),
    sa.Index(None, "initiative_id", "at"),
    sa.Index(None, "customer_id"),
    info=RECORD,
)
"""A cost or a lead of an initiative; one that was wrong is taken back (`undone_at`), not deleted."""

_SAME: Final = ("initiative_id", "kind", "at", "amount", "currency", "customer_id")


@dataclass(frozen=True, slots=True)
class Initiatives:
    """Keeps initiatives and their entries; rows have the columns of the two tables.

    Every method raises `Unavailable` when the database does not answer.
    """

    engine: sa.Engine

    def change(self, initiative_id: str, make: Callable[[str | None], str], now: datetime) -> str:
        """Write an initiative, alone among all who try.

        Args:
            initiative_id: which.
            make: its record, None where there is none yet → the new record; what it raises goes through.
            now: UTC.
        """
        with writing(self.engine) as connection:
            lock(connection)
            rows = found(connection, sa.select(initiative.c.record).where(initiative.c.id == initiative_id))
            record = make(rows[0]["record"] if rows else None)
            values = {"record": record, "changed_at": to_micros(now)}
            if rows:
                connection.execute(sa.update(initiative).where(initiative.c.id == initiative_id).values(**values))
            else:
                connection.execute(sa.insert(initiative).values(id=initiative_id, **values))
        return record

    def drop(self, initiative_id: str, may: Callable[[str], None]) -> None:
        """Throw an initiative away that has no entries and that `may`, given its record, does not refuse.

        Raises:
            NotFound: there is none with this id.
            Conflict: costs or leads are recorded, also such that were taken back.
        """
        with writing(self.engine) as connection:
            lock(connection)
            rows = found(connection, sa.select(initiative.c.record).where(initiative.c.id == initiative_id))
            if not rows:
                raise _unknown(initiative_id)
            may(rows[0]["record"])
            entries = sa.select(initiative_entry.c.id).where(initiative_entry.c.initiative_id == initiative_id).limit(1)
            if found(connection, entries):
                raise Conflict("costs or leads are recorded: it stays on record", key="initiative", value=initiative_id)
            connection.execute(sa.delete(initiative).where(initiative.c.id == initiative_id))

    def get(self, initiative_id: str) -> Found:
        """One initiative.

        Raises:
            NotFound: there is none with this id.
        """
        with reading(self.engine) as connection:
            rows = found(connection, sa.select(initiative).where(initiative.c.id == initiative_id))
        if not rows:
            raise _unknown(initiative_id)
        return rows[0]

    def all(self) -> list[Found]:
        """Every initiative, by id."""
        with reading(self.engine) as connection:
            return found(connection, sa.select(initiative).order_by(initiative.c.id))

    def add(self, entry: Found) -> bool:
        """Record a cost or a lead; False if this very entry was recorded before.

        Args:
            entry: the columns of `initiative_entry` but `undone_at`.

        Raises:
            NotFound: no such initiative.
            Conflict: the id belongs to another entry.
        """
        with writing(self.engine) as connection:
            lock(connection)
            named = sa.select(initiative.c.id).where(initiative.c.id == entry["initiative_id"])
            if not found(connection, named):
                raise _unknown(entry["initiative_id"])
            before = found(connection, sa.select(initiative_entry).where(initiative_entry.c.id == entry["id"]))
            if before:
                if any(before[0][name] != entry.get(name) for name in _SAME):
                    raise Conflict("another entry has this id", key="entry", value=entry["id"])
                return False
            connection.execute(sa.insert(initiative_entry).values(**entry))
        return True

    def undo(self, entry_id: str, now: datetime) -> Found:
        """Take an entry back; it stays on record as taken back.

        Raises:
            NotFound: no such entry.
            Conflict: it was taken back before.
        """
        entry = initiative_entry.c
        with writing(self.engine) as connection:
            change = sa.update(initiative_entry).where(entry.id == entry_id, entry.undone_at.is_(None))
            done = connection.execute(change.values(undone_at=to_micros(now))).rowcount
            rows = found(connection, sa.select(initiative_entry).where(entry.id == entry_id))
        if not rows:
            raise NotFound("no such entry", key="entry", value=entry_id, way_out="tsuide initiative show ID lists them")
        if not done:
            raise Conflict("it was taken back before", key="entry", value=entry_id)
        return rows[0]

    def entries(self, initiative_id: str) -> list[Found]:
        """Costs and leads of an initiative, oldest first, those taken back too."""
        query = sa.select(initiative_entry).where(initiative_entry.c.initiative_id == initiative_id)
        with reading(self.engine) as connection:
            return found(connection, query.order_by(initiative_entry.c.at, initiative_entry.c.id))


def _unknown(initiative_id: str) -> NotFound:
    return NotFound("no such initiative", key="initiative", value=initiative_id, way_out="tsuide initiative list")
