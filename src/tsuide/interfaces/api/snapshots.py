"""What was learned: list it, see which state decides, go back to an earlier one."""

import asyncio
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from tsuide.app.snapshots import KeptSnapshot, kept_snapshots, learned_at, roll_back
from tsuide.interfaces.api.keys import SECURITY, needs, require, serving_of
from tsuide.interfaces.api.responses import failures
from tsuide.interfaces.api.schemas import Id

router = APIRouter(tags=["snapshots"])
_EXTRA: Final = {"security": SECURITY}


class SnapshotOut(BaseModel):
    """One learned state."""

    id: str
    number: int | None = Field(description="In the order of learning.")
    learned_at: datetime | None
    parts: list[str] = Field(description="What was learned.")
    current: bool = Field(description="Servers decide with it, or will within a second.")
    damaged: str | None = Field(description="What is wrong with its files; null: every byte was verified.")


class SnapshotsOut(BaseModel):
    """Every state that is kept, newest first."""

    snapshots: list[SnapshotOut]


class InUseOut(BaseModel):
    """The state with which this worker makes the next decision."""

    id: str
    number: int
    learned_at: datetime | None
    sequence: int = Field(description="The newest fact that it knows of.")
    orders_since: int = Field(description="Orders since learning that its relations already count.")


class RollBackIn(BaseModel):
    """A kept state."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    id: Id


@router.get("/v1/snapshots", summary="What was learned", responses=failures(401, 403, 429, 503), openapi_extra=_EXTRA)
async def listed(request: Request) -> SnapshotsOut:
    """Every kept state; all of their bytes are read and verified, which takes a moment."""
    require(request, "admin")
    found = await asyncio.to_thread(kept_snapshots, serving_of(request).shop)
    return SnapshotsOut(snapshots=[_out(each) for each in found])


@router.get(
    "/v1/snapshots/current",
    summary="With what is decided now",
    responses=failures(401, 403, 429, 503),
    openapi_extra=_EXTRA,
)
async def current(request: Request) -> InUseOut:
    """The state of the worker that answers."""
    require(request, "rep")
    loaded = serving_of(request).decider.loaded
    return InUseOut(
        id=loaded.snapshot.id,
        number=loaded.snapshot.number,
        learned_at=learned_at(loaded.snapshot),
        sequence=loaded.sequence,
        orders_since=loaded.folded.orders,
    )


@router.put(
    "/v1/snapshots/current",
    dependencies=[needs("admin")],
    summary="Go back to an earlier state",
    responses=failures(400, 401, 403, 404, 413, 422, 429, 503),
    openapi_extra=_EXTRA,
)
async def go_back(request: Request, body: RollBackIn) -> SnapshotOut:
    """Verify a kept state and decide with it from now on; every worker follows within a second, no request is dropped.

    The next `tsuide learn` makes a newer one current again.
    """
    return _out(await asyncio.to_thread(roll_back, serving_of(request).shop, body.id))


def _out(each: KeptSnapshot) -> SnapshotOut:
    told: dict[str, Any] = {name: getattr(each, name) for name in ("id", "number", "learned_at", "current", "damaged")}
    return SnapshotOut(**told, parts=list(each.parts))
