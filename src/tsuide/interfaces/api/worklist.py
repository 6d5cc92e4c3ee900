"""The worklist over HTTP: whom a rep should call first, with what and why; and what the rep says to it."""

import asyncio
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, BeforeValidator, Field
from starlette.requests import Request

from tsuide.app import worklist as desk
from tsuide.app import worklist_answers as said
from tsuide.app.serving import entropy
from tsuide.interfaces.api.keys import SECURITY, require, serving_of
from tsuide.interfaces.api.responses import failures
from tsuide.interfaces.api.schemas import LARGEST, Amount, Id, Language, Note, OfTeam, Said, _In, whole
from tsuide.outreach.sales.worklist import Thresholds

router = APIRouter(tags=["worklist"])
_EXTRA: Final = {"security": SECURITY}
_ASKED: Final = failures(401, 403, 404, 422, 503)
_TOLD: Final = failures(400, 401, 403, 404, 409, 413, 422, 503)
RepName = Annotated[Id, Path(pattern=r"\S", description="As the customers' attribute `owner` names them.")]
OfferId = Annotated[Id, Path(description="As the list gives it.")]
Many = Annotated[int, Query(ge=1, le=desk.MOST, description="Accounts with an offer, at most.")]
Everybody = Annotated[bool, Query(alias="all", description="All other accounts too, without offers.")]
Wanted = Annotated[Language | None, Query(description="Of the texts; the shop's own where missing.")]
Qualified = Annotated[list[Id] | None, Query(description="What the rep may advise on; give it several times.")]
Days = Annotated[int, Field(ge=1, le=730), BeforeValidator(whole)]
Share = Annotated[float, Field(ge=0, le=1)]
Reason = Literal["have_it", "too_dear", "not_now", "not_for_me", "wrong_contact", "closed", "other"]


class AcceptIn(_In):
    """The rep takes it up."""

    note: Note | None = None


class DismissIn(_In):
    """The rep dismisses it."""

    reason: Reason
    note: Note | None = None


class SnoozeIn(_In):
    """The rep puts it off."""

    days: Days = 14


class PitchNoteIn(_In):
    """What a colleague knows from experience; no customer's name belongs here."""

    product_id: Id
    rep: Id
    text: Said
    before: Said | None = Field(None, description="How it was before; with `after`.")
    after: Said | None = Field(None, description="How it is since; with `before`.")


class ThresholdsIn(_In):
    """From where on an account counts as high; what is missing takes its usual value."""

    results: Share = Field(0.5, description="Share of accounts below the line of high results.")
    room: Share = Field(0.5, description="The same of room to grow.")
    results_amount: Amount | None = Field(None, description="The line itself, minor units; goes before `results`.")
    room_amount: Amount | None = Field(None, description="The same of room.")
    what: Share = Field(0.3, description="Share of touch points with a reaction.")
    pace: float = Field(0.5, ge=0, le=LARGEST, description="Touch points a month.")
    quadrants_first: bool = Field(default=False, description="List A before B before C before D.")


class WorklistOut(BaseModel):
    """A list, a group for each currency; amounts of two currencies are never added."""

    rep: str
    accounts: int
    at: str
    thresholds: dict[str, Any]
    away: list[dict[str, Any]] = Field(description="Accounts that do not come back to the list yet, and until when.")
    groups: list[dict[str, Any]]
    text: str | None = Field(description="What an empty list means; null where there are entries.")


class AnsweredOut(BaseModel):
    """What is on record; `new` is false where it was before."""

    offer: str
    account: str
    product_id: str
    state: Literal["accepted", "dismissed", "snoozed"]
    reason: str | None
    until: str | None
    task: str | None
    new: bool


class RepsOut(BaseModel):
    """How many accounts each rep has."""

    reps: dict[str, int]


class ThresholdsOut(BaseModel):
    """What holds."""

    thresholds: dict[str, Any]


class PitchNoteOut(BaseModel):
    """A note as it is kept."""

    note: dict[str, Any]


@router.get("/v1/worklist", summary="Who has how many accounts", responses=_ASKED, openapi_extra=_EXTRA)
async def reps(request: Request, team: OfTeam = None) -> RepsOut:
    """By the customers' attribute `owner`."""
    require(request, "rep")
    return RepsOut(reps=await asyncio.to_thread(serving_of(request).shop.store.worklist.owners, team))


@router.get("/v1/worklist/thresholds", summary="What counts as high", responses=_ASKED, openapi_extra=_EXTRA)
async def thresholds(request: Request) -> ThresholdsOut:
    """In this shop."""
    require(request, "rep")
    found = await asyncio.to_thread(desk.thresholds_of, serving_of(request).shop)
    return ThresholdsOut(thresholds=desk.thresholds_told(found))


@router.put("/v1/worklist/thresholds", summary="Set what counts as high", responses=_TOLD, openapi_extra=_EXTRA)
async def set_thresholds(request: Request, body: ThresholdsIn) -> ThresholdsOut:
    """Holds from the next list on."""
    require(request, "admin")
    serving, wanted = serving_of(request), Thresholds(**body.model_dump())
    await asyncio.to_thread(desk.set_thresholds, serving.shop, wanted, serving.clock())
    return ThresholdsOut(thresholds=desk.thresholds_told(wanted))


@router.post("/v1/worklist/notes", summary="Add to a product's pitch", responses=_TOLD, openapi_extra=_EXTRA)
async def note(request: Request, body: PitchNoteIn) -> PitchNoteOut:
    """Colleagues see it with the offer."""
    require(request, "rep")
    serving = serving_of(request)
    row = await asyncio.to_thread(
        said.add_note, serving.shop, body.product_id, body.rep, body.text, serving.clock(), entropy=entropy(),
        before=body.before, after=body.after,
    )  # fmt: skip
    return PitchNoteOut(note=row)


@router.get("/v1/worklist/{rep}", summary="Whom a rep should call first", responses=_ASKED, openapi_extra=_EXTRA)
async def one(
    request: Request,
    rep: RepName,
    n: Many = desk.SHOWN,
    everybody: Everybody = False,  # noqa: FBT002 - of the query
    language: Wanted = None,
    qualified: Qualified = None,
) -> WorklistOut:
    """Accounts by past results × room to grow, each with its next offer, pitch, value and best time.

    Looking at it touches nobody; the decisions behind it are recorded.
    """
    require(request, "rep")
    serving = serving_of(request)

    wanted = desk.Wanted(rep, language or serving.settings.language, n, everybody, tuple(qualified or ()))
    told, served = await asyncio.to_thread(
        lambda: desk.worklist(serving.shop, serving.decider, wanted, serving.clock(), serving.habits.now())
    )
    await serving.decider.keep(served)
    return WorklistOut(**told)


@router.post("/v1/worklist/{offer}/accept", summary="Take an offer up", responses=_TOLD, openapi_extra=_EXTRA)
async def accept(request: Request, offer: OfferId, body: AcceptIn) -> AnsweredOut:
    """It becomes a task of the rep and counts as a contact of the customer; it is nobody's yes."""
    require(request, "rep")
    serving = serving_of(request)
    answered = await asyncio.to_thread(
        lambda: said.accept(serving.shop, offer, serving.clock(), note=body.note, entropy=entropy())
    )
    return await _answered(request, answered)


@router.post("/v1/worklist/{offer}/dismiss", summary="Dismiss an offer", responses=_TOLD, openapi_extra=_EXTRA)
async def dismiss(request: Request, offer: OfferId, body: DismissIn) -> AnsweredOut:
    """What the customer has already is no room to grow any more."""
    require(request, "rep")
    serving = serving_of(request)
    return await _answered(
        request,
        await asyncio.to_thread(
            lambda: said.dismiss(serving.shop, offer, body.reason, serving.clock(), note=body.note)
        ),
    )


@router.post("/v1/worklist/{offer}/snooze", summary="Put an account off", responses=_TOLD, openapi_extra=_EXTRA)
async def snooze(request: Request, offer: OfferId, body: SnoozeIn) -> AnsweredOut:
    """It comes back when its time has come."""
    require(request, "rep")
    serving = serving_of(request)
    return await _answered(
        request, await asyncio.to_thread(lambda: said.snooze(serving.shop, offer, serving.clock(), days=body.days))
    )


async def _answered(request: Request, answered: said.Answered) -> AnsweredOut:
    serving = serving_of(request)
    await asyncio.to_thread(said.must_fit, serving.shop, answered)
    await serving.ledger.record(answered.decision_id, [answered.told])
    new = await asyncio.to_thread(said.keep, serving.shop, answered)
    return AnsweredOut(**said.answered_told(answered, new=new))
