"""The pool of candidates: one row per product and kind, the strongest evidence kept."""

from typing import Final

import numpy as np

from tsuide.offers.compiled import Rows, kernel
from tsuide.offers.records import LONG

MOST: Final = 320  # candidates in all
SEEN: Final = 1024  # slots of the hash table, a power of two well above MOST

ANCHOR: Final = np.dtype(
    [("item", np.int32), ("since", np.int32), ("personal", np.bool_), ("price", np.int64)], align=True
)
"""What offers go with: item, days since its purchase (0 = now), whether it is known from the person's history,
and the price that it lies in the cart with (-1 = the catalogue's)."""

LISTED: Final = np.dtype(
    [
        ("item", np.int32),
        ("because", np.int32),
        ("times", np.int32),
        ("interval", np.int32),
        ("chance", np.float64),
    ],
    align=True,
)
"""A product that a list (history, session, refills) brought: why (-1 = nothing), how often (of a refill: days since
the last purchase), this customer's usual days between purchases (-1 = not known), how likely."""


@kernel
def place_for(pool: Rows, size: Rows, seen: Rows, item: int, kind: int) -> int:
    """The row of (item, kind), made new with no evidence where it was not there; -1 = the pool is full."""
    mask = len(seen) - 1
    slot = ((item * 8 + kind) * 40503 >> 4) & mask
    while seen[slot] >= 0:
        row = pool[seen[slot]]
        if row.item == item and row.kind == kind:
            return int(seen[slot])
        slot = (slot + 1) & mask
    place = size[0]
    if place == len(pool):
        return -1
    seen[slot] = place
    size[0] = place + 1
    row = pool[place]
    row.item = item
    row.kind = kind
    row.anchor = -1
    row.promotion = -1
    row.group = -1
    row.prior = -1.0
    row.set = -1
    row.second = -1
    row.quantity = 1
    row.propensity = -1.0
    row.chance = -1.0
    row.opens = -1
    row.closes = -1
    row.since_anchor = 0
    row.anchor_price = -1
    row.said_not_for_me = -1
    row.said_not_now = -1
    row.said_too_dear = -1
    row.too_dear_price = -1
    row.owned_days = -1
    row.interval = -1
    row.influence = 1.0
    row.returns = -1
    return int(place)


@kernel
def days_between(earlier: int, later: int) -> int:
    """Whole days from one microsecond to another, at most LONG."""
    days = (later - earlier) // 86_400_000_000
    return min(max(days, 0), LONG)
