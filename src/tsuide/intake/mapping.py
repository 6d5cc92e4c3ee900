"""Which column is which field: guessed from names, shown for confirmation, overridden by `--map`."""

from collections.abc import Mapping as Dictionary
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from tsuide.errors import BadColumns
from tsuide.intake.attributes import may_be_kept
from tsuide.intake.crm import Layout, layout_of
from tsuide.intake.fields import FIELDS, KINDS, ONE_OF, Field, plain

_SAMPLES: Final = 3
_SHOWN: Final = 40
_KEEPING: Final = frozenset({"products", "customers", "events"})  # kinds whose further columns become attributes
# where a file shows an order's shipping or total, these stand for the order too, not for its lines
_SHOWS_TOTALS: Final = frozenset(
    map(plain, ["送料", "合計", "お支払い合計", "注文合計", "合計金額", "請求金額", "shipping"])
)
_OF_WHOLE_ORDERS: Final = frozenset(
    map(plain, ["小計", "金額", "値引", "値引き", "値引額", "値引き額", "割引", "割引額"])
)


@dataclass(frozen=True, slots=True)
class Choice:
    """One field and the column that it is read from.

    Args:
        field: the field's name.
        column: the column of the file.
        reason: ``given`` (by --map), ``name`` (the column has an accepted name), ``best`` (several have, this
            one's name is the most specific) or ``tie`` (several have, and nothing tells them apart).
        others: the columns that would have answered to it too.
        samples: its first values.
    """

    field: str
    column: str
    reason: str
    others: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mapping:
    """How a table is read.

    Args:
        kind: of the table.
        choices: the fields that were found.
        unused: columns that no field is read from.
        layout: of a CRM's export; then its columns are read as that CRM means them.
    """

    kind: str
    choices: tuple[Choice, ...]
    unused: tuple[str, ...] = ()
    layout: Layout | None = None

    @property
    def columns(self) -> dict[str, str]:
        """Field → column."""
        return {choice.field: choice.column for choice in self.choices}

    @property
    def attributes(self) -> tuple[str, ...]:
        """Unused columns that are kept as attributes under their own names (of events, as properties)."""
        return tuple(may_be_kept(self.unused)) if self.kind in _KEEPING else ()

    @property
    def left_out(self) -> tuple[str, ...]:
        """Columns of which nothing is kept."""
        kept = set(self.attributes)
        return tuple(column for column in self.unused if column not in kept)

    @property
    def ambiguous(self) -> tuple[Choice, ...]:
        """The choices among columns that nothing tells apart: a person must say which."""
        return tuple(choice for choice in self.choices if choice.reason == "tie")

    @property
    def missing(self) -> tuple[str, ...]:
        """The fields without which the table cannot be read; alternatives joined by ``or``."""
        found = self.columns
        needed = [field.name for field in FIELDS[self.kind] if field.needed and field.name not in found]
        alternatives = [names for names in ONE_OF[self.kind] if not any(name in found for name in names)]
        return (*needed, *(" or ".join(names) for names in alternatives))


def guess_kind(columns: Sequence[str]) -> str:
    """The kind of table that these columns make.

    Raises:
        BadColumns: no kind has all that it needs, or two fit equally well.

    >>> guess_kind(["注文番号", "注文日時", "会員ID", "商品コード", "数量", "単価"])
    'orders'
    """
    fitting = []
    for kind in KINDS:
        mapping = guess_mapping(kind, columns)
        if not mapping.missing:
            specific = sum(field.needed for field in FIELDS[kind])
            fitting.append((len(mapping.choices) / max(len(columns), 1), specific, len(mapping.choices), kind))
    fitting.sort(reverse=True)
    if layout_of(columns) is not None and "orders" not in {each[3] for each in fitting}:
        return "customers"
    if not fitting or (len(fitting) > 1 and fitting[0][:3] == fitting[1][:3]):
        raise BadColumns(
            "it cannot be told what kind of table this is",
            key="columns",
            value=list(columns),
            way_out=f"name it: --kind {'|'.join(KINDS)}",
        )
    return fitting[0][3]


def guess_mapping(
    kind: str,
    columns: Sequence[str],
    sample: pl.DataFrame | None = None,
    given: Dictionary[str, str] | None = None,
) -> Mapping:
    """Which column each field is read from.

    Args:
        kind: one of KINDS.
        columns: the file's, in order.
        sample: first rows, whose values are shown beside the choices; a column without any value gives way.
        given: field → column, as a person said.

    Raises:
        BadColumns: an unknown kind, field or column.

    >>> guess_mapping("orders", ["Name", "Created at", "Lineitem sku"]).columns
    {'order_id': 'Name', 'placed_at': 'Created at', 'product_id': 'Lineitem sku'}
    """
    fields = _fields(kind)
    wanted = dict(given or {})
    _check_given(kind, wanted, columns)
    layout = layout_of(columns) if kind == "customers" else None
    if layout is not None:
        return _as_laid_out(layout, columns, sample, wanted)
    names = {column: plain(column) for column in columns}
    empty = set() if sample is None else {name for name in sample.columns if sample[name].is_null().all()}
    taken = set(wanted.values())
    choices = []
    for field in fields:
        if field.name in wanted:
            choices.append(Choice(field.name, wanted[field.name], "given", (), _samples(sample, wanted[field.name])))
            continue
        free = [column for column in columns if column not in taken]
        found = _answering(field, free, names, empty)
        if found:
            taken.add(found[0])
            reason = _reason(found, names, empty)
            choices.append(Choice(field.name, found[0], reason, tuple(found[1:]), _samples(sample, found[0])))
    return Mapping(kind, tuple(choices), tuple(column for column in columns if column not in taken))


def _as_laid_out(
    layout: Layout, columns: Sequence[str], sample: pl.DataFrame | None, given: Dictionary[str, str]
) -> Mapping:
    """A CRM's export by its own columns; what a person said goes before."""
    known = {field: column for field, column in layout.columns(columns).items() if column not in given.values()} | dict(
        given
    )
    choices = tuple(
        Choice(
            field.name,
            known[field.name],
            "given" if field.name in given else "name",
            (),
            _samples(sample, known[field.name]),
        )
        for field in FIELDS["customers"]
        if field.name in known
    )
    unused = tuple(column for column in columns if column not in known.values())
    return Mapping("customers", choices, unused, layout)


def checked(mapping: Mapping) -> Mapping:
    """The mapping, if the table can be read with it.

    Raises:
        BadColumns: a needed field has no column.
    """
    if mapping.missing:
        raise BadColumns(
            f"no column for {', '.join(mapping.missing)}",
            key="columns",
            value=[*mapping.columns.values(), *mapping.unused],
            way_out=f"say which it is: --map {mapping.missing[0].split(' or ')[0]}=COLUMN",
        )
    return mapping


def parse_given(pairs: Sequence[str]) -> dict[str, str]:
    """What ``--map field=column`` says.

    Raises:
        BadColumns: not of that form, or one field twice.

    >>> parse_given(["order_id=伝票 No", "quantity=個"])
    {'order_id': '伝票 No', 'quantity': '個'}
    """
    given: dict[str, str] = {}
    for pair in pairs:
        field, equals, column = pair.partition("=")
        if not equals or not field.strip() or not column.strip() or field.strip() in given:
            raise BadColumns("not of the form field=column", key="--map", value=pair, way_out="--map order_id=Name")
        given[field.strip()] = column.strip()
    return given


def _fields(kind: str) -> tuple[Field, ...]:
    if kind not in FIELDS:
        raise BadColumns("no such kind of table", key="kind", value=kind, way_out=f"use one of {', '.join(KINDS)}")
    return FIELDS[kind]


def _check_given(kind: str, given: dict[str, str], columns: Sequence[str]) -> None:
    names = [field.name for field in FIELDS[kind]]
    for field, column in given.items():
        if field not in names:
            way_out = f"the fields of {kind} are {', '.join(names)}"
            raise BadColumns(f"{kind} have no such field", key="--map", value=field, way_out=way_out)
        if column not in columns:
            way_out = f"the file has {', '.join(columns)}"
            raise BadColumns("the file has no such column", key=f"--map {field}", value=column, way_out=way_out)


def _answering(field: Field, free: list[str], names: Dictionary[str, str], empty: set[str]) -> list[str]:
    """The columns whose name the field accepts, those with values and with the better names first."""
    rank = {name: place for place, name in enumerate(field.accepted)}
    whole = _OF_WHOLE_ORDERS if _SHOWS_TOTALS & set(names.values()) else frozenset()
    found = [column for column in free if names[column] in rank and names[column] not in whole]
    return sorted(found, key=lambda column: (column in empty, rank[names[column]], free.index(column)))


def _reason(found: list[str], names: Dictionary[str, str], empty: set[str]) -> str:
    if len(found) == 1:
        return "name"
    first, second = found[:2]
    same = names[first] == names[second] and (first in empty) == (second in empty)
    return "tie" if same else "best"


def _samples(sample: pl.DataFrame | None, column: str) -> tuple[str, ...]:
    if sample is None or column not in sample.columns:
        return ()
    values = sample[column].drop_nulls().head(_SAMPLES).cast(pl.String, strict=False).to_list()
    return tuple(str(value)[:_SHOWN] for value in values)
