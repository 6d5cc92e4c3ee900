"""An upgrade together with what goes with it."""

from typing import Final

from tsuide.offers import codes
from tsuide.offers.candidates.pool import place_for
from tsuide.offers.compiled import Rows, kernel

MOST: Final = 6


@kernel
def propose(pool: Rows, size: Rows, seen: Rows, of: Rows, links: Rows) -> None:
    """For the upgrades in the pool, each with the best partner of the upgrade itself.

    P is that of the upgrade × the partner's share of its baskets.
    """
    made = 0
    for i in range(size[0]):
        if pool[i].kind != codes.UP_SELL or made == MOST:
            continue
        upgrade = pool[i].item
        if of[upgrade] == of[upgrade + 1]:
            continue
        link = links[of[upgrade]]
        if link.item == pool[i].anchor:
            continue
        place = place_for(pool, size, seen, upgrade, codes.BUNDLE)
        if place < 0:
            return
        row = pool[place]
        propensity = pool[i].propensity * link.chance
        if propensity > row.propensity:
            made += 1
            row.source = codes.COMBINED
            row.second = link.item
            row.anchor = pool[i].anchor
            row.anchor_price = pool[i].anchor_price
            row.propensity = propensity
            row.chance = link.chance
            row.count = link.count
            row.base = link.base
