"""Ids that sort by time. The caller brings the clock and the entropy."""

from datetime import datetime
from typing import Final

from tsuide.kit.clock import to_micros

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford base 32: no i, l, o, u
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
    digits = []
    for _ in range(count):
        digits.append(_ALPHABET[number & 31])
        number >>= 5
    return "".join(reversed(digits))
