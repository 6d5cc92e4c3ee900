"""The customer's yes: ask for a link, show what it confirms, take yes, no or later. Nothing is sold without one."""

import asyncio
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.requests import Request

from tsuide.app import accepting, own_orders
from tsuide.app.accepting import Answer, Asked
from tsuide.app.deal_offers import tell
from tsuide.app.deal_quotes import heard, settle
from tsuide.app.serving import Serving, clock
from tsuide.interfaces.api.keys import SECURITY, needs, require, serving_of
from tsuide.interfaces.api.responses import failures
from tsuide.interfaces.api.schemas import Id, Language, Units
from tsuide.kit.clock import zone
from tsuide.offers.acceptance import MOST_TOKEN, is_quote
from tsuide.offers.confirming import PHRASES, shown
from tsuide.offers.offer import NoReason

router = APIRouter(tags=["acceptances"])
State = Literal["waiting", "accepted", "declined", "used", "expired"]
Token = Annotated[str, StringConstraints(min_length=1, max_length=MOST_TOKEN, pattern=r"^[A-Za-z0-9_.-]+$")]
InPath = Annotated[Token, Path(description="As the link carries it.")]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
_FAILURES: Final = failures(400, 401, 403, 404, 409, 413, 422, 503)
_EXTRA: Final = {"security": SECURITY}


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class EvidenceIn(_In):
    """What there is on paper."""

    kind: Literal["signature", "purchase_order", "recording"]
    reference: Reference = Field(description="Where it is filed: number of the order form (発注書), of the recording …")


class AcceptanceIn(_In):
    """What is to be accepted."""

    decision: Id
    offer_id: Id
    quantity: Units = 1
    include: list[Id] = Field([], max_length=20, description="Required parts that the customer wants too.")
    variants: dict[Id, Id] = Field(
        {},
        max_length=20,
        description="Item → its size or colour that is taken in its place.",
        json_schema_extra={"additionalProperties": False},  # a key that breaks the pattern is refused, not ignored
    )
    entered_by: Id | None = Field(None, description="The rep who enters it; needs a key with the scope rep.")
    evidence: EvidenceIn | None = Field(None, description="Noted; it waits for the customer all the same.")
    idempotency_key: Id | None = Field(None, description="Another key is another asking of the same offer.")
    language: Language | None = None


class AnswerIn(_In):
    """The customer's answer."""

    language: Language | None = Field(None, description="In which the confirmation was shown.")


class DeclineIn(AnswerIn):
    """The customer's no."""

    reason: NoReason | None = None


class CountersignIn(_In):
    """A yes on paper."""

    evidence: EvidenceIn
    language: Language | None = None


class RowOut(BaseModel):
    """One row of the final confirmation."""

    key: str
    label: str
    text: str


class AcceptanceOut(BaseModel):
    """Where an acceptance stands, and everything that the customer must see before a yes."""

    id: str
    state: State
    offer_id: str
    decision: str
    currency: str
    total: int | None = Field(description="Tax and shipping included; minor units.")
    taxes: dict[str, int] = Field(description="By rate in basis points; contained in the total.")
    expires_at: str
    rows: list[RowOut] = Field(description="Show all of them, in this order, before the button.")
    note: str
    missing: list[str] = Field(description="What the shop has not written down; while there is any, no yes is taken.")
    token: str | None = Field(description="For the link to the customer; never given to the rep who entered it.")
    already: bool = Field(description="The same was asked or answered before.")
    order_id: str | None


class OrderOut(BaseModel):
    """The order that a yes has become."""

    acceptance: str
    order_id: str


@router.post(
    "/v1/acceptances",
    summary="Put an offer before the customer for their yes",
    responses=_FAILURES,
    openapi_extra=_EXTRA,
)
async def ask(request: Request, body: AcceptanceIn) -> AcceptanceOut:
    """Everything that the customer must see, and the token for the link that confirms it.

    What a rep enters waits for the customer: the rep gets no token. The same again gives the same.
    """
    scopes = require(request, "rep" if body.entered_by or body.evidence else "storefront")
    serving = serving_of(request)
    asked = Asked(
        decision_id=body.decision,
        offer_id=body.offer_id,
        quantity=body.quantity,
        include=tuple(body.include),
        variants=tuple(sorted(body.variants.items())),
        entered_by=body.entered_by,
        evidence=None if body.evidence is None else (body.evidence.kind, body.evidence.reference),
        key=body.idempotency_key or "",
    )
    catalogue = serving.decider.loaded.catalogue
    answer = await asyncio.to_thread(accepting.ask, serving.shop, catalogue, asked, clock())
    told = await _told(serving, answer, body.language)
    return told if asked.entered_by is None or "admin" in scopes else told.model_copy(update={"token": None})


@router.get(
    "/v1/acceptances/{token}",
    summary="What the link confirms",
    responses=_FAILURES,
    openapi_extra=_EXTRA,
)
async def look(request: Request, token: InPath, language: Language | None = None) -> AcceptanceOut:
    """Show it, whole, before the customer may answer. Opening the link is no answer."""
    require(request, "storefront")
    serving = serving_of(request)
    answer = await asyncio.to_thread(accepting.look, serving.shop, token, clock())
    return await _told(serving, answer, language)


@router.post("/v1/acceptances/{token}/confirm", summary="The customer's yes", responses=_FAILURES, openapi_extra=_EXTRA)
async def confirm(request: Request, token: InPath, body: AnswerIn) -> AcceptanceOut:
    """Take the yes, once: said twice, or by two at the same moment, it is one yes."""
    require(request, "storefront")
    serving = serving_of(request)
    language = body.language or serving.settings.language
    catalogue = serving.decider.loaded.catalogue
    answer = await asyncio.to_thread(accepting.confirm, serving.shop, catalogue, token, language, clock())
    return await _given(serving, answer, language)


@router.post("/v1/acceptances/{token}/decline", summary="The customer's no", responses=_FAILURES, openapi_extra=_EXTRA)
async def decline(request: Request, token: InPath, body: DeclineIn) -> AcceptanceOut:
    """Take the no, with its reason where there is one: it changes what is offered next."""
    require(request, "storefront")
    serving = serving_of(request)
    answer = await asyncio.to_thread(accepting.decline, serving.shop, token, body.reason, clock())
    await asyncio.to_thread(heard, serving.shop, answer, body.reason, clock())
    return await _told(serving, answer, body.language)


@router.post("/v1/acceptances/{token}/later", summary="Not now", responses=_FAILURES, openapi_extra=_EXTRA)
async def later(request: Request, token: InPath, body: AnswerIn) -> AcceptanceOut:
    """Not now: the link stays good until it expires."""
    require(request, "storefront")
    serving = serving_of(request)
    answer = await asyncio.to_thread(accepting.later, serving.shop, token, clock())
    await asyncio.to_thread(heard, serving.shop, answer, None, clock())
    return await _told(serving, answer, body.language)


@router.post(
    "/v1/acceptances/{acceptance}/countersign",
    dependencies=[needs("admin")],
    summary="The customer's yes on paper",
    responses=_FAILURES,
    openapi_extra=_EXTRA,
)
async def countersign(request: Request, acceptance: Id, body: CountersignIn) -> AcceptanceOut:
    """Take a signature or an order form (発注書) as the yes; needs the scope admin, which the rep has not."""
    serving = serving_of(request)
    evidence = (body.evidence.kind, body.evidence.reference)
    answer = await asyncio.to_thread(accepting.countersign, serving.shop, acceptance, evidence, clock())
    return await _given(serving, answer, body.language)


@router.post(
    "/v1/acceptances/{acceptance}/order",
    dependencies=[needs("admin")],
    summary="Write the order that a yes has become",
    responses=_FAILURES,
    openapi_extra=_EXTRA,
)
async def order(request: Request, acceptance: Id) -> OrderOut:
    """An order of Tsuide's own; the database takes it only with the customer's yes. Ordered twice it is one order."""
    serving = serving_of(request)
    catalogue = serving.decider.loaded.catalogue
    made = await asyncio.to_thread(own_orders.order_accepted, serving.shop, catalogue, acceptance, clock())
    return OrderOut(acceptance=acceptance, order_id=made)


async def _given(serving: Serving, answer: Answer, language: str | None) -> AcceptanceOut:
    """Of a deal's quote the yes is its order too."""
    told = await _told(serving, answer, language)
    if is_quote(answer.confirmed.offer_id):
        await tell(serving.ledger, await asyncio.to_thread(settle, serving.shop, answer.acceptance_id, clock()))
    return told


async def _told(serving: Serving, answer: Answer, language: str | None) -> AcceptanceOut:
    """Tell the ledger first, then the caller: an answer that comes back is recorded."""
    for decision_id, told in accepting.by_decision(answer).items():
        await serving.ledger.record(decision_id, told)
    return AcceptanceOut(**answer_out(answer, language or serving.settings.language, serving.settings.time_zone))


def answer_out(answer: Answer, language: str, time_zone: str) -> dict[str, Any]:
    """An acceptance as plain JSON."""
    made = answer.confirmed
    rows = shown(made, language, zone(time_zone))
    return {
        "id": answer.acceptance_id,
        "state": answer.state,
        "offer_id": made.offer_id,
        "decision": made.decision_id,
        "currency": made.currency,
        "total": made.total,
        "taxes": {str(rate): tax for rate, tax in made.taxes.items()},
        "expires_at": made.expires_at.isoformat(),
        "rows": [{"key": row.key, "label": row.label, "text": row.text} for row in rows],
        "note": PHRASES.text("nothing_yet", language) if answer.state == "waiting" else "",
        "missing": list(made.missing(language)),
        "token": answer.token,
        "already": answer.already,
        "order_id": answer.order_id,
    }
