"""An answer leaves in one piece, and nothing that is written is lost, doubled or put in another order."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st
from uvicorn.server import ServerState

from tsuide.interfaces.cli.whole_answers import Joined, WholeAnswers

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"
Written = list[bytes | str]


class Wire:
    """A transport that keeps what was done to it."""

    def __init__(self) -> None:
        self.seen: Written = []

    def write(self, data: bytes) -> None:
        self.seen.append(data)

    def close(self) -> None:
        self.seen.append("closed")

    def set_protocol(self, _protocol: asyncio.BaseProtocol) -> None:
        self.seen.append("handed on")

    def is_closing(self) -> bool:
        return "closed" in self.seen

    def get_extra_info(self, _name: str) -> None:
        return None


def done(what: Callable[[Joined], None], turns: int = 2) -> Written:
    """What arrived at the wire, so many turns of the loop later."""

    async def do() -> Written:
        wire = Wire()
        what(Joined(wire, asyncio.get_running_loop()))
        for _ in range(turns):
            await asyncio.sleep(0)
        return [*wire.seen]

    return asyncio.run(do())


def test_a_head_and_the_body_after_it_are_one_piece() -> None:
    def answer(transport: Joined) -> None:
        transport.write(HEAD)
        transport.write(b"hi")

    assert done(answer) == [HEAD + b"hi"]


def test_a_head_whose_body_is_late_leaves_alone_at_the_next_turn() -> None:
    assert done(lambda transport: transport.write(HEAD), turns=0) == []
    assert done(lambda transport: transport.write(HEAD)) == [HEAD]


def test_a_head_without_a_body_leaves_before_the_connection_closes() -> None:
    def answer(transport: Joined) -> None:
        transport.write(HEAD)
        transport.close()

    assert done(answer) == [HEAD, "closed"]


def test_a_head_leaves_before_the_connection_is_handed_on() -> None:
    def answer(transport: Joined) -> None:
        transport.write(HEAD)
        transport.set_protocol(asyncio.Protocol())

    assert done(answer) == [HEAD, "handed on"]


def test_whatever_else_a_transport_can_is_asked_of_it() -> None:
    async def ask() -> tuple[bool, bool]:
        transport = Joined(Wire(), asyncio.get_running_loop())
        before = transport.is_closing()
        transport.close()
        return before, transport.is_closing()

    assert asyncio.run(ask()) == (False, True)


@given(parts=st.lists(st.sampled_from([HEAD, b"body", b"", b"HTTP/1.1 100 Continue\r\n\r\n", "turn"]), max_size=12))
@settings(max_examples=50, deadline=None)
def test_what_arrives_is_what_was_written_in_its_order(parts: Written) -> None:
    async def do() -> Written:
        wire = Wire()
        transport = Joined(wire, asyncio.get_running_loop())
        for part in parts:
            if isinstance(part, str):
                await asyncio.sleep(0)
            else:
                transport.write(part)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return wire.seen

    sent = b"".join(each for each in parts if isinstance(each, bytes))
    assert b"".join(each for each in asyncio.run(do()) if isinstance(each, bytes)) == sent


async def hello(scope: Any, receive: Any, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
    """Answers in one piece; at /slow the body comes in two, some time after the head."""
    assert scope["type"] == "http"
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    if scope["path"] == "/slow":
        await asyncio.sleep(0.05)
        await send({"type": "http.response.body", "body": b"h", "more_body": True})
        await send({"type": "http.response.body", "body": b"i"})
    else:
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else b"hi"})


def test_a_request_is_answered_with_one_write() -> None:
    async def ask() -> Written:
        config, wire = uvicorn.Config(hello, http=WholeAnswers, lifespan="off", log_level="error"), Wire()
        config.load()
        connection: Any = WholeAnswers(config, ServerState(), {})
        connection.connection_made(wire)
        connection.data_received(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.gather(*connection.tasks)
        return wire.seen

    (answer,) = asyncio.run(ask())
    assert isinstance(answer, bytes)
    assert (answer.startswith(b"HTTP/1.1 200 OK"), answer.endswith(b"\r\n\r\nhi")) == (True, True)


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_real_server_answers_several_requests_of_one_connection(loop: str) -> None:
    asked = [b"GET /", b"GET /slow", b"HEAD /", b"GET /"]

    async def serve() -> bytes:
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(hello, http=WholeAnswers, lifespan="off", log_level="error"))
        serving = asyncio.create_task(server._serve([listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn tells by an attribute
            await asyncio.sleep(0.01)
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        for each in asked:  # all at once: pipelined
            writer.write(each + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        found = b""
        while found.count(b"HTTP/1.1 200") < len(asked) or not found.endswith(b"hi"):
            found += await asyncio.wait_for(reader.read(4096), 30)
        writer.close()
        server.should_exit = True
        await serving
        return found

    if loop == "uvloop":
        import uvloop

        found = uvloop.run(serve())
    else:
        found = asyncio.run(serve())
    _, *answers = found.split(b"HTTP/1.1 200 OK")
    assert [each.split(b"\r\n\r\n")[1] for each in answers] == [b"hi", b"hi", b"", b"hi"]
