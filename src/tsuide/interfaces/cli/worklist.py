"""`tsuide worklist REP`: whom to call first, with what and why; and what the rep says to it."""

import asyncio
from dataclasses import replace
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text
from typer.core import TyperGroup

from tsuide.app import worklist as desk
from tsuide.app import worklist_answers as said
from tsuide.app.contact_habits import learn_habits
from tsuide.app.deciding import Decider
from tsuide.app.ledger import Ledger
from tsuide.app.wiring import Shop, opened
from tsuide.config import load_settings
from tsuide.interfaces.cli.effect import Language
from tsuide.interfaces.cli.options import Database, Home, entropy, now
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown
from tsuide.kit.money import Money
from tsuide.outreach.sales.phrases import WORKLIST


class _RepFirst(TyperGroup):
    """`tsuide worklist sato` is `tsuide worklist show sato`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - click's own
        """Whatever is no verb is a rep."""
        return super().resolve_command(ctx, args if not args or args[0] in self.commands else ["show", *args])


worklist = typer.Typer(
    cls=_RepFirst,
    no_args_is_help=True,
    help="Whom to call first, with what and why: `tsuide worklist REP`; and what the rep says to it.",
)
Offered = Annotated[str, typer.Argument(help="The offer's id, as the list shows it.")]
Note = Annotated[str | None, typer.Option("--note", help="In your own words.")]


@worklist.command("show")
def show(
    rep: Annotated[str, typer.Argument(help="As the customers' attribute `owner` names them.")],
    n: Annotated[int, typer.Option("-n", min=1, max=desk.MOST, help="Accounts with an offer, at most.")] = desk.SHOWN,
    everybody: Annotated[bool, typer.Option("--all", help="All other accounts too, without offers.")] = False,
    qualified: Annotated[list[str] | None, typer.Option("--qualified", help="What the rep may advise on.")] = None,
    language: Language = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """A rep's accounts by past results × room to grow, each with its next offer and pitch."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        chosen, at = language or shop.settings.language, now()
        journal = shop.store.journal(trace_durability=shop.settings.trace_durability)
        try:
            decider = Decider(shop, journal, now, entropy)
            decider.refresh()
            wanted = desk.Wanted(rep, chosen, n, everybody, tuple(qualified or ()))
            found = desk.worklist_now(shop, decider, wanted, at, learn_habits(shop, at))
        finally:
            journal.close_now()
        emit(found, lambda: worklist_table(found, chosen), as_json=as_json)


@worklist.command("reps")
def reps(
    team: Annotated[str | None, typer.Option("--team", help="Only of accounts with this attribute `team`.")] = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Who has how many accounts."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        found = shop.store.worklist.owners(team)
        table = Table("rep", "accounts")
        for name, count in found.items():
            table.add_row(escape(name), f"{count:,}")
        emit({"reps": found}, lambda: table, as_json=as_json)


@worklist.command("accept")
def accept(
    offer: Offered, note: Note = None, home: Home = None, database_url: Database = None, as_json: Json = False
) -> None:
    """Take an offer up: it becomes a task of the rep, and counts as a contact of the customer."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        answered = said.accept(shop, offer, now(), note=note, entropy=entropy())
        _emit(shop, answered, as_json=as_json)


@worklist.command("dismiss")
def dismiss(
    offer: Offered,
    reason: Annotated[str, typer.Option("--reason", help=f"One of {', '.join(said.REASONS)}.")],
    note: Note = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Dismiss an offer; what the customer has already is no room to grow any more."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        _emit(shop, said.dismiss(shop, offer, reason, now(), note=note), as_json=as_json)


@worklist.command("snooze")
def snooze(
    offer: Offered,
    days: Annotated[int, typer.Option("--days", min=1, max=730, help="Until it comes back.")] = 14,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Put an account off."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        _emit(shop, said.snooze(shop, offer, now(), days=days), as_json=as_json)


@worklist.command("note")
def note_(
    product: Annotated[str, typer.Argument(help="Whose pitch.")],
    text: Annotated[str, typer.Argument(help="What you know from experience; no customer's name.")],
    by: Annotated[str, typer.Option("--by", help="Who you are.")],
    before: Annotated[str | None, typer.Option("--before", help="How it was before.")] = None,
    after: Annotated[str | None, typer.Option("--after", help="How it is since.")] = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Add to a product's pitch what your colleagues should know."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        row = said.add_note(shop, product, by, text, now(), entropy=entropy(), before=before, after=after)
        emit({"note": row}, lambda: Text(row["id"]), as_json=as_json)


@worklist.command("thresholds")
def thresholds(
    results: Annotated[float | None, typer.Option("--results", help="Share of accounts below high results.")] = None,
    room: Annotated[float | None, typer.Option("--room", help="Share of accounts below much room.")] = None,
    results_amount: Annotated[int | None, typer.Option("--results-amount", help="The line itself.")] = None,
    room_amount: Annotated[int | None, typer.Option("--room-amount", help="The line itself.")] = None,
    what: Annotated[float | None, typer.Option("--what", help="Share of touch points with a reaction.")] = None,
    pace: Annotated[float | None, typer.Option("--pace", help="Touch points a month.")] = None,
    quadrants_first: Annotated[bool | None, typer.Option(help="List A before B before C before D.")] = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Look at what counts as high in this shop, or change it."""
    given = {
        "results": results, "room": room, "results_amount": results_amount, "room_amount": room_amount, "what": what,
        "pace": pace, "quadrants_first": quadrants_first,
    }  # fmt: skip
    wanted: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        if wanted:
            desk.set_thresholds(shop, replace(desk.thresholds_of(shop), **wanted), now())
        found = desk.thresholds_told(desk.thresholds_of(shop))
        table = Table("threshold", "")
        for name, value in found.items():
            table.add_row(name, "-" if value is None else str(value))
        emit({"thresholds": found}, lambda: table, as_json=as_json)


def _emit(shop: Shop, answered: said.Answered, *, as_json: bool) -> None:
    """Tell the ledger, keep the answer, show it."""

    async def record() -> None:
        journal = shop.store.journal(trace_durability=shop.settings.trace_durability)
        try:
            ledger = Ledger(shop.store, journal, now, lambda product: said.leaf_of(shop, product))
            await ledger.record(answered.decision_id, [answered.told])
        finally:
            await journal.close()

    said.must_fit(shop, answered)
    asyncio.run(record())
    new = said.keep(shop, answered)
    found = said.answered_told(answered, new=new)
    words = WORKLIST.text(found["state"], shop.settings.language)
    emit(found, lambda: Text(f"{words}: {found['account']} {found['product_id']}"), as_json=as_json)


def worklist_table(found: dict[str, Any], language: str) -> RenderableType:
    """One table for each currency, the first account to call first."""
    parts: list[RenderableType] = [] if found["text"] is None else [Text(found["text"])]
    for group in found["groups"]:
        if group["entries"]:
            parts += [_table(group, found["rep"], language), *map(_ids, group["entries"])]
    parts += [_held(group, language) for group in found["groups"] if group["held"]]
    return Group(*parts)


def _held(group: dict[str, Any], language: str) -> Table:
    """To whom nothing is to be proposed, why, and what to ask them instead."""
    table = Table(title=WORKLIST.text("held", language), title_justify="left")
    for each in ("account", "why", "question"):
        table.add_column(WORKLIST.text(each, language), overflow="fold")
    for each in group["held"]:
        why = Group(escape(each["why_no_offer"]["text"]), Text(each["decision"], no_wrap=True, overflow="ignore"))
        table.add_row(_account(each, language), why, escape(each["question"] or ""))
    return table


def _account(each: dict[str, Any], language: str) -> str:
    return escape("\n".join((each["name"], each["account"], WORKLIST.text(each["quadrant"], language))))


def _ids(entry: dict[str, Any]) -> Text:
    """Below the table, where no column breaks it: what `accept`, `dismiss` and `snooze` want."""
    return Text(f"{entry['offer']['id']}  {entry['account']}", no_wrap=True, overflow="ignore")


def _table(group: dict[str, Any], rep: str, language: str) -> Table:
    heads = ("account", "room_column", "offer", "best_time", "why")
    table = Table(title=f"{rep}, {group['currency'] or '-'}", title_justify="left")
    for each in heads:
        table.add_column(WORKLIST.text(each, language), overflow="fold")
    for each in group["entries"]:
        offer, room, currency = each["offer"], each["room"], group["currency"]
        why = [reason["text"] for reason in each["reasons"]] + [offer["pitch"]["text"]]
        why += [
            WORKLIST.text("colleague", language, rep=note["rep"], text=note["text"])
            for note in offer["pitch"]["colleagues"]
        ]
        why += [
            WORKLIST.text("before_after", language, before=note["before"], after=note["after"])
            for note in offer["pitch"]["colleagues"]
            if note["before"] is not None
        ]
        for win in offer["pitch"]["wins"]:
            why.append(win["text"])
            if win["account"]:
                of = {"account": win["account"], "evidence": win["evidence"] or "–"}
                why.append(WORKLIST.text("win_of", language, **of))
        value = "" if offer["value"] is None else Money(offer["value"], offer["currency"]).text(language)
        wide = ("" if room is None or currency is None else
                f"{Money(room['amount'], currency).text(language)}\n({Money(room['low'], currency).text(language)} … "
                f"{Money(room['high'], currency).text(language)})")  # fmt: skip
        table.add_row(
            _account(each, language),
            wide,
            escape(f"{offer['title']} × {offer['quantity']}\n{value}".rstrip()),
            each["best_time"]["text"],
            escape("\n".join(why)),
            end_section=True,
        )
    return table
