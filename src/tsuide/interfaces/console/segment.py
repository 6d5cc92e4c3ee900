"""One segment: how many are in, who came and went, why somebody is in or not, and what it was before."""

from datetime import datetime, timedelta
from typing import Any, Final

import altair as alt
from starlette.responses import Response

from tsuide.app import segments as shelf
from tsuide.app.changes import Change
from tsuide.errors import NotFound, TsuideError
from tsuide.interfaces.console.charts import Chart, chart_of
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.phrases.segments import SEGMENTS
from tsuide.interfaces.console.segment_changes import path_of, recorded
from tsuide.interfaces.console.segment_words import cause_said, condition_spoken
from tsuide.interfaces.console.tables import Action, Column, Table
from tsuide.interfaces.console.visit import Visit, change, see
from tsuide.outreach.segments.definition import segment_from
from tsuide.outreach.segments.form import form_of
from tsuide.outreach.segments.reading import read_condition

_WEEK: Final = timedelta(days=7)
_MEMBERS: Final = 50
_EVENTS: Final = 50
_ALL: Final = 1_000


def one(visit: Visit) -> Response:
    """One segment: size, history, who is in, who came and went, why somebody is in or not."""
    shop, language = visit.shop, visit.language
    segment_id = visit.request.path_params["segment"]
    found = shelf.standing(shop, segment_id)
    history = [{**row, "hour": datetime.fromisoformat(row["hour"])} for row in shelf.history_of(shop, segment_id)]
    came, went = shelf.moved_since(shop, visit.now - _WEEK).get(segment_id, (0, 0))
    tables = [_history_table(history), _versions_table(visit, segment_id, found)]
    knows = visit.user.may("see", "customers")
    if knows:
        tables += [_members_table(visit, segment_id), _events_table(visit, segment_id)]
    asked, told, problem = visit.asked("customer"), None, None
    if asked and knows:
        try:
            told = shelf.why(shop, segment_id, visit.now, asked)
        except TsuideError as error:
            problem = error
    return page(
        visit,
        "segment.html",
        f"={found.segment.names[language]}",
        SEGMENTS,
        tables=tables,
        charts=_history_chart(history, language),
        problem=problem,
        segment=found.segment,
        standing=found,
        lines=condition_spoken(form_of(read_condition(found.segment.condition)), language),
        came=came,
        went=went,
        knows=knows,
        asked=asked,
        why=told,
    )


def _history_table(history: list[dict[str, Any]]) -> Table:
    columns = [
        Column("hour", kind="moment"), Column("size", kind="number", help="help_size"),
        Column("entered", kind="number", help="help_entered"), Column("left", kind="number", help="help_left"),
    ]  # fmt: skip
    return Table("history", columns, history[::-1], caption="history", empty="no_history")


def _history_chart(history: list[dict[str, Any]], language: str) -> list[Chart]:
    if not history:
        return []
    rows = [{"at": row["hour"].isoformat(), "size": row["size"]} for row in history]
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("at:T", title=None, axis=alt.Axis(tickCount=6)),
        y=alt.Y("size:Q", title=SEGMENTS.text("size", language), axis=alt.Axis(tickCount=4, format="~s")),
        tooltip=[alt.Tooltip("at:T"), alt.Tooltip("size:Q", format=",")],
    )
    drawn = base.mark_line(interpolate="step-after", strokeWidth=2) + base.mark_point(filled=True, size=40)
    return [chart_of(drawn, name="sizes", title=SEGMENTS.text("chart_size", language), height=160, table="history")]


def _members_table(visit: Visit, segment_id: str) -> Table:
    def rows(n: int, after: str) -> list[dict[str, Any]]:
        return [
            {**row, "who": row["customer_id"] or row["anonymous_id"], "since": datetime.fromisoformat(row["since"]),
             "cause": cause_said(row["cause"], visit.language)}
            for row in shelf.members_of(visit.shop, segment_id, n, after)
        ]  # fmt: skip

    def everything() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while part := rows(_ALL, found[-1]["place"] if found else ""):
            found += part
        return found

    shown = rows(_MEMBERS + 1, visit.asked("after"))
    more = visit.here(after=shown[_MEMBERS - 1]["place"]) if len(shown) > _MEMBERS else None
    columns = [
        Column("who", href=lambda row: visit.here(customer=row["customer_id"]) if row["customer_id"] else None),
        Column("since", kind="moment"), Column("cause"),
    ]  # fmt: skip
    return Table(
        "members", columns, shown[:_MEMBERS], caption="members", empty="no_members", more=more, everything=everything
    )


def _events_table(visit: Visit, segment_id: str) -> Table:
    rows = [
        {**row, "who": row["customer_id"] or row["anonymous_id"], "event": f"event_{row['event']}",
         "cause": cause_said(row["cause"], visit.language)}
        for row in shelf.latest_events(visit.shop, segment_id, _EVENTS)
    ]  # fmt: skip
    columns = [Column("at", kind="moment"), Column("event", kind="mark"), Column("who"), Column("cause")]
    return Table("events", columns, rows, caption="events", empty="no_events", title_key="who")


def _versions_table(visit: Visit, segment_id: str, found: shelf.Standing) -> Table:
    rows = [
        {**row, "at": datetime.fromisoformat(row["at"]), "name": row["names"][visit.language],
         "current": row["condition"] == found.segment.condition and row["names"] == found.segment.names
         and row["who"] == found.segment.who}
        for row in reversed(shelf.versions_of(visit.shop, segment_id))
    ]  # fmt: skip
    again = Action(
        "restore",
        f"{path_of(segment_id)}/restore",
        lambda row: None if row["current"] else {"version": row["version"]},
    )
    columns = [Column("version", kind="number", help="of_version"), Column("at", kind="moment"), Column("author"),
               Column("name"),
               Column("condition", sortable=False)]  # fmt: skip
    return Table("versions", columns, rows, [again], caption="versions")


def restore(visit: Visit) -> Response:
    """Make a version hold again, as a new one."""
    segment_id, wanted = visit.request.path_params["segment"], visit.must("version")
    before = shelf.defined(visit.shop, segment_id)
    row = next((each for each in shelf.versions_of(visit.shop, segment_id) if str(each["version"]) == wanted), None)
    if row is None:
        raise NotFound("no such version", key="version", value=wanted)
    kept: dict[str, Any] = {name: row[name] for name in ("names", "condition", "who", "ready") if name in row}
    again = segment_from({"id": segment_id} | kept)
    shelf.restore_segment(visit.shop, segment_id, again.plain(), visit.now, author=visit.user.name)
    return visit.done(path_of(segment_id), recorded(visit, again, before))


def remove(visit: Visit) -> Response:
    """Take a segment out of use."""
    segment_id = visit.request.path_params["segment"]
    before = shelf.defined(visit.shop, segment_id)
    shelf.remove_segment(visit.shop, segment_id, visit.now)
    undo = {"id": segment_id, "before": before, "after": None}
    return visit.done("/segments", visit.record(Change("segment.remove", segment_id, before, None, undo)))


ROUTES = [
    see("/segments/of/{segment}", "segments", one),
    change("/segments/of/{segment}/restore", "segments", restore),
    change("/segments/of/{segment}/remove", "segments", remove),
]
