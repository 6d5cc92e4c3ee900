"""Pairs that sell together: both directions as one row, told in the direction of the offer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
import polars as pl

from tsuide.kit.arrays import Int64
from tsuide.mining.baskets import Baskets
from tsuide.proof.reports.evidence import Certainty, adjusted, certainty, orders_needed

Direction: TypeAlias = Literal["to", "both"]

_ONE_WAY: Final = 1.5  # prices, else confidences, that differ by this factor make the pair one-way


@dataclass(frozen=True, slots=True)
class Pair:
    """Buyers of `first` also take `second`.

    Args:
        first: dense item to whose buyers the other one is offered.
        second: dense item to offer.
        count: orders with both; `n_first`, `n_second`: orders with each.
        lift: times more often than chance; `low`, `high`: its 95 % interval.
        adjusted_p: p-value of "no more than chance", corrected for the number of pairs tested.
        certainty: sure (< .001), likely (< .05), open.
        direction: to (the second is clearly cheaper or, with like prices, the first clearly rarer), both.
    """

    first: int
    second: int
    count: int
    n_first: int
    n_second: int
    lift: float
    low: float
    high: float
    adjusted_p: float
    certainty: Certainty
    direction: Direction


@dataclass(frozen=True, slots=True)
class Together:
    """What `together` found.

    Args:
        pairs: sure and likely ones, best first; of different categories where these are known.
        siblings: sure and likely ones within one category: flavours, sizes, sets.
        open_pairs: seen together, but chance is not excluded; strongest first.
        found: how many sure and likely ones there are in all; `sure`: how many of them are sure.
        tested: how many pairs were tested.
        several: orders with at least two different products.
        needed: orders that would settle the strongest open pair, were the shares to stay; 0 where unknown.
    """

    pairs: tuple[Pair, ...]
    siblings: tuple[Pair, ...]
    open_pairs: tuple[Pair, ...]
    found: int
    sure: int
    tested: int
    several: int
    needed: int


def together(
    found: pl.DataFrame,
    baskets: Baskets,
    tested: int,
    top: int,
    *,
    prices: Mapping[str, int] | None = None,
    kinds: Int64 | None = None,
) -> Together:
    """Fold the complements' frame (anchor, item, count, lift, lift_low, lift_high, p_value) into pairs.

    Args:
        found: one row per direction, ids as strings.
        baskets: what it was fitted on.
        tested: how many pairs were tested, for the correction.
        top: at most so many pairs of each sort.
        prices: id → price: the clearly cheaper of a pair is the one to offer.
        kinds: dense category of each dense item, -1 = not known; int64 (items,).
    """
    several = int((np.diff(baskets.items_of) > 1).sum())
    if found.is_empty():
        return Together((), (), (), 0, 0, tested, several, 0)
    once = _once(found, baskets)
    p_value = adjusted(once["p_value"].to_numpy(), tested)
    orders = baskets.count_of_item()
    given = prices or {}
    price = np.array([given.get(name, 0) for name in baskets.item_ids.ids], dtype=np.int64)
    once = (
        once.with_columns(pl.Series("adjusted_p", p_value))
        .with_columns(
            (pl.col("lift_low").clip(1.0).log() * pl.col("count").sqrt()).alias("strength"),
            pl.Series("sure", [certainty(p) for p in p_value]),
        )
        .sort(["strength", "count", "a", "b"], descending=[True, True, False, False])
    )
    above = once.filter(pl.col("lift") > 1)
    known = above.filter(pl.col("sure") != "open")
    same = known.filter(same_kind(known["a"], known["b"], kinds))
    across = known.filter(~same_kind(known["a"], known["b"], kinds))
    unknown = above.filter(pl.col("sure") == "open").sort("adjusted_p", "a", "b")
    return Together(
        tuple(_pair(row, orders, price) for row in across.head(top).iter_rows(named=True)),
        tuple(_pair(row, orders, price) for row in same.head(top).iter_rows(named=True)),
        tuple(_pair(row, orders, price) for row in unknown.head(top).iter_rows(named=True)),
        len(across),
        int((across["sure"] == "sure").sum()),
        tested,
        several,
        _needed(unknown, orders, baskets.n_baskets, tested),
    )


def same_kind(first: pl.Series, second: pl.Series, kinds: Int64 | None) -> pl.Series:
    """Whether two dense items are of one known category; `kinds`: dense category of each item, -1 = not known."""
    if kinds is None:
        return pl.Series([False]).new_from_index(0, len(first))
    a, b = kinds[first.to_numpy()], kinds[second.to_numpy()]
    return pl.Series((a == b) & (a >= 0))


def _once(found: pl.DataFrame, baskets: Baskets) -> pl.DataFrame:
    """Each unordered pair once, as dense items a < b."""
    a = baskets.item_ids.positions(found["anchor"].to_list())
    b = baskets.item_ids.positions(found["item"].to_list())
    return (
        found.select("count", "lift", "lift_low", "lift_high", "p_value")
        .with_columns(pl.Series("a", np.minimum(a, b)), pl.Series("b", np.maximum(a, b)))
        .unique(["a", "b"], keep="first", maintain_order=True)
    )


def _pair(row: dict[str, float], orders: Int64, price: Int64) -> Pair:
    a, b = int(row["a"]), int(row["b"])
    if min(price[a], price[b]) > 0 and max(price[a], price[b]) >= _ONE_WAY * min(price[a], price[b]):
        # nobody is offered a camera because they take a card
        first, second = (a, b) if price[a] > price[b] else (b, a)
        one_way = True
    else:
        # the rarer one's buyers take the other more often: confidence is count / n
        first, second = (a, b) if (orders[a], a) <= (orders[b], b) else (b, a)
        one_way = bool(orders[second] >= _ONE_WAY * orders[first])
    return Pair(
        first=first,
        second=second,
        count=int(row["count"]),
        n_first=int(orders[first]),
        n_second=int(orders[second]),
        lift=float(row["lift"]),
        low=float(row["lift_low"]),
        high=float(row["lift_high"]),
        adjusted_p=float(row["adjusted_p"]),
        certainty=certainty(float(row["adjusted_p"])),
        direction="to" if one_way else "both",
    )


def _needed(unknown: pl.DataFrame, orders: Int64, n_orders: int, tested: int) -> int:
    """Orders that would settle the first of the open pairs that can be settled; 0 without one."""
    for row in unknown.head(20).iter_rows(named=True):
        needed = orders_needed(row["count"], orders[row["a"]], orders[row["b"]], n_orders, tested)
        if needed:
            return max(needed, n_orders + 1)
    return 0
