"""Journeys over HTTP: write, look, try on days that have been, run, pause."""

import asyncio
from datetime import timedelta
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from tsuide.app import journeys as shelf
from tsuide.app.journey_running import dry_run_of
from tsuide.app.serving import clock
from tsuide.interfaces.api.keys import SECURITY, needs, require, serving_of
from tsuide.interfaces.api.responses import failures
from tsuide.interfaces.api.schemas import Id
from tsuide.outreach.journeys.journey import schema

router = APIRouter(tags=["journeys"])
_EXTRA: Final = {"security": SECURITY}
Named = Annotated[Id, Path(description="The journey's id.")]
Most = Annotated[int, Query(ge=1, le=1_000, description="At most so many.")]
State = Annotated[Literal["active", "done", "left"] | None, Query(description="Only these.")]
Text = Annotated[str, Field(min_length=1, max_length=50_000, description="YAML; see docs/journeys.md.")]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class JourneyIn(_In):
    """A journey as a person writes it."""

    text: Text
    move: bool = Field(False, description="Take along who is under way, where the step still exists.")


class JourneyStateIn(_In):
    """What it is to do."""

    state: Literal["running", "paused", "stopped"]


class DryRunIn(_In):
    """Which days."""

    text: Text
    days: int = Field(1, ge=1, le=92, description="So many days back, until now.")


class JourneyOut(BaseModel):
    """A journey, and how many are in it."""

    id: str
    names: dict[str, str]
    state: str
    version: int
    trigger: str
    active: int
    done: int
    left: int
    reached: int
    changed_at: str


class WayOut(BaseModel):
    """How many went one way out of a step."""

    version: int
    step: str
    way: str
    said: str
    n: int


class JourneyWholeOut(JourneyOut):
    """With its text, who waits where, and every way that was taken."""

    doubts: list[str] = Field(description="What it names that the shop does not have.")
    waiting: dict[str, int]
    ways: list[WayOut]
    versions: list[dict[str, Any]]
    text: str


class JourneysOut(BaseModel):
    """Every journey, by id."""

    journeys: list[JourneyOut]


class EnrolmentOut(BaseModel):
    """One customer in a journey."""

    id: str
    customer_id: str | None
    key: str
    version: int
    state: str
    step: str | None
    why: str | None
    passed: list[str]
    due_at: str | None
    entered_at: str


class EnrolmentsOut(BaseModel):
    """Those that moved last first."""

    enrolments: list[EnrolmentOut]


@router.get("/v1/journeys", summary="Every journey", responses=failures(401, 403, 422, 503), openapi_extra=_EXTRA)
async def every(request: Request) -> JourneysOut:
    """Whether it runs, and how many are in it."""
    require(request, "admin")
    rows = await asyncio.to_thread(shelf.journeys_told, serving_of(request).shop)
    return JourneysOut(journeys=[JourneyOut(**row) for row in rows])


@router.get("/v1/journeys/schema", summary="The schema of a journey", responses=failures(401, 403, 422, 503),
            openapi_extra=_EXTRA)  # fmt: skip
async def described(request: Request) -> dict[str, Any]:
    """JSON schema, for editors."""
    require(request, "admin")
    return schema()


@router.get("/v1/journeys/ready", summary="Ready-made journeys", responses=failures(401, 403, 422, 503),
            openapi_extra=_EXTRA)  # fmt: skip
async def ready(request: Request) -> dict[str, str]:
    """Id → text, to begin one's own from."""
    require(request, "admin")
    return shelf.ready_journeys()


@router.post("/v1/journeys/dry-run", dependencies=[needs("admin")], summary="Try a journey on days that have been",
             responses=failures(400, 401, 403, 409, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def dry_run(request: Request, body: DryRunIn) -> dict[str, Any]:
    """Whom it would have touched, and what would have held it back; nothing is sent and nothing is kept."""
    shop, end = serving_of(request).shop, clock()
    journey = shelf.journey_of(body.text)
    return await asyncio.to_thread(dry_run_of, shop, journey, end - timedelta(days=body.days), end, clock)


@router.get("/v1/journeys/{journey}", summary="One journey", responses=failures(401, 403, 404, 422, 503),
            openapi_extra=_EXTRA)  # fmt: skip
async def one(request: Request, journey: Named) -> JourneyWholeOut:
    """With its text, who waits where, and how many went which way."""
    require(request, "admin")
    return JourneyWholeOut(**await asyncio.to_thread(shelf.journey_told, serving_of(request).shop, journey))


@router.put("/v1/journeys/{journey}", dependencies=[needs("admin")], summary="Write a journey",
            responses=failures(400, 401, 403, 409, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def put(request: Request, journey: Named, body: JourneyIn) -> JourneyWholeOut:
    """A new one is paused; of one that is there the next version. The id in the text must be the address's."""
    shop = serving_of(request).shop
    await asyncio.to_thread(shelf.put_journey, shop, body.text, clock(), move=body.move, named=journey)
    return JourneyWholeOut(**await asyncio.to_thread(shelf.journey_told, shop, journey))


@router.post("/v1/journeys/{journey}/state", dependencies=[needs("admin")], summary="Run, pause or stop a journey",
             responses=failures(400, 401, 403, 404, 409, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def state(request: Request, journey: Named, body: JourneyStateIn) -> JourneyWholeOut:
    """Paused: nobody begins, who is under way waits. Stopped: everybody leaves."""
    shop = serving_of(request).shop
    return JourneyWholeOut(**await asyncio.to_thread(shelf.set_journey, shop, journey, body.state, clock()))


@router.post("/v1/journeys/{journey}/undo", dependencies=[needs("admin")], summary="Write the version before again",
             responses=failures(400, 401, 403, 404, 409, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def undo(request: Request, journey: Named) -> JourneyWholeOut:
    """As a new version."""
    shop = serving_of(request).shop
    await asyncio.to_thread(shelf.undo_journey, shop, journey, clock())
    return JourneyWholeOut(**await asyncio.to_thread(shelf.journey_told, shop, journey))


@router.get("/v1/journeys/{journey}/enrolments", summary="Who is in a journey",
            responses=failures(401, 403, 404, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def enrolments(request: Request, journey: Named, state: State = None, limit: Most = 100) -> EnrolmentsOut:
    """Where they stand, and what they passed."""
    require(request, "admin")
    rows = await asyncio.to_thread(shelf.enrolments_told, serving_of(request).shop, journey, state, limit)
    return EnrolmentsOut(enrolments=[EnrolmentOut(**row) for row in rows])
