"""``Idempotency-Key`` on a POST below /v1: whoever lost the answer sends the same again, and nothing is done twice."""

import asyncio
import re
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tsuide.app.repeating import ErasedAnswerError, OtherRequestError, claim, drop, fingerprint, keep
from tsuide.app.serving import Serving, clock
from tsuide.errors import Conflict, TsuideError
from tsuide.interfaces.api.frame import IDEMPOTENCY_KEY
from tsuide.interfaces.api.keys import admit_caller, serving_of
from tsuide.interfaces.api.problems import of_error, problem, problem_of, request_id_of

KEY_PATTERN: Final = r"[\x21-\x7e]{1,200}"
_KEY: Final = re.compile(KEY_PATTERN)
_NOT_KEPT: Final = frozenset({401, 403, 408, 413, 429})  # about the caller or the moment, not about the request


class Idempotent:
    """ASGI middleware; a request without the header costs one look-up in its scope."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        key = scope.get(IDEMPOTENCY_KEY)
        if key is None or scope["method"] != "POST" or not scope["path"].startswith("/v1/"):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            whose = admit_caller(request)
        except HTTPException as error:
            answer = problem_of(request_id_of(request), error)
            assert answer is not None  # noqa: S101 - an HTTPException always is one
            await answer(scope, receive, send)
            return
        if whose is None:  # a key in the body or none at all: the handler tells
            await self._app(scope, receive, send)
            return
        await self._once(request, whose, key, send)

    async def _once(self, request: Request, whose: str, key: str, send: Send) -> None:
        scope, serving = request.scope, serving_of(request)
        body = await request.body()
        if _KEY.fullmatch(key) is None:
            answer = problem(
                request_id_of(request), 400, "bad-idempotency-key", "Not an idempotency key",
                key="Idempotency-Key", way_out="1 … 200 visible ASCII characters; a UUID is best",
            )  # fmt: skip
            await answer(scope, _replayed(body), send)
            return
        asked = fingerprint(scope["method"], scope["path"], scope["query_string"], body)
        try:
            known = await asyncio.to_thread(claim, serving.shop, whose, key, asked, clock())
        except OtherRequestError:
            answer = problem(
                request_id_of(request), 422, "idempotency-key-reused", "This key stands for another request",
                key="Idempotency-Key", way_out="draw a new key for each request; the same only to send the same again",
            )  # fmt: skip
        except ErasedAnswerError:
            answer = problem(
                request_id_of(request), 410, "erased", "What this request was answered was erased with its customer",
                key="Idempotency-Key", way_out="draw a new key if the customer is to be written anew",
            )  # fmt: skip
        except Conflict as error:
            answer = of_error(request_id_of(request), error)
            answer.headers["Retry-After"] = "1"
        except TsuideError as error:
            answer = of_error(request_id_of(request), error)
        else:
            if known is None:
                await self._work(scope, body, send, serving, whose, key)
                return
            answer = Response(known.body, known.status or 200, media_type=known.media_type)
            answer.headers["Idempotency-Replayed"] = "true"
        await answer(scope, _replayed(body), send)

    async def _work(self, scope: Scope, body: bytes, send: Send, serving: Serving, whose: str, key: str) -> None:
        """Let the request be answered, and keep the answer before it leaves."""
        start: Message = {}
        parts: list[bytes] = []

        async def held(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            parts.append(message.get("body", b""))
            if message.get("more_body"):
                return
            whole = b"".join(parts)
            status = start["status"]
            if status < 500 and status not in _NOT_KEPT:  # noqa: PLR2004 - what went wrong on our side may be tried again
                media = next((value for name, value in start["headers"] if name == b"content-type"), b"text/plain")
                await asyncio.to_thread(keep, serving.shop, whose, key, status, media.decode(), whole.decode())
            else:
                await asyncio.to_thread(drop, serving.shop, whose, key)
            await send(start)
            await send({"type": "http.response.body", "body": whole})

        try:
            await self._app(scope, _replayed(body), held)
        except BaseException:
            await asyncio.to_thread(drop, serving.shop, whose, key)
            raise


def _replayed(body: bytes) -> Receive:
    """The body again, for whoever reads it next."""
    sent = False

    async def receive() -> Message:
        nonlocal sent
        if sent:
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
