"""Which products have a price on which a rung of a ladder can stand, and how far rungs may lie apart.

A ladder says "better" and "cheaper" by price, so it needs a price that means something: one at which the product is
usually sold, for a known amount, in a need that holds one kind of thing. Thresholds were chosen on half of the
demo's categories and looked at on the other half; docs/benchmarks.md has the figures.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from tsuide.kit.arrays import Bool, Float64, Int32, Int64, frozen
from tsuide.mining.baskets import Baskets
from tsuide.mining.index import Index
from tsuide.mining.sizes import without_sizes

Footing = npt.NDArray[np.uint8]

FOOTINGS: Final = ("firm", "loose", "few_sales", "no_usual_price", "no_size", "far_below", "nameless")
FIRM, LOOSE, FEW_SALES, NO_USUAL_PRICE, NO_SIZE, FAR_BELOW, NAMELESS = range(len(FOOTINGS))

FEWEST_SALES: Final = 3  # that make a price, where the catalogue states none
JUDGED: Final = 5  # sales from which it can be said whether there is a usual price
USUAL: Final = 0.5  # share of sales within a tenth of one price, below which it has no usual price: sold by weight
WITHIN: Final = 1.1
ESTABLISHED: Final = 20  # sales after which even a very low price is believed, or as many as is usual in its need
LOW: Final = 1 / 2  # of the median of its need
SIZED: Final = 1 / 3  # share of a need that states sizes, from which a product without one does not compare
WIDE: Final = 4.0  # dearest over cheapest tenth of a need's unit prices, from which it may hold several kinds of things
FEWEST_OF_NEED: Final = 5
SAME_TITLES: Final = 0.3  # distinct titles per product, without sizes, below which titles tell products not apart
HALF_LIFE: Final = 180 * 86_400_000_000  # of a sale's weight in the usual price, microseconds


@dataclass(frozen=True, slots=True, eq=False)
class Sold:
    """What each product was sold for.

    Args:
        price: the usual one: median of its sales, the recent ones weighing more; int64 (products,), -1 = never sold.
        sales: entries of baskets with a price, int64 (products,).
        usual: largest share of them within a tenth of one price, float64 (products,); 0 = never sold.
    """

    price: Int64
    sales: Int64
    usual: Float64


def sold_for(ids: Index, baskets: Baskets | None) -> Sold:
    """Usual prices from baskets; items that the catalogue lacks are left out.

    Args:
        ids: dense product ↔ id.
        baskets: with prices; None counts as no sales.

    >>> lines = pl.DataFrame({"o": list("abcde"), "i": ["x"] * 5, "p": [100, 100, 104, 99, 20]})
    >>> sold = sold_for(Index.of(["x", "y"]), Baskets.from_frame(lines, basket="o", item="i", price="p"))
    >>> sold.price.tolist(), sold.sales.tolist(), sold.usual.tolist()
    ([100, -1], [5, 0], [0.8, 0.0])
    """
    price, sales, usual = np.full(len(ids), -1, np.int64), np.zeros(len(ids), np.int64), np.zeros(len(ids))
    if baskets is not None and (baskets.price > 0).any():
        table = _price_table(baskets)
        item = table["item"].to_numpy()
        first = np.flatnonzero(np.r_[True, item[1:] != item[:-1]])
        place = ids.positions(baskets.item_ids.series(item[first]).to_list())
        known = place >= 0
        n = np.add.reduceat(table["n"].to_numpy().astype(np.int64), first)
        price[place[known]] = _medians(table, first)[known]
        sales[place[known]] = n[known]
        usual[place[known]] = (_densest(table, first) / n)[known]
    return Sold(frozen(price), frozen(sales), frozen(usual))


def _price_table(baskets: Baskets) -> pl.DataFrame:
    """item, price, n (sales), weight (of them), ascending."""
    frame = pl.DataFrame({"item": baskets.item, "price": baskets.price})
    weight: pl.Expr = pl.len().cast(pl.Float64)
    if baskets.has_time:
        age = (baskets.time[-1] - baskets.time) / HALF_LIFE
        frame = frame.with_columns(recent=np.repeat(np.exp2(-age), np.diff(baskets.items_of)))
        weight = pl.col("recent").sum()
    sold = frame.filter(pl.col("price") > 0).group_by("item", "price").agg(n=pl.len(), weight=weight)
    return sold.sort("item", "price")


def _medians(table: pl.DataFrame, first: Int64) -> Int64:
    """Weighted median price of each item, the lower one of two; int64 (items,)."""
    weight = np.cumsum(table["weight"].to_numpy())
    before = np.r_[0.0, weight][first]
    whole = np.r_[weight[first[1:] - 1], weight[-1]] - before
    at = np.searchsorted(weight, before + whole / 2 * (1 - 1e-9))
    median: Int64 = table["price"].to_numpy()[at]
    return median


def _densest(table: pl.DataFrame, first: Int64) -> Int64:
    """Most sales of each item at prices p … WITHIN · p; int64 (items,)."""
    key = table["item"].to_numpy() * 64.0 + np.log(table["price"].to_numpy())  # log of an int64 is below 44
    n = np.r_[0, np.cumsum(table["n"].to_numpy().astype(np.int64))]
    end = np.searchsorted(key, key + np.log(WITHIN), side="right")
    most: Int64 = np.maximum.reduceat(n[end] - n[:-1], first)
    return most


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """What decides whether a product has a footing.

    Args:
        need: code of the narrowest category, -1 = none; int32 (products,).
        broad: code of the category above it, of it where there is none above; -1 = none; int32 (products,).
        group: equal where unit prices compare; int32 (products,).
        size: milli-units, 0 = not known; int64 (products,).
        unit_price: minor units, -1 = not known; int64 (products,).
        listed: whether the catalogue states the price, bool (products,).
        title: code, -1 = none; int32 (products,).
        titles: code ↔ title.
    """

    need: Int32
    broad: Int32
    group: Int32
    size: Int64
    unit_price: Int64
    listed: Bool
    title: Int32
    titles: Index


def footing_of(these: Compared, sold: Sold) -> Footing:
    """How firmly each product stands: a code of FOOTINGS, uint8 (products,); above LOOSE it is on no ladder.

    | | |
    |---|---|
    | firm | its price compares |
    | loose | its need's prices lie far apart: only near rungs compare |
    | few_sales | not listed and hardly sold: no price to speak of |
    | no_usual_price | hardly two sales alike, as of what is sold by weight (or its need is, and nothing tells) |
    | no_size | others of its need state how much is in the package |
    | far_below | under half of its need's median, and hardly sold: a clearance, or an error |
    | nameless | neither size nor title tells what it is: its need's titles repeat |
    """
    sized, priced = these.size > 0, these.unit_price > 0
    needed = these.need >= 0
    of_need = np.where(needed, these.need, int(these.need.max(initial=-1)) + 1)
    weighed = _weighed(these, sold)
    low, median, high = _quantiles_of_need(of_need, these.group, these.unit_price, needed & priced & ~weighed)
    wide = high > WIDE * low
    nameless = _undistinguished(these, of_need, needed & ~sized)
    _, often, _ = _quantiles_of_need(of_need, np.zeros_like(these.group), sold.sales, needed)
    rarely = (sold.sales > 0) & (sold.sales < np.clip(often, FEWEST_SALES, ESTABLISHED))
    below = ~wide & (these.unit_price < LOW * median) & rarely
    unsized = ~sized & needed & (_share(of_need, sized, needed) >= SIZED)
    unpriced = ~these.listed & (sold.sales < FEWEST_SALES)
    found = np.where(wide, LOOSE, FIRM)
    for code, holds in (
        (NAMELESS, nameless),
        (FAR_BELOW, below),
        (NO_SIZE, unsized),
        (NO_USUAL_PRICE, weighed),
        (FEW_SALES, unpriced),
    ):
        found = np.where(holds & priced, code, found)
    return found.astype(np.uint8)


def _weighed(these: Compared, sold: Sold) -> Bool:
    """Whether each product is sold by weight: has no usual price, or states no size where hardly any has one."""
    judged = sold.sales >= JUDGED
    varying = judged & (sold.usual < USUAL)
    most = np.zeros(len(varying), np.bool_)
    for of in (these.broad, these.need):  # the need decides where it knows enough
        share = _share(of, varying, judged & (of >= 0))
        most = np.where(np.isnan(share), most, share > 1 / 2)
    weighed: Bool = varying | (~judged & (these.size == 0) & (these.need >= 0) & most)
    return weighed


def _share(of_need: Int32, among: Bool, of: Bool) -> Float64:
    """Share of each product's need; NaN where fewer than FEWEST_OF_NEED count. float64 (products,)."""
    rows = of_need + 1  # none is a row of its own
    whole = np.bincount(rows, of)
    part = np.bincount(rows, among & of)
    share = np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole >= FEWEST_OF_NEED)
    mine: Float64 = share[rows]
    return mine


def _quantiles_of_need(of_need: Int32, group: Int32, of: Int64, counts: Bool) -> tuple[Float64, Float64, Float64]:
    """Lower tenth, median and upper tenth of `of` among what compares in each product's need; float64 (products,).

    0, 0, 0 where fewer than FEWEST_OF_NEED count.
    """
    key = of_need.astype(np.int64) * (int(group.max(initial=0)) + 1) + group
    there = np.flatnonzero(counts)
    order = there[np.lexsort((of[there], key[there]))]
    start = np.searchsorted(key[order], key, side="left")
    n = np.searchsorted(key[order], key, side="right") - start
    enough = n >= FEWEST_OF_NEED
    low, median, high = np.zeros((3, len(key)))
    for values, quantile in ((low, 0.1), (median, 0.5), (high, 0.9)):
        at = start[enough] + np.rint(quantile * (n[enough] - 1)).astype(np.int64)
        values[enough] = of[order[at]]
    return low, median, high


def _undistinguished(these: Compared, of_need: Int32, asked: Bool) -> Bool:
    """Whether, among those asked about, the titles of a product's need repeat; bool (products,)."""
    rows = np.flatnonzero(asked)
    used, code = np.unique(these.title[rows], return_inverse=True)
    names = [without_sizes(these.titles[int(title)]) if title >= 0 else "" for title in used]
    frame = pl.DataFrame(
        {"need": of_need[rows], "name": pl.Series(names, dtype=pl.String).gather(code) if len(rows) else []},
        schema_overrides={"name": pl.String},
    )
    few = pl.col("name").n_unique() < SAME_TITLES * pl.len()
    found = np.zeros(len(asked), np.bool_)
    found[rows] = frame.select(few.over("need"))["name"].to_numpy()
    return found
