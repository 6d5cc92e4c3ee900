"""What stands around every request: an id, a limit to the body, and headers that no answer may lack."""

import re
import secrets
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tsuide.interfaces.api.problems import problem

MAX_BODY: Final = 1_000_000  # bytes
_GIVEN_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class _TooLarge(Exception):
    """More body came than `MAX_BODY`."""


class Frame:
    """ASGI middleware; plain, because it runs for every request.

    - ``X-Request-Id`` of the caller is kept when it is short and plain, else one is drawn; it comes back.
    - A body larger than `max_body` is a 413 before anybody reads it.
    - Content types are not guessed (``nosniff``).
    """

    def __init__(self, app: ASGIApp, max_body: int = MAX_BODY) -> None:
        self._app = app
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given, length = _headers(scope)
        request_id = given if _GIVEN_ID.fullmatch(given) else secrets.token_hex(8).encode()
        scope["tsuide.request_id"] = request_id.decode()
        extra = [(b"x-request-id", request_id), (b"x-content-type-options", b"nosniff")]
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        if length > self._max_body:
            await self._refuse(scope, receive, send_with_headers)
            return
        try:
            await self._app(scope, _limited(receive, self._max_body), send_with_headers)
        except _TooLarge:
            if not started:
                await self._refuse(scope, receive, send_with_headers)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = problem(
            scope["tsuide.request_id"],
            413,
            "content-too-large",
            "The body is too large",
            way_out=f"send at most {self._max_body:,} bytes in one request",
            headers={"Connection": "close"},
        )
        await answer(scope, receive, send)


def _headers(scope: Scope) -> tuple[bytes, int]:
    """The caller's request id and the announced length of the body (0 where there is none)."""
    given, length = b"", 0
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            given = value
        elif name == b"content-length" and value.isdigit():
            length = int(value[:18])
    return given, length


def _limited(receive: Receive, limit: int) -> Receive:
    left = limit

    async def counted() -> Message:
        nonlocal left
        message = await receive()
        if message["type"] == "http.request":
            left -= len(message.get("body", b""))
            if left < 0:
                raise _TooLarge
        return message

    return counted
