"""What people decide about single pairs, sets and fillers, over HTTP: listed, decided, taken away, and undone."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Final, Literal, TypeVar

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.requests import Request

from tsuide.app import curation as desk
from tsuide.app.serving import Serving
from tsuide.errors import BadValue
from tsuide.interfaces.api.cursors import LONGEST, cursor_of, places_of
from tsuide.interfaces.api.keys import SECURITY, holder_of, needs, require, serving_of
from tsuide.interfaces.api.responses import failures
from tsuide.interfaces.api.schemas import Id, Moment, _In, zoned
from tsuide.kit.clock import must_have_happened, to_micros
from tsuide.offers.curated import About, Verdict

router = APIRouter(tags=["curation"])
_EXTRA: Final = {"security": SECURITY}
_MOST: Final = 20  # others of a set
_Found = TypeVar("_Found")

Text = Annotated[str, Field(max_length=desk.MOST_REASON)]
Others = Annotated[
    list[Id],
    Field(
        min_length=1,
        max_length=_MOST,
        description="What is proposed: one product; of a set all but the first, in any order.",
    ),
]
First = Annotated[Id | None, Field(description="What it goes with; of a filler left out.")]
Kind = Annotated[
    About,
    Field(description="beside = goes with it (also later), instead = in its place, set = around it, filler = alone."),
]


class TextsIn(_In):
    """What customers read in place of the first reason; an empty text takes a language's own away."""

    ja: Text | None = None
    en: Text | None = None


class WishIn(_In):
    """A change to one judgement; what is not named stays."""

    about: Kind
    product_id: First = None
    other_ids: Others
    verdict: Literal["banned", "pinned", "none"] | None = Field(None, description="none takes either back.")
    approved: bool | None = Field(None, description="Looked at and found good; changes no offer.")
    texts: TextsIn = TextsIn()
    who: Id | None = Field(None, description="Who of your people decides; the key's id where it is left out.")


class JudgementIn(_In):
    """A judgement as it was, or is."""

    about: Kind
    product_id: First = None
    other_ids: Others
    verdict: Verdict | None = None
    texts: TextsIn = TextsIn()
    approved_at: Moment | None = None
    approved_by: Id | None = None
    changed_at: Moment | None = None
    changed_by: Id | None = None


class JudgementOut(BaseModel):
    """What people decided about one; of something that nobody decided about everything is empty."""

    about: About
    product_id: str | None
    other_ids: list[str]
    verdict: Verdict | None
    texts: dict[str, str] = Field(description="Language → what customers read.")
    approved_at: str | None
    approved_by: str | None
    changed_at: str | None
    changed_by: str | None


class ChangeOut(BaseModel):
    """What it was and what it is."""

    before: JudgementOut
    now: JudgementOut


class ChangeIn(_In):
    """A change as it was answered."""

    before: JudgementIn
    now: JudgementIn


class JudgementsOut(BaseModel):
    """One page."""

    curation: list[JudgementOut]
    total: int
    next: str | None


@router.get(
    "/v1/curation",
    dependencies=[needs("admin")],
    summary="What people decided",
    responses=failures(400, 401, 403, 422, 503),
    openapi_extra=_EXTRA,
)
async def listed(
    request: Request,
    about: Annotated[About | None, Query(description="Only these.")] = None,
    product: Annotated[Id | None, Query(description="Only what has to do with this product, on either side.")] = None,
    verdict: Annotated[Verdict | None, Query(description="Only what is banned, or pinned.")] = None,
    approved: Annotated[bool | None, Query(description="Only what is approved, or is not.")] = None,
    worded: Annotated[bool | None, Query(description="Only what has a text of its own, or has none.")] = None,
    cursor: Annotated[str | None, Query(max_length=LONGEST, description="`next` of the page before.")] = None,
    n: Annotated[int, Query(ge=1, le=500)] = 100,
) -> JudgementsOut:
    """Page by page, by what they are about and their products. Needs a key with the scope admin."""
    after = 0 if cursor is None else int(places_of(cursor, (int,))[0])
    wanted = desk.Sought(about, product, verdict, approved=approved, worded=worded)
    rows = await asyncio.to_thread(desk.sought, serving_of(request).shop, wanted)
    page = rows[after : after + n] if after >= 0 else []
    following = cursor_of(after + n) if after + n < len(rows) else None
    return JudgementsOut(curation=[_out(each) for each in page], total=len(rows), next=following)


@router.put(
    "/v1/curation",
    dependencies=[needs("admin")],
    summary="Ban, pin, approve or word one",
    responses=failures(400, 401, 403, 409, 413, 422, 503),
    openapi_extra=_EXTRA,
)
async def put(request: Request, body: WishIn) -> ChangeOut:
    """In force in running servers within a second. The answer, sent to `/v1/curation/undo`, undoes it."""
    about = desk.subject(body.about, body.product_id or "", body.other_ids)
    wish = desk.Wish(body.verdict, body.approved, body.texts.model_dump(exclude_none=True))
    serving, who = serving_of(request), body.who or f"key {holder_of(request)}"
    before, after = await _done(serving, lambda: desk.judge(serving.shop, about, wish, who, serving.clock()))
    return ChangeOut(before=_out(before), now=_out(after))


@router.delete(
    "/v1/curation",
    summary="Take everything back that was decided about one",
    responses=failures(400, 401, 403, 404, 409, 422, 503),
    openapi_extra=_EXTRA,
)
async def remove(
    request: Request,
    about: Annotated[About, Query()],
    other_ids: Annotated[list[Id], Query(min_length=1, max_length=_MOST, description="Repeat it for a set.")],
    product_id: Annotated[Id | None, Query(description="Of a filler left out.")] = None,
) -> ChangeOut:
    """The answer, sent to `/v1/curation/undo`, makes it stand again."""
    require(request, "admin")
    found = desk.subject(about, product_id or "", other_ids)
    serving = serving_of(request)
    before = await _done(serving, lambda: desk.take_away(serving.shop, found))
    return ChangeOut(before=_out(before), now=_out(desk.Judgement(found)))


@router.post(
    "/v1/curation/undo",
    dependencies=[needs("admin")],
    summary="Set a judgement as it was",
    responses=failures(400, 401, 403, 409, 413, 422, 503),
    openapi_extra=_EXTRA,
)
async def undo(request: Request, body: ChangeIn) -> ChangeOut:
    """The way back from a change: who approved it, and when, are as they were. Refused where it was changed since.

    The answer is a change too: sent in again, it undoes the undoing.
    """
    serving = serving_of(request)
    wanted, over = (_in(each, serving.clock()) for each in (body.before, body.now))
    await _done(serving, lambda: desk.restore(serving.shop, wanted, over=over))
    before, now = (_out(desk.Judgement(each.mark) if each.empty else each) for each in (over, wanted))
    return ChangeOut(before=before, now=now)


async def _done(serving: Serving, work: Callable[[], _Found]) -> _Found:
    """Done, and published for running servers."""
    found = await asyncio.to_thread(work)
    await asyncio.to_thread(serving.publish)
    return found


def _in(body: JudgementIn, now: datetime) -> desk.Judgement:
    about = desk.subject(body.about, body.product_id or "", body.other_ids)
    texts = {language: " ".join(text.split()) for language, text in body.texts.model_dump(exclude_none=True).items()}
    mark = replace(about, verdict=body.verdict, texts={language: text for language, text in texts.items() if text})
    approved_at = None if body.approved_at is None else _past("approved_at", body.approved_at, now)
    changed_at = now if body.changed_at is None else _past("changed_at", body.changed_at, now)
    return desk.Judgement(mark, approved_at, body.approved_by, changed_at, body.changed_by or "")


def _past(key: str, moment: datetime, now: datetime) -> datetime:
    must_have_happened(key, zoned(moment, key), now)
    if to_micros(moment) < 0:
        raise BadValue("lies before anything was decided", key=key, value=moment.isoformat())
    return moment.astimezone(UTC)


def _out(judgement: desk.Judgement) -> JudgementOut:
    """Nothing is null here, not an empty text: what comes out may be sent in again."""
    row = desk.told(judgement)
    return JudgementOut(**row | {name: row[name] or None for name in ("product_id", "changed_by")})
