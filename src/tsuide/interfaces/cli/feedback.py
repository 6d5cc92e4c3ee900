"""`tsuide feedback …`: complaints and scores of customers, recorded by hand."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from tsuide.app.feedback import feedback_of, record_feedback
from tsuide.app.wiring import Shop, opened
from tsuide.config import load_settings
from tsuide.facts.feedback import Feedback, FeedbackKind
from tsuide.interfaces.cli.options import At, Database, Home, entropy, moment, now
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown, local
from tsuide.kit.ids import time_id

feedback = typer.Typer(no_args_is_help=True, help="Complaints and scores of customers.")
Customer = Annotated[str, typer.Argument(help="Whose; their id.")]
Words = Annotated[str | None, typer.Option("--text", help="In their words.")]
Source = Annotated[str | None, typer.Option("--source", help="survey, phone, mail …")]
Own = Annotated[str | None, typer.Option("--id", help="Your own id: the same one is not recorded twice.")]


@feedback.command("complaint")
def complaint(
    customer: Customer,
    at: At = None,
    text: Words = None,
    source: Source = None,
    own: Own = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """A complaint; offers to this customer are silent until it is answered."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        _record(shop, _said(shop, customer, "complaint", at, own, text=text, source=source), as_json=as_json)


@feedback.command("answered")
def answered(
    customer: Customer,
    at: At = None,
    text: Words = None,
    own: Own = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """The customer's complaints are settled."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        _record(shop, _said(shop, customer, "answered", at, own, text=text), as_json=as_json)


@feedback.command("score")
def score(
    customer: Customer,
    value: Annotated[int, typer.Argument(help="0 … 10: how likely they are to recommend the shop.")],
    at: At = None,
    text: Words = None,
    source: Source = None,
    own: Own = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """A score of satisfaction (NPS)."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        _record(shop, _said(shop, customer, "score", at, own, value, text, source), as_json=as_json)


@feedback.command("list")
def list_(customer: Customer, home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """What a customer said."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        rows = feedback_of(shop, customer)
        table = Table("id", "kind", "at", "score", "text")
        for row in rows:
            cells = (
                row["id"],
                row["kind"],
                local(row["at"], shop.settings.time_zone),
                "" if row["score"] is None else str(row["score"]),
            )
            table.add_row(*map(escape, (*cells, row["text"] or "")))
        emit({"feedback": rows}, lambda: table if rows else "Nothing on record.", as_json=as_json)


def _said(
    shop: Shop,
    customer: str,
    kind: FeedbackKind,
    at: str | None,
    own: str | None,
    value: int | None = None,
    text: str | None = None,
    source: str | None = None,
) -> Feedback:
    said_id = own or time_id("fb", now(), entropy())
    return Feedback(said_id, customer, kind, moment(at, shop.settings.time_zone), value, text, source)


def _record(shop: Shop, said: Feedback, *, as_json: bool) -> None:
    new = record_feedback(shop, said, now())
    state = "recorded" if new else "recorded before"
    emit({"feedback": said.id, "new": new}, lambda: f"{said.id}: {state}", as_json=as_json)
