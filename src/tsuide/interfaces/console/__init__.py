"""The console: where a merchandiser and a sales manager see, understand, change and undo everything.

Pages are made by the server and work without a script; `static/console.js` only makes them quicker. A page is a module
with its phrases, its template and `ROUTES`; `visit.see` and `visit.change` let those in who may. Nothing is decided
here: pages call the same functions of `app` as the API and the command line.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tsuide.app.serving import Serving
from tsuide.app.users import ROOMS, Doorkeeper
from tsuide.errors import BadInput, NotFound, TsuideError
from tsuide.interfaces.console import (
    connectors,
    consent_asked,
    customer,
    customers,
    data,
    deals,
    door,
    experiments,
    imports,
    journey,
    journey_walks,
    journey_writer,
    journeys,
    keys,
    live,
    log,
    mail_pages,
    moves,
    offers,
    opportunities,
    orders_behind,
    own_settings,
    policy,
    promotions,
    reports,
    segment,
    segment_builder,
    segments,
    settings,
    shop_settings,
    supervision,
    tasks,
    today,
    worklist,
)
from tsuide.interfaces.console.charts import library
from tsuide.interfaces.console.frame import sorry

_STATIC: Final = Path(__file__).parent / "static"
PAGES: Final = {
    "today": today.ROUTES,
    "offers": offers.ROUTES,
    "policy": policy.ROUTES,
    "opportunities": [*opportunities.ROUTES, *orders_behind.ROUTES],
    "promotions": promotions.ROUTES,
    "segments": [*segments.ROUTES, *segment_builder.ROUTES, *segment.ROUTES],
    "customers": [*customers.ROUTES, *customer.ROUTES],
    "worklist": worklist.ROUTES,
    "deals": deals.ROUTES,
    "tasks": tasks.ROUTES,
    "journeys": [*journeys.ROUTES, *journey_writer.ROUTES, *journey.ROUTES, *journey_walks.ROUTES],
    "templates": mail_pages.ROUTES,
    "experiments": experiments.ROUTES,
    "data": [*data.ROUTES, *imports.ROUTES, *live.ROUTES, *connectors.ROUTES],
    "settings": [
        *settings.ROUTES,
        *keys.ROUTES,
        *shop_settings.ROUTES,
        *own_settings.ROUTES,
        *consent_asked.ROUTES,
    ],
    "supervision": supervision.ROUTES,
    "reports": reports.ROUTES,
    "map": moves.ROUTES,
    "audit": log.ROUTES,
}
"""Room → its routes; rooms whose pages are there stand in the menu."""
FILES: Final = (imports.UPLOAD.path, customers.UPLOAD.path)
"""Where files are sent in."""
MOST_FILE: Final = 4 << 30
"""Bytes of a file that is sent in: it is written to the disk piece by piece."""


async def vega(_: Request) -> Response:
    """What draws charts: from our own server, compressed, kept by the browser for a year."""
    script, _name = await asyncio.to_thread(library)
    headers = {"Content-Encoding": "gzip", "Cache-Control": "public, max-age=31536000, immutable"}
    return Response(script, media_type="text/javascript; charset=utf-8", headers=headers)


def build_console(base: str) -> Starlette:
    """The console, to be mounted at `base`; `opened` must run around its life.

    Args:
        base: its own address.
    """
    app = Starlette(
        routes=[
            *door.ROUTES,
            *settings.OWN,
            *(route for routes in PAGES.values() for route in routes),
            Route("/vega.js", vega),
            Mount("/static", StaticFiles(directory=_STATIC)),
        ],
        exception_handlers={404: _nowhere, 405: _nowhere, 400: _unreadable, TsuideError: _failed},
        middleware=[Middleware(GZipMiddleware, minimum_size=1_000, compresslevel=6)],
    )
    app.state.base = base
    app.state.rooms = frozenset(PAGES)
    app.state.problem = sorry
    return app


@asynccontextmanager
async def opened(app: Starlette, serving: Serving) -> AsyncIterator[None]:
    """The console over a running shop, while the block runs."""
    app.state.serving = serving
    app.state.door = Doorkeeper(serving.shop, time.monotonic)
    yield


async def _nowhere(request: Request, _: Exception) -> Response:
    return await asyncio.to_thread(sorry, request, None, NotFound("no such page", key="path", value=request.url.path))


async def _unreadable(request: Request, exc: Exception) -> Response:
    detail = exc.detail if isinstance(exc, HTTPException) else str(exc)
    return await asyncio.to_thread(sorry, request, None, BadInput(detail))


async def _failed(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, TsuideError)  # noqa: S101 - registered for these alone
    return await asyncio.to_thread(sorry, request, None, exc)


assert set(PAGES) <= set(ROOMS)  # noqa: S101 - a page stands in a room
