"""Blocking work of a task that may be called off."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")


async def to_its_end(work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Do blocking work in a thread; a task that is cancelled meanwhile ends when the work has.

    A thread cannot be called off. `asyncio.to_thread` lets go of it: whoever cancels, and then closes what it works
    with, closes it under its hands.

    Raises:
        asyncio.CancelledError: the task was cancelled; the work is done, what it returned or raised is dropped.

    >>> asyncio.run(to_its_end(divmod, 7, 2))
    (3, 1)
    """
    under_way = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
    try:
        return await asyncio.shield(under_way)
    except asyncio.CancelledError:
        while not under_way.done():  # may be cancelled more than once
            try:
                await asyncio.wait([under_way])
            except asyncio.CancelledError:
                continue
        if not under_way.cancelled():
            under_way.exception()  # taken, so that nobody is told that it never was
        raise
