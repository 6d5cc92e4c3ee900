"""Mail templates: edited in both languages, looked at as a customer would get them, tested; and how mail fares."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote

import yaml
from starlette.responses import Response

from tsuide.app import mail_health as health
from tsuide.app import mail_templates as shelf
from tsuide.app.changes import Change
from tsuide.app.serving import example_customers
from tsuide.errors import BadSetting, Conflict, NotFound, TsuideError, Unavailable
from tsuide.interfaces.console.frame import HEADERS, page
from tsuide.interfaces.console.mail_styles import with_styles_of
from tsuide.interfaces.console.phrases.mail import MAIL
from tsuide.interfaces.console.tables import Action, Column, Table
from tsuide.interfaces.console.visit import Visit, change, see
from tsuide.kit.phrases import LANGUAGES
from tsuide.outreach.channels.mail.template import READY, MailTemplate, read_template
from tsuide.outreach.message import Message
from tsuide.outreach.phrases import GATE, PURPOSES, STATES

_PARTS: Final = ("subject", "preheader", "body", "text")
_OPTIONAL: Final = frozenset({"preheader", "text"})
_VALUE: Final = re.compile(r"\bvalues\.([A-Za-z_]\w{0,40})")
_WIDTH: Final = 10_000  # no line is broken
_DAYS: Final = (7, 30, 90)
_SHOWN: Final = 200


class _Block(str):
    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    pass


_Dumper.add_representer(
    _Block, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style="|")
)


def listed(visit: Visit) -> Response:
    """Every template that may be sent."""
    own, language = shelf.own_templates(visit.shop), visit.language
    rows = [
        {
            "name": each.name,
            "about": MAIL.all(language).get(f"about.{each.name}", each.about) if each.name not in own else each.about,
            "subject": each.subject[language],
            "purpose": PURPOSES.text(each.purpose, language),
            "offers": each.offers.n if each.offers is not None else 0,
            "whose": ("own_instead" if each.name in READY else "own") if each.name in own else "ready_made",
        }
        for each in shelf.templates(visit.shop).values()
    ]
    columns = [
        Column("name", href=lambda row: visit.url(_path(row["name"]))), Column("whose", kind="mark"),
        Column("subject", sortable=False), Column("about", sortable=False), Column("purpose"),
        Column("offers", kind="number", help="help_offers"),
    ]  # fmt: skip
    table = Table("templates", columns, rows)
    return page(visit, "mail_templates.html", "room.templates", MAIL, tables=[table], given={"name": "", "from": ""},
                names=[row["name"] for row in rows])  # fmt: skip


def new(visit: Visit) -> Response:
    """A template of the shop's own, as a copy of another."""
    name, source = visit.must("name"), visit.must("from")
    if name in shelf.templates(visit.shop):
        raise Conflict("there is a template of this name", key="name", value=name, way_out="choose another")
    text = _renamed(shelf.text_of(visit.shop, source), name)
    return _kept(visit, name, text)


def _renamed(text: str, name: str) -> str:
    """The same text with another name; everything else stays as it was written."""
    found, n = re.subn(r"(?m)^name:.*$", f"name: {name}", text, count=1)
    return found if n else f"name: {name}\n{text}"


# --- one -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Look:
    """As whom, in which language and with what a mail is looked at."""

    customer: str
    language: str
    values: Mapping[str, str] = field(default_factory=dict)


def one(visit: Visit) -> Response:
    """A template with a mail that is made of it."""
    name = visit.request.path_params["template"]
    text = shelf.text_of(visit.shop, name)
    version = visit.asked("version")
    if version:
        kept = {each["version"]: each["text"] for each in shelf.template_versions(visit.shop, name)}
        if version not in kept:
            raise NotFound("no such version", key="version", value=version)
        text = kept[version]
    chosen = visit.asked("in")
    look = _Look(visit.asked("customer") or _anybody(visit), chosen if chosen in LANGUAGES else visit.language)
    return _edited(visit, name, text, look)


def _anybody(visit: Visit) -> str:
    known = example_customers(visit.shop, n=1)
    return known[0] if known else ""


def _edited(
    visit: Visit,
    name: str,
    text: str,
    look: _Look,
    problem: TsuideError | None = None,
    fields: Mapping[str, str] | None = None,
    sent_to: str = "",
) -> Response:
    """The editor, with the mail as `look` says; `fields` are what was entered, where the text cannot be made of it."""
    found, wrong = None, problem
    template: MailTemplate | None = None
    try:
        template = read_template(text, name)
    except TsuideError as error:
        wrong = problem or error
    if template is not None and look.customer and visit.user.may("see", "customers"):
        try:
            outreach = visit.serving.outreach(strict=False)
            message = _message(visit, template, look)
            found = outreach.preview(message, look.language, template)
        except TsuideError as error:
            wrong = wrong or error
    top = _loaded(text)
    shown = fields or {f"{part}.{each}": _part(top, part, each) for part in _PARTS for each in LANGUAGES}
    own = name in shelf.own_templates(visit.shop)
    versions = _versions_table(visit, name)
    answer = page(
        visit,
        "mail_template.html",
        f"={MAIL.text('template_named', visit.language, name=name)}",
        MAIL,
        tables=[versions],
        problem=wrong,
        name=name,
        own=own,
        ready=name in READY,
        text=text,
        fields=shown,
        parts_told=_PARTS,
        look=look,
        values={each: look.values.get(each, _example(each)) for each in sorted({*_VALUE.findall(text)})},
        found=found,
        verdict=None if found is None else GATE.text(found.verdict.code, visit.language),
        knows=visit.user.may("see", "customers"),
        sent_to=sent_to,
        email=visit.user.email,
    )
    html = "" if found is None else found.html or ""
    answer.headers["Content-Security-Policy"] = with_styles_of(HEADERS["Content-Security-Policy"], html)
    return answer


def _example(name: str) -> str:
    return "1001" if name.endswith("_id") else ""


def _part(top: Mapping[str, Any], part: str, language: str) -> str:
    said = top.get(part)
    return str(said.get(language, "")) if isinstance(said, dict) else ""


def _loaded(text: str) -> dict[str, Any]:
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _message(visit: Visit, template: MailTemplate, look: _Look) -> Message:
    values = {name: look.values.get(name, _example(name)) for name in look.values}
    for name in {*_VALUE.findall(str(template.body) + str(template.subject) + str(template.text))}:
        values.setdefault(name, _example(name))
    products: tuple[str, ...] = ()
    loaded = visit.serving.decider.loaded_or_none
    if loaded is not None and "products" in f"{template.body}{template.subject}{template.preheader}":
        products = tuple(each.id for each in loaded.catalogue.bestsellers(2))
    return Message(
        "preview", look.customer, template.name, template.purpose, language=look.language,
        values={name: value for name, value in values.items() if value}, products=products,
    )  # fmt: skip


def sent(visit: Visit) -> Response:
    """Look at what was entered, keep it, or send a test of it to oneself."""
    name, wanted = visit.request.path_params["template"], visit.given("do")
    before = shelf.text_of(visit.shop, name)
    chosen = visit.given("in")
    values = {each.removeprefix("value."): visit.given(each) for each in visit.form if each.startswith("value.")}
    look = _Look(visit.given("customer"), chosen if chosen in LANGUAGES else visit.language, values)
    fields = {
        f"{part}.{each}": str(visit.form.get(f"{part}.{each}", "")).replace("\r\n", "\n")
        for part in _PARTS for each in LANGUAGES
    }  # fmt: skip
    text = str(visit.form.get("whole", "")).replace("\r\n", "\n") if wanted == "save_whole" else _with(before, fields)
    try:
        template = read_template(text, name)
        if wanted == "test":
            return _tested(visit, template, text, look, fields)
        if wanted in {"save", "save_whole"}:
            _sound(visit, template, look)
            return _kept(visit, name, text)
    except TsuideError as error:
        return _edited(visit, name, text, look, error, None if wanted == "save_whole" else fields)
    return _edited(visit, name, text, look, None, fields)


def _sound(visit: Visit, template: MailTemplate, look: _Look) -> None:
    """Before it is kept a template must make a mail, in both languages, of whoever it is looked at as.

    Raises:
        BadValue: it cannot be rendered; its own fault.
    """
    if look.customer:
        for language in LANGUAGES:
            message = _message(visit, template, _Look(look.customer, language, look.values))
            visit.serving.outreach(strict=False).preview(message, language, template)


def _tested(visit: Visit, template: MailTemplate, text: str, look: _Look, fields: Mapping[str, str]) -> Response:
    answer = visit.serving.outreach().test(_message(visit, template, look), visit.user.email, look.language, template)
    if answer.state != "sent":
        raise Unavailable(f"the mail server does not take it: {answer.detail or answer.code or answer.state}",
                          key="TSUIDE_SMTP", way_out="look at “How mail fares”")  # fmt: skip
    visit.record(Change("template.test", template.name, None, visit.user.email))
    return _edited(visit, template.name, text, look, None, fields, sent_to=visit.user.email)


def _with(text: str, fields: Mapping[str, str]) -> str:
    """The text with what was entered; as it is where nothing was changed.

    Comments go where something was changed: the whole is written anew.
    """
    top = _loaded(text)
    changed = {}
    for part in _PARTS:
        said = {language: fields[f"{part}.{language}"] for language in LANGUAGES}
        before = {language: _part(top, part, language).strip() for language in LANGUAGES}
        if {each: words.strip() for each, words in said.items()} != before:
            changed[part] = said
    if not changed:
        return text
    for part, said in changed.items():
        if part in _OPTIONAL and not any(words.strip() for words in said.values()):
            top.pop(part, None)
        else:
            top[part] = said
    return yaml.dump(_blocks(top), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=_WIDTH)


def _blocks(value: Any) -> Any:  # noqa: ANN401 - whatever YAML holds
    """Texts of several lines stand in lines of their own."""
    if isinstance(value, dict):
        return {key: _blocks(each) for key, each in value.items()}
    if isinstance(value, str) and "\n" in value:
        return _Block("\n".join(line.rstrip() for line in value.strip("\n").split("\n")) + "\n")
    return value


def _kept(visit: Visit, name: str, text: str) -> Response:
    before = shelf.own_text(visit.shop, name)
    shelf.put_template(visit.shop, name, text, visit.now)
    undo = {"name": name, "before": before, "after": text}
    return visit.done(_path(name), visit.record(Change("template.put", name, before, text, undo)))


def restore(visit: Visit) -> Response:
    """Let a version hold again."""
    name, version = visit.request.path_params["template"], visit.must("version")
    text = next(
        (each["text"] for each in shelf.template_versions(visit.shop, name) if each["version"] == version), None
    )
    if text is None:
        raise NotFound("no such version", key="version", value=version)
    return _kept(visit, name, text)


def remove(visit: Visit) -> Response:
    """Take a template of the shop's own out of use."""
    name = visit.request.path_params["template"]
    before = shelf.own_text(visit.shop, name)
    shelf.remove_template(visit.shop, name)
    undo = {"name": name, "before": before, "after": None}
    entry = visit.record(Change("template.remove", name, before, None, undo))
    return visit.done(_path(name) if name in READY else "/templates", entry)


def _versions_table(visit: Visit, name: str) -> Table:
    rows = [
        {"version": each["version"], "at": each["at"], "holds": "holds" if each["active"] else None,
         "subject": _part(_loaded(each["text"]), "subject", visit.language)}
        for each in shelf.template_versions(visit.shop, name)
    ]  # fmt: skip
    again = Action(
        "restore", f"{_path(name)}/restore", lambda row: None if row["holds"] else {"version": row["version"]}
    )
    columns = [
        Column("at", kind="moment"), Column("subject", sortable=False), Column("holds", kind="mark"),
        Column("version", href=lambda row: visit.url(_path(name), version=row["version"])),
    ]  # fmt: skip
    return Table("versions", columns, rows, [again], caption="versions", empty="no_versions")


def _path(name: str) -> str:
    return f"/templates/of/{quote(name, safe='')}"


# --- how mail fares ------------------------------------------------------------------------------------------


def fares(visit: Visit) -> Response:
    """Where mail arrived, which addresses take none, what the set-up lacks, how fast it may go."""
    return _fares(visit)


def _fares(visit: Visit, problem: TsuideError | None = None) -> Response:
    shop, language = visit.shop, visit.language
    days = visit.number("days", 30, 1, 366)
    since = visit.now - timedelta(days=days)
    rows = [
        {
            **row,
            "domain": row["domain"] or MAIL.text("erased", language),
            "purpose": PURPOSES.text(row["purpose"], language),
            "say": "many_back" if row["many"] else None,
            "delivered_share": row["delivered"] / row["sent"],
            "opened": row["open"] if row["measured"] else None,
            "clicked": row["click"] if row["measured"] else None,
        }
        for row in health.delivered(shop, since)
    ]
    codes = GATE.all(language)
    held = [
        {"state": STATES.text(row["state"], language), "why": codes.get(row["code"], row["code"]), "n": row["n"]}
        for row in health.held_back(shop, since)
    ]
    address = visit.asked("address")
    mark = health.mark_of(shop, address, visit.now) if address else ""
    one = health.blocked_address(shop, mark) if mark else None
    every = health.blocked_addresses(shop, _SHOWN) if not mark else [] if one is None else [one]
    blocked = [{**row, "reason": f"blocked_{row['reason']}", "short": row["mark"][:12]} for row in every]
    try:
        records, rates = health.dns_records(shop), health.rates_told(shop, visit.now)
    except BadSetting:
        records, rates = [], {"rates": [], "warm_up": None}
    tables = [
        Table("domains", _DOMAINS, rows, caption="by_domain", empty="nothing_sent"),
        Table("held", [Column("state"), Column("why"), Column("n", kind="number", help="help_n")], held,
              caption="where_they_stand", empty="nothing_asked"),
        Table("blocked", [Column("short", label="mark", help="help_mark"), Column("reason", kind="mark"),
                          Column("at", kind="moment"), Column("detail", sortable=False)],
              blocked, [Action("unblock", "/templates/unblock", lambda row: {"mark": row["mark"]})],
              caption="blocked", empty="not_blocked" if mark else "nobody_blocked"),
        Table("records", [Column("kind"), Column("name", label="record_name"), Column("value", sortable=False)],
              records, caption="records", empty="no_records"),
    ]  # fmt: skip
    return page(
        visit,
        "mail_fares.html",
        "fares",
        MAIL,
        tables=tables,
        problem=problem,
        days=days,
        choices=_DAYS,
        address=address,
        blocked_n=health.blocked_in_all(shop),
        findings=health.mail_findings(shop, visit.now),
        rates=rates,
        sent=sum(row["sent"] for row in rows),
        delivered=sum(row["delivered"] for row in rows),
        complained=sum(row["complaint"] for row in rows),
        knows=visit.user.may("see", "customers"),
    )


_DOMAINS: Final = [
    Column("domain"), Column("purpose"), Column("sent", kind="number", help="help_sent"),
    Column("delivered", kind="number", help="help_delivered"),
    Column("delivered_share", kind="share", help="help_delivered_share"),
    Column("bounce", kind="number", help="help_bounce"), Column("soft_bounce", kind="number", help="help_soft"),
    Column("complaint", kind="number", help="help_complaint"),
    Column("unsubscribe", kind="number", help="help_unsubscribe"),
    Column("measured", kind="number", help="help_measured"), Column("opened", kind="number", help="help_opened"),
    Column("clicked", kind="number", help="help_clicked"), Column("say", kind="mark"),
]  # fmt: skip


def unblock(visit: Visit) -> Response:
    """Write to an address again."""
    mark = visit.must("mark")
    row = health.unblock_address(visit.shop, mark)
    undo = {name: row[name] for name in ("mark", "reason", "detail")}
    entry = visit.record(Change("address.unblock", mark[:12], row["reason"], None, undo))
    return visit.done("/templates/fares", entry)


ROUTES = [
    see("/templates", "templates", listed),
    change("/templates/new", "templates", new),
    see("/templates/fares", "templates", fares),
    change("/templates/unblock", "templates", unblock),
    see("/templates/of/{template}", "templates", one),
    change("/templates/of/{template}", "templates", sent),
    change("/templates/of/{template}/restore", "templates", restore),
    change("/templates/of/{template}/remove", "templates", remove),
]
