"""The one way in which a function of mining is compiled, and the line that says so when it takes its time."""

import hashlib
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Final, TypeVar, cast

import numba
from numba.core import event

_F = TypeVar("_F", bound=Callable[..., Any])
_LOG: Final = logging.getLogger("tsuide")

LINE: Final = (
    "tsuide: compiling the model's kernels, once per installation (up to a minute); later runs load them from the disk."
    " `tsuide warm` compiles those of all models."
)


def compiled(function: _F) -> _F:
    """Numba in nopython mode, cached on disk, without the interpreter's lock; keeps the Python type.

    Numba's cache looks at the function's own file alone; what is kept is told from it and from `files_behind`.
    """
    made = numba.njit(cache=True, nogil=True, boundscheck=False)(function)
    index = made._cache._cache_file  # noqa: SLF001 - numba has no other way to add to what a cache entry hangs on
    index._source_stamp = (index._source_stamp, _stamp_of(files_behind(function)))  # noqa: SLF001 - as above
    return cast("_F", made)


def files_behind(function: Callable[..., Any]) -> tuple[Path, ...]:
    """Files of ours, other than its own, whose functions, classes or modules the function's file has imported so far.

    Their kernels may be part of its machine code; a constant alone is not seen, and must not be used in a kernel.
    """
    values = list(function.__globals__.values())
    names = {each.__name__ if isinstance(each, ModuleType) else getattr(each, "__module__", None) for each in values}
    ours = {name for name in names if isinstance(name, str) and name.startswith("tsuide.")} - {function.__module__}
    found = (getattr(sys.modules.get(name), "__file__", None) for name in sorted(ours))
    return tuple(Path(file) for file in found if file is not None)


def _stamp_of(files: tuple[Path, ...]) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


class Announcement(event.Listener):  # type: ignore[misc, unused-ignore]  # numba publishes no types
    """Says `LINE` when the first function of ours is compiled; never when it is loaded from the disk.

    Args:
        say: called with the line, at most once.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._said = False

    def on_start(self, event: Any) -> None:  # noqa: ANN401 - numba's own
        """A function is about to be compiled."""
        if not self._said and event.data["dispatcher"].py_func.__module__.startswith("tsuide"):
            self._said = True
            self._say(LINE)

    def on_end(self, event: Any) -> None:  # noqa: ANN401 - numba's own
        """It is compiled; nothing to say."""


# A warning reaches the terminal of a program that has set up no logging, and the log of one that has.
event.register("numba:compile", Announcement(_LOG.warning))
