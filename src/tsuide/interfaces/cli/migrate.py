"""`tsuide migrate …`: the store's schema, before a new version serves and after one that did not please."""

from typing import Annotated, Any, Final

import typer
from rich.table import Table

from tsuide.app.migrating import migrate_down, migrate_up, standing
from tsuide.config import load_settings
from tsuide.interfaces.cli.options import Database, Home
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown
from tsuide.kit.phrases import Phrases

migrate = typer.Typer(no_args_is_help=True, help="Bring the store's schema to this version's, or back.")
_PHRASES: Final = Phrases(
    {
        "stands": {"ja": "{revision}（このコードは{head}）", "en": "at {revision}; this code wants {head}"},
        "nothing": {"ja": "空のデータベース", "en": "an empty database"},
        "revision": {"ja": "版", "en": "revision"},
        "what": {"ja": "内容", "en": "what it brings"},
        "lost": {"ja": "失われた行", "en": "rows lost"},
        "of": {"ja": "表・列", "en": "table or column"},
        "moved": {
            "ja": "{was} → {revision}、索引 {indexes}件を作成",
            "en": "{was} → {revision}, {indexes} indexes made",
        },
        "back": {"ja": "{was} → {revision}", "en": "{was} → {revision}"},
    }
)


@migrate.command("show")
def show(home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Where the store stands and what waits; nothing is changed."""
    with errors_shown(as_json=as_json):
        settings = load_settings(home=home, database_url=database_url)
        told = standing(settings)
        emit(told, lambda: _waiting(told, settings.language), as_json=as_json)


@migrate.command("up")
def up(home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Run what is missing while the shop goes on; do it before servers and workers of the new version start."""
    with errors_shown(as_json=as_json):
        settings = load_settings(home=home, database_url=database_url)
        told = migrate_up(settings)
        blanks = told | {"was": told["was"] or "–", "indexes": len(told["indexes"])}
        emit(told, lambda: _PHRASES.text("moved", settings.language, **blanks), as_json=as_json)


@migrate.command("down")
def down(
    to: Annotated[str, typer.Argument(help="The revision; of an earlier version: its own `tsuide migrate show`.")],
    drop_data: Annotated[
        bool, typer.Option("--drop-data", help="Also where rows are lost that the earlier schema has no place for.")
    ] = False,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Back to an earlier schema, so that an earlier version can serve; end servers and workers of this one first."""
    with errors_shown(as_json=as_json):
        settings = load_settings(home=home, database_url=database_url)
        told = migrate_down(settings, to, drop=drop_data)
        emit(told, lambda: _lost(told, settings.language), as_json=as_json)


def _waiting(told: dict[str, Any], language: str) -> Table:
    stands = told["revision"] or _PHRASES.text("nothing", language)
    table = Table(
        *(_PHRASES.text(each, language) for each in ("revision", "what")),
        title=_PHRASES.text("stands", language, revision=stands, head=told["head"]), box=None,
    )  # fmt: skip
    for each in told["waiting"]:
        table.add_row(each["revision"], each["what"])
    return table


def _lost(told: dict[str, Any], language: str) -> Table | str:
    moved = _PHRASES.text("back", language, was=told["was"], revision=told["revision"])
    if not told["lost"]:
        return moved
    table = Table(*(_PHRASES.text(each, language) for each in ("of", "lost")), title=moved, box=None)
    for name, count in told["lost"].items():
        table.add_row(name, f"{count:,}")
    return table
