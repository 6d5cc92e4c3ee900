"""`tsuide initiative …`: what is tried and why, what it cost, whom it brought, and what was learned."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Column, Table
from rich.text import Text

from tsuide.app import initiatives as desk
from tsuide.app.wiring import Shop, opened
from tsuide.config import load_settings
from tsuide.interfaces.cli.effect import Language, effect_table
from tsuide.interfaces.cli.options import At, Database, Home, entropy, moment, now
from tsuide.interfaces.cli.promotion import read_rows
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown, local
from tsuide.kit.clock import parse_moment, zone
from tsuide.kit.ids import time_id
from tsuide.kit.money import Money, parse_amount
from tsuide.proof.initiative_phrases import INITIATIVE

initiative = typer.Typer(no_args_is_help=True, help="Initiatives: what is tried and why, its cost, what was learned.")
Id = Annotated[str, typer.Argument(help="As `tsuide initiative list` shows it.")]
Note = Annotated[str | None, typer.Option("--note", help="In your own words.")]
Entry = Annotated[str | None, typer.Option("--id", help="Your own id: the same one is not recorded twice.")]
_STAGES: Final = ("due", "waiting", "running", "planned")


@initiative.command("create")
def create(
    file: Annotated[Path, typer.Argument(help="One initiative, or a list of them, as YAML or JSON.")],
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Write initiatives down; until they begin they can be written anew, after that they are fixed."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        wanted = [desk.read_initiative(_moments(shop, each)) for each in read_rows(file)]
        rows = [desk.plain(desk.put_initiative(shop, each, now()), now()) for each in wanted]
        emit({"initiatives": rows}, lambda: _table("planned", rows, shop.settings.language), as_json=as_json)


@initiative.command("cost")
def cost(
    initiative_id: Id,
    amount: Annotated[str, typer.Argument(help="What was spent, such as 12000 or 12.50.")],
    currency: Annotated[str | None, typer.Option("--currency", help="[default: the shop's]")] = None,
    at: At = None,
    note: Note = None,
    entry: Entry = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Record money that was spent on it."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        of = currency or shop.settings.currency
        entry_id = entry or time_id("ent", now(), entropy())
        spent = Money(parse_amount(amount, of), of)
        when = moment(at, shop.settings.time_zone)
        new = desk.record_cost(shop, initiative_id, entry_id, spent, when, now(), note)
        _recorded(entry_id, new=new, as_json=as_json)


@initiative.command("lead")
def lead(
    initiative_id: Id,
    customer: Annotated[str | None, typer.Option("--customer", help="Their id, where it is known.")] = None,
    at: At = None,
    note: Note = None,
    entry: Entry = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Record somebody who showed interest through it; of known customers, it is told how many it really added."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        entry_id = entry or time_id("ent", now(), entropy())
        when = moment(at, shop.settings.time_zone)
        new = desk.record_lead(shop, initiative_id, entry_id, when, now(), customer, note)
        _recorded(entry_id, new=new, as_json=as_json)


@initiative.command("undo")
def undo(
    entry: Annotated[str, typer.Argument(help="Id of a cost or lead, as `tsuide initiative show` lists it.")],
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Take a cost or a lead back; it stays on record as taken back."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        found = desk.undo_entry(shop, entry, now())
        emit({"entry": found}, lambda: f"{entry}: taken back", as_json=as_json)


@initiative.command("list")
def list_(language: Language = None, home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """What is due for review, what runs, what was learned, and what is in force without a hypothesis."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        found = desk.review(shop, now())
        emit(found, lambda: _review(found, language or shop.settings.language), as_json=as_json)


@initiative.command("show")
def show(initiative_id: Id, home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """One initiative, whole, with its costs and leads."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        told = desk.plain(desk.initiative_of(shop, initiative_id), now())
        found = {"initiative": told, "entries": desk.entries_of(shop, initiative_id)}
        emit(found, lambda: _whole(found, shop.settings.time_zone), as_json=as_json)


@initiative.command("read")
def read(
    initiative_id: Id,
    language: Language = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Effect, return on cost, share of sales and leads, incremental with intervals; attributed figures beside."""
    from tsuide.app.initiative_effect import initiative_effect

    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        found = initiative_effect(shop, initiative_id, now())
        emit(found, lambda: read_out(found, language or shop.settings.language), as_json=as_json)


@initiative.command("conclude")
def conclude(
    initiative_id: Id,
    learned: Annotated[str, typer.Option("--learned", help="What you learned.")],
    next_step: Annotated[str, typer.Option("--next", help="What follows from it.")],
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Read the verdict once more and keep it, with what was learned and the next step."""
    from tsuide.app.initiative_effect import conclude as concluded

    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        found = desk.plain(concluded(shop, initiative_id, learned, next_step, now()), now())
        emit({"initiative": found}, lambda: _learned([found], shop.settings.language), as_json=as_json)


def _moments(shop: Shop, row: Any) -> dict[str, Any]:  # noqa: ANN401 - YAML
    """The row with its moments complete: what names no time zone is meant in the shop's."""
    keys = ("starts_at", "ends_at", "review_at")
    return {
        **row,
        **{key: parse_moment(str(row[key]), zone(shop.settings.time_zone)).isoformat() for key in keys if row.get(key)},
    }


def _recorded(entry_id: str, *, new: bool, as_json: bool) -> None:
    state = "recorded" if new else "recorded before"
    found = {"entry": entry_id, "new": new}
    emit(found, lambda: f"{entry_id}: {state}. To take it back: tsuide initiative undo {entry_id}", as_json=as_json)


def _review(found: dict[str, Any], language: str) -> RenderableType:
    parts: list[RenderableType] = [_table(each, found[each], language) for each in _STAGES if found[each]]
    if found["learned"]:
        parts.append(_learned(found["learned"], language))
    if found["without_hypothesis"]:
        of = ", ".join(
            f"{INITIATIVE.text(each['sort'], language)} {each['subject']}" for each in found["without_hypothesis"]
        )
        parts.append(Text(f"{INITIATIVE.text('without', language)}: {of}"))
    return Group(*parts) if parts else Text(INITIATIVE.text("none", language))


def _table(stage: str, rows: list[dict[str, Any]], language: str) -> Table:
    heads = [INITIATIVE.text(each, language) for each in ("id", "sort", "period", "hypothesis", "review")]
    longest = max((len(row["id"]) for row in rows), default=1)  # an id is typed again: it must stand whole
    title = INITIATIVE.text(stage, language)
    table = Table(Column(heads[0], no_wrap=True, min_width=longest), *heads[1:], title=title, title_justify="left")
    for row in rows:
        late = "" if row["foretold"] else INITIATIVE.text("late", language)
        period = f"{row['starts_at'][:10]} – {row['ends_at'][:10]}"
        sort = INITIATIVE.text(row["sort"], language)
        table.add_row(escape(row["id"]), sort, period, escape(row["hypothesis"]) + late, row["due_at"][:10])
    return table


def _learned(rows: list[dict[str, Any]], language: str) -> Table:
    heads = [INITIATIVE.text(each, language) for each in ("id", "verdict", "learned", "next")]
    title = INITIATIVE.text("learned", language)
    table = Table(Column(heads[0], no_wrap=True), *heads[1:], title=title, title_justify="left")
    for row in rows:
        of = row["conclusion"]
        bounds = "" if of.get("low") is None else f" ({of['low']:,.1f} … {of['high']:,.1f})"
        why = f": {of['why']}" if of.get("why") else ""
        verdict = INITIATIVE.text(of["verdict"], language)
        table.add_row(escape(row["id"]), verdict + bounds + escape(why), escape(of["learned"]), escape(of["next_step"]))
    return table


def _whole(found: dict[str, Any], time_zone: str) -> RenderableType:
    table = Table(show_header=False)
    for name, value in found["initiative"].items():
        table.add_row(name.replace("_", " "), escape(str(value)))
    entries = Table("entry", "kind", "at", "amount", "customer", "note")
    for each in found["entries"]:
        amount = "" if each["amount"] is None else Money(each["amount"], each["currency"]).text()
        texts = (
            each["id"],
            each["kind"],
            local(each["at"], time_zone),
            amount,
            each["customer_id"] or "",
            each["note"] or "",
        )
        entries.add_row(*map(escape, texts), style="strike" if each["undone_at"] else None)
    return Group(table, entries) if found["entries"] else table


def read_out(found: dict[str, Any], language: str) -> RenderableType:
    """Effect above; below it what it returned, incremental and attributed in columns of their own."""
    currency, added, followed = found["currency"], found["incremental"], found["attributed"]
    heads = [INITIATIVE.text(each, language) for each in ("figure", "incremental", "attributed")]
    table = Table(*heads)

    def money(value: float | None) -> str:
        return "–" if value is None or currency is None else Money(round(value), currency).text(language)

    def percent(value: float | None) -> str:
        return "–" if value is None else f"{value:+.1%}"

    def ranged(of: dict[str, float | None], shown: Any) -> str:  # noqa: ANN401 - as above
        return "–" if of["value"] is None else f"{shown(of['value'])} ({shown(of['low'])} … {shown(of['high'])})"

    total = followed["amounts"].get(currency, {}).get("total", 0)
    share = followed["share_of_sales"]
    per_cost = followed["sales_per_cost"]
    rows = (
        ("margin", ranged(added["margin"], money), "–"),
        ("sales", ranged(added["revenue"], money), money(total)),
        ("return", ranged(added["return_on_cost"], percent), "–"),
        ("sales_per_cost", "–", "–" if per_cost is None else f"{per_cost:.2f}"),
        ("share", ranged(added["share_of_sales"], percent), "–" if share is None else f"{share:.1%}"),
        ("leads", ranged(added["leads"], lambda n: f"{n:,.1f}"), f"{found['leads']['recorded']:,}"),
        ("cost_per_lead", money(added["cost_per_lead"]), money(found["leads"]["cost_each"])),
    )
    for name, *cells in rows:
        table.add_row(INITIATIVE.text(name, language), *cells)
    spent = " + ".join(Money(each, of).text(language) for of, each in found["costs"].items()) or "–"
    return Group(
        Text(found["initiative"]["hypothesis"]),
        effect_table(found, currency, language),
        Text(f"{INITIATIVE.text('cost', language)}: {spent}"),
        table,
        Text(followed["label"][language], style="dim"),
    )
