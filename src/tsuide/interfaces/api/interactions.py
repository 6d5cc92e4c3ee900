"""Talks with customers, notes about them and what they gained, over HTTP."""

import asyncio
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter
from pydantic import BaseModel, BeforeValidator, Field
from starlette.requests import Request

from tsuide.app import interactions as desk
from tsuide.app.contact_costs import DEAREST, KINDS, contact_costs, set_contact_costs
from tsuide.app.serving import entropy
from tsuide.facts.interactions import Interaction, InteractionKind, Win
from tsuide.interfaces.api.keys import SECURITY, needs, require, serving_of
from tsuide.interfaces.api.responses import failures
from tsuide.interfaces.api.schemas import Id, Moment, Note, _In, whole, zoned
from tsuide.kit.ids import time_id

router = APIRouter(tags=["customers"])
_EXTRA: Final = {"security": SECURITY}
ContactKind = Literal["note", "call", "visit", "meeting", "mail", "chat", "complaint"]
Cost = Annotated[int, Field(ge=0, le=DEAREST), BeforeValidator(whole)]
Short = Annotated[str, Field(min_length=1, max_length=500)]


class InteractionIn(_In):
    """A talk with a customer, or a note about them."""

    customer_id: Id
    kind: InteractionKind = Field(description="note: about them, without a word to them.")
    at: Moment | None = Field(None, description="Now when missing.")
    who: Id | None = Field(None, description="Of your people.")
    department: Id | None = None
    text: Note | None = None
    outcome: Short | None = Field(None, description="In a word or two; `no_answer`: nobody was reached.")
    id: Id | None = Field(None, description="Yours: the same id stands in the place of what it said before.")


class ContactCostsIn(_In):
    """What one contact of each kind costs; a kind that is left out costs nothing."""

    costs: dict[ContactKind, Cost] = Field(max_length=len(KINDS), description="Minor units of the shop's currency.")


class ContactCostsOut(BaseModel):
    """Empty where nobody has said."""

    costs: dict[str, int]
    currency: str


class WinIn(_In):
    """A measurable result that a customer reached."""

    customer_id: Id
    metric: Short
    before: Short = Field(description="With its unit.")
    after: Short
    evidence: Note = Field(min_length=1, description="What shows it.")
    at: Moment | None = Field(None, description="Now when missing.")
    id: Id | None = Field(None, description="Yours, as of interactions.")


class WrittenOut(BaseModel):
    """What is on record; `new` is false where its id was there before."""

    id: str
    new: bool


class InteractionsOut(BaseModel):
    """Oldest first."""

    interactions: list[dict[str, Any]]


@router.post("/v1/interactions", dependencies=[needs("rep")], summary="Write down a call, visit, mail or note",
             responses=failures(400, 401, 403, 404, 409, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def interaction(request: Request, body: InteractionIn) -> WrittenOut:
    """By any department. Where somebody was reached, journeys that wait for silence begin to count anew."""
    serving = serving_of(request)
    now = serving.clock()
    said_id = body.id or time_id("int", now, entropy())
    at = zoned(body.at or now, "at")
    said = Interaction(
        said_id, body.customer_id, body.kind, at, body.who, body.department, body.text, body.outcome
    )  # fmt: skip
    new = await asyncio.to_thread(desk.record_interaction, serving.shop, said, now)
    return WrittenOut(id=said_id, new=new)


@router.get("/v1/customers/{customer}/interactions", summary="Talks with a customer, and notes",
            responses=failures(401, 403, 404, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def of_customer(request: Request, customer: Id) -> InteractionsOut:
    """Oldest first. Needs a key with the scope rep."""
    require(request, "rep")
    rows = await asyncio.to_thread(desk.interactions_of, serving_of(request).shop, customer)
    return InteractionsOut(interactions=rows)


@router.get("/v1/interactions/costs", summary="What contacts cost", responses=failures(401, 403, 422, 503),
            openapi_extra=_EXTRA)  # fmt: skip
async def costs(request: Request) -> ContactCostsOut:
    """By kind. Needs a key with the scope rep."""
    require(request, "rep")
    shop = serving_of(request).shop
    told = await asyncio.to_thread(contact_costs, shop)
    return ContactCostsOut(costs=told, currency=shop.settings.currency)


@router.put("/v1/interactions/costs", dependencies=[needs("admin")], summary="Say what contacts cost",
            responses=failures(400, 401, 403, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def set_costs(request: Request, body: ContactCostsIn) -> ContactCostsOut:
    """Customers' costs follow when Tsuide learns next; the rule `cost_to_serve` reads them."""
    serving = serving_of(request)
    await asyncio.to_thread(
        set_contact_costs, serving.shop, {str(kind): cost for kind, cost in body.costs.items()}, serving.clock()
    )
    told = await asyncio.to_thread(contact_costs, serving.shop)
    return ContactCostsOut(costs=told, currency=serving.settings.currency)


@router.post("/v1/wins", dependencies=[needs("rep")], summary="Write down what a customer gained",
             responses=failures(400, 401, 403, 404, 409, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def win(request: Request, body: WinIn) -> WrittenOut:
    """With its evidence. From then on the customer counts as won: see the rule `after_win`."""
    serving = serving_of(request)
    now = serving.clock()
    said_id = body.id or time_id("win", now, entropy())
    at = zoned(body.at or now, "at")
    said = Win(said_id, body.customer_id, body.metric, body.before, body.after, body.evidence, at)
    new = await asyncio.to_thread(desk.record_win, serving.shop, said, now)
    return WrittenOut(id=said_id, new=new)
