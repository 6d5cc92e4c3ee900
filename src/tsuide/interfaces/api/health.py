"""Whether the process lives, and whether it can decide; for load balancers, without a key."""

from typing import Literal

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from tsuide.app import metrics
from tsuide.interfaces.api.keys import SECURITY, require, serving_of
from tsuide.interfaces.api.responses import failures
from tsuide.interfaces.api.schemas import HealthOut, ReadyOut

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Does the process answer?")
async def healthz() -> HealthOut:
    """It does, as long as this comes back."""
    return HealthOut(status="ok")


@router.get("/readyz", summary="Can offers be decided?", responses=failures(503))
async def readyz(request: Request) -> ReadyOut:
    """They can when a snapshot is loaded, also while the store is away; else a problem says what is missing."""
    ready = await serving_of(request).ready()
    status: Literal["ready", "degraded"] = "degraded" if ready.degraded else "ready"
    return ReadyOut(status=status, snapshot=ready.snapshot_id, sequence=ready.sequence, policy=ready.policy)


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=PlainTextResponse,
    responses=failures(401, 403, 404, 429),
    openapi_extra={"security": [*SECURITY, {}]},
)
async def figures(request: Request) -> Response:
    """Requests by route and status with their times, decisions, messages, what waits, the snapshot's age; no names.

    Open to anybody; TSUIDE_METRICS=admin asks for a key with the scope admin, TSUIDE_METRICS=off answers 404.
    """
    serving = serving_of(request)
    if serving.settings.metrics == "off":
        raise HTTPException(404, "metrics are off: TSUIDE_METRICS")
    if serving.settings.metrics == "admin":
        require(request, "admin")
    serving.observe()
    return Response(metrics.text(serving.settings.shop), media_type=metrics.MEDIA_TYPE)
