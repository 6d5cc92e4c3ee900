"""Segments: every one, those to be taken, and where some of them overlap."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from starlette.responses import Response

from tsuide.app import segments as shelf
from tsuide.errors import BadValue, TsuideError
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.log import begin, waited_for
from tsuide.interfaces.console.phrases.segments import SEGMENTS
from tsuide.interfaces.console.segment_changes import number_asked, path_of, recorded
from tsuide.interfaces.console.tables import Column, Table
from tsuide.interfaces.console.visit import Visit, change, see, whole
from tsuide.outreach.segments.ready import ready_made

_WEEK: Final = timedelta(days=7)
_CELLS: Final = ("3", "2", "1")


def listed(visit: Visit) -> Response:
    """Every segment, those to be taken, and how some of them overlap."""
    return _listed(visit)


def _listed(visit: Visit, problem: TsuideError | None = None, tried: Mapping[str, str] | None = None) -> Response:
    shop, language = visit.shop, visit.language
    moved = shelf.moved_since(shop, visit.now - _WEEK)
    standings = shelf.standings(shop)
    rows = []
    for each in standings:
        came, went = moved.get(each.segment.id, (0, 0))
        rows.append(
            {
                "id": each.segment.id,
                "name": each.segment.names[language],
                "size": each.size,
                "came": came,
                "went": went,
                "who": SEGMENTS.text(f"who.{each.segment.who}", language),
                "condition": each.segment.condition,
                "changed_at": each.changed_at,
            }
        )
    columns = [
        Column("name", href=lambda row: visit.url(path_of(row["id"]))), Column("size", kind="number", help="help_size"),
        Column("came", kind="number", help="help_came"), Column("went", kind="number", help="help_went"),
        Column("who"), Column("condition", sortable=False), Column("changed_at", kind="moment"),
    ]  # fmt: skip
    tables = [Table("segments", columns, rows, empty="no_segments")]
    chosen = [each for each in visit.request.query_params.getlist("with") if any(row["id"] == each for row in rows)]
    overlap = None
    if len(chosen) > 1:
        try:
            overlap = shelf.overlap_of(shop, chosen)
        except BadValue as error:
            problem = problem or error
    if overlap is not None:
        tables += _overlap_tables(overlap, {each.segment.id: each.segment.names[language] for each in standings})
    return page(
        visit,
        "segments.html",
        "room.segments",
        SEGMENTS,
        tables=tables,
        problem=problem,
        rows=rows,
        chosen=chosen,
        overlap=overlap,
        most=shelf.MOST_OVERLAPPED,
        ready=[_ready(each.plain(), language, standings) for each in ready_made().values()],
        tried={"ready": "", "confirm": "", **(tried or {})},
        cells=_CELLS,
        made=shelf.sheets_made(shop),
        under_way=waited_for(visit, "segments"),
    )


def _overlap_tables(overlap: Mapping[str, Any], names: Mapping[str, str]) -> list[Table]:
    sizes = overlap["sizes"]
    pairs = []
    for each in overlap["pairs"]:
        one, other = each["segments"]
        pairs.append(
            {
                "one": names.get(one, one),
                "other": names.get(other, other),
                "both": each["size"],
                "of_one": each["size"] / sizes[one] if sizes[one] else None,
                "of_other": each["size"] / sizes[other] if sizes[other] else None,
            }
        )
    columns = [
        Column("one"), Column("other"), Column("both", kind="number", help="help_both"),
        Column("of_one", kind="share", help="help_of_one"), Column("of_other", kind="share", help="help_of_other"),
    ]  # fmt: skip
    exactly = [
        {"just": [names.get(one, one) for one in each["segments"]], "size": each["size"]} for each in overlap["exactly"]
    ]
    just = [Column("just", kind="lines"), Column("size", kind="number", help="help_just")]
    return [
        Table("overlap", columns, pairs, caption="overlap_pairs", empty="no_overlap"),
        Table("exactly", just, exactly, caption="overlap_exactly", empty="no_overlap"),
    ]


def _ready(each: Mapping[str, Any], language: str, standings: list[shelf.Standing]) -> dict[str, Any]:
    taken = sum(standing.segment.ready.get("ready") == each["ready"] for standing in standings)
    name = str(each["names"][language])
    for blank in each["needs"]:
        said = re.split(r"[（(]", SEGMENTS.text(f"need.{blank}", language))[0].strip()
        name = name.replace(f"{{{blank}}}", f"〈{said}〉")
    return {
        "id": each["ready"],
        "name": name,
        "about": each["about"][language],
        "needs": each["needs"],
        "taken": taken,
        "condition": each["condition"],
    }


def take(visit: Visit) -> Response:
    """Take a ready-made segment."""
    ready_id = visit.must("ready")
    needs = ready_made()[ready_id].needs if ready_id in ready_made() else ()
    given = {need: visit.given(f"need.{need}") for need in needs}
    try:
        segment = shelf.ready_segment(visit.shop, ready_id, given, visit.now)
        before = shelf.defined(visit.shop, segment.id)
        confirm = whole(visit.given("confirm"))
        made = shelf.take(visit.shop, ready_id, given, visit.now, author=visit.user.name, confirm=confirm)
    except TsuideError as error:
        tried = {**given, "ready": ready_id}
        return _listed(visit, error, tried | {"confirm": number_asked(error)})
    return visit.done(path_of(made.segment.id), recorded(visit, segment, before))


def make(visit: Visit) -> Response:
    """Read the whole shop once, in a process of its own, so that conditions can be asked."""
    begin(visit, "segments", {})
    return visit.done(visit.given("to") or "/segments")


ROUTES = [
    see("/segments", "segments", listed),
    change("/segments/take", "segments", take),
    change("/segments/make", "segments", make),
]
