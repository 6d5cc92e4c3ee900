"""Files for other systems: related products for feeds and for carts without an API."""

import asyncio
import hashlib
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from tsuide.app.exporting import MEDIA_TYPES, Format, export_related
from tsuide.app.related import MOST
from tsuide.app.serving import clock
from tsuide.interfaces.api.keys import SECURITY, require, serving_of
from tsuide.interfaces.api.responses import failures

router = APIRouter(tags=["exports"])


def admin(request: Request) -> None:
    """A key with the scope admin is needed: the file tells what sells with what."""
    require(request, "admin")


@router.get(
    "/v1/exports/related",
    summary="Related products as a file",
    response_class=Response,
    responses={
        200: {
            "description": "The file. Its ETag stays the same while nothing was learned, sold out or set anew.",
            "content": {each: {"schema": {"type": "string"}} for each in sorted(set(MEDIA_TYPES.values()))},
        },
        304: {"description": "Unchanged since the ETag that was sent."},
        **failures(401, 403, 422, 503),
    },
    dependencies=[Depends(admin)],
    openapi_extra={"security": SECURITY},
)
async def related(
    request: Request,
    form: Annotated[Format, Query(alias="format", description="Who reads it.")] = "csv",
    most: Annotated[int, Query(ge=1, le=MOST, description="Related products of one product.")] = MOST,
) -> Response:
    """Pairs that every rule of the policy allows: in stock, on sale, never those that may not stand together."""
    decider = serving_of(request).decider
    loaded, policy = decider.loaded, decider.policy
    made_of = f"{form} {most} {loaded.snapshot.id} {loaded.sequence} {policy.version} {loaded.state.withdrawn}"
    headers = {"ETag": f'"{hashlib.blake2b(made_of.encode(), digest_size=12).hexdigest()}"', "Cache-Control": "private"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    text, _ = await asyncio.to_thread(export_related, decider, form, clock(), most=most)
    ending = "tsv" if form == "google" else "csv"
    headers["Content-Disposition"] = f'attachment; filename="related-{form}.{ending}"'
    return Response(text, headers=headers, media_type=MEDIA_TYPES[form])
