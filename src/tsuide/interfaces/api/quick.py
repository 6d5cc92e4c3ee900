"""The one call that every page view makes, answered without the layers that stand around every other.

What they do (an id, the key and its rate, CORS, a count, a line in the log) is done here just so, in a row: each layer
costs more than what it does. Whatever is unusual about a request (an idempotency key, credentials in another header, a
body of no announced length or of too great a one, a browser that asks not to be followed, tracing) goes the long way.
"""

from collections.abc import Iterable
from time import perf_counter
from typing import Any, Final

from fastapi import FastAPI
from pydantic import ValidationError
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from tsuide.app import tracing
from tsuide.app.serving import Serving
from tsuide.interfaces.api import offers
from tsuide.interfaces.api.crowd import RETRY_AFTER_S, Crowd, lane_of
from tsuide.interfaces.api.frame import MAX_BODY, Frame, id_for, unforeseen
from tsuide.interfaces.api.keys import admitted, may
from tsuide.interfaces.api.lean import ROUTE
from tsuide.interfaces.api.problems import of_validation, problem, problem_of

PATH: Final = "/v1/offers"
EXPOSED: Final = ("X-Request-Id", "ETag", "Retry-After", "Idempotency-Replayed")
"""Headers that a page of another origin may read."""
_JSON: Final = (b"content-type", b"application/json")
_NO_SNIFF: Final = (b"x-content-type-options", b"nosniff")
_VARY: Final = (b"vary", b"Origin")
_OTHER_ORIGIN: Final = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", ", ".join(EXPOSED).encode()),
)
_SHED: Final = {"Retry-After": RETRY_AFTER_S} | {name.decode(): value.decode() for name, value in _OTHER_ORIGIN}
_LONG_WAY: Final = frozenset({b"idempotency-key", b"authorization", b"transfer-encoding", b"sec-gpc", b"dnt"})


class Api(FastAPI):
    """The application, with the short way in front of all of it.

    Args:
        frame: tells counters and log of a request; the same as stands around every other.
        crowd: how many requests are at work.
    """

    frame: Frame
    crowd: Crowd

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, where there is a place for it."""
        lane = lane_of(scope)
        if lane is None:
            await self._serve(scope, receive, send)
        elif not self.crowd.enter(lane):
            await _full()(scope, receive, send)
        else:
            try:
                await self._serve(scope, receive, send)
            finally:
                self.crowd.leave(lane)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") != PATH or scope["type"] != "http" or scope["method"] != "POST" or tracing.on():
            await super().__call__(scope, receive, send)
            return
        begin = perf_counter()
        caller = _caller(scope["headers"])
        if caller is None:
            await super().__call__(scope, receive, send)
            return
        key, token, given, origin = caller
        request_id = scope["tsuide.request_id"] = id_for(given)
        scope[ROUTE] = PATH
        headers = [(b"x-request-id", request_id.encode()), _NO_SNIFF, _VARY]
        if origin:
            headers += _OTHER_ORIGIN
        status = 0

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *headers]
            await send(message)

        try:
            answer = await self._answer(scope, receive, key, token, request_id)
            if isinstance(answer, bytes):
                status = 200
                own = [(b"content-length", b"%d" % len(answer)), _JSON, *headers]
                await send({"type": "http.response.start", "status": 200, "headers": own})
                await send({"type": "http.response.body", "body": answer})
            else:
                await answer(scope, receive, told)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a problem document
            await unforeseen(scope, receive, told, error, answered=bool(status))
        self.frame.tell(scope, status, perf_counter() - begin)

    async def _answer(
        self, scope: Scope, receive: Receive, key: bytes, token: bytes | None, request_id: str
    ) -> bytes | Response:
        """The offers, or what is wrong."""
        serving: Serving = self.state.serving
        try:
            scopes = admitted(scope, serving, key.decode("latin-1"), "Bearer").scopes
            may(scopes, "storefront")
            body = await _whole(receive)
            try:
                asked, slot = offers.read(serving, scopes, body)
            except ValidationError as exc:
                return of_validation(request_id, exc, "body")
            said = None if token is None else token.decode("latin-1")
            return await offers.answer(serving, scopes, said, asked, slot)
        except Exception as error:
            found = problem_of(request_id, error)
            if found is None:
                raise
            return found


def _full() -> Response:
    """The answer to who finds no place; nothing was read, nothing was done."""
    request_id = id_for(b"")
    return problem(
        request_id, 503, "overloaded", "The server has more to do than it can",
        headers={"X-Request-Id": request_id, **_SHED},
        way_out="ask again after the seconds of Retry-After; nothing was done",
    )  # fmt: skip


def _caller(headers: Iterable[tuple[bytes, bytes]]) -> tuple[bytes, bytes | None, bytes, bool] | None:
    """Key, customer's token, request id, whether a page of another origin asks; None for the long way."""
    key: bytes | None = None
    token: bytes | None = None
    given, length, origin = b"", -1, False
    for name, value in headers:
        if name == b"x-api-key":
            key = value if key is None else key
        elif name == b"x-customer-token":
            token = value if token is None else token
        elif name == b"content-length":
            length = int(value[:18]) if value.isdigit() else -1
        elif name == b"x-request-id":
            given = value
        elif name == b"origin":
            origin = True
        elif name in _LONG_WAY:
            return None
    return (key or b"", token, given, origin) if 0 <= length <= MAX_BODY else None


async def _whole(receive: Receive) -> bytes:
    """The body; its announced length is within the limit, and the server lets no more in."""
    message: Any = await receive()
    body: bytes = message.get("body", b"")
    while message["type"] == "http.request" and message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return body
