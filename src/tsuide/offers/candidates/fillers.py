"""What closes the gap to free shipping or to a discount tier: the best one thing, or two together."""

from typing import Final

import numpy as np

from tsuide.offers import codes
from tsuide.offers.candidates.pool import made_for_another, place_for
from tsuide.offers.compiled import Rows, kernel
from tsuide.offers.records import MOST_MONEY

FILLER: Final = np.dtype([("item", np.int32), ("appeal", np.float64), ("pinned", np.bool_)], align=True)
"""A small thing that comes along easily, and its share of the baskets of several things; best first;
and whether people put it first."""

SINGLES: Final = 12
PAIRS: Final = 6
PAIRED: Final = 40  # of the most appealing things, two are put together


@kernel
def propose(
    pool: Rows,
    size: Rows,
    seen: Rows,
    fillers: Rows,
    items: Rows,
    main_of: Rows,
    mains: Rows,
    anchors: Rows,
    gap: int,
    overshoot: int,
    tier: int,
    counts: Rows,
    priors: Rows,
) -> None:
    """The things, then the pairs of things, that close the gap with the least beyond it and the most appeal.

    What costs more beyond the gap than `overshoot` (a share of it, basis points; -1 = no limit) takes no place from
    what the policy lets through. Who has milk in the cart is not sent to free shipping with more milk: a need that is
    served fills nothing. `tier` is the discount tier that it leads to, -1 = free shipping; `counts` says which of the
    fillers count for it, bool (fillers,), empty = all.

    Readiness = appeal × 1 / (1 + overshoot / gap); P is the kind's prior × readiness over the best readiness.
    """
    if gap <= 0 or len(fillers) == 0:
        return
    best = np.full((SINGLES + PAIRS, 3), -1.0)  # readiness, first, second
    served = _served(fillers, items, main_of, mains, anchors)
    for i in range(len(counts)):
        served[i] |= not counts[i]
    _search(best, fillers, items, served, gap, overshoot)
    top = max(best[0, 0], best[SINGLES, 0])
    _put_first(pool, size, seen, fillers, items, served, gap, overshoot, tier, priors, top)
    for b in range(len(best)):
        if best[b, 0] <= 0.0:
            continue
        place = place_for(pool, size, seen, fillers[int(best[b, 1])].item, codes.FILLER)
        if place < 0:
            return
        row = pool[place]
        propensity = priors[codes.FILLER] / 10_000.0 * best[b, 0] / top
        if propensity > row.propensity and not row.pinned:
            row.source = codes.FILLERS
            row.second = fillers[int(best[b, 2])].item if best[b, 2] >= 0.0 else -1
            row.group = tier
            row.reaches_gap = True
            row.propensity = propensity
            row.chance = fillers[int(best[b, 1])].appeal


@kernel
def _put_first(
    pool: Rows,
    size: Rows,
    seen: Rows,
    fillers: Rows,
    items: Rows,
    served: Rows,
    gap: int,
    overshoot: int,
    tier: int,
    priors: Rows,
    top: float,
) -> None:
    """What people put first, where it closes the gap by itself within the same bounds."""
    most = _most(gap, overshoot)
    for i in range(len(fillers)):
        price = items[fillers[i].item].price
        if not fillers[i].pinned or served[i] or price < gap or price > most:
            continue
        place = place_for(pool, size, seen, fillers[i].item, codes.FILLER)
        if place < 0:
            return
        row = pool[place]
        row.source = codes.FILLERS
        row.group = tier
        row.reaches_gap = True
        row.propensity = priors[codes.FILLER] / 10_000.0 * _readiness(fillers[i].appeal, price, gap) / top
        row.chance = fillers[i].appeal
        row.pinned = True


@kernel
def _most(gap: int, overshoot: int) -> int:
    return int(gap + gap * overshoot // 10_000 if overshoot >= 0 else MOST_MONEY)


@kernel
def _readiness(appeal: float, price: int, gap: int) -> float:
    return appeal / (1.0 + (price - gap) / gap)


@kernel
def _served(fillers: Rows, items: Rows, main_of: Rows, mains: Rows, anchors: Rows) -> Rows:
    """Which things fill nothing: of a need that is served already, made for another model, a plan or a lesson.

    bool (fillers,).
    """
    served = np.zeros(len(fillers), np.bool_)
    for i in range(len(fillers)):
        served[i] = items[fillers[i].item].kind != codes.PHYSICAL_PRODUCT
        served[i] |= made_for_another(main_of, mains, fillers[i].item, anchors)
        for a in range(len(anchors)):
            if anchors[a].since == 0 and items[anchors[a].item].need == items[fillers[i].item].need:
                served[i] = True
    return served


@kernel
def _search(best: Rows, fillers: Rows, items: Rows, served: Rows, gap: int, overshoot: int) -> None:
    most = _most(gap, overshoot)
    for i in range(len(fillers)):
        if served[i]:
            continue
        _keep(best, 0, SINGLES, fillers, items, gap, most, i, -1)
        for j in range(i + 1, min(len(fillers), PAIRED) if items[fillers[i].item].price < gap else 0):
            one, other = items[fillers[i].item], items[fillers[j].item]
            if not served[j] and one.need != other.need and 0 <= other.price < gap:
                _keep(best, SINGLES, SINGLES + PAIRS, fillers, items, gap, most, i, j)


@kernel
def _keep(best: Rows, first: int, end: int, fillers: Rows, items: Rows, gap: int, most: int, i: int, j: int) -> None:
    """Put a thing (or two) in its order among rows first … end of `best`."""
    price = items[fillers[i].item].price
    appeal = fillers[i].appeal
    if j >= 0:
        price += items[fillers[j].item].price
        appeal *= 0.5 * fillers[j].appeal / fillers[0].appeal  # two things to say yes to, instead of one
    if items[fillers[i].item].price < 0 or price < gap or price > most:
        return
    readiness = _readiness(appeal, price, gap)
    at = end - 1
    if readiness <= best[at, 0]:
        return
    while at > first and best[at - 1, 0] < readiness:
        best[at] = best[at - 1]
        at -= 1
    best[at, 0] = readiness
    best[at, 1] = i
    best[at, 2] = j
