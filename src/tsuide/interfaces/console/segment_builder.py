"""The builder of segments, whose form and text say the same."""

import re
from dataclasses import dataclass, field
from typing import Final

from starlette.responses import RedirectResponse, Response

from tsuide.app import segments as shelf
from tsuide.errors import BadCondition, BadValue, Conflict, TsuideError
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.log import waited_for
from tsuide.interfaces.console.phrases.segments import SEGMENTS
from tsuide.interfaces.console.segment_changes import number_asked, path_of, recorded
from tsuide.interfaces.console.segment_form import Rows, changed, condition_said, rows_of, rows_sent
from tsuide.interfaces.console.visit import Visit, change, see, whole
from tsuide.outreach.segments.condition import text_of
from tsuide.outreach.segments.definition import segment_from
from tsuide.outreach.segments.form import form_of
from tsuide.outreach.segments.reading import read_condition
from tsuide.outreach.segments.vocabulary import CHOICES, DEED_WORDS, FACTS, WHO

_SHELF: Final = 300
_ID: Final = re.compile(r"[^\w.-]+")
_LONG: Final = 1_000  # letters of a condition in an address


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
            return _tried(visit, draft, condition, error, confirm=number_asked(error))
        text = error.text if isinstance(error, BadCondition) and wanted == "form" else draft.text
        return _builder(visit, draft, draft.rows, text=text, was=draft.was, problem=error)
    if len(condition) > _LONG:  # too long for an address
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
    confirm = whole(visit.given("confirm"))
    shelf.put_segment(visit.shop, segment, visit.now, author=visit.user.name, confirm=confirm)
    return visit.done(path_of(segment.id), recorded(visit, segment, known))


ROUTES = [
    see("/segments/build", "segments", build),
    change("/segments/build", "segments", sent),
]
