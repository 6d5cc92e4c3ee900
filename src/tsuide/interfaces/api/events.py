"""What other systems send while the shop runs: calls of Segment and GA4, signed webhooks of Shopify and WooCommerce."""

import asyncio
import base64
import binascii
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from tsuide.app.keys import Scope
from tsuide.app.serving import clock
from tsuide.config import secrets_of
from tsuide.errors import BadValue
from tsuide.intake import ga4, segment, shopify, woocommerce
from tsuide.interfaces.api.bodies import as_object, raw_body
from tsuide.interfaces.api.keys import SECURITY, require, scopes_of, serving_of
from tsuide.interfaces.api.responses import failures
from tsuide.kit.clock import from_micros

router = APIRouter(tags=["events"])
MOST_WEBHOOK: Final = 1_000_000  # bytes
_FAILURES: Final = failures(400, 401, 403, 413, 422, 503)
_JSON_BODY: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}},
}
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
        found, refused = segment.messages(payload, call, received_at, trusted="admin" in scopes)
        if refused and not found:
            raise BadValue(refused[0].reason, key="body")
        return await _take(request, found, [RefusedOut(place=each.place, reason=each.reason) for each in refused])

    take_call.__name__ = f"segment_{call}"
    return take_call


for _call in (*segment.CALLS, "batch"):
    router.add_api_route(
        f"/v1/{_call}",
        _segment_call(_call),
        methods=["POST"],
        summary=f"Segment: {_call}",
        responses=_FAILURES,
        openapi_extra={**_JSON_BODY, "security": _BASIC},
    )


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
    scopes = _checked(scopes_of(request, api_secret) if api_secret else require(request, "storefront"))
    payload = as_object(await raw_body(request, ga4.LARGEST))
    await _take(request, ga4.messages(payload, received_at, trusted="admin" in scopes), [])
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
    """
    secrets = secrets_of(serving_of(request).settings.shopify_secrets)
    body = await _signed_body(request, "X-Shopify-Hmac-SHA256", secrets, "TSUIDE_SHOPIFY_SECRETS")
    headers = request.headers
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
    if not shopify.signed(body, request.headers.get(header, ""), secrets):
        raise HTTPException(401, f"The signature in {header} does not fit the body")
    if len(body) > MOST_WEBHOOK:
        raise BadValue(f"larger than {MOST_WEBHOOK:,} bytes", key="body")
    return body


def _sender(request: Request, write_key: object) -> frozenset[Scope]:
    """The scopes of the key, wherever a Segment client puts it."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        return _checked(scopes_of(request, _user_of(token)))
    if isinstance(write_key, str) and "x-api-key" not in request.headers and scheme.lower() != "bearer":
        return _checked(scopes_of(request, write_key))
    return require(request, "storefront")


def _user_of(token: str) -> str:
    try:
        return base64.b64decode(token.strip(), validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _checked(scopes: frozenset[Scope] | None) -> frozenset[Scope]:
    if scopes is None:
        raise HTTPException(401, "The write key is missing or not known", {"WWW-Authenticate": "Basic"})
    return scopes


async def _take(request: Request, messages: Sequence[Any], refused: list[RefusedOut]) -> TakenOut:
    taken = await serving_of(request).arrivals.take(messages)
    return TakenOut(taken=taken.new, known=taken.known, quarantined=_told(taken.quarantined), refused=refused)


def _told(quarantined: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"id": each, "reason": reason} for each, reason in quarantined]
