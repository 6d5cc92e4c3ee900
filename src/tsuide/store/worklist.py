"""The port of the worklist: a rep's accounts with what happened in them, reps' answers, and what colleagues add."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from tsuide.errors import Conflict
from tsuide.kit.clock import MICROS_PER_DAY, to_micros
from tsuide.store.columns import key, sequence, text, whole
from tsuide.store.engines import reading, writing
from tsuide.store.finding import customer_key
from tsuide.store.interactions import win
from tsuide.store.rows import Found, Value, found
from tsuide.store.schema import RECORD, customer, event, metadata, order_line, orders, outcome, product_number
from tsuide.store.sequence import lock

ANSWERS: Final = ("accepted", "dismissed", "snoozed")
_AT_ONCE: Final = 500  # ids of one query
_REACTIONS: Final = ("clicked", "accepted", "purchased")

worklist_answer = sa.Table(
    "worklist_answer",
    metadata,
    key("offer_id"),
    text("decision_id"),
    text("rep"),
    text("customer_id", null=True),
    text("product_id"),
    text("line", null=True),
    text("state"),
    text("reason", null=True),
    text("note", null=True),
    whole("at"),
    whole("until", null=True),
    sa.CheckConstraint("state IN ('accepted', 'dismissed', 'snoozed')", name="state"),
    sa.Index(None, "customer_id", "at"),
    info=RECORD,
)
"""What a rep said of an offer on their list. `until`: so long the account does not come back to it."""

worklist_event = sa.Table(
    "worklist_event",
    metadata,
    sequence("seq"),
    text("offer_id"),
    text("customer_id", null=True),
    text("rep"),
    text("product_id"),
    text("state"),
    text("reason", null=True),
    whole("at"),
    sa.Index(None, "customer_id"),
    info=RECORD,
)
"""Every answer of a rep in its order, for other systems that are told."""

pitch_note = sa.Table(
    "pitch_note",
    metadata,
    key("id"),
    text("product_id"),
    text("rep"),
    text("text"),
    text("before", null=True),
    text("after", null=True),
    whole("at"),
    sa.Index(None, "product_id", "at"),
    info=RECORD,
)
"""What a colleague adds to a product's pitch from their own experience; nothing of a customer stands in it."""


@dataclass(frozen=True, slots=True)
class Worklist:
    """Reads accounts and keeps answers; moments in microseconds.

    Every method raises `Unavailable` when the database does not answer.
    """

    engine: sa.Engine

    # --- accounts -----------------------------------------------------------------------------------------------

    def accounts(self, rep: str) -> list[Found]:
        """A rep's accounts by id: companies and people who stand below nobody, whose attribute `owner` is the rep."""
        c = customer.c
        columns = (c.id, c.kind, c.parent_id, c.name, c.email, c.attributes)
        with reading(self.engine) as connection:
            owner, top = _owner(connection), sa.or_(c.kind == "company", c.parent_id.is_(None))
            k = customer_key.c
            theirs = sa.select(k.customer_id).where(k.field == "owner", k.value == rep.strip())
            return found(connection, sa.select(*columns).where(c.id.in_(theirs), owner == rep, top).order_by(c.id))

    def owners(self, team: str | None = None) -> dict[str, int]:
        """How many accounts each rep has, by name; of a team, accounts whose attribute `team` it is."""
        c = customer.c
        with reading(self.engine) as connection:
            owner = _owner(connection).label("owner")
            top = sa.or_(c.kind == "company", c.parent_id.is_(None))
            query = sa.select(owner, sa.func.count().label("n")).where(owner.is_not(None), top)
            if team is not None:
                query = query.where(_attribute(connection, "team") == team)
            rows = found(connection, query.group_by(owner).order_by(owner))
        return {str(row["owner"]): int(row["n"]) for row in rows if str(row["owner"]).strip()}

    def teams(self) -> list[str]:
        """What stands in the attribute `team` of accounts that somebody looks after, in order."""
        with reading(self.engine) as connection:
            team, owner = _attribute(connection, "team"), _owner(connection)
            found_ = connection.execute(sa.select(team).where(owner.is_not(None), team.is_not(None)).distinct())
            return sorted(str(each) for each in found_.scalars() if str(each).strip())

    def people(self, accounts: Sequence[str]) -> list[Found]:
        """The people in accounts: id, parent_id, email, phone."""
        c = customer.c
        query = sa.select(c.id, c.parent_id, c.name, c.email, c.phone).where(c.kind == "person")
        return self._each(query, c.parent_id, accounts)

    # --- what happened in them ----------------------------------------------------------------------------------

    def bought(self, customers: Sequence[str], since: datetime) -> list[Found]:
        """By customer and currency: amount (minor units, without what came back), orders, last_at."""
        o, line = orders.c, order_line.c
        kept = line.quantity - line.returned
        amount = sa.case((line.quantity > 0, line.amount * kept // line.quantity), else_=line.amount)
        query = (
            sa.select(
                o.customer_id, o.currency,
                sa.cast(sa.func.sum(amount), sa.BigInteger).label("amount"),
                sa.func.count(sa.distinct(o.no)).label("orders"), sa.func.max(o.placed_at).label("last_at"),
            )
            .join(order_line, line.order_no == o.no)
            .where(o.status != "cancelled", o.placed_at >= to_micros(since))
            .group_by(o.customer_id, o.currency)
        )  # fmt: skip
        return self._each(query, o.customer_id, customers)

    def touched(self, customers: Sequence[str], since: datetime) -> dict[str, tuple[int, int]]:
        """Customer → (touch points, those that they answered or began): what reached them, and days with visits."""
        o, e, at = outcome.c, event.c, to_micros(since)
        reached = sa.func.count(sa.distinct(sa.case((o.outcome == "shown", o.offer_id)))).label("touches")
        answered = sa.func.count(sa.distinct(sa.case((o.outcome.in_(_REACTIONS), o.offer_id)))).label("reactions")
        offered = sa.select(o.customer_id, reached, answered).where(o.at >= at).group_by(o.customer_id)
        days = sa.func.count(sa.distinct(e.at // sa.literal(MICROS_PER_DAY, sa.BigInteger))).label("days")
        seen = sa.select(e.customer_id, days).where(e.at >= at).group_by(e.customer_id)
        counts: dict[str, tuple[int, int]] = {}
        for row in self._each(offered, o.customer_id, customers):
            counts[row["customer_id"]] = (max(row["touches"], row["reactions"]), row["reactions"])
        for row in self._each(seen, e.customer_id, customers):
            touches, reactions = counts.get(row["customer_id"], (0, 0))
            counts[row["customer_id"]] = (touches + int(row["days"]), reactions + int(row["days"]))
        return counts

    # --- answers ------------------------------------------------------------------------------------------------

    def answer(self, row: Mapping[str, Value]) -> bool:
        """Keep what a rep said of an offer; False where this is kept already. What was snoozed may still be settled.

        Raises:
            Conflict: it was settled otherwise.
        """
        with writing(self.engine) as connection:
            lock(connection)
            a = worklist_answer.c
            before = found(connection, _about(row))
            if not before:
                connection.execute(sa.insert(worklist_answer).values(**row))
                _tell(connection, row)
                return True
            if _same(before[0], row):
                return False
            connection.execute(sa.update(worklist_answer).where(a.offer_id == row["offer_id"]).values(**row))
            _tell(connection, row)
        return True

    def answer_to(self, offer_id: str) -> Found | None:
        """What was said of an offer so far; None where nothing was."""
        with reading(self.engine) as connection:
            rows = found(connection, _about({"offer_id": offer_id}))
        return rows[0] if rows else None

    def take_back(self, offer_id: str, before: Mapping[str, Value] | None, at: datetime) -> bool:
        """Take a rep's answer back, as if it had not been given; what was said `before` it stands again.

        Returns:
            False where nothing was said.
        """
        a = worklist_answer.c
        with writing(self.engine) as connection:
            lock(connection)
            rows = found(connection, _about({"offer_id": offer_id}))
            if not rows:
                return False
            connection.execute(sa.delete(worklist_answer).where(a.offer_id == offer_id))
            if before is not None:
                connection.execute(sa.insert(worklist_answer).values(**before))
            _tell(connection, {**rows[0], "state": "taken_back", "reason": None, "at": to_micros(at)})
        return True

    def must_fit(self, row: Mapping[str, Value]) -> None:
        """Refuse what `answer` would.

        Raises:
            Conflict: it was settled otherwise.
        """
        with reading(self.engine) as connection:
            before = found(connection, _about(row))
        if before:
            _same(before[0], row)

    def answers(self, customers: Sequence[str]) -> list[Found]:
        """What was said of offers to these customers, oldest first."""
        a = worklist_answer.c
        rows = self._each(sa.select(worklist_answer), a.customer_id, customers)
        return sorted(rows, key=lambda row: (row["at"], row["offer_id"]))

    def settled(self) -> list[Found]:
        """How often offers of each line were taken up and dismissed by reps: line, state, reason, n."""
        a = worklist_answer.c
        query = sa.select(a.line, a.state, a.reason, sa.func.count().label("n")).where(a.state != "snoozed")
        with reading(self.engine) as connection:
            return found(connection, query.group_by(a.line, a.state, a.reason).order_by(a.line, a.state, a.reason))

    # --- what colleagues add ------------------------------------------------------------------------------------

    def note(self, row: Mapping[str, Value]) -> None:
        """Keep a note on a product's pitch."""
        with writing(self.engine) as connection:
            connection.execute(sa.insert(pitch_note).values(**row))

    def remove_note(self, note_id: str) -> bool:
        """Remove a note on a product's pitch; False where there is none of this id."""
        with writing(self.engine) as connection:
            return bool(connection.execute(sa.delete(pitch_note).where(pitch_note.c.id == note_id)).rowcount)

    def notes(self, products: Sequence[str]) -> list[Found]:
        """Notes on these products, the newest first."""
        rows = self._each(sa.select(pitch_note), pitch_note.c.product_id, products)
        return sorted(rows, key=lambda row: (-row["at"], row["id"]))

    def wins(self, n: int) -> list[Found]:
        """The newest results of customers, with id, name and attributes of them and of the account above them."""
        c, above, w = customer.c, customer.alias("account"), win.c
        query = (
            sa.select(
                w.id, w.customer_id, w.metric, w.before, w.after, w.evidence, w.at, c.name, c.attributes,
                above.c.id.label("account_id"), above.c.name.label("account_name"),
                above.c.attributes.label("account_attributes"),
            )
            .join(customer, c.id == w.customer_id)
            .outerjoin(above, above.c.id == c.parent_id)
            .order_by(w.at.desc(), w.id)
            .limit(n)
        )  # fmt: skip
        with reading(self.engine) as connection:
            return found(connection, query)

    def products_of(self, customers: Sequence[str]) -> list[tuple[str, str]]:
        """(customer, product) of everything that they bought and kept."""
        o, line = orders.c, order_line.c
        query = (
            sa.select(o.customer_id, product_number.c.id.label("product_id"))
            .join(order_line, line.order_no == o.no)
            .join(product_number, product_number.c.no == line.product_no)
            .where(o.status != "cancelled", line.quantity > line.returned)
            .distinct()
        )
        return [(row["customer_id"], row["product_id"]) for row in self._each(query, o.customer_id, customers)]

    def industries(self) -> dict[str, int]:
        """How many accounts are of each industry (attribute `industry`)."""
        c = customer.c
        with reading(self.engine) as connection:
            named = _attribute(connection, "industry").label("industry")
            top = sa.or_(c.kind == "company", c.parent_id.is_(None))
            rows = found(connection, sa.select(named, sa.func.count().label("n")).where(top).group_by(named))
        return {str(row["industry"]): int(row["n"]) for row in rows if row["industry"]}

    def _each(self, query: sa.Select[Any], column: sa.ColumnElement[Any], ids: Sequence[str]) -> list[Found]:
        with reading(self.engine) as connection:
            return [row for part in _parts(ids) for row in found(connection, query.where(column.in_(part)))]


def _tell(connection: sa.Connection, row: Mapping[str, Value]) -> None:
    names = ("offer_id", "customer_id", "rep", "product_id", "state", "reason", "at")
    connection.execute(sa.insert(worklist_event).values({name: row.get(name) for name in names}))


def _about(row: Mapping[str, Value]) -> sa.Select[Any]:
    return sa.select(worklist_answer).where(worklist_answer.c.offer_id == row["offer_id"])


def _same(before: Found, row: Mapping[str, Value]) -> bool:
    """Whether this very answer is kept already; of what was only put off, another may come."""
    if (before["state"], before["reason"]) == (row["state"], row["reason"]):
        return True
    if before["state"] != "snoozed":
        raise Conflict("settled already", key="state", value=before["state"], way_out="open the worklist again")
    return False


def _parts(ids: Sequence[str]) -> Iterator[list[str]]:
    for first in range(0, len(ids), _AT_ONCE):
        yield list(ids[first : first + _AT_ONCE])


def _owner(connection: sa.Connection) -> Any:  # noqa: ANN401 - each engine's own expression
    """The attribute `owner` of a customer."""
    return _attribute(connection, "owner")


def _attribute(connection: sa.Connection, name: str) -> Any:  # noqa: ANN401 - as above
    if connection.dialect.name == "sqlite":
        return sa.func.json_extract(customer.c.attributes, f"$.{name}")
    return sa.cast(customer.c.attributes, JSONB)[name].astext
