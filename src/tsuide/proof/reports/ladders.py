"""Ladders: products of one need in price order, for the better model and for the one that fits the budget."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from tsuide.kit.text import fold
from tsuide.mining.alternatives import Alternatives, FittedAlternatives
from tsuide.mining.differences import Difference
from tsuide.proof.reports.material import Material

_LOOKED_AT: Final = 400  # best sold products whose ladders are built
_RUNGS: Final = 5
_LEAST: Final = 1.05  # a next rung dearer than this: less is no step
_STEP: Final = 3.0  # a next rung dearer than this many times is another need, or at least another customer


@dataclass(frozen=True, slots=True)
class Rung:
    """One product on a ladder.

    Args:
        item: dense item.
        orders: orders that contain it.
        better: in what it differs from the rung below: (attribute, below, here); empty on the lowest.
    """

    item: int
    orders: int
    better: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Ladder:
    """Substitutes of one need, cheapest first; at least two, each dearer than the one below.

    Args:
        need: the category's name, or empty.
    """

    need: str
    rungs: tuple[Rung, ...]

    @property
    def orders(self) -> int:
        """Orders of all its products."""
        return sum(rung.orders for rung in self.rungs)


@dataclass(frozen=True, slots=True)
class Ladders:
    """What `ladders` found.

    Args:
        ladders: those with the most orders first.
        missing: what the catalogue would have to say: prices, categories, names; empty where it says enough.
    """

    ladders: tuple[Ladder, ...]
    missing: tuple[str, ...]


def ladders(material: Material, top: int) -> Ladders:
    """Substitutes of one need in price order, around the products that sell best.

    Args:
        material: orders and what is known of products.
        top: at most so many ladders.
    """
    products = sold_products(material)
    missing = _missing(products)
    if missing:
        return Ladders((), missing)
    orders = material.baskets.count_of_item()
    index = material.baskets.item_ids
    best = np.argsort(-orders, kind="stable")[:_LOOKED_AT]
    products = _beside(products, [index[item] for item in best.tolist()])
    fitted = Alternatives().fit(products, material.baskets)
    categories = dict(zip(products["id"], products["category"].list.last(), strict=True))
    found: list[Ladder] = []
    taken: set[int] = set()
    told: set[str] = set()  # names on a ladder: the same name twice tells a reader nothing
    for item in best.tolist():
        if item in taken or material.name(index[item]) in told:
            continue
        ids = [name for name in _ids(fitted, index[item]) if index.position(name) not in taken]
        rungs = _rungs(fitted, material, ids, index[item])
        if len(rungs) > 1:
            taken |= {rung.item for rung in rungs}
            told |= {material.name(index[rung.item]) for rung in rungs}
            found.append(Ladder(str(categories.get(index[item]) or ""), rungs))
    found.sort(key=lambda ladder: -ladder.orders)
    return Ladders(tuple(found[:top]), ())


def _beside(products: pl.DataFrame, best: list[str]) -> pl.DataFrame:
    """The products that can stand on a ladder with one of `best`: of its category, or of none."""
    category = pl.col("category").list.join("\x1f")
    wanted = products.filter(pl.col("id").is_in(best)).select(category.alias("path")).unique()
    known = products.with_columns(category.alias("path"))
    return known.filter(pl.col("path").is_in(wanted["path"].to_list()) | pl.col("path").is_null()).drop("path")


def sold_products(material: Material) -> pl.DataFrame:
    """The catalogue's rows of products that were sold, each with a price where one is known at all."""
    sold = pl.DataFrame({"id": material.baskets.item_ids.ids})
    charged = pl.DataFrame(
        {"id": list(material.prices), "charged": list(material.prices.values())},
        schema={"id": pl.String, "charged": pl.Int64},
    )
    return (
        material.products.join(sold, on="id", how="semi")
        .join(charged, on="id", how="left", maintain_order="left")
        .with_columns(price=pl.col("charged"), currency=pl.lit(material.currency), title=pl.col("title").fill_null(""))
        .drop("charged")
        .filter(pl.col("status").fill_null("active") == "active")
    )


def _missing(products: pl.DataFrame) -> tuple[str, ...]:
    if products.is_empty():
        return ("names", "categories")
    wanted = {
        "names": products.filter(pl.col("title").is_in(["", None]) | (pl.col("title") == pl.col("id"))),
        "categories": products.filter(pl.col("category").list.len().fill_null(0) == 0),
        "prices": products.filter(pl.col("price").is_null()),
    }
    # without categories, names alone may still tell what replaces what; without both nothing does
    lacking = tuple(name for name, rows in wanted.items() if rows.height == products.height)
    return () if lacking in {("names",), ("categories",)} else lacking


def _ids(fitted: FittedAlternatives, item: str) -> list[str]:
    if fitted.shelf.ids.position(item) < 0:
        return []
    return [str(other) for other in fitted.ladder(item)["item"]]


def _rungs(fitted: FittedAlternatives, material: Material, ids: list[str], around: str) -> tuple[Rung, ...]:
    """What sells best of each price, at most five in steps of at most three times, `around` among them."""
    index, orders = material.baskets.item_ids, material.baskets.count_of_item()

    def sold(name: str) -> int:
        return int(orders[index.position(name)])

    priced = [(material.prices[name], name) for name in ids if name in material.prices]
    best_of_price: dict[int, str] = {}
    for price, name in priced:
        held = best_of_price.get(price)
        if held is None or name == around or (held != around and sold(held) < sold(name)):
            best_of_price[price] = name
    if around not in best_of_price.values():
        return ()
    first = material.prices[around]
    best_of_price = _distinct(best_of_price, around, material)
    kept = sorted(best_of_price, key=lambda price: (price != first, -sold(best_of_price[price])))[:_RUNGS]
    best = _near(sorted(kept), first)
    rungs: list[Rung] = []
    below: str | None = None
    for price in best:
        name = best_of_price[price]
        place = index.position(name)
        better = () if below is None else _better(fitted.difference(below, name), fold(material.name(name)))
        rungs.append(Rung(place, int(orders[place]), better))
        below = name
    return tuple(rungs)


def _distinct(best_of_price: dict[int, str], around: str, material: Material) -> dict[int, str]:
    """Without what a customer could not tell from a rung below it: the same name, or nearly the same price."""
    names = {material.name(around)}
    kept: dict[int, str] = {material.prices[around]: around}
    for price, name in sorted(best_of_price.items()):
        told = material.name(name)
        near = any(max(price, other) < _LEAST * min(price, other) for other in kept)
        if name != around and told not in names and not near:
            names.add(told)
            kept[price] = name
    return kept


def _near(prices: list[int], first: int) -> list[int]:
    """The run of ascending prices around `first` in which each is at most three times the one below.

    >>> _near([100, 1000, 1500, 9000], 1500)
    [1000, 1500]
    """
    at = prices.index(first)
    low = high = at
    while low > 0 and prices[low] <= _STEP * prices[low - 1]:
        low -= 1
    while high + 1 < len(prices) and prices[high + 1] <= _STEP * prices[high]:
        high += 1
    return prices[low : high + 1]


def _better(difference: Difference, name: str) -> tuple[tuple[str, str, str], ...]:
    told = [
        (key, below or "–", here or "–")
        for key, (below, here) in difference.attributes.items()
        if key not in {"title", "category"} and here and fold(here) not in name
    ]
    return tuple(told[:3])
