"""Customers as they are known, and their consents: read, given, withdrawn."""

import asyncio
import json
from datetime import datetime
from typing import Annotated, Any, Final, cast

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from starlette.requests import Request
from starlette.responses import Response

from tsuide.app.best_channel import contact_told
from tsuide.app.serving import Serving
from tsuide.facts.consent import Channel, Consent, Purpose
from tsuide.intake.message import Said
from tsuide.interfaces.api.cursors import LONGEST, answered, cursor_of, places_of
from tsuide.interfaces.api.keys import SECURITY, require, serving_of
from tsuide.interfaces.api.responses import failures
from tsuide.interfaces.api.schemas import Id, Moment

router = APIRouter(tags=["customers"])
_LARGEST_PAGE: Final = 100
_EXTRA: Final = {"security": SECURITY}
_SAME: Final[dict[int | str, dict[str, Any]]] = {304: {"description": "Not Modified"}}
_TEXT: Final = StringConstraints(min_length=1, max_length=2_000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]+$")
InPath = Annotated[Id, Path(description="The shop's own customer id.")]


def rep(request: Request) -> None:
    """A key with the scope rep is needed."""
    require(request, "rep")


class ConsentOut(BaseModel):
    """What holds now for one purpose and channel."""

    purpose: Purpose
    channel: Channel
    granted: bool
    at: datetime
    source: str
    evidence: str | None


class ConsentsOut(BaseModel):
    """Everything that a customer said about being spoken to; what is not there was never granted."""

    customer: str
    consents: list[ConsentOut]


class ConsentGivenIn(BaseModel):
    """A yes or a no of the customer's."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    purpose: Purpose
    channel: Channel = "any"
    granted: bool
    at: Moment | None = Field(None, description="When they said so; missing = now.")
    evidence: Annotated[str, _TEXT] | None = Field(
        None, description="What proves it: form and version, the message, the signature. A grant needs it."
    )

    @model_validator(mode="after")
    def _proven(self) -> "ConsentGivenIn":
        if self.granted and self.evidence is None:
            raise ValueError("a grant needs evidence")
        return self


class CustomerOut(BaseModel):
    """A customer without contact data."""

    id: str
    kind: str
    parent_id: str | None
    name: str | None
    language: str | None
    attributes: dict[str, str]
    created_at: datetime | None


class OwnedOut(BaseModel):
    """What a customer has of their own purchases, net of what came back."""

    product_id: str
    quantity: int
    first_at: datetime
    last_at: datetime


class CustomerWholeOut(CustomerOut):
    """A customer with what they own and what they agreed to; contact data only for a key with the scope admin."""

    email: str | None
    phone: str | None
    owned: list[OwnedOut]
    consents: list[ConsentOut]


class ContactHourOut(BaseModel):
    """The best hour of one weekday (0 = Monday), where the customer lives."""

    weekday: int
    hour: int
    probability: float = Field(description="That a contact then is reacted to.")
    low: float
    high: float
    contacts: int = Field(description="Of their own, in this hour; 0 = known from neighbouring hours and others only.")


class ContactChannelOut(BaseModel):
    """One channel."""

    channel: Channel
    probability: float = Field(description="That a contact on it is reacted to.")
    low: float
    high: float
    contacts: int
    reactions: int
    hours: list[ContactHourOut]


class BestChannelOut(BaseModel):
    """The channel of a message that leaves it open."""

    channel: Channel | None = Field(description="null = none may be used now: no consent, or no address.")
    reason: str = Field(description="The figures, and why a channel was none to choose.")


class ContactOut(BaseModel):
    """When and how a customer is best reached; an empty list of channels = nobody was contacted yet."""

    customer: str
    segment: str | None = Field(description="Whose habits stand above their own; null = everybody's.")
    time_zone: str
    best: BestChannelOut
    channels: list[ContactChannelOut]


class CustomersOut(BaseModel):
    """One page of customers, by id."""

    customers: list[CustomerOut]
    next: str | None = Field(description="Send it as `cursor` for the next page; null = this was the last.")


@router.get(
    "/v1/customers",
    summary="Customers",
    response_model=CustomersOut,
    responses=_SAME | failures(400, 401, 403, 422, 429, 503),
    dependencies=[Depends(rep)],
    openapi_extra=_EXTRA,
)
async def customers(
    request: Request,
    cursor: Annotated[str | None, Query(max_length=LONGEST, description="`next` of the page before.")] = None,
    n: Annotated[int, Query(ge=1, le=_LARGEST_PAGE)] = 50,
) -> Response:
    """Everybody who is known, page by page, in the order of their ids."""
    after = "" if cursor is None else str(places_of(cursor, (str,))[0])
    facts = serving_of(request).shop.store.facts
    rows = await asyncio.to_thread(facts.customers_after, after, n + 1)
    told = [_customer_out(row) for row in rows[:n]]
    return answered(request, {"customers": told, "next": cursor_of(told[-1]["id"]) if len(rows) > n else None})


@router.get(
    "/v1/customers/{customer}",
    summary="One customer",
    response_model=CustomerWholeOut,
    responses=_SAME | failures(401, 403, 404, 422, 429, 503),
    openapi_extra=_EXTRA,
)
async def one_customer(request: Request, customer: InPath) -> Response:
    """Who they are, what they own and what they agreed to. Mail and phone are told to keys with the scope admin."""
    scopes = require(request, "rep")
    facts = serving_of(request).shop.store.facts
    row = await asyncio.to_thread(facts.customer, customer)
    owned = await asyncio.to_thread(facts.owned, customer)
    whole = _customer_out(row) | {
        "email": row.get("email") if "admin" in scopes else None,
        "phone": row.get("phone") if "admin" in scopes else None,
        "owned": list(owned.iter_rows(named=True)),
        "consents": await _consents(serving_of(request), customer),
    }
    return answered(request, whole)


@router.get(
    "/v1/customers/{customer}/consents",
    summary="What a customer agreed to",
    response_model=ConsentsOut,
    responses=_SAME | failures(401, 403, 404, 422, 429, 503),
    dependencies=[Depends(rep)],
    openapi_extra=_EXTRA,
)
async def consents(request: Request, customer: InPath) -> Response:
    """The latest word of each purpose and channel, with its evidence."""
    serving = serving_of(request)
    await asyncio.to_thread(serving.shop.store.facts.customer, customer)
    return answered(request, {"customer": customer, "consents": await _consents(serving, customer)})


@router.post(
    "/v1/customers/{customer}/consents",
    summary="Write down a yes or a no",
    response_model=ConsentsOut,
    responses=failures(400, 401, 403, 404, 409, 413, 422, 429, 503),
    dependencies=[Depends(rep)],
    openapi_extra=_EXTRA,
)
async def give(request: Request, customer: InPath, body: ConsentGivenIn) -> Response:
    """Give or withdraw a consent; it holds for the next decision.

    Every word is kept; of one purpose and channel the latest holds.
    """
    serving = serving_of(request)
    await asyncio.to_thread(serving.shop.store.facts.customer, customer)
    at = body.at or serving.clock()
    said = Consent(customer, body.purpose, body.channel, body.granted, at, "api", body.evidence)
    await serving.arrivals.put([Said(consents=(said,))])
    return answered(request, {"customer": customer, "consents": await _consents(serving, customer)})


@router.get(
    "/v1/customers/{customer}/contact",
    summary="When and how to reach a customer",
    response_model=ContactOut,
    responses=_SAME | failures(401, 403, 404, 422, 429, 503),
    dependencies=[Depends(rep)],
    openapi_extra=_EXTRA,
)
async def contact(request: Request, customer: InPath) -> Response:
    """On which channels, and at which hour of each weekday, they react most, as learned from a year of contacts.

    From their own reactions, shrunk to those of their segment, and these to everybody's; with 95 % intervals. What is
    known of others only says `contacts: 0`. It is learned anew once a day.
    """
    serving = serving_of(request)
    told = await asyncio.to_thread(contact_told, serving.shop, serving.habits, customer, serving.clock())
    return answered(request, told)


async def _consents(serving: Serving, customer: str) -> list[dict[str, Any]]:
    frame = await asyncio.to_thread(serving.shop.store.facts.consents_of, customer)
    return list(frame.drop("customer_id").iter_rows(named=True))


def _customer_out(row: dict[str, object]) -> dict[str, Any]:
    known = json.loads(cast("str | None", row.get("attributes")) or "{}")
    attributes = {str(name): str(value) for name, value in known.items()}
    names = ("id", "kind", "parent_id", "name", "language", "created_at")
    return {name: row.get(name) for name in names} | {"attributes": attributes}
