"""The port of deals: kept whole with their lines, changed with a history, quoted, and the price lists of accounts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from tsuide.errors import Conflict, NotFound
from tsuide.kit.clock import from_micros, to_micros
from tsuide.outreach.sales.deals import LINE_STATES, OPEN_STAGES, ROLES, STAGES, Deal, Line, Price
from tsuide.store.columns import key, one_of, sequence, text, whole, yes
from tsuide.store.engines import reading, writing
from tsuide.store.rows import Found, found, insert_into
from tsuide.store.schema import RECORD, acceptance, metadata
from tsuide.store.sequence import lock

deal = sa.Table(
    "deal",
    metadata,
    key("id"),
    text("title"),
    text("customer_id", null=True),
    text("owner"),
    text("stage"),
    text("needs"),
    whole("made_at"),
    whole("changed_at"),
    whole("closed_at", null=True),
    text("reason", null=True),
    text("note", null=True),
    text("order_id", null=True),
    one_of("stage", STAGES),
    sa.Index(None, "customer_id"),
    sa.Index(None, "stage", "changed_at"),
    sa.Index(None, "owner"),
    info=RECORD,
)
"""Something that may be sold; `needs`: JSON; `order_id`: what the customer's recorded yes has become."""

deal_line = sa.Table(
    "deal_line",
    metadata,
    sa.Column("deal_id", sa.Text, sa.ForeignKey("deal.id"), primary_key=True, nullable=False),
    sa.Column("place", sa.BigInteger, primary_key=True, autoincrement=False, nullable=False),
    text("product_id"),
    text("title"),
    whole("quantity"),
    whole("unit_price", null=True),
    text("currency"),
    text("role"),
    text("state"),
    whole("discount"),
    whole("tax_rate"),
    yes("tax_included"),
    text("reason", null=True),
    text("with_id", null=True),
    text("kind", null=True),
    text("price_from"),
    text("requires"),
    text("decision_id", null=True),
    text("offer_id", null=True),
    text("promotion_id", null=True),
    one_of("role", ROLES),
    one_of("state", LINE_STATES),
    sa.Index(None, "offer_id"),
    info=RECORD,
)

deal_event = sa.Table(
    "deal_event",
    metadata,
    sequence("seq"),
    text("deal_id"),
    whole("at"),
    text("deed"),
    text("who", null=True),
    text("reason", null=True),
    text("stage"),
    text("content", null=True),
    sa.Index(None, "deal_id"),
    info=RECORD,
)
"""What was done with a deal, by whom; `stage` as it was from then on, `content` what changed, as JSON."""

deal_quote = sa.Table(
    "deal_quote",
    metadata,
    key("id"),
    sa.Column("deal_id", sa.Text, sa.ForeignKey("deal.id"), nullable=False),
    whole("number"),
    whole("at"),
    whole("expires_at"),
    text("buyer", null=True),
    text("content"),
    text("acceptance_id", null=True),
    sa.UniqueConstraint("deal_id", "number"),
    sa.Index(None, "acceptance_id"),
    info=RECORD,
)
"""A quote (見積書) as it was written: `content` is the whole of it as JSON and never changes; a deal's next one has the
next number. `acceptance_id`: what waits for the customer's yes."""

price_list = sa.Table(
    "price_list",
    metadata,
    key("list"),
    key("product_id"),
    key("currency"),
    sa.Column("least", sa.BigInteger, primary_key=True, autoincrement=False, nullable=False),
    whole("price"),
    info=RECORD,
)
"""What accounts of a list pay for one unit, from `least` units on."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What is done with a deal, for its history.

    Args:
        deed: made, line, priced, proposed, answered, stage, quoted, sent, won, lost, reopened …
        content: what changed, as plain JSON.
    """

    deed: str
    who: str | None = None
    reason: str | None = None
    content: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Deals:
    """Keeps deals. Every method raises `Unavailable` when the database does not answer."""

    engine: sa.Engine

    def add(self, made: Deal, deed: Deed) -> bool:
        """Write a new deal down with its lines; False where there is one of its id."""
        with writing(self.engine) as connection:
            lock(connection)
            insert = insert_into(connection, deal).values(**_row(made)).on_conflict_do_nothing(index_elements=["id"])
            if connection.execute(insert.returning(deal.c.id)).first() is None:
                return False
            _write_lines(connection, made)
            _told(connection, made, deed, made.made_at)
        return True

    def get(self, deal_id: str) -> Deal:
        """A deal with its lines.

        Raises:
            NotFound: there is none of this id.
        """
        with reading(self.engine) as connection:
            return _one(connection, deal_id)

    def change(self, deal_id: str, make: Callable[[Deal], tuple[Deal, Deed]], now: datetime) -> Deal:
        """Change a deal and note it, both or neither; of two who change it at once the second sees the first's.

        Args:
            deal_id: which.
            make: the deal as it is → as it shall be, and what was done; whatever it raises changes nothing.
            now: UTC.

        Returns:
            The deal as it was.

        Raises:
            NotFound: there is none of this id.
        """
        with writing(self.engine) as connection:
            lock(connection)  # who has seen event 17 never meets a 16 later
            before = _one(connection, deal_id)
            after, deed = make(before)
            values = {**_row(after), "changed_at": to_micros(now)}
            connection.execute(sa.update(deal).where(deal.c.id == deal_id).values(**values))
            if after.lines != before.lines:
                connection.execute(sa.delete(deal_line).where(deal_line.c.deal_id == deal_id))
                _write_lines(connection, after)
            _told(connection, after, deed, now)
        return before

    def listed(
        self,
        stages: Sequence[str] | None = OPEN_STAGES,
        *,
        owner: str | None = None,
        owners: Sequence[str] | None = None,
        customer_id: str | None = None,
        n: int = 200,
    ) -> list[Deal]:
        """Deals with their lines, the last changed first; of one owner, several, or an account; stages None = all."""
        d = deal.c
        query = sa.select(deal)
        if stages is not None:
            query = query.where(d.stage.in_(list(stages)))
        if owner is not None:
            query = query.where(d.owner == owner)
        if owners is not None:
            query = query.where(d.owner.in_(list(owners)))
        if customer_id is not None:
            query = query.where(d.customer_id == customer_id)
        query = query.order_by(d.changed_at.desc(), d.id.desc()).limit(n)
        with reading(self.engine) as connection:
            rows = found(connection, query)
            lines = _lines_of(connection, [row["id"] for row in rows])
            return [_deal(row, lines.get(row["id"], ())) for row in rows]

    def events(self, after: int = 0, n: int = 200, deal_id: str | None = None) -> list[Found]:
        """What was done with deals after a number, in its order."""
        e = deal_event.c
        query = sa.select(deal_event).where(e.seq > after)
        if deal_id is not None:
            query = query.where(e.deal_id == deal_id)
        with reading(self.engine) as connection:
            return found(connection, query.order_by(e.seq).limit(n))

    def quote(self, row: Mapping[str, Any], make: Callable[[int], str]) -> Found:
        """Write a quote down under the deal's next number.

        Args:
            row: of the table, without number and content.
            make: its number → its content.
        """
        q = deal_quote.c
        with writing(self.engine) as connection:
            lock(connection)
            last = sa.select(sa.func.max(q.number)).where(q.deal_id == row["deal_id"])
            number = int(connection.execute(last).scalar() or 0) + 1
            whole = {**row, "number": number, "content": make(number)}
            connection.execute(sa.insert(deal_quote).values(**whole))
        return whole

    def waits(self, quote_id: str, acceptance_id: str) -> None:
        """What waits for the customer's yes to a quote.

        Raises:
            NotFound: there is no such quote.
            Conflict: something else waits already.
        """
        change = sa.update(deal_quote).where(deal_quote.c.id == quote_id, deal_quote.c.acceptance_id.is_(None))
        with writing(self.engine) as connection:
            if connection.execute(change.values(acceptance_id=acceptance_id)).rowcount:
                return
        if self.quote_of(quote_id)["acceptance_id"] != acceptance_id:
            raise Conflict("this quote waits already", key="quote", value=quote_id)

    def quote_of(self, quote_id: str) -> Found:
        """A quote.

        Raises:
            NotFound: there is none of this id.
        """
        return self._quote(deal_quote.c.id == quote_id, quote_id)

    def quote_by(self, acceptance_id: str) -> Found:
        """The quote that an acceptance is of.

        Raises:
            NotFound: it is of none.
        """
        return self._quote(deal_quote.c.acceptance_id == acceptance_id, acceptance_id)

    def quotes(self, deal_id: str) -> list[Found]:
        """The quotes of a deal, by their numbers."""
        query = sa.select(deal_quote).where(deal_quote.c.deal_id == deal_id).order_by(deal_quote.c.number)
        with reading(self.engine) as connection:
            return found(connection, query)

    def unsettled(self) -> list[str]:
        """Acceptances of quotes that were given and whose deal has no order yet, oldest first."""
        given = sa.select(acceptance.c.id).join(deal_quote, deal_quote.c.acceptance_id == acceptance.c.id)
        query = given.join(deal, deal.c.id == deal_quote.c.deal_id).where(
            acceptance.c.given == 1, deal.c.order_id.is_(None)
        )
        with reading(self.engine) as connection:
            return [str(each) for each in connection.execute(query.order_by(acceptance.c.state_at)).scalars()]

    def set_prices(self, name: str, prices: Sequence[Price]) -> None:
        """Make these the prices of a list; what it held before is gone. No price at all: no list."""
        with writing(self.engine) as connection:
            connection.execute(sa.delete(price_list).where(price_list.c.list == name))
            if prices:
                connection.execute(sa.insert(price_list), [asdict(each) for each in prices])

    def prices(self, name: str, product_id: str | None = None) -> list[Price]:
        """A list's prices (of one product), by product and units."""
        p = price_list.c
        query = sa.select(price_list).where(p.list == name)
        if product_id is not None:
            query = query.where(p.product_id == product_id)
        with reading(self.engine) as connection:
            return [Price(**row) for row in found(connection, query.order_by(p.product_id, p.currency, p.least))]

    def price_lists(self) -> dict[str, int]:
        """The lists that there are, and how many prices each has."""
        p = price_list.c
        query = sa.select(p.list, sa.func.count().label("n")).group_by(p.list).order_by(p.list)
        with reading(self.engine) as connection:
            return {row["list"]: row["n"] for row in found(connection, query)}

    def _quote(self, where: sa.ColumnElement[bool], named: str) -> Found:
        with reading(self.engine) as connection:
            rows = found(connection, sa.select(deal_quote).where(where))
        if not rows:
            raise NotFound("no such quote", key="quote", value=named, way_out="tsuide deal show DEAL")
        return rows[0]


def _row(made: Deal) -> dict[str, Any]:
    return {
        "id": made.id, "title": made.title, "customer_id": made.customer_id, "owner": made.owner, "stage": made.stage,
        "needs": orjson.dumps(list(made.needs)).decode(), "made_at": to_micros(made.made_at),
        "changed_at": to_micros(made.changed_at),
        "closed_at": None if made.closed_at is None else to_micros(made.closed_at),
        "reason": made.reason, "note": made.note, "order_id": made.order_id,
    }  # fmt: skip


def _write_lines(connection: sa.Connection, made: Deal) -> None:
    rows = [
        {**asdict(line), "deal_id": made.id, "tax_included": int(line.tax_included)}
        | {"requires": orjson.dumps(list(line.requires)).decode()}
        for line in made.lines
    ]
    if rows:
        connection.execute(sa.insert(deal_line), rows)


def _one(connection: sa.Connection, deal_id: str) -> Deal:
    rows = found(connection, sa.select(deal).where(deal.c.id == deal_id))
    if not rows:
        raise NotFound("no such deal", key="deal", value=deal_id, way_out="tsuide deal list")
    return _deal(rows[0], _lines_of(connection, [deal_id]).get(deal_id, ()))


def _lines_of(connection: sa.Connection, deal_ids: Sequence[str]) -> dict[str, list[Line]]:
    line = deal_line.c
    query = sa.select(deal_line).where(line.deal_id.in_(list(deal_ids))).order_by(line.deal_id, line.place)
    lines: dict[str, list[Line]] = {}
    for row in found(connection, query):
        whole = {**row, "tax_included": bool(row["tax_included"]), "requires": tuple(orjson.loads(row["requires"]))}
        lines.setdefault(whole.pop("deal_id"), []).append(Line(**whole))
    return lines


def _deal(row: Found, lines: Sequence[Line]) -> Deal:
    moments = {name: from_micros(row[name]) for name in ("made_at", "changed_at")}
    closed = None if row["closed_at"] is None else from_micros(row["closed_at"])
    return Deal(**{**row, **moments, "closed_at": closed, "needs": tuple(orjson.loads(row["needs"]))},
                lines=tuple(lines))  # fmt: skip


def _told(connection: sa.Connection, made: Deal, deed: Deed, at: datetime) -> None:
    content = None if deed.content is None else orjson.dumps(deed.content).decode()
    connection.execute(
        sa.insert(deal_event).values(
            deal_id=made.id, at=to_micros(at), deed=deed.deed, who=deed.who, reason=deed.reason, stage=made.stage,
            content=content,
        )
    )  # fmt: skip
