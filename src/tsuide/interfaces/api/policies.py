"""The policy over HTTP: read it, put another in force, go back to an older one, and ask what one would have done."""

import asyncio
import json
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from tsuide.app.past import policy_what_if
from tsuide.app.policies import activate_version, active_policy, put_in_force, versions
from tsuide.app.serving import Serving, clock
from tsuide.errors import Conflict
from tsuide.interfaces.api.keys import SECURITY, require, serving_of
from tsuide.interfaces.api.problems import problem, request_id_of
from tsuide.interfaces.api.responses import failures
from tsuide.interfaces.api.schemas import Id, whole
from tsuide.offers.policy.load import load_policy
from tsuide.offers.policy.policy import Policy
from tsuide.offers.what_if import as_plain

router = APIRouter(tags=["policy"])
_EXTRA: Final = {"security": SECURITY}
Text = Annotated[str, StringConstraints(min_length=1)]  # too long a one is refused when it is read
Days = Annotated[int, Field(ge=1, le=400), BeforeValidator(whole)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class PolicyIn(_In):
    """A policy as its author wrote it."""

    text: Text = Field(description="YAML, as docs/policy.md describes it.")
    author: Id | None = None


class VersionIn(_In):
    """A kept version."""

    name: Id
    version: Id


class WhatIfIn(_In):
    """A policy that might be, and over how many days to look back."""

    text: Text = Field(description="YAML of the policy that might be.")
    days: Days = 7


class VersionOut(BaseModel):
    """One version that was kept."""

    name: str
    version: str = Field(description="Hash of the text: a version never changes.")
    at: datetime
    author: str | None
    note: str | None = Field(description="Why it was put in force.")
    active: bool


class VersionsOut(BaseModel):
    """Every version, newest first."""

    policies: list[VersionOut]


class PolicyOut(BaseModel):
    """The policy in force."""

    name: str
    version: str
    text: str


class ExampleOut(BaseModel):
    """One offer on which two policies differ."""

    decision: str
    product: str
    title: str
    kind: str


class DifferenceOut(BaseModel):
    """What one rule makes of the difference."""

    count: int
    examples: list[ExampleOut]


class WhatIfOut(BaseModel):
    """Two policies over the same decisions."""

    decisions: int = Field(description="That were made again.")
    offers: int = Field(description="On their slates.")
    refused: int = Field(description="Of these, what the policy would have refused.")
    let_through: int = Field(description="Candidates refused then that it would have let through.")
    slates_changed: int
    silent: int = Field(description="Decisions that had an offer and would have none.")
    speaking: int = Field(description="Decisions that would have an offer.")
    refuses_everything: bool
    candidates: int
    candidates_refused_by_rule: dict[str, int]
    skipped: dict[str, int] = Field(description="Reason → decisions that could not be made again.")
    refused_by_rule: dict[str, DifferenceOut]
    let_through_by_rule: dict[str, DifferenceOut]


@router.get(
    "/v1/policy",
    summary="The policy in force",
    response_model=PolicyOut,
    responses={304: {"description": "Not Modified"}, **failures(401, 403, 503)},
    openapi_extra=_EXTRA,
)
async def active(request: Request) -> Response:
    """Its text with its version as ETag; `If-None-Match` with that version is answered by a 304."""
    require(request, "admin")
    found = await asyncio.to_thread(active_policy, serving_of(request).shop, clock())
    if request.headers.get("if-none-match") == _tag(found):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": _tag(found)})
    return _answer(found)


@router.put(
    "/v1/policy",
    summary="Put a policy in force",
    response_model=PolicyOut,
    responses=failures(400, 401, 403, 409, 412, 413, 422, 503),
    openapi_extra=_EXTRA,
)
async def put(request: Request, body: PolicyIn) -> Response:
    """Read strictly, kept for ever, in force within a second; a wrong one names its line and changes nothing.

    With `If-Match` it is put only over the version that you read: of two who edit at once, one is told.
    """
    require(request, "admin")
    serving = serving_of(request)
    load_policy(body.text)  # a wrong text is told before anything else
    wanted = request.headers.get("if-match")
    before = await asyncio.to_thread(active_policy, serving.shop, clock())
    if wanted is not None and wanted not in {_tag(before), "*"}:
        return problem(
            request_id_of(request), 412, "precondition-failed", "Another policy is in force by now",
            detail=f"in force is {before.name} {before.version}", key="if-match", way_out="read it again",
        )  # fmt: skip
    found = await asyncio.to_thread(put_in_force, serving.shop, body.text, clock(), body.author)
    return await _taken_up(serving, found)


@router.get("/v1/policies", summary="Every version", responses=failures(401, 403, 503), openapi_extra=_EXTRA)
async def every(request: Request) -> VersionsOut:
    """Newest first; none is ever lost."""
    require(request, "admin")
    rows = await asyncio.to_thread(versions, serving_of(request).shop)
    return VersionsOut(policies=[VersionOut(**row) for row in rows])


@router.post(
    "/v1/policies/activate",
    summary="Go back to a version",
    response_model=PolicyOut,
    responses=failures(400, 401, 403, 404, 413, 422, 503),
    openapi_extra=_EXTRA,
)
async def activate(request: Request, body: VersionIn) -> Response:
    """An older version in force again undoes a newer one."""
    require(request, "admin")
    serving = serving_of(request)
    return await _taken_up(serving, await asyncio.to_thread(activate_version, serving.shop, body.name, body.version))


@router.post(
    "/v1/policies/what-if",
    summary="What a policy would have done",
    responses=failures(400, 401, 403, 409, 413, 422, 503),
    openapi_extra=_EXTRA,
)
async def what_if(request: Request, body: WhatIfIn) -> WhatIfOut:
    """Every decision of the last days made again: what would be refused or let through, by rule, with examples.

    One at a time: it reads much.
    """
    require(request, "admin")
    serving, now = serving_of(request), clock()
    other = load_policy(body.text)
    if _BUSY.locked():
        raise Conflict("another comparison is under way", key="what-if", way_out="ask again when it has ended")
    async with _BUSY:
        found = await asyncio.to_thread(policy_what_if, serving.shop, other, now - timedelta(days=body.days), now)
    return WhatIfOut.model_validate(as_plain(found))


_BUSY: Final = asyncio.Lock()


async def _taken_up(serving: Serving, found: Policy) -> Response:
    await asyncio.to_thread(serving.decider.refresh)
    return _answer(found)


def _answer(found: Policy) -> Response:
    value: dict[str, Any] = {"name": found.name, "version": found.version, "text": found.text}
    body = json.dumps(value, ensure_ascii=False)
    return Response(body, media_type="application/json", headers={"ETag": _tag(found)})


def _tag(found: Policy) -> str:
    return f'"{found.version}"'
