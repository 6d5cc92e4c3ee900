"""Connections of a server that ends: a request that is on its way is still answered."""

from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

GRACE_S: Final = 0.5  # how long a request may be on its way


class LastCall(HttpToolsProtocol):
    """Waits for the request of a connection that was accepted, or kept, when the server was told to end.

    Uvicorn closes a connection that is at rest at that moment: a caller whose request is under way is reset, though a
    worker beside this one could have answered. Here it is answered, and told that the connection ends with it.
    """

    _ending = False

    def shutdown(self) -> None:
        """The server ends."""
        if self._rests():
            self._ending = True
            self.loop.call_later(GRACE_S, self._close)
        else:
            super().shutdown()

    def on_headers_complete(self) -> None:
        """A request begins; when the server ends, it is the last of its connection."""
        super().on_headers_complete()
        if self._ending and not self._rests():
            self.cycle.keep_alive = False

    def _rests(self) -> bool:
        begun: RequestResponseCycle | None = self.cycle  # uvicorn's own annotation forgets that there may be none yet
        return begun is None or bool(begun.response_complete)

    def _close(self) -> None:
        if self._rests():
            self.transport.close()
