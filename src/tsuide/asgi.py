"""One server: API, console and demo shop over one running shop, or over several, each with its own store and keys.

``uvicorn tsuide.asgi:create --factory`` serves what the TSUIDE_… variables describe; `tsuide serve` does the same.
"""

import re
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route

from tsuide.app.logs import log_to_stderr
from tsuide.app.orphaned import end_with_parent
from tsuide.app.serving import Serving, clock, entropy
from tsuide.app.shops import shops_of
from tsuide.config import Settings, load_settings
from tsuide.errors import MissingExtra
from tsuide.interfaces import console, widget
from tsuide.interfaces.api import build_api
from tsuide.interfaces.api.frame import Files
from tsuide.interfaces.public import PAGES
from tsuide.interfaces.shop import build_shop
from tsuide.interfaces.shop.pictures import PICTURES
from tsuide.kit.clock import Clock
from tsuide.kit.ids import Entropy

if TYPE_CHECKING:
    from tsuide.interfaces.mcp.http import Endpoint

SHOP = "/shop"
CONSOLE = "/console"
_FILES: Final = Files(re.compile(rf"(/[a-z][a-z0-9-]*)?{CONSOLE}({'|'.join(console.FILES)})"), console.MOST_FILE)
"""Of every shop of the server."""
_TURN_S = 0.001
"""How long one thread may hold the interpreter while another wants it. New orders are folded in beside the requests, by
a thread that needs it for an instant, hundreds of times: with Python's 5 ms each it took seconds, under load."""


def create(settings: Settings | None = None, *, clock: Clock = clock, entropy: Entropy = entropy) -> FastAPI:
    """The whole application; every shop is opened when the server starts and closed when it ends.

    Args:
        settings: of the shop; None = those of the environment.
        clock: of decisions; a simulation has its own.
        entropy: of decisions, too.

    Raises:
        BadSetting: a variable of the environment is wrong.
        MissingExtra: agents are to be served, and ``tsuide[mcp]`` is not installed.
    """
    chosen = settings or load_settings()
    log_to_stderr()
    end_with_parent()
    sys.setswitchinterval(_TURN_S)
    more = shops_of(chosen)
    links = {"": SHOP, **{name: f"/{name}{SHOP}" for name in more}} if more else {}
    others = {name: _Room(each, f"/{name}", links, clock, entropy) for name, each in more.items()}
    return _Room(chosen, "", links, clock, entropy).application(others)


class _Room:
    """One shop of the server: its API, its console, its widget, perhaps its demo shop and its tools for agents.

    Args:
        settings: of this shop.
        at: where it is mounted; "" = at the root.
        links: name → address of every demo shop of the server, where there are several.
        clock, entropy: of decisions.
    """

    def __init__(self, settings: Settings, at: str, links: Mapping[str, str], clock: Clock, entropy: Entropy) -> None:
        self.settings = settings
        self.clock, self.entropy = clock, entropy
        self.shop = build_shop(f"{at}{SHOP}", api=at, links=links) if settings.demo_shop else None
        self.agents = _agents() if settings.agents else None
        self.console = console.build_console(f"{at}{CONSOLE}")
        self.at = at

    def application(self, others: "Mapping[str, _Room] | None" = None) -> FastAPI:
        """The application; at the root with the other shops mounted in it, and the life of all of them."""
        mounted = {name: (room, room.application()) for name, room in (others or {}).items()}

        @asynccontextmanager
        async def lifespan(app: FastAPI) -> AsyncIterator[None]:
            async with AsyncExitStack() as until_the_end:
                await until_the_end.enter_async_context(self.open(app))
                for room, inner in mounted.values():
                    await until_the_end.enter_async_context(room.open(inner))
                yield

        app = build_api(
            self.settings.request_log,
            files=_FILES,
            in_flight=self.settings.in_flight,
            shops=frozenset(others or ()),
            lifespan=lifespan,
        )
        home = f"{self.at}/docs" if self.shop is None else f"{self.at}{SHOP}/"

        async def to_home() -> RedirectResponse:
            return RedirectResponse(home)

        app.add_api_route("/", to_home, include_in_schema=False)
        app.include_router(widget.router)
        app.router.routes.extend(PAGES)
        if self.agents is not None:
            app.router.routes.append(self.agents.route())
        app.mount(CONSOLE, self.console)
        if self.shop is not None:
            app.router.routes.extend(PICTURES)
            app.mount(SHOP, self.shop)
        for name, (_, inner) in mounted.items():
            app.mount(f"/{name}", inner)
        return app

    @asynccontextmanager
    async def open(self, app: FastAPI) -> AsyncIterator[None]:
        """The shop, open while the block runs."""
        serving = await Serving.start(self.settings, clock=self.clock, entropy=self.entropy)
        app.state.serving = serving
        if self.shop is not None:
            self.shop.state.serving = serving
            self.shop.state.report = _report(self.settings)
        async with AsyncExitStack() as until_the_end:
            until_the_end.push_async_callback(serving.close)
            await until_the_end.enter_async_context(console.opened(self.console, serving))
            if self.agents is not None:
                await until_the_end.enter_async_context(self.agents.running(serving))
            yield


def create_agents(settings: Settings | None = None) -> Starlette:
    """The tools for agents alone, without the API: what `tsuide mcp --http` serves.

    Raises:
        BadSetting: a variable of the environment is wrong.
        MissingExtra: ``tsuide[mcp]`` is not installed.
    """
    chosen = settings or load_settings()
    log_to_stderr()
    end_with_parent()
    agents = _agents()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.serving = serving = await Serving.start(chosen)
        try:
            async with agents.running(serving):
                yield
        finally:
            await serving.close()

    async def healthy(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    return Starlette(routes=[agents.route(), Route("/healthz", healthy)], lifespan=lifespan)


def _agents() -> "Endpoint":
    """The endpoint for agents; imported only where it is asked for, since it is an extra."""
    if find_spec("mcp") is None:
        raise MissingExtra("the tools for agents are not installed", key="mcp", way_out="pip install 'tsuide[mcp]'")
    from tsuide.interfaces.mcp.http import Endpoint

    return Endpoint()


def _report(settings: Settings) -> Path:
    """Where `tsuide demo` writes the report that the shop's pages link to."""
    return settings.home / "report.html"
