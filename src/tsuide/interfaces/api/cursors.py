"""Cursors and ETags: where the next page begins, and whether what the caller has is still so."""

import base64
import binascii
import hashlib
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from tsuide.errors import BadValue

LONGEST: Final = 600
_NOT_MODIFIED: Final = 304


def cursor_of(*values: str | int) -> str:
    """A place in a list, as an opaque text.

    >>> places_of(cursor_of(3, "tea"), (int, str))
    [3, 'tea']
    """
    return base64.urlsafe_b64encode(orjson.dumps(list(values))).rstrip(b"=").decode()


def places_of(cursor: str, kinds: tuple[type, ...]) -> list[str | int]:
    """The place that a cursor names.

    Raises:
        BadValue: not a cursor of this list.
    """
    try:
        found = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, UnicodeEncodeError):
        found = None
    if not isinstance(found, list) or [type(each) for each in found] != list(kinds):
        raise BadValue("not a cursor of this list", key="cursor", value=cursor[:40], way_out="send `next` as it came")
    return found


def answered(request: Request, value: object) -> Response:
    """JSON with an ETag made of its bytes; a 304 where the caller has just these."""
    body = orjson.dumps(value)
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    given = request.headers.get("if-none-match", "")
    if tag in {each.strip().removeprefix("W/") for each in given.split(",")}:
        return Response(status_code=_NOT_MODIFIED, headers=headers)
    return Response(body, media_type="application/json", headers=headers)
