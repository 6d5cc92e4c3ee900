"""Webhooks over HTTP: who is told what changes in tasks, deals and segments."""

import asyncio
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from tsuide.app import hooks as wires
from tsuide.app.serving import clock
from tsuide.interfaces.api.keys import SECURITY, needs, require, serving_of
from tsuide.interfaces.api.responses import failures
from tsuide.interfaces.api.schemas import Id

router = APIRouter(tags=["webhooks"])
_EXTRA: Final = {"security": SECURITY}
Named = Annotated[Id, Path(description="Your name for it.")]


class HookIn(BaseModel):
    """Who is told what."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    url: Annotated[str, Field(min_length=1, max_length=2_000, description="An address that takes a POST.")]
    topics: list[Literal["tasks", "worklist", "deals", "segments"]] = Field(
        [], max_length=4, description="Empty = all."
    )


class HookOut(BaseModel):
    """A webhook, how far it was told (topic → seq), and why it takes nothing."""

    id: str
    url: str
    topics: list[str]
    seen: dict[str, int]
    failing_since: str | None
    again_at: str | None
    tries: int
    error: str | None


class HooksOut(BaseModel):
    """By their ids."""

    hooks: list[HookOut]


@router.get("/v1/hooks", summary="Webhooks", responses=failures(401, 403, 422, 503), openapi_extra=_EXTRA)
async def hooks(request: Request) -> HooksOut:
    """Every one."""
    require(request, "admin")
    rows = await asyncio.to_thread(wires.hooks_told, serving_of(request).shop)
    return HooksOut(hooks=[HookOut(**row) for row in rows])


@router.put("/v1/hooks/{hook}", dependencies=[needs("admin")], summary="Set a webhook",
            responses=failures(400, 401, 403, 409, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def put(request: Request, hook: Named, body: HookIn) -> HookOut:
    """Told from now on; of one that is told already, address and topics are changed."""
    shop = serving_of(request).shop
    return HookOut(**await asyncio.to_thread(wires.put_hook, shop, hook, body.url, body.topics, clock()))


@router.delete("/v1/hooks/{hook}", summary="Remove a webhook", responses=failures(401, 403, 404, 422, 503),
               openapi_extra=_EXTRA)  # fmt: skip
async def remove(request: Request, hook: Named) -> HookOut:
    """It as it was: setting it again undoes this, but for what changed meanwhile."""
    require(request, "admin")
    return HookOut(**await asyncio.to_thread(wires.remove_hook, serving_of(request).shop, hook))
