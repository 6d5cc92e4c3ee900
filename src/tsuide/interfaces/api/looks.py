"""A merchandiser's outfits and rooms."""

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field
from starlette.requests import Request

from tsuide.app import looks as shelf
from tsuide.app.serving import clock
from tsuide.facts.looks import MOST_PIECES, Look
from tsuide.interfaces.api.keys import SECURITY, require, serving_of
from tsuide.interfaces.api.promotions import NamesIn
from tsuide.interfaces.api.responses import failures
from tsuide.interfaces.api.schemas import Id, _In

router = APIRouter(tags=["looks"])
_EXTRA: Final = {"security": SECURITY}
LookId = Annotated[Id, Path(description="The shop's name for the look.")]


class LookIn(_In):
    """A look as a merchandiser sets it."""

    names: NamesIn
    items: list[Id] = Field(
        min_length=2,
        max_length=MOST_PIECES,
        description="Its pieces: product ids, each once.",
        json_schema_extra={"uniqueItems": True},
    )
    image: str | None = Field(
        None,
        max_length=2000,
        pattern="^(https?://|/)",
        description="Address of the one picture that shows it whole.",
    )


class LookOut(BaseModel):
    """A look as it stands."""

    id: str
    names: NamesIn
    items: list[str]
    image: str | None


class LooksOut(BaseModel):
    """Every look."""

    looks: list[LookOut]


@router.get("/v1/looks", summary="Every look", responses=failures(401, 403, 422, 503), openapi_extra=_EXTRA)
async def every(request: Request) -> LooksOut:
    """By id."""
    require(request, "admin")
    found = await asyncio.to_thread(shelf.looks_of, serving_of(request).shop)
    return LooksOut(looks=[_out(each) for each in found])


@router.put(
    "/v1/looks/{look}",
    summary="Set a look",
    responses=failures(400, 401, 403, 413, 422, 503),
    openapi_extra=_EXTRA,
)
async def put(request: Request, look: LookId, body: LookIn) -> LookOut:
    """New or changed; its pieces are offered beside one another within a second."""
    require(request, "admin")
    serving = serving_of(request)
    made = Look(look, {"ja": body.names.ja, "en": body.names.en}, tuple(body.items), body.image)
    await asyncio.to_thread(shelf.put_look, serving.shop, made, clock())
    await asyncio.to_thread(serving.publish)
    return _out(made)


@router.delete(
    "/v1/looks/{look}",
    summary="Take a look back",
    responses=failures(401, 403, 404, 422, 503),
    openapi_extra=_EXTRA,
)
async def remove(request: Request, look: LookId) -> LookOut:
    """The answer is the look as it was: setting it again undoes this."""
    require(request, "admin")
    serving = serving_of(request)
    gone = await asyncio.to_thread(shelf.remove_look, serving.shop, look, clock())
    await asyncio.to_thread(serving.publish)
    return _out(gone)


def _out(look: Look) -> LookOut:
    names = NamesIn(ja=look.names["ja"], en=look.names["en"])
    return LookOut(id=look.id, names=names, items=list(look.items), image=look.image)
