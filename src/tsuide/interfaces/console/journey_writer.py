"""A journey is written: its text beside its picture, checked, a step more by a form."""

import json
from typing import Final

from starlette.responses import Response

from tsuide.app import journeys as shelf
from tsuide.app.mail_templates import templates
from tsuide.app.segments import standings
from tsuide.errors import TsuideError
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.journey_changes import path_of, put
from tsuide.interfaces.console.journey_steps import KINDS, step_said, with_step
from tsuide.interfaces.console.journey_words import drawn
from tsuide.interfaces.console.phrases.journeys import JOURNEYS
from tsuide.interfaces.console.visit import Visit, change, see
from tsuide.outreach.journeys.journey import Journey, schema

_AROUND: Final = 2
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


def write(visit: Visit) -> Response:
    """The builder: a text beside its picture."""
    of, ready = visit.asked("of"), visit.asked("ready")
    if of:
        return _builder(visit, shelf.journey_told(visit.shop, of)["text"], of)
    prepared = visit.asked("text")[:_PREPARED]  # as another page wrote it
    return _builder(visit, prepared or (shelf.ready_journey(ready) if ready else _START))


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
        **(drawn(journey, language) if journey is not None else {}),
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
            journey_id, entry = put(visit, text, named=of or None, move=move)
            return visit.done(path_of(journey_id), entry)
        shelf.check_templates(visit.shop, text)
    except TsuideError as error:
        return _builder(visit, text, of, error)
    return _builder(visit, text, of)


def described(visit: Visit) -> Response:  # noqa: ARG001 - the same for everybody
    """The JSON schema of a journey, for editors."""
    return Response(json.dumps(schema(), ensure_ascii=False, indent=1), media_type="application/schema+json")


ROUTES = [
    see("/journeys/write", "journeys", write),
    change("/journeys/write", "journeys", written),
    see("/journeys/schema.json", "journeys", described),
]
