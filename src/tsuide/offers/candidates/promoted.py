"""What a running campaign is for: its most bought products, where they fit no worse than any bestseller."""

from typing import Final

import numpy as np

from tsuide.offers import codes
from tsuide.offers.candidates.pool import place_for
from tsuide.offers.compiled import Rows, kernel

PROMOTED: Final = np.dtype([("item", np.int32), ("starts", np.int64), ("ends", np.int64)], align=True)
"""A product that a campaign is for, and when it runs (microseconds); the most bought first."""


@kernel
def propose(
    pool: Rows, size: Rows, seen: Rows, promoted: Rows, items: Rows, baskets: int, anchors: Rows, now: int
) -> None:
    """Products of campaigns that run now, of needs that no anchor serves already; P is their share of all baskets.

    With something in the cart or under the eyes, only what shares its category: a campaign is no reason to propose
    what does not fit.
    """
    for i in range(len(promoted)):
        one = promoted[i]
        if not one.starts <= now < one.ends or not _fits(
            items, anchors, items[one.item].need, items[one.item].category
        ):
            continue
        place = place_for(pool, size, seen, one.item, codes.CROSS_SELL)
        if place < 0:
            return
        row = pool[place]
        held = items[one.item].baskets
        if row.propensity < 0.0 and baskets > 0:
            row.source = codes.PROMOTION
            row.propensity = held / baskets
            row.chance = held / baskets
            row.count = held
            row.base = baskets


@kernel
def _fits(items: Rows, anchors: Rows, need: int, category: int) -> bool:
    near = len(anchors) == 0
    for a in range(len(anchors)):
        other = items[anchors[a].item]
        if other.need == need and anchors[a].since == 0:
            return False
        near = near or anchors[a].since > 0 or other.category == category
    return bool(near)
