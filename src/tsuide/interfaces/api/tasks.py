"""Tasks over HTTP: what people are to do about customers, and what was done."""

import asyncio
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from tsuide.app import tasks as desk
from tsuide.app.serving import clock, entropy
from tsuide.interfaces.api.keys import SECURITY, needs, require, serving_of
from tsuide.interfaces.api.responses import failures
from tsuide.interfaces.api.schemas import Id, Moment, OfTeam

router = APIRouter(tags=["tasks"])
_EXTRA: Final = {"security": SECURITY}
Named = Annotated[Id, Path(description="The task's id.")]
Most = Annotated[int, Query(ge=1, le=1_000, description="At most so many.")]
Words = Annotated[str, Field(min_length=1, max_length=500)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class TaskIn(_In):
    """Something that somebody is to do."""

    title: Words
    due_at: Moment
    customer_id: Id | None = None
    note: str | None = Field(None, max_length=5_000)
    assignee: str | None = Field(None, max_length=200, description="Left out: the customer's owner.")
    key: Id | None = Field(None, description="Yours; the same key makes no second task.")


class TaskChangeIn(_In):
    """What becomes of a task: at least one of state, until and assignee."""

    state: Literal["open", "done", "dropped"] | None = None
    until: Moment | None = Field(None, description="Put off until then.")
    assignee: str | None = Field(None, max_length=200, description="Passed on to them.")
    reason: str | None = Field(None, max_length=500)
    who: str | None = Field(None, max_length=200, description="Who does this, for the history.")


class TaskOut(BaseModel):
    """Something that somebody is to do."""

    id: str
    customer_id: str | None
    title: dict[str, str]
    note: dict[str, str] | None
    assignee: str
    state: str
    due_at: str
    source: str
    reason: str | None
    rule: str | None
    snoozes: int


class TasksOut(BaseModel):
    """Those due first."""

    tasks: list[TaskOut]


class TaskDeedOut(BaseModel):
    """Something that was done with a task; `assignee` and `due_at` as they were from then on."""

    seq: int
    task_id: str
    at: str
    deed: str
    who: str | None
    reason: str | None
    assignee: str
    due_at: str


class TaskDeedsOut(BaseModel):
    """In their order; who has read up to a seq misses nothing that comes later."""

    events: list[TaskDeedOut]


class CalendarOut(BaseModel):
    """Where a calendar program subscribes to somebody's open tasks; whoever knows the address can read it."""

    assignee: str
    address: str


@router.get("/v1/tasks", summary="Tasks", responses=failures(401, 403, 422, 503), openapi_extra=_EXTRA)
async def tasks(
    request: Request,
    state: Literal["open", "done", "dropped", "all"] = "open",
    assignee: Annotated[str | None, Query(max_length=200, description="Only theirs.")] = None,
    team: OfTeam = None,
    customer: Annotated[Id | None, Query(description="Only about this customer.")] = None,
    overdue: Annotated[bool, Query(description="Only those whose time has passed.")] = False,  # noqa: FBT002 - a query
    limit: Most = 200,
) -> TasksOut:
    """Those due first. Needs a key with the scope rep."""
    require(request, "rep")
    due_before = clock() if overdue else None

    def listed() -> list[dict[str, Any]]:
        return desk.tasks_told(
            serving_of(request).shop, None if state == "all" else state, assignee=assignee, team=team,
            customer_id=customer, due_before=due_before, n=limit,
        )  # fmt: skip

    return TasksOut(tasks=[TaskOut(**row) for row in await asyncio.to_thread(listed)])


@router.get("/v1/tasks/calendar", summary="The address of a calendar", responses=failures(400, 401, 403, 422, 503),
            openapi_extra=_EXTRA)  # fmt: skip
async def calendar(
    request: Request, assignee: Annotated[str, Query(min_length=1, max_length=200, description="Whose.")]
) -> CalendarOut:
    """For calendar programs, which send no key: it opens with the address alone. Needs a key with the scope rep."""
    require(request, "rep")
    address = await asyncio.to_thread(desk.calendar_address, serving_of(request).shop, assignee, clock())
    return CalendarOut(assignee=assignee, address=address)


@router.get("/v1/tasks/events", summary="What was done with tasks", responses=failures(401, 403, 422, 503),
            openapi_extra=_EXTRA)  # fmt: skip
async def events(
    request: Request,
    after: Annotated[int, Query(ge=0, le=2**62, description="Only what came after this seq.")] = 0,
    limit: Most = 200,
) -> TaskDeedsOut:
    """For systems that keep their own list of tasks. Needs a key with the scope rep."""
    require(request, "rep")
    rows = await asyncio.to_thread(serving_of(request).shop.store.tasks.events, after, limit)
    return TaskDeedsOut(events=[TaskDeedOut(**desk.deed_told(row)) for row in rows])


@router.post("/v1/tasks", dependencies=[needs("rep")], summary="Give somebody a task",
             responses=failures(400, 401, 403, 404, 409, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def add(request: Request, body: TaskIn) -> TaskOut:
    """Of one key there is one task: sent again, it is told as it is."""
    given: dict[str, Any] = {
        "customer_id": body.customer_id, "note": body.note, "assignee": body.assignee, "key": body.key
    }  # fmt: skip
    row = await asyncio.to_thread(
        lambda: desk.add_task(serving_of(request).shop, body.title, body.due_at, clock(), entropy(), **given)
    )  # fmt: skip
    return TaskOut(**row)


@router.get("/v1/tasks/{task}", summary="One task", responses=failures(401, 403, 404, 422, 503), openapi_extra=_EXTRA)
async def one(request: Request, task: Named) -> TaskOut:
    """As it stands. Needs a key with the scope rep."""
    require(request, "rep")
    return TaskOut(**desk.told(await asyncio.to_thread(serving_of(request).shop.store.tasks.get, task)))


@router.post("/v1/tasks/{task}", dependencies=[needs("rep")], summary="Do, drop, put off or pass on a task",
             responses=failures(400, 401, 403, 404, 409, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def change(request: Request, task: Named, body: TaskChangeIn) -> TaskOut:
    """What it was before comes back: setting that again undoes it."""
    given = body.model_dump()
    return TaskOut(
        **await asyncio.to_thread(lambda: desk.change_task(serving_of(request).shop, task, clock(), **given))
    )
