"""What visitors with the same path looked at next.

Things of one shelf are looked at to choose between them: beside a product, or with one in the cart, another of its
need, its category or its family is a choice instead of it, which the ladder tells, and never goes *with* it.
"""

from tsuide.offers import codes
from tsuide.offers.candidates.pool import place_for
from tsuide.offers.compiled import Rows, kernel


@kernel
def propose(pool: Rows, size: Rows, seen: Rows, session: Rows, items: Rows, anchors: Rows) -> None:
    """Products of the visit's list, but for choices instead of what is looked at or lies in the cart."""
    for i in range(len(session)):
        item = session[i].item
        own = items[item]
        instead, dearest = False, -1
        for a in range(len(anchors)):
            if anchors[a].since == 0:
                other = items[anchors[a].item]
                instead |= other.need == own.need or other.category == own.category
                instead |= own.parent >= 0 and own.parent == other.parent
                dearest = max(dearest, other.price)
        if instead:
            continue
        place = place_for(pool, size, seen, item, codes.CROSS_SELL)
        if place < 0:
            return
        row = pool[place]
        if session[i].chance > row.propensity:
            row.source = codes.SESSION
            row.anchor = session[i].because
            row.anchor_price = dearest
            row.personal = False
            row.propensity = session[i].chance
            row.chance = session[i].chance
            row.count = session[i].times
            row.interval = session[i].interval
            row.base = 0
            row.opens = -1
            row.closes = -1
            row.since_anchor = 0
