"""`tsuide hook …`: other systems that are told what changes in tasks, deals and segments."""

from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from tsuide.app import hooks as wires
from tsuide.app.wiring import Shop, opened
from tsuide.config import load_settings
from tsuide.interfaces.cli.options import Database, Home, now
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown, local
from tsuide.kit.phrases import Phrases

hook = typer.Typer(no_args_is_help=True, help="Webhooks: other systems that are told what changes.")
_PHRASES = Phrases(
    {
        "id": {"ja": "ID", "en": "id"},
        "url": {"ja": "送り先", "en": "address"},
        "topics": {"ja": "内容", "en": "about"},
        "state": {"ja": "状態", "en": "state"},
        "none": {
            "ja": "まだありません: tsuide hook set crm https://…",
            "en": "None yet: tsuide hook set crm https://…",
        },
        "good": {"ja": "届いています", "en": "taken"},
        "failing": {"ja": "{since} から届きません: {error}", "en": "takes nothing since {since}: {error}"},
        "removed": {"ja": "{id}: 取り除きました", "en": "{id}: removed"},
    }
)


@hook.command("set")
def put(
    hook_id: Annotated[str, typer.Argument(help="Your name for it.")],
    url: Annotated[str, typer.Argument(help="https://… that takes a POST.")],
    about: Annotated[
        list[str] | None, typer.Option("--about", help="tasks, worklist, deals, segments. [default: all]")
    ] = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Tell an address what changes from now on, signed with TSUIDE_CARRIER_SECRET; `tsuide worker` does it."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        row = wires.put_hook(shop, hook_id, url, about or (), now())
        emit(row, lambda: _table(shop, [row]), as_json=as_json)


@hook.command("list")
def listed(home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Who is told, and why one takes nothing."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        rows = wires.hooks_told(shop)
        emit({"hooks": rows}, lambda: _table(shop, rows), as_json=as_json)


@hook.command("remove")
def remove(
    hook_id: Annotated[str, typer.Argument(help="As `tsuide hook list` shows it.")],
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Tell an address nothing more."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        gone = wires.remove_hook(shop, hook_id)
        words = _PHRASES.text("removed", shop.settings.language, id=hook_id)
        emit({"removed": gone}, lambda: escape(words), as_json=as_json)


def _table(shop: Shop, rows: list[dict[str, Any]]) -> RenderableType:
    language = shop.settings.language
    if not rows:
        return _PHRASES.text("none", language)
    table = Table(*(_PHRASES.text(each, language) for each in ("id", "url", "topics", "state")))
    for row in rows:
        failing = {"since": local(row["failing_since"], shop.settings.time_zone), "error": row["error"]}
        state = _PHRASES.text("good" if row["failing_since"] is None else "failing", language, **failing)
        table.add_row(*(escape(each) for each in (row["id"], row["url"], ", ".join(row["topics"]), state)))
    return table
