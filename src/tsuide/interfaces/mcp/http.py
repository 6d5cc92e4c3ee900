"""The tools over streamable HTTP: a key with the scope agent, no session kept, so that any worker may answer."""

import json
import math
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from http import HTTPStatus
from typing import Final

from mcp.server.transport_security import TransportSecuritySettings
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tsuide.app.serving import Serving
from tsuide.interfaces.mcp.callers import KEY, SCOPES, Ctx
from tsuide.interfaces.mcp.server import LEVELS, build_server, level_of

PATH: Final = "/mcp"
MAX_BODY: Final = 1_000_000  # bytes
_WAY_OUT: Final = "send X-Api-Key or Authorization: Bearer; `tsuide keys create NAME --scope agent` makes a key"


class Endpoint:
    """The route ``/mcp``; it answers once `running` has been entered."""

    def __init__(self) -> None:
        self._apps: dict[str, ASGIApp] = {}
        self._serving: Serving | None = None

    @asynccontextmanager
    async def running(self, serving: Serving) -> AsyncIterator[None]:
        """Answer from this shop while the context is open."""
        servers = {level: build_server(serving, _scopes_of, level) for level in LEVELS}
        self._apps = {
            level: server.streamable_http_app(
                streamable_http_path=PATH,
                json_response=True,
                stateless_http=True,
                max_request_body_size=MAX_BODY,
                # every request needs a key, so a name that leads here by rebinding opens nothing
                transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
            )
            for level, server in servers.items()
        }
        self._serving = serving
        async with AsyncExitStack() as running:
            for server in servers.values():
                await running.enter_async_context(server.session_manager.run())
            yield
        self._apps, self._serving = {}, None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, if its key has the scope."""
        if self._serving is None:
            await _refuse(send, 503, "not-ready", "the server is starting or ending")
            return
        holder = self._serving.keyring.holder(_key(scope))
        if holder is None:
            await _refuse(send, 401, "unauthorized", f"the key is missing or not known: {_WAY_OUT}")
        elif "agent" not in holder.scopes:
            await _refuse(send, 403, "wrong-key", f"this key has not the scope agent: {_WAY_OUT}")
        elif wait := self._serving.keyring.wait(holder):
            what = f"this key may ask {holder.rate} times (a second / at once)"
            await _refuse(send, 429, "too-many-requests", what, (b"retry-after", str(max(math.ceil(wait), 1)).encode()))
        else:
            await self._apps[level_of(holder.scopes)]({**scope, SCOPES: holder.scopes, KEY: holder.id}, receive, send)

    def route(self) -> Route:
        """Itself as a route."""
        return Route(PATH, endpoint=self, include_in_schema=False)


def _scopes_of(ctx: Ctx) -> frozenset[str]:
    request = ctx.request_context.request
    return frozenset(request.scope.get(SCOPES, ())) if request is not None else frozenset()


def _key(scope: Scope) -> str:
    headers = dict(scope["headers"])
    given = headers.get(b"x-api-key")
    if given is not None:
        return str(given.decode("latin-1"))
    scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def _refuse(send: Send, status: int, code: str, what: str, *more: tuple[bytes, bytes]) -> None:
    """A problem document (RFC 9457)."""
    document = {"type": f"urn:tsuide:problem:{code}", "title": what, "status": status, "detail": what, "code": code}
    headers = [(b"content-type", b"application/problem+json"), *more]
    if status == HTTPStatus.UNAUTHORIZED:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(document).encode()})
