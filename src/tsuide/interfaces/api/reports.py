"""Reports over HTTP: results as figures, as a page, their rows; and reports that are made by themselves."""

import asyncio
from datetime import timedelta
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, BeforeValidator, Field
from starlette.requests import Request

from tsuide.app import results as desk
from tsuide.app import scheduling
from tsuide.interfaces.api.keys import SECURITY, require, serving_of
from tsuide.interfaces.api.responses import failures
from tsuide.interfaces.api.schemas import Id, Language, _In, whole
from tsuide.proof.reports.results import Sort
from tsuide.proof.reports.results_page import results_page
from tsuide.proof.reports.schedule import MOST_RECIPIENTS, Every

router = APIRouter(tags=["reports"])
_EXTRA: Final = {"security": SECURITY}
Back = Annotated[int, Query(ge=1, le=1_100, description="So many days back.")]
Most = Annotated[int, Query(ge=1, le=10_000, description="At most so many rows.")]
From = Annotated[int, Query(ge=0, le=1_000_000_000, description="Leave out so many first ones.")]
Currency = Annotated[str | None, Query(pattern="^[A-Z]{3}$", description="Of the amounts; left out: the shop's own.")]
Days = Annotated[int, Field(ge=1, le=1_100), BeforeValidator(whole)]
_LINK: Final = "/v1/reports/results/rows?days={days}&sort={{sort}}&name={{name}}"


class RowsOut(BaseModel):
    """Outcomes behind a figure."""

    total: int
    rows: list[dict[str, Any]]


class ScheduleIn(_In):
    """A report that is made by itself."""

    every: Every = Field("week", description="week: on Mondays; month: on the first.")
    at: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] = "08:00"
    to: list[Annotated[str, Field(min_length=3, max_length=254)]] = Field(min_length=1, max_length=MOST_RECIPIENTS)
    about: Literal["results", "tasks"] = Field("results", description="tasks: overdue and due today, if there are any.")
    whose: str | None = Field(None, max_length=200, description="Of tasks only this person's.")
    days: Days | None = Field(None, description="How far it looks back; since the last one when missing.")
    language: Language = "ja"
    link: Annotated[str, Field(max_length=2_000, pattern="^https?://")] | None = Field(
        None, description="Address of the rows behind a figure, with {sort} and {name}."
    )


class SchedulesOut(BaseModel):
    """Every schedule, what it was last run for, and why the last try failed."""

    schedules: list[dict[str, Any]]


@router.get("/v1/reports/results", summary="What offers brought", responses=failures(400, 401, 403, 409, 422, 503),
            openapi_extra=_EXTRA)  # fmt: skip
async def results(request: Request, days: Back = 30, currency: Currency = None) -> dict[str, Any]:
    """By rep, category, pair, placement, journey and segment; customers; first purchases; needs that were not met."""
    require(request, "admin")
    serving = serving_of(request)
    now = serving.clock()
    start = now - timedelta(days=days)
    found = await asyncio.to_thread(desk.results, serving.shop, start, now, currency=currency)
    return found.plain()


@router.get("/v1/reports/results/page", summary="The same as a page", responses=failures(400, 401, 403, 409, 422, 503),
            response_class=HTMLResponse, openapi_extra=_EXTRA)  # fmt: skip
async def page(
    request: Request, days: Back = 30, language: Language | None = None, currency: Currency = None
) -> HTMLResponse:
    """HTML that loads nothing; each figure links to its rows and its method."""
    require(request, "admin")
    serving = serving_of(request)
    shop, now = serving.shop, serving.clock()
    found = await asyncio.to_thread(desk.results, shop, now - timedelta(days=days), now, currency=currency)
    text = results_page(found, language or shop.settings.language, rows_at=_LINK.format(days=days))
    return HTMLResponse(text)


@router.get("/v1/reports/results/rows", summary="Rows behind a figure", responses=failures(401, 403, 422, 503),
            openapi_extra=_EXTRA)  # fmt: skip
async def rows(
    request: Request,
    sort: Sort | None = None,
    name: Annotated[str | None, Query(min_length=1, max_length=500)] = None,
    days: Back = 30,
    limit: Most = 1_000,
    offset: From = 0,
) -> RowsOut:
    """Outcomes of offers, oldest first; of one sort and name, or of all."""
    require(request, "admin")
    serving = serving_of(request)
    now = serving.clock()
    found = await asyncio.to_thread(desk.rows_behind, serving.shop, now - timedelta(days=days), now, sort, name)
    return RowsOut(total=len(found), rows=found.slice(offset, limit).to_dicts())


@router.get("/v1/reports/schedules", summary="Scheduled reports", responses=failures(401, 403, 422, 503),
            openapi_extra=_EXTRA)  # fmt: skip
async def every(request: Request) -> SchedulesOut:
    """By id."""
    require(request, "admin")
    return SchedulesOut(schedules=await asyncio.to_thread(scheduling.schedules, serving_of(request).shop))


@router.put("/v1/reports/schedules/{schedule}", summary="Schedule a report",
            responses=failures(400, 401, 403, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def put(request: Request, schedule: Id, body: ScheduleIn) -> SchedulesOut:
    """New or changed; a new one is first run at its next moment. It is mailed; folders are for the command line."""
    require(request, "admin")
    serving = serving_of(request)
    wanted = scheduling.read_schedule({"id": schedule, **body.model_dump()})
    await asyncio.to_thread(scheduling.put_schedule, serving.shop, wanted, serving.clock())
    found = await asyncio.to_thread(scheduling.schedules, serving.shop)
    return SchedulesOut(schedules=[row for row in found if row["id"] == schedule])


@router.delete("/v1/reports/schedules/{schedule}", summary="Take a schedule away",
               responses=failures(401, 403, 404, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def remove(request: Request, schedule: Id) -> dict[str, Any]:
    """The answer is the schedule as it was."""
    require(request, "admin")
    return await asyncio.to_thread(scheduling.remove_schedule, serving_of(request).shop, schedule)
