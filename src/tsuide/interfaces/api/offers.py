"""Asking for offers, and saying what became of them: the calls that every page view makes.

The handlers read the body themselves: one reading, one answer, nothing in between.
"""

import asyncio
from dataclasses import replace
from typing import Any, Final

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from tsuide.app.keys import Scope
from tsuide.app.ledger import Told
from tsuide.errors import WrongKey
from tsuide.interfaces.api.asked import quickly
from tsuide.interfaces.api.keys import SECURITY, may_name, require, serving_of
from tsuide.interfaces.api.problems import of_validation, request_id_of
from tsuide.interfaces.api.responses import failures
from tsuide.interfaces.api.schemas import (
    Id,
    ManyOffersIn,
    ManyOffersOut,
    OffersIn,
    OffersOut,
    OutcomesIn,
    OutcomesOut,
    SiteToldIn,
    SiteToldOut,
)
from tsuide.interfaces.api.shown import answer_of, as_json, message_of
from tsuide.offers.request import OfferRequest

router = APIRouter(tags=["offers"])
_FROM_A_PAGE: Final = frozenset({"shown", "clicked", "accepted", "declined", "later"})


def _body(model: type) -> dict[str, Any]:
    reference = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {
        "security": SECURITY,
        "requestBody": {"required": True, "content": {"application/json": {"schema": reference}}},
    }


@router.post(
    "/v1/offers",
    summary="Offers for one page",
    response_model=OffersOut,
    responses=failures(400, 401, 403, 413, 422, 429, 503),
    openapi_extra=_body(OffersIn),
)
async def offers(request: Request) -> Response:
    """Decide what to propose here and now, and record the decision before answering.

    Unknown customers are new customers; unknown products in the cart are set aside and named in `warnings`.
    An empty list is an answer: nothing fits, or the visitor is in the holdout by which the effect is measured.
    A storefront key may name a `customer_id` only with the header `X-Customer-Token`, which the shop's server signs
    for its page; without it the answer is the anonymous visitor's, and `warnings` says so.
    """
    scopes = require(request, "storefront")
    serving = serving_of(request)
    body = await request.body()
    asked, slot = quickly(body, serving.settings.language), None
    if asked is None:
        try:
            read = OffersIn.model_validate_json(body)
            asked, slot = read.request(serving.settings.language), read.slot
        except ValidationError as exc:
            return of_validation(request_id_of(request), exc, "body")
        if asked.rep is not None or asked.segments:  # a page could claim any discount that is for a segment
            require(request, "rep")
    asked, warnings = as_visitor(request, scopes, asked)
    left = None
    if serving.site_messages.any and asked.customer_id is not None:
        left = await asyncio.to_thread(serving.site_messages.for_visit, asked, slot)
    if left is not None and left.product_ids:
        asked = replace(asked, exclude=(*asked.exclude, *left.product_ids))
    served = await serving.decider.decide(asked)
    answer = answer_of(served, *warnings) | {"message": None if left is None else message_of(left)}
    return Response(as_json(answer), media_type="application/json")


@router.post(
    "/v1/site-messages/{message}/outcomes",
    summary="What became of a message on the site",
    response_model=SiteToldOut,
    responses=failures(400, 401, 403, 404, 413, 422, 429, 503),
    openapi_extra={"security": SECURITY},
)
async def site_message(request: Request, message: Id, body: SiteToldIn) -> Response:
    """Shown: it is a contact now, and no later page shows it. Closed: the customer's no to it, and to its offers."""
    require(request, "storefront")
    told = await asyncio.to_thread(serving_of(request).site_messages.tell, message, body.outcome, body.decision)
    return Response(as_json({"recorded": told}), media_type="application/json")


@router.post(
    "/v1/offers/batch",
    summary="Offers for many customers",
    response_model=ManyOffersOut,
    responses=failures(400, 401, 403, 413, 422, 429, 503),
    openapi_extra=_body(ManyOffersIn),
)
async def many(request: Request) -> Response:
    """Decide for up to 100 customers, a mailing's say: each by itself, all recorded with one commit, then answered.

    Needs a key with the scope rep: it is a server that asks. One wrong question refuses the whole request.
    """
    require(request, "rep")
    serving = serving_of(request)
    try:
        asked = ManyOffersIn.model_validate_json(await request.body())
    except ValidationError as exc:
        return of_validation(request_id_of(request), exc, "body")
    served = await serving.decider.decide_many([each.request(serving.settings.language) for each in asked.requests])
    return Response(as_json({"answers": [answer_of(each) for each in served]}), media_type="application/json")


def as_visitor(request: Request, scopes: frozenset[Scope], asked: OfferRequest) -> tuple[OfferRequest, tuple[str, ...]]:
    """The question as this caller may ask it, and what was set aside for that."""
    if asked.customer_id is None:
        return asked, ()
    reason = may_name(request, scopes, asked.customer_id)
    return (asked, ()) if reason is None else (replace(asked, customer_id=None), (reason,))


@router.post(
    "/v1/offers/{decision}/outcomes",
    summary="What became of the offers",
    response_model=OutcomesOut,
    responses=failures(400, 401, 403, 404, 409, 413, 422, 503),
    openapi_extra=_body(OutcomesIn),
)
async def outcomes(request: Request, decision: str) -> Response:
    """Record what was shown, clicked, accepted or refused; the same again changes nothing.

    `purchased` and `returned` change what the shop believes it earned: they need a key with the scope `admin`.
    """
    scopes = require(request, "storefront")
    try:
        told = OutcomesIn.model_validate_json(await request.body())
    except ValidationError as exc:
        return of_validation(request_id_of(request), exc, "body")
    beyond = {each.outcome for each in told.outcomes} - _FROM_A_PAGE
    if beyond and "admin" not in scopes:
        raise WrongKey("this outcome needs a key with the scope admin", key="outcome", value=", ".join(sorted(beyond)))
    told_to = serving_of(request).ledger
    recorded, already = await told_to.record(
        decision, [Told(each.offer_id, each.outcome, each.reason, each.idempotency_key) for each in told.outcomes]
    )
    return Response(as_json({"recorded": recorded, "already": already}), media_type="application/json")
