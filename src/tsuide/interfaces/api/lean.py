"""The few calls that every page view makes, answered before routing: a table look-up instead of a walk over routes."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from tsuide.interfaces.api.problems import problem_of, request_id_of

Handler = Callable[[Request], Awaitable[Response]]
ROUTE: Final = "tsuide.route"


class Lean:
    """ASGI middleware: calls a handler itself where method and path are in the table; everything else goes on.

    The same handlers are routes of the application, too: they stand in its document.
    """

    def __init__(self, app: ASGIApp, handlers: Mapping[tuple[str, str], Handler]) -> None:
        self._app = app
        self._handlers = dict(handlers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        handler = self._handlers.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if handler is None:
            await self._app(scope, receive, send)
            return
        scope[ROUTE] = scope["path"]
        request = Request(scope, receive, send)
        try:
            answer = await handler(request)
        except Exception as error:  # what is no problem of ours is told by the outermost layer
            found = problem_of(request_id_of(request), error)
            if found is None:
                raise
            answer = found
        await answer(scope, receive, send)
