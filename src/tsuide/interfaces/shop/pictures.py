"""The made-up shop's pictures, drawn on request: a product by its kind and colour, a look by what it holds."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tsuide.app.named_shop.assortment import read_assortment
from tsuide.app.named_shop.drawings import draw, draw_scene

_HEADERS: Final = {"Cache-Control": "public, max-age=86400", "Content-Security-Policy": "default-src 'none'"}


async def picture(request: Request) -> Response:
    """A drawing in a colour."""
    return _answer(draw(request.path_params["drawing"], request.path_params["colour"]))


async def look(request: Request) -> Response:
    """What a look holds, in one picture."""
    items = {item.id: item for item in read_assortment().items}
    found = next((each for each in read_assortment().looks if request.path_params["one"] in each), ())
    return _answer(draw_scene(tuple((items[each].drawing, items[each].colour) for each in found)))


def _answer(svg: str | None) -> Response:
    if svg is None:
        raise HTTPException(404)
    return Response(svg, media_type="image/svg+xml", headers=_HEADERS)


PICTURES: Final = (
    Route("/pictures/looks/{one}.svg", look),
    Route("/pictures/{drawing}-{colour}.svg", picture),
)
"""To be served at the root: products name their pictures by these addresses."""
