"""What a key changes in how the shop sells stands in the same audit log as what people change in the console.

Facts (orders, events, customers, interactions) are no such changes: they are what happened, and have their own history.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from starlette.requests import Request

from tsuide.app.changes import note_change
from tsuide.interfaces.api.keys import holder_of, serving_of

_LOOKS_ONLY: Final = frozenset(
    {"what-if", "preview", "overlap", "dry-run", "test", "messages", "returns", "answers", "links"}
)
"""Last words of paths whose POST changes nothing of how the shop sells."""


async def audited(request: Request) -> AsyncIterator[None]:
    """A dependency of routes: once they did what was asked, an entry says which key asked for what."""
    yield  # what goes wrong in the route is raised here, and nothing is noted
    if request.method in {"GET", "HEAD"} or request.url.path.rpartition("/")[2] in _LOOKS_ONLY:
        return
    serving = serving_of(request)
    what = f"{request.method} {request.url.path}"
    await asyncio.to_thread(note_change, serving.shop, "api.change", what, f"key {holder_of(request)}", serving.clock())
