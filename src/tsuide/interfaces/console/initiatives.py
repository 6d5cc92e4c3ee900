"""Initiatives (PDCA): what runs, what is due, what was learned, and what is in force without a hypothesis."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from starlette.responses import Response

from tsuide.app import initiatives as desk
from tsuide.app.changes import Change
from tsuide.app.experiments import experiments
from tsuide.app.jobs import jobs_told, newest_of
from tsuide.errors import BadValue, TsuideError
from tsuide.interfaces.console.charts import Chart
from tsuide.interfaces.console.effects import bounds, effect_table, lift_chart, tone_of, written
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.log import begin, waited_for
from tsuide.interfaces.console.numbers import NOTHING, money, number, share
from tsuide.interfaces.console.phrases.experiments import EXPERIMENTS
from tsuide.interfaces.console.tables import Action, Column, Table
from tsuide.interfaces.console.visit import Visit, change, plain_form, see
from tsuide.kit.clock import parse_moment, zone
from tsuide.kit.ids import time_id
from tsuide.kit.money import Money, parse_amount
from tsuide.kit.text import must_be_said
from tsuide.offers.offer import PLACEMENTS
from tsuide.offers.plain import plain as as_record
from tsuide.proof.initiative import SORTS

_METRICS: Final = (
    "margin", "revenue", "orders", "units", "attached", "repeated", "returned", "unsubscribed", "complained",
)  # fmt: skip
_OPEN: Final = ("due", "waiting", "running", "planned")


def initiatives(visit: Visit) -> Response:
    """The list."""
    found = desk.review(visit.shop, visit.now)

    def to(row: Mapping[str, Any]) -> str:
        return visit.url("/experiments/initiatives/one", id=row["id"])

    rows = [_row(visit, each) for where in _OPEN for each in found[where]]
    columns = [Column("id", href=to), Column("stage", kind="mark"), Column("sort"), Column("hypothesis"),
               Column("main_metric", help="main_metric_help"), Column("ends_at", kind="day"),
               Column("due_at", kind="day")]  # fmt: skip
    open_ones = Table("initiatives", columns, rows, caption="open_ones", empty="none_open")
    learned = [_learned(visit, each) for each in found["learned"]]
    columns = [Column("id", href=to), Column("verdict", kind="mark"), Column("value_interval"), Column("learned"),
               Column("next_step"), Column("at", kind="day")]  # fmt: skip
    outcomes = Table("learned", columns, learned, caption="learned", empty="none_learned")
    without = [
        {"sort": EXPERIMENTS.text(f"sort.{each['sort']}", visit.language), "of": each["sort"],
         "subject": each["subject"], "write_one": EXPERIMENTS.text("write_one", visit.language)}
        for each in found["without_hypothesis"]
    ]  # fmt: skip

    def write(row: Mapping[str, Any]) -> str:
        return visit.url("/experiments/initiatives/new", sort=row["of"], subject=row["subject"])

    columns = [
        Column("subject"),
        Column("sort"),
        Column("write_one", label="hypothesis", href=write, sortable=False),
    ]
    table = Table("without", columns, without, caption="without", empty="none_without")
    tables = [open_ones, outcomes, table]
    return page(
        visit, "initiatives.html", "room.experiments", EXPERIMENTS, tables=tables, tab="initiatives",
        due=len(found["due"]),
    )  # fmt: skip


def _row(visit: Visit, each: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: each[name] for name in ("id", "hypothesis", "ends_at", "due_at", "stage")}
    return told | {
        "sort": EXPERIMENTS.text(f"sort.{each['sort']}", visit.language),
        "main_metric": EXPERIMENTS.text(f"metric.{each['metric']}", visit.language),
    }


def _learned(visit: Visit, each: Mapping[str, Any]) -> dict[str, Any]:
    end, currency = each["conclusion"], visit.serving.settings.currency
    metric, low = end["metric"], end.get("low")
    value = written(metric, end.get("value"), currency, visit.language)
    within = "" if low is None else f" ({bounds(metric, end, currency, visit.language)})"
    told = {name: end[name] for name in ("learned", "next_step", "at")}
    return told | {"id": each["id"], "verdict": f"verdict.{end['verdict']}", "value_interval": value + within}


# --- writing one down -------------------------------------------------------------------------------------


def form(visit: Visit) -> Response:
    """A new one (about `subject` of a `sort`), or one to be changed (`id`)."""
    named, place = visit.asked("id"), zone(visit.shop.settings.time_zone)
    if named:
        found = desk.initiative_of(visit.shop, named)
        given: dict[str, Any] = {key: value or "" for key, value in as_record(found).items() if isinstance(value, str)}
        given |= {"sort": found.sort, "metric": found.metric, "window": found.window}
        given |= {f"placement.{each}": "on" for each in found.placements}
        moments = {name: getattr(found, name) for name in ("starts_at", "ends_at", "review_at")}
        given |= {name: "" if at is None else _local(at, place) for name, at in moments.items()}
        return _form(visit, given, changed=named)
    given = {name: visit.asked(name) for name in ("sort", "subject")}
    subject = given["subject"]
    if subject:
        given["id"] = "".join(letter if letter.isprintable() else "_" for letter in subject)[:80]
    return _form(visit, given | {"starts_at": _local(visit.now, place)}, changed="")


def _form(visit: Visit, given: Mapping[str, Any], *, changed: str, problem: TsuideError | None = None) -> Response:
    def said(key: str) -> str:
        return EXPERIMENTS.text(key, visit.language)

    by = [("", said("by_holdout"))]
    by += [(each.id, each.id) for each in experiments(visit.shop) if each.unit != "session"]
    return page(
        visit,
        "initiatives_form.html",
        "change_initiative" if changed else "new_initiative",
        EXPERIMENTS,
        problem=problem,
        given=defaultdict(str, given),
        changed=changed,
        sorts=[(each, said(f"sort.{each}")) for each in SORTS],
        metrics=[(each, said(f"metric.{each}")) for each in _METRICS],
        measured_by=by,
        placements=PLACEMENTS,
    )


def save(visit: Visit) -> Response:
    """Write an initiative down; once begun, what it foretells is fixed."""
    given, changed = plain_form(visit.form), visit.given("changed")
    try:
        wanted = desk.read_initiative(_read(given, zone(visit.shop.settings.time_zone)))
        before = next((each for each in desk.initiatives(visit.shop) if each.id == wanted.id), None)
        if before is not None and changed != wanted.id:
            raise BadValue("there is one of this name", key="id", value=wanted.id, way_out="give it another name")
        kept = desk.put_initiative(visit.shop, wanted, visit.now)
    except TsuideError as error:
        return _form(visit, given, changed=changed, problem=error)
    was = None if before is None else as_record(before)
    undo = {"id": kept.id, "before": was}
    entry = visit.record(Change("initiative.save", kept.id, was, as_record(kept), undo))
    return visit.done("/experiments/initiatives/one", entry, id=kept.id)


def _read(given: Mapping[str, Any], place: ZoneInfo) -> dict[str, Any]:
    value: dict[str, Any] = {name: str(given.get(name, "")).strip() for name in ("id", "sort", "hypothesis")}
    for name in ("subject", "experiment", "arm"):
        if str(given.get(name, "")).strip():
            value[name] = str(given[name]).strip()
    for name in ("starts_at", "ends_at", "review_at"):
        text = str(given.get(name, "")).strip()
        if text or name != "review_at":
            value[name] = _moment(name, text, place).isoformat()
    text = str(given.get("window", "") or "30").strip()
    if not (text.isascii() and text.isdigit()):
        raise BadValue("must be a whole number", key="window", value=text)
    value |= {"metric": given.get("metric", _METRICS[0]), "window": int(text[:6])}
    return value | {"placements": [each for each in PLACEMENTS if given.get(f"placement.{each}")]}


def _moment(key: str, text: str, place: ZoneInfo) -> datetime:
    if not text:
        raise BadValue("must be filled in", key=key, value="")
    try:
        return parse_moment(text, place)
    except BadValue as exc:
        raise BadValue(exc.what, key=key, value=text, way_out=exc.way_out) from exc


def _local(at: datetime, place: ZoneInfo) -> str:
    """As a field of a form wants it."""
    return at.astimezone(place).strftime("%Y-%m-%dT%H:%M")


# --- one, whole -------------------------------------------------------------------------------------------


def one(visit: Visit, problem: TsuideError | None = None) -> Response:
    """One initiative: hypothesis, verdict, costs and leads."""
    named = visit.asked("id") or visit.given("id")
    if not named:
        return visit.done("/experiments/initiatives")
    meant = desk.initiative_of(visit.shop, named)
    found = {name: getattr(meant, name) for name in ("window", "subject", "experiment", "arm")}
    found |= desk.plain(meant, visit.now)
    wanted = {"id": found["id"]}
    done = newest_of(visit.shop, "initiative", wanted, visit.now)
    under_way = [each for each in waited_for(visit, "initiative", "conclude") if each["wanted"]["id"] == found["id"]]
    tried = next((each for each in _concluded(visit, found["id"])), None)
    entries = [_entry(each, visit) for each in desk.entries_of(visit.shop, found["id"])]
    columns = [Column("at", kind="moment"), Column("kind"), Column("amount", kind="money", help="of_entry"),
               Column("customer"),
               Column("note"), Column("state", kind="mark")]  # fmt: skip

    def back(row: Mapping[str, Any]) -> Mapping[str, Any] | None:
        return None if row["state"] else {"entry": row["entry"], "id": found["id"]}

    away = Action("take_back", "/experiments/initiatives/takeback", back, danger=True)
    tables = [Table("entries", columns, entries, [away], empty="no_entries", title_key="kind")]
    charts: list[Chart] = []
    figures: list[dict[str, Any]] = []
    result = done["result"] if done is not None and done["state"] == "done" else None
    if result is not None:
        currency, language = result["currency"], visit.language
        tables.append(effect_table(result, currency, language))
        charts += lift_chart(result, language, EXPERIMENTS.text("chart", language))
        figures = _figures(visit, result)
    kept = found.get("conclusion")
    return page(
        visit,
        "initiatives_one.html",
        f"={found['id']}",
        EXPERIMENTS,
        tables=tables,
        charts=charts,
        problem=problem,
        found=found,
        figures=figures,
        result=result,
        failed=None if done is None or result is not None else done["result"] or {"error": "–", "code": "gone"},
        not_concluded=None if tried is None or tried["state"] == "done" or kept else tried["result"],
        read_at=None if done is None else done["ended_at"],
        under_way=under_way,
        conclusion=None if kept is None else _learned(visit, found) | {"why": kept.get("why")},
        given=defaultdict(str, plain_form(visit.form)),
        today=_local(visit.now, zone(visit.shop.settings.time_zone)),
    )


def _concluded(visit: Visit, initiative_id: str) -> list[dict[str, Any]]:
    told = jobs_told(visit.shop, visit.now, "conclude", 50)
    return [each for each in told if each["wanted"]["id"] == initiative_id and not each["under_way"]]


def _entry(each: Mapping[str, Any], visit: Visit) -> dict[str, Any]:
    kind = EXPERIMENTS.text("cost" if each["kind"] == "cost" else "lead_entry", visit.language)
    told = {name: each[name] for name in ("at", "amount", "currency", "note")} | {"customer": each["customer_id"]}
    state = "taken_back" if each["undone_at"] is not None else None
    return told | {"entry": each["id"], "kind": kind, "state": state}


def _figures(visit: Visit, read: Mapping[str, Any]) -> list[dict[str, Any]]:
    language, currency, name = visit.language, read["currency"], read["primary"]
    primary, added, sold = read["metrics"][name], read["incremental"], read["attributed"]

    def text(key: str, **blanks: object) -> str:
        return EXPERIMENTS.text(key, language, **blanks)

    def within(of: Mapping[str, Any], write: Any) -> str | None:  # noqa: ANN401 - a writer of numbers
        return None if of["low"] is None else text("interval", low=write(of["low"]), high=write(of["high"]))

    def as_share(value: float | None) -> str:
        return share(value, language)

    def of_metric(value: float | None) -> str:
        return written(name, value, currency, language)

    back, part, difference = added["return_on_cost"], added["share_of_sales"], primary["difference"]
    leads, cost = read["leads"], read["leads"]["cost_each"]
    sold_after = sold["amounts"].get(currency, {}).get("total", 0)
    rows = [
        ("primary_change", of_metric(difference["value"]), "help_primary", within(difference, of_metric),
         tone_of(difference)),
        ("always_change", bounds(name, primary["always_valid"], currency, language), "help_always", None,
         tone_of(primary["always_valid"])),
        ("margin_in_all", money(added["margin"]["value"], currency, language), "help_in_all",
         within(added["margin"], lambda value: money(value, currency, language)), ""),
        ("return_on_cost", as_share(back["value"]), "help_return", within(back, as_share), ""),
        ("share_of_sales", as_share(part["value"]), "help_share", within(part, as_share), ""),
        ("attributed_sales", money(sold_after, currency, language), "help_attributed", None, ""),
        ("leads_recorded", text("leads_value", n=number(leads["recorded"], language)), "help_leads",
         None if cost is None else text("cost_each", cost=money(cost, currency, language)), ""),
    ]  # fmt: skip
    return [
        {"label": text(label), "value": value or NOTHING, "help": text(help_), "note": note, "tone": tone}
        for label, value, help_, note, tone in rows
    ]


def read(visit: Visit) -> Response:
    """Read it out, in a process of its own."""
    found = desk.initiative_of(visit.shop, visit.must("id"))
    begin(visit, "initiative", {"id": found.id}, alone=False)
    return visit.done("/experiments/initiatives/one", id=found.id)


def conclude(visit: Visit) -> Response:
    """Keep the verdict with what was learned: read once, in a process of its own."""
    try:
        found = desk.concludable(desk.initiative_of(visit.shop, visit.must("id")), visit.now)
        said = {name: visit.given(name) for name in ("learned", "next_step")}
        for name, text in said.items():
            must_be_said(name, text)
    except TsuideError as error:
        return one(visit, error)
    begin(visit, "conclude", {"id": found.id, **said}, alone=False)
    entry = visit.record(Change("initiative.conclude", found.id, None, said))
    return visit.done("/experiments/initiatives/one", entry, id=found.id)


def cost(visit: Visit) -> Response:
    """Record money that was spent."""
    named, currency = visit.must("id"), visit.serving.settings.currency
    entry_id = time_id("ent", visit.now, visit.serving.entropy())
    try:
        spent = Money(parse_amount(visit.must("amount"), currency), currency)
        at, note = _when(visit), visit.given("note") or None
        desk.record_cost(visit.shop, named, entry_id, spent, at, visit.now, note)
    except TsuideError as error:
        return one(visit, error)
    after = {"cost": spent.text(), "note": note}
    entry = visit.record(Change("initiative.cost", named, None, after, {"entry": entry_id}))
    return visit.done("/experiments/initiatives/one", entry, id=named)


def lead(visit: Visit) -> Response:
    """Record somebody who showed interest."""
    named, whom = visit.must("id"), visit.given("customer") or None
    entry_id = time_id("ent", visit.now, visit.serving.entropy())
    try:
        at, note = _when(visit), visit.given("note") or None
        desk.record_lead(visit.shop, named, entry_id, at, visit.now, whom, note)
    except TsuideError as error:
        return one(visit, error)
    after = {"customer": whom, "note": note}
    entry = visit.record(Change("initiative.lead", named, None, after, {"entry": entry_id}, whom))
    return visit.done("/experiments/initiatives/one", entry, id=named)


def _when(visit: Visit) -> datetime:
    text = visit.given("at")
    return _moment("at", text, zone(visit.shop.settings.time_zone)) if text else visit.now


def take_back(visit: Visit) -> Response:
    """Take a cost or lead back; it stays on record as taken back."""
    row = desk.undo_entry(visit.shop, visit.must("entry"), visit.now)
    was = {name: row[name] for name in ("kind", "amount", "currency", "note")}
    entry = visit.record(Change("initiative.takeback", row["initiative_id"], was, None, None, row["customer_id"]))
    return visit.done("/experiments/initiatives/one", entry, id=row["initiative_id"])


_BASE: Final = "/experiments/initiatives"
ROUTES = [
    see(_BASE, "experiments", initiatives),
    see(f"{_BASE}/new", "experiments", form),
    change(f"{_BASE}/save", "experiments", save),
    see(f"{_BASE}/one", "experiments", one),
    change(f"{_BASE}/read", "experiments", read),
    change(f"{_BASE}/conclude", "experiments", conclude),
    change(f"{_BASE}/cost", "experiments", cost),
    change(f"{_BASE}/lead", "experiments", lead),
    change(f"{_BASE}/takeback", "experiments", take_back),
]
