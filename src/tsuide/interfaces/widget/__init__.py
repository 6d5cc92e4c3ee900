"""The widget, one JavaScript file that puts offers into any page; and the client for pages that draw by themselves."""

import gzip
import hashlib
from functools import cache
from importlib.resources import files
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

router = APIRouter(include_in_schema=False)
_FRESH_S: Final = 300  # how long a browser uses it without asking
_TYPE: Final = "text/javascript; charset=utf-8"


@cache
def _script(name: str) -> tuple[bytes, bytes, str]:
    """The file, the same as gzip, and its ETag."""
    text = files(__package__).joinpath(name).read_bytes()
    return text, gzip.compress(text, 9, mtime=0), f'"{hashlib.blake2b(text, digest_size=12).hexdigest()}"'


@router.get("/widget/tsuide.js")
async def widget(request: Request) -> Response:
    """The widget."""
    return _answer(request, "tsuide.js")


@router.get("/widget/tsuide-client.js")
async def client(request: Request) -> Response:
    """The JavaScript client, the same file as in the package `tsuide-client`: `import { Tsuide } from "…"`."""
    return _answer(request, "tsuide-client.js")


def _answer(request: Request, name: str) -> Response:
    """A script; a browser that has it already gets a 304."""
    plain, packed, etag = _script(name)
    headers = {
        "ETag": etag,
        "Cache-Control": f"public, max-age={_FRESH_S}",
        "Vary": "Accept-Encoding",
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(packed, headers={**headers, "Content-Encoding": "gzip"}, media_type=_TYPE)
    return Response(plain, headers=headers, media_type=_TYPE)
