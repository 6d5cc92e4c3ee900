"""Initiatives over HTTP: written down, costs and leads recorded, read and concluded."""

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import BaseModel, BeforeValidator, Field
from starlette.requests import Request

from tsuide.app import initiative_effect as reading
from tsuide.app import initiatives as desk
from tsuide.app.serving import entropy
from tsuide.interfaces.api.keys import SECURITY, require, serving_of
from tsuide.interfaces.api.responses import failures
from tsuide.interfaces.api.schemas import LARGEST, Id, Moment, Note, Said, _In, whole, zoned
from tsuide.kit.ids import time_id
from tsuide.kit.money import Money
from tsuide.offers.offer import Placement
from tsuide.proof.experiment import Metric
from tsuide.proof.initiative import Sort

router = APIRouter(tags=["initiatives"])
_EXTRA: Final = {"security": SECURITY}
Days = Annotated[int, Field(ge=1, le=400), BeforeValidator(whole)]
Spent = Annotated[int, Field(ge=1, le=LARGEST), BeforeValidator(whole)]


class InitiativeIn(_In):
    """What is tried, and what is expected of it."""

    sort: Sort
    hypothesis: Said
    starts_at: Moment
    ends_at: Moment
    subject: Id | None = Field(None, description="A promotion, a bundle, NAME@VERSION of a policy, a journey.")
    metric: Metric = "margin"
    window: Days = Field(30, description="Days per customer in which the metric is summed.")
    experiment: Id | None = Field(None, description="What measures it; without one the standing holdout does.")
    arm: Id | None = Field(None, description="Of the experiment; needed where it has several beside the control.")
    placements: list[Placement] = Field([], max_length=14)
    review_at: Moment | None = None


class CostIn(_In):
    """Money that was spent."""

    amount: Spent = Field(description="Minor units.")
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] | None = Field(None, description="The shop's when missing.")
    at: Moment | None = Field(None, description="Now when missing.")
    note: Note | None = None
    id: Id | None = Field(None, description="Yours: the same id is not recorded twice.")


class LeadIn(_In):
    """Somebody who showed interest."""

    customer_id: Id | None = None
    at: Moment | None = Field(None, description="Now when missing.")
    note: Note | None = None
    id: Id | None = Field(None, description="Yours: the same id is not recorded twice.")


class ConclusionIn(_In):
    """What a person says when it is over; the verdict itself is computed."""

    learned: Said
    next_step: Said


class InitiativeOut(BaseModel):
    """An initiative, where it stands, and its costs and leads."""

    initiative: dict[str, Any]
    entries: list[dict[str, Any]]


class RecordedOut(BaseModel):
    """A cost or lead that is on record; `new` is false where it was before."""

    entry: str
    new: bool


class ReviewOut(BaseModel):
    """Everything by where it stands; and what is in force that no initiative is about."""

    due: list[dict[str, Any]]
    waiting: list[dict[str, Any]]
    running: list[dict[str, Any]]
    planned: list[dict[str, Any]]
    learned: list[dict[str, Any]]
    without_hypothesis: list[dict[str, Any]]


@router.get("/v1/initiatives", summary="What is due, what runs, what was learned",
            responses=failures(401, 403, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def every(request: Request) -> ReviewOut:
    """By where they stand."""
    require(request, "admin")
    serving = serving_of(request)
    return ReviewOut(**await asyncio.to_thread(desk.review, serving.shop, serving.clock()))


@router.put("/v1/initiatives/{initiative}", summary="Write an initiative down",
            responses=failures(400, 401, 403, 404, 409, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def put(request: Request, initiative: Id, body: InitiativeIn) -> InitiativeOut:
    """New or changed; once it has begun, what it foretells is fixed."""
    require(request, "admin")
    given, serving = body.model_dump(), serving_of(request)
    for key in ("starts_at", "ends_at", "review_at"):
        given[key] = None if given[key] is None else zoned(given[key], key).isoformat()
    wanted = desk.read_initiative({"id": initiative, **given})
    await asyncio.to_thread(desk.put_initiative, serving.shop, wanted, serving.clock())
    return await _out(request, initiative)


@router.get("/v1/initiatives/{initiative}", summary="One initiative",
            responses=failures(401, 403, 404, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def one(request: Request, initiative: Id) -> InitiativeOut:
    """Whole, with its costs and leads."""
    require(request, "admin")
    return await _out(request, initiative)


@router.post("/v1/initiatives/{initiative}/costs", summary="Record a cost",
             responses=failures(400, 401, 403, 404, 409, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def cost(request: Request, initiative: Id, body: CostIn) -> RecordedOut:
    """Money that was spent on it."""
    require(request, "admin")
    serving = serving_of(request)
    now, shop = serving.clock(), serving.shop
    entry, at = body.id or time_id("ent", now, entropy()), zoned(body.at or now, "at")
    spent = Money(body.amount, body.currency or shop.settings.currency)
    new = await asyncio.to_thread(desk.record_cost, shop, initiative, entry, spent, at, now, body.note)
    return RecordedOut(entry=entry, new=new)


@router.post("/v1/initiatives/{initiative}/leads", summary="Record a lead",
             responses=failures(400, 401, 403, 404, 409, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def lead(request: Request, initiative: Id, body: LeadIn) -> RecordedOut:
    """Somebody who showed interest through it."""
    require(request, "admin")
    serving = serving_of(request)
    now, shop = serving.clock(), serving.shop
    entry, at = body.id or time_id("ent", now, entropy()), zoned(body.at or now, "at")
    new = await asyncio.to_thread(desk.record_lead, shop, initiative, entry, at, now, body.customer_id, body.note)
    return RecordedOut(entry=entry, new=new)


@router.post("/v1/initiatives/entries/{entry}/undo", summary="Take a cost or a lead back",
             responses=failures(401, 403, 404, 409, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def undo(request: Request, entry: Id) -> dict[str, Any]:
    """It stays on record as taken back."""
    require(request, "admin")
    serving = serving_of(request)
    return await asyncio.to_thread(desk.undo_entry, serving.shop, entry, serving.clock())


@router.get("/v1/initiatives/{initiative}/effect", summary="Read an initiative",
            responses=failures(401, 403, 404, 409, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def effect(request: Request, initiative: Id) -> dict[str, Any]:
    """Effect, return on cost, share of sales and leads, incremental with intervals; attributed figures beside."""
    require(request, "admin")
    serving = serving_of(request)
    return await asyncio.to_thread(reading.initiative_effect, serving.shop, initiative, serving.clock())


@router.post("/v1/initiatives/{initiative}/conclude", summary="Conclude an initiative",
             responses=failures(400, 401, 403, 404, 409, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def conclude(request: Request, initiative: Id, body: ConclusionIn) -> InitiativeOut:
    """The verdict is read once and kept, with what was learned and the next step."""
    require(request, "admin")
    serving = serving_of(request)
    told = (body.learned, body.next_step, serving.clock())
    await asyncio.to_thread(reading.conclude, serving.shop, initiative, *told)
    return await _out(request, initiative)


async def _out(request: Request, initiative: str) -> InitiativeOut:
    serving = serving_of(request)
    found = await asyncio.to_thread(desk.initiative_of, serving.shop, initiative)
    entries = await asyncio.to_thread(desk.entries_of, serving.shop, initiative)
    return InitiativeOut(initiative=desk.plain(found, serving.clock()), entries=entries)
