"""Bodies as other systems send them: gzip, never more than so many bytes, a JSON object."""

import zlib
from collections.abc import Mapping
from typing import Any, Final

import orjson
from starlette.requests import Request

from tsuide.errors import BadValue

_GZIP: Final = 16 + zlib.MAX_WBITS
_MAGIC: Final = b"\x1f\x8b"


async def raw_body(request: Request, most: int) -> bytes:
    """The body, unpacked where it is gzip, of at most `most` bytes.

    Some clients compress without saying so, others say so and do not: the bytes themselves tell.

    Raises:
        BadValue: larger than `most` once it is unpacked (whatever its announced size), or broken gzip.
    """
    body = await request.body()
    if body[:2] == _MAGIC:
        unpacking = zlib.decompressobj(_GZIP)
        try:
            body = unpacking.decompress(body, most + 1)
        except zlib.error as exc:
            raise BadValue("not gzip, although it begins so", key="body") from exc
        if not unpacking.eof and len(body) <= most:
            raise BadValue("the gzip ends before its end", key="body")
    if len(body) > most:
        raise BadValue(f"larger than {most:,} bytes", key="body", way_out="send fewer messages in one request")
    return body


def as_object(body: bytes) -> Mapping[str, Any]:
    """The JSON object that the bytes are.

    Raises:
        BadValue: not JSON, or not an object.
    """
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        raise BadValue("not JSON", key="body", value=body[:80].decode("utf-8", "replace")) from exc
    if not isinstance(found, dict):
        raise BadValue("not a JSON object", key="body", value=body[:80].decode("utf-8", "replace"))
    return found
