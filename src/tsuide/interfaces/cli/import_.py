"""`tsuide import FILE`: a table of orders, products, customers … into the shop."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.markup import escape
from rich.prompt import Confirm
from rich.table import Table

from tsuide.app.importing import ImportReport, Read, import_file, read_file, unambiguous
from tsuide.app.wiring import held_settings, opened
from tsuide.config import Settings, load_settings
from tsuide.errors import BadSetting
from tsuide.intake.fields import KINDS
from tsuide.intake.mapping import checked, parse_given
from tsuide.intake.settings import IntakeSettings
from tsuide.interfaces.cli.terminal import Json, emit, err, errors_shown, progress
from tsuide.kit.phrases import Phrases

_PHRASES: Final = Phrases(
    {
        "title": {"ja": "{file}: {kind}、{rows} 行", "en": "{file}: {kind}, {rows} rows"},
        "field": {"ja": "項目", "en": "field"},
        "column": {"ja": "列", "en": "column"},
        "why": {"ja": "根拠", "en": "why"},
        "samples": {"ja": "値の例", "en": "samples"},
        "given": {"ja": "指定", "en": "given"},
        "name": {"ja": "列名", "en": "its name"},
        "best": {"ja": "{others} より優先", "en": "rather than {others}"},
        "tie": {"ja": "{others} と区別できません", "en": "cannot be told from {others}"},
        "attributes": {"ja": "属性として残す列: {columns}", "en": "columns kept as attributes: {columns}"},
        "left_out": {"ja": "使わない列: {columns}", "en": "columns not used: {columns}"},
        "ask": {"ja": "この対応で取り込みますか", "en": "Import with this mapping?"},
        "kept": {"ja": "取り込んだ行", "en": "rows kept"},
        "rejected": {"ja": "取り込めなかった行", "en": "rows rejected"},
        "rejects": {"ja": "その一覧", "en": "listed in"},
        "inserted": {"ja": "新規", "en": "new"},
        "updated": {"ja": "更新", "en": "changed"},
        "unchanged": {"ja": "変更なし", "en": "unchanged"},
        "dry_run": {"ja": "試し: 何も書き込んでいません", "en": "dry run: nothing was written"},
        "unlinked": {
            "ja": "所属する取引先が見つからない、または同名が複数ある行が {many} 件あります。"
            "取引先を取り込んでから、もう一度取り込んでください",
            "en": "{many} rows name an account that is not known, or that several are called: import the accounts, "
            "then this file again",
        },
        "unknown": {
            "ja": "カタログにない商品が {many} 件: {ids}。商品を取り込むか --with-products を付けてください",
            "en": "{many} products are not in the catalogue: {ids}. Import products, or add --with-products",
        },
    }
)


def import_table(
    file: Annotated[Path, typer.Argument(help="CSV (any delimiter and encoding) or Parquet.")],
    kind: Annotated[str | None, typer.Option(help=f"One of {', '.join(KINDS)}; told from the columns.")] = None,
    given: Annotated[list[str] | None, typer.Option("--map", help="field=column; repeat it.")] = None,
    encoding: Annotated[str | None, typer.Option(help="utf-8, cp932 or utf-16; told from the bytes.")] = None,
    delimiter: Annotated[str | None, typer.Option(help="Of a CSV; told from its first lines.")] = None,
    currency: Annotated[str | None, typer.Option(help="ISO 4217, where the file has no such column.")] = None,
    zone: Annotated[str | None, typer.Option(help="IANA time zone of times without an offset.")] = None,
    day_first: Annotated[bool | None, typer.Option("--day-first/--month-first", help="How to read 3/4/2017.")] = None,
    rejects: Annotated[Path | None, typer.Option(help="CSV of what was not kept; FILE.rejects.csv.")] = None,
    home: Annotated[Path | None, typer.Option(help="The shop's folder.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done.")] = False,
    with_products: Annotated[
        bool, typer.Option("--with-products", help="Take unknown products from the order file.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Import a table; importing the same file twice changes nothing."""
    with errors_shown(as_json=as_json):
        settings = held_settings(load_settings(home=home))
        read = read_file(file, kind, parse_given(given or []), encoding=encoding, delimiter=delimiter)
        _confirm(read, settings.language, ask=not (yes or as_json or dry_run))
        how = _intake_settings(settings, currency, zone, day_first=day_first)
        place = rejects or file.with_name(f"{file.name}.rejects.csv")
        with opened(settings) as shop, progress() as shown:
            task = shown.add_task(file.name, total=3)
            report = import_file(
                shop.store.facts,
                read,
                how,
                dry_run=dry_run,
                rejects_path=place,
                with_products=with_products,
                progress=lambda what, done, steps: shown.update(task, description=what, completed=done, total=steps),
            )
        emit(report.to_json(), lambda: _report_table(report, settings.language), as_json=as_json)
        if not as_json and report.unlinked:
            err.print(_PHRASES.text("unlinked", settings.language, many=report.unlinked), style="yellow", markup=False)
        if not as_json and report.unknown_products:
            ids = ", ".join(report.unknown_examples[:5])
            text = _PHRASES.text("unknown", settings.language, many=report.unknown_products, ids=ids)
            err.print(text, style="yellow", markup=False)


def _intake_settings(
    settings: Settings, currency: str | None, zone: str | None, *, day_first: bool | None
) -> IntakeSettings:
    return IntakeSettings(
        now=datetime.now(UTC),
        currency=currency or settings.currency,
        zone=zone or settings.time_zone,
        day_first=day_first,
        language=settings.language,
    )


def _confirm(read: Read, language: str, *, ask: bool) -> None:
    """Show the mapping; ask where somebody can answer, else go on only where nothing needs an answer.

    Raises:
        BadColumns: a field is missing or ambiguous.
        BadSetting: the person said no.
    """
    err.print(_mapping_table(read, language))
    for code, columns in (("attributes", read.mapping.attributes), ("left_out", read.mapping.left_out)):
        if columns:
            err.print(_PHRASES.text(code, language, columns=", ".join(columns)), style="dim", markup=False)
    checked(read.mapping)
    if not ask or not err.is_terminal:
        unambiguous(read.mapping)
    elif not Confirm.ask(_PHRASES.text("ask", language), console=err, default=not read.mapping.ambiguous):
        raise BadSetting("nothing was imported", key="mapping", way_out="say what is what: --map field=COLUMN")


def _mapping_table(read: Read, language: str) -> Table:
    title = _PHRASES.text("title", language, file=read.table.name, kind=read.mapping.kind, rows=read.table.rows)
    table = Table(title=escape(title))
    for key in ("field", "column", "why", "samples"):
        table.add_column(_PHRASES.text(key, language))
    for choice in read.mapping.choices:
        why = _PHRASES.text(choice.reason, language, others=", ".join(choice.others))
        table.add_row(choice.field, escape(choice.column), escape(why), escape(" | ".join(choice.samples)))
    return table


def _report_table(report: ImportReport, language: str) -> Table:
    table = Table(title=escape(f"{report.file}: {report.kind}"), show_header=False)
    table.add_row(_PHRASES.text("kept", language), f"{report.kept:,}")
    table.add_row(_PHRASES.text("rejected", language), f"{report.rejected:,}")
    if report.rejects:
        table.add_row(_PHRASES.text("rejects", language), escape(report.rejects))
    if report.dry_run:
        table.add_row("", _PHRASES.text("dry_run", language))
    for name, counts in report.written.items():
        told = ", ".join(f"{_PHRASES.text(key, language)} {many:,}" for key, many in counts.items())
        table.add_row(name, told)
    return table
