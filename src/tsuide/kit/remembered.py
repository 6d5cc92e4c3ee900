"""What is worked out of a learned state and kept, and how it is forgotten when another state takes its place.

A state of a large shop is hundreds of megabytes. A memory that is only bounded by its number of entries holds on to
every state of which it still has one: after some nights of learning a server would keep them all.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, ParamSpec, Protocol, TypeVar, cast

_P = ParamSpec("_P")
_R_co = TypeVar("_R_co", covariant=True)
_forgetting: Final = list[Callable[[], None]]()


class Remembered(Protocol[_P, _R_co]):
    """A function that keeps its answers."""

    def __call__(self, *args: _P.args, **kwargs: _P.kwargs) -> _R_co:
        """The answer."""
        ...

    def cache_info(self) -> Any:  # noqa: ANN401 - functools' own
        """As of `functools.lru_cache`."""
        ...


def remembered(most: int) -> Callable[[Callable[_P, _R_co]], Remembered[_P, _R_co]]:
    """As `functools.lru_cache`, of at most so many answers, until `forget_remembered`.

    >>> asked = []
    >>> @remembered(8)
    ... def doubled(n):
    ...     asked.append(n)
    ...     return 2 * n
    >>> doubled(2), doubled(2), forget_remembered(), doubled(2), asked
    (4, 4, None, 4, [2, 2])
    """

    def keep(function: Callable[_P, _R_co]) -> Remembered[_P, _R_co]:
        made = lru_cache(maxsize=most)(function)
        _forgetting.append(made.cache_clear)
        return cast("Remembered[_P, _R_co]", made)

    return keep


def forget_also(forget: Callable[[], None]) -> None:
    """Have `forget` called, too: it lets go of what somebody keeps in a way of their own."""
    _forgetting.append(forget)


def forget_remembered() -> None:
    """Let go of everything; what is still of use is worked out anew when it is asked for."""
    for each in _forgetting:
        each()
