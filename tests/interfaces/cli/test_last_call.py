"""A server that is told to end answers who is on the way, and keeps nobody who is not."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvicorn

from tsuide.interfaces.cli.last_call import LastCall

ASK = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def hello(scope: Any, _receive: Any, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"hi"})


async def until(done: Callable[[], bool]) -> None:
    while not done():  # noqa: ASYNC110 - uvicorn tells by attributes
        await asyncio.sleep(0.01)


async def ended(before: bytes) -> tuple[bytes, bytes]:
    """Who sends `before`, and asks once more when the server was told to end: what came before that, and what after."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(hello, http=LastCall, lifespan="off", log_level="error", timeout_graceful_shutdown=10)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve([listener]))
    await until(lambda: server.started)
    reader, writer = await asyncio.open_connection(*listener.getsockname())
    first = b""
    if before:
        writer.write(before)
        first = await reader.readuntil(b"hi")
    await until(lambda: bool(server.server_state.connections))
    server.should_exit = True
    await until(lambda: not (server.servers and server.servers[0].is_serving()))
    writer.write(ASK)
    after = await reader.read()
    writer.close()
    await serving
    return first, after


@pytest.mark.parametrize("before", [b"", ASK], ids=["accepted", "kept"])
def test_a_request_that_was_on_its_way_is_answered_and_is_the_last(before: bytes) -> None:
    first, after = asyncio.run(ended(before))
    assert (b"connection: close" in first.lower(), first.endswith(b"hi")) == (False, bool(before))
    assert after.startswith(b"HTTP/1.1 200")
    assert b"connection: close" in after.lower()


def test_who_sends_nothing_holds_nobody_up() -> None:
    async def silent() -> bytes:
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(hello, http=LastCall, lifespan="off", log_level="error"))
        serving = asyncio.create_task(server._serve([listener]))
        await until(lambda: server.started)
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        server.should_exit = True
        found = await asyncio.wait_for(reader.read(), 30)
        writer.close()
        await serving
        return found

    assert asyncio.run(silent()) == b""
