"""Customers who are probably one, over HTTP: found (rep), made one and made two again (admin)."""

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from tsuide.app import duplicates as desk
from tsuide.app.serving import entropy
from tsuide.interfaces.api.keys import SECURITY, needs, require, serving_of
from tsuide.interfaces.api.responses import failures
from tsuide.interfaces.api.schemas import Id

router = APIRouter(tags=["customers"])
_EXTRA: Final = {"security": SECURITY}


class MergeIn(BaseModel):
    """Two who are one."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    kept: Id = Field(description="Who stays.")
    merged: Id = Field(description="Whose everything becomes the first one's.")
    who: Id | None = Field(None, description="Who of your people does it.")


class MergeOut(BaseModel):
    """A merge, and how many rows of each kind moved."""

    id: str
    kept: str
    merged: str
    at: str
    who: str | None
    moved: dict[str, int]
    undone_at: str | None
    undone_by: str | None


class MergesOut(BaseModel):
    """The newest first."""

    merges: list[MergeOut]


class TwinOut(BaseModel):
    """One of a pair."""

    id: str
    kind: str
    name: str | None
    parent_id: str | None
    orders: int


class PairOut(BaseModel):
    """Two who are probably one."""

    customers: list[TwinOut]
    reasons: list[str] = Field(description="mail, name, phone, similar_name, domain; the weightiest first.")
    score: int
    in_two_accounts: bool = Field(description="The same contact in two accounts may well be meant.")


class DuplicatesOut(BaseModel):
    """The surest first."""

    duplicates: list[PairOut]


@router.get("/v1/duplicates", summary="Customers who are probably one",
            responses=failures(401, 403, 404, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def duplicates(
    request: Request,
    customer: Annotated[Id | None, Query(description="Only theirs.")] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> DuplicatesOut:
    """By name (legal form, width, case and spaces aside), mail address, mail domain and phone. Scope rep."""
    require(request, "rep")
    pairs = await asyncio.to_thread(desk.duplicates_told, serving_of(request).shop, customer, limit)
    return DuplicatesOut(duplicates=[PairOut(**each) for each in pairs])


@router.get("/v1/merges", summary="Who was merged", responses=failures(401, 403, 422, 503), openapi_extra=_EXTRA)
async def merges(request: Request, limit: Annotated[int, Query(ge=1, le=1_000)] = 100) -> MergesOut:
    """The newest first. Needs a key with the scope admin."""
    require(request, "admin")
    rows = await asyncio.to_thread(desk.merges_told, serving_of(request).shop, limit)
    return MergesOut(merges=[MergeOut(**each) for each in rows])


@router.post("/v1/merges", dependencies=[needs("admin")], summary="Make two customers one",
             responses=failures(400, 401, 403, 404, 409, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def merge(request: Request, body: MergeIn) -> MergeOut:
    """Everything of `merged` becomes `kept`'s, in one transaction; what only `merged` says of itself is taken over."""
    serving = serving_of(request)
    now = serving.clock()

    def work() -> dict[str, Any]:
        return desk.merge(serving.shop, body.kept, body.merged, now, entropy(), who=body.who)

    return MergeOut(**await asyncio.to_thread(work))


@router.post("/v1/merges/{merge}/undo", dependencies=[needs("admin")], summary="Make two of them again",
             responses=failures(400, 401, 403, 404, 409, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def undo(request: Request, merge: Annotated[Id, Path(description="The merge's id.")]) -> MergeOut:
    """Both are as they were; what came since stays with the one who was kept."""
    serving = serving_of(request)
    return MergeOut(**await asyncio.to_thread(desk.undo, serving.shop, merge, serving.clock()))
