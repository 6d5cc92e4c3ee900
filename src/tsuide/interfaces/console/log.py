"""The audit log as a page, undoing, and how far long jobs are."""

import json
from typing import Any, Final
from urllib.parse import parse_qs

from starlette.responses import JSONResponse, RedirectResponse, Response

from tsuide.app.changes import entry_told, undo_change
from tsuide.app.jobs import begin_job, job_told, told
from tsuide.errors import BadValue, NotFound
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.phrases.actions import ACTIONS
from tsuide.interfaces.console.phrases.frame import FRAME
from tsuide.interfaces.console.phrases.log import LOG
from tsuide.interfaces.console.tables import Action, Column, Table
from tsuide.interfaces.console.undoing import WAYS
from tsuide.interfaces.console.visit import Visit, address, change, see

_PAGE: Final = 50
_CUT: Final = 160


def log(visit: Visit) -> Response:
    """Who changed what."""
    before = visit.number("before", 0, most=10**9) or None
    filters = {"user_id": visit.asked("user") or None, "room": visit.asked("of") or None}
    rows = visit.shop.store.audit.listed(_PAGE + 1, before=before, subject=visit.asked("subject") or None, **filters)
    more = visit.here(before=rows[_PAGE - 1]["seq"]) if len(rows) > _PAGE else None
    shown = [_row(entry_told(row), visit.language) for row in rows[:_PAGE]]
    undo = Action("undo", "/undo", lambda row: {"entry": row["seq"]} if row["undoable"] else None)
    columns = [Column("at", kind="moment"), Column("who"), Column("what"), Column("subject"), Column("before"),
               Column("after"), Column("state", kind="mark")]  # fmt: skip
    actions = [undo] if visit.user.role == "owner" else []
    table = Table("log", columns, shown, actions, empty="empty", more=more, title_key="what")
    return page(visit, "log.html", "room.audit", LOG, tables=[table])


def _row(entry: dict[str, Any], language: str) -> dict[str, Any]:
    known = ACTIONS.all(language)
    key = f"did.{entry['action']}"
    what = ACTIONS.text(key, language, subject=entry["subject"]) if key in known else entry["action"]
    if entry["undoes"] is not None:
        what = FRAME.text("undone", language, what=what)
    state = "was_undone" if entry["undone_by"] is not None else None
    return entry | {"what": what, "before": _short(entry["before"]), "after": _short(entry["after"]), "state": state}


def _short(value: object) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _CUT else text[:_CUT] + "…"


def undo(visit: Visit) -> Response:
    """Take a change back; whoever may change the room in which it was made may do so."""
    number = visit.must("entry")
    row = visit.shop.store.audit.one(int(number)) if number.isascii() and number.isdigit() else None
    if row is None:
        raise NotFound("no such entry of the log", key="entry", value=number)
    if row["user_id"] != visit.user.id and visit.user.role != "owner":
        raise BadValue("only whoever did it, or an owner, takes it back", key="entry", value=number)
    entry = undo_change(visit.shop, row["seq"], visit.user, visit.now, WAYS)
    path, asked = _inside(visit.given("back"))
    return RedirectResponse(address(visit.request, path, asked | {"done": entry}), 303)


def _inside(back: str) -> tuple[str, dict[str, object]]:
    """A path of the console and what was asked of it, without what the address said had been done.

    >>> _inside("/offers/log?customer=c1&done=7"), _inside("//elsewhere.example")
    (('/offers/log', {'customer': ['c1']}), ('/', {}))
    """
    path, _, query = back.partition("?")
    if not path.startswith("/") or path.startswith("//"):
        return "/", {}
    return path, {name: values for name, values in parse_qs(query).items() if name != "done"}


def job(visit: Visit) -> Response:
    """How far a job is, for the page that waits for it."""
    found = job_told(visit.shop, visit.request.path_params["job"], visit.now)
    kept = {name: found[name] for name in ("id", "kind", "state", "step", "done", "total", "under_way")}
    return JSONResponse(kept, headers={"Cache-Control": "no-store"})


def begin(visit: Visit, kind: str, wanted: dict[str, Any], *, alone: bool = True) -> str:
    """Begin a long job in this user's name; its id. Where others of its kind may run beside it, the same runs once."""
    serving = visit.serving
    same = () if alone else (each for each in waited_for(visit, kind) if each["wanted"] == wanted)
    for each in same:
        return str(each["id"])
    return begin_job(visit.shop, kind, wanted, visit.user.name, visit.now, serving.entropy(), alone=alone)


def waited_for(visit: Visit, *kinds: str) -> list[dict[str, Any]]:
    """Jobs of these kinds that are under way, for `jobs.html`."""
    rows = visit.shop.store.jobs.under_way(visit.now)
    return [told(row, visit.now) for row in rows if row["kind"] in kinds]


ROUTES = [
    see("/log", "audit", log),
    see("/jobs/{job}", "today", job),
    change("/undo", "", undo),
]
