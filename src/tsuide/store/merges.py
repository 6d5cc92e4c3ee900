"""The port of merges: two customers made one in one transaction, and made two again from its record."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from tsuide.errors import BadValue, Conflict, NotFound, UnknownCustomer
from tsuide.facts.schema import TEXT
from tsuide.kit.clock import to_micros
from tsuide.store import aliases, bulk, finding, sequence
from tsuide.store.columns import key, text, whole
from tsuide.store.engines import reading, writing
from tsuide.store.journey_tables import enrolment
from tsuide.store.rows import Found, found
from tsuide.store.schema import RECORD, acceptance, consent, customer, metadata, orders
from tsuide.store.segment_tables import segment_sheet, segment_touch
from tsuide.store.selling import confirmation

customer_merge = sa.Table(
    "customer_merge",
    metadata,
    key("id"),
    text("kept_id"),
    text("merged_id"),
    whole("at"),
    text("who", null=True),
    text("record"),
    whole("undone_at", null=True),
    text("undone_by", null=True),
    sa.Index(None, "kept_id"),
    sa.Index(None, "merged_id"),
    info=RECORD,
)
"""`record`: both customers as they were and the kept one as it became, the keys of every row that moved, and rows that
changed otherwise, as they were. It goes when either is erased."""

_DERIVED: Final = (segment_sheet, segment_touch)  # made anew from what moved
COMPARED: Final = ("id", "kind", "parent_id", "name", "email", "phone")
_MERGED: Final = "merged"
_AT_ONCE: Final = 500
Keys = list[Any]
Renamed = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Merges:
    """Makes two customers one. Every method raises `Unavailable` when the database does not answer."""

    engine: sa.Engine

    def merge(
        self, merge_id: str, kept_id: str, merged_id: str, now: datetime, renamed: Renamed, who: str | None = None
    ) -> Found:
        """Everything of `merged_id` becomes `kept_id`'s; what the kept one does not know of itself is taken over.

        Args:
            merge_id: new.
            kept_id: who stays.
            merged_id: who goes.
            now: UTC.
            renamed: a confirmation's content → the same for the kept customer.
            who: does this.

        Returns:
            The merge, as `get` tells it.

        Raises:
            UnknownCustomer: there is nobody of one of the ids.
            BadValue: both are one.
        """
        if kept_id == merged_id:
            raise BadValue("cannot be merged with themselves", key="merged", value=merged_id)
        with writing(self.engine) as connection:
            newest = sequence.lock(connection)
            kept, merged = _customer(connection, kept_id), _customer(connection, merged_id)
            record: dict[str, Any] = {"kept": kept, "merged": merged, "moved": {}, "changed": [], "dropped": []}
            became = joined(kept, merged)
            if _stands_below(connection, kept_id, merged_id):
                became["parent_id"] = merged["parent_id"]
            record["became"] = became
            _leave_twice(connection, kept_id, merged_id, record)
            _rename(connection, merged_id, renamed, record)
            _consents(connection, kept_id, merged_id, record)
            for table in _tables():
                record["moved"][table.name] = _move(connection, table, merged_id, kept_id)
            below = sa.select(customer.c.id).where(customer.c.parent_id == merged_id, customer.c.id != kept_id)
            record["below"] = [str(each) for each in connection.execute(below.order_by(customer.c.id)).scalars()]
            connection.execute(sa.update(customer).where(customer.c.parent_id == merged_id).values(parent_id=kept_id))
            connection.execute(sa.delete(customer).where(customer.c.id == merged_id))
            connection.execute(sa.update(customer).where(customer.c.id == kept_id).values(**became))
            record["led"] = aliases.lead(connection, merged, kept_id)
            _renumber(connection, record["moved"][orders.name], newest)
            _touch(connection, kept_id, merged_id)
            finding.renew(connection, kept_id, merged_id)
            row = {
                "id": merge_id, "kept_id": kept_id, "merged_id": merged_id, "at": to_micros(now), "who": who,
                "record": json.dumps(record, ensure_ascii=False),
            }  # fmt: skip
            connection.execute(sa.insert(customer_merge).values(**row))
            return _one(connection, merge_id)

    def undo(self, merge_id: str, now: datetime, who: str | None = None) -> Found:
        """Both are again as they were; what came since stays with the one who was kept.

        Raises:
            NotFound: there is no such merge, or one of both was erased since.
            Conflict: it is undone, somebody has the merged one's id again, or the kept one was merged on.
        """
        with writing(self.engine) as connection:
            newest = sequence.lock(connection)
            row = _one(connection, merge_id)
            kept_id, merged_id = row["kept_id"], row["merged_id"]
            if row["undone_at"] is not None:
                raise Conflict("is undone already", key="merge", value=merge_id)
            known = {row["id"] for row in _customers(connection, [kept_id, merged_id])}
            if kept_id not in known:
                later = sa.select(customer_merge.c.id).where(
                    customer_merge.c.merged_id == kept_id, customer_merge.c.undone_at.is_(None)
                )
                way_out = f"undo {connection.execute(later).scalar()} first"
                raise Conflict("the one who was kept was merged on", key="merge", value=merge_id, way_out=way_out)
            if merged_id in known:
                raise Conflict("somebody has this id again", key="merged", value=merged_id, way_out="merge them again")
            record = json.loads(row["record"])
            aliases.unlead(connection, merged_id, kept_id, record.get("led", []))
            now_known = _customer(connection, kept_id)
            back = restored(now_known, record["became"], record["kept"])
            connection.execute(sa.update(customer).where(customer.c.id == kept_id).values(**back))
            connection.execute(sa.insert(customer).values(**record["merged"]))
            for table in _tables():
                _move(connection, table, kept_id, merged_id, record["moved"].get(table.name, []))
            mine = sa.and_(customer.c.parent_id == kept_id, customer.c.id.in_(record["below"]))
            connection.execute(sa.update(customer).where(mine).values(parent_id=merged_id))
            for key in record["consents"]:
                connection.execute(sa.delete(consent).where(_is(consent, [kept_id, *key])))
            for name, dropped in record["dropped"]:
                connection.execute(sa.insert(metadata.tables[name]).values(**dropped))
            for name, keys, before in record["changed"]:
                table = metadata.tables[name]
                connection.execute(sa.update(table).where(_is(table, keys)).values(**before))
            _renumber(connection, record["moved"][orders.name], newest)
            _touch(connection, kept_id, merged_id)
            finding.renew(connection, kept_id, merged_id)
            undone = {"undone_at": to_micros(now), "undone_by": who}
            connection.execute(sa.update(customer_merge).where(customer_merge.c.id == merge_id).values(**undone))
            return _one(connection, merge_id)

    def compared(self) -> pl.DataFrame:
        """What duplicates are found by: id, kind, parent_id, name, email and phone of everybody."""
        c = customer.c
        query = sa.select(*(c[name] for name in COMPARED))
        with reading(self.engine) as connection:
            return bulk.fetch(connection, query, dict.fromkeys(COMPARED, TEXT))

    def orders_of(self, customers: Sequence[str]) -> dict[str, int]:
        """How many orders each of some customers has."""
        o, counts = orders.c, dict[str, int]()
        query = sa.select(o.customer_id, sa.func.count().label("n")).group_by(o.customer_id)
        with reading(self.engine) as connection:
            for first in range(0, len(customers), _AT_ONCE):
                some = query.where(o.customer_id.in_(customers[first : first + _AT_ONCE]))
                counts |= {str(row["customer_id"]): int(row["n"]) for row in found(connection, some)}
        return counts

    def listed(self, n: int = 100) -> list[Found]:
        """Merges, the newest first."""
        c = customer_merge.c
        with reading(self.engine) as connection:
            return found(connection, sa.select(customer_merge).order_by(c.at.desc(), c.id).limit(n))


def of(customer_id: str) -> sa.ColumnElement[bool]:
    """Merges in which a customer stands."""
    return sa.or_(customer_merge.c.kept_id == customer_id, customer_merge.c.merged_id == customer_id)


def joined(kept: Found, merged: Found) -> Found:
    """The kept customer with what only the merged one knows; of two moments of beginning the earlier.

    >>> one = {"id": "a", "kind": "person", "name": None, "attributes": '{"x": "1"}', "created_at": 5}
    >>> two = {"id": "b", "kind": "company", "name": "B", "attributes": '{"x": "2", "y": "3"}', "created_at": 3}
    >>> joined(one, two)
    {'id': 'a', 'kind': 'person', 'name': 'B', 'attributes': '{"x": "1", "y": "3"}', 'created_at': 3}
    """
    told = {name: kept[name] if kept[name] is not None else merged[name] for name in kept}
    told |= {"id": kept["id"], "kind": kept["kind"]}
    if told.get("parent_id") in {kept["id"], merged["id"]}:
        told["parent_id"] = None
    attributes = _object(merged["attributes"]) | _object(kept["attributes"])
    told["attributes"] = (
        json.dumps(attributes, ensure_ascii=False, sort_keys=True) if attributes else kept["attributes"]
    )
    moments = [row["created_at"] for row in (kept, merged) if row["created_at"] is not None]
    told["created_at"] = min(moments) if moments else None
    return told


def restored(now: Found, became: Mapping[str, Any], before: Mapping[str, Any]) -> Found:
    """The kept customer without what the merge gave them; what was learned of them since stays.

    >>> restored({"name": "B", "phone": "1"}, {"name": "B", "phone": None}, {"name": None, "phone": None})
    {'name': None, 'phone': '1'}
    """
    told = {name: before[name] if now[name] == became[name] else now[name] for name in now}
    if "attributes" in now and now["attributes"] != became["attributes"]:
        ours, gave, were = (_object(each["attributes"]) for each in (now, became, before))
        kept = {name: value for name, value in ours.items() if value != gave.get(name)}
        left = {name: value for name, value in were.items() if name in ours or name not in gave}
        told["attributes"] = json.dumps(left | kept, ensure_ascii=False, sort_keys=True)
    return told


def _tables() -> list[sa.Table]:
    """Those whose rows are a customer's, but for whose key a customer belongs to, and what is made anew."""
    return [
        table
        for table in metadata.sorted_tables
        if "customer_id" in table.c and table not in _DERIVED and not table.c.customer_id.primary_key
    ]


def _customers(connection: sa.Connection, ids: Sequence[str]) -> list[Found]:
    rows = found(connection, sa.select(customer).where(customer.c.id.in_(ids)))
    return [{str(name): value for name, value in row.items()} for row in rows]


def _customer(connection: sa.Connection, customer_id: str) -> Found:
    rows = _customers(connection, [customer_id])
    if not rows:
        raise UnknownCustomer("no such customer", key="customer_id", value=customer_id)
    return rows[0]


def _one(connection: sa.Connection, merge_id: str) -> Found:
    rows = found(connection, sa.select(customer_merge).where(customer_merge.c.id == merge_id))
    if not rows:
        raise NotFound("no such merge", key="merge", value=merge_id, way_out="tsuide customer merges")
    return rows[0]


def _stands_below(connection: sa.Connection, customer_id: str, other_id: str) -> bool:
    """Whether the other is one of the accounts above a customer."""
    seen, above = {customer_id}, _customer(connection, customer_id)["parent_id"]
    while above is not None and above not in seen:
        if above == other_id:
            return True
        seen.add(above)
        above = connection.execute(sa.select(customer.c.parent_id).where(customer.c.id == above)).scalar()
    return False


def _move(
    connection: sa.Connection, table: sa.Table, whose: str, to: str, only: Sequence[Keys] | None = None
) -> list[Keys]:
    """Rows of one customer become another's; their keys. With `only` just those of them."""
    keys = list(table.primary_key.columns)
    mine = table.c.customer_id == whose
    if only is None:
        rows = [list(row) for row in connection.execute(sa.select(*keys).where(mine).order_by(*keys))]
        connection.execute(sa.update(table).where(mine).values(customer_id=to))
        return rows
    for first in range(0, len(only), _AT_ONCE):
        part = [tuple(row) for row in only[first : first + _AT_ONCE]]
        named = keys[0].in_([row[0] for row in part]) if len(keys) == 1 else sa.tuple_(*keys).in_(part)
        connection.execute(sa.update(table).where(mine, named).values(customer_id=to))
    return []


def _is(table: sa.Table, keys: Sequence[Any]) -> sa.ColumnElement[bool]:
    return sa.and_(*(column == value for column, value in zip(table.primary_key.columns, keys, strict=True)))


def _leave_twice(connection: sa.Connection, kept_id: str, merged_id: str, record: dict[str, Any]) -> None:
    """Of a journey in which both are under way, the merged one's leaves: nobody gets its messages twice."""
    e = enrolment.c
    active = e.state == "active"
    both = sa.select(e.journey_id).where(e.customer_id == kept_id, active)
    query = sa.select(e.id, e.state, e.why).where(e.customer_id == merged_id, active, e.journey_id.in_(both))
    for row in found(connection, query):
        record["changed"].append((enrolment.name, [row["id"]], {"state": row["state"], "why": row["why"]}))
        connection.execute(sa.update(enrolment).where(e.id == row["id"]).values(state="left", why=_MERGED))


def _rename(connection: sa.Connection, merged_id: str, renamed: Renamed, record: dict[str, Any]) -> None:
    """What waits for the merged one's yes becomes the kept one's order."""
    theirs = sa.select(acceptance.c.id).where(acceptance.c.customer_id == merged_id)
    for row in found(connection, sa.select(confirmation).where(confirmation.c.acceptance_id.in_(theirs))):
        keys = [row[column.name] for column in confirmation.primary_key.columns]
        record["changed"].append((confirmation.name, keys, {"content": row["content"]}))
        change = sa.update(confirmation).where(_is(confirmation, keys))
        connection.execute(change.values(content=renamed(row["content"])))


def _consents(connection: sa.Connection, kept_id: str, merged_id: str, record: dict[str, Any]) -> None:
    """Every yes and no of both; of two words of one moment a no holds."""
    c = consent.c
    ours = {
        (row["purpose"], row["channel"], row["at"]): row
        for row in found(connection, sa.select(consent).where(c.customer_id == kept_id))
    }
    record["consents"] = []
    for row in found(connection, sa.select(consent).where(c.customer_id == merged_id).order_by(c.at)):
        plain = {str(name): value for name, value in row.items()}
        key = (plain["purpose"], plain["channel"], plain["at"])
        same = ours.get(key)
        if same is None:
            record["consents"].append(list(key))
            connection.execute(sa.insert(consent).values(**{**plain, "customer_id": kept_id}))
        elif same["granted"] and not plain["granted"]:
            record["changed"].append((consent.name, [kept_id, *key], {"granted": same["granted"]}))
            connection.execute(sa.update(consent).where(_is(consent, [kept_id, *key])).values(granted=0))
        record["dropped"].append((consent.name, plain))
    connection.execute(sa.delete(consent).where(c.customer_id == merged_id))


def _renumber(connection: sa.Connection, moved: Sequence[Keys], newest: int) -> None:
    """Orders that changed hands take the next numbers: running servers read their buyers again."""
    if not moved:
        return
    for n, (number,) in enumerate(moved, start=1):
        connection.execute(sa.update(orders).where(orders.c.no == number).values(seq=newest + n))
    sequence.advance(connection, newest + len(moved))


def _touch(connection: sa.Connection, *customer_ids: str) -> None:
    for each in customer_ids:
        connection.execute(sa.insert(segment_touch).values(customer_id=each, cause="customer"))


def _object(text: object) -> dict[str, Any]:
    told = json.loads(str(text)) if text else {}
    return told if isinstance(told, dict) else {}
