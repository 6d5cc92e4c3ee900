"""The port of one person: what a decision needs to know of them, by point look-ups that are built once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import Any, Final, NamedTuple, TypeAlias

import sqlalchemy as sa

from tsuide.kit.clock import to_micros
from tsuide.store.engines import reading
from tsuide.store.glance import Glance
from tsuide.store.outcomes import Contact
from tsuide.store.schema import JOINED_KINDS, consent, customer, event, order_line, orders, outcome, product_number

Bought: TypeAlias = tuple[str, int, int, int, int, int]
"""One line of an order that was not cancelled: product id, when in microseconds, units, how many of them came back,
whether it was a gift, what was paid in minor units."""


class Seen(NamedTuple):
    """One view of a product, or one time that it was put into a cart or taken out; `at` in microseconds."""

    product_id: str
    at: int
    session_id: str | None
    kind: str


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of one customer, and what they or their browser looked at or put into a cart.

    Args:
        kind: person or company; None = nobody with this id.
        attributes: a JSON object of strings; None where nothing is known.
        consents: (purpose, channel) that hold now.
        seen: views, and what was put into carts and taken out, oldest first.
        joined: (product, registered or attended) of what they ever came to; empty where it was not asked for.
        contacts: outcomes of their offers, oldest first, as `Contacts.of`; empty where they were not asked for.
    """

    kind: str | None
    attributes: str | None
    consents: tuple[tuple[str, str], ...]
    seen: tuple[Seen, ...]
    joined: tuple[tuple[str, str], ...] = ()
    contacts: tuple[Contact, ...] = ()


@dataclass(frozen=True, slots=True)
class People:
    """Reads one person; every method raises `Unavailable` when the database does not answer."""

    engine: sa.Engine
    glance: Glance

    def of(
        self,
        customer_id: str | None,
        anonymous_id: str | None,
        since: datetime,
        *,
        lessons: bool = False,
        contacts_since: datetime | None = None,
    ) -> Person:
        """One customer, one browser, or both as one person; what they looked at and did with carts from `since` on.

        Where there are `lessons`, also what they ever registered for or attended; where `contacts_since` is given, also
        every contact from then on. All of it is one statement: of one moment, and read in one go.
        """
        if customer_id is None and anonymous_id is None:
            return NOBODY
        query = _whole(customer_id is not None, anonymous_id is not None, lessons, contacts_since is not None)
        given = {"customer": customer_id, "anonymous": anonymous_id, "since": to_micros(since)}
        if contacts_since is not None:
            given["contacts_since"] = to_micros(contacts_since)
        (rows,) = self.glance.rows((query, given))
        return _person(rows)

    def bought(self, customer_id: str) -> list[Bought]:
        """Every line of a customer's orders that were not cancelled, oldest first."""
        (rows,) = self.glance.rows((_lines(), {"customer": customer_id}))
        return rows  # a household's year is hundreds of rows: they stay the plain tuples that they are

    def buyers_since(self, sequence: int) -> set[str]:
        """Customers of whom an order came or changed after `sequence`."""
        with reading(self.engine) as connection:
            return {each for each in connection.execute(_buyers(), {"since": sequence}).scalars() if each is not None}


NOBODY: Final = Person(None, None, (), ())
"""Of whom nothing is known."""
_RECORD, _CONSENT, _SEEN, _JOINED, _CONTACT = range(5)


def _person(rows: list[Any]) -> Person:
    """The person whom the rows of `_whole` tell."""
    if not rows:  # most visitors
        return NOBODY
    kind, attributes, consents, joined = None, None, [], set()
    seen, contacts = dict[str, Any](), dict[str, Any]()
    for part, key, at, number, *told in rows:
        if part == _RECORD:
            kind, attributes = told[:2]
        elif part == _CONSENT:
            consents.append((at, told[0], told[1], number))
        elif part == _SEEN:
            seen[key] = (at, key, Seen(told[0], at, told[1], told[2]))
        elif part == _JOINED:
            joined.add((told[0], told[1]))
        else:
            contacts[key] = (at, key, Contact(key, at, *told))
    return Person(
        kind,
        attributes,
        _holding(consents) if consents else (),
        _in_order(seen) if seen else (),
        tuple(sorted(joined)) if joined else (),
        _in_order(contacts) if contacts else (),
    )


def _in_order(found: dict[str, Any]) -> tuple[Any, ...]:
    """The oldest first, by id where they are of one moment."""
    return tuple([each for _, _, each in sorted(found.values(), key=itemgetter(0, 1))])


def _holding(rows: list[tuple[int, str, str, int]]) -> tuple[tuple[str, str], ...]:
    """The latest of each purpose and channel, where it grants."""
    latest = {(purpose, channel): granted for _, purpose, channel, granted in sorted(rows, key=itemgetter(0))}
    return tuple(sorted(each for each, granted in latest.items() if granted))


_Column: TypeAlias = sa.ColumnElement[Any]
_WORDS: Final = len(Contact._fields) - 2
"""How many texts the longest part has beside its id and moment: a contact."""


@cache
def _whole(customer_: bool, anonymous: bool, lessons: bool, contacts: bool) -> sa.Select[Any]:  # noqa: FBT001 - a query for each
    """Everything of one person in one statement: part, id, moment, number, then `_WORDS` texts."""
    whose = [name for name, wanted in (("customer", customer_), ("anonymous", anonymous)) if wanted]
    parts = [_record(), _consents()] if customer_ else []
    parts += [_views(name) for name in whose]
    parts += [_lessons(name) for name in whose if lessons]
    parts += [_contacts(name) for name in whose if contacts]
    return parts[0] if len(parts) == 1 else sa.union_all(*parts)  # type: ignore[return-value]  # as good as one


def _part(part: int, first: Sequence[_Column], words: Sequence[_Column], *where: _Column) -> sa.Select[Any]:
    """Id, moment and number are the `first`."""
    padded = [*words, *[_no(sa.Text)] * (_WORDS - len(words))]
    columns: list[_Column] = [sa.literal_column(str(part)), *first, *padded]
    return sa.select(*columns).where(*where)


def _no(kind: "type[sa.types.TypeEngine[Any]]") -> _Column:
    return sa.cast(sa.null(), kind)


def _record() -> sa.Select[Any]:
    c = customer.c
    first = (c.id, _no(sa.BigInteger), _no(sa.BigInteger))
    return _part(_RECORD, first, (c.kind, c.attributes), c.id == sa.bindparam("customer"))


def _consents() -> sa.Select[Any]:
    c = consent.c
    first = (_no(sa.Text), c.at, sa.cast(c.granted, sa.BigInteger))
    return _part(_CONSENT, first, (c.purpose, c.channel), c.customer_id == sa.bindparam("customer"))


def _views(whose: str) -> sa.Select[Any]:
    c = event.c
    return _part(
        _SEEN,
        (c.id, c.at, _no(sa.BigInteger)),
        (c.product_id, c.session_id, c.kind),
        c[f"{whose}_id"] == sa.bindparam(whose),
        c.at >= sa.bindparam("since"),
        sa.or_(c.kind == "view", c.kind == "add", c.kind == "remove"),
        c.product_id.is_not(None),
    )


def _lessons(whose: str) -> sa.Select[Any]:
    c = event.c
    return _part(
        _JOINED,
        (_no(sa.Text), _no(sa.BigInteger), _no(sa.BigInteger)),
        (c.product_id, c.kind),
        c[f"{whose}_id"] == sa.bindparam(whose),
        sa.literal_column(JOINED_KINDS),
        c.product_id.is_not(None),
    )


def _contacts(whose: str) -> sa.Select[Any]:
    c = outcome.c
    return _part(
        _CONTACT,
        (c.id, c.at, _no(sa.BigInteger)),
        [c[name] for name in Contact._fields[2:]],
        c[f"{whose}_id"] == sa.bindparam(whose),
        c.at >= sa.bindparam("contacts_since"),
    )


@cache
def _lines() -> sa.Select[Any]:
    head, line = orders.c, order_line.c
    return (
        sa.select(product_number.c.id, head.placed_at, line.quantity, line.returned, line.gift, line.amount)
        .join(order_line, line.order_no == head.no)
        .join(product_number, product_number.c.no == line.product_no)
        .where(head.customer_id == sa.bindparam("customer"), head.status != "cancelled")
        .order_by(head.placed_at, product_number.c.id)
    )


@cache
def _buyers() -> sa.Select[Any]:
    """Asked for distinct customers SQLite would walk through all orders by customer instead of the few that are new."""
    return sa.select(orders.c.customer_id).where(orders.c.seq > sa.bindparam("since"))
