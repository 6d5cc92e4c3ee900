"""What else fills the same need, what is a step better or a step cheaper, and in what they differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl

from tsuide.errors import BadArray, BadValue, UnknownProduct
from tsuide.kit.arrays import Float32, Int32, frozen
from tsuide.mining import ladder, substitutes
from tsuide.mining.baskets import Baskets
from tsuide.mining.fitted import Arrays, Meta
from tsuide.mining.shelf import Shelf, shelf_of
from tsuide.mining.text import grams


@dataclass(frozen=True, slots=True)
class Difference:
    """What `other` is beside `item`: the ground of "why is it worth more".

    Args:
        item: the product that the customer looks at.
        other: the alternative.
        brand: (brand of item, brand of other) where they differ, else None.
        size: (size of item, size of other) in milli-units where they differ, else None.
        price: price of other minus price of item, minor units; None where one is not known.
        unit_price_ratio: price per unit of other over that of item; None where they do not compare.
        attributes: key → (value of item, value of other), None where one lacks it; only keys that differ.
    """

    item: str
    other: str
    brand: tuple[str | None, str | None] | None
    size: tuple[int, int] | None
    price: int | None
    unit_price_ratio: float | None
    attributes: Mapping[str, tuple[str | None, str | None]]


@dataclass(frozen=True, eq=False)
class FittedAlternatives:
    """Substitutes of every product and the ladder on which they stand.

    Args:
        shelf: the products as arrays.
        other: substitutes of product p, best first: int32 (products, top); -1 where there are fewer.
        score: how surely each fills the same need, float32 (products, top), 0 … 1.
        chosen: the parameters.
    """

    name: ClassVar[str] = "alternatives"

    shelf: Shelf
    other: Int32
    score: Float32
    chosen: Mapping[str, Any]

    def of(self, item: str, n: int = 10) -> pl.DataFrame:
        """The best substitutes: item, score, price, unit_price (null where not known).

        Raises:
            UnknownProduct: no product has this id.
        """
        product = self._product(item)
        return self._rows(product, self._others(product)[:n])

    def up(self, item: str, n: int = 5) -> pl.DataFrame:
        """Substitutes a step better: dearer per unit and per package, nearest first; columns as `of`.

        Raises:
            UnknownProduct: no product has this id.
        """
        product = self._product(item)
        return self._rows(product, ladder.steps_up(self.shelf, product, self._others(product))[:n])

    def down(self, item: str, n: int = 5) -> pl.DataFrame:
        """Substitutes a step cheaper per unit and per package, nearest first; columns as `of`.

        Raises:
            UnknownProduct: no product has this id.
        """
        product = self._product(item)
        return self._rows(product, ladder.steps_down(self.shelf, product, self._others(product))[:n])

    def ladder(self, item: str) -> pl.DataFrame:
        """The item among its comparable substitutes, cheapest per unit first; columns as `of`.

        Raises:
            UnknownProduct: no product has this id.
        """
        product = self._product(item)
        others = self._others(product)
        steps = others[ladder.comparable(self.shelf, product, others)]
        return self._rows(product, ladder.in_order(self.shelf, np.r_[steps, np.int32(product)]))

    def frame(self) -> pl.DataFrame:
        """Every kept pair: anchor, item, score."""
        return substitutes.as_frame(self.shelf, self.other, self.score)

    def difference(self, item: str, other: str) -> Difference:
        """In what `other` differs from `item`.

        Raises:
            UnknownProduct: no product has one of the ids.
        """
        shelf, a, b = self.shelf, self._product(item), self._product(other)
        priced = bool(shelf.price[a] >= 0 and shelf.price[b] >= 0)
        compare = bool(shelf.group[a] == shelf.group[b] and shelf.group[a] >= 0 and shelf.unit_price[a] > 0)
        mine, theirs = shelf.attributes.row(a), shelf.attributes.row(b)
        differing = {key for key in {*mine, *theirs} if mine.get(key) != theirs.get(key)}
        return Difference(
            item=item,
            other=other,
            brand=None if shelf.brand[a] == shelf.brand[b] else (self._brand(a), self._brand(b)),
            size=None if shelf.size[a] == shelf.size[b] else (int(shelf.size[a]), int(shelf.size[b])),
            price=int(shelf.price[b] - shelf.price[a]) if priced else None,
            unit_price_ratio=float(shelf.unit_price[b] / shelf.unit_price[a]) if compare else None,
            attributes={key: (mine.get(key), theirs.get(key)) for key in sorted(differing)},
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that is large."""
        return {"other": self.other, "score": self.score, **self.shelf.arrays()}

    def meta(self) -> dict[str, Any]:
        """Parameters and counts."""
        return {"chosen": dict(self.chosen), "products": len(self.shelf)}

    @classmethod
    def from_arrays(cls, arrays: Arrays, meta: Meta) -> Self:
        """The result again.

        Raises:
            BadArray: an array is missing, or its shape does not fit the others.
        """
        shelf = Shelf.from_arrays(arrays)
        for name in ("other", "score"):
            if name not in arrays or arrays[name].ndim != 2 or len(arrays[name]) != len(shelf):  # noqa: PLR2004 - a matrix
                raise BadArray("must be products × top", key=name)
        return cls(shelf, arrays["other"], arrays["score"], meta["chosen"])

    def _product(self, item: str) -> int:
        place = self.shelf.ids.position(item)
        if place < 0:
            raise UnknownProduct("no product has this id", key="item", value=item)
        return place

    def _others(self, product: int) -> Int32:
        row = self.other[product]
        kept: Int32 = row[row >= 0]
        return kept

    def _brand(self, product: int) -> str | None:
        code = int(self.shelf.brand[product])
        return self.shelf.brands[code] if code >= 0 else None

    def _rows(self, product: int, others: Int32) -> pl.DataFrame:
        shelf = self.shelf
        scores = dict(zip(self.other[product].tolist(), self.score[product].tolist(), strict=True))
        return pl.DataFrame(
            {
                "item": pl.Series([shelf.ids[int(other)] for other in others], dtype=pl.String),
                "score": pl.Series([scores.get(int(other), 1.0) for other in others], dtype=pl.Float32),
                "price": pl.Series(_known(shelf.price[others]), dtype=pl.Int64),
                "unit_price": pl.Series(_known(shelf.unit_price[others]), dtype=pl.Int64),
            }
        )


@dataclass(frozen=True, slots=True)
class Alternatives:
    """Substitutes and price ladders from the catalogue, and from baskets where there are any.

    Args:
        top: substitutes kept per product.

    >>> products = pl.DataFrame(
    ...     {
    ...         "id": ["basic", "good", "best", "crate"],
    ...         "title": ["Tea 100 g", "Fine tea 100 g", "Finest tea 100 g", "Tea 2 kg"],
    ...         "category": [["tea"]] * 4,
    ...         "price": [300, 500, 900, 4000],
    ...         "currency": ["JPY"] * 4,
    ...     }
    ... )
    >>> alternatives = Alternatives().fit(products)
    >>> alternatives.up("basic")["item"].to_list(), alternatives.down("best")["item"].to_list()
    (['good', 'best'], ['good', 'basic'])
    >>> alternatives.difference("basic", "good").price
    200
    """

    top: int = 20

    def __post_init__(self) -> None:
        if self.top < 1:
            raise BadValue("must be at least 1", key="top", value=self.top)

    def fit(
        self, products: pl.DataFrame, baskets: Baskets | None = None, *, seed: int = 0
    ) -> FittedAlternatives:
        """Learn from a products frame (columns of facts.catalogue.PRODUCTS) and, where given, baskets.

        Raises:
            BadColumns: a column cannot be cast to its type.
            BadArray: a product id stands twice.
        """
        shelf = shelf_of(products, baskets)
        titles = grams(shelf.titles.ids).projected(substitutes.TEXT_WIDTH, seed)
        text = np.zeros((len(shelf), substitutes.TEXT_WIDTH), np.float32)
        known = shelf.title >= 0
        text[known] = titles[shelf.title[known]]
        other, score = substitutes.best_substitutes(shelf, text, self.top)
        return FittedAlternatives(shelf, frozen(other), frozen(score), {"top": self.top, "seed": seed})


def _known(values: np.ndarray) -> list[int | None]:
    return [int(value) if value >= 0 else None for value in values]
