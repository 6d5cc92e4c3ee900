"""The port that finds customers: by the beginning of a name, an address or a number, by who looks after them, by list.

What is sought stands folded in a table of its own, written in the transaction that writes the customers: a search reads
an index from one place on, never the customers themselves.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from tsuide.kit.names import company_key, person_key
from tsuide.kit.text import fold, fold_width
from tsuide.store import bulk
from tsuide.store.engines import reading
from tsuide.store.rows import Found, found
from tsuide.store.schema import RECORD, customer, metadata
from tsuide.store.segment_tables import segment, segment_member, segment_sheet

_AT_ONCE: Final = 500
_LAST: Final = "\U0010ffff"  # comes after every character
_ABOVE: Final = 4  # levels of an account's tree that are looked up
_SHORTEST_NUMBER: Final = 3
LOOKED_THROUGH: Final = 50_000
"""So many customers a page looks through at most, where what is asked of them stands in no index."""


def _binary(name: str) -> sa.Column[Any]:
    """A text whose order is that of its characters' numbers on every engine, so that a beginning is a range."""
    kind = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    return sa.Column(name, kind, primary_key=True, nullable=False)


customer_key = sa.Table(
    "customer_key",
    metadata,
    _binary("field"),
    _binary("value"),
    _binary("customer_id"),
    sa.Index(None, "customer_id"),
    info=RECORD,
    sqlite_with_rowid=False,
)
"""By what a customer is found: name (folded, and each further word of it), mail, phone (digits), owner, prefecture."""
_SHAPE: Final = {"field": pl.String, "value": pl.String, "customer_id": pl.String}


@dataclass(frozen=True, slots=True)
class Sought:
    """Which customers are wanted; what is None or empty asks for nothing.

    Args:
        text: as somebody typed it: the beginning of a name or a further word of it, of a mail address, of a telephone
            number, or an id.
        kind: person or company.
        prefecture: the attribute.
        segment: its id.
        owner: the attribute of the customer or of an account above.
    """

    text: str = ""
    kind: str | None = None
    prefecture: str | None = None
    segment: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Finds customers. Every method raises `Unavailable` when the database does not answer."""

    engine: sa.Engine

    def find(
        self, sought: Sought, n: int, after: str = "", through: int = LOOKED_THROUGH
    ) -> tuple[list[Found], str | None]:
        """Customers by id, at most `n`; so many at most are looked `through`.

        Returns:
            Rows as the store has them, and after which id the next ones come; None = these are all.
        """
        c = customer.c
        ids = _found_ids(sought, after)
        rows: list[Found] = []
        with reading(self.engine) as connection:
            looked = ids.order_by(ids.selected_columns[0]).limit(through).subquery()
            query = sa.select(customer).join(looked, looked.c.id == c.id)
            for condition in _conditions(sought):
                query = query.where(condition)
            rows = found(connection, query.order_by(c.id).limit(n + 1))
            if len(rows) > n:
                return rows[:n], str(rows[n - 1]["id"])
            last, many = connection.execute(sa.select(sa.func.max(looked.c.id), sa.func.count())).one()
        return rows, str(last) if many == through else None

    def names(self, ids: Iterable[str]) -> dict[str, str]:
        """Customer → name, of those that have one."""
        wanted = sorted(set(ids))
        c = customer.c
        told: dict[str, str] = {}
        with reading(self.engine) as connection:
            for part in _parts(wanted):
                rows = connection.execute(sa.select(c.id, c.name).where(c.id.in_(part), c.name.is_not(None)))
                told |= {str(who): str(name) for who, name in rows}
        return told

    def known(self, ids: Iterable[str]) -> set[str]:
        """Those of these customers that there are."""
        c = customer.c
        with reading(self.engine) as connection:
            return {
                str(who)
                for part in _parts(sorted(set(ids)))
                for who in connection.execute(sa.select(c.id).where(c.id.in_(part))).scalars()
            }

    def owners_above(self, customer_id: str) -> list[str]:
        """Who looks after a customer, and after the accounts above, the nearest first."""
        c = customer.c
        told: list[str] = []
        seen: set[str] = set()
        next_id: str | None = customer_id
        with reading(self.engine) as connection:
            while next_id is not None and next_id not in seen and len(seen) < _ABOVE:
                seen.add(next_id)
                row = connection.execute(sa.select(c.parent_id, c.attributes).where(c.id == next_id)).first()
                if row is None:
                    return told
                owner = str(_object(row.attributes).get("owner") or "").strip()
                told += [owner] if owner else []
                next_id = row.parent_id
        return told

    def values(self, field: str, n: int = 200) -> list[str]:
        """What stands in a field, in order; at most `n`."""
        k = customer_key.c
        told: list[str] = []
        with reading(self.engine) as connection:
            after = ""
            while len(told) < n:  # from one value straight to the next: an index reads no customer in between
                query = sa.select(sa.func.min(k.value)).where(k.field == field, k.value > after)
                after = connection.execute(query).scalar() or ""
                if not after:
                    break
                told.append(str(after))
        return told


def keys_of(row: Found) -> Iterator[tuple[str, str]]:
    """(field, value) by which a customer is found.

    >>> row = {"kind": "person", "name": "山田　花子", "email": "H@x.example", "phone": "+81 90-1"}
    >>> sorted(keys_of(row))
    [('mail', 'h@x.example'), ('name', '山田花子'), ('name', '花子'), ('phone', '0901')]
    """
    known = _object(row.get("attributes"))
    name = str(row.get("name") or "")
    if name.strip():
        folded = (company_key if row.get("kind") == "company" else person_key)(name) or fold(name)
        yield "name", folded
        whole = fold(name).replace(" ", "")
        if whole != folded:
            yield "name", whole
        for word in fold(name).split()[1:]:
            if word not in {folded, whole}:
                yield "name", word
    if row.get("email"):
        yield "mail", fold_width(str(row["email"])).strip().casefold()
    digits = digits_of(str(row.get("phone") or ""))
    if digits:
        yield "phone", digits
    for field in ("owner", "prefecture"):
        value = str(known.get(field) or "").strip()
        if value:
            yield field, value


def digits_of(text: str) -> str:
    """A telephone number's digits, as dialled in Japan.

    >>> digits_of("+81 (0)3-1234-5678"), digits_of("０３－１２３４")
    ('0312345678', '031234')
    """
    plain = fold_width(text).strip()
    digits = "".join(each for each in plain if each.isascii() and each.isdigit())
    return "0" + digits.removeprefix("81").removeprefix("0") if plain.startswith("+81") else digits


def take_up(connection: sa.Connection, inserted: pl.DataFrame, updated: pl.DataFrame) -> None:
    """Write what customers are found by; of those that were there before it is made anew."""
    if not updated.is_empty():
        erase(connection, updated["id"].to_list())
        insert_keys(connection, updated)
    insert_keys(connection, inserted)


def insert_keys(connection: sa.Connection, rows: pl.DataFrame) -> None:
    """Write what new customers are found by."""
    wanted = [name for name in ("id", "kind", "name", "email", "phone", "attributes") if name in rows.columns]
    told = {
        (field, value, str(row["id"]))
        for row in rows.select(wanted).iter_rows(named=True)
        for field, value in keys_of(row)
    }
    if told:
        bulk.insert(connection, customer_key, pl.DataFrame(sorted(told), schema=_SHAPE, orient="row"))


def renew(connection: sa.Connection, *customer_ids: str) -> None:
    """Make anew by what these customers are found, from what stands of them."""
    erase(connection, customer_ids)
    rows = found(connection, sa.select(customer).where(customer.c.id.in_(customer_ids)))
    if rows:
        columns = ("id", "kind", "name", "email", "phone", "attributes")
        insert_keys(connection, pl.DataFrame([{name: row[name] for name in columns} for row in rows],
                                             schema=dict.fromkeys(columns, pl.String)))  # fmt: skip


def erase(connection: sa.Connection, customer_ids: Sequence[str]) -> int:
    """Forget by what customers are found."""
    return sum(
        connection.execute(sa.delete(customer_key).where(customer_key.c.customer_id.in_(part))).rowcount
        for part in _parts(customer_ids)
    )


def _found_ids(sought: Sought, after: str) -> sa.Select[Any] | sa.CompoundSelect[Any]:
    """Ids after one, by the index that leaves the fewest."""
    k, c = customer_key.c, customer.c
    parts: list[sa.Select[Any]] = []
    text = sought.text.strip()
    if text:
        ranges = [("name", fold(text).replace(" ", "")), ("mail", fold_width(text).casefold())]
        bare = company_key(text)
        ranges += [("name", bare)] if bare and bare != ranges[0][1] else []
        digits = digits_of(text)
        plain = fold_width(text).replace("-", "").replace(" ", "").lstrip("+")
        ranges += [("phone", digits)] if len(digits) >= _SHORTEST_NUMBER and plain.isdigit() else []
        for field, begin in ranges:
            within = sa.and_(k.field == field, k.value >= begin, k.value < begin + _LAST)
            parts.append(_few(sa.select(k.customer_id.label("id")).where(within, k.customer_id > after)))
        own = sa.and_(c.id >= text, c.id < text + _LAST)
        parts.append(_few(sa.select(c.id.label("id")).where(own, c.id > after)))
    elif sought.segment:
        s, m = segment_sheet.c, segment_member.c
        number = sa.select(segment.c.no).where(segment.c.id == sought.segment).scalar_subquery()
        parts.append(
            sa.select(s.customer_id.label("id"))
            .join(segment_member, m.no == s.no)
            .where(m.segment_no == number, s.customer_id > after)
        )
    elif sought.prefecture:
        parts.append(_keyed("prefecture", sought.prefecture, after))
    elif sought.owner:
        mine = _keyed("owner", sought.owner, after)
        above = sa.select(k.customer_id).where(k.field == "owner", k.value == sought.owner)
        first = sa.select(c.id).where(c.parent_id.in_(above))
        second = sa.select(c.id).where(c.parent_id.in_(first))
        parts += [mine, *(sa.select(c.id.label("id")).where(c.parent_id.in_(each), c.id > after)
                          for each in (above, first, second))]  # fmt: skip
    if not parts:
        return sa.select(c.id.label("id")).where(c.id > after)
    whole = sa.union(*parts).subquery() if len(parts) > 1 else parts[0].distinct().subquery()
    return sa.select(whole.c.id)


def _few(query: sa.Select[Any]) -> sa.Select[Any]:
    """A beginning that more have says too little to find somebody by."""
    few = query.limit(LOOKED_THROUGH).subquery()
    return sa.select(few.c.id)


def _keyed(field: str, value: str, after: str) -> sa.Select[Any]:
    k = customer_key.c
    return sa.select(k.customer_id.label("id")).where(k.field == field, k.value == value, k.customer_id > after)


def _conditions(sought: Sought) -> Iterator[sa.ColumnElement[bool]]:
    """What else must hold of each."""
    c = customer.c
    if sought.kind:
        yield c.kind == sought.kind
    if sought.prefecture:
        yield _has(c.id, "prefecture", sought.prefecture)
    if sought.segment:
        s, m = segment_sheet.c, segment_member.c
        number = sa.select(segment.c.no).where(segment.c.id == sought.segment).scalar_subquery()
        inside = sa.select(sa.literal(1)).select_from(segment_sheet).join(segment_member, m.no == s.no)
        yield sa.exists(inside.where(s.subject == sa.literal("c") + c.id, m.segment_no == number))
    if sought.owner:
        ways = [_has(c.id, "owner", sought.owner)]
        below: Any = c.parent_id
        for _ in range(_ABOVE - 1):
            ways.append(_has(below, "owner", sought.owner))
            up = customer.alias()
            below = sa.select(up.c.parent_id).where(up.c.id == below).correlate_except(up).scalar_subquery()
        yield sa.or_(*ways)


def _has(customer_id: Any, field: str, value: str) -> sa.ColumnElement[bool]:  # noqa: ANN401 - any expression
    keys = customer_key.alias()
    k = keys.c
    same = sa.select(sa.literal(1)).where(k.field == field, k.value == value, k.customer_id == customer_id)
    return sa.exists(same.correlate_except(keys))


def _object(text: object) -> dict[str, Any]:
    told = json.loads(str(text)) if text else {}
    return told if isinstance(told, dict) else {}


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(ids), _AT_ONCE):
        yield ids[first : first + _AT_ONCE]
