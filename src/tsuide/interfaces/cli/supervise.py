"""`tsuide supervise …`: reps beyond chance, the audit of consents and acceptances, and the cases that follow."""

from typing import Annotated, Any, get_args

import typer
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tsuide.app import supervising as desk
from tsuide.app.wiring import opened
from tsuide.config import load_settings
from tsuide.errors import BadValue
from tsuide.interfaces.cli.effect import Language
from tsuide.interfaces.cli.options import Database, Home, entropy, now
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown
from tsuide.kit.ids import time_id
from tsuide.proof.supervision.case import Step, StepKind
from tsuide.proof.supervision.chance import FEWEST_REPS
from tsuide.proof.supervision.phrases import SUPERVISION

supervise = typer.Typer(no_args_is_help=True, help="Reps beyond chance, the audit, and cases of confirmed findings.")
Days = Annotated[int, typer.Option("--days", min=1, max=1100, help="So many days back.")]
By = Annotated[str, typer.Option("--by", help="Who does it.")]
_SHOWN = 20


@supervise.command("report")
def report(
    days: Days = desk.BACK,
    language: Language = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Reps whose sales cannot be chance, with the rows behind each; a top seller is told as one."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        found = desk.supervise(shop, now(), back=days)
        emit(found, lambda: findings_table(found, language or shop.settings.language), as_json=as_json)


@supervise.command("audit")
def audit(
    days: Days = desk.BACK,
    language: Language = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Messages without consent, yeses on paper, askings that nobody answered …, row by row."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        found = desk.audit_shop(shop, now(), back=days)
        emit(found, lambda: _audited(found, language or shop.settings.language), as_json=as_json)


@supervise.command("open")
def open_(
    rep: Annotated[str, typer.Argument(help="Whose sales.")],
    sales: Annotated[list[str], typer.Argument(help="Sales of the finding that you looked at and confirm.")],
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="What you saw in the rows.")],
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Confirm a finding: open a case."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        case_id = time_id("case", now(), entropy())
        found = desk.case_plain(desk.open_case(shop, case_id, rep, sales, by, reason, now()))
        emit({"case": found}, lambda: _cases([found], shop.settings.language), as_json=as_json)


@supervise.command("step")
def step(
    case: Annotated[str, typer.Argument(help="As `tsuide supervise cases` shows it.")],
    kind: Annotated[str, typer.Argument(help="reversal, refund, notice, training, waived or closure.")],
    by: By,
    note: Annotated[str | None, typer.Option("--note", help="In your own words.")] = None,
    reference: Annotated[str | None, typer.Option("--reference", help="Where it is filed.")] = None,
    of: Annotated[str | None, typer.Option("--of", help="Of `waived`: the step that is not needed.")] = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Record what was done about a case; `closure` ends it."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        done = Step(_kind(kind, "kind"), now(), by, note, reference, None if of is None else _kind(of, "of"))
        found = desk.case_plain(desk.add_step(shop, case, done))
        emit({"case": found}, lambda: _cases([found], shop.settings.language), as_json=as_json)


@supervise.command("cases")
def cases(language: Language = None, home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Every case, open ones first, with what is done and what is missing."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        found = [desk.case_plain(each) for each in desk.cases(shop)]
        emit({"cases": found}, lambda: _cases(found, language or shop.settings.language), as_json=as_json)


def _kind(text: str, key: str) -> StepKind:
    kinds: tuple[StepKind, ...] = get_args(StepKind)
    for each in kinds:
        if each == text:
            return each
    raise BadValue("not a step", key=key, value=text, way_out=f"one of {', '.join(kinds)}")


def findings_table(found: dict[str, Any], language: str) -> RenderableType:
    """One row per rep and sign; below it what a finding is."""
    label = Text(SUPERVISION.text("label", language), style="dim")
    if not found["findings"]:
        few = found["reps"] < FEWEST_REPS
        return Group(Text(SUPERVISION.text("too_few" if few else "none", language, reps=found["reps"])), label)
    table = Table(*(SUPERVISION.text(each, language) for each in ("rep", "pattern", "sign", "share", "usual", "rows")))
    for each in found["findings"]:
        for at, beyond in enumerate(each["beyond_chance"]):
            rows = beyond["rows"]
            told = ", ".join(rows[:_SHOWN]) + (" …" if len(rows) > _SHOWN else "")
            table.add_row(
                escape(each["rep_id"]) if at == 0 else "",
                SUPERVISION.text(each["pattern"], language) if at == 0 else "",
                SUPERVISION.text(beyond["sign"], language),
                f"{beyond['hits']} / {beyond['trials']} ({beyond['share']:.0%})",
                f"{beyond['usual']:.0%}",
                escape(told) if each["accuses"] else "",
            )
    return Group(table, label)


def _audited(found: dict[str, Any], language: str) -> RenderableType:
    table = Table(SUPERVISION.text("audit", language), SUPERVISION.text("rows", language), "")
    for name, count in found["found"].items():
        rows = found["rows"][name]
        told = ", ".join(str(row.get("id", row.get("customer_id"))) for row in rows[:_SHOWN])
        table.add_row(SUPERVISION.text(name, language), f"{count:,}", escape(told) + (" …" if count > _SHOWN else ""))
    return table


def _cases(rows: list[dict[str, Any]], language: str) -> RenderableType:
    if not rows:
        return Text(SUPERVISION.text("no_cases", language))
    table = Table(*(SUPERVISION.text(each, language) for each in ("case", "rep", "opened", "done", "missing")))
    for row in rows:
        done = ", ".join(SUPERVISION.text(each["kind"], language) for each in row["steps"])
        missing = ", ".join(SUPERVISION.text(each, language) for each in row["missing"])
        state = SUPERVISION.text("closed", language) if row["closed"] else missing
        table.add_row(escape(row["id"]), escape(row["rep_id"]), row["opened_at"][:10], done, state)
    return table
