"""`tsuide export …`: what was learned, and who the customers are, as files for other systems."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from tsuide.app.deciding import Decider
from tsuide.app.exporting import FORMATS, Format, Summary, export_related, write_whole
from tsuide.app.exporting_customers import export_customers
from tsuide.app.related import MOST
from tsuide.app.wiring import Shop, opened
from tsuide.config import load_settings
from tsuide.errors import BadSetting, Unavailable
from tsuide.interfaces.cli.options import Database, Home, entropy, now
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown, out, progress

export = typer.Typer(no_args_is_help=True, help="Write what was learned, or the customers, for other systems.")


@export.callback()
def _group() -> None:
    """Write what was learned, or the customers, for other systems."""


@export.command("related")
def related(
    form: Annotated[str, typer.Option("--format", help=f"One of {', '.join(FORMATS)}.")] = "csv",
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The file; without it, stdout.")] = None,
    most: Annotated[int, typer.Option("--most", min=1, max=MOST, help="Related products of one product.")] = MOST,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Related products that the policy allows: for Google Merchant, WooCommerce, Shopify, or any table."""
    with errors_shown(as_json=as_json):
        if form not in FORMATS:
            raise BadSetting("not a format", key="--format", value=form, way_out=f"use {', '.join(FORMATS)}")
        if output is None and as_json:
            raise BadSetting("stdout takes the file or the summary", key="--json", way_out="name a file with -o FILE")
        with opened(load_settings(home=home, database_url=database_url)) as shop, progress() as shown:
            task = shown.add_task("judging products", total=None)
            text, summary = asyncio.run(
                _export(shop, form, most, lambda n: shown.update(task, total=n), lambda: shown.advance(task))
            )
        if output is None:
            out.file.write(text)
            return
        try:
            write_whole(output, text)
        except OSError as exc:
            raise Unavailable("the file cannot be written", key="--output", value=str(output)) from exc
        result = as_dict(form, output, summary)
        emit(result, lambda: _table(result), as_json=as_json)


@export.command("customers")
def customers(
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The file; without it, stdout.")] = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Everybody as CSV, each attribute a column; `tsuide import` reads it again."""
    with errors_shown(as_json=as_json):
        if output is None and as_json:
            raise BadSetting("stdout takes the file or the summary", key="--json", way_out="name a file with -o FILE")
        with opened(load_settings(home=home, database_url=database_url)) as shop:
            text, count = export_customers(shop)
        if output is None:
            out.file.write(text)
            return
        try:
            write_whole(output, text)
        except OSError as exc:
            raise Unavailable("the file cannot be written", key="--output", value=str(output)) from exc
        emit({"file": str(output), "customers": count}, lambda: f"{output}: {count:,}", as_json=as_json)


async def _export(
    shop: Shop, form: Format, most: int, total: Callable[[int], object], done: Callable[[], object]
) -> tuple[str, Summary]:
    journal = shop.store.journal(trace_durability=shop.settings.trace_durability)
    try:
        decider = Decider(shop, journal, now, entropy)
        await asyncio.to_thread(decider.refresh)
        total(len(decider.loaded.catalogue))
        return await asyncio.to_thread(export_related, decider, form, now(), most=most, done=done)
    finally:
        await journal.close()


def as_dict(form: str, output: Path, summary: Summary) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "format": form,
        "file": str(output),
        "products": summary.products,
        "pairs": summary.pairs,
        "relationships": dict(sorted(summary.relationships.items())),
        "left_out": sorted(summary.left_out),
    }


def _table(result: dict[str, Any]) -> Table:
    table = Table(show_header=False, title=f"{result['file']} ({result['format']})", title_justify="left")
    table.add_row("products", f"{result['products']:,}")
    table.add_row("pairs", f"{result['pairs']:,}")
    for name, count in result["relationships"].items():
        table.add_row(f"  {name}", f"{count:,}")
    if result["left_out"]:
        table.add_row("left out: ids that the format cannot carry", ", ".join(result["left_out"][:20]))
    if not result["pairs"]:
        table.caption = "nothing may be shown beside anything yet: import orders, then `tsuide learn`"
    return table
