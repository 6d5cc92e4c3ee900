"""`tsuide promotion …`: set promotions, see what they gave, stop them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.table import Table

from tsuide.app.promotions import (
    Standing,
    pause_promotion,
    publish_deals,
    put_promotion,
    read_promotion,
    running,
    standings,
    written,
)
from tsuide.app.wiring import opened
from tsuide.config import load_settings
from tsuide.errors import BadFile
from tsuide.interfaces.cli.options import Database, Home, now
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown
from tsuide.kit.money import Money

promotion = typer.Typer(no_args_is_help=True, help="Set promotions, see what they gave, stop them.")
Id = Annotated[str, typer.Argument(help="As `tsuide promotion list` shows it.")]


@promotion.command("set")
def put(
    file: Annotated[Path, typer.Argument(help="One promotion, or a list of them, as YAML or JSON.")],
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Set promotions, new or changed; what they gave so far stays."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        promotions = [read_promotion(each) for each in read_rows(file)]
        rows = [_row(put_promotion(shop, each, now())) for each in promotions]
        publish_deals(shop, now())
        emit({"promotions": rows}, lambda: _table(rows), as_json=as_json)


@promotion.command("list")
def show(home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Every promotion with what it gave."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        rows = [_row(each) for each in standings(shop)]
        emit({"promotions": rows}, lambda: _table(rows), as_json=as_json)


@promotion.command("pause")
def pause(promotion_id: Id, home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Stop a promotion at once."""
    _set_paused(promotion_id, home, database_url, as_json, paused=True)


@promotion.command("resume")
def resume(promotion_id: Id, home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Let a paused promotion run again."""
    _set_paused(promotion_id, home, database_url, as_json, paused=False)


def _set_paused(promotion_id: str, home: Home, database_url: Database, as_json: Json, *, paused: bool) -> None:
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        rows = [_row(pause_promotion(shop, promotion_id, now(), paused=paused))]
        publish_deals(shop, now())
        emit({"promotions": rows}, lambda: _table(rows), as_json=as_json)


def read_rows(file: Path) -> list[Mapping[str, Any]]:
    """The objects of a YAML or JSON file; times become text again.

    Raises:
        BadFile: it cannot be read, or holds something else.
    """
    try:
        found = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - texts only
        plain = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as exc:
        raise BadFile("cannot be read as YAML or JSON", key="file", value=str(file)) from exc
    rows = plain if isinstance(plain, list) else [plain]
    texts = found if isinstance(found, list) else [found]
    if not rows or not all(isinstance(each, Mapping) for each in rows):
        raise BadFile("needs one object, or a list of them", key="file", value=str(file))
    return [
        {**row, **{key: text[key] for key in ("starts_at", "ends_at") if key in text}}
        for row, text in zip(rows, texts, strict=True)
    ]


def _row(standing: Standing) -> dict[str, Any]:
    return {
        "promotion": written(standing.promotion),
        "running": bool(running([standing], now())),
        "spent": standing.spent,
        "uses": standing.uses,
    }


def _table(rows: Sequence[Mapping[str, Any]]) -> Table | str:
    if not rows:
        return "No promotions yet. Set one: tsuide promotion set FILE"
    table = Table("id", "name", "benefit", "running", "spent", "of", "uses")
    for row in rows:
        promotion_ = row["promotion"]
        currency = promotion_["currency"]
        budget = promotion_.get("budget", {}).get("amount")
        table.add_row(
            promotion_["id"],
            promotion_["names"]["en"],
            json.dumps(promotion_["benefit"], ensure_ascii=False),
            "yes" if row["running"] else "no",
            Money(row["spent"], currency).text(),
            "" if budget is None else Money(budget, currency).text(),
            str(row["uses"]),
        )
    return table
