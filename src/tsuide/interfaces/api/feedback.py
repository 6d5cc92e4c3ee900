"""Complaints and scores of customers over HTTP."""

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import BaseModel, BeforeValidator, Field
from starlette.requests import Request

from tsuide.app import feedback as desk
from tsuide.app.serving import entropy
from tsuide.facts.feedback import HIGHEST_SCORE, LOWEST_SCORE, Feedback, FeedbackKind
from tsuide.interfaces.api.keys import SECURITY, require, serving_of
from tsuide.interfaces.api.responses import failures
from tsuide.interfaces.api.schemas import Id, Moment, Note, _In, whole, zoned
from tsuide.kit.ids import time_id

router = APIRouter(tags=["customers"])
_EXTRA: Final = {"security": SECURITY}
Score = Annotated[int, Field(ge=LOWEST_SCORE, le=HIGHEST_SCORE), BeforeValidator(whole)]


class FeedbackIn(_In):
    """One thing that a customer said of the shop."""

    customer_id: Id
    kind: FeedbackKind = Field(description="answered: their complaints are settled.")
    score: Score | None = Field(None, description="Of a score only.")
    at: Moment | None = Field(None, description="Now when missing.")
    text: Note | None = None
    source: Id | None = None
    id: Id | None = Field(None, description="Yours: the same id is not recorded twice.")


class FeedbackOut(BaseModel):
    """What is on record; `new` is false where it was before."""

    feedback: str
    new: bool


class SaidOut(BaseModel):
    """What a customer said, oldest first."""

    feedback: list[dict[str, Any]]


@router.post("/v1/feedback", summary="Record a complaint or a score",
             responses=failures(400, 401, 403, 409, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def record(request: Request, body: FeedbackIn) -> FeedbackOut:
    """A complaint silences offers to the customer until it is answered."""
    require(request, "rep")
    serving = serving_of(request)
    now = serving.clock()
    at = zoned(body.at or now, "at")
    said_id = body.id or time_id("fb", now, entropy())
    said = Feedback(said_id, body.customer_id, body.kind, at, body.score, body.text, body.source)
    new = await asyncio.to_thread(desk.record_feedback, serving.shop, said, now)
    return FeedbackOut(feedback=said_id, new=new)


@router.get("/v1/customers/{customer}/feedback", summary="What a customer said", responses=failures(401, 403, 422, 503),
            openapi_extra=_EXTRA)  # fmt: skip
async def of_customer(request: Request, customer: Id) -> SaidOut:
    """Oldest first; empty where nothing is on record."""
    require(request, "rep")
    return SaidOut(feedback=await asyncio.to_thread(desk.feedback_of, serving_of(request).shop, customer))
