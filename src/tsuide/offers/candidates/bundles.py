"""Sets that truly belong together, around the product looked at or a thing in the cart."""

from typing import Final

import numpy as np

from tsuide.offers import codes
from tsuide.offers.ahead import ahead
from tsuide.offers.candidates.pool import place_for
from tsuide.offers.compiled import Rows, kernel

MEMBERS: Final = 6
SET: Final = np.dtype(
    [
        ("items", np.int32, (MEMBERS,)),  # main first, -1 = none
        ("intent", np.int8),  # 0 starter, 1 complete
        ("count", np.int64),  # baskets with all of it
        ("base", np.int64),  # baskets with the main item
        ("attach", np.float64, (MEMBERS - 1,)),  # share of them that hold each other member
        ("deal", np.int32),  # place in the table of deals, of a campaign's set; -1 = mined
        ("starts", np.int64),  # microseconds, of a campaign's set
        ("ends", np.int64),
        ("pinned", np.bool_),  # put first by a person
    ],
    align=True,
)


@kernel
def propose(pool: Rows, size: Rows, seen: Rows, of: Rows, sets: Rows, anchors: Rows, priors: Rows, now: int) -> None:
    """For every anchor that is being bought or looked at, what is missing of its sets.

    P is the share of the main item's baskets that held the whole set; of a campaign's set the kind's prior.
    """
    for a in range(len(anchors)):
        if anchors[a].since == 0:
            for at in range(of[anchors[a].item], of[anchors[a].item + 1]):
                ahead(sets, at)
    for a in range(len(anchors)):
        anchor = anchors[a]
        if anchor.since > 0:
            continue
        for at in range(of[anchor.item], of[anchor.item + 1]):
            one = sets[at]
            mined = one.deal < 0
            if one.items[1] < 0 or (one.base <= 0 if mined else not one.starts <= now < one.ends):
                continue
            place = place_for(pool, size, seen, one.items[1], codes.BUNDLE)
            if place < 0:
                return
            row = pool[place]
            chance = one.count / one.base if mined else priors[codes.BUNDLE] / 10_000.0
            campaigns = row.set >= 0 and sets[row.set].deal >= 0  # its place is not taken: a person set its price
            if not campaigns and (not mined or chance > row.propensity):
                row.source = codes.BUNDLES if mined else codes.PROMOTION
                row.set = at
                row.pinned = one.pinned
                row.anchor = anchor.item
                row.anchor_price = anchor.price
                row.propensity = chance
                row.chance = chance
                row.count = one.count
                row.base = one.base
