"""Segments: who is in, how they moved, where they overlap; and the builder, whose form and text say the same."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

import altair as alt
from starlette.responses import RedirectResponse, Response

from tsuide.app import segments as shelf
from tsuide.app.changes import Change
from tsuide.errors import BadCondition, BadValue, Conflict, NotFound, TsuideError
from tsuide.interfaces.console.charts import Chart, chart_of
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.log import begin, waited_for
from tsuide.interfaces.console.phrases.segments import SEGMENTS
from tsuide.interfaces.console.segment_form import Rows, changed, condition_said, rows_of, rows_sent
from tsuide.interfaces.console.tables import Action, Column, Table
from tsuide.interfaces.console.visit import Visit, change, see
from tsuide.outreach.segments.condition import text_of
from tsuide.outreach.segments.definition import Segment, segment_from
from tsuide.outreach.segments.form import form_of
from tsuide.outreach.segments.reading import read_condition
from tsuide.outreach.segments.ready import ready_made
from tsuide.outreach.segments.vocabulary import CHOICES, DEED_WORDS, FACTS, WHO

_WEEK: Final = timedelta(days=7)
_MEMBERS: Final = 50
_EVENTS: Final = 50
_ALL: Final = 1_000
_SHELF: Final = 300
_CELLS: Final = ("3", "2", "1")
_ID: Final = re.compile(r"[^\w.-]+")


# --- the list ------------------------------------------------------------------------------------------------


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
        Column("name", href=lambda row: visit.url(_path(row["id"]))), Column("size", kind="number", help="help_size"),
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
        confirm = _whole(visit.given("confirm"))
        made = shelf.take(visit.shop, ready_id, given, visit.now, author=visit.user.name, confirm=confirm)
    except TsuideError as error:
        tried = {**given, "ready": ready_id}
        return _listed(visit, error, tried | ({"confirm": _number_in(error)} if _asks(error) else {}))
    return visit.done(_path(made.segment.id), _recorded(visit, segment, before))


def make(visit: Visit) -> Response:
    """Read the whole shop once, in a process of its own, so that conditions can be asked."""
    begin(visit, "segments", {})
    return visit.done(visit.given("to") or "/segments")


# --- one segment ---------------------------------------------------------------------------------------------


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
        lines=_spoken(form_of(read_condition(found.segment.condition)), language),
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
             "cause": _cause(row["cause"], visit.language)}
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
         "cause": _cause(row["cause"], visit.language)}
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
        f"{_path(segment_id)}/restore",
        lambda row: None if row["current"] else {"version": row["version"]},
    )
    columns = [Column("version", kind="number"), Column("at", kind="moment"), Column("author"), Column("name"),
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
    return visit.done(_path(segment_id), _recorded(visit, again, before))


def remove(visit: Visit) -> Response:
    """Take a segment out of use."""
    segment_id = visit.request.path_params["segment"]
    before = shelf.defined(visit.shop, segment_id)
    shelf.remove_segment(visit.shop, segment_id, visit.now)
    undo = {"id": segment_id, "before": before, "after": None}
    return visit.done("/segments", visit.record(Change("segment.remove", segment_id, before, None, undo)))


# --- the builder ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Draft:
    """What stands in the builder."""

    of: str = ""
    id: str = ""
    ja: str = ""
    en: str = ""
    who: str = "customers"
    text: str = ""
    was: str = ""
    rows: Rows = field(default_factory=Rows)

    def named(self) -> dict[str, str]:
        """For the address of the page."""
        return {"of": self.of, "id": self.id, "ja": self.ja, "en": self.en, "who": self.who, "condition": self.text}


def build(visit: Visit) -> Response:
    """The builder, with the condition that the address says, or that of a segment."""
    of, condition = visit.asked("of"), visit.asked("condition")
    draft = _Draft(of, visit.asked("id"), visit.asked("ja"), visit.asked("en"), visit.asked("who") or "customers")
    if of:
        segment = shelf.standing(visit.shop, of).segment
        ja, en = draft.ja or segment.names["ja"], draft.en or segment.names["en"]
        draft = _Draft(of, of, ja, en, visit.asked("who") or segment.who)
        condition = condition or segment.condition
    return _tried(visit, draft, condition)


def _tried(
    visit: Visit, draft: _Draft, condition: str, problem: TsuideError | None = None, confirm: str = ""
) -> Response:
    """The builder with a condition, and what it gives."""
    if not condition:
        return _builder(visit, draft, Rows().with_row(), problem=problem)
    if not shelf.sheets_made(visit.shop):
        return _builder(visit, draft, Rows().with_row(), text=condition, problem=problem)
    try:
        who = next((each for each in WHO if each == draft.who), None)
        if who is None:
            raise BadValue("not a choice", key="who", value=draft.who, way_out=", ".join(WHO))
        found = shelf.preview(visit.shop, condition, who, visit.now)
    except TsuideError as error:
        try:
            rows = rows_of(form_of(read_condition(condition)))
        except TsuideError:
            rows = draft.rows if draft.rows.items else Rows().with_row()
        return _builder(visit, draft, rows, text=condition, was=draft.was, problem=problem or error)
    return _builder(
        visit, draft, rows_of(found.form), text=condition, was=found.condition, found=found, problem=problem,
        confirm=confirm,
    )  # fmt: skip


def _builder(
    visit: Visit,
    draft: _Draft,
    rows: Rows,
    *,
    text: str = "",
    was: str = "",
    found: shelf.Preview | None = None,
    problem: TsuideError | None = None,
    confirm: str = "",
) -> Response:
    made = shelf.sheets_made(visit.shop)
    names = shelf.attributes_of(visit.shop, visit.now) if made else []
    language = visit.language
    return page(
        visit,
        "segment_build.html",
        "change_segment" if draft.of else "new_segment",
        SEGMENTS,
        problem=problem,
        draft=draft,
        rows=rows,
        text=text,
        was=was,
        found=found,
        confirm=confirm,
        knows=visit.user.may("see", "customers"),
        made=made,
        under_way=waited_for(visit, "segments"),
        subjects=_subjects(language, names, rows),
        shelf_names=_shelf_names(visit) if made else [],
        choices_of=lambda row: FACTS[row.name].choices if row.subject.startswith("fact:") and row.name in FACTS else (),
        purposes=CHOICES["purpose"],
        channels=CHOICES["channel"],
        fault=_fault(problem),
        who_options=[(each, SEGMENTS.text(f"who.{each}", language)) for each in WHO],
        suggested=_suggested(draft, language),
    )


def _suggested(draft: _Draft, language: str) -> str:
    name = draft.en if language == "en" else draft.en or draft.ja
    return draft.id or _ID.sub("-", name.lower()).strip("-")


def _fault(problem: TsuideError | None) -> int | None:
    """The row at which an error points."""
    found = re.fullmatch(r"row (\d+)", problem.key or "") if problem is not None else None
    return int(found[1]) - 1 if found else None


def _shelf_names(visit: Visit) -> list[str]:
    """Categories and brands, for who fills in what was bought; those of the catalogue in memory."""
    loaded = visit.serving.decider.loaded_or_none
    if loaded is None:
        return []
    found: dict[str, None] = {}
    for branch in loaded.catalogue.branches(()):
        found[branch.name] = None
        found.update((each.name, None) for each in loaded.catalogue.branches(branch.path))
    return [*found][:_SHELF]


def _subjects(language: str, attributes: list[str], rows: Rows) -> list[tuple[str, list[tuple[str, str]]]]:
    """What a row may be about: (heading, [(value, words)])."""
    place = 0 if language == "ja" else 1
    said = {name: fact.ja if place == 0 else fact.en for name, fact in FACTS.items()}
    own = [(f"fact:{name}", said[name]) for name, fact in FACTS.items() if not fact.learned]
    learned = [(f"fact:{name}", said[name]) for name, fact in FACTS.items() if fact.learned]
    used = [row.name for _, _, inside in rows.numbered() for _, row in inside if row.kind == "attribute"]
    every = list(dict.fromkeys([*attributes, *used]))
    others = [(each, SEGMENTS.text(f"subject.{each}", language))
              for each in ("consented", "birthday", "everybody", "condition")]  # fmt: skip
    groups = [
        ("deeds", [(f"did:{deed}", words[place]) for deed, words in DEED_WORDS.items()]),
        ("attributes", [(f"attribute:{each}", each) for each in every]),
        ("facts", own),
        ("learned", learned),
        ("others", others),
    ]
    return [(SEGMENTS.text(f"subjects.{name}", language), options) for name, options in groups if options]


def sent(visit: Visit) -> Response:
    """What a button of the builder does: a row more or less, try, save."""
    wanted = visit.given("do")
    draft = _Draft(
        visit.given("of"), visit.given("id"), visit.given("ja"), visit.given("en"), visit.given("who") or "customers",
        visit.given("text"), visit.given("was"), rows_sent(dict(visit.form)),
    )  # fmt: skip
    if wanted.partition(".")[0] in {"row", "group", "drop", "look"}:
        rows = draft.rows if wanted == "look" else changed(draft.rows, wanted)
        return _builder(visit, draft, rows, text=draft.text, was=draft.was)
    return _judged(visit, draft, wanted)


def _judged(visit: Visit, draft: _Draft, wanted: str) -> Response:
    condition = ""
    try:
        condition = _meant(draft, wanted)
        if wanted == "save":
            return _saved(visit, draft, condition)
        shelf.read_for(visit.shop, condition, visit.now)
    except TsuideError as error:
        if condition and not isinstance(error, BadCondition):  # a name, an id, everybody: the condition is good
            return _tried(visit, draft, condition, error, confirm=_number_in(error) if _asks(error) else "")
        text = error.text if isinstance(error, BadCondition) and wanted == "form" else draft.text
        return _builder(visit, draft, draft.rows, text=text, was=draft.was, problem=error)
    if len(condition) > _ALL:  # too long for an address
        return _tried(visit, draft, condition)
    named = {**draft.named(), "condition": condition}
    return RedirectResponse(visit.url("/segments/build", **named) + "#found", 303)


def _meant(draft: _Draft, wanted: str) -> str:
    """The condition that is meant: the one whose button was pressed; to save, the one that was changed.

    Raises:
        BadValue: both were changed, and say different things.
    """
    if wanted == "text":
        if not draft.text:
            raise BadValue("must be filled in", key="text", value="")
        return draft.text
    if wanted == "save" and draft.text and draft.text != draft.was:
        try:
            by_rows = condition_said(draft.rows)
        except TsuideError:
            return draft.text
        if by_rows == draft.was or not draft.was:
            return draft.text
        if by_rows == text_of(read_condition(draft.text)):
            return by_rows
        raise BadValue("the form and the text were both changed", key="text", value=draft.text,
                       way_out="try the one that you mean, then save")  # fmt: skip
    return condition_said(draft.rows)


def _saved(visit: Visit, draft: _Draft, condition: str) -> Response:
    known = shelf.defined(visit.shop, draft.of) if draft.of else None
    segment_id = draft.of or draft.id or _suggested(draft, visit.language)
    if not draft.of and shelf.defined(visit.shop, segment_id) is not None:
        raise Conflict("there is a segment of this id", key="id", value=segment_id, way_out="choose another")
    names = {"ja": draft.ja or draft.en, "en": draft.en or draft.ja}
    segment = segment_from({"id": segment_id, "names": names, "condition": condition, "who": draft.who})
    confirm = _whole(visit.given("confirm"))
    shelf.put_segment(visit.shop, segment, visit.now, author=visit.user.name, confirm=confirm)
    return visit.done(_path(segment.id), _recorded(visit, segment, known))


# --- what they share -----------------------------------------------------------------------------------------


def _path(segment_id: str) -> str:
    return f"/segments/of/{quote(segment_id, safe='')}"


def _recorded(visit: Visit, segment: Segment, before: Mapping[str, Any] | None) -> int:
    after = segment.plain()
    undo = {"id": segment.id, "before": before, "after": after}
    return visit.record(Change("segment.put", segment.id, before, after, undo))


def _asks(error: TsuideError) -> bool:
    return isinstance(error, Conflict) and error.key == "confirm"


def _number_in(error: TsuideError) -> str:
    found = re.search(r"\d+", error.way_out or "")
    return found[0] if found else ""


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004 - digits


def _cause(cause: str, language: str) -> str:
    known = SEGMENTS.all(language)
    return known.get(f"cause.{cause}", cause)


def _spoken(form: Mapping[str, Any], language: str) -> list[str]:
    """A condition in words: one line for each row of its form."""
    rows = rows_of(dict(form))
    told = []
    for place, item, inside in rows.numbered():
        said = [_row_said(row, language) for _, row in inside]
        if place is None:
            told += said
            continue
        joined = SEGMENTS.text(f"join.{item.join}", language).join(said)  # type: ignore[union-attr]  # a group
        told.append(SEGMENTS.text("negated_group", language, what=joined) if item.negated else joined)
    return told


def _row_said(row: Any, language: str) -> str:  # noqa: ANN401 - a row of the form
    place = 0 if language == "ja" else 1
    match row.kind:
        case "did":
            words = DEED_WORDS[row.name][place]
            parts = {"what": row.value or SEGMENTS.text("anything", language), "did": words}
            said = SEGMENTS.text("said.did", language, **parts)
            said += SEGMENTS.text("said.within", language, n=row.within) if row.within else ""
            said += SEGMENTS.text("said.times", language, n=row.times) if row.times else ""
        case "consented":
            said = SEGMENTS.text("said.consented", language, purpose=row.value, channel=row.how)
        case "birthday":
            said = SEGMENTS.text("said.birthday", language, n=row.value)
        case "everybody":
            said = SEGMENTS.text("said.everybody" if row.how == "yes" else "said.nobody", language)
        case "condition":
            said = row.value
        case _:
            fact = FACTS.get(row.name) if row.kind != "attribute" else None
            name = row.name if fact is None else (fact.ja if place == 0 else fact.en)
            said = SEGMENTS.text(f"said.{row.how}", language, name=name, value=row.value, high=row.high)
    return SEGMENTS.text("negated", language, what=said) if row.negated else said


ROUTES = [
    see("/segments", "segments", listed),
    change("/segments/take", "segments", take),
    change("/segments/make", "segments", make),
    see("/segments/build", "segments", build),
    change("/segments/build", "segments", sent),
    see("/segments/of/{segment}", "segments", one),
    change("/segments/of/{segment}/restore", "segments", restore),
    change("/segments/of/{segment}/remove", "segments", remove),
]
