"""The cart read: what it is worth, how it ships, and the anchors that offers go with."""

from typing import Final

import numpy as np

from tsuide.offers.candidates.pool import days_between
from tsuide.offers.compiled import Row, Rows, kernel
from tsuide.offers.records import MOST_MONEY

MOST_ANCHORS: Final = 32
CART_ANCHORS: Final = 24
PAST_ANCHORS: Final = 8
PAST_DAYS: Final = 365
LOOKED_BACK: Final = 24  # newest purchases among which past anchors are found; a record keeps them all

LINE: Final = np.dtype([("item", np.int64), ("quantity", np.int64), ("price", np.int64)])
"""A line of the cart: price of one unit, -1 = the catalogue's."""


@kernel
def read_cart(cart: Rows, looked_at: int, items: Rows, free_at: int, yen: int, request: Row) -> None:
    """Fill the request's columns that tell of the cart.

    `free_at` is the cart value from which shipping is free, -1 = none; `yen` the currency code of JPY, -1 = none.
    Lines beyond MOST_MONEY count as MOST_MONEY.
    """
    value = 0
    dearest = -1
    shipping = -1
    for i in range(len(cart)):
        item = items[cart[i].item]
        price = min(price_of(cart[i], item), MOST_MONEY)
        dearest = max(dearest, price)
        if price > 0:
            value = min(value + min(price * cart[i].quantity, MOST_MONEY), MOST_MONEY)
        if i == 0:
            shipping = item.shipping
        elif shipping != item.shipping:
            shipping = -1
    request.cart_value = value
    request.cart_dearest = dearest
    request.cart_lines = len(cart)
    request.cart_shipping = shipping
    first = cart[0].item if len(cart) > 0 else looked_at
    if first >= 0:
        request.currency = items[first].currency
        request.yen = items[first].currency == yen
    request.gap = max(free_at - value, -1) if free_at >= 0 and len(cart) > 0 else -1


@kernel
def price_of(line: Row, item: Row) -> int:
    """Price of one unit in the cart."""
    return int(item.price if line.price < 0 else line.price)


@kernel
def find_anchors(cart: Rows, looked_at: int, items: Rows, owned: Rows, owned_at: Rows, now: int, anchors: Rows) -> int:
    """Write the anchors: the product looked at, the newest lines of the cart, the newest purchases.

    Returns how many were written.
    """
    count = 0
    if looked_at >= 0:
        count = _anchor(anchors, count, looked_at, 0, False, items[looked_at].price)
    for i in range(len(cart) - 1, -1, -1):
        if count >= CART_ANCHORS:
            break
        count = _anchor(anchors, count, cart[i].item, 0, False, price_of(cart[i], items[cart[i].item]))
    past = 0
    for i in range(len(owned) - 1, max(len(owned) - 1 - LOOKED_BACK, -1), -1):
        days = days_between(owned_at[i], now)
        if days > PAST_DAYS or past >= PAST_ANCHORS or count >= len(anchors):
            break
        if owned[i] >= 0 and owned_at[i] <= now:
            before = count
            count = _anchor(anchors, count, owned[i], max(days, 1), True, items[owned[i]].price)
            past += count - before
    return count


@kernel
def _anchor(anchors: Rows, count: int, item: int, since: int, personal: bool, price: int) -> int:  # noqa: FBT001 - as above
    for a in range(count):
        if anchors[a].item == item:
            return count
    anchors[count].item = item
    anchors[count].since = since
    anchors[count].personal = personal
    anchors[count].price = price
    anchors[count].nearest = -1
    return count + 1
