"""Deterministic assignment: the same unit and salt give the same arm on every machine and in every year."""

import hashlib
from collections.abc import Sequence
from typing import Final

from tsuide.errors import BadValue

BUCKETS: Final = 1_000_000


def bucket(unit: str, salt: str) -> int:
    """A number in [0, 1,000,000), uniform over units, independent between salts (BLAKE2b, 64 bits).

    >>> bucket("customer-1", "holdout") == bucket("customer-1", "holdout")
    True
    """
    digest = hashlib.blake2b(f"{salt}\x00{unit}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") * BUCKETS >> 64


def assign(unit: str, salt: str, arms: Sequence[tuple[str, int]]) -> str:
    """The arm of a unit.

    Args:
        unit: customer, session or account id.
        salt: name of the experiment.
        arms: (name, share in millionths); shares sum to 1,000,000.

    Raises:
        BadValue: shares that do not sum to 1,000,000, or a negative one.

    >>> assign("customer-1", "x", [("all", 1_000_000)])
    'all'
    """
    if sum(share for _, share in arms) != BUCKETS or any(share < 0 for _, share in arms):
        raise BadValue("shares of arms must sum to 1,000,000", key="arms", value=list(arms))
    place = bucket(unit, salt)
    for name, share in arms:
        place -= share
        if place < 0:
            return name
    raise AssertionError  # pragma: no cover - the shares sum to BUCKETS
