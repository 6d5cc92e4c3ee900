"""One customer or account whole: what a seller reads before a call."""

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from tsuide.app.customer_whole import asked_of, customer_whole, offers_told
from tsuide.interfaces.api.customers import ConsentOut, CustomerOut, InPath
from tsuide.interfaces.api.keys import SECURITY, require, serving_of
from tsuide.interfaces.api.responses import failures
from tsuide.interfaces.api.schemas import Id, Language
from tsuide.interfaces.api.shown import as_json
from tsuide.kit.clock import zone
from tsuide.outreach.sales.customer_page import customer_page

router = APIRouter(tags=["customers"])
_EXTRA: Final = {"security": SECURITY}
Rows = list[dict[str, Any]]


class WhoOut(CustomerOut):
    """Who they are; contact data only for a key with the scope admin."""

    email: str | None
    phone: str | None


class NamedOut(BaseModel):
    """Another customer."""

    id: str
    kind: str | None = Field(description="null = named as the account above, and never told of itself.")
    name: str | None
    parent_id: str | None


class TreeMemberOut(NamedOut):
    """One of the tree."""

    depth: int = Field(description="0 = the customer who was asked for.")
    orders: int
    last_order_at: str | None
    open_complaint: bool


class TreeOut(BaseModel):
    """The account's tree, each below what it belongs to."""

    above: list[NamedOut] = Field(description="The nearest first.")
    size: int
    members: list[TreeMemberOut] = Field(description="The first 200.")


class CountsOut(BaseModel):
    """Orders that were not cancelled, and what of them came back; minor units."""

    orders: int
    cancelled: int
    amount: int
    units: int
    returned_units: int
    returned_amount: int


class SumsOut(CountsOut):
    """Of the whole tree in one currency."""

    currency: str
    first_at: str | None
    last_at: str | None
    own: CountsOut = Field(description="Of the customer alone.")


class WebOut(BaseModel):
    """What they did on the site, their visits without a name included."""

    since: str
    counts: dict[str, int]
    viewed: Rows
    newest: Rows


class ValueOut(BaseModel):
    """What the tree is expected to bring, as learned."""

    days: int
    currency: str
    customers: int = Field(description="From how many of the tree it was learned.")
    purchases: float
    revenue: int | None = Field(description="null = prices are not known, or the tree buys in another currency.")
    margin: int | None
    alive: float | None = Field(description="That the customer themselves will ever buy again.")
    return_risk: float | None


class NowOut(BaseModel):
    """What to offer now, and what not and why. Outcomes are told of `decision`."""

    decision: str
    arm: str
    offers: Rows = Field(description="Each with its pitch, and who in the tree has it already.")
    question: dict[str, str] | None = Field(description="What to ask before any product is named.")
    notes: list[dict[str, str]]
    considered: int
    refused_by_rule: Rows
    refused: Rows = Field(description="The best of what was refused, each with the rules that refuse it.")
    risks: dict[str, Any] = Field(description="As the decision saw them.")


class AccountWholeOut(BaseModel):
    """A person, a site or an account with all below it. Lists are of the whole tree, the newest first."""

    customer: WhoOut
    tree: TreeOut
    same_address: list[NamedOut] = Field(description="Other customers with the same mail address.")
    consents: list[ConsentOut]
    sums: list[SumsOut] = Field(description="By currency; never added.")
    orders: Rows
    returned: Rows
    owned: Rows
    open_complaints: list[str] = Field(description="Who in the tree waits for an answer.")
    feedback: Rows
    interactions: Rows = Field(description="Calls, visits, mails, notes; by any department.")
    wins: Rows = Field(description="What they gained, measured.")
    reviews: Rows
    surveys: Rows
    stated: Rows = Field(description="Needs, goals and tastes, by who stated them.")
    contacts: Rows
    messages: Rows
    tasks: Rows
    web: WebOut
    content: Rows = Field(description="Content looked at; webinars and courses registered for or attended.")
    value: ValueOut | None = Field(description="null = nothing was learned of anybody in the tree.")
    risks: Rows = Field(description="What was written down of each: unpaid bills, scores, cost.")
    offers: NowOut | None = Field(description="null = nothing has been learned yet.")


@router.get(
    "/v1/customers/{customer}/whole",
    summary="One customer or account whole",
    response_model=AccountWholeOut,
    responses=failures(401, 403, 404, 422, 429, 503),
    openapi_extra=_EXTRA,
)
async def whole(
    request: Request,
    customer: InPath,
    language: Language | None = None,
    rep: Annotated[Id | None, Query(description="Who looks: without a stated need they get a question first.")] = None,
    qualification: Annotated[list[Id] | None, Query(max_length=50, description="What the rep may advise on.")] = None,
) -> Response:
    """Everything on record of a person, a site or an account with all below it, and what to offer now.

    The offers are a decision like any other: recorded before the answer. Needs a key with the scope rep.
    """
    told = await _told(request, customer, language, rep, qualification)
    return Response(as_json(told), media_type="application/json", headers={"Cache-Control": "private, no-store"})


@router.get(
    "/v1/customers/{customer}/page",
    summary="One customer or account as a page",
    response_class=HTMLResponse,
    responses=failures(401, 403, 404, 422, 429, 503),
    openapi_extra=_EXTRA,
)
async def page(
    request: Request,
    customer: InPath,
    language: Language | None = None,
    rep: Annotated[Id | None, Query(description="Who looks: without a stated need they get a question first.")] = None,
) -> HTMLResponse:
    """The same as HTML that loads nothing, to be read before a call or printed. Needs a key with the scope rep."""
    told = await _told(request, customer, language, rep, None)
    serving = serving_of(request)
    chosen, local = language or serving.settings.language, zone(serving.settings.time_zone)
    return HTMLResponse(
        customer_page(told, chosen, serving.clock(), local), headers={"Cache-Control": "private, no-store"}
    )


async def _told(
    request: Request, customer: str, language: Language | None, rep: str | None, qualification: list[str] | None
) -> dict[str, Any]:
    scopes = require(request, "rep")
    serving = serving_of(request)
    loaded = serving.decider.loaded_or_none
    told = await asyncio.to_thread(customer_whole, serving.shop, customer, serving.clock(), loaded)
    if "admin" not in scopes:
        told["customer"] |= {"email": None, "phone": None}
    told["offers"] = None
    if loaded is not None:
        chosen = language or serving.settings.language
        served = await serving.decider.decide(asked_of(told, chosen, rep, qualification or ()))
        told["offers"] = await asyncio.to_thread(offers_told, served, told["owned"], chosen)
    return told
