"""What a person may ask of whoever keeps their data: all of it in one archive, erasing with proof."""

import asyncio
from typing import Any, Final

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from tsuide.app.erasing import erase_customer, everything_of
from tsuide.app.privacy.archive import archive_of
from tsuide.app.privacy.proofs import proof_of
from tsuide.app.privacy.record import record_of
from tsuide.app.privacy.retention import retention_of
from tsuide.interfaces.api.customers import InPath
from tsuide.interfaces.api.keys import SECURITY, holder_of, serving_of
from tsuide.interfaces.api.responses import failures
from tsuide.interfaces.api.schemas import Language

router = APIRouter(tags=["privacy"])
_EXTRA: Final = {"security": SECURITY}


class ProofOut(BaseModel):
    """What was removed where; it names nobody."""

    mark: str = Field(description="A salted hash of the id.")
    erased_at: str
    erased_by: str
    deleted: dict[str, int] = Field(description="Rows by table.")
    made_nobodys: dict[str, int] = Field(description="Rows that stay without the person: counts and sums stay.")
    files: int = Field(description="Files that were sent in and named them.")
    found_afterwards: dict[str, int] = Field(description="Empty: nothing was found any more.")
    learned_states: str = Field(description="When what was learned from them was gone, too.")


class RecordOut(BaseModel):
    """The record of processing."""

    customers: list[dict[str, Any]]
    staff: list[dict[str, Any]]
    places: list[dict[str, str]]
    nobody: list[str]


@router.get(
    "/v1/customers/{customer}/export",
    summary="Everything that is kept of a person",
    response_class=Response,
    responses={200: {"content": {"application/zip": {}}}, **failures(401, 403, 404, 422, 429, 503)},
    openapi_extra=_EXTRA,
)
async def export(request: Request, customer: InPath) -> Response:
    """One ZIP of JSON files: `about.json` says what each holds; scope admin."""
    serving = serving_of(request)
    content = await asyncio.to_thread(archive_of, serving.shop, customer, serving.clock())
    headers = {"Content-Disposition": 'attachment; filename="person.zip"', "Cache-Control": "no-store"}
    return Response(content, media_type="application/zip", headers=headers)


@router.post(
    "/v1/customers/{customer}/erase",
    summary="Forget a person everywhere",
    responses=failures(400, 401, 403, 404, 409, 413, 422, 429, 503),
    openapi_extra=_EXTRA,
)
async def erase(request: Request, customer: InPath) -> ProofOut:
    """It cannot be undone. What was learned from them goes with the next learning; scope admin."""
    serving, now = serving_of(request), serving_of(request).clock()
    await asyncio.to_thread(everything_of, serving.shop, customer)
    await asyncio.to_thread(erase_customer, serving.shop, customer, now, f"key {holder_of(request)}")
    return ProofOut(**await asyncio.to_thread(proof_of, serving.shop, customer, now))


@router.get(
    "/v1/customers/{customer}/erasure",
    summary="The proof that a person was erased",
    responses=failures(401, 403, 404, 422, 429, 503),
    openapi_extra=_EXTRA,
)
async def proof(request: Request, customer: InPath) -> ProofOut:
    """For whoever still knows the id; scope admin."""
    serving = serving_of(request)
    return ProofOut(**await asyncio.to_thread(proof_of, serving.shop, customer, serving.clock()))


@router.get(
    "/v1/privacy/record",
    summary="The record of processing",
    responses=failures(401, 403, 422, 429, 503),
    openapi_extra=_EXTRA,
)
async def record(request: Request, language: Language | None = None) -> RecordOut:
    """What is stored where, what for, on what grounds, how long, and who gets it; scope admin."""
    settings = serving_of(request).settings
    return RecordOut(**record_of(retention_of(settings.retention), language or settings.language))
