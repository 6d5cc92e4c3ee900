"""Supervision over HTTP: reps beyond chance, the audit, and cases of confirmed findings."""

import asyncio
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.requests import Request

from tsuide.app import supervising as desk
from tsuide.app.serving import entropy
from tsuide.interfaces.api.keys import SECURITY, require, serving_of
from tsuide.interfaces.api.responses import failures
from tsuide.interfaces.api.schemas import Id, Note, Said, _In
from tsuide.kit.ids import time_id
from tsuide.proof.supervision.case import Case, Step, StepKind

router = APIRouter(tags=["supervision"])
_EXTRA: Final = {"security": SECURITY}
Back = Annotated[int, Query(ge=1, le=1_100, description="Days of sales that are looked at.")]
Needed = Literal["reversal", "refund", "notice", "training"]


class CaseIn(_In):
    """A confirmed finding: somebody has looked at the rows."""

    rep_id: Id
    sales: list[Id] = Field(min_length=1, max_length=500, description="Rows of the finding.")
    by: Said = Field(description="Who confirms it.")
    reason: Said = Field(description="What they saw.")


class StepIn(_In):
    """What was done."""

    kind: StepKind
    by: Said
    note: Note | None = None
    reference: Note | None = None
    of: Needed | None = Field(None, description="Of `waived`: the step that is not needed.")


class CaseOut(BaseModel):
    """A case with what was done and what is missing."""

    case: dict[str, Any]


class CasesOut(BaseModel):
    """Every case, open ones first."""

    cases: list[dict[str, Any]]


@router.get("/v1/supervision", summary="Reps beyond chance", responses=failures(401, 403, 422, 503),
            openapi_extra=_EXTRA)  # fmt: skip
async def findings(request: Request, days: Back = desk.BACK) -> dict[str, Any]:
    """Each with its signs and the rows behind them; a top seller is told as one."""
    require(request, "admin")
    serving = serving_of(request)
    return await asyncio.to_thread(desk.supervise, serving.shop, serving.clock(), back=days)


@router.get("/v1/supervision/audit", summary="Audit of consents and yeses", responses=failures(401, 403, 422, 503),
            openapi_extra=_EXTRA)  # fmt: skip
async def audit(request: Request, days: Back = desk.BACK) -> dict[str, Any]:
    """What is on record that should not be, row by row."""
    require(request, "admin")
    serving = serving_of(request)
    return await asyncio.to_thread(desk.audit_shop, serving.shop, serving.clock(), back=days)


@router.get("/v1/supervision/cases", summary="Every case", responses=failures(401, 403, 422, 503),
            openapi_extra=_EXTRA)  # fmt: skip
async def every(request: Request) -> CasesOut:
    """Open ones first."""
    require(request, "admin")
    found = await asyncio.to_thread(desk.cases, serving_of(request).shop)
    return CasesOut(cases=[desk.case_plain(each) for each in found])


@router.post("/v1/supervision/cases", summary="Open a case", responses=failures(400, 401, 403, 409, 413, 422, 503),
             openapi_extra=_EXTRA)  # fmt: skip
async def open_(request: Request, body: CaseIn) -> CaseOut:
    """For sales that the rep entered."""
    require(request, "admin")
    serving = serving_of(request)
    now = serving.clock()
    case_id = time_id("case", now, entropy())
    told = (case_id, body.rep_id, body.sales, body.by, body.reason, now)
    return _out(await asyncio.to_thread(desk.open_case, serving.shop, *told))


@router.get("/v1/supervision/cases/{case}", summary="One case", responses=failures(401, 403, 404, 422, 503),
            openapi_extra=_EXTRA)  # fmt: skip
async def one(request: Request, case: Id) -> CaseOut:
    """Whole."""
    require(request, "admin")
    return _out(await asyncio.to_thread(desk.case_of, serving_of(request).shop, case))


@router.post("/v1/supervision/cases/{case}/steps", summary="Record a step",
             responses=failures(400, 401, 403, 404, 409, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def step(request: Request, case: Id, body: StepIn) -> CaseOut:
    """Reversal, refund, notice, training; `closure` ends the case once nothing is missing."""
    require(request, "admin")
    serving = serving_of(request)
    done = Step(body.kind, serving.clock(), body.by, body.note, body.reference, body.of)
    return _out(await asyncio.to_thread(desk.add_step, serving.shop, case, done))


def _out(case: Case) -> CaseOut:
    return CaseOut(case=desk.case_plain(case))
