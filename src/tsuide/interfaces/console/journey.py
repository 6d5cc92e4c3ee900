"""One journey: its picture with counts, what came of its steps, a dry run, and what it was before."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from starlette.responses import Response

from tsuide.app import journeys as shelf
from tsuide.app.changes import Change
from tsuide.app.jobs import jobs_told
from tsuide.errors import BadValue, NotFound, TsuideError
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.journey_changes import path_of, put
from tsuide.interfaces.console.journey_picture import BEGIN, ways_of
from tsuide.interfaces.console.journey_words import came_said, drawn, line_said, way_said
from tsuide.interfaces.console.log import begin, waited_for
from tsuide.interfaces.console.phrases.journeys import JOURNEYS
from tsuide.interfaces.console.tables import Action, Column, Table
from tsuide.interfaces.console.visit import Visit, change, see, whole
from tsuide.outreach.journeys.journey import END, Journey
from tsuide.outreach.phrases import GATE

_STATES: Final = ("running", "paused", "stopped")
_LOOKED_AT: Final = 30  # jobs
_MOST_DAYS: Final = 92


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
        **drawn(journey, language, counts, begun, waiting),
    )  # fmt: skip


def _counts(ways: Sequence[Mapping[str, Any]], version: int) -> dict[tuple[str, str], int]:
    """(step, to where) → how many went; of one version, or (0) of all."""
    found: dict[tuple[str, str], int] = {}
    for each in ways:
        if not version or each.get("version") == version:
            found[each["step"], each["way"]] = found.get((each["step"], each["way"]), 0) + each["n"]
    return found


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
                "does": f"{known[f'step.{step.kind}']} {line_said(step, language)}" if step is not None else
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
        {**each, "said": came_said(each["said"], language), "way": way_said(each["way"], language)}
        for each in told["ways"]
        if not version or each["version"] == version
    ]
    columns = [
        Column("version", kind="number", help="of_version"), Column("step"), Column("way", label="to"),
        Column("said", label="came_of_it"),
        Column("n", kind="number", help="help_went", label="went"),
    ]  # fmt: skip
    return [Table("said", columns, rows, caption="said", empty="nobody_yet")]


def _versions_table(visit: Visit, told: Mapping[str, Any]) -> Table:
    rows = [{**row, "at": datetime.fromisoformat(row["at"])} for row in told["versions"]]
    again = Action(
        "restore",
        f"{path_of(told['id'])}/restore",
        lambda row: None if row["version"] == told["version"] else {"version": row["version"]},
    )
    columns = [
        Column("version", kind="number", help="of_version",
               href=lambda row: visit.url(path_of(told["id"]), version=row["version"])),
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
    return visit.done(path_of(journey_id), visit.record(Change("journey.state", journey_id, before, state, undo)))


def restore(visit: Visit) -> Response:
    """Write a version again, as a new one."""
    journey_id, version = visit.request.path_params["journey"], visit.must("version")
    number = whole(version)
    if number is None:
        raise NotFound("no such version", key="version", value=version)
    text = shelf.version_text(visit.shop, journey_id, number)
    return visit.done(path_of(journey_id), put(visit, text, named=journey_id, move=False)[1])


def try_out(visit: Visit) -> Response:
    """Begin a dry run, in a process of its own."""
    journey_id = visit.request.path_params["journey"]
    given = visit.given("days") or "1"
    days = whole(given)
    if days is None or not 1 <= days <= _MOST_DAYS:
        raise BadValue(f"must be 1 … {_MOST_DAYS}", key="days", value=given)
    text = shelf.journey_told(visit.shop, journey_id)["text"]
    try:
        begin(visit, "dry_run", {"journey": journey_id, "text": text, "days": days})
    except TsuideError as error:
        return _one(visit, error)
    return visit.done(path_of(journey_id))


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


ROUTES = [
    see("/journeys/of/{journey}", "journeys", one),
    change("/journeys/of/{journey}/state", "journeys", set_state),
    change("/journeys/of/{journey}/restore", "journeys", restore),
    change("/journeys/of/{journey}/try", "journeys", try_out),
]
