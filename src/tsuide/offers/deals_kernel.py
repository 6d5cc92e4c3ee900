"""The kernel of deals; compiled by `deals`."""

from tsuide.offers import codes
from tsuide.offers.candidates.bundles import MEMBERS
from tsuide.offers.compiled import Row, Rows, kernel
from tsuide.offers.deal_table import MOST_GIFTS


@kernel
def apply(
    pool: Rows,
    count: int,
    placement: int,
    segments: int,
    items: Rows,
    sets: Rows,
    deals: Rows,
    order: Rows,
    of: Rows,
    off: Rows,
    savings: Rows,
    lift: float,
    unit: int,
    now: int,
) -> None:
    """Give each candidate the first of its product's deals (the best) that holds; `unit` = basis points of 1."""
    for i in range(count):
        row = pool[i]
        if row.price > 0 and row.second < 0 and row.kind != codes.FILLER:
            if row.set >= 0:
                _set(row, items, sets, deals, off, savings, placement, segments, now)
            else:
                for at in range(of[row.item], of[row.item + 1]):
                    deal = deals[order[at]]
                    holds = not off[order[at]] and _holds(deal, row.kind, placement, segments, now)
                    if holds and deal.list_price == row.list_price and _there(deal, items):
                        _write(row, items[row.item], deal, now, unit)
                        row.promotion = order[at]
                        break
        if row.promotion >= 0:
            row.context += lift
        elif row.source == codes.PROMOTION:
            row.status = -1  # its campaign is not for this place, or is over


@kernel
def _holds(deal: Row, kind: int, placement: int, segments: int, now: int) -> bool:
    here = (deal.placements >> placement) & 1 == 1 and (deal.kinds >> kind) & 1 == 1
    theirs = deal.segments == 0 or deal.segments & segments != 0
    return bool(here and theirs and deal.starts <= now < deal.ends)


@kernel
def _there(deal: Row, items: Rows) -> bool:
    """Whether what comes free can be had."""
    for g in range(MOST_GIFTS):
        gift = deal.gifts[g]
        if gift == -2 or (gift >= 0 and (items[gift].status != codes.ACTIVE or items[gift].stock == 0)):  # noqa: PLR2004 - not in the catalogue
            return False
    return True


@kernel
def _write(row: Row, item: Row, deal: Row, now: int, unit: int) -> None:
    net = deal.price - deal.price * item.tax // (unit + item.tax) if item.tax_included else deal.price
    cut = row.net_price - net
    row.discount = row.price - deal.price
    row.margin -= cut
    row.worth -= cut * row.quantity
    row.net_price = net
    row.price = deal.price
    row.premium = deal.premium
    if deal.extra >= 0:
        row.margin -= deal.extra
        row.worth -= deal.extra * row.quantity
    else:
        row.margin_basis = codes.UNKNOWN_MARGIN
    honest = row.discount > 0 and now < deal.honest_until
    if not honest:
        row.list_price = deal.price
    row.crossed_out = honest
    row.price_history = honest


@kernel
def _set(
    row: Row,
    items: Rows,
    sets: Rows,
    deals: Rows,
    off: Rows,
    savings: Rows,
    placement: int,
    segments: int,
    now: int,
) -> None:
    """What a set saves comes off what is missing of it; tax and all, so that its margin is never overstated."""
    one = sets[row.set]
    saving = savings[row.set]
    if one.deal >= 0:
        deal = deals[one.deal]
        full = 0
        for m in range(MEMBERS):
            if one.items[m] >= 0:
                full += items[one.items[m]].price
        held = not off[one.deal] and _holds(deal, row.kind, placement, segments, now) and _there(deal, items)
        if not held or full != deal.list_price:
            return
        saving = deal.list_price - deal.price
        row.promotion = one.deal
        row.premium = deal.premium
        if deal.extra < 0:
            row.margin_basis = codes.UNKNOWN_MARGIN
        else:
            row.margin -= deal.extra
            row.worth -= deal.extra * row.quantity
    if saving <= 0 or saving >= row.price:
        row.promotion = -1
        return
    row.discount = saving
    row.price -= saving
    row.net_price -= saving
    row.margin -= saving
    row.worth -= saving * row.quantity
    row.crossed_out = True
    row.price_history = True  # beside it stands what its parts cost one by one, today
