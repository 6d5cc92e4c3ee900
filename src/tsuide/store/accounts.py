"""The port of accounts: one customer with everything below them in the tree, and all that is on record of these."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

import sqlalchemy as sa

from tsuide.errors import UnknownCustomer
from tsuide.kit.clock import to_micros
from tsuide.store.arrivals import same_person
from tsuide.store.engines import reading
from tsuide.store.feedback import feedback
from tsuide.store.interactions import interaction, win
from tsuide.store.outbox_tables import outbound, outbound_event
from tsuide.store.rows import Found, found
from tsuide.store.schema import (
    consent,
    customer,
    event,
    order_line,
    orders,
    outcome,
    product,
    product_number,
    review,
)
from tsuide.store.surveys import survey_answer
from tsuide.store.tasks import task

Asked: TypeAlias = Callable[[Sequence[str]], sa.Select[Any]]
_AT_ONCE: Final = 1_000  # ids of one query
_REACHED: Final = ("email", "line", "sms", "phone", "post", "rep", "app")
_CONTENT: Final = ("view", "click", "registered", "attended")


@dataclass(frozen=True, slots=True)
class OnRecord:
    """Rows as the store has them: moments in microseconds, money in minor units, JSON as text.

    Args:
        members: the customer first, then everybody below, by id.
        above: the accounts above, the nearest first.
        namesakes: other customers with the customer's own mail address, by id.
        consents: of the customer alone, oldest first.
        sums: of each member and currency.
        orders, lines: the newest of all members, and what they hold.
        owned: product, member, units kept, last bought.
        returned: the newest lines of which something came back.
        open_complaints: members whose last word on it was a complaint.
        feedback, interactions, wins, answers: the newest of all members.
        reviews, contacts, messages, reactions, tasks, acts, content: the newest of all members.
        viewed: product, how often since `since`, last.
        deeds: how often since `since`, by kind of event.
    """

    members: list[Found]
    above: list[Found]
    namesakes: list[Found]
    consents: list[Found]
    sums: list[Found]
    orders: list[Found]
    lines: list[Found]
    owned: list[Found]
    returned: list[Found]
    feedback: list[Found]
    interactions: list[Found]
    wins: list[Found]
    open_complaints: list[str]
    answers: list[Found]
    reviews: list[Found]
    contacts: list[Found]
    messages: list[Found]
    reactions: list[Found]
    tasks: list[Found]
    acts: list[Found]
    content: list[Found]
    viewed: list[Found]
    deeds: list[Found]


@dataclass(frozen=True, slots=True)
class Accounts:
    """Reads accounts. Every method raises `Unavailable` when the database does not answer."""

    engine: sa.Engine

    def on_record(self, customer_id: str, since: datetime, n: int = 20) -> OnRecord:
        """All that is known of a customer and of everybody below them, of one moment.

        A tree that bites its own tail is walked once round.

        Args:
            customer_id: a person, a site or an account.
            since: from when on acts on the site are counted, UTC.
            n: so many of each list, the newest.

        Raises:
            UnknownCustomer: nobody has this id.
        """
        with reading(self.engine) as connection:
            members = _members(connection, customer_id)
            ids = [str(row["id"]) for row in members]
            visitors = _all(connection, _visitors, ids)
            names = [str(row["anonymous_id"]) for row in visitors]
            newest = _Newest(connection, ids, n)
            last = newest.of(_orders(n), "placed_at", "no")
            acts = _acts(connection, ids, names, to_micros(since))
            return OnRecord(
                members=members,
                above=_above(connection, customer_id),
                namesakes=_namesakes(connection, members[0]),
                consents=found(
                    connection, sa.select(consent).where(consent.c.customer_id == customer_id).order_by(consent.c.at)
                ),
                sums=_all(connection, _sums, ids),
                orders=last,
                lines=found(connection, _lines([row["no"] for row in last])) if last else [],
                owned=_all(connection, _owned, ids),
                returned=newest.of(_returned(n), "placed_at", "no"),
                feedback=newest.of(_plain(feedback, "at", n), "at", "id"),
                interactions=newest.of(_plain(interaction, "at", n), "at", "id"),
                wins=newest.of(_plain(win, "at", n), "at", "id"),
                open_complaints=_open_complaints(_all(connection, _complaints, ids)),
                answers=newest.of(_plain(survey_answer, "at", n), "at", "id"),
                reviews=newest.of(_titled(review, "at", n), "at", "id"),
                contacts=newest.of(_contacts(n), "at", "id"),
                messages=newest.of(_plain(outbound, "asked_at", n), "asked_at", "id"),
                reactions=newest.of(_plain(outbound_event, "at", n), "at", "id"),
                tasks=newest.of(_tasks(n), "due_at", "id")[::-1],
                acts=acts.newest(n),
                content=acts.content(n),
                viewed=acts.viewed(n),
                deeds=acts.deeds(),
            )


@dataclass(frozen=True, slots=True)
class _Newest:
    connection: sa.Connection
    ids: Sequence[str]
    n: int

    def of(self, asked: Asked, *by: str) -> list[Found]:
        """The newest rows of all members, newest first."""
        rows = _all(self.connection, asked, self.ids)
        return sorted(rows, key=lambda row: tuple(row[name] or 0 for name in by), reverse=True)[: self.n]


@dataclass(frozen=True, slots=True)
class _Acts:
    """What members and their visitors did, oldest first, from a moment on."""

    rows: list[Found]

    def newest(self, n: int) -> list[Found]:
        return self.rows[::-1][:n]

    def deeds(self) -> list[Found]:
        counts: dict[str, int] = {}
        for row in self.rows:
            counts[row["kind"]] = counts.get(row["kind"], 0) + 1
        return [{"kind": kind, "times": times} for kind, times in sorted(counts.items())]

    def viewed(self, n: int) -> list[Found]:
        told: dict[str, Found] = {}
        for row in self.rows:
            if row["kind"] == "view" and row["product_id"] is not None and row["product_kind"] != "content":
                times = told.pop(row["product_id"], {"times": 0})["times"] + 1
                told[row["product_id"]] = {**row, "times": times}
        return sorted(told.values(), key=lambda row: (row["times"], row["at"]), reverse=True)[:n]

    def content(self, n: int) -> list[Found]:
        told = [row for row in self.rows if row["product_kind"] == "content" and row["kind"] in _CONTENT]
        return told[::-1][:n]


def _acts(connection: sa.Connection, ids: Sequence[str], visitors: Sequence[str], since: int) -> _Acts:
    e = event.c
    known = _all(connection, lambda some: _events(e.customer_id.in_(some), since), ids)
    unnamed = _all(
        connection, lambda some: _events(sa.and_(e.anonymous_id.in_(some), e.customer_id.is_(None)), since), visitors
    )
    rows = sorted([*known, *unnamed], key=lambda row: (row["at"], row["id"]))
    return _Acts(rows)


def _events(where: sa.ColumnElement[bool], since: int) -> sa.Select[Any]:
    """Acts since a moment; to webinars and courses ever."""
    e = event.c
    joined = e.kind.in_(("registered", "attended"))
    columns = (e.id, e.kind, e.at, e.customer_id, e.session_id, e.product_id, e.quantity, e.query)
    return (
        sa.select(*columns, product.c.title, product.c.kind.label("product_kind"))
        .join(product, product.c.id == e.product_id, isouter=True)
        .where(where, sa.or_(e.at >= since, joined))
    )


def _all(connection: sa.Connection, asked: Asked, ids: Sequence[str]) -> list[Found]:
    rows: list[Found] = []
    for first in range(0, len(ids), _AT_ONCE):
        rows += found(connection, asked(ids[first : first + _AT_ONCE]))
    return rows


def _members(connection: sa.Connection, customer_id: str) -> list[Found]:
    tree = sa.select(customer.c.id).where(customer.c.id == customer_id).cte("tree", recursive=True)
    tree = tree.union(sa.select(customer.c.id).join(tree, customer.c.parent_id == tree.c.id))
    query = sa.select(customer).join(tree, tree.c.id == customer.c.id).order_by(customer.c.id)
    rows = sorted(found(connection, query), key=lambda row: row["id"] != customer_id)
    if not rows:
        raise UnknownCustomer("no such customer", key="customer_id", value=customer_id)
    return rows


def _above(connection: sa.Connection, customer_id: str) -> list[Found]:
    c, told, seen = customer.c, list[Found](), {customer_id}
    parent = connection.execute(sa.select(c.parent_id).where(c.id == customer_id)).scalar()
    while parent is not None and parent not in seen:
        seen.add(parent)
        rows = found(connection, sa.select(c.id, c.kind, c.name, c.parent_id).where(c.id == parent))
        if not rows:  # named by an import, and never told of itself
            return [*told, {"id": parent, "kind": None, "name": None, "parent_id": None}]
        told += rows
        parent = rows[0]["parent_id"]
    return told


def _namesakes(connection: sa.Connection, row: Found) -> list[Found]:
    if not row["email"]:
        return []
    c = customer.c
    query = sa.select(c.id, c.kind, c.name, c.parent_id).where(c.email == row["email"], c.id != row["id"])
    return found(connection, query.order_by(c.id).limit(_AT_ONCE))


def _visitors(ids: Sequence[str]) -> sa.Select[Any]:
    return sa.select(same_person.c.anonymous_id).where(same_person.c.customer_id.in_(ids))


def _plain(table: sa.Table, at: str, n: int) -> Asked:
    def asked(ids: Sequence[str]) -> sa.Select[Any]:
        return sa.select(table).where(table.c.customer_id.in_(ids)).order_by(table.c[at].desc()).limit(n)

    return asked


def _titled(table: sa.Table, at: str, n: int) -> Asked:
    def asked(ids: Sequence[str]) -> sa.Select[Any]:
        query = sa.select(table, product.c.title).join(product, product.c.id == table.c.product_id, isouter=True)
        newest = sa.func.coalesce(table.c[at], 0).desc()
        return query.where(table.c.customer_id.in_(ids)).order_by(newest).limit(n)

    return asked


def _contacts(n: int) -> Asked:
    def asked(ids: Sequence[str]) -> sa.Select[Any]:
        c = outcome.c
        query = sa.select(outcome, product.c.title).join(product, product.c.id == c.product_id, isouter=True)
        reached = sa.or_(c.channel.in_(_REACHED), c.placement == "rep")
        return query.where(c.customer_id.in_(ids), reached).order_by(c.at.desc()).limit(n)

    return asked


def _tasks(n: int) -> Asked:
    def asked(ids: Sequence[str]) -> sa.Select[Any]:
        t = task.c
        return sa.select(task).where(t.customer_id.in_(ids), t.state == "open").order_by(t.due_at.desc()).limit(n)

    return asked


def _complaints(ids: Sequence[str]) -> sa.Select[Any]:
    f = feedback.c
    settled = f.kind.in_(("complaint", "answered"))
    return sa.select(f.customer_id, f.kind, f.at, f.id).where(f.customer_id.in_(ids), settled)


def _open_complaints(rows: Sequence[Found]) -> list[str]:
    """Whose last word of these was a complaint."""
    last = {row["customer_id"]: row["kind"] for row in sorted(rows, key=lambda row: (row["at"], row["id"]))}
    return sorted(who for who, kind in last.items() if kind == "complaint")


_PAID: Final = orders.c.status != "cancelled"


def _sums(ids: Sequence[str]) -> sa.Select[Any]:
    """Of each member and currency: what was not cancelled, and what of it came back (at the price that was paid)."""
    head, line = orders.c, order_line.c
    back = line.amount * line.returned / sa.func.nullif(line.quantity, 0)
    return (
        sa.select(
            head.customer_id,
            head.currency,
            sa.func.count(sa.distinct(sa.case((_PAID, head.no)))).label("orders"),
            sa.func.count(sa.distinct(sa.case((~_PAID, head.no)))).label("cancelled"),
            *(
                sa.cast(sa.func.coalesce(sa.func.sum(sa.case((_PAID, what), else_=0)), 0), sa.BigInteger).label(name)
                for name, what in (
                    ("amount", line.amount),
                    ("units", line.quantity),
                    ("returned_units", line.returned),
                    ("returned_amount", sa.func.coalesce(sa.cast(back, sa.BigInteger), 0)),
                )
            ),
            sa.func.min(sa.case((_PAID, head.placed_at))).label("first_at"),
            sa.func.max(sa.case((_PAID, head.placed_at))).label("last_at"),
        )
        .join(order_line, line.order_no == head.no, isouter=True)
        .where(head.customer_id.in_(ids))
        .group_by(head.customer_id, head.currency)
        .order_by(head.customer_id, head.currency)
    )


def _orders(n: int) -> Asked:
    def asked(ids: Sequence[str]) -> sa.Select[Any]:
        return sa.select(orders).where(orders.c.customer_id.in_(ids)).order_by(orders.c.placed_at.desc()).limit(n)

    return asked


def _lines(numbers: Sequence[int]) -> sa.Select[Any]:
    line, number = order_line.c, product_number.c
    return (
        sa.select(
            line.order_no, line.line, number.id.label("product_id"), product.c.title, line.quantity, line.returned,
            line.amount, line.role, line.gift, line.offer_id,
        )
        .join(product_number, number.no == line.product_no)
        .join(product, product.c.id == number.id, isouter=True)
        .where(line.order_no.in_(numbers))
        .order_by(line.order_no, line.line)
    )  # fmt: skip


def _returned(n: int) -> Asked:
    def asked(ids: Sequence[str]) -> sa.Select[Any]:
        head, line, number = orders.c, order_line.c, product_number.c
        return (
            sa.select(
                head.no, head.id.label("order_id"), head.customer_id, head.placed_at, head.currency,
                number.id.label("product_id"), product.c.title, line.quantity, line.returned, line.amount,
            )
            .join(order_line, line.order_no == head.no)
            .join(product_number, number.no == line.product_no)
            .join(product, product.c.id == number.id, isouter=True)
            .where(head.customer_id.in_(ids), line.returned > 0)
            .order_by(head.placed_at.desc())
            .limit(n)
        )  # fmt: skip

    return asked


def _owned(ids: Sequence[str]) -> sa.Select[Any]:
    """What each member bought for themselves and kept."""
    head, line, number = orders.c, order_line.c, product_number.c
    kept = sa.cast(sa.func.sum(line.quantity - line.returned), sa.BigInteger)
    return (
        sa.select(
            number.id.label("product_id"), product.c.title, head.customer_id, kept.label("quantity"),
            sa.func.max(head.placed_at).label("last_at"),
        )
        .join(order_line, line.order_no == head.no)
        .join(product_number, number.no == line.product_no)
        .join(product, product.c.id == number.id, isouter=True)
        .where(head.customer_id.in_(ids), _PAID, line.gift == 0, line.quantity > line.returned)
        .group_by(number.id, product.c.title, head.customer_id)
    )  # fmt: skip
