"""The server's own doors, opened inside this process: every call passes the whole application, no socket is needed."""

import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tsuide.errors import Unavailable

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(slots=True)
class _Heard:
    status: int = 0
    body: bytearray = field(default_factory=bytearray)


class Doors:
    """HTTP calls to an ASGI application.

    Args:
        application: as a server would run it; its lifespan must have begun.
        key: sent as X-Api-Key.
    """

    def __init__(self, application: Application, key: str) -> None:
        self._application = application
        self._headers = [
            (b"host", b"localhost"),
            (b"content-type", b"application/json"),
            (b"x-api-key", key.encode()),
        ]

    async def post(self, path: str, body: Mapping[str, Any] | list[Any]) -> Any:  # noqa: ANN401 - JSON
        """The answer to a POST.

        Raises:
            Unavailable: the answer is not a good one; its text is told.
        """
        sent = json.dumps(body, ensure_ascii=False).encode()
        heard, given = _Heard(), False

        async def receive() -> MutableMapping[str, Any]:
            nonlocal given
            if given:
                return {"type": "http.disconnect"}
            given = True
            return {"type": "http.request", "body": sent, "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                heard.status = message["status"]
            else:
                heard.body += message.get("body", b"")

        await self._application(self._scope(path, len(sent)), receive, send)
        if heard.status >= 300:  # noqa: PLR2004 - not a good answer
            raise Unavailable(
                f"the server answered {heard.status}", key=path, value=heard.body[:300].decode("utf-8", "replace")
            )
        return json.loads(bytes(heard.body))

    def _scope(self, path: str, length: int) -> Scope:
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [*self._headers, (b"content-length", str(length).encode())],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
