"""`tsuide explain DECISION`: decide it again, and tell why each offer, and which rule refused the rest."""

from typing import Annotated, Any

import typer
from rich.console import Group
from rich.markup import escape
from rich.table import Table

from tsuide.app.explaining import Told, tell
from tsuide.app.replaying import replay_decision
from tsuide.app.wiring import held_settings, opened
from tsuide.config import load_settings
from tsuide.errors import BadSetting, UnknownDecision
from tsuide.interfaces.cli.options import Database, Home
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown
from tsuide.kit.phrases import LANGUAGES

_SHOWN = 12


def explain(
    decision: Annotated[str | None, typer.Argument(help="Its id, dec_…; without it: the newest.")] = None,
    language: Annotated[str | None, typer.Option(help="ja or en.")] = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Replay a decision from its record, compare it bit for bit, and tell every candidate's fate."""
    with errors_shown(as_json=as_json):
        settings = held_settings(load_settings(home=home, database_url=database_url))
        chosen = language or settings.language
        if chosen not in LANGUAGES:
            raise BadSetting("not a language", key="--language", value=chosen, way_out="use ja or en")
        with opened(settings) as shop:
            wanted = decision or _newest(shop.store.decisions.recent(1))
            told = tell(replay_decision(shop, wanted), chosen)
        result = {"decision": told.decision.id, "at": told.decision.at.isoformat(), "replayed": told.same} | told.trace
        emit(result, lambda: _shown(told), as_json=as_json)


def _newest(rows: list[dict[str, Any]]) -> str:
    if not rows:
        raise UnknownDecision("nothing was decided yet", way_out="tsuide offer, or ask the API")
    return str(rows[0]["id"])


def _shown(told: Told) -> Group:
    trace = told.trace
    head = Table(show_header=False, title=told.decision.id, title_justify="left")
    head.add_row("at", told.decision.at.isoformat(timespec="seconds"))
    for name in ("placement", "customer", "product", "cart", "arm", "policy", "snapshot", "sequence"):
        value = trace[name]
        if value not in (None, []):
            head.add_row(name, escape(", ".join(value) if isinstance(value, list) else str(value)))
    differs = f"differs: decided by other code ({trace['code']})" if trace["other_code"] else "differs from the record"
    head.add_row("replay", "[green]the same, bit for bit[/]" if told.same else f"[bold red]{escape(differs)}[/]")
    for note in trace["notes"]:
        head.add_row("note", escape(note))
    return Group(head, _offers(trace["offers"]), *_rest(trace))


def _offers(offers: list[dict[str, Any]]) -> Table | str:
    if not offers:
        return "Nothing was proposed."
    table = Table(title="Proposed", title_justify="left")
    for name in ("product", "kind", "P", "V", "P × V", "C", "L", "priority", "why"):
        table.add_column(name, overflow="fold")
    for each in offers:
        worth = "–" if each["worth"] is None else f"{each['worth']:,}"
        chance = f"{each['propensity']:.3f}\n{each['propensity_is']}"
        earns = "–" if each["earns"] is None else each["earns"]["text"]
        factors = (chance, worth, earns, f"{each['context']:.2f}", f"{each['levers']:.2f}")
        priority = f"{each['priority']:.3f}"
        table.add_row(escape(each["title"]), each["kind"].replace("_", "-"), *factors, priority, escape(each["why"]))
    return table


def _rest(trace: dict[str, Any]) -> list[Table]:
    tables = []
    if trace["refused"]:
        table = Table(title=f"Refused ({len(trace['refused'])})", title_justify="left")
        for name in ("product", "kind", "rule", "why not"):
            table.add_column(name, overflow="fold")
        for each in trace["refused"][:_SHOWN]:
            rules, why = ", ".join(each["refused_by"]), " ".join(each["why_not"])
            table.add_row(escape(each["title"]), each["kind"].replace("_", "-"), rules, escape(why))
        tables.append(_cut(table, len(trace["refused"])))
    if trace["cleared"]:
        table = Table(title=f"Allowed, not chosen ({len(trace['cleared'])})", title_justify="left")
        for name in ("product", "kind", "priority"):
            table.add_column(name, overflow="fold")
        for each in trace["cleared"][:_SHOWN]:
            table.add_row(escape(each["title"]), each["kind"].replace("_", "-"), f"{each['priority']:.3f}")
        tables.append(_cut(table, len(trace["cleared"])))
    return tables


def _cut(table: Table, total: int) -> Table:
    if total > _SHOWN:
        table.caption = f"and {total - _SHOWN} more: --json"
        table.caption_justify = "left"
    return table
