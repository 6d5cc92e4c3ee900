"""`tsuide shop …`: several shops in one installation, each with its own home, store and keys."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from tsuide.app.shops import add_shop, remove_shop, shops_of
from tsuide.app.wiring import opened
from tsuide.config import Settings, load_settings
from tsuide.errors import BadSetting
from tsuide.interfaces.cli.options import Database, Home
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown

shop = typer.Typer(no_args_is_help=True, help="Several shops in one installation: `tsuide --shop NAME VERB`.")
Name = Annotated[str, typer.Argument(help="Lower-case letters, digits, hyphens: /NAME is its path.")]


@shop.command("add")
def add(
    name: Name,
    at: Annotated[Path | None, typer.Option("--at", help="Its home. [default: HOME/shops/NAME]")] = None,
    its_database: Annotated[
        str | None, typer.Option("--its-database", help="Its database. [default: a file, or a schema of its name]")
    ] = None,
    given: Annotated[
        list[str] | None, typer.Option("--set", help="A setting of its own: currency=EUR, mail_from=…; repeat it.")
    ] = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Add a shop and make its store; `tsuide serve` serves it from its next start."""
    with errors_shown(as_json=as_json):
        own = dict(_pair(each) for each in given or ())
        made = add_shop(load_settings(home=home, database_url=database_url), name, at, its_database, own)
        with opened(made):
            pass
        emit(_told(name, made), lambda: _table({name: made}), as_json=as_json)


@shop.command("list")
def listed(home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """The shops beside the first one."""
    with errors_shown(as_json=as_json):
        shops = shops_of(load_settings(home=home, database_url=database_url))
        emit({"shops": [_told(name, each) for name, each in shops.items()]}, lambda: _table(shops), as_json=as_json)


@shop.command("remove")
def remove(name: Name, home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Serve a shop no more; its home and database stay where they are."""
    with errors_shown(as_json=as_json):
        was = remove_shop(load_settings(home=home, database_url=database_url), name)
        emit({"removed": name} | _told(name, was), lambda: _table({name: was}), as_json=as_json)


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise BadSetting("not a setting", key="--set", value=text, way_out="write currency=EUR")
    return name.strip(), value


def _told(name: str, settings: Settings) -> dict[str, str]:
    return {"name": name, "path": f"/{name}", "home": str(settings.home), "database": settings.shown_url}


def _table(shops: dict[str, Settings]) -> Table | str:
    if not shops:
        return "One shop only. Add another: tsuide shop add NAME"
    table = Table("name", "path", "home", "database")
    for name, each in shops.items():
        table.add_row(*_told(name, each).values())
    return table
