"""Segments over HTTP: try conditions, define, look inside, and read who came and went."""

import asyncio
from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.requests import Request
from starlette.responses import Response

from tsuide.app import segments as shelf
from tsuide.app.audiences import audience
from tsuide.app.serving import Serving, clock
from tsuide.errors import BadValue
from tsuide.interfaces.api.cursors import LONGEST, cursor_of, places_of
from tsuide.interfaces.api.keys import SECURITY, needs, require, serving_of
from tsuide.interfaces.api.responses import failures
from tsuide.interfaces.api.schemas import Amount, Id
from tsuide.outreach.audiences import AudienceFormat
from tsuide.outreach.segments.condition import text_of
from tsuide.outreach.segments.definition import segment_from
from tsuide.outreach.segments.form import condition_of
from tsuide.outreach.segments.ready import ready_made
from tsuide.outreach.segments.vocabulary import CHOICES, DEED_WORDS, Who, described

router = APIRouter(tags=["segments"])
_EXTRA: Final = {"security": SECURITY}
_LARGEST_PAGE: Final = 1_000
Named = Annotated[Id, Path(description="The segment's id.")]
Page = Annotated[int, Query(ge=1, le=_LARGEST_PAGE, description="At most so many.")]
Cursor = Annotated[str | None, Query(max_length=LONGEST, description="`next` of the page before.")]
After = Annotated[int, Query(ge=0, le=2**62, description="Only what came after this seq.")]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ConditionIn(_In):
    """A condition, as text or as a form."""

    condition: str | None = Field(None, min_length=1, max_length=4_000)
    form: dict[str, Any] | None = Field(None, description="The same as a form shows it; see docs/segments.md.")
    who: Who = "customers"

    @model_validator(mode="after")
    def _one_of_the_two(self) -> "ConditionIn":
        if (self.condition is None) == (self.form is None):
            raise ValueError("give either condition or form")
        return self

    def text(self) -> str:
        """The condition as text."""
        return self.condition if self.condition is not None else text_of(condition_of(self.form))


class SegmentNamesIn(_In):
    """What people read."""

    ja: Id
    en: Id


class SegmentIn(ConditionIn):
    """A segment as a person defines it."""

    names: SegmentNamesIn
    confirm: Amount | None = Field(None, description="How many it is meant to hold, of one that holds everybody.")


class ReadyIn(_In):
    """What a ready-made segment needs."""

    given: dict[str, Id] = Field({}, max_length=5, description="Such as {category: camera}.")
    confirm: Amount | None = None


class OverlapIn(_In):
    """Segments to be laid over each other."""

    segments: list[Id] = Field(min_length=2, max_length=shelf.MOST_OVERLAPPED)


class SampleIn(ConditionIn):
    """A condition to be tried."""

    sample: int = Field(10, ge=0, le=shelf.MOST_SHOWN, description="Show so many of them.")


class PreviewOut(BaseModel):
    """Whom a condition holds of now."""

    condition: str
    form: dict[str, Any]
    size: int
    unknown: int = Field(description="Of whom it is neither true nor false: something is not known of them.")
    of: int
    sample: list[str]


class SegmentOut(BaseModel):
    """A segment and how it stands."""

    id: str
    names: dict[str, str]
    condition: str
    form: dict[str, Any]
    who: Who
    ready: dict[str, Any] | None = None
    version: int
    size: int | None
    changed_at: str


class SegmentsOut(BaseModel):
    """Every segment, by id."""

    segments: list[SegmentOut]


class MemberOut(BaseModel):
    """Somebody in a segment."""

    customer_id: str | None
    anonymous_id: str | None
    since: str
    cause: str = Field(description="defined, order, event, time, learned, …")


class SegmentMembersOut(BaseModel):
    """A page of members; `next` is missing on the last."""

    members: list[MemberOut]
    next: str | None = None


class SegmentEventOut(BaseModel):
    """Somebody entered a segment or left it."""

    seq: int
    segment: str
    event: str
    customer_id: str | None
    anonymous_id: str | None
    at: str
    cause: str


class SegmentEventsOut(BaseModel):
    """In their order; ask again with the last seq as `after`."""

    events: list[SegmentEventOut]


@router.get("/v1/segments", summary="Every segment", responses=failures(401, 403, 422, 503), openapi_extra=_EXTRA)
async def every(request: Request) -> SegmentsOut:
    """With its size."""
    require(request, "admin")
    rows = await asyncio.to_thread(shelf.standings, serving_of(request).shop)
    return SegmentsOut(segments=[_out(row) for row in rows])


@router.get("/v1/segments/vocabulary", summary="What conditions may name", responses=failures(401, 403, 422, 503),
            openapi_extra=_EXTRA)  # fmt: skip
async def vocabulary(request: Request) -> dict[str, Any]:
    """Facts with their types and words in ja and en, the shop's attributes, what customers do, and choices."""
    require(request, "admin")
    attributes = await asyncio.to_thread(shelf.attributes_of, serving_of(request).shop, clock())
    deeds = [{"name": deed, "ja": ja, "en": en} for deed, (ja, en) in DEED_WORDS.items()]
    return {
        "facts": described(),
        "attributes": attributes,
        "deeds": deeds,
        **{f"{name}s": list(words) for name, words in CHOICES.items()},
    }


@router.get("/v1/segments/ready", summary="Ready-made segments", responses=failures(401, 403, 422, 503),
            openapi_extra=_EXTRA)  # fmt: skip
async def ready(request: Request) -> dict[str, Any]:
    """With what each needs to be taken."""
    require(request, "admin")
    return {"ready": [each.plain() for each in ready_made().values()]}


@router.post("/v1/segments/ready/{ready}", dependencies=[needs("admin")], summary="Take a ready-made segment",
             responses=failures(400, 401, 403, 404, 409, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def take(request: Request, ready: Id, body: ReadyIn) -> SegmentOut:
    """With the shop's own borders, as they are now; taken again, they are drawn anew as a new version."""
    serving = serving_of(request)
    row = await asyncio.to_thread(
        shelf.take, serving.shop, ready, dict(body.given), clock(), confirm=body.confirm
    )  # fmt: skip
    return await _defined(serving, row)


@router.post("/v1/segments/preview", dependencies=[needs("admin")], summary="Try a condition",
             responses=failures(400, 401, 403, 409, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def preview(request: Request, body: SampleIn) -> PreviewOut:
    """Whom it holds of now; nothing is kept. What is wrong is pointed at by `start` and `end`."""
    shop = serving_of(request).shop
    found = await asyncio.to_thread(shelf.preview, shop, body.text(), body.who, clock(), body.sample)
    return PreviewOut(**found.plain())


@router.post("/v1/segments/overlap", dependencies=[needs("admin")], summary="Lay segments over each other",
             responses=failures(400, 401, 403, 404, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def overlap(request: Request, body: OverlapIn) -> dict[str, Any]:
    """Sizes, every pair, and every combination exactly."""
    return await asyncio.to_thread(shelf.overlap_of, serving_of(request).shop, body.segments)


@router.get("/v1/segments/events", summary="Who came and went", responses=failures(401, 403, 404, 422, 503),
            openapi_extra=_EXTRA)  # fmt: skip
async def events(request: Request, after: After = 0, limit: Page = 100, segment: Id | None = None) -> SegmentEventsOut:
    """In their order, over all segments or of one; who has read up to a seq misses nothing that comes later."""
    require(request, "admin")
    rows = await asyncio.to_thread(shelf.events_after, serving_of(request).shop, after, limit, segment)
    return SegmentEventsOut(events=[SegmentEventOut(**row) for row in rows])


@router.get("/v1/segments/{segment}", summary="One segment", responses=failures(401, 403, 404, 422, 503),
            openapi_extra=_EXTRA)  # fmt: skip
async def one(request: Request, segment: Named) -> SegmentOut:
    """With its size."""
    require(request, "admin")
    return _out(await asyncio.to_thread(shelf.standing, serving_of(request).shop, segment))


@router.get(
    "/v1/segments/{segment}/audience",
    summary="A segment for an ad platform",
    response_class=Response,
    responses=failures(400, 401, 403, 404, 422, 503) | {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
    openapi_extra=_EXTRA,
)
async def ad_audience(
    request: Request,
    segment: Named,
    form: Annotated[AudienceFormat, Query(alias="format", description="The platform.")] = "google",
    country: Annotated[Id, Query(description="Of telephone numbers that name none.")] = "JP",
) -> Response:
    """Those who agreed to marketing, hashed; `X-Audience` says how many, and who was left out why."""
    require(request, "admin")
    text, told = await asyncio.to_thread(audience, serving_of(request).shop, segment, form, country)
    counts = ", ".join(f"{name}={n}" for name, n in asdict(told).items())
    headers = {"X-Audience": counts, "Cache-Control": "no-store"}
    headers["Content-Disposition"] = f'attachment; filename="audience-{form}.csv"'
    return Response(text, headers=headers, media_type="text/csv; charset=utf-8")


@router.put("/v1/segments/{segment}", dependencies=[needs("admin")], summary="Define a segment",
            responses=failures(400, 401, 403, 409, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def put(request: Request, segment: Named, body: SegmentIn) -> SegmentOut:
    """New or changed. One that holds everybody is refused (409) until the number is confirmed."""
    serving = serving_of(request)
    names = {"ja": body.names.ja, "en": body.names.en}
    made = segment_from({"id": segment, "names": names, "condition": body.text(), "who": body.who})
    row = await asyncio.to_thread(shelf.put_segment, serving.shop, made, clock(), confirm=body.confirm)
    return await _defined(serving, row)


@router.delete("/v1/segments/{segment}", dependencies=[needs("admin")], summary="Take a segment out of use",
               responses=failures(401, 403, 404, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def remove(request: Request, segment: Named) -> dict[str, Any]:
    """Everybody leaves it; `undo` brings it back."""
    serving = serving_of(request)
    left = await asyncio.to_thread(shelf.remove_segment, serving.shop, segment, clock())
    await asyncio.to_thread(serving.decider.take_memberships)
    return {"segment": segment, "left": left}


@router.post("/v1/segments/{segment}/undo", dependencies=[needs("admin")], summary="Go back to the version before",
             responses=failures(400, 401, 403, 404, 409, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def undo(request: Request, segment: Named) -> SegmentOut:
    """As a new version; a removed segment comes back."""
    serving = serving_of(request)
    return await _defined(serving, await asyncio.to_thread(shelf.undo_segment, serving.shop, segment, clock()))


@router.get("/v1/segments/{segment}/versions", summary="Versions of a segment",
            responses=failures(401, 403, 404, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def versions(request: Request, segment: Named) -> dict[str, Any]:
    """Oldest first."""
    require(request, "admin")
    return {"versions": await asyncio.to_thread(shelf.versions_of, serving_of(request).shop, segment)}


@router.get("/v1/segments/{segment}/members", summary="Who is in a segment",
            responses=failures(400, 401, 403, 404, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def members(request: Request, segment: Named, limit: Page = 100, cursor: Cursor = None) -> SegmentMembersOut:
    """Page by page, by id."""
    require(request, "admin")
    after = "" if cursor is None else str(places_of(cursor, (str,))[0])
    rows = await asyncio.to_thread(shelf.members_of, serving_of(request).shop, segment, limit, after)
    full = len(rows) == limit
    return SegmentMembersOut(
        members=[MemberOut(**{name: row[name] for name in MemberOut.model_fields}) for row in rows],
        next=cursor_of(rows[-1]["place"]) if full else None,
    )


@router.get("/v1/segments/{segment}/history", summary="The size of a segment over time",
            responses=failures(401, 403, 404, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def history(request: Request, segment: Named) -> dict[str, Any]:
    """At the end of each hour in which it changed."""
    require(request, "admin")
    return {"history": await asyncio.to_thread(shelf.history_of, serving_of(request).shop, segment)}


@router.get("/v1/segments/{segment}/why", summary="Why somebody is in a segment, or not",
            responses=failures(400, 401, 403, 404, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def why(
    request: Request, segment: Named, customer_id: Id | None = None, anonymous_id: Id | None = None
) -> dict[str, Any]:
    """Which part of the condition holds of them now."""
    require(request, "admin")
    if (customer_id is None) == (anonymous_id is None):
        raise BadValue("whom?", key="customer_id", way_out="give customer_id or anonymous_id")
    return await asyncio.to_thread(shelf.why, serving_of(request).shop, segment, clock(), customer_id, anonymous_id)


async def _defined(serving: Serving, row: shelf.Standing) -> SegmentOut:
    """The next decision knows of it."""
    await asyncio.to_thread(serving.decider.take_memberships)
    return _out(row)


def _out(row: shelf.Standing) -> SegmentOut:
    return SegmentOut(**row.plain())
