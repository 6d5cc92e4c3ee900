"""Workers share the connections that come; a loop that closes leaves those that it has, and the socket to others."""

import asyncio
import resource
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from queue import Queue
from typing import cast

import pytest

from tsuide.interfaces.cli.fair_loop import Door, FairLoop


class Names(asyncio.Protocol):
    """Says at once which worker took the connection, and then whatever it hears."""

    def __init__(self, name: bytes, every: list[asyncio.Transport]) -> None:
        self.name = name
        self.every = every

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's own is no subclass
        self.every.append(self.transport)
        self.transport.write(self.name)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's own
        self.every.remove(self.transport)

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)


@dataclass
class Worker:
    """A loop in a thread of its own that takes connections of a listener."""

    name: bytes
    loop: FairLoop
    door: Door

    def close(self) -> None:
        """Close the door; returns when it is."""
        done = threading.Event()
        for step in (self.door.close, self.door.close, done.set):
            self.loop.call_soon_threadsafe(step)
        assert done.wait(10)


@contextmanager
def worker(listener: socket.socket, name: bytes) -> Iterator[Worker]:
    loop, doors, every, ended = FairLoop(), Queue[Door](), list[asyncio.Transport](), asyncio.Event()

    async def serve() -> None:
        doors.put(await loop.create_server(lambda: Names(name, every), sock=listener, backlog=64))
        await ended.wait()
        for transport in [*every]:
            transport.abort()
        while every:  # noqa: ASYNC110 - of a test
            await asyncio.sleep(0.01)

    def run() -> None:
        loop.run_until_complete(serve())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    made = Worker(name, loop, doors.get(timeout=10))
    try:
        yield made
    finally:
        made.close()
        loop.call_soon_threadsafe(ended.set)
        thread.join()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


def connected(listener: socket.socket, many: int, stack: ExitStack) -> list[tuple[socket.socket, bytes]]:
    """Connections, opened one right after the other, and who took each."""
    opened = [stack.enter_context(socket.create_connection(listener.getsockname(), timeout=10)) for _ in range(many)]
    return [(each, each.recv(1)) for each in opened]


def test_of_connections_that_wait_together_one_is_taken_and_the_others_are_left_to_who_comes_next(
    listener: socket.socket,
) -> None:
    """A worker that closes its door with its first connection has taken hardly any more of forty that waited."""
    listener.listen(64)
    loop, every, doors = FairLoop(), list[asyncio.Transport](), list[Door]()

    class First(Names):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            doors[0].close()

    async def serve() -> None:
        doors.append(await loop.create_server(lambda: First(b"a", every), sock=listener, backlog=64))
        while not every:  # noqa: ASYNC110 - of a test
            await asyncio.sleep(0.01)
        await doors[0].wait_closed()
        await asyncio.sleep(0.05)

    async def end() -> None:
        for transport in [*every]:
            transport.abort()
        while every:  # noqa: ASYNC110 - of a test
            await asyncio.sleep(0.01)

    with ExitStack() as stack:
        waiting = [stack.enter_context(socket.create_connection(listener.getsockname(), timeout=10)) for _ in range(40)]
        loop.run_until_complete(serve())
        taken = len(every)
        with worker(listener, b"b"):
            names = Counter(each.recv(1) for each in waiting)
        loop.run_until_complete(end())
    loop.close()
    assert names == {b"a": taken, b"b": 40 - taken}
    assert 1 <= taken <= 8


def test_a_door_that_is_closed_keeps_its_connections_and_the_other_takes_what_comes(listener: socket.socket) -> None:
    with worker(listener, b"a") as first, ExitStack() as stack:
        ((kept, name),) = connected(listener, 1, stack)
        assert name == b"a"
        with listener.dup() as same, worker(same, b"b"):
            first.close()
            assert {name for _, name in connected(listener, 5, stack)} == {b"b"}
            kept.sendall(b"still there")
            assert kept.recv(11) == b"still there"


def test_where_there_is_no_room_for_a_connection_it_is_taken_a_second_later(listener: socket.socket) -> None:
    with worker(listener, b"a"), ExitStack() as stack:
        connected(listener, 1, stack)
        coming = stack.enter_context(socket.socket())
        coming.settimeout(20)
        usual = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (coming.fileno() + 1, usual[1]))
        try:
            coming.connect(listener.getsockname())
            time.sleep(0.2)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, usual)
        assert coming.recv(1) == b"a"
