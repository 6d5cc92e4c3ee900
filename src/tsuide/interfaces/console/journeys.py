"""Journeys: written beside their picture, tried on days that have been, run, paused, stopped, and who walks where."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from starlette.responses import Response

from tsuide.app import journeys as shelf
from tsuide.app.changes import Change
from tsuide.app.jobs import jobs_told
from tsuide.app.mail_templates import templates
from tsuide.app.segments import standings
from tsuide.errors import BadValue, Conflict, NotFound, TsuideError
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.journey_picture import BEGIN, picture_of, ways_of
from tsuide.interfaces.console.journey_steps import KINDS, step_said, with_step
from tsuide.interfaces.console.log import begin, waited_for
from tsuide.interfaces.console.phrases.journeys import JOURNEYS
from tsuide.interfaces.console.tables import Action, Column, Table
from tsuide.interfaces.console.visit import Visit, change, see
from tsuide.outreach.journeys.journey import END, Journey, Step, schema
from tsuide.outreach.phrases import GATE, STATES

_STATES: Final = ("running", "paused", "stopped")
_ENROLLED: Final = ("active", "done", "left")
_MOST: Final = 200
_AROUND: Final = 2
_LOOKED_AT: Final = 30  # jobs
_MOST_DAYS: Final = 92


# --- the list ------------------------------------------------------------------------------------------------


def listed(visit: Visit) -> Response:
    """Every journey and how many are in it; and the ready-made ones."""
    language = visit.language
    rows = [
        {
            **row,
            "name": row["names"][language],
            "trigger": JOURNEYS.text(f"trigger.{row['trigger']}", language),
            "changed_at": datetime.fromisoformat(row["changed_at"]),
        }
        for row in shelf.journeys_told(visit.shop)
    ]
    columns = [
        Column("name", href=lambda row: visit.url(_path(row["id"]))), Column("state", kind="mark"),
        Column("trigger"), Column("active", kind="number", help="help_active"),
        Column("done", kind="number", help="help_done"), Column("left", kind="number", help="help_left"),
        Column("reached", kind="number", help="help_reached"), Column("version", kind="number"),
        Column("changed_at", kind="moment"),
    ]  # fmt: skip
    known = {row["id"] for row in rows}
    ready = []
    for ready_id, text in shelf.ready_journeys().items():
        made = shelf.journey_of(text)
        ready.append(
            {
                "id": ready_id,
                "name": getattr(made.names, language),
                "purpose": getattr(made.purpose, language) if made.purpose is not None else "",
                "trigger": JOURNEYS.text(f"trigger.{made.trigger.kind}", language),
                "taken": made.id in known,
            }
        )
    table = Table("journeys", columns, rows, empty="no_journeys")
    return page(visit, "journeys.html", "room.journeys", JOURNEYS, tables=[table], ready=ready)


# --- one journey ---------------------------------------------------------------------------------------------


def one(visit: Visit) -> Response:
    """One journey: what it does now, its picture with counts, a dry run, its versions."""
    return _one(visit)


def _one(visit: Visit, problem: TsuideError | None = None) -> Response:
    journey_id, language = visit.request.path_params["journey"], visit.language
    told = shelf.journey_told(visit.shop, journey_id)
    version = visit.number("version", 0, most=10**6)
    text = shelf.version_text(visit.shop, journey_id, version) if version else told["text"]
    journey = shelf.journey_of(text)
    dry = _dry_run_of(visit, journey_id)
    by_dry = visit.asked("counts") == "dry" and dry is not None
    counts = _counts(dry["ways"] if by_dry and dry is not None else told["ways"], 0 if by_dry else version)
    if by_dry and dry is not None:
        begun: int | None = dry["begun"]
    else:
        begun = None if version else told["active"] + told["done"] + told["left"]
    waiting = {} if by_dry or version else told["waiting"]
    return page(
        visit,
        "journey.html",
        f"={told['names'][language]}",
        JOURNEYS,
        tables=[_ways_table(visit, journey, counts, begun, waiting), *_said_tables(told, version, language),
                _versions_table(visit, told)],
        problem=problem,
        told=told,
        version=version,
        purpose=getattr(journey.purpose, language) if journey.purpose is not None else "",
        begins=JOURNEYS.text(f"trigger.{journey.trigger.kind}", language),
        text=text,
        by_dry=by_dry,
        dry=None if dry is None else _dry_told(dry, language),
        dry_is_old=dry is not None and dry["text"] != told["text"],
        under_way=waited_for(visit, "dry_run"),
        days=(1, 7, 28),
        **_drawn(journey, language, counts, begun, waiting),
    )  # fmt: skip


def _counts(ways: Sequence[Mapping[str, Any]], version: int) -> dict[tuple[str, str], int]:
    """(step, to where) → how many went; of one version, or (0) of all."""
    found: dict[tuple[str, str], int] = {}
    for each in ways:
        if not version or each.get("version") == version:
            found[each["step"], each["way"]] = found.get((each["step"], each["way"]), 0) + each["n"]
    return found


def _drawn(
    journey: Journey,
    language: str,
    counts: Mapping[tuple[str, str], int] | None = None,
    begun: int | None = None,
    waiting: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """What the picture shows."""
    made = picture_of(journey)
    known = JOURNEYS.all(language)
    nodes = [
        {
            "id": node.id, "x": node.x, "y": node.y, "waiting": (waiting or {}).get(node.id, 0),
            "kind": node.step.kind if node.step is not None else node.id,
            "head": _head(node.step, node.id, journey, language), "line": _line(node.step, language),
        }
        for node in made.nodes
    ]  # fmt: skip
    edges = []
    for edge in made.edges:
        n = begun if edge.source == BEGIN else (counts or {}).get((edge.source, edge.target), 0)
        said = "・".join(known.get(each, each) for each in edge.said)
        edges.append(
            {"path": edge.path, "x": edge.x, "y": edge.y, "said": said, "n": n if counts is not None else None}
        )
    return {"nodes": nodes, "edges": edges, "picture": made}


def _head(step: Step | None, node: str, journey: Journey, language: str) -> str:
    if step is None:
        trigger = JOURNEYS.text(f"trigger.{journey.trigger.kind}", language)
        return trigger if node == BEGIN else JOURNEYS.text("the_end", language)
    return JOURNEYS.text(f"step.{step.kind}", language)


def _line(step: Step | None, language: str) -> str:  # noqa: C901, PLR0911, PLR0912 - one arm per kind of step
    """What a step does, in a few words."""
    say = JOURNEYS.text
    match step:
        case Step(wait=wait) if wait is not None:
            parts = []
            if wait.for_ is not None:
                parts.append(_duration(wait.for_, language))
            if wait.business_days is not None:
                parts.append(say("business_days", language, n=wait.business_days))
            if wait.until is not None:
                parts.append(say("until", language, at=wait.until))
            if wait.best_hour:
                parts.append(say("best_hour", language))
            return "・".join(parts)
        case Step(await_=awaited) if awaited is not None:
            what = (
                say(f"happens.{awaited.happens}", language) if _knows(f"happens.{awaited.happens}") else awaited.happens
            )
            return say("at_most", language, what=what, time=_duration(awaited.at_most, language))
        case Step(split=split) if split is not None:
            return split.segment or split.experiment or say("by_chance", language)
        case Step(offer=offer) if offer is not None:
            return offer.channel
        case Step(message=message) if message is not None:
            return (
                f"{message.template}（{message.channel}）"
                if language == "ja"
                else f"{message.template} ({message.channel})"
            )
        case Step(task=task) if task is not None:
            return str(getattr(task.title, language))
        case Step(webhook=call) if call is not None:
            return call.name
        case Step(update=update) if update is not None:
            return f"{update.attribute} = {update.value}"
        case Step(goal=goal) if goal is not None:
            return goal.name
    return ""


def _knows(key: str) -> bool:
    return key in JOURNEYS.all("en")


def _duration(text: str, language: str) -> str:
    return JOURNEYS.text(f"time.{text[-1]}", language, n=text[:-1])


def _ways_table(
    visit: Visit,
    journey: Journey,
    counts: Mapping[tuple[str, str], int],
    begun: int | None,
    waiting: Mapping[str, int],
) -> Table:
    """What the picture shows, for who does not see it."""
    language, known = visit.language, JOURNEYS.all(visit.language)
    rows = []
    for (source, target), said in ways_of(journey).items():
        n = begun if source == BEGIN else counts.get((source, target), 0)
        step = journey.step(source)
        rows.append(
            {
                "step": source if step is not None else known["begin"],
                "does": f"{known[f'step.{step.kind}']} {_line(step, language)}" if step is not None else
                known[f"trigger.{journey.trigger.kind}"],
                "why": "・".join(known.get(each, each) for each in said) or None,
                "to": target if target != END else known["the_end"],
                "n": n,
                "here": waiting.get(source) if source != BEGIN else waiting.get("begin"),
            }
        )  # fmt: skip
    columns = [
        Column("step", sortable=False), Column("does", sortable=False), Column("why", label="way_why", sortable=False),
        Column("to", sortable=False), Column("n", kind="number", help="help_went", label="went", sortable=False),
        Column("here", kind="number", help="help_waiting", label="waiting_here", sortable=False),
    ]  # fmt: skip
    return Table("ways", columns, rows, caption="ways")


def _said_tables(told: Mapping[str, Any], version: int, language: str) -> list[Table]:
    """What came of the steps, by version."""
    rows = [
        {**each, "said": _came(each["said"], language), "way": _to(each["way"], language)}
        for each in told["ways"]
        if not version or each["version"] == version
    ]
    columns = [
        Column("version", kind="number"), Column("step"), Column("way", label="to"), Column("said", label="came_of_it"),
        Column("n", kind="number", help="help_went", label="went"),
    ]  # fmt: skip
    return [Table("said", columns, rows, caption="said", empty="nobody_yet")]


def _to(way: str, language: str) -> str:
    return JOURNEYS.text("the_end", language) if way == END else way


def _came(said: str, language: str) -> str:
    """What came of a step, in words: ``refused:consent``, ``happened``, ``sent``."""
    state, _, code = said.partition(":")
    words = STATES.all(language).get(state) or JOURNEYS.all(language).get(f"said.{state}", state)
    return f"{words}: {GATE.all(language).get(code, code)}" if code else words


def _passed(mark: str, language: str) -> str:
    """A step that was passed with what came of it, as `enrolments_told` has it: ``remind:refused:consent``."""
    step, _, said = mark.partition(":")
    return f"{step} ({_came(said, language)})" if said else step


def _versions_table(visit: Visit, told: Mapping[str, Any]) -> Table:
    rows = [{**row, "at": datetime.fromisoformat(row["at"])} for row in told["versions"]]
    again = Action(
        "restore",
        f"{_path(told['id'])}/restore",
        lambda row: None if row["version"] == told["version"] else {"version": row["version"]},
    )
    columns = [
        Column("version", kind="number", href=lambda row: visit.url(_path(told["id"]), version=row["version"])),
        Column("at", kind="moment"), Column("author"), Column("under_way", kind="number", help="help_under_way"),
    ]  # fmt: skip
    return Table("versions", columns, rows, [again], caption="versions")


def set_state(visit: Visit) -> Response:
    """Let it run, rest, or end."""
    journey_id, state = visit.request.path_params["journey"], visit.must("state")
    if state not in _STATES:
        raise BadValue("not a state", key="state", value=state, way_out=", ".join(_STATES))
    before = shelf.journey_told(visit.shop, journey_id)["state"]
    told = shelf.set_journey(visit.shop, journey_id, state, visit.now)
    stopped_at = told["changed_at"] if state == "stopped" else None
    undo = {"id": journey_id, "before": before, "after": state, "stopped_at": stopped_at}
    return visit.done(_path(journey_id), visit.record(Change("journey.state", journey_id, before, state, undo)))


def restore(visit: Visit) -> Response:
    """Write a version again, as a new one."""
    journey_id, version = visit.request.path_params["journey"], visit.must("version")
    if not version.isascii() or not version.isdigit():
        raise NotFound("no such version", key="version", value=version)
    text = shelf.version_text(visit.shop, journey_id, int(version))
    return visit.done(_path(journey_id), _put(visit, text, named=journey_id, move=False)[1])


def _put(visit: Visit, text: str, *, named: str | None, move: bool) -> tuple[str, int]:
    journey_id = shelf.journey_of(text).id
    before = shelf.newest_text(visit.shop, journey_id)
    if named is None and before is not None:
        raise Conflict("there is a journey of this id", key="id", value=journey_id, way_out="write another id")
    made, _ = shelf.put_journey(visit.shop, text, visit.now, author=visit.user.name, move=move, named=named)
    undo = {"id": made.id, "before": before, "after": text, "moved": move}
    return made.id, visit.record(Change("journey.put", made.id, before, text, undo))


# --- a dry run -----------------------------------------------------------------------------------------------


def try_out(visit: Visit) -> Response:
    """Begin a dry run, in a process of its own."""
    journey_id = visit.request.path_params["journey"]
    days = visit.given("days") or "1"
    if not days.isascii() or not days.isdigit() or not 1 <= int(days) <= _MOST_DAYS:
        raise BadValue(f"must be 1 … {_MOST_DAYS}", key="days", value=days)
    text = shelf.journey_told(visit.shop, journey_id)["text"]
    try:
        begin(visit, "dry_run", {"journey": journey_id, "text": text, "days": int(days)})
    except TsuideError as error:
        return _one(visit, error)
    return visit.done(_path(journey_id))


def _dry_run_of(visit: Visit, journey_id: str) -> dict[str, Any] | None:
    """The newest dry run of a journey that came to its end."""
    for job in jobs_told(visit.shop, visit.now, "dry_run", _LOOKED_AT):
        if job["state"] == "done" and job["result"]["journey"] == journey_id:
            return {**job["result"], "ended_at": job["ended_at"]}
    return None


def _dry_told(dry: Mapping[str, Any], language: str) -> dict[str, Any]:
    codes = GATE.all(language)
    held = [(codes.get(code, code), n) for code, n in dry["held_back_by"].items()]
    return {**dry, "held": held, "sent": list(dry["by_template"].items()), "at": dry["ended_at"]}


# --- writing -------------------------------------------------------------------------------------------------


def write(visit: Visit) -> Response:
    """The builder: a text beside its picture."""
    of, ready = visit.asked("of"), visit.asked("ready")
    if of:
        return _builder(visit, shelf.journey_told(visit.shop, of)["text"], of)
    prepared = visit.asked("text")[:_PREPARED]  # as another page wrote it
    return _builder(visit, prepared or (shelf.ready_journey(ready) if ready else _START))


_PREPARED: Final = 8_000
_START: Final = """id: my-journey
names: {ja: 新しいジャーニー, en: My journey}
purpose: {ja: 注文の翌日にお礼をお送りします。, en: Says thank you a day after an order.}
trigger: {order: {}}
again: never
steps:
  - {id: rest, wait: {for: 1d, best_hour: true}}
  - {id: thanks, message: {template: order, purpose: transactional}}
"""


def _builder(visit: Visit, text: str, of: str = "", problem: TsuideError | None = None) -> Response:
    journey: Journey | None = None
    wrong = problem
    try:
        journey = shelf.journey_of(text)
    except TsuideError as error:
        wrong = problem or error
    language = visit.language
    line = getattr(wrong, "line", None)
    return page(
        visit,
        "journey_write.html",
        "change_journey" if of else "new_journey",
        JOURNEYS,
        problem=wrong,
        text=text,
        of=of,
        journey=journey,
        fault=_around(text, line),
        line=line,
        doubts=shelf.doubts_of(visit.shop, journey) if journey is not None else [],
        active=shelf.journey_told(visit.shop, of)["active"] if of else 0,
        kinds=KINDS,
        given={**{name: visit.given(name) for name in _FIELDS}},
        templates=sorted(templates(visit.shop)),
        segments=[each.segment.id for each in standings(visit.shop)],
        **(_drawn(journey, language) if journey is not None else {}),
    )


_FIELDS: Final = (
    "kind",
    "after",
    "wait",
    "for",
    "until",
    "template",
    "purpose",
    "segment",
    "title_ja",
    "title_en",
    "goal",
)


def _around(text: str, line: int | None) -> list[tuple[int, str, bool]]:
    """The lines around one that is wrong: number, text, whether it is the one."""
    if line is None:
        return []
    lines = text.split("\n")
    first, last = max(line - _AROUND, 1), min(line + _AROUND, len(lines))
    return [(n, lines[n - 1], n == line) for n in range(first, last + 1)]


def written(visit: Visit) -> Response:
    """Check, add a step, or save."""
    of, wanted = visit.given("of"), visit.given("do")
    text = str(visit.form.get("text", "")).replace("\r\n", "\n")
    try:
        if wanted == "step":
            given = {name: visit.given(name) for name in _FIELDS}
            return _builder(visit, with_step(text, given["after"], step_said(given, shelf.journey_of(text))), of)
        if wanted == "save":
            move = visit.given("move") == "yes"
            journey_id, entry = _put(visit, text, named=of or None, move=move)
            return visit.done(_path(journey_id), entry)
        shelf.check_templates(visit.shop, text)
    except TsuideError as error:
        return _builder(visit, text, of, error)
    return _builder(visit, text, of)


def described(visit: Visit) -> Response:  # noqa: ARG001 - the same for everybody
    """The JSON schema of a journey, for editors."""
    return Response(json.dumps(schema(), ensure_ascii=False, indent=1), media_type="application/schema+json")


# --- who is in it --------------------------------------------------------------------------------------------


def enrolled(visit: Visit) -> Response:
    """Who is in a journey, or was."""
    journey_id = visit.request.path_params["journey"]
    if not visit.user.may("see", "customers"):
        raise NotFound("no such page", key="path", value=visit.request.url.path)
    told = shelf.journey_told(visit.shop, journey_id)
    state = next((each for each in _ENROLLED if each == visit.asked("state")), None)
    customer = visit.asked("customer")
    rows = [
        {
            **row,
            "passed": " → ".join(_passed(each, visit.language) for each in row["passed"]),
            "state": f"enrolled_{row['state']}",
            "due_at": datetime.fromisoformat(row["due_at"]) if row["due_at"] else None,
            "entered_at": datetime.fromisoformat(row["entered_at"]),
            "why": _why(row["why"], visit.language),
        }
        for row in shelf.enrolments_told(visit.shop, journey_id, state, _MOST, customer or None)
    ]
    columns = [
        Column("customer_id", href=lambda row: visit.url(f"{_path(journey_id)}/who/{quote(row['id'], safe='')}")),
        Column("state", kind="mark"), Column("step"), Column("due_at", kind="moment", help="help_due"),
        Column("passed", sortable=False), Column("why", label="why_left"), Column("entered_at", kind="moment"),
        Column("version", kind="number"),
    ]  # fmt: skip
    return page(
        visit,
        "journey_who.html",
        f"={JOURNEYS.text('who_is_in', visit.language, name=told['names'][visit.language])}",
        JOURNEYS,
        tables=[Table("enrolments", columns, rows, empty="nobody_yet")],
        told=told,
        state=state or "",
        customer=customer,
        states=[("", JOURNEYS.text("any_state", visit.language)),
                *((each, JOURNEYS.text(f"enrolled_{each}", visit.language)) for each in _ENROLLED)],
        most=_MOST,
    )  # fmt: skip


def _why(why: str | None, language: str) -> str | None:
    known = JOURNEYS.all(language)
    return None if why is None else known.get(f"left.{why}", known.get(f"happens.{why}", why))


def walk(visit: Visit) -> Response:
    """One customer's walk, step by step."""
    if not visit.user.may("see", "customers"):
        raise NotFound("no such page", key="path", value=visit.request.url.path)
    enrolment = visit.request.path_params["enrolment"]
    told = shelf.walk_told(visit.shop, enrolment)
    if told["journey_id"] != visit.request.path_params["journey"]:
        raise NotFound("no such enrolment", key="enrolment", value=enrolment)
    journey, known = shelf.journey_of(told["text"]), JOURNEYS.all(visit.language)
    rows = []
    for each in told["passed"]:
        step = journey.step(each["step"])
        rows.append(
            {
                **each,
                "does": None if step is None else f"{known[f'step.{step.kind}']} {_line(step, visit.language)}",
                "to": _to(each["way"], visit.language),
                "said": _came(each["said"], visit.language),
            }
        )
    columns = [Column("at", kind="moment"), Column("step"), Column("does", sortable=False), Column("to"),
               Column("said", label="came_of_it")]  # fmt: skip
    here = journey.step(told["step"]) if told["step"] else None
    return page(
        visit,
        "journey_walk.html",
        f"={JOURNEYS.text('walk_of', visit.language, customer=told['customer_id'] or '–')}",
        JOURNEYS,
        tables=[Table("walk", columns, rows, caption="walked", empty="not_begun")],
        told=told,
        name=getattr(journey.names, visit.language),
        here=f"{told['step']}: {_line(here, visit.language)}" if here is not None else told["step"],
        why=_why(told["why"], visit.language),
    )


def _path(journey_id: str) -> str:
    return f"/journeys/of/{quote(journey_id, safe='')}"


ROUTES = [
    see("/journeys", "journeys", listed),
    see("/journeys/write", "journeys", write),
    change("/journeys/write", "journeys", written),
    see("/journeys/schema.json", "journeys", described),
    see("/journeys/of/{journey}", "journeys", one),
    change("/journeys/of/{journey}/state", "journeys", set_state),
    change("/journeys/of/{journey}/restore", "journeys", restore),
    change("/journeys/of/{journey}/try", "journeys", try_out),
    see("/journeys/of/{journey}/who", "journeys", enrolled),
    see("/journeys/of/{journey}/who/{enrolment}", "journeys", walk),
]
