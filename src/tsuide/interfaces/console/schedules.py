"""Who gets which report by mail, and when: added, paused, taken away, and all of it undone."""

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from tsuide.app import scheduling as desk
from tsuide.app.changes import Change
from tsuide.errors import BadValue, TsuideError
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.phrases.reports import REPORTS
from tsuide.interfaces.console.tables import Action, Column, Table
from tsuide.interfaces.console.visit import Visit, change, plain_form, see
from tsuide.kit.phrases import LANGUAGES

_ABOUTS: Final = ("results", "tasks")
_EVERIES: Final = ("day", "week", "month")
_TOLD_ONLY: Final = frozenset({"ran_for", "error", "ever_ran"})


def schedules(visit: Visit, problem: TsuideError | None = None) -> Response:
    """The list, and the form for another."""
    rows = [_row(visit, each) for each in desk.schedules(visit.shop)]
    pause = Action("pause", "/reports/schedules/pause", lambda row: None if row["waits"] else {"id": row["id"]})
    resume = Action("resume", "/reports/schedules/resume", lambda row: {"id": row["id"]} if row["waits"] else None)
    remove = Action("remove", "/reports/schedules/remove", lambda row: {"id": row["id"]}, danger=True)
    columns = [Column("id"), Column("state", kind="mark"), Column("about"), Column("every"), Column("clock"),
               Column("to", kind="lines"), Column("ran_for", kind="moment"), Column("error")]  # fmt: skip
    table = Table("schedules", columns, rows, [pause, resume, remove], empty="no_schedules")

    def options(kind: str, of: tuple[str, ...]) -> list[tuple[str, str]]:
        return [(each, REPORTS.text(f"{kind}.{each}", visit.language)) for each in of]

    given = {"every": "week", "clock": "08:00", "report_language": visit.language} | plain_form(visit.form)
    return page(
        visit,
        "reports_schedules.html",
        "room.reports",
        REPORTS,
        tables=[table],
        problem=problem,
        tab="schedules",
        given=defaultdict(str, given),
        abouts=options("about", _ABOUTS),
        everies=options("every", _EVERIES),
        tongues=[("ja", "日本語"), ("en", "English")],
    )


def _row(visit: Visit, each: Mapping[str, Any]) -> dict[str, Any]:
    state = "paused" if each["paused"] else "in_error" if each["error"] else "on"
    about = REPORTS.text(f"about.{each.get('about', 'results')}", visit.language)
    to = [*each.get("to", ()), *([each["folder"]] if each.get("folder") else [])]
    ran = each["ran_for"] if each["ever_ran"] else None
    return {"id": each["id"], "state": state, "waits": each["paused"], "about": about, "to": to, "ran_for": ran,
            "every": REPORTS.text(f"every.{each['every']}", visit.language), "clock": each["at"],
            "error": each["error"]}  # fmt: skip


def _kept(visit: Visit, schedule_id: str) -> dict[str, Any] | None:
    """A schedule as it can be set again; None where there is none."""
    for each in desk.schedules(visit.shop):
        if each["id"] == schedule_id:
            return {name: value for name, value in each.items() if name not in _TOLD_ONLY}
    return None


def add(visit: Visit) -> Response:
    """Another one; its first run is at its next moment."""
    try:
        named = visit.must("id")
        if _kept(visit, named) is not None:
            raise BadValue("there is one of this name", key="id", value=named, way_out="give it another name")
        value: dict[str, Any] = {
            "id": named,
            "every": visit.given("every", "week"),
            "at": visit.must("clock"),
            "to": [each for each in re.split(r"[,\s]+", visit.given("to")) if each],
            "about": visit.given("about", "results"),
            "language": visit.given("report_language", LANGUAGES[0]),
        }
        if visit.given("back_days"):
            text = visit.given("back_days")
            value["days"] = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else text  # noqa: PLR2004 - digits
        if visit.given("whose"):
            value["whose"] = visit.given("whose")
        if value["about"] == "results":
            there = f"{visit.serving.settings.public_url.rstrip('/')}{visit.request.app.state.base}"
            value["link"] = f"{there}/reports/rows?sort={{sort}}&name={{name}}"
        desk.put_schedule(visit.shop, desk.read_schedule(value), visit.now)
    except TsuideError as error:
        return schedules(visit, error)
    return _done(visit, "schedule.add", named, None, _kept(visit, named))


def pause(visit: Visit) -> Response:
    """Let it wait."""
    return _waits(visit, paused=True)


def resume(visit: Visit) -> Response:
    """Let it go on, from its next moment."""
    return _waits(visit, paused=False)


def _waits(visit: Visit, *, paused: bool) -> Response:
    named = visit.must("id")
    before = _kept(visit, named)
    desk.pause_schedule(visit.shop, named, visit.now, paused=paused)
    action = "schedule.pause" if paused else "schedule.resume"
    return _done(visit, action, named, before, _kept(visit, named))


def remove(visit: Visit) -> Response:
    """Take it away."""
    named = visit.must("id")
    before = _kept(visit, named)
    desk.remove_schedule(visit.shop, named)
    return _done(visit, "schedule.remove", named, before, None)


def _done(visit: Visit, action: str, named: str, before: Any, after: Any) -> Response:  # noqa: ANN401 - plain values
    entry = visit.record(Change(action, named, before, after, {"id": named, "before": before}))
    return visit.done("/reports/schedules", entry)


ROUTES = [
    see("/reports/schedules", "reports", schedules),
    change("/reports/schedules/add", "reports", add),
    change("/reports/schedules/pause", "reports", pause),
    change("/reports/schedules/resume", "reports", resume),
    change("/reports/schedules/remove", "reports", remove),
]
