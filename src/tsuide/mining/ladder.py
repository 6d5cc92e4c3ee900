"""The price ladder: comparable substitutes of one need, from the cheapest per unit to the dearest."""

from typing import Final

import numpy as np
import numpy.typing as npt

from tsuide.kit.arrays import Bool, Int32, Int64
from tsuide.mining.rungs import LOOSE
from tsuide.mining.shelf import Shelf

LARGEST_SIZE_RATIO: Final = 2  # a crate is another purchase than a bottle, whatever it costs per litre

SMALLEST_STEP: Final = (21, 20)  # five in a hundred: a few cents are the same rung
LARGEST_STEP: Final = 4  # what costs more than four times as much is another purchase
LARGEST_LOOSE_STEP: Final = 2  # where the prices of a need lie far apart, it may hold several kinds of things

Int8 = npt.NDArray[np.int8]


def comparable(shelf: Shelf, item: Int32, other: Int32) -> Bool:
    """Whether each pair stands on one ladder.

    Both prices have a footing (see mining/rungs.py), unit prices compare, sizes lie within a factor of 2, prices within
    one of 4 (of 2 where a need's prices lie far apart).

    Args:
        shelf: the products.
        item: dense products, int32; -1 = none.
        other: dense products, of a shape that broadcasts with it.
    """
    known = (item >= 0) & (other >= 0) & (shelf.price[item] >= 0) & (shelf.price[other] >= 0)
    footing = np.maximum(shelf.footing[item], shelf.footing[other])
    farthest = np.where(footing == LOOSE, LARGEST_LOOSE_STEP, LARGEST_STEP)
    near = _within(shelf.price[item], shelf.price[other], farthest) & _within(
        shelf.unit_price[item], shelf.unit_price[other], farthest
    )
    small = np.minimum(shelf.size[other], shelf.size[item])
    large = np.maximum(shelf.size[other], shelf.size[item])
    fits = (shelf.group[other] == shelf.group[item]) & (large <= LARGEST_SIZE_RATIO * small)
    same: Bool = known & fits & near & (footing <= LOOSE)
    return same


def _within(one: Int64, other: Int64, factor: npt.NDArray[np.int64]) -> Bool:
    """Whether the larger is at most `factor` times the smaller."""
    close: Bool = np.maximum(one, other) <= factor * np.minimum(one, other)
    return close


def steps(shelf: Shelf, item: Int32, other: Int32) -> Int8:
    """1 where `other` is a step up, −1 a step down, 0 neither; int8, shape of both broadcast.

    Up costs at least 5 % more per unit and per package, down less: a smaller package at a lower price but a
    higher price per unit is neither.
    """
    on_one_ladder = comparable(shelf, item, other)
    per_unit = _sides(shelf.unit_price[item], shelf.unit_price[other])
    per_package = _sides(shelf.price[item], shelf.price[other])
    return np.where(on_one_ladder & (per_unit == per_package), per_unit, 0).astype(np.int8)


def _sides(of_item: Int64, of_other: Int64) -> Int8:
    """1 where the other costs clearly more, −1 clearly less, 0 about the same."""
    many, few = SMALLEST_STEP
    more = few * of_other >= many * of_item
    less = many * of_other <= few * of_item
    return more.astype(np.int8) - less.astype(np.int8)


def in_order(shelf: Shelf, products: Int32) -> Int32:
    """Products by price per unit, then per package, then by their place in the catalogue."""
    keys = (products, shelf.price[products], shelf.unit_price[products])
    ordered: Int32 = products[np.lexsort(keys)]
    return ordered
