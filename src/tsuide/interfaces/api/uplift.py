"""Whom offers move, over HTTP: what was learned, and the customers of each group."""

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel
from starlette.requests import Request

from tsuide.app import uplift as learned
from tsuide.interfaces.api.keys import SECURITY, require, serving_of
from tsuide.interfaces.api.responses import failures
from tsuide.offers.moved import Group

router = APIRouter(tags=["experiments"])
_EXTRA: Final = {"security": SECURITY}
Most = Annotated[int, Query(ge=1, le=10_000, description="At most so many customers.")]
From = Annotated[int, Query(ge=0, le=1_000_000_000, description="Leave out so many first ones.")]
Named = Annotated[Group, Path(description="The group.")]


class MembersOut(BaseModel):
    """A segment: a named set of customers with its date and definition."""

    segment: str
    learned_at: str
    definition: dict[str, str]
    supported: bool
    effect: dict[str, float | None] | None
    total: int
    customers: list[str]


@router.get("/v1/uplift", summary="Whom offers move", responses=failures(401, 403, 409, 422, 503),
            openapi_extra=_EXTRA)  # fmt: skip
async def uplift(request: Request) -> dict[str, Any]:
    """Qini, uplift@k and groups with their effects, as last learned; refused (409) while the holdout is too small."""
    require(request, "admin")
    shop = serving_of(request).shop
    return learned.account(await asyncio.to_thread(learned.uplift_of, shop))


@router.get("/v1/uplift/{segment}", summary="Customers of a group", responses=failures(401, 403, 409, 422, 503),
            openapi_extra=_EXTRA)  # fmt: skip
async def members(request: Request, segment: Named, limit: Most = 1_000, offset: From = 0) -> MembersOut:
    """The most moved (of those put off, the most put off) first."""
    require(request, "admin")
    found = await asyncio.to_thread(learned.segment_members, serving_of(request).shop, segment)
    whole = found.pop("customers")
    return MembersOut(**found, total=len(whole), customers=whole[offset : offset + limit])
