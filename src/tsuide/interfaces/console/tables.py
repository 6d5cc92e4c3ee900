"""Tables of a page: plain rows that are shown, sorted by a click, and taken home as CSV."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Literal, TypeAlias

from starlette.responses import Response

from tsuide.app.importing import safe_cell
from tsuide.interfaces.console.visit import Visit
from tsuide.kit.money import Money

Kind: TypeAlias = Literal["text", "number", "decimal", "share", "money", "moment", "day", "mark", "lines"]
FIGURES: Final = frozenset({"number", "decimal", "share", "money"})


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Args:
        key: of the rows' values, and in CSV the head.
        label: key of a phrase; None = `key`.
        kind: how values are written: ``mark`` is a phrase's key with a colour of its own, ``lines`` several texts.
        help: key of the phrase that defines the figure.
        href: row → where the value leads; None for none.
        currency: of money: the key of its currency in the row, or the currency itself.
        sortable: whether a click sorts by it.

    Raises:
        AssertionError: a figure without its definition: none is shown that way.
    """

    key: str
    label: str | None = None
    kind: Kind = "text"
    help: str | None = None
    href: Callable[[Mapping[str, Any]], str | None] | None = None
    currency: str = "currency"
    sortable: bool = True

    def __post_init__(self) -> None:
        if self.kind in FIGURES and self.help is None:
            raise AssertionError(f"{self.key}: a figure needs its definition (phrases/definitions.py)")


@dataclass(frozen=True, slots=True)
class Action:
    """A button in each row.

    Args:
        label: key of a phrase.
        path: where it sends the fields; within the console.
        fields: row → what is sent; None = no button in this row.
        danger: whether it takes something away.
    """

    label: str
    path: str
    fields: Callable[[Mapping[str, Any]], Mapping[str, Any] | None]
    danger: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a page.

    Args:
        name: within the page; in addresses, too.
        columns: of it.
        rows: plain values by key; sorted here if the address says so.
        actions: buttons of each row, for those who may change something.
        caption: key of a phrase.
        empty: key of the phrase where there are no rows: what to do next.
        more: where the next rows are; None = these are all.
        title_key: of the column that names a row; default the first.
    """

    name: str
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Any]]
    actions: Sequence[Action] = ()
    caption: str | None = None
    empty: str = "nothing_here"
    more: str | None = None
    title_key: str | None = None
    everything: Callable[[], Sequence[Mapping[str, Any]]] | None = field(default=None, repr=False)

    @property
    def named(self) -> str:
        """The column that names a row."""
        return self.title_key or self.columns[0].key

    def sorted_by(self, wanted: str) -> Sequence[Mapping[str, Any]]:
        """Its rows by a column (``-key``: downward); as they are where that is no column. What is missing comes last.

        >>> table = Table("t", [Column("n")], [{"n": 2}, {"n": None}, {"n": 3}])
        >>> [row["n"] for row in table.sorted_by("-n")]
        [3, 2, None]
        """
        key, down = wanted.removeprefix("-"), wanted.startswith("-")
        if key not in {column.key for column in self.columns if column.sortable}:
            return self.rows
        there = [row for row in self.rows if row.get(key) is not None]
        return sorted(there, key=lambda row: _order(row[key]), reverse=down) + [
            row for row in self.rows if row.get(key) is None
        ]


_SORT: Final = "sort"


def _order(value: Any) -> Any:  # noqa: ANN401 - any value of a cell
    if isinstance(value, Money):
        return (value.currency, value.amount)
    return str(value).casefold() if isinstance(value, (str, list, tuple)) else value


def sort_of(visit: Visit, table: Table) -> str:
    """By what the address wants a table sorted."""
    return visit.asked(f"{_SORT}.{table.name}")


def csv_of(table: Table, name: str) -> Response:
    """A table as CSV for every spreadsheet: UTF-8 with its mark, and no cell that is a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([column.key for column in table.columns])
    for row in table.rows if table.everything is None else table.everything():
        writer.writerow([_cell(row.get(column.key)) for column in table.columns])
    headers = {"Content-Disposition": f'attachment; filename="{name}-{table.name}.csv"', "Cache-Control": "no-store"}
    return Response("\ufeff" + out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _cell(value: Any) -> str:  # noqa: ANN401 - any value of a cell
    match value:
        case None:
            return ""
        case bool() | int() | float():
            return str(value)
        case datetime() | date():
            return value.isoformat()
        case Money():
            return str(value.amount)
        case list() | tuple():
            return safe_cell("; ".join(str(each) for each in value))
        case _:
            return safe_cell(str(value))
