"""The price ladder: comparable substitutes of one need, from the cheapest per unit to the dearest."""

from typing import Final

import numpy as np

from tsuide.kit.arrays import Bool, Int32, Int64
from tsuide.mining.shelf import Shelf

LARGEST_SIZE_RATIO: Final = 2  # a crate is another purchase than a bottle, whatever it costs per litre


def comparable(shelf: Shelf, item: int, others: Int32) -> Bool:
    """Which of `others` stand on a ladder with `item`: unit prices compare, and sizes within a factor of 2.

    Args:
        shelf: the products.
        item: dense product.
        others: dense products, int32 (others,).
    """
    if shelf.group[item] < 0:
        return np.zeros(len(others), np.bool_)
    small = np.minimum(shelf.size[others], shelf.size[item])
    large = np.maximum(shelf.size[others], shelf.size[item])
    same: Bool = (shelf.group[others] == shelf.group[item]) & (large <= LARGEST_SIZE_RATIO * small)
    return same


def steps_up(shelf: Shelf, item: int, others: Int32) -> Int32:
    """Comparable products that cost more, per unit and per package, nearest first."""
    chosen = others[
        comparable(shelf, item, others)
        & (shelf.unit_price[others] > shelf.unit_price[item])
        & (shelf.price[others] > shelf.price[item])
    ]
    return in_order(shelf, chosen)


def steps_down(shelf: Shelf, item: int, others: Int32) -> Int32:
    """Comparable products that cost less, per unit and per package, nearest first."""
    chosen = others[
        comparable(shelf, item, others)
        & (shelf.unit_price[others] < shelf.unit_price[item])
        & (shelf.price[others] < shelf.price[item])
    ]
    return in_order(shelf, chosen)[::-1]


def in_order(shelf: Shelf, products: Int32) -> Int32:
    """Products by price per unit, then per package, then by their place in the catalogue."""
    keys: tuple[Int32, Int64, Int64] = (products, shelf.price[products], shelf.unit_price[products])
    return products[np.lexsort(keys)]
