"""One customer whole: what is known, what to offer now and what not; written down, changed, told, erased."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.responses import RedirectResponse, Response

from tsuide.app.changes import Change
from tsuide.app.customer_changes import ATTRIBUTES, OWN, change_customer, say_consent
from tsuide.app.customer_whole import asked_of, customer_whole, offers_told
from tsuide.app.deals import deals_told
from tsuide.app.erasing import erase_customer, everything_of
from tsuide.app.interactions import record_interaction, record_win
from tsuide.app.privacy.archive import archive_of
from tsuide.app.privacy.phrases import TABLES
from tsuide.errors import BadValue, TsuideError, Unavailable, WrongKey
from tsuide.facts.consent import CHANNELS, PURPOSES
from tsuide.facts.interactions import INTERACTION_KINDS, Interaction, Win
from tsuide.interfaces.console.customer_tables import tables_of
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.own import entered, moment_of, refuse_others_customer, rep_of
from tsuide.interfaces.console.phrases.customers import CUSTOMERS
from tsuide.interfaces.console.tables import Column, Table
from tsuide.interfaces.console.tasks import people_of
from tsuide.interfaces.console.visit import Visit, change, see
from tsuide.kit.ids import time_id
from tsuide.kit.text import must_be_said
from tsuide.outreach import phrases as words
from tsuide.outreach.sales.happened import TALKS

PARTS: Final = ("now", "history", "bought", "reached", "web", "profile")
_LISTED: Final = 50
Doing = Callable[[Visit, str], Response]


async def one(visit: Visit) -> Response:
    """The page."""
    customer_id = visit.asked("id")
    if not customer_id:
        return visit.done("/customers")
    await asyncio.to_thread(refuse_others_customer, visit, customer_id)
    return await _shown(visit, customer_id)


async def _shown(visit: Visit, customer_id: str, problem: TsuideError | None = None, part: str = "") -> Response:
    shop, decider = visit.shop, visit.serving.decider
    told = await asyncio.to_thread(customer_whole, shop, customer_id, visit.now, decider.loaded_or_none, n=_LISTED)
    chosen = part or (visit.asked("part") if visit.asked("part") in PARTS else PARTS[0])
    offers = None
    if chosen == "now" and decider.loaded_or_none is not None:
        try:
            served = await decider.decide(asked_of(told, visit.language, rep_of(visit)))
            offers = await asyncio.to_thread(offers_told, served, told["owned"], visit.language)
        except Unavailable:
            offers = None
    return await asyncio.to_thread(_page, visit, told, offers, chosen, problem)


def _page(
    visit: Visit, told: dict[str, Any], offers: dict[str, Any] | None, part: str, problem: TsuideError | None
) -> Response:
    who, language = told["customer"], visit.language
    names = {each["id"]: each["name"] or each["id"] for each in told["tree"]["members"]}
    deals = deals_told(visit.shop, "all", customer_id=who["id"], n=_LISTED) if part == "reached" else []
    people = dict(people_of(visit.shop))
    owner = who["attributes"].get("owner")
    return page(
        visit, "customer.html", f"={who['name'] or who['id']}", CUSTOMERS, problem=problem,
        tables=tables_of(visit, told, offers, deals, names), told=told, who=who, offers=offers, part=part, parts_=PARTS,
        names=names, owner=people.get(owner, owner), people=list(people.items()), entered=entered(visit),
        today=visit.now.astimezone().strftime("%Y-%m-%d"), own=OWN, attributes=ATTRIBUTES,
        talks=[(kind, TALKS.text(kind, language)) for kind in INTERACTION_KINDS],
        purposes=[(each, words.PURPOSES.text(each, language)) for each in PURPOSES],
        channels=[(each, words.CHANNELS.text(each, language)) for each in CHANNELS],
        kind_of=lambda kind: words.KINDS.text(kind, language),
        learned=visit.serving.decider.loaded_or_none is not None,
    )  # fmt: skip


# --- written down and changed -------------------------------------------------------------------------------------


def _does(part: str, doing: Doing) -> Callable[[Visit], Awaitable[Response]]:
    """A change of a customer who is the visitor's own; where it fails the page is shown again with what was sent."""

    async def handler(visit: Visit) -> Response:
        customer_id = visit.must("id")
        await asyncio.to_thread(refuse_others_customer, visit, customer_id)
        try:
            return await asyncio.to_thread(doing, visit, customer_id)
        except WrongKey:
            raise
        except TsuideError as error:
            return await _shown(visit, customer_id, error, part)

    return handler


def _back(visit: Visit, customer_id: str, part: str, entry: int) -> Response:
    return visit.done("/customers/one", entry, id=customer_id, part=part)


def _talk(visit: Visit, customer_id: str) -> Response:
    at = moment_of(visit, "at") if visit.given("at") else visit.now
    said = Interaction(
        time_id("int", visit.now, visit.serving.entropy()), customer_id, visit.must("kind"),  # type: ignore[arg-type]  # checked there
        min(at, visit.now), visit.user.name, visit.given("department") or None, visit.must("text"),
        visit.given("outcome") or None,
    )  # fmt: skip
    record_interaction(visit.shop, said, visit.now)
    after = {"kind": said.kind, "text": said.text}
    undo = {"interaction": said.id}
    entry = visit.record(Change("customers.note", customer_id, None, after, undo, customer_id=customer_id))
    return _back(visit, customer_id, "history", entry)


def _win(visit: Visit, customer_id: str) -> Response:
    known = json.loads(str(visit.shop.store.facts.customer(customer_id)["attributes"] or "{}"))
    said = Win(
        time_id("win", visit.now, visit.serving.entropy()), customer_id, visit.must("metric"), visit.must("before"),
        visit.must("after"), visit.must("evidence"), visit.now,
    )  # fmt: skip
    record_win(visit.shop, said, visit.now)
    undo = {"win": said.id, "customer": customer_id, "won": known.get("won")}
    after = {"metric": said.metric, "before": said.before, "after": said.after}
    entry = visit.record(Change("customers.win", customer_id, None, after, undo, customer_id=customer_id))
    return _back(visit, customer_id, "history", entry)


def _profile(visit: Visit, customer_id: str) -> Response:
    given = {name: visit.given(name) for name in (*OWN, *ATTRIBUTES) if name in visit.form}
    if visit.user.own_only and ({"owner", "parent_id"} & given.keys()):
        raise WrongKey("a rep gives no customer away", key="owner", way_out="ask your sales manager")
    before = change_customer(visit.shop, customer_id, given)
    if not before:
        return RedirectResponse(visit.url("/customers/one", id=customer_id, part="profile"), 303)
    after = {name: given[name] or None for name in before}
    undo = {"customer": customer_id, "given": before}
    entry = visit.record(Change("customers.change", customer_id, before, after, undo, customer_id=customer_id))
    return _back(visit, customer_id, "profile", entry)


def _consent(visit: Visit, customer_id: str) -> Response:
    purpose, channel, granted = visit.must("purpose"), visit.must("channel"), visit.must("granted") == "yes"
    before = say_consent(visit.shop, customer_id, purpose, channel, visit.now, granted=granted,
                         evidence=visit.must("evidence"), who=visit.user.name)  # fmt: skip
    undo = {"customer": customer_id, "purpose": purpose, "channel": channel, "granted": bool(before)}
    after = {"purpose": purpose, "channel": channel, "granted": granted, "evidence": visit.given("evidence")}
    entry = visit.record(Change("customers.consent", customer_id, before, after, undo, customer_id=customer_id))
    return _back(visit, customer_id, "profile", entry)


# --- what a customer may ask for ----------------------------------------------------------------------------------


def _owners_only(visit: Visit) -> None:
    if visit.user.role != "owner":
        raise WrongKey("only an owner does this", key="role", value=visit.user.role)


def disclosure(visit: Visit) -> Response:
    """Everything that is kept of a customer, in one archive."""
    _owners_only(visit)
    content = archive_of(visit.shop, visit.asked("id"), visit.now)
    headers = {"Content-Disposition": 'attachment; filename="person.zip"', "Cache-Control": "no-store"}
    return Response(content, media_type="application/zip", headers=headers)


def erasing(visit: Visit) -> Response:
    """What will be removed; nothing is yet."""
    _owners_only(visit)
    return _erasing(visit, visit.asked("id")) if visit.asked("id") else visit.done("/customers")


def _erasing(visit: Visit, customer_id: str, problem: TsuideError | None = None) -> Response:
    kept = everything_of(visit.shop, customer_id)
    rows = [{"what": TABLES.text(name, visit.language), "n": len(rows)} for name, rows in kept.items() if rows]
    table = Table(
        "kept", [Column("what"), Column("n", label="rows", kind="number", help="of_rows_kept")], rows, caption="kept"
    )
    return page(visit, "customer_erase.html", "erase", CUSTOMERS, tables=[table], customer_id=customer_id,
                problem=problem)  # fmt: skip


def erase(visit: Visit) -> Response:
    """Forget a customer; it cannot be undone."""
    _owners_only(visit)
    customer_id = visit.must("id")
    try:
        must_be_said("confirm", visit.given("confirm"))
        if visit.given("confirm") != customer_id:
            raise BadValue(
                "is not this customer's id", key="confirm", value=visit.given("confirm"), way_out=customer_id
            )
    except TsuideError as error:
        return _erasing(visit, customer_id, error)
    done = erase_customer(visit.shop, customer_id, visit.now, visit.user.name)
    entry = visit.record(Change("customers.erase", "–", None, {"rows": sum(done.values())}))
    return visit.done("/customers", entry)


ROUTES = [
    see("/customers/one", "customers", one),
    see("/customers/person.zip", "customers", disclosure),
    see("/customers/erase", "customers", erasing),
    change("/customers/note", "customers", _does("history", _talk)),
    change("/customers/win", "customers", _does("history", _win)),
    change("/customers/change", "customers", _does("profile", _profile)),
    change("/customers/consent", "customers", _does("profile", _consent)),
    change("/customers/erase", "customers", erase),
]
