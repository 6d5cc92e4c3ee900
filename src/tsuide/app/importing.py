"""Files → facts → store, with a report of what was kept and a file of what was not.

Lines of products that the catalogue does not have are kept: the sale happened. Their ids are listed, because such a
product can be learned from and cannot be offered until it is imported; with `with_products` the names, categories and
prices that the order file itself carries become products of the catalogue.
"""

import csv
import json
from collections.abc import Callable
from collections.abc import Mapping as Dictionary
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

import polars as pl

from tsuide.app.laying_over import customers_over_known, products_over_known
from tsuide.app.taking_back import Kept
from tsuide.errors import BadColumns, BadFile
from tsuide.intake import complete_journey
from tsuide.intake.convert import Intake, to_facts
from tsuide.intake.mapping import Mapping, guess_kind, guess_mapping
from tsuide.intake.settings import IntakeSettings
from tsuide.intake.tables import Table, read_table
from tsuide.kit.names import company_key

_SAMPLE: Final = 200  # first rows from which empty columns and samples are told
_LISTED: Final = 20  # unknown ids that a report names
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


class Written(Protocol):
    """What a write did."""

    @property
    def inserted(self) -> int:
        """Rows whose identity was new."""
        ...

    @property
    def updated(self) -> int:
        """Rows that differed from what was there."""
        ...

    @property
    def unchanged(self) -> int:
        """Rows that were there already."""
        ...


class FactsPort(Protocol):
    """Where facts go; `tsuide.store.facts.Facts` is one."""

    def write_products(self, frame: pl.DataFrame) -> Written:
        """Write PRODUCTS."""
        ...

    def write_relations(self, frame: pl.DataFrame) -> Written:
        """Write RELATIONS."""
        ...

    def write_customers(self, frame: pl.DataFrame) -> Written:
        """Write CUSTOMERS."""
        ...

    def write_consents(self, frame: pl.DataFrame) -> Written:
        """Write CONSENTS."""
        ...

    def write_orders(self, orders: pl.DataFrame, lines: pl.DataFrame) -> Written:
        """Write ORDERS and ORDER_LINES."""
        ...

    def write_events(self, frame: pl.DataFrame) -> Written:
        """Write EVENTS."""
        ...

    def write_reviews(self, frame: pl.DataFrame) -> Written:
        """Write REVIEWS."""
        ...

    def write_interactions(self, frame: pl.DataFrame) -> Written:
        """Write INTERACTIONS."""
        ...

    def customers(self) -> pl.DataFrame:
        """All customers, as CUSTOMERS."""
        ...

    def products(self) -> pl.DataFrame:
        """The catalogue, as PRODUCTS."""
        ...


@dataclass(frozen=True, slots=True)
class Read:
    """A file that was read and mapped, before anything of it is converted.

    Args:
        table: its rows.
        mapping: how its columns are understood.
    """

    table: Table
    mapping: Mapping


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did.

    Args:
        file: its name.
        kind: of the table.
        rows: of the file.
        kept: rows that became facts.
        rejected: rows that did not.
        written: by kind of fact: inserted, updated, unchanged; empty after a dry run.
        mapping: field → column.
        encoding: of a CSV.
        delimiter: of a CSV.
        rejects: the file of rejects; None where nothing was rejected.
        reasons: rejected rows by reason.
        unknown_products: how many product ids of the orders the catalogue does not have.
        unknown_examples: the first of them.
        unlinked: customers whose account is named, and by that name known to nobody, or to several.
        dry_run: nothing was written.
    """

    file: str
    kind: str
    rows: int
    kept: int
    rejected: int
    written: Dictionary[str, Dictionary[str, int]]
    mapping: Dictionary[str, str]
    encoding: str | None = None
    delimiter: str | None = None
    rejects: str | None = None
    reasons: Dictionary[str, int] | None = None
    unknown_products: int = 0
    unknown_examples: tuple[str, ...] = ()
    unlinked: int = 0
    dry_run: bool = False

    def to_json(self) -> dict[str, Any]:
        """The report as plain data."""
        return asdict(self)


Progress = Callable[[str, int, int], None]
"""Called with what is being done, steps done and steps in all."""


def _silent(_what: str, _done: int, _all: int) -> None:
    """No progress shown."""


def read_file(
    path: Path,
    kind: str | None = None,
    given: Dictionary[str, str] | None = None,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> Read:
    """Read a file and guess how its columns are meant.

    Raises:
        BadFile: it cannot be read.
        BadColumns: its kind cannot be told, or `given` names what is not there.
    """
    table = read_table(path, encoding=encoding, delimiter=delimiter)
    columns = table.frame.columns
    sample = table.frame.head(_SAMPLE)
    return Read(table, guess_mapping(kind or guess_kind(columns), columns, sample, given))


def unambiguous(mapping: Mapping) -> Mapping:
    """The mapping, if nobody needs to be asked about it.

    Raises:
        BadColumns: two columns answer equally well to one field.
    """
    for choice in mapping.ambiguous:
        raise BadColumns(
            f"two columns for {choice.field}",
            key="columns",
            value=[choice.column, *choice.others],
            way_out=f"say which it is: --map {choice.field}=COLUMN",
        )
    return mapping


def import_file(
    facts: FactsPort,
    read: Read,
    settings: IntakeSettings,
    *,
    dry_run: bool = False,
    rejects_path: Path | None = None,
    with_products: bool = False,
    progress: Progress = _silent,
    kept: Kept | None = None,
) -> ImportReport:
    """Convert a file that was read, and write it.

    Args:
        facts: where the facts go.
        read: from `read_file`, its mapping confirmed.
        settings: what the file leaves open.
        dry_run: convert and report, and write nothing but the rejects.
        rejects_path: the CSV of rejects; written only where something was rejected.
        with_products: take products that the catalogue does not have from the order file itself.
        progress: called at each step.
        kept: keeps what the import changes, so that it can be taken back; None = nothing does.

    Raises:
        BadColumns: a needed field has no column, no currency is known, or dates can be read in two ways.
        BadFile: the rejects cannot be written.
    """
    progress("reading rows", 0, 3)
    intake = to_facts(read.mapping.kind, read.table, read.mapping, settings)
    progress("writing rejects", 1, 3)
    rejects = _write_rejects(intake, rejects_path)
    unknown: list[str] = []
    frames = dict(intake.frames)
    if intake.kind == "orders":
        unknown = _unknown(frames["order_lines"], facts.products())
        named = frames.pop("products", None)
        if with_products and named is not None:
            frames["products"] = named.filter(pl.col("id").is_in(unknown))
            unknown = []
    if intake.kind == "products":
        frames["products"] = products_over_known(frames["products"], read.mapping, facts.products)
    unlinked = 0
    if "customers" in frames:
        told = customers_over_known(frames["customers"], read.mapping, facts.customers)
        frames["customers"], unlinked = with_accounts(told, facts.customers)
    progress("writing facts", 2, 3)
    written = {} if dry_run else _write_kept(facts, frames, kept)
    progress("done", 3, 3)
    return ImportReport(
        file=read.table.name,
        kind=intake.kind,
        rows=intake.rows,
        kept=intake.kept,
        rejected=intake.rejects.height,
        written=written,
        mapping=read.mapping.columns,
        encoding=read.table.encoding,
        delimiter=read.table.delimiter,
        rejects=rejects,
        reasons=_reasons(intake),
        unknown_products=len(unknown),
        unknown_examples=tuple(unknown[:_LISTED]),
        unlinked=unlinked,
        dry_run=dry_run,
    )


def import_complete_journey(
    facts: FactsPort, *, progress: Progress = _silent, folder: Path | None = None, until: datetime | None = None
) -> ImportReport:
    """Write the demo's data.

    Args:
        facts: where they go.
        progress: called at each step.
        folder: files of the same shape instead of the installed package's.
        until: move every order forward by the same whole weeks, so that the last one lies in the week before this
            moment: what is due, and when it is time, is reckoned from now. None = as it was.

    Raises:
        MissingExtra: its package is not installed.
        BadFile: a file is missing or damaged.
    """
    progress("reading the demo's data", 0, 4)
    data = complete_journey.load(folder)
    progress("writing products", 1, 4)
    written = {"products": _counts(facts.write_products(data.products))}
    progress("writing customers", 2, 4)
    written["customers"] = _counts(facts.write_customers(data.customers))
    progress("writing orders", 3, 4)
    written["orders"] = _counts(facts.write_orders(moved_on(data.orders, until), data.lines))
    progress("done", 4, 4)
    rows = data.lines.height
    return ImportReport(complete_journey.PACKAGE, "orders", rows, rows, 0, written, {})


def moved_on(orders: pl.DataFrame, until: datetime | None) -> pl.DataFrame:
    """Orders moved forward by whole weeks, the last in the week before `until`; weekdays and gaps stay.

    >>> from datetime import UTC
    >>> orders = pl.DataFrame({"placed_at": [datetime(2018, 1, 1, 4, tzinfo=UTC)]})
    >>> moved_on(orders, datetime(2026, 11, 22, tzinfo=UTC))["placed_at"].to_list()
    [datetime.datetime(2026, 11, 16, 4, 0, tzinfo=zoneinfo.ZoneInfo(key='UTC'))]
    """
    last = orders["placed_at"].max()
    if until is None or not isinstance(last, datetime) or last >= until:
        return orders
    return orders.with_columns(pl.col("placed_at") + (until - last) // _WEEK * _WEEK)


_WEEK: Final = timedelta(days=7)


def with_accounts(customers: pl.DataFrame, known: Callable[[], pl.DataFrame]) -> tuple[pl.DataFrame, int]:
    """Customers put below the account that their attribute ``account`` names, and how many name one that is not known.

    A company of the same file goes before one that is known; a name that two companies have links nobody.

    Args:
        customers: frame of CUSTOMERS.
        known: reads all customers; asked only where an account is named.
    """
    named = [_account(text) for text in customers["attributes"].to_list()]
    wanted = [name if above is None else None for name, above in zip(named, customers["parent_id"], strict=True)]
    if not any(wanted):
        return customers, 0
    ids = _companies(known()) | _companies(customers)
    above: list[str | None] = []
    unlinked = 0
    for own, name, given in zip(customers["id"], wanted, customers["parent_id"], strict=True):
        found = ids.get(company_key(name)) if name else None
        linked = found if found != own else None
        unlinked += bool(name) and linked is None
        above.append(linked if name else given)
    return customers.with_columns(pl.Series("parent_id", above, dtype=pl.String)), unlinked


def _companies(customers: pl.DataFrame) -> dict[str, str | None]:
    """Company's name, folded → its id; None where several have it."""
    ids: dict[str, str | None] = {}
    for own, name in (
        customers.filter(pl.col("kind") == "company", pl.col("name").is_not_null()).select("id", "name").rows()
    ):
        key = company_key(name)
        ids[key] = own if ids.get(key, own) == own else None
    return ids


def _account(attributes: str | None) -> str | None:
    return (
        str(json.loads(attributes).get("account") or "") or None if attributes and '"account"' in attributes else None
    )


def _unknown(lines: pl.DataFrame, products: pl.DataFrame) -> list[str]:
    sold = lines.select(pl.col("product_id").unique(maintain_order=True))
    return sold.join(products, left_on="product_id", right_on="id", how="anti")["product_id"].sort().to_list()


def _write_kept(
    facts: FactsPort, frames: Dictionary[str, pl.DataFrame], kept: Kept | None
) -> dict[str, dict[str, int]]:
    if kept is None:
        return _write(facts, frames)
    kept.before(frames)
    written = _write(facts, frames)
    kept.after(frames)
    return written


def _write(facts: FactsPort, frames: Dictionary[str, pl.DataFrame]) -> dict[str, dict[str, int]]:
    """Products first, then what speaks of them."""
    writers = {
        "products": facts.write_products,
        "relations": facts.write_relations,
        "customers": facts.write_customers,
        "consents": facts.write_consents,
        "events": facts.write_events,
        "reviews": facts.write_reviews,
        "interactions": facts.write_interactions,
    }
    written = {name: _counts(write(frames[name])) for name, write in writers.items() if name in frames}
    if "orders" in frames:
        written["orders"] = _counts(facts.write_orders(frames["orders"], frames["order_lines"]))
    return written


def _counts(written: Written) -> dict[str, int]:
    return {"inserted": written.inserted, "updated": written.updated, "unchanged": written.unchanged}


def _reasons(intake: Intake) -> dict[str, int]:
    counted = intake.rejects.group_by("code").len().sort(["len", "code"], descending=[True, False])
    return {str(code): int(count) for code, count in counted.iter_rows()}


def _write_rejects(intake: Intake, path: Path | None) -> str | None:
    if path is None or not intake.rejects.height:
        return None
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as file:  # the mark lets Excel read it
            writer = csv.writer(file)
            writer.writerow(["line", "column", "value", "reason"])
            for line, column, value, _code, reason in intake.rejects.iter_rows():
                writer.writerow([line, safe_cell(column), safe_cell(value), safe_cell(reason)])
    except OSError as exc:
        raise BadFile(
            "the rejects cannot be written",
            key="--rejects",
            value=str(path),
            way_out="name a file in a folder that exists and can be written",
        ) from exc
    return str(path)


def safe_cell(text: str | None) -> str:
    """A cell that no spreadsheet takes for a formula.

    >>> safe_cell("=HYPERLINK(1)"), safe_cell("12")
    ("'=HYPERLINK(1)", '12')
    """
    if text is None:
        return ""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
