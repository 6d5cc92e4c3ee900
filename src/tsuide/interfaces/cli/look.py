"""`tsuide look …`: a merchandiser's outfits and rooms, with one picture each."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from tsuide.app.looks import looks_of, put_look, read_look, remove_look
from tsuide.app.promotions import publish_deals
from tsuide.app.wiring import opened
from tsuide.config import load_settings
from tsuide.interfaces.cli.options import Database, Home, now
from tsuide.interfaces.cli.promotion import read_rows
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown
from tsuide.offers.plain import plain

look = typer.Typer(no_args_is_help=True, help="Outfits and rooms: one picture, each piece offered beside the others.")


@look.command("set")
def put(
    file: Annotated[Path, typer.Argument(help="One look, or a list of them, as YAML or JSON.")],
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Set looks, new or changed; servers offer their pieces beside one another within a second."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        looks = [read_look(each) for each in read_rows(file)]
        rows = [plain(put_look(shop, each, now())) for each in looks]
        publish_deals(shop, now())
        emit({"looks": rows}, lambda: _table(rows), as_json=as_json)


@look.command("list")
def show(home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Every look."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        rows = [plain(each) for each in looks_of(shop)]
        emit({"looks": rows}, lambda: _table(rows), as_json=as_json)


@look.command("remove")
def remove(
    look_id: Annotated[str, typer.Argument(help="As `tsuide look list` shows it.")],
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Take a look back; what is printed sets it again."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        rows = [plain(remove_look(shop, look_id, now()))]
        publish_deals(shop, now())
        emit({"removed": rows}, lambda: _table(rows), as_json=as_json)


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(caption=None if rows else "no looks yet: tsuide look set FILE")
    for name in ("look", "ja", "en", "pieces", "picture"):
        table.add_column(name, overflow="fold")
    for each in rows:
        names = each["names"]
        cells = (each["id"], names["ja"], names["en"], ", ".join(each["items"]), each.get("image") or "")
        table.add_row(*map(escape, cells))
    return table
