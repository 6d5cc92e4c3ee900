"""Ids that sort by time. The caller brings the clock and the entropy."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeAlias

from tsuide.kit.clock import to_micros

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford base 32: no i, l, o, u
_PAIRS: Final = tuple(high + low for high in _ALPHABET for low in _ALPHABET)  # two digits at a time
ENTROPY_BITS: Final = 64
Entropy: TypeAlias = Callable[[], int]
"""Draws `ENTROPY_BITS` random bits; asked at the interfaces only."""


def time_id(prefix: str, now: datetime, entropy: int) -> str:
    """`prefix_` + 11 digits of time + 13 digits of entropy.

    Args:
        prefix: what the id names, such as ``dec``.
        now: UTC moment.
        entropy: 64 bits, drawn by the interface that asks.

    >>> from datetime import UTC
    >>> time_id("dec", datetime(2026, 1, 1, tzinfo=UTC), 7)
    'dec_1j791320g000000000000007'
    """
    time, rest, two = to_micros(now), entropy % (1 << ENTROPY_BITS), _PAIRS
    return (  # written out: every decision has an id, and a loop takes twice as long
        f"{prefix}_{_ALPHABET[time >> 50 & 31]}{two[time >> 40 & 1023]}{two[time >> 30 & 1023]}"
        f"{two[time >> 20 & 1023]}{two[time >> 10 & 1023]}{two[time & 1023]}"
        f"{_ALPHABET[rest >> 60]}{two[rest >> 50 & 1023]}{two[rest >> 40 & 1023]}{two[rest >> 30 & 1023]}"
        f"{two[rest >> 20 & 1023]}{two[rest >> 10 & 1023]}{two[rest & 1023]}"
    )
