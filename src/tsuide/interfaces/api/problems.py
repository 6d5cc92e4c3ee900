"""Every answer that is not a success, as a problem document (RFC 9457)."""

import errno
import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from tsuide.errors import (
    BadInput,
    Conflict,
    NotFound,
    NotReady,
    Refused,
    ReplayRefused,
    TooFewData,
    TsuideError,
    Unavailable,
    UnknownDecision,
    WrongKey,
)

MEDIA_TYPE: Final = "application/problem+json"
_RETRY_AFTER_S: Final = "5"
_SHOWN_ERRORS: Final = 20
_COME_AGAIN: Final = frozenset({HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.INSUFFICIENT_STORAGE})
_DISK: Final = "disk"  # what is unavailable is room on it
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


class WrongField(BaseModel):
    """One place in the request that is wrong."""

    where: str = Field(description="Path to the value, such as `body.cart.0.quantity`.")
    what: str


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = Field(description="Stable name of the kind of problem, as a URN.")
    title: str
    status: int
    detail: str
    code: str = Field(description="The kind of problem in kebab case; for machines.")
    request_id: str = Field(description="Quote it when you ask for help; the server's log has it too.")
    key: str | None = Field(None, description="The field, option or id at fault.")
    way_out: str | None = Field(None, description="What you can do about it.")
    line: int | None = Field(None, description="Of a policy's or a condition's text, from 1.")
    start: int | None = Field(None, description="Of a condition: the first character at fault, from 0.")
    end: int | None = Field(None, description="Of a condition: the one behind the last.")
    errors: list[WrongField] | None = None


_STATUS: Final[Sequence[tuple[type[TsuideError], int]]] = (  # the first that fits
    (WrongKey, 403),
    (Conflict, 409),
    (ReplayRefused, 410),
    (Refused, 403),
    (NotFound, 404),
    (TooFewData, 409),  # asking again in a moment does not help: customers must come first
    (NotReady, 503),
    (Unavailable, 503),
    (BadInput, 400),
)


def status_of(error: TsuideError) -> int:
    """The HTTP status that says the same as our error.

    >>> from tsuide.errors import UnknownProduct
    >>> status_of(UnknownProduct("no such product"))
    404
    """
    if isinstance(error, Unavailable) and error.key == _DISK:
        return 507
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def problem(
    request_id: str,
    status: int,
    code: str,
    title: str,
    *,
    detail: str | None = None,
    headers: Mapping[str, str] | None = None,
    **more: Any,  # noqa: ANN401 - members of the document, plain JSON
) -> Response:
    """One problem document."""
    document = {
        "type": f"urn:tsuide:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail or title,
        "code": code,
        "request_id": request_id,
    } | {name: value for name, value in more.items() if value is not None}
    body = json.dumps(document, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
    return Response(body, status, headers=headers, media_type=MEDIA_TYPE)


def of_error(request_id: str, error: TsuideError, status: int | None = None) -> Response:
    """The problem document of one of our errors."""
    code = status or status_of(error)
    headers = {"Retry-After": _RETRY_AFTER_S} if code in _COME_AGAIN else None
    return problem(
        request_id,
        code,
        "no-room" if error.key == _DISK else error.code,
        error.what[:1].upper() + error.what[1:],
        detail=str(error),
        headers=headers,
        key=error.key,
        way_out=error.way_out,
        line=getattr(error, "line", None),
        start=getattr(error, "start", None),
        end=getattr(error, "end", None),
    )


def of_validation(request_id: str, exc: ValidationError | RequestValidationError, root: str = "") -> Response:
    """The problem document of a request that does not fit its schema; malformed JSON is a 400, the rest 422."""
    found = exc.errors() if isinstance(exc, RequestValidationError) else exc.errors(include_url=False)
    broken = any(error["type"] in {"json_invalid", "json_type"} for error in found)
    places = [
        {"where": ".".join(str(part) for part in (*([root] if root else []), *error["loc"])), "what": error["msg"]}
        for error in found[:_SHOWN_ERRORS]
    ]
    first = places[0]
    return problem(
        request_id,
        400 if broken else 422,
        "malformed-json" if broken else "bad-request",
        "The body is not JSON" if broken else "The request does not fit its schema",
        detail=f"{first['where']}: {first['what']}",
        key=first["where"],
        errors=places,
        way_out="see /docs for the schema",
    )


def request_id_of(request: Request) -> str:
    """The id that the frame gave the request."""
    return str(request.scope.get("tsuide.request_id", "-"))


def problem_of(request_id: str, error: Exception) -> Response | None:
    """The problem document of what a handler raised; None where nobody foresaw it."""
    if isinstance(error, TsuideError):
        return of_error(request_id, error)
    if isinstance(error, OSError) and error.errno in _FULL:
        way_out = "make room: nothing that was answered is lost"
        return of_error(request_id, Unavailable("the disk is full", key=_DISK, way_out=way_out))
    if isinstance(error, RequestValidationError | ValidationError):
        return of_validation(request_id, error)
    if isinstance(error, HTTPException):
        title = HTTPStatus(error.status_code).phrase
        code = title.lower().replace(" ", "-")
        return problem(request_id, error.status_code, code, title, detail=str(error.detail), headers=error.headers)
    return None


def install(app: FastAPI) -> None:
    """Make `app` answer every failure that is foreseen with a problem document; the frame answers the others."""

    async def foreseen(request: Request, exc: Exception) -> Response:
        if isinstance(exc, UnknownDecision) and request.app.state.serving.late.on_their_way:
            exc = Unavailable("the decision waits for the store", key="decision", value=exc.value, way_out="ask again")
        answer = problem_of(request_id_of(request), exc)
        assert answer is not None  # noqa: S101 - it is registered for just what `problem_of` knows
        return answer

    for kind in (TsuideError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, foreseen)
