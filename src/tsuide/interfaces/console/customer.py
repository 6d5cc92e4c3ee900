"""One customer whole: what is known, what to offer now and what not; written down, changed, told, erased."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from starlette.responses import RedirectResponse, Response

from tsuide.app.changes import Change
from tsuide.app.consent_words import every_consent_words, words_agreed_to
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
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.own import entered, moment_of, refuse_others_customer, rep_of
from tsuide.interfaces.console.phrases.customers import CUSTOMERS
from tsuide.interfaces.console.tables import Column, Table
from tsuide.interfaces.console.tasks import people_of
from tsuide.interfaces.console.visit import Visit, change, see
from tsuide.kit.ids import time_id
from tsuide.kit.text import must_be_said
from tsuide.outreach import phrases as words
from tsuide.outreach.sales.happened import TALKS, what_happened

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
        tables=_tables(visit, told, offers, deals, names), told=told, who=who, offers=offers, part=part, parts_=PARTS,
        names=names, owner=people.get(owner, owner), people=list(people.items()), entered=entered(visit),
        today=visit.now.astimezone().strftime("%Y-%m-%d"), own=OWN, attributes=ATTRIBUTES,
        talks=[(kind, TALKS.text(kind, language)) for kind in INTERACTION_KINDS],
        purposes=[(each, words.PURPOSES.text(each, language)) for each in PURPOSES],
        channels=[(each, words.CHANNELS.text(each, language)) for each in CHANNELS],
        kind_of=lambda kind: words.KINDS.text(kind, language),
        learned=visit.serving.decider.loaded_or_none is not None,
    )  # fmt: skip


def _tables(
    visit: Visit, told: dict[str, Any], offers: dict[str, Any] | None, deals: list[dict[str, Any]],
    names: Mapping[str, str],
) -> list[Table]:  # fmt: skip
    language = visit.language

    def whose(row: Mapping[str, Any]) -> str | None:
        who = row.get("customer_id")
        return None if who is None else names.get(who, who)

    def named(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**row, "whom": whose(row), "title": row.get("title") or row.get("product_id")} for row in rows]

    def title(row: Mapping[str, Any]) -> str:
        return str(row["title"] or row["product_id"])

    orders = [
        {**row, "whom": whose(row), "what": [f"{title(line)} × {line['quantity']}" for line in row["lines"]]}
        for row in told["orders"]
    ]
    happened = [
        {"at": at, "whom": names.get(who, who), "what": what} for at, who, what in what_happened(told, language)
    ]
    owned = [{**row, "who_has": [f"{names.get(who, who)} × {n}" for who, n in row["customers"].items()]}
             for row in told["owned"]]  # fmt: skip
    refused = [] if offers is None else [
        {"title": row["title"], "kind": words.KINDS.text(row["kind"], language), "why_not": row["why_not"]}
        for row in offers["refused"]
    ]  # fmt: skip
    asked = every_consent_words(visit.shop, visit.now)
    consents = [
        {**row, "purpose": words.PURPOSES.text(row["purpose"], language),
         "channel": words.CHANNELS.text(row["channel"], language),
         "state": "granted" if row["granted"] else "withdrawn",
         "words": words_agreed_to(asked, row["evidence"]) if row["granted"] else None}
        for row in told["consents"]
    ]  # fmt: skip
    talks = [{**row, "whom": whose(row), "kind": TALKS.text(row["kind"], language)} for row in told["interactions"]]
    tickets = [{**row, "whom": whose(row), "kind": f"said_{row['kind']}"} for row in told["feedback"]]
    surveys = [
        {"at": row["at"], "whom": whose(row), "survey_id": row["survey_id"],
         "answers": [f"{name}: {value}" for name, value in {**row["answers"], **row["texts"]}.items()]}
        for row in told["surveys"]
    ]  # fmt: skip
    messages = [
        {**row, "whom": whose(row), "channel": words.CHANNELS.text(row["channel"], language),
         "state": words.STATES.text(row["state"], language)}
        for row in told["messages"]
    ]  # fmt: skip
    proposals = [
        {**row, "channel": words.CHANNELS.text(row["channel"], language) if row["channel"] else None,
         "outcome": f"became_{row['outcome']}"}
        for row in named(told["contacts"])
    ]  # fmt: skip
    whom, at = Column("whom"), Column("at", kind="moment")
    task = Column("title", label="task", href=lambda row: visit.url(f"/tasks/{row['id']}"))
    deal = Column("title", label="deal", href=lambda row: visit.url(f"/deals/{row['id']}"))
    tasks = [{**row, "title": row["title"][language], "whom": whose(row)} for row in told["tasks"]]
    drafts = [{**row, "stage": f"stage_{row['stage']}", "total": (row["totals"] or [{"total": None}])[0]["total"],
               "currency": (row["totals"] or [{"currency": None}])[0]["currency"]} for row in deals]  # fmt: skip
    return [
        Table("happened", [at, whom, Column("what")], happened, empty="nothing_happened"),
        Table("talks", [at, Column("kind"), whom, Column("who", label="by"), Column("department"), Column("text"),
                        Column("outcome", label="result")], talks, caption="talks"),
        Table("wins", [at, Column("metric"), Column("before", label="was"), Column("after", label="became"),
                       Column("evidence")], told["wins"], caption="wins"),
        Table("orders", [Column("placed_at", kind="day"), Column("id", label="order"), whom,
                         Column("what", kind="lines"), Column("amount", kind="money"), Column("status")], orders,
              caption="orders", empty="no_orders"),
        Table("owned", [Column("title", label="product"), Column("quantity", kind="number"),
                        Column("last_at", kind="day"), Column("who_has", kind="lines")], named(owned),
              caption="owned", empty="no_orders"),
        Table("returned", [Column("placed_at", kind="day"), Column("title", label="product"), whom,
                           Column("returned", kind="number")], named(told["returned"]), caption="returned",
              empty="nothing_returned"),
        Table("consents", [Column("purpose"), Column("channel"), Column("state", kind="mark"), at,
                           Column("words", "words_read", help="help_words_read"), Column("source"),
                           Column("evidence")], consents, caption="consents", empty="no_consents"),
        Table("messages", [Column("asked_at", label="at", kind="moment"), whom, Column("channel"), Column("template"),
                           Column("state"), Column("reactions", kind="lines")], messages, caption="messages"),
        Table("proposals", [at, whom, Column("title", label="product"), Column("channel"),
                            Column("outcome", kind="mark"), Column("reason")], proposals, caption="proposals",
              empty="no_proposals"),
        Table("tasks", [task, whom, Column("due_at", kind="moment"), Column("assignee")], tasks, caption="tasks"),
        Table("deals", [deal, Column("stage", kind="mark"), Column("total", kind="money"),
                        Column("changed_at", kind="day")], drafts, caption="deals"),
        Table("tickets", [at, whom, Column("kind", kind="mark"), Column("score", kind="number"), Column("text")],
              tickets, caption="tickets"),
        Table("surveys", [at, whom, Column("survey_id"), Column("answers", kind="lines")], surveys, caption="surveys"),
        Table("reviews", [at, Column("title", label="product"), Column("rating", kind="number"), Column("text")],
              named(told["reviews"]), caption="reviews"),
        Table("viewed", [Column("title", label="product"), Column("times", kind="number"), at],
              named(told["web"]["viewed"]), caption="viewed", empty="nothing_viewed"),
        Table("acts", [at, whom, Column("kind"), Column("title", label="product"), Column("query")],
              named(told["web"]["newest"]), caption="acts", empty="nothing_viewed"),
        Table("content", [at, whom, Column("title", label="product"), Column("kind")], named(told["content"]),
              caption="content", empty="nothing_read"),
        Table("refused", [Column("title", label="product"), Column("kind"), Column("why_not", kind="lines")], refused,
              empty="nothing_refused"),
    ]  # fmt: skip


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
    table = Table("kept", [Column("what"), Column("n", label="rows", kind="number")], rows, caption="kept")
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
