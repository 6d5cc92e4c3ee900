"""One server: the API and the demo shop over one running shop.

``uvicorn tsuide.asgi:create --factory`` serves what the TSUIDE_… variables describe; `tsuide serve` does the same.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from fastapi import FastAPI
from starlette.responses import RedirectResponse

from tsuide.app.serving import Serving
from tsuide.config import Settings, load_settings
from tsuide.interfaces import widget
from tsuide.interfaces.api import build_api
from tsuide.interfaces.shop import build_shop

SHOP = "/shop"


def create(settings: Settings | None = None) -> FastAPI:
    """The whole application; the shop is opened when the server starts and closed when it ends.

    Raises:
        BadSetting: a variable of the environment is wrong.
    """
    chosen = settings or load_settings()
    _log_to_stderr()
    shop = build_shop(SHOP) if chosen.demo_shop else None

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        serving = await Serving.start(chosen)
        app.state.serving = serving
        if shop is not None:
            shop.state.serving = serving
            shop.state.report = _report(chosen)
        try:
            yield
        finally:
            await serving.close()

    app = build_api(lifespan=lifespan)
    home = "/docs" if shop is None else f"{SHOP}/"

    async def to_home() -> RedirectResponse:
        return RedirectResponse(home)

    app.add_api_route("/", to_home, include_in_schema=False)
    app.include_router(widget.router)
    if shop is not None:
        app.mount(SHOP, shop)
    return app


def _log_to_stderr() -> None:
    """One JSON object per line: stdout belongs to results."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _report(settings: Settings) -> Path:
    """Where `tsuide demo` writes the report that the shop's pages link to."""
    return settings.home / "report.html"
