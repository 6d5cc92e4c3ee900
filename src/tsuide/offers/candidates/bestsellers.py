"""What most baskets hold: where nothing better is known of the visitor."""

from tsuide.offers import codes
from tsuide.offers.candidates.pool import place_for
from tsuide.offers.compiled import Rows, kernel


@kernel
def propose(
    pool: Rows,
    size: Rows,
    seen: Rows,
    bestsellers: Rows,
    items: Rows,
    baskets: int,
    anchors: Rows,
    most: int,
) -> None:
    """The first `most` bestsellers of needs that no anchor serves already; P is their share of all baskets."""
    for i in range(min(len(bestsellers), most)):
        if _served(items, anchors, items[bestsellers[i]].need):
            continue
        place = place_for(pool, size, seen, bestsellers[i], codes.CROSS_SELL)
        if place < 0:
            return
        row = pool[place]
        held = items[bestsellers[i]].baskets
        if row.propensity < 0.0:
            row.source = codes.CATEGORY
            row.propensity = held / baskets
            row.chance = held / baskets
            row.count = held
            row.base = baskets


@kernel
def _served(items: Rows, anchors: Rows, need: int) -> bool:
    for a in range(len(anchors)):  # noqa: SIM110 - a kernel takes no generators
        if items[anchors[a].item].need == need:
            return True
    return False
