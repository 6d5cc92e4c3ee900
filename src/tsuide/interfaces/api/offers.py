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
from tsuide.app.serving import Serving
from tsuide.app.site_messages import Left
from tsuide.errors import Unavailable, WrongKey
from tsuide.interfaces.api.asked import quickly
from tsuide.interfaces.api.keys import CUSTOMER_TOKEN, SECURITY, may, may_speak_of, require, serving_of
from tsuide.interfaces.api.off import SET_ASIDE, wants_no_tracking
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
_WATCHED: Final = frozenset({"shown", "clicked"})
"""What a page sees of somebody; the rest they say."""
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
    for its page; without it the answer is the anonymous visitor's, and `warnings` says so. A browser that asks not to
    be followed (`Sec-GPC: 1`, `DNT: 1`) gets what fits the page: nobody is looked up, the decision names nobody.
    """
    scopes = require(request, "storefront")
    serving = serving_of(request)
    body = await request.body()
    try:
        asked, slot = read(serving, scopes, body)
    except ValidationError as exc:
        return of_validation(request_id_of(request), exc, "body")
    if wants_no_tracking(request.headers) and "rep" not in scopes:
        content = await answer(serving, scopes, None, nobodys(asked), slot, SET_ASIDE)
    else:
        content = await answer(serving, scopes, request.headers.get(CUSTOMER_TOKEN), asked, slot)
    return Response(content, media_type="application/json")


def read(serving: Serving, scopes: frozenset[Scope], body: bytes) -> tuple[OfferRequest, str | None]:
    """What a body asks for, and the slot that it names.

    Raises:
        ValidationError: it does not fit its schema.
        WrongKey: only a server may ask so.
    """
    asked = quickly(body, serving.settings.language)
    if asked is not None:
        return asked, None
    found = OffersIn.model_validate_json(body)
    asked = found.request(serving.settings.language)
    if asked.rep is not None or asked.segments:  # a page could claim any discount that is for a segment
        may(scopes, "rep")
    return asked, found.slot


def nobodys(asked: OfferRequest) -> OfferRequest:
    """The question without who asks."""
    return replace(asked, customer_id=None, anonymous_id=None, session_id=None)


async def answer(
    serving: Serving, scopes: frozenset[Scope], token: str | None, asked: OfferRequest, slot: str | None, *more: str
) -> bytes:
    """Decide, record, and write the answer.

    Args:
        serving: the shop.
        scopes: of the caller's key.
        token: the caller's word on who the customer is.
        asked: as read.
        slot: as read.
        more: warnings.
    """
    warnings: tuple[str, ...] = more
    left = None
    if asked.customer_id is not None:
        reason = may_speak_of(serving, scopes, token, asked.customer_id)
        if reason is not None:
            asked, warnings = replace(asked, customer_id=None), (*more, reason)
        elif serving.site_messages.any:
            left = await _left_for(serving, asked, slot)
            if left is not None and left.product_ids:
                asked = replace(asked, exclude=(*asked.exclude, *left.product_ids))
    served = await serving.decider.decide(asked)
    told = answer_of(served, *warnings)
    told["message"] = None if left is None else message_of(left)
    return as_json(told)


async def _left_for(serving: Serving, asked: OfferRequest, slot: str | None) -> Left | None:
    """The message that the page shows; none while the store, in which messages are, is away."""
    if serving.late.away:
        return None
    try:
        return await asyncio.to_thread(serving.site_messages.for_visit, asked, slot)
    except Unavailable:
        return None


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
    off = wants_no_tracking(request.headers) and "rep" not in scopes
    recorded, already = await told_to.record(
        decision,
        [
            Told(each.offer_id, each.outcome, each.reason, each.idempotency_key)
            for each in told.outcomes
            if not (off and each.outcome in _WATCHED)
        ],
    )
    return Response(as_json({"recorded": recorded, "already": already}), media_type="application/json")
