"""`tsuide backup …` and `tsuide restore`: one moment of a running shop, proved by restoring it."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from tsuide.app import backup as safe
from tsuide.app.wiring import opened
from tsuide.config import load_settings
from tsuide.interfaces.cli.options import Database, Home, now
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown, progress

backup = typer.Typer(no_args_is_help=True, help="Back a running shop up, and prove that the backup is good.")
Where = Annotated[Path, typer.Argument(help="The folder of backups.")]
Which = Annotated[Path, typer.Argument(help="The backup's own folder.")]


@backup.command("make")
def make(
    folder: Where,
    keep: Annotated[int, typer.Option("--keep", min=0, help="Remove older ones until so many are left.")] = 0,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Write a backup; the shop goes on meanwhile."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        with progress() as shown:
            task = shown.add_task("backup", total=None)
            made = safe.back_up(
                shop,
                folder,
                now(),
                keep=keep,
                tell=lambda what, done, total: shown.update(task, description=what, completed=done, total=total),
            )
        emit(made.plain(), lambda: _table([made]), as_json=as_json)


@backup.command("list")
def listed(folder: Where, as_json: Json = False) -> None:
    """The backups of a folder, the newest first."""
    with errors_shown(as_json=as_json):
        found = safe.backups(folder)
        emit({"backups": [each.plain() for each in found]}, lambda: _table(found), as_json=as_json)


@backup.command("verify")
def verify(
    path: Which,
    empty: Annotated[
        str | None, typer.Option("--into", help="URL of an empty PostgreSQL database, for a backup of one.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Restore a backup into a place of its own, and compare every file and every table."""
    with errors_shown(as_json=as_json):
        with progress() as shown:
            task = shown.add_task("verify", total=None)
            found = safe.verify(
                path,
                empty,
                tell=lambda what, done, total: shown.update(task, description=what, completed=done, total=total),
            )
        result: dict[str, Any] = found.plain() | {"verified": True}
        emit(result, lambda: _table([found]), as_json=as_json)


def restore(
    path: Which,
    erased: Annotated[
        Path | None, typer.Option("--erased", help="List of who was erased since (erased.jsonl of the shop's home).")
    ] = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Restore a backup into an empty home (and an empty database); what is there is never written over.

    Whoever was erased after it was made is erased again, as the list beside the backup (and --erased) says.
    """
    with errors_shown(as_json=as_json):
        settings = load_settings(home=home, database_url=database_url)
        with progress() as shown:
            task = shown.add_task("restore", total=None)
            found = safe.restore(
                path,
                settings,
                tell=lambda what, done, total: shown.update(task, description=what, completed=done, total=total),
            )
        again = safe.forget_again(path, settings, now(), erased)
        emit(found.plain() | {"erased_again": again}, lambda: _table([found]), as_json=as_json)


def _table(found: list[safe.Backup]) -> Table | str:
    if not found:
        return "No backups here. Make one: tsuide backup make FOLDER"
    table = Table("backup", "of", "store", "snapshot", "rows", "MB")
    for each in found:
        cells = (each.path, f"{each.at:%Y-%m-%d %H:%M:%S}Z", f"{each.engine} {each.revision}", each.snapshot or "–")
        table.add_row(
            *(escape(str(cell)) for cell in cells), f"{sum(each.rows.values()):,}", f"{each.bytes / 1e6:,.1f}"
        )
    return table
