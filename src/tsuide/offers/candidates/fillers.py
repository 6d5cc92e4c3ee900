"""What closes the gap to free shipping: the best one thing, or two together."""

from typing import Final

import numpy as np

from tsuide.offers import codes
from tsuide.offers.candidates.pool import place_for
from tsuide.offers.compiled import Rows, kernel

FILLER: Final = np.dtype([("item", np.int32), ("appeal", np.float64)], align=True)
"""A small thing that comes along easily, and its share of the baskets of several things; best first."""

SINGLES: Final = 12
PAIRS: Final = 6
PAIRED: Final = 40  # of the most appealing things, two are put together


@kernel
def propose(
    pool: Rows, size: Rows, seen: Rows, fillers: Rows, items: Rows, anchors: Rows, gap: int, priors: Rows
) -> None:
    """The things, then the pairs of things, that close the gap with the least beyond it and the most appeal.

    Who has milk in the cart is not sent to free shipping with more milk: a need that is served fills nothing.

    Readiness = appeal × 1 / (1 + overshoot / gap); P is the kind's prior × readiness over the best readiness.
    """
    if gap <= 0 or len(fillers) == 0:
        return
    best = np.full((SINGLES + PAIRS, 3), -1.0)  # readiness, first, second
    _search(best, fillers, items, _served(fillers, items, anchors), gap)
    top = max(best[0, 0], best[SINGLES, 0])
    for b in range(len(best)):
        if best[b, 0] <= 0.0:
            continue
        place = place_for(pool, size, seen, fillers[int(best[b, 1])].item, codes.FILLER)
        if place < 0:
            return
        row = pool[place]
        propensity = priors[codes.FILLER] / 10_000.0 * best[b, 0] / top
        if propensity > row.propensity:
            row.source = codes.FILLERS
            row.second = fillers[int(best[b, 2])].item if best[b, 2] >= 0.0 else -1
            row.reaches_gap = True
            row.propensity = propensity
            row.chance = fillers[int(best[b, 1])].appeal


@kernel
def _served(fillers: Rows, items: Rows, anchors: Rows) -> Rows:
    """Which things are of a need that the cart serves already; bool (fillers,)."""
    served = np.zeros(len(fillers), np.bool_)
    for i in range(len(fillers)):
        for a in range(len(anchors)):
            if anchors[a].since == 0 and items[anchors[a].item].need == items[fillers[i].item].need:
                served[i] = True
    return served


@kernel
def _search(best: Rows, fillers: Rows, items: Rows, served: Rows, gap: int) -> None:
    for i in range(len(fillers)):
        if served[i]:
            continue
        _keep(best, 0, SINGLES, fillers, items, gap, i, -1)
        for j in range(i + 1, min(len(fillers), PAIRED) if items[fillers[i].item].price < gap else 0):
            one, other = items[fillers[i].item], items[fillers[j].item]
            if not served[j] and one.need != other.need and 0 <= other.price < gap:
                _keep(best, SINGLES, SINGLES + PAIRS, fillers, items, gap, i, j)


@kernel
def _keep(best: Rows, first: int, end: int, fillers: Rows, items: Rows, gap: int, i: int, j: int) -> None:
    """Put a thing (or two) in its order among rows first … end of `best`."""
    price = items[fillers[i].item].price
    appeal = fillers[i].appeal
    if j >= 0:
        price += items[fillers[j].item].price
        appeal *= 0.5 * fillers[j].appeal / fillers[0].appeal  # two things to say yes to, instead of one
    if items[fillers[i].item].price < 0 or price < gap:
        return
    readiness = appeal / (1.0 + (price - gap) / gap)
    at = end - 1
    if readiness <= best[at, 0]:
        return
    while at > first and best[at - 1, 0] < readiness:
        best[at] = best[at - 1]
        at -= 1
    best[at, 0] = readiness
    best[at, 1] = i
    best[at, 2] = j
