"""The pool of candidates: one row per product and kind, the strongest evidence kept."""

from typing import Final

import numpy as np

from tsuide.offers.compiled import Rows, kernel
from tsuide.offers.records import CANDIDATE, LONG

MOST: Final = 320  # candidates in all
SEEN: Final = 1024  # slots of the hash table, a power of two well above MOST

ANCHOR: Final = np.dtype(
    [("item", np.int32), ("since", np.int32), ("personal", np.bool_), ("price", np.int64), ("nearest", np.int64)],
    align=True,
)
"""What offers go with: item, days since its purchase (0 = now), whether it is known from the person's history,
the price that it lies in the cart with (-1 = the catalogue's), and of one that cannot be had the price nearest to it
among what may stand for it (-1 = nothing)."""

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


_UNKNOWN: Final = (
    "anchor", "promotion", "group", "prior", "set", "second", "propensity", "chance", "opens", "closes",
    "anchor_price", "nearest_price", "said_not_for_me", "said_not_now", "said_too_dear", "too_dear_price", "owned_days",
    "kin_days", "interval",
    "returns",
)  # fmt: skip


def _blank() -> np.ndarray:
    row = np.zeros(1, CANDIDATE)
    for name in _UNKNOWN:
        row[name] = -1
    row["quantity"], row["influence"] = 1, 1.0
    return row


_BLANK: Final = _blank()  # what a candidate is before anything is known of it


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
    pool[place] = _BLANK[0]
    row = pool[place]
    row.item = item
    row.kind = kind
    return int(place)


@kernel
def made_for_another(of: Rows, mains: Rows, item: int, anchors: Rows) -> bool:
    """Whether a thing was declared an accessory or a part, and of nothing that lies here or was bought lately.

    Links (of, mains): what each product is an accessory or a part of.
    """
    if of[item] == of[item + 1]:
        return False
    for at in range(of[item], of[item + 1]):
        for a in range(len(anchors)):
            if anchors[a].item == mains[at].item:
                return False
    return True


@kernel
def days_between(earlier: int, later: int) -> int:
    """Whole days from one microsecond to another, at most LONG."""
    days = (later - earlier) // 86_400_000_000
    return min(max(days, 0), LONG)
