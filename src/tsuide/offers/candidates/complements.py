"""What goes with the things in the cart, the product looked at, and the last purchases."""

from tsuide.offers import codes
from tsuide.offers.ahead import ahead
from tsuide.offers.candidates.pool import made_for_another, place_for
from tsuide.offers.compiled import Rows, kernel


@kernel
def propose(
    pool: Rows, size: Rows, seen: Rows, of: Rows, links: Rows, main_of: Rows, mains: Rows, anchors: Rows
) -> None:
    """Partners of every anchor, the best of each first, so that a long cart does not drown its last lines.

    P is count / base, the share of the anchor's baskets that held the product: a prior of acceptance. A product that
    is hardly sold yet has partners of its like: `base` then names the similar product, -1 = its whole category. A case
    that was made for one model is lent to no other.
    """
    longest = 0
    for a in range(len(anchors)):
        longest = max(longest, of[anchors[a].item + 1] - of[anchors[a].item])
        ahead(links, of[anchors[a].item])
        ahead(links, of[anchors[a].item] + 1)
    for rank in range(longest):
        for a in range(len(anchors)):
            anchor = anchors[a]
            at = of[anchor.item] + rank
            if at >= of[anchor.item + 1]:
                continue
            ahead(links, at + 2)
            link = links[at]
            if link.relation == codes.BORROWED_LINK and made_for_another(main_of, mains, link.item, anchors):
                continue
            place = place_for(pool, size, seen, link.item, codes.CROSS_SELL)
            if place < 0:
                return
            row = pool[place]
            if link.chance > row.propensity:
                row.source = codes.BORROWED if link.relation == codes.BORROWED_LINK else codes.COMPLEMENTS
                row.anchor = anchor.item
                row.anchor_price = anchor.price
                row.since_anchor = anchor.since
                row.personal = anchor.personal
                row.propensity = link.chance
                row.chance = link.chance
                row.count = link.count
                row.base = link.base
                row.lift = link.lift
                row.lift_low = link.lift_low
                row.opens = link.opens
                row.closes = link.closes
