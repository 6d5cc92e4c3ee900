"""An answer's head and body in one piece: one call of the system where uvicorn makes two, and one waking of the caller.

Of what a worker does for an offer, sending is the dearest call; the caller is woken by the head alone, finds no body,
and is woken again. Here the head waits for what is written next, for one turn of the event loop at most.
"""

import asyncio
from typing import Any, Final

from tsuide.interfaces.cli.last_call import LastCall

_HEAD: Final = b"HTTP/1.1 "


class WholeAnswers(LastCall):
    """A connection whose answers leave in one piece."""

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - ours stands in for asyncio's
        """Somebody connected."""
        joined: Any = Joined(transport, self.loop)
        super().connection_made(joined)


class Joined:
    """A transport that joins the head of an answer with what is written after it; else it is the one given.

    Args:
        transport: of the connection.
        loop: whose.

    >>> class Lines:
    ...     def write(self, data):
    ...         print(data)
    >>> async def answer():
    ...     transport = Joined(Lines(), asyncio.get_running_loop())
    ...     transport.write(b"HTTP/1.1 200 OK, ")
    ...     transport.write(b"with its body")
    ...     transport.write(b"and more of it")
    >>> asyncio.run(answer())
    b'HTTP/1.1 200 OK, with its body'
    b'and more of it'
    """

    __slots__ = ("_held", "_loop", "_transport")

    def __init__(self, transport: Any, loop: asyncio.AbstractEventLoop) -> None:  # noqa: ANN401 - any transport
        self._transport = transport
        self._loop = loop
        self._held = b""

    def write(self, data: bytes) -> None:
        """Send; a head waits for what follows it."""
        if self._held:
            held, self._held = self._held, b""
            self._transport.write(held + data)
        elif data.startswith(_HEAD):
            self._held = data
            self._loop.call_soon(self._let_go)
        else:
            self._transport.write(data)

    def close(self) -> None:
        """Send what waits, and close."""
        self._let_go()
        self._transport.close()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Send what waits, and hand the connection on."""
        self._let_go()
        self._transport.set_protocol(protocol)

    def _let_go(self) -> None:
        if self._held:
            held, self._held = self._held, b""
            self._transport.write(held)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the transport has
        return getattr(self._transport, name)
