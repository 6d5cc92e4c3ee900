"""Who is in a journey, or was, and the walk of one of them."""

from datetime import datetime
from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from tsuide.app import journeys as shelf
from tsuide.errors import NotFound
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.journey_changes import path_of
from tsuide.interfaces.console.journey_words import came_said, line_said, passed_said, way_said, why_said
from tsuide.interfaces.console.phrases.journeys import JOURNEYS
from tsuide.interfaces.console.tables import Column, Table
from tsuide.interfaces.console.visit import Visit, see

_ENROLLED: Final = ("active", "done", "left")
_MOST: Final = 200


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
            "passed": " → ".join(passed_said(each, visit.language) for each in row["passed"]),
            "state": f"enrolled_{row['state']}",
            "due_at": datetime.fromisoformat(row["due_at"]) if row["due_at"] else None,
            "entered_at": datetime.fromisoformat(row["entered_at"]),
            "why": why_said(row["why"], visit.language),
        }
        for row in shelf.enrolments_told(visit.shop, journey_id, state, _MOST, customer or None)
    ]
    columns = [
        Column("customer_id", href=lambda row: visit.url(f"{path_of(journey_id)}/who/{quote(row['id'], safe='')}")),
        Column("state", kind="mark"), Column("step"), Column("due_at", kind="moment", help="help_due"),
        Column("passed", sortable=False), Column("why", label="why_left"), Column("entered_at", kind="moment"),
        Column("version", kind="number", help="of_version"),
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
                "does": None if step is None else f"{known[f'step.{step.kind}']} {line_said(step, visit.language)}",
                "to": way_said(each["way"], visit.language),
                "said": came_said(each["said"], visit.language),
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
        here=f"{told['step']}: {line_said(here, visit.language)}" if here is not None else told["step"],
        why=why_said(told["why"], visit.language),
    )


ROUTES = [
    see("/journeys/of/{journey}/who", "journeys", enrolled),
    see("/journeys/of/{journey}/who/{enrolment}", "journeys", walk),
]
