"""The worklist: whom a rep calls first, with what and why; and what they say to it."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.responses import Response

from tsuide.app import worklist as desk
from tsuide.app import worklist_answers as said
from tsuide.app.changes import Change
from tsuide.app.worklist_back import say
from tsuide.errors import BadValue, NothingLearned, TsuideError, WrongKey
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.own import entered, refuse_others, rep_of
from tsuide.interfaces.console.phrases.worklist import WORKLIST
from tsuide.interfaces.console.tables import Column, Table
from tsuide.interfaces.console.tasks import people_of, teams_of
from tsuide.interfaces.console.visit import Visit, change, see
from tsuide.outreach.sales.worklist import Thresholds

_SHARES: Final = ("results", "room", "what")
_AMOUNTS: Final = ("results_amount", "room_amount")
_FEW: Final = 10


async def worklist(visit: Visit) -> Response:
    """A rep's own list; a manager chooses whose."""
    return await _listed(visit)


async def _listed(visit: Visit, problem: TsuideError | None = None) -> Response:
    serving = visit.serving
    team = "" if visit.user.own_only else visit.asked("team")
    owners: Sequence[str] = []
    if team:
        owners = [*await asyncio.to_thread(visit.shop.store.worklist.owners, team)]
    elif not visit.user.own_only:
        owners = await asyncio.to_thread(visit.shop.store.finding.values, "owner")
    rep = (
        rep_of(visit)
        or visit.asked("rep")
        or visit.given("rep")
        or (visit.user.rep if visit.user.rep in owners else "")
    )
    told: dict[str, Any] | None = None
    if rep and serving.decider.loaded_or_none is not None:
        everybody = visit.asked("all") == "yes"
        wanted = desk.Wanted(rep, visit.language, visit.number("n", _FEW, 1, desk.MOST), everybody)
        try:
            told, served = await asyncio.to_thread(
                lambda: desk.worklist(visit.shop, serving.decider, wanted, visit.now, serving.habits.now())
            )
            await serving.decider.keep(served)
        except NothingLearned:
            told = None
    return await asyncio.to_thread(_page, visit, rep, owners, told, problem)


def _page(
    visit: Visit, rep: str, owners: Sequence[str], told: dict[str, Any] | None, problem: TsuideError | None
) -> Response:
    people = dict(people_of(visit.shop))
    reps = sorted([(name, people.get(name, name)) for name in owners], key=lambda each: each[1])
    groups = [] if told is None else told["groups"]
    tables = [_away(visit, told), *(_everybody(visit, group, n) for n, group in enumerate(groups))] if told else []
    return page(
        visit, "worklist.html", "room.worklist", WORKLIST, tables=tables, problem=problem, told=told, groups=groups,
        rep=rep, reps=reps, team=visit.asked("team"), teams=teams_of(visit), rep_name=people.get(rep, rep),
        reasons=said.REASONS,
        thresholds=desk.thresholds_told(desk.thresholds_of(visit.shop)), entered=entered(visit),
        may_set=visit.changing and not visit.user.own_only, everybody=visit.asked("all") == "yes",
        learned=visit.serving.decider.loaded_or_none is not None, n=visit.number("n", _FEW, 1, desk.MOST),
    )  # fmt: skip


def _away(visit: Visit, told: Mapping[str, Any]) -> Table:
    names = visit.shop.store.finding.names(row["account"] for row in told["away"])
    rows = [{**row, "name": names.get(row["account"], row["account"]), "state": f"said_{row['state']}",
             "reason": None if row["reason"] is None else f"why_{row['reason']}"} for row in told["away"]]  # fmt: skip
    columns = [
        Column("name", href=lambda row: visit.url("/customers/one", id=row["account"])), Column("state", kind="mark"),
        Column("reason", kind="mark"), Column("until", kind="day", help="until_help"),
    ]  # fmt: skip
    return Table("away", columns, rows, caption="away")


def _everybody(visit: Visit, group: Mapping[str, Any], n: int) -> Table:
    rows = [
        {"account": row["account"], "name": row["name"], "quadrant": f"quadrant_{row['quadrant']}",
         "results": row["results"], "currency": group["currency"],
         "room": None if row["room"] is None else row["room"]["amount"],
         "low": None if row["room"] is None else row["room"]["low"],
         "high": None if row["room"] is None else row["room"]["high"],
         "what": row["what"]["share"], "pace": row["pace"]["a_month"],
         "lines": [each["line"] for each in row["white_space"]]}
        for row in group.get("everybody", [])
    ]  # fmt: skip
    columns = [
        Column("name", href=lambda row: visit.url("/customers/one", id=row["account"])),
        Column("quadrant", kind="mark", help="quadrant_help"), Column("results", kind="money", help="results_help"),
        Column("room", kind="money", help="room_help"), Column("low", kind="money", help="interval_help"),
        Column("high", kind="money", help="interval_help"), Column("lines", kind="lines", help="lines_help"),
        Column("what", kind="share", help="what_help"), Column("pace", kind="decimal", help="pace_help"),
    ]  # fmt: skip
    return Table(f"everybody{n}", columns, rows, caption="everybody")


# --- what the rep says --------------------------------------------------------------------------------------------


async def answer(visit: Visit) -> Response:
    """Taken up, dismissed, or put off."""
    offer, what = visit.must("offer"), visit.must("answer")
    try:
        answered = await asyncio.to_thread(_answered, visit, offer, what)
        refuse_others(visit, "offer", offer, answered.row["rep"])
        told = await say(visit.shop, visit.serving.ledger, answered)
    except WrongKey:
        raise
    except TsuideError as error:
        return await _listed(visit, error)
    after = {name: told[name] for name in ("product_id", "state", "reason", "until")}
    made = Change(f"worklist.{what}", told["account"], None, after, told["undo"], customer_id=told["account"])
    entry = await asyncio.to_thread(visit.record, made)
    return visit.done("/worklist", entry, rep=None if visit.user.own_only else answered.row["rep"])


def _answered(visit: Visit, offer: str, what: str) -> said.Answered:
    shop, note = visit.shop, visit.given("note") or None
    match what:
        case "accept":
            return said.accept(shop, offer, visit.now, note=note, entropy=visit.serving.entropy())
        case "dismiss":
            return said.dismiss(shop, offer, visit.must("reason"), visit.now, note=note)
        case "snooze":
            days = visit.must("days")
            if not (days.isascii() and days.isdigit() and len(days) < 5):  # noqa: PLR2004 - digits
                raise BadValue("must be a whole number", key="days", value=days)
            return said.snooze(shop, offer, visit.now, days=int(days))
        case _:
            raise BadValue("not an answer", key="answer", value=what, way_out="accept, dismiss, snooze")


def _noted(visit: Visit) -> dict[str, Any]:
    before, after = visit.given("before") or None, visit.given("after") or None
    return said.add_note(visit.shop, visit.must("product"), visit.user.name, visit.must("text"), visit.now,
                         entropy=visit.serving.entropy(), before=before, after=after)  # fmt: skip


async def note(visit: Visit) -> Response:
    """What a colleague knows of a product from experience."""
    try:
        made = await asyncio.to_thread(_noted, visit)
    except TsuideError as error:
        return await _listed(visit, error)
    entry = visit.record(Change("worklist.note", made["product_id"], None, made["text"], {"note": made["id"]}))
    return visit.done("/worklist", entry, rep=None if visit.user.own_only else visit.given("rep") or None)


async def thresholds(visit: Visit) -> Response:
    """From where on an account counts as high."""
    if visit.user.own_only:
        raise WrongKey("a manager sets this for everybody", key="role", value="rep", way_out="ask your sales manager")
    try:
        before = desk.thresholds_told(desk.thresholds_of(visit.shop))
        given: dict[str, Any] = {name: _number(visit, name) / 100 for name in _SHARES}
        given |= {name: round(_number(visit, name)) if visit.given(name) else None for name in _AMOUNTS}
        given |= {"pace": _number(visit, "pace"), "quadrants_first": visit.given("quadrants_first") == "yes"}
        desk.set_thresholds(visit.shop, Thresholds(**given), visit.now)
    except TsuideError as error:
        return await _listed(visit, error)
    entry = visit.record(Change("worklist.thresholds", "thresholds", before, given, {"thresholds": before}))
    return visit.done("/worklist", entry, rep=visit.given("rep") or None)


def _number(visit: Visit, name: str) -> float:
    text = visit.must(name).replace(",", "")
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < 10**15:
        raise BadValue("must be a number from 0 on", key=name, value=text)
    return number


ROUTES = [
    see("/worklist", "worklist", worklist),
    change("/worklist/answer", "worklist", answer),
    change("/worklist/note", "worklist", note),
    change("/worklist/thresholds", "worklist", thresholds),
]
