"""The event loop of a worker: it accepts one connection at a time, so that workers share what comes.

Workers listen at one socket. A loop that accepts all that waits, as uvloop does, leaves nothing to the worker that
wakes a moment later: of eight connections that a proxy opens, and keeps, one worker may get eight. Here every worker
takes one and looks after its other work before the next; who has much to do comes back later and gets fewer.
"""

import asyncio
import errno
import socket
from collections.abc import Callable
from typing import Any, Final

import structlog
import uvloop

_PAUSE_S: Final = 1.0  # as asyncio's own, where the machine has no room for another connection
_NO_ROOM: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_log = structlog.get_logger("tsuide.server")


class FairLoop(uvloop.Loop):
    """uvloop, but for how a server accepts at a socket that it is given."""

    async def create_server(self, protocol_factory: Callable[[], Any], *args: Any, **more: Any) -> Any:  # noqa: ANN401 - asyncio's own
        """As asyncio's; with `sock` one connection is accepted at a time."""
        listener = more.get("sock")
        if listener is None or more.get("ssl") is not None:
            return await super().create_server(protocol_factory, *args, **more)
        return Door(self, listener, protocol_factory, int(more.get("backlog", 100)))


class Door:
    """A server at a socket of others, too.

    Args:
        loop: whose.
        listener: bound; shared with other processes.
        make: the protocol of a new connection.
        backlog: how many may wait.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, listener: socket.socket, make: Callable[[], Any], backlog: int
    ) -> None:
        self._loop = loop
        self._listener = listener
        self._make = make
        self._coming = set[asyncio.Task[Any]]()
        self._open = True
        listener.setblocking(False)
        listener.listen(backlog)
        self._look()

    @property
    def sockets(self) -> tuple[socket.socket, ...]:
        """At which it listens."""
        return (self._listener,) if self._open else ()

    def close(self) -> None:
        """Accept nothing more; connections go on."""
        if self._open:
            self._open = False
            self._loop.remove_reader(self._listener.fileno())

    async def wait_closed(self) -> None:
        """Until connections that were being taken up are."""
        await asyncio.gather(*self._coming, return_exceptions=True)

    def _look(self) -> None:
        if self._open:
            self._loop.add_reader(self._listener.fileno(), self._accept)

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return  # another worker was first
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            _log.error("no room for another connection", error=str(error))
            self._loop.remove_reader(self._listener.fileno())
            self._loop.call_later(_PAUSE_S, self._look)
            return
        connection.setblocking(False)
        if connection.family in {socket.AF_INET, socket.AF_INET6}:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        task = self._loop.create_task(self._loop.connect_accepted_socket(self._make, connection))
        self._coming.add(task)
        task.add_done_callback(self._taken)

    def _taken(self, task: asyncio.Task[Any]) -> None:
        self._coming.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.warning("a connection ended before it was taken up", error=str(error))
