"""What customers of the same age band, prefecture or industry buy more than others do."""

from typing import Final

import numpy as np

from tsuide.offers import codes
from tsuide.offers.candidates.pool import place_for
from tsuide.offers.compiled import Rows, kernel

LIKED: Final = np.dtype(
    [
        ("item", np.int32),
        ("group", np.int32),  # place in the state's groups of customers
        ("count", np.int64),  # customers of the group who bought it
        ("base", np.int64),  # customers of the group
        ("lift", np.float64),
        ("lift_low", np.float64),
    ],
    align=True,
)
"""A product that a group of customers likes; the surest first."""


@kernel
def propose(pool: Rows, size: Rows, seen: Rows, liked: Rows, items: Rows, baskets: int) -> None:
    """Every product of the list; P is its share of all baskets × the group's lift, for that is what was counted."""
    for i in range(len(liked)):
        one = liked[i]
        place = place_for(pool, size, seen, one.item, codes.CROSS_SELL)
        if place < 0:
            return
        row = pool[place]
        chance = min(items[one.item].baskets / baskets * one.lift, 1.0) if baskets > 0 else 0.0
        if chance > row.propensity:
            row.source = codes.ALIKE
            row.anchor = -1
            row.group = one.group
            row.personal = True
            row.propensity = chance
            row.chance = chance
            row.count = one.count
            row.base = one.base
            row.lift = one.lift
            row.lift_low = one.lift_low
            row.opens = -1
            row.closes = -1
            row.since_anchor = 0
