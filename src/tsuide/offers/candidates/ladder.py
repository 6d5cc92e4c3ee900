"""A step up, a step down, or the same need at about the same price when the thing itself cannot be had."""

from typing import Final

import numpy as np

from tsuide.offers import codes
from tsuide.offers.ahead import beginning
from tsuide.offers.candidates.pool import place_for
from tsuide.offers.compiled import Row, Rows, kernel

RENEWAL: Final = 7_000  # share of the usual interval after which a plan is nearly due, basis points
BY_PRICE: Final = 2  # whichever step the prices say
PINNED: Final = 3  # the same, and put first by a person
STEP: Final = np.dtype([("item", np.int32), ("step", np.int8), ("chance", np.float64)], align=True)
"""What a ladder reads of a link: sixteen bytes of fifty-six, since a long cart has hundreds of them."""


@kernel
def kind_of(price: int, anchor_price: int, step: int, available: bool, hesitating: bool) -> int:  # noqa: FBT001 - a kernel takes no names
    """What a substitute is to who looks at the anchor; -1 = nothing.

    Where the anchor can be had, a dearer one of the same ladder is an upgrade, a cheaper one a step down;
    where it cannot, anything of the need is an alternative (the rule on its price then decides), and to who
    hesitates for another reason a cheaper one is a step down.
    """
    if not available and not (hesitating and price < anchor_price):
        return codes.ALTERNATIVE
    if step == 0 or price < 0 or anchor_price < 0 or price == anchor_price:
        return -1
    dearer = price > anchor_price
    if step < BY_PRICE and dearer != (step > 0):
        return -1  # prices moved since the ladder was learned
    return codes.UP_SELL if dearer else codes.DOWN_SELL


@kernel
def propose(
    pool: Rows,
    size: Rows,
    seen: Rows,
    of: Rows,
    links: Rows,
    anchors: Rows,
    items: Rows,
    priors: Rows,
    hesitating: bool,  # noqa: FBT001 - a kernel takes no names
    declared: bool,  # noqa: FBT001 - as above
) -> None:
    """Substitutes (STEP) of every anchor; P is the kind's prior × how surely the need is the same.

    Of what was bought earlier only a plan has a better one to go on with (at renewal: nearly due, where the pace at
    which the plan is bought again is known), and a cheaper one to who hesitates to go on: a thing that one owns is not
    replaced by the next better one.
    """
    if len(links) == 0:
        return
    _fetch(of, links, anchors, items)
    for a in range(len(anchors)):
        anchor = anchors[a]
        own = items[anchor.item]
        renewed = anchor.since > 0
        if renewed and own.kind != codes.SUBSCRIPTION:
            continue
        available = own.status == codes.ACTIVE and own.stock != 0
        anchor_price = anchor.price
        for at in range(of[anchor.item], of[anchor.item + 1]):
            link = links[at]
            price = items[link.item].price
            kind = kind_of(price, anchor_price, link.step, available, hesitating)
            if kind < 0 or (renewed and (kind == codes.ALTERNATIVE or (kind == codes.DOWN_SELL and not hesitating))):
                continue
            place = place_for(pool, size, seen, link.item, kind)
            if place < 0:
                return
            row = pool[place]
            propensity = priors[kind] / 10_000.0 * link.chance
            if declared:
                row.declared = True
                row.pinned |= link.step == PINNED
            if propensity > row.propensity:
                row.source = codes.LADDER if kind != codes.ALTERNATIVE else codes.ALTERNATIVES
                row.anchor = anchor.item
                row.anchor_price = anchor_price
                row.nearest_price = anchor.nearest
                row.since_anchor = anchor.since
                row.opens = own.interval * RENEWAL // 10_000 if renewed and own.interval > 0 else -1
                row.personal = anchor.personal
                row.propensity = propensity
                row.chance = link.chance


@kernel
def propose_all(
    pool: Rows,
    size: Rows,
    seen: Rows,
    sibling_of: Rows,
    siblings: Rows,
    instead_of: Rows,
    instead: Rows,
    substitute_of: Rows,
    substitute: Rows,
    anchors: Rows,
    items: Rows,
    priors: Rows,
    hesitating: bool,  # noqa: FBT001 - a kernel takes no names
) -> None:
    """Other colours and sizes first, then what people declared, then what was mined."""
    look_around(sibling_of, siblings, anchors, items)
    look_around(instead_of, instead, anchors, items)
    look_around(substitute_of, substitute, anchors, items)
    propose(pool, size, seen, sibling_of, siblings, anchors, items, priors, hesitating, False)
    propose(pool, size, seen, instead_of, instead, anchors, items, priors, hesitating, True)
    propose(pool, size, seen, substitute_of, substitute, anchors, items, priors, hesitating, False)


@kernel
def look_around(of: Rows, links: Rows, anchors: Rows, items: Rows) -> None:
    """Of every anchor that cannot be had: the price nearest to its own among its substitutes that can."""
    if len(links) == 0:
        return
    for a in range(len(anchors)):
        anchor = anchors[a]
        own = items[anchor.item]
        if anchor.since > 0 or (own.status == codes.ACTIVE and own.stock != 0):
            continue
        for at in range(of[anchor.item], of[anchor.item + 1]):
            other = items[links[at].item]
            there = other.status == codes.ACTIVE and other.stock != 0 and other.price >= 0
            if there and (anchor.nearest < 0 or abs(other.price - anchor.price) < abs(anchor.nearest - anchor.price)):
                anchor.nearest = other.price


@kernel
def _fetch(of: Rows, links: Rows, anchors: Rows, items: Rows) -> None:
    """Have all that `propose` will read on its way at once, not one after the other."""
    for a in range(len(anchors)):
        beginning(of, anchors[a].item)
        beginning(items, anchors[a].item)
    for a in range(len(anchors)):
        if _steps_from(anchors[a], items):
            for at in range(of[anchors[a].item], of[anchors[a].item + 1]):
                beginning(links, at)
    for a in range(len(anchors)):
        if _steps_from(anchors[a], items):
            for at in range(of[anchors[a].item], of[anchors[a].item + 1]):
                beginning(items, links[at].item)  # its price


@kernel
def _steps_from(anchor: Row, items: Rows) -> bool:
    return bool(anchor.since == 0 or items[anchor.item].kind == codes.SUBSCRIPTION)
