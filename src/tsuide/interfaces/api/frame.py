"""What stands around every request: an id, a limit to the body, headers, a count, a line in the log."""

import re
import secrets
import traceback
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tsuide.app import metrics, tracing
from tsuide.interfaces.api.problems import problem, problem_of

MAX_BODY: Final = 1_000_000  # bytes
IDEMPOTENCY_KEY: Final = "tsuide.idempotency_key"
_GIVEN_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_SLOW_S: Final = 1.0
_FAILED: Final = 500
_LONGEST: Final = 45  # characters of a part of a path that is no token
_KEPT: Final = 8
_log = structlog.get_logger("tsuide.requests")


@dataclass(frozen=True, slots=True)
class Files:
    """Where files are sent in.

    Args:
        paths: what the whole path must be like.
        most: bytes of a body there.
    """

    paths: re.Pattern[str]
    most: int


class _TooLarge(Exception):
    """More body came than `MAX_BODY`."""


class Frame:
    """ASGI middleware; plain, because it runs for every request.

    - ``X-Request-Id`` of the caller is kept when it is short and plain, else one is drawn; it comes back, and stands in
      the log.
    - A body larger than `max_body` is a 413 before anybody reads it; where files are sent in, one larger than that.
    - What nobody foresaw is a 500 with a problem document, and its traceback in the log.
    - Content types are not guessed (``nosniff``).
    - Every request is counted by route and status; a line is logged for each, for those that went wrong, or for none.

    Args:
        app: what it stands around.
        max_body: bytes.
        files: paths to which files are sent, and how large such a body may be.
        log: off, failures (status 500 and above, or slower than a second), or all.
        shops: other shops of the server: their names begin their paths.
    """

    def __init__(
        self,
        app: ASGIApp,
        max_body: int = MAX_BODY,
        log: str = "failures",
        files: Files | None = None,
        shops: frozenset[str] = frozenset(),
    ) -> None:
        self._app = app
        self._max_body = max_body
        self._files = files
        self._log = log
        self._shops = shops

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or "tsuide.request_id" in scope:  # a shop mounted in another's application
            await self._app(scope, receive, send)
            return
        begin = perf_counter()
        given, length = _headers(scope)
        request_id = scope["tsuide.request_id"] = id_for(given)
        extra = [(b"x-request-id", request_id.encode()), (b"x-content-type-options", b"nosniff")]
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        with tracing.request_span(scope["method"], scope["headers"]) as span:
            try:
                most = self._most(scope["path"])
                if length > most:
                    raise _TooLarge  # noqa: TRY301 - one place answers it
                await self._app(scope, _limited(receive, most), send_with_headers)
            except _TooLarge:
                if not status:
                    await self._refuse(scope, receive, send_with_headers)
            except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a problem document
                await unforeseen(scope, receive, send_with_headers, error, answered=bool(status))
            self.tell(scope, status, perf_counter() - begin, span)

    def tell(self, scope: Scope, status: int, seconds: float, span: Any = None) -> None:  # noqa: ANN401 - a span
        """Count the request, and log it where that is wanted."""
        route = _route_of(scope)
        if span is not None:
            span.update_name(f"{scope['method']} {route}")
            span.set_attributes(
                {
                    "http.route": route,
                    "http.response.status_code": status,
                    "tsuide.request_id": scope["tsuide.request_id"],
                }
            )
        metrics.answered(self._shop_of(scope), scope["method"], route, status, seconds)
        if self._log == "all" or (self._log == "failures" and (status >= _FAILED or seconds >= _SLOW_S)):
            _log.info(
                "request",
                request_id=scope["tsuide.request_id"],
                method=scope["method"],
                path=shown_path(scope["path"]),
                route=route,
                status=status,
                ms=round(seconds * 1000, 2),
                key=_key_of(scope),
            )

    def _shop_of(self, scope: Scope) -> str:
        name = scope["path"].split("/", 2)[1] if self._shops and "/" in scope["path"] else ""
        return name if name in self._shops else ""

    def _most(self, path: str) -> int:
        return self._files.most if self._files is not None and self._files.paths.fullmatch(path) else self._max_body

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = problem(
            scope["tsuide.request_id"],
            413,
            "content-too-large",
            "The body is too large",
            way_out=f"send at most {self._most(scope['path']):,} bytes in one request",
            headers={"Connection": "close"},
        )
        await answer(scope, receive, send)


async def unforeseen(scope: Scope, receive: Receive, send: Send, error: Exception, *, answered: bool) -> None:
    """Log what nobody foresaw (a full disk is met anywhere), and answer with a problem where nothing was `answered`."""
    if not answered:
        request_id = scope["tsuide.request_id"]
        told = problem_of(request_id, error) or problem(
            request_id,
            500,
            "internal-error",
            "Something went wrong on our side",
            way_out="the server's log names the request id; nothing that was answered before is lost",
        )
        await told(scope, receive, send)
    _log.error("unforeseen", request_id=scope["tsuide.request_id"], path=shown_path(scope["path"]),
               error=repr(error), traceback=traceback.format_exc())  # fmt: skip


def id_for(given: bytes) -> str:
    """The caller's id of a request where it is short and plain, else a new one.

    >>> id_for(b"page-7"), len(id_for(b"two words"))
    ('page-7', 16)
    """
    return given.decode() if _GIVEN_ID.fullmatch(given) else secrets.token_hex(8)


def shown_path(path: str) -> str:
    """A path as logs may show it: a token in it is cut, since whoever has it may say yes in the customer's place.

    >>> shown_path("/v1/deals/deal_1j791320g000000000000007")
    '/v1/deals/deal_1j791320g000000000000007'
    >>> shown_path("/m/quote/eyJhY2NlcHRhbmNlX2lkIjoiYWNjX3F1b18xIn0.d96nApVjtUwO4xqPCPrcxwLc0Fqpjas")
    '/m/quote/eyJhY2Nl…'
    """
    parts = path.split("/")
    return "/".join(f"{part[:_KEPT]}…" if len(part) > _LONGEST else part for part in parts)


def _route_of(scope: Scope) -> str:
    """The route's path as it was declared: ids do not make series of their own."""
    known = scope.get("tsuide.route") or getattr(scope.get("route"), "path", None)
    if known is None:
        return "mounted" if scope.get("root_path") else "unmatched"
    return str(known)


def _key_of(scope: Scope) -> str | None:
    return getattr(scope.get("tsuide.holder"), "id", None)


def _headers(scope: Scope) -> tuple[bytes, int]:
    """The caller's request id and the announced length of the body (0 where there is none).

    An idempotency key is put into the scope on the way.
    """
    given, length = b"", 0
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            given = value
        elif name == b"content-length" and value.isdigit():
            length = int(value[:18])
        elif name == b"idempotency-key":
            scope[IDEMPOTENCY_KEY] = value.decode("latin-1")
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
