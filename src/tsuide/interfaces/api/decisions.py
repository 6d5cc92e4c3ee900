"""Why a decision came out as it did."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request

from tsuide.interfaces.api.keys import SECURITY, require, serving_of
from tsuide.interfaces.api.responses import failures
from tsuide.interfaces.api.schemas import ExplainOut, Id, Language

router = APIRouter(tags=["decisions"])


def rep(request: Request) -> None:
    """A key with the scope rep is needed: a trace names what the customer bought."""
    require(request, "rep")


@router.get(
    "/v1/decisions/{decision}/explain",
    summary="Why these offers, and what refused the rest",
    responses=failures(401, 403, 404, 410, 422, 503),
    dependencies=[Depends(rep)],
    openapi_extra={"security": SECURITY},
)
async def explain(
    request: Request,
    decision: Annotated[Id, Path(description="As `POST /v1/offers` gave it.")],
    language: Language | None = None,
) -> ExplainOut:
    """Decide again from the record, compare bit for bit, and tell every candidate's fate."""
    serving = serving_of(request)
    chosen = language or serving.settings.language
    told = await serving.explain(decision, chosen)
    return ExplainOut(decision=decision, at=told.decision.at, replayed=told.same, language=chosen, trace=told.trace)
