"""When to try again, and how long to wait: exponential backoff with full jitter, and the server's own Retry-After.

Nothing here sleeps or sends, so the synchronous and the asynchronous client share it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

AGAIN: Final = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to keep trying.

    Args:
        attempts: at most so many sendings.
        first: the first wait is up to so many seconds, each next one up to twice as long.
        longest: no wait is longer than so many seconds, except one that the server asks for.
        seconds: in all, waits included; where the server asks for a longer wait, trying ends.
    """

    attempts: int = 3
    first: float = 0.1
    longest: float = 2.0
    seconds: float = 10.0


class Attempts:
    """The attempts of one call.

    Args:
        patience: how long to keep trying.
        draw: a number from 0 to 1, drawn anew for each wait.
        clock: seconds that only go forward.

    >>> tries = Attempts(Patience(attempts=3), draw=lambda: 1.0, clock=lambda: 0.0)
    >>> tries.wait_after(None), tries.wait_after(503), tries.wait_after(503)
    (0.1, 0.2, None)
    >>> Attempts(Patience(), draw=lambda: 1.0, clock=lambda: 0.0).wait_after(404) is None
    True
    """

    def __init__(self, patience: Patience, draw: Callable[[], float], clock: Callable[[], float]) -> None:
        self._patience = patience
        self._draw = draw
        self._clock = clock
        self._ends = clock() + patience.seconds
        self._made = 0

    def wait_after(self, status: int | None, headers: Mapping[str, str] | None = None) -> float | None:
        """Seconds until the next attempt; None = it was the last, or an answer that another try would not change.

        Args:
            status: of the answer; None = nobody answered.
            headers: of the answer.
        """
        self._made += 1
        if status is not None and status not in AGAIN:
            return None
        if self._made >= self._patience.attempts:
            return None
        asked = retry_after(headers or {}, datetime.now(UTC))
        drawn = self._draw() * min(self._patience.longest, self._patience.first * 2.0 ** (self._made - 1))
        wait = drawn if asked is None else asked + drawn
        return None if self._clock() + wait > self._ends else wait


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """The wait that the server asks for, in seconds; None where it asks for none that can be read.

    >>> now = datetime(2026, 1, 1, tzinfo=UTC)
    >>> retry_after({"retry-after": "7"}, now)
    7.0
    >>> retry_after({"retry-after": "Thu, 01 Jan 2026 00:00:09 GMT"}, now)
    9.0
    >>> retry_after({"retry-after": "soon"}, now) is None
    True
    """
    text = headers.get("retry-after")
    if text is None:
        return None
    if text.strip().isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
