"""Rows on their way into the journal, and out of the tables that it fills."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tsuide.errors import BadValue
from tsuide.store.schema import metadata

Value: TypeAlias = str | int | None
Found: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One row to append.

    Args:
        table: name of a table of the schema.
        values: by column; a column that is left out is null. Times in microseconds, JSON as text.

    Raises:
        BadValue: no such table or column.

    >>> Row("decision", {"id": "d1", "colour": "red"})
    Traceback (most recent call last):
    tsuide.errors.BadValue: no such column in decision: column = 'colour'
    """

    table: str
    values: Mapping[str, Value]

    def __post_init__(self) -> None:
        known = _names(self.table)
        if not self.values.keys() <= known:
            name = next(each for each in self.values if each not in known)
            raise BadValue(f"no such column in {self.table}", key="column", value=name)


@cache
def _names(table: str) -> frozenset[str]:
    """The columns of a table; asked for every row."""
    found_table = metadata.tables.get(table)
    if found_table is None:
        raise BadValue("no such table", key="table", value=table)
    return frozenset(found_table.columns.keys())


def found(connection: sa.Connection, query: sa.Select[Any], values: Mapping[str, Any] | None = None) -> list[Found]:
    """The rows of a query, each by column name; `values` of its parameters, by name."""
    return [dict(row) for row in connection.execute(query, values or {}).mappings()]


def insert_into(connection: sa.Connection, table: sa.Table) -> Any:  # noqa: ANN401 - each engine's own INSERT
    """An INSERT that may meet what is there already (`on_conflict_do_nothing`, `on_conflict_do_update`)."""
    return (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)


def columns_of(table: sa.Table, but: Sequence[str] = ()) -> list[sa.Column[Any]]:
    """The table's own columns, without computed ones and those in `but`."""
    return [c for c in table.columns if c.computed is None and c.name not in but]
