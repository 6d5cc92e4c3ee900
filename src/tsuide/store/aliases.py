"""Ids that were merged into another customer's: whatever still comes under one of them is the other's.

A merge writes one, its undo takes it away. Every id leads straight to who stays, however often it was merged on: one
look is enough, and a shop without merges looks into an empty table.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from tsuide.store.columns import key, text
from tsuide.store.engines import reading
from tsuide.store.rows import Found, found
from tsuide.store.schema import RECORD, metadata

customer_alias = sa.Table(
    "customer_alias",
    metadata,
    key("merged_id"),
    text("kept_id"),
    text("said"),
    sa.Index(None, "kept_id"),
    info=RECORD,
)
"""`said`: what was last said of the customer under the merged id, as JSON: only what differs from it is news."""

_OBJECT: Final = "attributes"


@dataclass(frozen=True, slots=True)
class Aliases:
    """Reads where merged ids lead. Every method raises `Unavailable` when the database does not answer."""

    engine: sa.Engine

    def of(self, customer_id: str) -> str:
        """Whose an id is now: itself, unless it was merged."""
        a = customer_alias.c
        with reading(self.engine) as connection:
            kept = connection.execute(sa.select(a.kept_id).where(a.merged_id == customer_id)).scalar()
        return customer_id if kept is None else str(kept)

    def all(self) -> dict[str, str]:
        """Merged id → who stays."""
        with reading(self.engine) as connection:
            return names(connection)


def names(connection: sa.Connection) -> dict[str, str]:
    """Merged id → who stays."""
    a = customer_alias.c
    return {str(merged): str(kept) for merged, kept in connection.execute(sa.select(a.merged_id, a.kept_id))}


def of(connection: sa.Connection, customer_id: str | None) -> str | None:
    """Whose an id is now."""
    if customer_id is None:
        return None
    a = customer_alias.c
    kept = connection.execute(sa.select(a.kept_id).where(a.merged_id == customer_id)).scalar()
    return customer_id if kept is None else str(kept)


def resolved(frame: pl.DataFrame, known: Mapping[str, str], column: str = "customer_id") -> pl.DataFrame:
    """The frame with every merged id in the place of which another customer's stands by now.

    >>> resolved(pl.DataFrame({"customer_id": ["b", "c", None]}), {"b": "a"})["customer_id"].to_list()
    ['a', 'c', None]
    """
    return frame.with_columns(pl.col(column).replace(dict(known))) if known else frame


def lead(connection: sa.Connection, merged: Found, kept_id: str) -> list[str]:
    """From now on the merged id, and all that led to it, lead to who stays; those others, for `unlead`."""
    a = customer_alias.c
    merged_id = str(merged["id"])
    others = sa.select(a.merged_id).where(a.kept_id == merged_id).order_by(a.merged_id)
    before = [str(each) for each in connection.execute(others).scalars()]
    connection.execute(sa.update(customer_alias).where(a.kept_id == merged_id).values(kept_id=kept_id))
    said = json.dumps(merged, ensure_ascii=False)
    connection.execute(sa.insert(customer_alias).values(merged_id=merged_id, kept_id=kept_id, said=said))
    return before


def unlead(connection: sa.Connection, merged_id: str, kept_id: str, others: list[str]) -> None:
    """The merged id is its own again, and those that led to it lead there."""
    a = customer_alias.c
    connection.execute(sa.delete(customer_alias).where(a.merged_id == merged_id))
    back = sa.update(customer_alias).where(a.merged_id.in_(others), a.kept_id == kept_id)
    connection.execute(back.values(kept_id=merged_id))


def told_on(connection: sa.Connection, frame: pl.DataFrame, known: Mapping[str, str]) -> pl.DataFrame:
    """Rows of `customer` in which what is said under merged ids is said of who stays.

    Only news is taken over: what differs from what was last said under that id. What is only repeated changes nothing,
    however often a shop sends it.

    Args:
        connection: the writer's.
        frame: as the table stores them.
        known: `names`.
    """
    if not known:
        return frame
    frame = resolved(frame, known, "parent_id")
    rows = {str(row["id"]): row for row in frame.filter(~pl.col("id").is_in(list(known))).iter_rows(named=True)}
    customer, a = metadata.tables["customer"].c, customer_alias.c
    for row in frame.filter(pl.col("id").is_in(list(known))).iter_rows(named=True):
        merged_id, kept_id = str(row["id"]), known[str(row["id"])]
        before = json.loads(connection.execute(sa.select(a.said).where(a.merged_id == merged_id)).scalar_one())
        base = rows.get(kept_id)
        if base is None:
            stored = found(
                connection, sa.select(*(customer[name] for name in frame.columns)).where(customer.id == kept_id)
            )
            if not stored:
                continue
            base = {str(name): value for name, value in stored[0].items()}
        rows[kept_id] = news(base, before, row)
        said = json.dumps({**before, **row}, ensure_ascii=False)
        connection.execute(sa.update(customer_alias).where(a.merged_id == merged_id).values(said=said))
    return pl.DataFrame(list(rows.values()), schema=frame.schema, orient="row")


def news(base: Mapping[str, Any], before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """A customer with what is new of what is said under another id of theirs; ids, kinds and accounts stay.

    >>> base = {"id": "a", "name": "A", "email": None, "attributes": '{"x": "1"}'}
    >>> before = {"id": "b", "name": "B", "email": None, "attributes": '{"y": "2"}'}
    >>> news(base, before, before | {"email": "b@x.example", "attributes": '{"y": "2", "x": "5"}'})
    {'id': 'a', 'name': 'A', 'email': 'b@x.example', 'attributes': '{"x": "5"}'}
    """
    told = dict(base)
    for name, value in now.items():
        if name in {"id", "kind", "parent_id", "created_at", _OBJECT} or value is None or value == before.get(name):
            continue
        told[name] = value
    ours, were, said = (_object(each.get(_OBJECT)) for each in (base, before, now))
    fresh = {name: value for name, value in said.items() if were.get(name) != value}
    if fresh:
        told[_OBJECT] = json.dumps(ours | fresh, ensure_ascii=False, sort_keys=True)
    return told


def _object(text_: object) -> dict[str, Any]:
    told = json.loads(str(text_)) if text_ else {}
    return told if isinstance(told, dict) else {}
