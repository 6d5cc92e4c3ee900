"""What the shop says and how it reaches others: terms of sale, mail, webhooks, its environment, and what is amiss."""

from dataclasses import asdict
from typing import Any, Final

from starlette.responses import Response

from tsuide.app.changes import Change
from tsuide.app.doctor import found_again, told
from tsuide.app.hooks import HOOK_TOPICS, hooks_told, put_hook, remove_hook
from tsuide.app.jobs import newest_result
from tsuide.app.mail_setup import MailSetup, mail_setup
from tsuide.app.mailing import send, trial_mail
from tsuide.app.policies import active_policy
from tsuide.app.signing import sale_terms, set_sale_terms
from tsuide.config import told_settings, unknown_settings
from tsuide.errors import BadValue, TsuideError
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.log import begin, waited_for
from tsuide.interfaces.console.own_settings import MAIL, fields, set_mail
from tsuide.interfaces.console.phrases.environment import ENVIRONMENT
from tsuide.interfaces.console.phrases.frame import FRAME
from tsuide.interfaces.console.phrases.settings import SETTINGS
from tsuide.interfaces.console.settings import TABS
from tsuide.interfaces.console.tables import Action, Column, Table
from tsuide.interfaces.console.visit import Visit, change, plain_form, see
from tsuide.kit.money import minor_digits, parse_amount
from tsuide.kit.phrases import LANGUAGES
from tsuide.offers.acceptance import SaleTerms
from tsuide.offers.plain import plain

_TERMS: Final = ("payment", "delivery", "cancellation")
_YES_NO: Final = {"True": "yes", "False": "no"}
_GRADES: Final = {"bad": 0, "mind": 1, "good": 2}


def terms(visit: Visit) -> Response:
    """What stands before the last click, and how consents are asked for."""
    return _terms(visit)


def _terms(visit: Visit, problem: TsuideError | None = None) -> Response:
    kept, currency = sale_terms(visit.shop), visit.serving.settings.currency
    given = {f"{name}.{tongue}": getattr(kept, name).get(tongue, "") for name in _TERMS for tongue in LANGUAGES}
    given |= {"shipping": _major(kept.shipping, currency), "shipping_tax": f"{kept.shipping_tax / 100:g}"}
    given["free_from"] = _major(kept.free_from, currency) if kept.free_from else ""
    return page(
        visit, "settings_terms.html", "room.settings", SETTINGS, problem=problem, tabs=TABS, names=_TERMS,
        given=given | (plain_form(visit.form) if problem is not None else {}), unset=not kept.payment,
    )  # fmt: skip


def _major(amount: int, currency: str) -> str:
    digits = minor_digits(currency)
    return f"{amount / 10**digits:.{digits}f}"


def set_terms(visit: Visit) -> Response:
    """Set the shop's words."""
    before, currency = sale_terms(visit.shop), visit.serving.settings.currency
    try:
        words = {name: {tongue: visit.given(f"{name}.{tongue}") for tongue in LANGUAGES} for name in _TERMS}
        amounts = {name: _amount(visit, name, currency) for name in ("shipping", "free_from")}
        after = SaleTerms(**words, **amounts, shipping_tax=_percent(visit))  # type: ignore[arg-type]  # words and amounts by name
        set_sale_terms(visit.shop, after, visit.now)
    except TsuideError as error:
        return _terms(visit, error)
    entry = visit.record(Change("terms.set", "terms", plain(before), plain(after), {"was": plain(before)}))
    return visit.done("/settings/terms", entry)


def _amount(visit: Visit, name: str, currency: str) -> int:
    text = visit.given(name)
    try:
        return parse_amount(text, currency) if text else 0
    except TsuideError as error:
        raise BadValue("not an amount", key=name, value=text, way_out=f"an amount in {currency}") from error


def _percent(visit: Visit) -> int:
    text = visit.given("shipping_tax") or "10"
    try:
        rate = round(float(text) * 100)
    except ValueError as error:
        raise BadValue("not a rate", key="shipping_tax", value=text, way_out="10") from error
    if not 0 <= rate <= 10_000:  # noqa: PLR2004 - percent
        raise BadValue("not a rate", key="shipping_tax", value=text, way_out="0 to 100")
    return rate


def mail(visit: Visit) -> Response:
    """How mail goes out, whether it could, and a test."""
    return _mail(visit)


def _mail(visit: Visit, problem: TsuideError | None = None) -> Response:
    settings, amiss = visit.serving.settings, []
    setup: MailSetup | None = None
    try:
        setup = mail_setup(settings)
    except TsuideError as error:
        amiss.append({"what": str(error.what), "key": error.key, "way_out": error.way_out})
    sender = active_policy(visit.shop, visit.now).sender
    doubt = len(visit.shop.store.outbox.listed("in_doubt", n=1_000))
    return page(
        visit, "settings_mail.html", "room.settings", SETTINGS, problem=problem, tabs=TABS, setup=setup, amiss=amiss,
        bounces=settings.bounces, dkim=settings.dkim.partition(":")[0], sender=sender,
        doubt=doubt, line=bool(settings.line_token.get_secret_value()), to=visit.given("to", visit.user.email),
        **fields(visit, MAIL, problem),
    )  # fmt: skip


def set_mail_here(visit: Visit) -> Response:
    """Set how mail goes out."""
    try:
        return set_mail(visit)
    except TsuideError as error:
        return _mail(visit, error)


def test(visit: Visit) -> Response:
    """Send a mail to try it."""
    to = visit.given("to")
    try:
        send(visit.serving.settings, trial_mail(visit.serving.settings, to, visit.language))
    except TsuideError as error:
        return _mail(visit, error)
    return visit.done("/settings/mail", visit.record(Change("mail.test", to)))


def hooks(visit: Visit) -> Response:
    """Other systems that are told what changes."""
    return _hooks(visit)


def _hooks(visit: Visit, problem: TsuideError | None = None) -> Response:
    rows = [
        {**each, "topic_names": [SETTINGS.text(f"topic.{topic}", visit.language) for topic in each["topics"]],
         "state": "taken" if each["failing_since"] is None else "failing"}
        for each in hooks_told(visit.shop)
    ]  # fmt: skip
    columns = [
        Column("id", "hook_id"), Column("url", "hook_url"), Column("topic_names", "topics", kind="lines"),
        Column("state", kind="mark"), Column("failing_since", kind="moment"), Column("error", "hook_error"),
    ]  # fmt: skip
    remove = Action("remove", "/settings/hooks/remove", lambda row: {"id": row["id"]}, danger=True)
    given = {"id": "", "url": "", "topics": list(HOOK_TOPICS)}
    if problem is not None:
        given = {"id": visit.given("id"), "url": visit.given("url"), "topics": _topics(visit)}
    return page(
        visit, "settings_hooks.html", "room.settings", SETTINGS, problem=problem, tabs=TABS, given=given,
        topics=HOOK_TOPICS,        signed=bool(visit.serving.settings.carrier_secret.get_secret_value()),
        tables=[Table("hooks", columns, rows, [remove], empty="no_hooks", title_key="id")],
    )  # fmt: skip


def set_hook(visit: Visit) -> Response:
    """Tell an address from now on what changes."""
    before = {each["id"]: each for each in hooks_told(visit.shop)}
    try:
        made = put_hook(visit.shop, visit.must("id"), visit.must("url"), _topics(visit), visit.now)
    except TsuideError as error:
        return _hooks(visit, error)
    was = before.get(made["id"])
    entry = visit.record(Change("hook.set", made["id"], _shown(was), _shown(made), {"id": made["id"], "was": was}))
    return visit.done("/settings/hooks", entry)


def _topics(visit: Visit) -> list[str]:
    return [str(each) for each in visit.form.getlist("topics")]


def _shown(hook: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if hook is None else {"url": hook["url"], "topics": hook["topics"]}


def unset_hook(visit: Visit) -> Response:
    """Tell an address nothing more."""
    was = remove_hook(visit.shop, visit.must("id"))
    undo = {"id": was["id"], "was": was}
    return visit.done("/settings/hooks", visit.record(Change("hook.remove", was["id"], _shown(was), None, undo)))


def environment(visit: Visit) -> Response:
    """Every setting of the server, with the variable it comes from."""
    rows = [
        {"what": ENVIRONMENT.text(each.name, visit.language), "variable": each.variable,
         "value": FRAME.text(_YES_NO[each.value], visit.language) if each.value in _YES_NO else each.value,
         "source": "kept_here" if each.kept else "usual" if each.usual else "chosen"}
        for each in told_settings(visit.serving.settings, visit.shop.given)
    ]  # fmt: skip
    columns = [Column("what", "setting"), Column("variable"), Column("value"), Column("source", kind="mark")]
    settings = visit.serving.settings
    return page(
        visit, "settings_environment.html", "room.settings", SETTINGS, tabs=TABS,
        tables=[Table("environment", columns, rows)], unknown=unknown_settings(), shop=settings,
    )  # fmt: skip


def doctor(visit: Visit) -> Response:
    """What is amiss with this installation, and what to do."""
    kept = newest_result(visit.shop, "doctor")
    known = [told(each, visit.language) for each in found_again(kept[0]["findings"] if kept else [])]
    rows = [asdict(each) for each in sorted(known, key=lambda each: _GRADES[each.grade])]
    columns = [
        Column("grade", kind="mark", sortable=False), Column("title", "looked_at"), Column("found"), Column("do"),
    ]  # fmt: skip
    return page(
        visit, "settings_doctor.html", "room.settings", SETTINGS, tabs=TABS, as_of=None if kept is None else kept[1],
        tables=[Table("findings", columns, rows, empty="not_examined", title_key="title")],
        under_way=waited_for(visit, "doctor"), amiss=sum(each["grade"] != "good" for each in rows), any=bool(rows),
    )  # fmt: skip


def examine(visit: Visit) -> Response:
    """Look over the installation anew."""
    begin(visit, "doctor", {})
    return visit.done("/settings/doctor")


ROUTES: Final = [
    see("/settings/terms", "settings", terms),
    change("/settings/terms", "settings", set_terms),
    see("/settings/mail", "settings", mail),
    change("/settings/mail", "settings", set_mail_here),
    change("/settings/mail/test", "settings", test),
    see("/settings/hooks", "settings", hooks),
    change("/settings/hooks", "settings", set_hook),
    change("/settings/hooks/remove", "settings", unset_hook),
    see("/settings/environment", "settings", environment),
    see("/settings/doctor", "settings", doctor),
    change("/settings/doctor", "settings", examine),
]
