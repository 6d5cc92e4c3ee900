"""Asking for offers, and saying what became of them: the calls that every page view makes.

The handlers read the body themselves: one validation by pydantic, one answer, nothing in between.
"""

import json
from typing import Any, Final

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from tsuide.app.deciding import Served
from tsuide.app.ledger import Told
from tsuide.errors import WrongKey
from tsuide.facts.catalogue import Product
from tsuide.interfaces.api.keys import SECURITY, require, serving_of
from tsuide.interfaces.api.money import amount_text, signed_text
from tsuide.interfaces.api.problems import of_validation, request_id_of
from tsuide.interfaces.api.products import product_out
from tsuide.interfaces.api.responses import failures
from tsuide.interfaces.api.schemas import OffersIn, OffersOut, OutcomesIn, OutcomesOut
from tsuide.offers.explain import QUESTIONS
from tsuide.offers.offer import Offer, OfferItem
from tsuide.offers.pitch import pitch

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
    responses=failures(400, 401, 403, 413, 422, 503),
    openapi_extra=_body(OffersIn),
)
async def offers(request: Request) -> Response:
    """Decide what to propose here and now, and record the decision before answering.

    Unknown customers are new customers; unknown products in the cart are set aside and named in `warnings`.
    An empty list is an answer: nothing fits, or the visitor is in the holdout by which the effect is measured.
    """
    require(request, "storefront")
    serving = serving_of(request)
    try:
        asked = OffersIn.model_validate_json(await request.body())
    except ValidationError as exc:
        return of_validation(request_id_of(request), exc, "body")
    if asked.rep is not None:
        require(request, "rep")
    served = await serving.decider.decide(asked.request(serving.settings.language))
    return _json(_answer(served))


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
    return _json({"recorded": recorded, "already": already})


def _json(value: dict[str, Any]) -> Response:
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Response(body, media_type="application/json")


def _answer(served: Served) -> dict[str, Any]:
    decision = served.decision
    return {
        "decision": decision.id,
        "placement": decision.request.placement,
        "arm": decision.arm,
        "offers": [_offer(offer, served) for offer in decision.offers],
        "question": _question(decision.question, decision.request.language),
        "notes": list(decision.notes),
        "warnings": list(served.warnings),
    }


def _question(code: str | None, language: str) -> dict[str, str] | None:
    return None if code is None else {"code": code, "text": QUESTIONS.text(code, language)}


def _item(item: OfferItem, currency: str, served: Served) -> dict[str, Any]:
    return {
        "product_id": item.product_id,
        "title": served.product(item.product_id).title,
        "quantity": item.quantity,
        "price": item.price,
        "price_text": amount_text(item.price, currency, served.decision.request.language),
        "role": item.role,
        "variants": [_variant(each, served) for each in served.catalogue.variants(item.product_id)],
    }


def _variant(product: Product, served: Served) -> dict[str, Any]:
    return {
        "product_id": product.id,
        "title": product.title,
        "attributes": {name: str(value) for name, value in product.attributes.items()},
        "price": product.price,
        "price_text": amount_text(product.price, product.currency, served.decision.request.language),
        "in_stock": product.stock is None or product.stock > 0,
    }


def _offer(offer: Offer, served: Served) -> dict[str, Any]:
    language = served.decision.request.language
    listed = offer.list_price
    crossed_out = listed if listed is not None and offer.price is not None and listed > offer.price else None
    return {
        "id": offer.id,
        "slot": offer.slot,
        "place": offer.place,
        "kind": offer.kind,
        "product": product_out(served.product(offer.product_id), language),
        "anchor_id": offer.anchor_id,
        "items": [_item(item, offer.currency, served) for item in offer.items],
        "price": offer.price,
        "price_text": amount_text(offer.price, offer.currency, language),
        "list_price": crossed_out,
        "list_price_text": amount_text(crossed_out, offer.currency, language),
        "promotion_id": offer.promotion_id,
        "difference": offer.difference,
        "difference_text": signed_text(offer.difference, offer.currency, language),
        "reasons": [{"code": reason.code, "text": served.reason_text(reason, language)} for reason in offer.reasons],
        "act": offer.act,
        "pitch": pitch(offer, language, served.state).text() if served.decision.request.rep is not None else None,
        "expires_at": offer.expires_at.isoformat() if offer.expires_at else None,
    }
