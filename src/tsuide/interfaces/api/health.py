"""Whether the process lives, and whether it can decide; for load balancers, without a key."""

from fastapi import APIRouter
from starlette.requests import Request

from tsuide.interfaces.api.keys import serving_of
from tsuide.interfaces.api.responses import failures
from tsuide.interfaces.api.schemas import HealthOut, ReadyOut

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Does the process answer?")
async def healthz() -> HealthOut:
    """It does, as long as this comes back."""
    return HealthOut(status="ok")


@router.get("/readyz", summary="Can offers be decided?", responses=failures(503))
async def readyz(request: Request) -> ReadyOut:
    """They can when the store answers and a snapshot is loaded; else a problem document says what is missing."""
    ready = await serving_of(request).ready()
    return ReadyOut(status="ready", snapshot=ready.snapshot_id, sequence=ready.sequence, policy=ready.policy)
