"""`tsuide task …`: what people are to do about customers: look, add, do, put off, pass on; a mail, a calendar."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import typer
from rich.console import RenderableType
from rich.markup import escape
from rich.table import Column, Table

from tsuide.app import tasks as desk
from tsuide.app.mailing import report_mail, send
from tsuide.app.wiring import Shop, opened
from tsuide.config import load_settings
from tsuide.errors import BadValue
from tsuide.interfaces.cli.effect import Language
from tsuide.interfaces.cli.options import Database, Home, entropy, now
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown, local
from tsuide.kit.clock import zone
from tsuide.kit.phrases import Phrases

task = typer.Typer(no_args_is_help=True, help="Tasks: what somebody is to do about a customer.")
Id = Annotated[str, typer.Argument(help="The task's id: `tsuide task list`.")]
For = Annotated[str | None, typer.Option("--for", help="Only this person's.")]
By = Annotated[str | None, typer.Option("--by", help="Who does this, for the history.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Why.")]
_LASTS: Final = re.compile(r"([1-9]\d{0,3})([hdw])")
_UNITS: Final = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_PHRASES: Final = Phrases(
    {
        "id": {"ja": "ID", "en": "id"},
        "due": {"ja": "期限", "en": "due"},
        "customer": {"ja": "お客様", "en": "customer"},
        "assignee": {"ja": "担当", "en": "for"},
        "title": {"ja": "内容", "en": "task"},
        "snoozes": {"ja": "延期", "en": "put off"},
        "none": {"ja": "やることはありません。", "en": "Nothing to do."},
        "calm": {"ja": "期限を過ぎたもの、本日が期限のものはありません。", "en": "Nothing is overdue or due today."},
        "mailed": {"ja": "{to} に送りました: {subject}", "en": "sent to {to}: {subject}"},
        "open": {"ja": "再開しました", "en": "open again"},
        "done": {"ja": "完了しました", "en": "done"},
        "dropped": {"ja": "取りやめました", "en": "dropped"},
        "snoozed": {"ja": "{at} に延期しました", "en": "put off until {at}"},
        "assigned": {"ja": "{name} に割り当てました", "en": "passed on to {name}"},
        "added": {"ja": "追加しました", "en": "added"},
    }
)


@task.command("list")
def tasks(
    whose: For = None,
    customer: Annotated[str | None, typer.Option("--customer", help="Only about this customer.")] = None,
    state: Annotated[str, typer.Option("--state", help="open, done, dropped or all.")] = "open",
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those whose time has passed.")] = False,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Tasks, those due first."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        if state not in {"open", "done", "dropped", "all"}:
            raise BadValue("not a state", key="--state", value=state, way_out="open, done, dropped, all")
        rows = desk.tasks_told(
            shop, None if state == "all" else state, assignee=whose, customer_id=customer,
            due_before=now() if overdue else None,
        )  # fmt: skip
        emit({"tasks": rows}, lambda: _table(shop, rows), as_json=as_json)


@task.command("add")
def add(
    title: Annotated[str, typer.Argument(help="What is to be done.")],
    customer: Annotated[str | None, typer.Option("--customer", help="About whom.")] = None,
    whose: Annotated[str | None, typer.Option("--for", help="Who does it. [default: the customer's owner]")] = None,
    due: Annotated[str, typer.Option("--due", help="4h, 2d, 1w, or a moment such as 2026-12-01T10:00.")] = "1d",
    note: Annotated[str | None, typer.Option("--note", help="More of it.")] = None,
    key: Annotated[str | None, typer.Option("--key", help="Yours; the same key makes no second task.")] = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Give somebody a task."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        at = _moment(shop, due, "--due")
        row = desk.add_task(
            shop, title, at, now(), entropy(), customer_id=customer, note=note, assignee=whose, key=key
        )  # fmt: skip
        emit(row, lambda: f"{row['id']}: {_PHRASES.text('added', shop.settings.language)}", as_json=as_json)


@task.command("done")
def done(
    task_id: Id, reason: Reason = None, by: By = None, home: Home = None, database_url: Database = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """It is done."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        _settle(shop, task_id, "done", reason, by, as_json=as_json)


@task.command("drop")
def drop(
    task_id: Id, reason: Reason = None, by: By = None, home: Home = None, database_url: Database = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """It is not to be done any more."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        _settle(shop, task_id, "dropped", reason, by, as_json=as_json)


@task.command("open")
def reopen(
    task_id: Id, reason: Reason = None, by: By = None, home: Home = None, database_url: Database = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Open it again: undoes `done` and `drop`."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        _settle(shop, task_id, "open", reason, by, as_json=as_json)


@task.command("snooze")
def snooze(
    task_id: Id,
    until: Annotated[str, typer.Option("--until", help="4h, 2d, 1w, or a moment such as 2026-12-01T10:00.")] = "1d",
    reason: Reason = None,
    by: By = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Put it off."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        at = _moment(shop, until, "--until")
        before = desk.snooze_task(shop, task_id, at, now(), reason=reason, who=by)
        words = _PHRASES.text("snoozed", shop.settings.language, at=local(at, shop.settings.time_zone))
        emit(
            {"id": task_id, "before": before, "due_at": at.isoformat()}, lambda: f"{task_id}: {words}", as_json=as_json
        )


@task.command("assign")
def assign(
    task_id: Id,
    name: Annotated[str, typer.Argument(help="Who does it from now on.")],
    by: By = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Pass it on."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        before = desk.assign_task(shop, task_id, name, now(), who=by)
        words = _PHRASES.text("assigned", shop.settings.language, name=name)
        emit({"id": task_id, "before": before, "assignee": name}, lambda: f"{task_id}: {words}", as_json=as_json)


@task.command("history")
def history(task_id: Id, home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """What was done with it, by whom."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        rows = desk.task_history(shop, task_id)
        table = Table("at", "deed", "who", "for", "due", "reason")
        for row in rows:
            cells = (row[name] or "–" for name in ("at", "deed", "who", "assignee", "due_at", "reason"))
            table.add_row(*(escape(str(each)) for each in cells))
        emit({"history": rows}, lambda: table, as_json=as_json)


@task.command("digest")
def digest(
    whose: For = None,
    to: Annotated[list[str] | None, typer.Option("--to", help="Mail it there; repeat it. [default: print it]")] = None,
    language: Language = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """What is overdue and what is due today; every morning by itself: `tsuide schedule set NAME --about tasks`."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        told = language or shop.settings.language
        made = desk.task_digest(shop, now(), told, whose)
        if made is None:
            emit({"mailed": [], "subject": None, "text": None}, lambda: _PHRASES.text("calm", told), as_json=as_json)
            return
        if to:
            send(shop.settings, report_mail(shop.settings, to, made.subject, made.text, made.html, {}))
        words = _PHRASES.text("mailed", told, to=", ".join(to or ()), subject=made.subject) if to else made.text
        words = escape(words)  # a title may hold what would be read as markup
        emit({"mailed": to or [], "subject": made.subject, "text": made.text}, lambda: words, as_json=as_json)


@task.command("calendar")
def calendar(
    whose: Annotated[str, typer.Argument(help="Whose.")],
    file: Annotated[bool, typer.Option("--file", help="Print the calendar itself, not its address.")] = False,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """The address that a calendar program subscribes to. Whoever knows it can read it."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        if file:
            typer.echo(desk.task_calendar(shop, shop.settings.language, whose).decode(), nl=False)
            return
        address = desk.calendar_address(shop, whose, now())
        emit({"for": whose, "address": address}, lambda: address, as_json=as_json)


def _settle(shop: Shop, task_id: str, state: str, reason: str | None, by: str | None, *, as_json: bool) -> None:
    before = desk.settle_task(shop, task_id, state, now(), reason=reason, who=by)
    words = _PHRASES.text(state, shop.settings.language)
    emit({"id": task_id, "before": before, "state": state}, lambda: f"{task_id}: {words}", as_json=as_json)


def _table(shop: Shop, rows: list[dict[str, Any]]) -> RenderableType:
    language = shop.settings.language
    if not rows:
        return _PHRASES.text("none", language)
    names = ("due", "customer", "assignee", "title", "snoozes")
    whole = Column(_PHRASES.text("id", language), no_wrap=True)  # it is copied into the next command
    table = Table(whole, *(_PHRASES.text(each, language) for each in names))
    for row in rows:
        due = local(row["due_at"], shop.settings.time_zone)
        cells = (row["id"], due, row["customer_id"] or "–", row["assignee"] or "–", row["title"][language])
        table.add_row(*(escape(str(each)) for each in cells), str(row["snoozes"] or ""))
    return table


def _moment(shop: Shop, text: str, key: str) -> datetime:
    """In so many hours, days or weeks, or at a moment of the shop's time zone.

    Raises:
        BadValue: it is neither.
    """
    lasts = _LASTS.fullmatch(text)
    if lasts is not None:
        return now() + int(lasts[1]) * _UNITS[lasts[2]]
    try:
        at = datetime.fromisoformat(text)
    except ValueError as exc:
        raise BadValue("neither a while nor a moment", key=key, value=text, way_out="2d, or 2026-12-01T10:00") from exc
    return (at if at.tzinfo is not None else at.replace(tzinfo=zone(shop.settings.time_zone))).astimezone(UTC)
