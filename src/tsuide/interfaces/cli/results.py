"""`tsuide results` and `tsuide schedule …`: what offers brought, now or by itself, as table, HTML, CSV and mail."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tsuide.config import load_settings
from tsuide.interfaces.cli.effect import Language
from tsuide.interfaces.cli.options import Database, Home, now
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown, local
from tsuide.kit.money import Money
from tsuide.proof.groups import GROUP_SORTS
from tsuide.proof.reports.results import OUTCOMES
from tsuide.proof.reports.results_page import GROUP_HEADS, group_cells, no_effect, not_in
from tsuide.proof.reports.results_phrases import RESULTS

_SHOWN: Final = 10
_WATCH_S: Final = 60


def results(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for results.html and .csv, effect.csv, rows.csv.")
    ] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=1100, help="So many days back.")] = 30,
    currency: Annotated[str | None, typer.Option("--currency", help="Of the amounts. [default: the shop's]")] = None,
    language: Language = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Offers and effect by rep, product line and tier; offers by category, pair, placement; needs not met."""
    from tsuide.app.results import results as read
    from tsuide.app.results import write_results
    from tsuide.app.wiring import opened

    settings = load_settings(home=home, database_url=database_url)
    with errors_shown(as_json=as_json), opened(settings) as shop:
        end, told = now(), language or shop.settings.language
        start = end - timedelta(days=days)
        found = (
            read(shop, start, end, currency=currency).plain()
            if output is None
            else write_results(shop, output, start, end, told, currency)
        )
        emit(found, lambda: results_table(found, told), as_json=as_json)


def results_table(found: dict[str, Any], language: str) -> RenderableType:
    """Offers by sort, then customers, first purchases, searches and reasons; what is empty is left out."""
    parts: list[RenderableType] = []
    heads = [RESULTS.text(each, language) for each in ("name", *OUTCOMES, "accept_rate", "attributed")]
    for sort in dict.fromkeys(row["sort"] for row in found["offers"]):
        table = Table(*heads, title=RESULTS.text(sort, language), title_justify="left")
        for row in [each for each in found["offers"] if each["sort"] == sort][:_SHOWN]:
            rate = "–" if row["accept_rate"] is None else f"{row['accept_rate']:.1%}"
            counts = [f"{row[each]:,}" for each in OUTCOMES]
            table.add_row(escape(row["name"]), *counts, rate, _money(row["attributed"], found["currency"], language))
        parts.append(table)
    for name, columns in _MORE.items():
        rows = [row for row in found[name] if name != "customers" or row["customers"]]
        if not rows:
            continue
        words = [RESULTS.text(word, language) for word in columns.values()]
        table = Table(*words, title=RESULTS.text(name, language), title_justify="left")
        for row in rows[:_SHOWN]:
            table.add_row(*(escape(_told(row[key], key, found["currency"], language)) for key in columns))
        parts.append(table)
    parts += _groups(found, language)
    if not parts:
        return Text(RESULTS.text("nothing", language))
    if found["other_currencies"]:
        parts.append(Text(not_in(found["other_currencies"], language), style="dim"))
    if "why" in found["effect"]:
        parts.append(Text(no_effect(found["effect"], language), style="dim"))
    parts.extend(Text(each) for each in found.get("files", ()))
    return Group(*parts)


def _groups(found: dict[str, Any], language: str) -> list[RenderableType]:
    """The effect by rep, product line and tier."""
    parts: list[RenderableType] = []
    for sort in GROUP_SORTS:
        rows = [row for row in found.get("effect_by", {}).get("groups", ()) if row["sort"] == sort]
        if rows:
            heads = [RESULTS.text(each, language) for each in GROUP_HEADS]
            table = Table(*heads, title=RESULTS.text(f"effect_{sort}", language), title_justify="left")
            for row in rows[:_SHOWN]:
                table.add_row(*map(escape, group_cells(row, found["currency"], language)))
            parts.append(table)
    return parts


_MORE: Final = {
    "customers": {"group": "group", "customers": "people", "orders": "orders", "revenue": "revenue"},
    "first_in_category": {"category": "leaf", "customers": "people", "through_offers": "through_offers"},
    "searches": {"query": "query", "times": "times", "empty": "empty", "nowhere": "nowhere"},
    "reasons": {"reason": "reason", "category": "leaf", "times": "times"},
}


def _told(value: Any, key: str, currency: str | None, language: str) -> str:  # noqa: ANN401 - a cell
    if key == "revenue":
        return _money(value, currency, language)
    if key == "group":
        return RESULTS.text(value, language)
    return f"{value:,}" if isinstance(value, int) else str(value)


def _money(amount: int, currency: str | None, language: str) -> str:
    return f"{amount:,}" if currency is None else Money(amount, currency).text(language)


schedule = typer.Typer(no_args_is_help=True, help="Reports that are made and mailed by themselves.")


@schedule.command("set")
def put(
    schedule_id: Annotated[str, typer.Argument(help="Your name for it.")],
    every: Annotated[str, typer.Option("--every", help="day, week (Mondays) or month (the first).")] = "week",
    at: Annotated[str, typer.Option("--at", help="Time of day in the shop's time zone.")] = "08:00",
    to: Annotated[list[str] | None, typer.Option("--to", help="An address; repeat it.")] = None,
    folder: Annotated[Path | None, typer.Option("--folder", help="Where files are written too.")] = None,
    days: Annotated[int | None, typer.Option("--days", min=1, help="How far back. [default: since the last]")] = None,
    about: Annotated[str, typer.Option("--about", help="results, or tasks: overdue and due today.")] = "results",
    whose: Annotated[str | None, typer.Option("--for", help="Of tasks only this person's.")] = None,
    link: Annotated[str | None, typer.Option("--link", help="Address of rows, with {sort} and {name}.")] = None,
    language: Language = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Set a schedule, new or changed; it is first run at its next moment."""
    from tsuide.app.scheduling import put_schedule, read_schedule, schedules
    from tsuide.app.wiring import opened

    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        value: dict[str, Any] = {"id": schedule_id, "every": every, "at": at, "to": to or [], "days": days}
        value |= {"link": link, "about": about, "whose": whose}
        given = {
            **value,
            "language": language or shop.settings.language,
            "folder": None if folder is None else str(folder),
        }
        put_schedule(shop, read_schedule(given), now())
        rows = [row for row in schedules(shop) if row["id"] == schedule_id]
        emit({"schedules": rows}, lambda: _schedules(rows, shop.settings.time_zone), as_json=as_json)


@schedule.command("list")
def list_(home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Every schedule, when it last ran, and why the last try failed."""
    from tsuide.app.scheduling import schedules
    from tsuide.app.wiring import opened

    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        rows = schedules(shop)
        emit({"schedules": rows}, lambda: _schedules(rows, shop.settings.time_zone), as_json=as_json)


@schedule.command("remove")
def remove(
    schedule_id: Annotated[str, typer.Argument(help="As `tsuide schedule list` shows it.")],
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Take a schedule away."""
    from tsuide.app.scheduling import remove_schedule
    from tsuide.app.wiring import opened

    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        gone = remove_schedule(shop, schedule_id)
        emit({"removed": gone}, lambda: f"{schedule_id}: removed", as_json=as_json)


@schedule.command("run")
def run(
    watch: Annotated[bool, typer.Option("--watch", help="Go on for ever, looking every minute.")] = False,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Run what is due: once (from cron), or for ever; of several runners one runs each report."""
    from tsuide.app.scheduling import run_due
    from tsuide.app.wiring import opened

    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        while True:
            done = run_due(shop, now())
            if done or not watch:
                emit({"ran": done}, lambda rows=done: _ran(rows, shop.settings.time_zone), as_json=as_json)  # type: ignore[misc]  # bound now
            if not watch:
                return
            time.sleep(_WATCH_S)


def _schedules(rows: list[dict[str, Any]], time_zone: str) -> RenderableType:
    if not rows:
        return "No schedules yet. Set one: tsuide schedule set weekly --to you@example.com"
    table = Table("id", "every", "at", "to", "folder", "ran for", "error")
    for row in rows:
        to = ", ".join(row.get("to", ()))
        cells = (
            row["id"],
            row["every"],
            row["at"],
            to,
            row.get("folder", ""),
            local(row["ran_for"], time_zone),
            row["error"] or "",
        )
        table.add_row(*(escape(str(each)) for each in cells))
    return table


def _ran(rows: list[dict[str, Any]], time_zone: str) -> RenderableType:
    if not rows:
        return "Nothing was due."
    return "\n".join(
        f"{row['schedule']} ({local(row['for'], time_zone)}): {row.get('error') or 'done'}" for row in rows
    )
