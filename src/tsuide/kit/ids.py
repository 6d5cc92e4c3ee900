"""Ids that sort by time. The caller brings the clock and the entropy."""

from datetime import datetime
from typing import Final

from tsuide.kit.clock import to_micros

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford base 32: no i, l, o, u
_PAIRS: Final = tuple(high + low for high in _ALPHABET for low in _ALPHABET)  # two digits at a time
_TIME_DIGITS: Final = 11
_ENTROPY_DIGITS: Final = 13
ENTROPY_BITS: Final = 64


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
    time = _digits(to_micros(now), _TIME_DIGITS)
    return f"{prefix}_{time}{_digits(entropy % (1 << ENTROPY_BITS), _ENTROPY_DIGITS)}"


def _digits(number: int, count: int) -> str:
    pairs = []
    for _ in range(count // 2):
        pairs.append(_PAIRS[number & 1023])
        number >>= 10
    if count % 2:
        pairs.append(_ALPHABET[number & 31])
    pairs.reverse()
    return "".join(pairs)
