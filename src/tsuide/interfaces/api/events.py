"""What other systems send while the shop runs: calls of Segment and GA4, signed webhooks of Shopify and WooCommerce."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from tsuide.app import metrics
from tsuide.app.keys import Scope
from tsuide.app.serving import clock
from tsuide.config import secrets_of
from tsuide.errors import BadValue, WrongKey
from tsuide.intake import ga4, segment, shopify, woocommerce
from tsuide.intake.message import Message
from tsuide.intake.signatures import signed
from tsuide.interfaces.api.bodies import as_object, raw_body
from tsuide.interfaces.api.keys import SECURITY, may_name, require, required, serving_of, user_of
from tsuide.interfaces.api.off import wants_no_tracking
from tsuide.interfaces.api.responses import failures
from tsuide.kit.clock import from_micros

router = APIRouter(tags=["events"])
MOST_WEBHOOK: Final = 1_000_000  # bytes
_FAILURES: Final = failures(400, 401, 403, 413, 422, 429, 503)
_JSON_BODY: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}},
}
_SHOP_SYSTEMS: Final = frozenset({"/v1/webhooks/shopify", "/v1/webhooks/woocommerce"})
"""Where no browser sends: a header of one says nothing."""
_ABOUT_CUSTOMERS: Final = frozenset({"alias", "group"})
_BASIC: Final[list[dict[str, list[str]]]] = [*SECURITY, {"Basic": []}]


class RefusedOut(BaseModel):
    """One message of a batch that was none."""

    place: int = Field(description="In the batch, from 0.")
    reason: str


class TakenOut(BaseModel):
    """What became of a request's messages."""

    success: Literal[True] = True
    taken: int = Field(description="Kept for the first time.")
    known: int = Field(description="Were there already; nothing changed.")
    quarantined: list[dict[str, str]] = Field(
        description="Kept, but they could not be read: id and reason. They are read again on request."
    )
    refused: list[RefusedOut] = Field(description="Not kept: they have neither a name nor a sender.")
    untracked: int = Field(
        default=0, description="Not kept: whoever did it wants not to be followed (Sec-GPC, DNT, a consent withdrawn)."
    )


def _segment_call(call: str) -> Callable[[Request], Awaitable[TakenOut]]:
    async def take_call(request: Request) -> TakenOut:
        """Take messages of any Segment client: point its host here and use an API key as its write key.

        Plain or gzip; the key as Basic user, bearer, X-Api-Key or `writeKey` in the body. A messageId is taken once.
        Durable when the answer comes.
        """
        received_at = clock()
        most = segment.LARGEST_BATCH if call == "batch" else segment.LARGEST_MESSAGE
        payload = as_object(await raw_body(request, most))
        scopes = _sender(request, payload.get("writeKey"))
        found, bad = segment.messages(payload, call, received_at, trusted="admin" in scopes)
        refused = [RefusedOut(place=each.place, reason=each.reason) for each in bad]
        if refused and not found:
            raise BadValue(refused[0].reason, key="body")
        if "rep" not in scopes:
            found, unproven = _as_visitor(request, scopes, found)
            if unproven and not found:
                raise WrongKey(unproven[0].reason, key="userId")
            refused += unproven
        return await _take(request, found, refused)

    take_call.__name__ = f"segment_{call}"
    return take_call


_CALLS: Final = {call: _segment_call(call) for call in (*segment.CALLS, "batch")}
for _call, _taking in _CALLS.items():
    router.add_api_route(
        f"/v1/{_call}",
        _taking,
        methods=["POST"],
        summary=f"Segment: {_call}",
        responses=_FAILURES,
        openapi_extra={**_JSON_BODY, "security": _BASIC},
    )


async def take_batch(request: Request) -> Response:
    """`/v1/batch` without the way through routing."""
    return Response((await _CALLS["batch"](request)).model_dump_json(), media_type="application/json")


@router.post(
    "/mp/collect",
    summary="GA4's Measurement Protocol",
    responses=_FAILURES,
    status_code=204,
    response_class=Response,
    openapi_extra=_JSON_BODY,
)
async def ga4_collect(
    request: Request,
    api_secret: Annotated[str, Query(description="An API key.", max_length=512)] = "",
    measurement_id: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    """Take up to 25 events as GA4 clients send them. Durable when the answer comes."""
    del measurement_id  # one server, one shop
    received_at = clock()
    scopes = required(request, api_secret, "storefront", "Basic") if api_secret else require(request, "storefront")
    payload = as_object(await raw_body(request, ga4.LARGEST))
    found, refused = _as_visitor(request, scopes, ga4.messages(payload, received_at, trusted="admin" in scopes))
    if refused and not found:
        raise WrongKey(refused[0].reason, key="user_id")
    await _take(request, found, [])
    return Response(status_code=204)


@router.post(
    "/v1/webhooks/shopify",
    summary="Shopify's webhooks",
    responses=_FAILURES,
    openapi_extra=_JSON_BODY,
)
async def shopify_webhook(request: Request) -> TakenOut:
    """Take a delivery signed with one of TSUIDE_SHOPIFY_SECRETS; a retry (same webhook id) changes nothing.

    The privacy topics are carried out: customers/redact and shop/redact erase, customers/data_request writes a file.
    An app has one address and one secret for the privacy topics of all shops that installed it: where
    TSUIDE_SHOPIFY_DOMAIN is set, a delivery with another X-Shopify-Shop-Domain is refused.
    """
    settings = serving_of(request).settings
    secrets = secrets_of(settings.shopify_secrets)
    body = await _signed_body(request, "X-Shopify-Hmac-SHA256", secrets, "TSUIDE_SHOPIFY_SECRETS")
    headers = request.headers
    domain = headers.get("X-Shopify-Shop-Domain", "")
    if settings.shopify_domain and domain.lower() != settings.shopify_domain.lower():
        raise BadValue("a delivery of another shop", key="X-Shopify-Shop-Domain", value=domain[:200])
    told = shopify.message(
        headers.get("X-Shopify-Topic", ""), headers.get("X-Shopify-Webhook-Id", ""), as_object(body), clock()
    )
    return await _take(request, [told], [])


@router.post(
    "/v1/webhooks/woocommerce",
    summary="WooCommerce's webhooks",
    responses=_FAILURES,
    openapi_extra=_JSON_BODY,
)
async def woocommerce_webhook(request: Request) -> TakenOut:
    """Take a delivery signed with one of TSUIDE_WOOCOMMERCE_SECRETS; a retry (same delivery id) changes nothing."""
    secrets = secrets_of(serving_of(request).settings.woocommerce_secrets)
    headers = request.headers
    raw = await request.body()
    if raw.startswith(b"webhook_id=") and "X-WC-Webhook-Topic" not in headers:
        return TakenOut(taken=0, known=0, quarantined=[], refused=[])  # the ping when a webhook is made: unsigned
    body = await _signed_body(request, "X-WC-Webhook-Signature", secrets, "TSUIDE_WOOCOMMERCE_SECRETS")
    told = woocommerce.message(
        headers.get("X-WC-Webhook-Topic", ""), headers.get("X-WC-Webhook-Delivery-ID", ""), as_object(body), clock()
    )
    return await _take(request, [told], [])


class MessageOut(BaseModel):
    """A message as it came, and what became of it."""

    id: str
    source: str
    topic: str
    received_at: datetime
    state: Literal["waiting", "done", "quarantined"]
    reason: str | None
    body: dict[str, Any]


class MessagesOut(BaseModel):
    """Messages in one state, oldest first."""

    counts: dict[str, int]
    messages: list[MessageOut]


class ReprocessIn(BaseModel):
    """Which message to read again; none named = all that are in quarantine."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    id: Annotated[str, Field(max_length=300)] | None = None


@router.get(
    "/v1/messages",
    summary="What came in and could not be read",
    responses=failures(401, 403, 422, 503),
    openapi_extra={"security": SECURITY},
)
async def messages(
    request: Request,
    state: Annotated[Literal["waiting", "quarantined"], Query()] = "quarantined",
    most: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> MessagesOut:
    """Messages that wait or are in quarantine, with their reasons; scope admin."""
    require(request, "admin")
    inbox = serving_of(request).shop.store.inbox
    rows = await asyncio.to_thread(partial(inbox.in_state, state, most=most))
    found = [
        MessageOut(
            id=row["id"], source=row["source"], topic=row["topic"], received_at=from_micros(row["received_at"]),
            state=row["state"], reason=row["reason"], body=json.loads(row["body"]),
        )
        for row in rows
    ]  # fmt: skip
    return MessagesOut(counts=await asyncio.to_thread(inbox.counts), messages=found)


@router.post(
    "/v1/messages/reprocess",
    summary="Read what is in quarantine again",
    responses=failures(400, 401, 403, 404, 409, 413, 422, 503),
    openapi_extra={"security": SECURITY},
)
async def reprocess(request: Request, body: ReprocessIn) -> TakenOut:
    """After what was wrong is mended (a setting, an order that came since): read one message again, or all; admin."""
    require(request, "admin")
    done = await serving_of(request).arrivals.reprocess(body.id)
    return TakenOut(taken=done.new, known=0, quarantined=_told(done.quarantined), refused=[])


async def _signed_body(request: Request, header: str, secrets: Sequence[str], setting: str) -> bytes:
    """The raw bytes, if one of the secrets signed them.

    Raises:
        HTTPException: 401, they are not.
    """
    body = await request.body()
    if not secrets:
        raise HTTPException(401, f"No secret is set: set {setting} to the one that signs the webhooks")
    if not signed(body, request.headers.get(header, ""), secrets):
        raise HTTPException(401, f"The signature in {header} does not fit the body")
    if len(body) > MOST_WEBHOOK:
        raise BadValue(f"larger than {MOST_WEBHOOK:,} bytes", key="body")
    return body


def _as_visitor(
    request: Request, scopes: frozenset[Scope], messages: Sequence[Message]
) -> tuple[list[Message], list[RefusedOut]]:
    """The messages as this caller may send them.

    A storefront key stands in pages. What it says of a customer whom no token proves is taken as the visitor's own
    behaviour (the message is kept as it came); a message without any visitor, or that would join the two, is refused.
    """
    taken: list[Message] = []
    refused: list[RefusedOut] = []
    reasons: dict[str, str | None] = {}
    for place, each in enumerate(messages):
        who = each.customer_id
        if who is not None and who not in reasons:
            reasons[who] = may_name(request, scopes, who)
        reason = None if who is None else reasons[who]
        if reason is None:
            taken.append(each)
        elif each.anonymous_id is None or each.topic in _ABOUT_CUSTOMERS:
            refused.append(RefusedOut(place=place, reason=reason))
        else:
            taken.append(replace(each, customer_id=None, content=_without_name(each.content), text=None))
    return taken, refused


def _without_name(content: Mapping[str, Any]) -> dict[str, Any]:
    """The message without the name that it could not prove: erasing that customer must not have to look here."""
    return {key: value for key, value in content.items() if key not in {"userId", "user_id"}}


def _sender(request: Request, write_key: object) -> frozenset[Scope]:
    """The scopes of the key, wherever a Segment client puts it."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        return required(request, user_of(token), "storefront", "Basic")
    if isinstance(write_key, str) and "x-api-key" not in request.headers and scheme.lower() != "bearer":
        return required(request, write_key, "storefront", "Basic")
    return require(request, "storefront")


async def _take(request: Request, messages: Sequence[Any], refused: list[RefusedOut]) -> TakenOut:
    off = request.url.path not in _SHOP_SYSTEMS and wants_no_tracking(request.headers)
    taken = await serving_of(request).arrivals.take(messages, off=off)
    metrics.took(serving_of(request).settings.shop, taken.new, taken.known, len(taken.quarantined), len(refused))
    return TakenOut(
        taken=taken.new, known=taken.known, quarantined=_told(taken.quarantined), refused=refused,
        untracked=taken.untracked,
    )  # fmt: skip


def _told(quarantined: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"id": each, "reason": reason} for each, reason in quarantined]
