"""How many requests one process works on at once: beyond that it says so at once, and the others are answered in time.

A server that takes in everything answers everybody late, and in the end nobody. So there are two lanes, each with so
many places: offers (what every page view asks) and all else, that a slow export takes no place from a page.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypeAlias

import structlog
from starlette.types import Scope

from tsuide.app import metrics

Lane: TypeAlias = Literal["offers", "other"]
RETRY_AFTER_S: Final = "1"
_OFFERS: Final = "/v1/offers"
_ALWAYS: Final = ("/healthz", "/readyz", "/metrics", "/mcp")
"""Who watches must see a server that is full; a tool's connection stays open and does nothing most of the time."""
_OF_A_SHOP: Final = 2
"""Slashes of an address that one of several shops has of its own: /NAME/metrics."""
_TOLD_EVERY_S: Final = 1.0
_log = structlog.get_logger("tsuide.crowd")


class Crowd:
    """The places of one process.

    Args:
        places: of each lane.
        seconds: a clock that only goes forward; a line is logged once a second at most.

    >>> crowd = Crowd(1)
    >>> crowd.enter("offers"), crowd.enter("other"), crowd.enter("offers")
    (True, True, False)
    >>> crowd.leave("offers")
    >>> crowd.enter("offers")
    True
    """

    def __init__(self, places: int, seconds: Callable[[], float] = time.monotonic) -> None:
        self._places = places
        self._inside: dict[Lane, int] = {"offers": 0, "other": 0}
        self._seconds = seconds
        self._told, self._refused = -_TOLD_EVERY_S, 0

    def enter(self, lane: Lane) -> bool:
        """Take a place, which `leave` gives back; False where there is none."""
        if self._inside[lane] >= self._places:
            self._refuse(lane)
            return False
        self._inside[lane] += 1
        return True

    def leave(self, lane: Lane) -> None:
        """Give a place back."""
        self._inside[lane] -= 1

    @property
    def inside(self) -> Mapping[Lane, int]:
        """How many are at work now."""
        return dict(self._inside)

    def _refuse(self, lane: Lane) -> None:
        metrics.shed(lane)
        self._refused += 1
        now = self._seconds()
        if now - self._told >= _TOLD_EVERY_S:  # not a line for each: writing them would take more than answering
            _log.warning("more requests than this process has places for", refused=self._refused, lane=lane)
            self._told, self._refused = now, 0


def lane_of(scope: Scope | Mapping[str, Any]) -> Lane | None:
    """In which lane a request stands; None for one that takes no place.

    >>> lane_of({"type": "http", "path": "/v1/offers"}), lane_of({"type": "http", "path": "/named/v1/offers"})
    ('offers', 'offers')
    >>> lane_of({"type": "http", "path": "/v1/batch"}), lane_of({"type": "http", "path": "/readyz"})
    ('other', None)
    >>> lane_of({"type": "http", "path": "/named/metrics"}), lane_of({"type": "http", "path": "/v1/products/metrics"})
    (None, 'other')
    """
    if scope["type"] != "http" or "tsuide.request_id" in scope:  # counted already, by the application around this one
        return None
    path: str = scope["path"]
    if path.endswith(_OFFERS):
        return "offers"
    own = path.startswith(_ALWAYS) or (path.count("/") == _OF_A_SHOP and path.endswith(_ALWAYS))
    return None if own else "other"
