"""The port of the inbox: messages as they came, what became of them, and which visitor is which customer."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import orjson
import sqlalchemy as sa

from tsuide.errors import NotFound
from tsuide.kit.clock import to_micros
from tsuide.store import aliases, parting
from tsuide.store.arrivals import message, same_person
from tsuide.store.engines import reading, writing
from tsuide.store.rows import Found, Row, Value, found
from tsuide.store.schema import decision, event, outcome

State = Literal["waiting", "done", "quarantined"]
_MOST: Final = 1_000
_LOOKED: Final = 5_000  # of the newest, where what is asked for has no index


def message_row(values: dict[str, Value]) -> Row:
    """A message for the journal: id, source, topic, at, received_at, trusted, body and state must be there."""
    return Row("message", values)


def as_body(content: object) -> str:
    """A JSON document as it is kept; half characters, which no database holds, become question marks."""
    try:
        return orjson.dumps(content).decode()
    except TypeError:  # half a character, a number of more than 64 bits: rare, and worth the slow way
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace").decode()


@dataclass(frozen=True, slots=True)
class Inbox:
    """Reads and settles messages; they are appended through the journal. Rows have the columns of `message`.

    Every method raises `Unavailable` when the database does not answer.
    """

    engine: sa.Engine

    def get(self, message_id: str) -> Found:
        """One message.

        Raises:
            NotFound: there is none with this id.
        """
        rows = self._rows(message.c.id == message_id)
        if not rows:
            raise NotFound("no such message", key="id", value=message_id)
        return rows[0]

    def about(self, thing: str) -> list[Found]:
        """Every message about one thing, oldest first."""
        return self._rows(message.c.thing == thing)

    def in_state(self, state: State, *, received_before: datetime | None = None, most: int = _MOST) -> list[Found]:
        """Messages in a state, oldest first."""
        where = [message.c.state == state]
        if received_before is not None:
            where.append(message.c.received_at < to_micros(received_before))
        return self._rows(*where, most=most)

    def counts(self) -> dict[str, int]:
        """How many messages are in each state."""
        query = sa.select(message.c.state, sa.func.count()).group_by(message.c.state)
        with reading(self.engine) as connection:
            return {str(state): int(count) for state, count in connection.execute(query)}

    def newest(
        self, n: int, *, state: State | None = None, source: str | None = None, customer_id: str | None = None
    ) -> list[Found]:
        """The newest messages, the newest first; with a state or a source, of the newest thousands."""
        looked = sa.select(message).order_by(message.c.received_at.desc(), message.c.id.desc()).limit(_LOOKED)
        if customer_id is not None:
            looked = looked.where(sa.or_(message.c.customer_id == customer_id, message.c.anonymous_id == customer_id))
        newest = looked.subquery()
        query = sa.select(newest).order_by(newest.c.received_at.desc(), newest.c.id.desc()).limit(n)
        for column, wanted in ((newest.c.state, state), (newest.c.source, source)):
            query = query if wanted is None else query.where(column == wanted)
        with reading(self.engine) as connection:
            return found(connection, query)

    def newest_events(self, n: int, *, kind: str | None = None, customer_id: str | None = None) -> list[Found]:
        """What visitors did last, the newest first; of a kind, among the newest thousands."""
        looked = sa.select(event).order_by(event.c.at.desc()).limit(_LOOKED)
        if customer_id is not None:
            looked = looked.where(sa.or_(event.c.customer_id == customer_id, event.c.anonymous_id == customer_id))
        newest = looked.subquery()
        query = sa.select(newest).order_by(newest.c.at.desc(), newest.c.id.desc()).limit(n)
        with reading(self.engine) as connection:
            return found(connection, query if kind is None else query.where(newest.c.kind == kind))

    def received_since(self, moment: datetime) -> dict[str, int]:
        """Source → messages since a moment (behaviour by when it happened), and ``offers``: decisions."""
        since = to_micros(moment)
        by_source = sa.select(message.c.source, sa.func.count()).where(message.c.received_at >= since)
        counts: dict[str, int] = {}
        with reading(self.engine) as connection:
            for source, count in connection.execute(by_source.group_by(message.c.source)):
                counts[str(source)] = int(count)
            for source in ("segment", "ga4", "shopify"):
                own = sa.and_(event.c.at >= since, event.c.raw.is_not(None), event.c.id.startswith(f"{source}:"))
                many = connection.execute(sa.select(sa.func.count()).select_from(event).where(own)).scalar_one()
                counts[source] = counts.get(source, 0) + int(many)
            asked = sa.select(sa.func.count()).select_from(decision).where(decision.c.at >= since)
            counts["offers"] = int(connection.execute(asked).scalar_one())
        return counts

    def settle(self, outcomes: Sequence[tuple[str, State, str | None]]) -> None:
        """Write down what became of messages: (id, state, reason)."""
        if not outcomes:
            return
        change = (
            sa.update(message)
            .where(message.c.id == sa.bindparam("which"))
            .values(state=sa.bindparam("to"), reason=sa.bindparam("why"))
        )
        with writing(self.engine) as connection:
            rows = [{"which": one, "to": state, "why": reason} for one, state, reason in outcomes]
            connection.execute(change, rows)

    def join(self, anonymous_id: str, customer_id: str, at: datetime) -> int:
        """From now on the visitor is this customer; what they did before, and nobody else's, becomes the customer's.

        Of a customer who agrees no longer to be followed no browser is known.

        Returns:
            How many events and outcomes found their customer.
        """
        moment = to_micros(at)
        with writing(self.engine) as connection:
            customer_id = aliases.of(connection, customer_id) or customer_id
            if parting.withdrew(connection, [customer_id]):
                return 0
            known = connection.execute(
                sa.select(same_person.c.customer_id).where(same_person.c.anonymous_id == anonymous_id)
            ).scalar()
            if known is None:
                row = {"anonymous_id": anonymous_id, "customer_id": customer_id, "at": moment}
                connection.execute(sa.insert(same_person).values(row))
            elif known != customer_id:
                change = sa.update(same_person).where(same_person.c.anonymous_id == anonymous_id)
                connection.execute(change.values(customer_id=customer_id, at=moment))
            moved = 0
            for table in (event, outcome):
                mine = sa.and_(table.c.anonymous_id == anonymous_id, table.c.customer_id.is_(None))
                moved += connection.execute(sa.update(table).where(mine).values(customer_id=customer_id)).rowcount
        return moved

    def customer_of(self, anonymous_id: str) -> str | None:
        """Who a visitor turned out to be."""
        with reading(self.engine) as connection:
            query = sa.select(same_person.c.customer_id).where(same_person.c.anonymous_id == anonymous_id)
            who = connection.execute(query).scalar()
            return None if who is None else str(who)

    def visitors_of(self, customer_id: str) -> list[str]:
        """Every visitor who turned out to be this customer."""
        with reading(self.engine) as connection:
            query = sa.select(same_person.c.anonymous_id).where(same_person.c.customer_id == customer_id)
            return [str(each) for each in connection.execute(query.order_by(same_person.c.anonymous_id)).scalars()]

    def _rows(self, *where: sa.ColumnElement[Any], most: int = _MOST) -> list[Found]:
        query = sa.select(message).where(*where).order_by(message.c.received_at, message.c.id).limit(most)
        with reading(self.engine) as connection:
            return found(connection, query)
