"""`tsuide mail …`: look at mails, test them, send them, settle what is in doubt, read what came back."""

import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from tsuide.app import mail_templates as shelf
from tsuide.app import outbox as desk
from tsuide.app.mail_answers import MailAnswers
from tsuide.app.mail_links import mail_links
from tsuide.app.sending import Outreach, running
from tsuide.app.sending import reconcile as reconcile_log
from tsuide.app.sending import resolve as resolve_key
from tsuide.app.wiring import Shop, opened
from tsuide.config import load_settings
from tsuide.errors import BadFile, BadSetting, BadValue, TsuideError
from tsuide.interfaces.cli.options import Database, Home, entropy, now
from tsuide.interfaces.cli.terminal import Json, emit, err, errors_shown, local
from tsuide.outreach.gate import CODES
from tsuide.outreach.message import Message
from tsuide.outreach.phrases import GATE, STATES

mail = typer.Typer(no_args_is_help=True, help="Mail to customers: preview, test, send, and what came of it.")
Template = Annotated[str, typer.Argument(help="Name of a template: `tsuide mail templates`.")]
Customer = Annotated[str, typer.Argument(help="To whom; their id.")]
Language = Annotated[str | None, typer.Option("--language", help="ja or en. [default: the customer's]")]
Values = Annotated[list[str] | None, typer.Option("--value", help="NAME=TEXT that the template names; repeat it.")]
Products = Annotated[list[str] | None, typer.Option("--product", help="What the mail is about; repeat it.")]


@mail.command("templates")
def templates(home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Every template that may be sent."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        found = shelf.templates(shop)
        table = Table("name", "purpose", "offers", "about")
        for each in found.values():
            table.add_row(each.name, each.purpose, str(each.offers.n if each.offers else 0), escape(each.about))
        rows = [{"name": each.name, "version": each.version, "purpose": each.purpose} for each in found.values()]
        emit({"templates": rows}, lambda: table, as_json=as_json)


@mail.command("show")
def show(template: Template, home: Home = None, database_url: Database = None) -> None:
    """The text of a template, to begin one's own from."""
    with errors_shown(), opened(load_settings(home=home, database_url=database_url)) as shop:
        typer.echo(shelf.text_of(shop, template), nl=False)


@mail.command("put")
def put(
    file: Annotated[Path, typer.Argument(help="YAML; docs/outreach.md describes it.")],
    name: Annotated[str | None, typer.Option("--name", help="[default: the name in the file]")] = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Keep a template of the shop's own; it is used from the next mail on."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        text = _text(file)
        from tsuide.outreach.channels.mail.template import read_template

        made = shelf.put_template(shop, name or read_template(text, name).name, text, now())
        emit({"template": made.name, "version": made.version}, lambda: f"{made.name} {made.version}", as_json=as_json)


@mail.command("remove")
def remove(template: Template, home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Take a template of the shop's own out of use; a ready-made one of its name holds again."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        shelf.remove_template(shop, template)
        emit({"removed": template}, lambda: f"{template}: removed", as_json=as_json)


@mail.command("preview")
def preview(
    template: Template,
    customer: Customer,
    language: Language = None,
    value: Values = None,
    product: Products = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write the HTML part to this file.")] = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """A mail as this customer would read it now, and what the gate says; nothing goes out."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        outreach, close = running(shop, now, entropy, strict=False)
        try:
            message = _message(shop, "preview", template, customer, language, value, product)
            found = outreach.preview(message, language)
        finally:
            close()
        if html is not None and found.html is not None:
            html.write_text(found.html, encoding="utf-8")
        told: dict[str, Any] = {
            "subject": found.subject,
            "text": found.text,
            "html": found.html,
            "language": found.language,
        }
        code = found.verdict.code
        told |= {"verdict": code, "offers": found.offered}
        why = GATE.text(code, shop.settings.language)
        emit(told, lambda: escape(f"{found.subject}\n\n{found.text}\n\n{code}: {why}"), as_json=as_json)


@mail.command("test")
def try_out(
    template: Template,
    customer: Customer,
    to: Annotated[str, typer.Option("--to", help="An address of your own people.")],
    language: Language = None,
    value: Values = None,
    product: Products = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Send a mail as this customer would read it to yourself; marked as a test, and no contact of theirs."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        outreach, close = running(shop, now, entropy)
        try:
            said = outreach.test(_message(shop, "test", template, customer, language, value, product), to, language)
        finally:
            close()
        told = {"state": said.state, "code": said.code, "detail": said.detail}
        emit(told, lambda: f"{to}: {said.state} {said.detail or ''}", as_json=as_json)


@mail.command("send")
def send(
    template: Template,
    customer: Customer,
    key: Annotated[str, typer.Option("--key", help="Yours: the same key is the same mail, however often you ask.")],
    language: Language = None,
    value: Values = None,
    product: Products = None,
    source: Annotated[str | None, typer.Option("--source", help="Journey or campaign, for reports.")] = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Send one mail, once, if the gate lets it go out now."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        outreach, close = running(shop, now, entropy)
        try:
            found = outreach.send(_message(shop, key, template, customer, language, value, product, source))
        finally:
            close()
        until = None if found.until is None else found.until.isoformat()
        told = {"key": key, "state": found.state, "code": found.code, "until": until, "new": found.new}
        emit(told, lambda: _line(shop, told), as_json=as_json)


@mail.command("due")
def due(
    threads: Annotated[int, typer.Option("--threads", min=1, max=32, help="Lines to the mail server.")] = 2,
    watch: Annotated[float, typer.Option("--watch", min=0, help="Look again every so many seconds; 0 = once.")] = 0,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Send what is due, and read what came back (TSUIDE_BOUNCES). Several may run at once."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        outreach, close = running(shop, now, entropy)
        answers = MailAnswers(shop, outreach.links)
        try:
            if not watch:
                told = _turn(shop, outreach, answers, threads)
                emit(told, lambda: json.dumps(told, ensure_ascii=False), as_json=as_json)
            while watch:
                try:
                    told = _turn(shop, outreach, answers, threads)
                    if any(told.values()):
                        err.print(json.dumps(told, ensure_ascii=False), highlight=False)
                except TsuideError as error:  # the store is away for a moment: the next turn tries again
                    err.print(str(error), markup=False, highlight=False)
                time.sleep(watch)
        finally:
            close()


@mail.command("list")
def list_(
    state: Annotated[
        str | None, typer.Option("--state", help="waiting, sending, sent, refused, failed, in_doubt")
    ] = None,
    customer: Annotated[str | None, typer.Option("--customer", help="Only this customer's.")] = None,
    after: Annotated[str, typer.Option("--after", help="Id of the last one seen.")] = "",
    n: Annotated[int, typer.Option("-n", min=1, max=desk.MOST)] = 50,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Messages in the order in which they were asked for."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        rows = desk.messages(shop, state, customer, after, n)
        emit({"messages": rows}, lambda: _table(shop, rows) if rows else "None.", as_json=as_json)


@mail.command("held")
def held(home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Messages of which nobody knows whether they went out: `tsuide mail resolve` settles them."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        shop.store.outbox.recover(now())
        rows = desk.messages(shop, "in_doubt", n=desk.MOST)
        emit({"messages": rows}, lambda: _table(shop, rows) if rows else "None.", as_json=as_json)


@mail.command("told")
def told_(
    message: Annotated[str, typer.Argument(help="Its id.")],
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """One message with every verdict of the gate, and what came of it."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        found = desk.message(shop, message)
        emit(found, lambda: escape(json.dumps(found, ensure_ascii=False, indent=1)), as_json=as_json)


@mail.command("resolve")
def resolve(
    key: Annotated[str, typer.Argument(help="Key of a message in doubt.")],
    who: Annotated[str, typer.Option("--who", help="Who says so.")],
    sent: Annotated[bool, typer.Option("--sent/--not-sent", help="Whether it went out; if not, it is due again.")],
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Settle a message in doubt."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        found = resolve_key(shop, key, now(), went_out=sent, who=who)
        told = {"key": key, "state": found.state, "code": None, "until": None}
        emit(told, lambda: _line(shop, told), as_json=as_json)


@mail.command("reconcile")
def reconcile(
    log: Annotated[Path, typer.Argument(help="Log of the mail server, of any form that names Message-IDs.")],
    whole: Annotated[
        bool,
        typer.Option("--whole", help="It holds everything since the oldest in doubt: what it lacks did not go out."),
    ] = False,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Settle messages in doubt by the mail server's own log."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        counts = reconcile_log(shop, _text(log), now(), whole=whole)
        emit(counts, lambda: json.dumps(counts), as_json=as_json)


@mail.command("bounces")
def bounces(
    folder: Annotated[
        Path | None, typer.Argument(help="A maildir, or a folder of .eml files. [env: TSUIDE_BOUNCES]")
    ] = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Read bounces and complaints."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        where = folder or (Path(shop.settings.bounces) if shop.settings.bounces else None)
        if where is None:
            raise BadSetting("no folder is named", key="TSUIDE_BOUNCES", way_out="tsuide mail bounces FOLDER")
        counts = MailAnswers(shop, mail_links(shop, now())).take_folder(where, now())
        emit(counts, lambda: json.dumps(counts), as_json=as_json)


def _turn(shop: Shop, outreach: Outreach, answers: MailAnswers, threads: int) -> dict[str, Any]:
    """What was sent, and what came back."""
    told: dict[str, Any] = {"sent": outreach.deliver_due(threads=threads)}
    if shop.settings.bounces:
        told["came_back"] = answers.take_folder(Path(shop.settings.bounces), now())
    return told


def _message(
    shop: Shop,
    key: str,
    template: str,
    customer: str,
    language: str | None,
    values: list[str] | None,
    products: list[str] | None,
    source: str | None = None,
) -> Message:
    found = {}
    for each in values or []:
        name, equals, text = each.partition("=")
        if not equals:
            raise BadValue("not NAME=TEXT", key="--value", value=each)
        found[name] = text
    purpose = shelf.template_of(shop, template).purpose
    return Message(
        key, customer, template, purpose, language=language, values=found, products=tuple(products or ()), source=source
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise BadFile("cannot be read", key="file", value=str(path)) from error


def _line(shop: Shop, told: dict[str, Any]) -> str:
    language, code = shop.settings.language, told["code"]
    why = f" ({GATE.text(code, language) if code in CODES else code})" if code else ""
    until = f", {local(told['until'], shop.settings.time_zone)}" if told.get("until") else ""
    return escape(f"{told['key']}: {STATES.text(told['state'], language)}{why}{until}")


def _table(shop: Shop, rows: list[dict[str, Any]]) -> Table:
    table = Table("id", "key", "customer", "template", "state", "code", "at")
    for row in rows:
        state = STATES.text(row["state"], shop.settings.language)
        cells = (row["id"], row["key"], row["customer_id"] or "", row["template"], state, row["code"] or "")
        table.add_row(*map(escape, (*cells, local(row["state_at"], shop.settings.time_zone))))
    return table
