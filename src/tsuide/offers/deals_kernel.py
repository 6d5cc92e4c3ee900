"""The kernel of deals; compiled by `deals`."""

from tsuide.offers import codes
from tsuide.offers.compiled import Row, Rows, kernel


@kernel
def apply(
    pool: Rows,
    count: int,
    placement: int,
    items: Rows,
    of: Rows,
    promotion: Rows,
    price: Rows,
    list_price: Rows,
    starts: Rows,
    ends: Rows,
    honest_until: Rows,
    kinds: Rows,
    placements: Rows,
    unit: int,
    now: int,
) -> None:
    """Give each candidate the first of its product's deals (the cheapest) that holds; `unit` = basis points of 1."""
    for i in range(count):
        row = pool[i]
        if row.set >= 0 or row.second >= 0 or row.kind == codes.FILLER or row.price <= 0:
            continue
        for at in range(of[row.item], of[row.item + 1]):
            holds = starts[at] <= now < ends[at] and list_price[at] == row.list_price
            if holds and (placements[at] >> placement) & 1 and (kinds[at] >> row.kind) & 1:
                _write(row, items[row.item], price[at], now < honest_until[at], unit)
                row.promotion = promotion[at]
                break


@kernel
def _write(row: Row, item: Row, price: int, honest: bool, unit: int) -> None:  # noqa: FBT001 - a kernel takes no names
    net = price - price * item.tax // (unit + item.tax) if item.tax_included else price
    cut = row.net_price - net
    row.discount = row.price - price
    row.margin -= cut
    row.worth -= cut * row.quantity
    row.net_price = net
    row.price = price
    if not honest:
        row.list_price = price
    row.crossed_out = honest
    row.price_history = honest
