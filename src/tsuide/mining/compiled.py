"""The one way in which a function of mining is compiled."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

_F = TypeVar("_F", bound=Callable[..., Any])


def compiled(function: _F) -> _F:
    """Numba in nopython mode, cached on disk, without the interpreter's lock; keeps the Python type."""
    return cast("_F", numba.njit(cache=True, nogil=True, boundscheck=False)(function))
