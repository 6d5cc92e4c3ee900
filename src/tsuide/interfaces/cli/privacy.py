"""`tsuide privacy …`: what a person may ask of whoever keeps their data, and what the house must be able to say."""

import os
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.table import Table

from tsuide.app.privacy.archive import archive_of
from tsuide.app.privacy.proofs import proof_of, proofs
from tsuide.app.privacy.record import record_of, record_text
from tsuide.app.privacy.retention import forget_old, retention_of, too_old
from tsuide.app.wiring import opened
from tsuide.config import load_settings
from tsuide.interfaces.cli.options import Database, Home, now
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown, local

privacy = typer.Typer(no_args_is_help=True, help="Export, prove erasing, retention, the record of processing.")
Customer = Annotated[str, typer.Argument(help="The shop's id of the customer.")]


@privacy.command("export")
def export(
    customer: Customer,
    out: Annotated[Path, typer.Option("--out", help="The archive to write.")] = Path("person.zip"),
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Write everything that is kept of one person to an archive that only you can read."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        content = archive_of(shop, customer, now())
        with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
        emit(
            {"customer_id": customer, "file": str(out), "bytes": len(content)}, lambda: Table(str(out)), as_json=as_json
        )


@privacy.command("proof")
def proof(customer: Customer, home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """The proof that somebody was erased, for whoever still knows their id."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        told = proof_of(shop, customer, now())
        emit(told, lambda: _listed([told], shop.settings.time_zone), as_json=as_json)


@privacy.command("proofs")
def listed(
    n: Annotated[int, typer.Option("--n", min=1, max=10_000)] = 100,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """The newest erasures: never whom, only a salted hash."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        told = proofs(shop, n)
        emit({"proofs": told}, lambda: _listed(told, shop.settings.time_zone), as_json=as_json)


@privacy.command("retention")
def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count only.")] = False,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Delete, or make nobody's, what is kept longer than it may be; the worker does so once a day."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        done = too_old(shop, now()) if dry_run else forget_old(shop, now())
        days = {name: kept for name, kept in retention_of(shop.settings.retention).items() if kept}
        emit({"dry_run": dry_run, "days": days, "rows": done}, lambda: _kept(days, done), as_json=as_json)


@privacy.command("record")
def record(
    language: Annotated[Literal["ja", "en"] | None, typer.Option("--language", help="Default: the shop's.")] = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """The record of processing: what is stored where, what for, on what grounds, how long, who gets it."""
    with errors_shown(as_json=as_json):
        settings = load_settings(home=home, database_url=database_url)
        days, chosen = retention_of(settings.retention), language or settings.language
        if as_json:
            emit(record_of(days, chosen), lambda: "", as_json=True)
        else:
            print(record_text(days, chosen))  # noqa: T201 - this is what was asked for


def _listed(rows: list[dict[str, object]], time_zone: str) -> Table | str:
    if not rows:
        return "Nobody was erased yet."
    table = Table("mark", "erased", "by", "deleted", "made nobody's", "files", "found afterwards", "learned states")
    for row in rows:
        counts = [sum(each.values()) if isinstance(each := row[name], dict) else 0 for name in
                  ("deleted", "made_nobodys", "found_afterwards")]  # fmt: skip
        at = local(str(row["erased_at"]), time_zone)
        table.add_row(str(row["mark"])[:16], at, str(row["erased_by"]), f"{counts[0]:,}",
                      f"{counts[1]:,}", str(row["files"]), f"{counts[2]:,}", str(row["learned_states"]))  # fmt: skip
    return table


def _kept(days: dict[str, int], rows: dict[str, int]) -> Table:
    table = Table("table", "days", "too old")
    for name, kept in days.items():
        table.add_row(name, f"{kept:,}", f"{rows.get(name, 0):,}")
    return table
