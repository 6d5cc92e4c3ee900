"""One job of a kind at a time, on one machine: a lock that the system takes back when its holder dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tsuide.errors import Unavailable


@contextmanager
def alone(file: Path, what: str) -> Iterator[None]:
    """Hold `file` while the block runs.

    Args:
        file: made where it is missing; its folder too.
        what: who holds it, for the message: "a learner".

    Raises:
        Unavailable: another process holds it; names its number.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+", encoding="ascii") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            handle.seek(0)
            raise Unavailable(
                f"{what} is at work here already",
                key="process",
                value=handle.read(20).strip() or "unknown",
                way_out="wait until it is done",
            ) from exc
        handle.seek(0)
        handle.truncate()
        handle.write(str(os.getpid()))
        handle.flush()
        yield


@contextmanager
def in_turn(file: Path) -> Iterator[None]:
    """Hold `file` while the block runs; who else wants it waits. For what takes a moment only."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="ascii") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
