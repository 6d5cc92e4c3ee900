"""Queries of completion as arrays: carts, whose they are, and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from tsuide.errors import BadArray
from tsuide.kit.arrays import Float32, Int32, Int64
from tsuide.kit.clock import MICROS_PER_DAY
from tsuide.mining.baskets import Baskets
from tsuide.mining.index import Index

_LARGE: Final = 4  # carts that say something; the protocol's least size, lowered where a shop's are smaller


@dataclass(frozen=True, slots=True, eq=False)
class Carts:
    """What lies in each cart, dense items of one index.

    Args:
        cart_of: items of cart q are `item[cart_of[q]:cart_of[q + 1]]`; int64 (carts + 1,).
        item: distinct within a cart; int32 (entries,).
        customer: dense, -1 = not known; int32 (carts,).
    """

    cart_of: Int64
    item: Int32
    customer: Int32

    def __len__(self) -> int:
        return len(self.customer)


def carts_of(carts: Sequence[Sequence[str]], customer: Int32, item_ids: Index) -> Carts:
    """Carts given as ids; unknown and repeated items are left out.

    Raises:
        BadArray: a cart is a single string, or there are not as many customers as carts.
    """
    if isinstance(carts, str) or any(isinstance(cart, str) for cart in carts):
        raise BadArray("each cart is a list of item ids", key="carts", value=carts, way_out='write [["a", "b"]]')
    if len(carts) != len(customer):
        raise BadArray(
            "as many customers as carts are needed", key="customers", value=f"{len(customer)} for {len(carts)}"
        )
    places = item_ids.places
    dense = [sorted({places[item] for item in cart if item in places}) for cart in carts]
    cart_of = np.zeros(len(dense) + 1, np.int64)
    np.cumsum([len(cart) for cart in dense], out=cart_of[1:])
    return Carts(cart_of, np.array([item for cart in dense for item in cart], np.int32), customer)


@dataclass(frozen=True, slots=True, eq=False)
class Hidden:
    """Carts from which one item was taken.

    Args:
        carts: the rest.
        item: what was hidden, dense; int32 (queries,).
        basket: from which basket; int64 (queries,).
        time: of that basket, microseconds; int64 (queries,).
    """

    carts: Carts
    item: Int32
    basket: Int64
    time: Int64


def hide_one(baskets: Baskets, item_ids: Index, *, most: int, seed: int, least: int = _LARGE) -> Hidden:
    """Take one random item from each of at most `most` random baskets of at least `least` items.

    Only items of `item_ids` count. Where fewer than a fifth of the baskets are so large, `least` falls to 2.

    >>> import polars as pl
    >>> lines = pl.DataFrame({"order": ["o1", "o1", "o2"], "sku": ["a", "b", "b"]})
    >>> baskets = Baskets.from_frame(lines, basket="order", item="sku")
    >>> hidden = hide_one(baskets, baskets.item_ids, most=9, seed=0)
    >>> sorted([*hidden.item.tolist(), *hidden.carts.item.tolist()]), hidden.basket.tolist()
    ([0, 1], [0])
    """
    dense = item_ids.positions(baskets.item_ids.ids)[baskets.item]
    known = dense >= 0
    size = np.bincount(baskets.basket_of_entry()[known], minlength=baskets.n_baskets)
    begins = np.concatenate([[0], np.cumsum(size)])
    dense = dense[known]
    while least > 2 and (size >= least).sum() < (size >= 2).sum() / 5:  # noqa: PLR2004  # a cart and a hidden item
        least -= 1
    random = np.random.default_rng(seed)
    fit = np.flatnonzero(size >= least)
    chosen = np.sort(random.choice(fit, min(most, len(fit)), replace=False))
    hidden = begins[chosen] + random.integers(0, np.maximum(1, size[chosen]))
    in_chosen = np.concatenate([np.arange(begins[b], begins[b + 1]) for b in chosen] or [np.empty(0, np.int64)])
    rest = np.setdiff1d(in_chosen, hidden, assume_unique=True)
    cart_of = np.concatenate([[0], np.cumsum(size[chosen] - 1)]).astype(np.int64)
    return Hidden(
        Carts(cart_of, dense[rest].astype(np.int32), baskets.customer[chosen]),
        dense[hidden].astype(np.int32),
        chosen,
        baskets.time[chosen],
    )


def days_after(time: Int64, end: int) -> Float32:
    """Days from `end` to each time, 0 where it is earlier."""
    return (np.maximum(0, time - end) / MICROS_PER_DAY).astype(np.float32)
