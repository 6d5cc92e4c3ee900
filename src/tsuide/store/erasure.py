"""The port of erasure: one person's rows shown, removed, or made nobody's; what was counted stays counted.

Which rows, and what becomes of them, stands in `personal`. A few tables need more than a column set: decisions and
confirmations hold the person within JSON, messages and enrolments in their keys.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from tsuide.kit.clock import to_micros
from tsuide.kit.naming import names_person
from tsuide.store.arrivals import message, same_person
from tsuide.store.engines import reading, writing
from tsuide.store.journey_tables import enrolment
from tsuide.store.outbox import ERASED_KEY
from tsuide.store.outbox_tables import outbound
from tsuide.store.personal import CUSTOMERS, HELD, NOBODY, Held, Person
from tsuide.store.rows import Found, found
from tsuide.store.schema import customer, decision, kept_answer
from tsuide.store.segment_tables import segment_clock
from tsuide.store.selling import confirmation

Anonymise = Callable[[str], str]
_AT_ONCE: Final = 2_000
_RELATED: Final = "parent_id"


@dataclass(frozen=True, slots=True)
class Erasure:
    """Erases and discloses. Every method raises `Unavailable` when the database does not answer."""

    engine: sa.Engine

    def erase(self, customer_id: str, anonymise: Anonymise, confirm: Anonymise) -> dict[str, int]:
        """Forget one customer, and every visitor who turned out to be them, in one transaction.

        Orders, reviews' stars, outcomes and decisions stay as nobody's, so that counts and sums stay right; nothing
        that stays leads back to the person. Consents, events, raw messages and the person's own row are deleted.

        Args:
            customer_id: whom.
            anonymise: a decision's record → the same without the person.
            confirm: a confirmation's content → the same without the person.

        Returns:
            Rows changed or deleted, by table.
        """
        done: dict[str, int] = {}
        with reading(self.engine) as connection:  # it may take a while: nobody has to wait for it
            named = _named(connection, customer_id)
        with writing(self.engine) as connection:
            person = _person(connection, customer_id)
            for held in CUSTOMERS:
                where = _where(held, person, named)
                done[held.table.name] = _forget(connection, held, where, anonymise, confirm)
            below = sa.update(customer).where(customer.c.parent_id == customer_id)
            connection.execute(below.values({_RELATED: None}))
            turn = sa.update(segment_clock).values(turn=segment_clock.c.turn + 1)  # who read before reads again
            connection.execute(turn)
        return {name: count for name, count in done.items() if count}

    def forget(self, things: Sequence[str]) -> int:
        """Delete every message about these things; how many there were."""
        if not things:
            return 0
        with writing(self.engine) as connection:
            return int(connection.execute(sa.delete(message).where(message.c.thing.in_(list(things)))).rowcount)

    def forget_messages(self) -> int:
        """Delete every message as it came, and every kept answer: nobody's data may stay; how many there were."""
        with writing(self.engine) as connection:
            return sum(int(connection.execute(sa.delete(table)).rowcount) for table in (message, kept_answer))

    def everything_of(self, customer_id: str) -> dict[str, list[Found]]:
        """Every row that is kept of a customer, by table: what they may ask to see."""
        with reading(self.engine) as connection:
            person, named = _person(connection, customer_id), _named(connection, customer_id)
            return {held.table.name: _rows_of(connection, held, _where(held, person, named)) for held in CUSTOMERS}

    def everyone(self) -> list[str]:
        """Every customer of whom anything is kept."""
        tables = [held.table for held in CUSTOMERS if "customer_id" in held.table.c]
        parts = [sa.select(customer.c.id.label("id"))]
        parts += [sa.select(table.c.customer_id).where(table.c.customer_id.is_not(None)) for table in tables]
        with reading(self.engine) as connection:
            ids = {str(each) for each in connection.execute(sa.union(*parts)).scalars()}
        return sorted(ids - {NOBODY})

    def too_old(self, days: Mapping[str, int], now: datetime) -> dict[str, int]:
        """How many rows of each table are kept longer than they may be.

        Args:
            days: by table; 0 = for ever.
            now: UTC.
        """
        with reading(self.engine) as connection:
            counts = {
                name: connection.execute(
                    sa.select(sa.func.count()).select_from(HELD[name].table).where(old)
                ).scalar_one()
                for name, old in _old(days, now)
            }
        return {name: int(count) for name, count in counts.items() if count}

    def forget_old(self, days: Mapping[str, int], now: datetime, anonymise: Anonymise) -> dict[str, int]:
        """Delete or make nobody's what is kept longer than it may be, some thousands of rows in each transaction.

        Args:
            days: by table; 0 = for ever.
            now: UTC.
            anonymise: a decision's record → the same without the person.

        Returns:
            Rows changed or deleted, by table.
        """
        done: dict[str, int] = {}
        for name, old in _old(days, now):
            table = HELD[name].table
            keys = sa.tuple_(*table.primary_key.columns)
            some = sa.select(*table.primary_key.columns).where(old).limit(_AT_ONCE)
            while True:
                with writing(self.engine) as connection:
                    chosen = connection.execute(some).all()
                    if not chosen:
                        break
                    mine = keys.in_([tuple(row) for row in chosen])
                    done[name] = done.get(name, 0) + _let_go(connection, HELD[name], mine, anonymise)
        return done


def _person(connection: sa.Connection, customer_id: str) -> Person:
    query = sa.select(same_person.c.anonymous_id).where(same_person.c.customer_id == customer_id)
    return Person(customer_id, tuple(str(each) for each in connection.execute(query).scalars()))


def _told_by(connection: sa.Connection, customer_id: str) -> tuple[str, ...]:
    """By what else than their id somebody else's JSON may name them: mail and phone."""
    query = sa.select(customer.c.email, customer.c.phone).where(customer.c.id == customer_id)
    row = connection.execute(query).first()
    return () if row is None else tuple(str(each) for each in row if each)


def _rows_of(connection: sa.Connection, held: Held, where: sa.ColumnElement[bool]) -> list[Found]:
    columns = [column for column in held.table.columns if column.name not in held.hidden]
    return found(connection, sa.select(*columns).where(where).order_by(*held.table.primary_key.columns))


def _named(connection: sa.Connection, customer_id: str) -> dict[str, list[str]]:
    """Rows whose JSON names somebody, by table."""
    told = _told_by(connection, customer_id)
    rows: dict[str, list[str]] = {}
    for held in CUSTOMERS:
        if held.naming:
            texts = [held.table.c[name] for name in held.naming]
            (key,) = held.table.primary_key.columns
            likely = sa.or_(*(text.icontains(each, autoescape=True) for text in texts for each in (customer_id, *told)))
            rows[held.table.name] = [
                str(row[0])
                for row in connection.execute(sa.select(key, *texts).where(likely))
                if any(names_person(text, customer_id, told) for text in row[1:])
            ]
    return rows


def _where(held: Held, person: Person, named: Mapping[str, Sequence[str]]) -> sa.ColumnElement[bool]:
    """A person's rows of a table: those of their columns, and those whose JSON names them."""
    found_by = [] if held.finds is None else [held.finds(person)]
    if held.naming:
        (key,) = held.table.primary_key.columns
        found_by.append(key.in_(named[held.table.name]))
    return sa.or_(*found_by)


def _forget(
    connection: sa.Connection, held: Held, where: sa.ColumnElement[bool], anonymise: Anonymise, confirm: Anonymise
) -> int:
    if held.table is confirmation:
        return _rewritten(connection, confirmation, "content", where, confirm, {})
    if held.erased == "unlinked" and not held.nobody:  # its own columns say nothing of the person
        return 0
    if held.erased == "kept":
        connection.execute(sa.update(held.table).where(where).values(**held.nobody))
        return 0
    return _let_go(connection, held, where, anonymise)


def _let_go(connection: sa.Connection, held: Held, where: sa.ColumnElement[bool], anonymise: Anonymise) -> int:
    """Rows deleted, or made nobody's; how many."""
    table = held.table
    if held.erased == "deleted":
        return int(connection.execute(sa.delete(table).where(where)).rowcount)
    if table is decision:
        return _rewritten(connection, decision, "record", where, anonymise, held.nobody)
    if table is outbound:
        return _messages(connection, where, held.nobody)
    if table is enrolment:
        return _enrolments(connection, where, held.nobody)
    return int(connection.execute(sa.update(table).where(where).values(**held.nobody)).rowcount)


def _rewritten(
    connection: sa.Connection, table: sa.Table, column: str, where: sa.ColumnElement[bool], write: Anonymise,
    values: Mapping[str, Any],
) -> int:  # fmt: skip
    (key,) = table.primary_key.columns
    rows = connection.execute(sa.select(key, table.c[column]).where(where)).all()
    for one, said in rows:
        connection.execute(sa.update(table).where(key == one).values(**{**values, column: write(said)}))
    return len(rows)


def _messages(connection: sa.Connection, where: sa.ColumnElement[bool], nobody: Mapping[str, Any]) -> int:
    """That they went out stays counted; what still waits never goes."""
    rows = connection.execute(sa.select(outbound.c.key, outbound.c.id, outbound.c.state).where(where)).all()
    for key, message_id, state in rows:
        ended = {"state": "refused", "code": "no_customer", "lease_until": None} if state == "waiting" else {}
        change = sa.update(outbound).where(outbound.c.key == key)
        connection.execute(change.values(**{**nobody, **ended, "key": f"{ERASED_KEY}{message_id}"}))
    return len(rows)


def _enrolments(connection: sa.Connection, where: sa.ColumnElement[bool], nobody: Mapping[str, Any]) -> int:
    """They stay as nobody's, so that what passed each step stays counted; who was on the way leaves."""
    rows = connection.execute(sa.select(enrolment.c.id, enrolment.c.state).where(where)).all()
    for one, state in rows:
        left = {"state": "left", "why": NOBODY} if state == "active" else {}
        change = sa.update(enrolment).where(enrolment.c.id == one)
        connection.execute(change.values(**{**nobody, **left, "key": f"{NOBODY}/{one}"}))
    return len(rows)


def _old(days: Mapping[str, int], now: datetime) -> list[tuple[str, sa.ColumnElement[bool]]]:
    """Which rows of each table are too old; of those that stay as nobody's, the ones that are not yet."""
    wheres = []
    for name, kept in days.items():
        held = HELD[name]
        if not kept or held.ages is None:
            continue
        where = [held.table.c[held.ages.column] < to_micros(now - timedelta(days=kept))]
        if held.ages.only is not None:
            where.append(held.ages.only())
        if held.erased == "unlinked":
            still = [held.table.c[name].is_distinct_from(value) for name, value in held.nobody.items()]
            where.append(sa.or_(*still))
        wheres.append((name, sa.and_(*where)))
    return wheres
