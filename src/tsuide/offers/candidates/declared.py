"""What people declared to go with a product: accessories, parts of a set, required parts."""

from typing import Final

from tsuide.facts.catalogue import RELATION_TYPES
from tsuide.offers import codes
from tsuide.offers.candidates.pool import place_for
from tsuide.offers.compiled import Rows, kernel
from tsuide.offers.curated import PUT_BESIDE, RELATION_CODES

REQUIRED: Final = RELATION_TYPES.index("required_part")
IN_SET: Final = RELATION_TYPES.index("part_of_set")  # a merchandiser's outfit or room
PINNED: Final = RELATION_CODES[PUT_BESIDE]


@kernel
def make_room(pool: Rows, size: Rows, seen: Rows, of: Rows, links: Rows, anchors: Rows) -> None:
    """What people put first has its place before anything else can fill the pool; `propose` says why."""
    for a in range(len(anchors)):
        for at in range(of[anchors[a].item], of[anchors[a].item + 1]):
            if links[at].relation == PINNED:
                place_for(pool, size, seen, links[at].item, codes.CROSS_SELL)


@kernel
def propose(
    pool: Rows,
    size: Rows,
    seen: Rows,
    of: Rows,
    links: Rows,
    anchors: Rows,
    priors: Rows,
) -> None:
    """Declared partners of every anchor; mined evidence of the same pair is kept beside the declaration."""
    prior = priors[codes.CROSS_SELL] / 10_000.0
    for a in range(len(anchors)):
        anchor = anchors[a]
        for at in range(of[anchor.item], of[anchor.item + 1]):
            place = place_for(pool, size, seen, links[at].item, codes.CROSS_SELL)
            if place < 0:
                return
            row = pool[place]
            row.declared = True
            row.required_part |= links[at].relation == REQUIRED
            row.pinned |= links[at].relation == PINNED
            if prior > row.propensity and not (row.pinned and row.propensity > 0.0):  # a pin says nothing of P
                row.source = codes.LOOK if links[at].relation == IN_SET else codes.DECLARED
                row.anchor = anchor.item
                row.anchor_price = anchor.price
                row.since_anchor = anchor.since
                row.personal = anchor.personal
                row.propensity = prior
