"""What else fills the same need, what is a step better or a step cheaper, and in what they differ."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Self

import numpy as np
import polars as pl

from tsuide.errors import BadValue, UnknownProduct
from tsuide.kit.arrays import Float32, Int32, Int64, frozen
from tsuide.mining import ladder, substitutes
from tsuide.mining.baskets import Baskets, must_be_baskets
from tsuide.mining.declared import Declared
from tsuide.mining.differences import Difference, attributes_that_differ, figures_that_differ
from tsuide.mining.evidence import evidence_of
from tsuide.mining.fitted import Arrays, Meta, brief, taken
from tsuide.mining.parameters import must_be_choices, must_be_whole
from tsuide.mining.shelf import Shelf, shelf_of
from tsuide.mining.tables import Table
from tsuide.mining.text import grams
from tsuide.mining.weighing import Weights, learned_weights, standing_weights


@dataclass(frozen=True, slots=True, eq=False)
class FittedAlternatives:
    """Substitutes of every product and the ladder on which they stand.

    Args:
        shelf: the products as arrays.
        other: substitutes of product p, best first: int32 (products, top); -1 where there are fewer.
        score: how surely each fills the same need, float32 (products, top), 0 … 1; declared ones have 1.
        step: 1 where the substitute is a step up, −1 a step down, 0 neither; int8 (products, top).
        chosen: the parameters, and how the weights were learned.
    """

    name: ClassVar[str] = "alternatives"
    __repr__ = brief

    shelf: Shelf
    other: Int32
    score: Float32
    step: ladder.Int8
    chosen: Mapping[str, Any]

    def of(self, item: str, n: int = 10) -> pl.DataFrame:
        """The best substitutes: item, score, step, price, unit_price (null where not known).

        Raises:
            UnknownProduct: no product has this id.
        """
        must_be_whole("n", n)
        product = self._product(item)
        return self._rows(product, self._others(product)[:n])

    def up(self, item: str, n: int = 5, *, language: str = "en") -> pl.DataFrame:
        """Substitutes a step better: declared ones, then dearer per unit and package, nearest first.

        Columns as `of`, and `differences`: in what each differs from the item, sentences in "en" or "ja".

        Raises:
            UnknownProduct: no product has this id.
            BadValue: another language.
        """
        return self._stepped(self._product(item), 1, n, language)

    def down(self, item: str, n: int = 5, *, language: str = "en") -> pl.DataFrame:
        """Substitutes a step cheaper per unit and per package, nearest first; columns as `up`.

        Raises:
            UnknownProduct: no product has this id.
            BadValue: another language.
        """
        return self._stepped(self._product(item), -1, n, language)

    def ladder(self, item: str) -> pl.DataFrame:
        """The item among its comparable substitutes, cheapest per unit first; columns as `of`.

        Raises:
            UnknownProduct: no product has this id.
        """
        product = self._product(item)
        others = self._others(product)
        along = others[ladder.comparable(self.shelf, np.full_like(others, product), others)]
        return self._rows(product, ladder.in_order(self.shelf, np.r_[along, np.int32(product)]))

    def frame(self) -> pl.DataFrame:
        """Every kept pair, best first: anchor, item, score, step."""
        anchor, column = np.nonzero(self.other >= 0)
        return pl.DataFrame(
            {
                "anchor": self.shelf.ids.series(anchor),
                "item": self.shelf.ids.series(self.other[anchor, column]),
                "score": self.score[anchor, column],
                "step": self.step[anchor, column],
            }
        )

    def difference(self, item: str, other: str) -> Difference:
        """In what `other` differs from `item`.

        Raises:
            UnknownProduct: no product has one of the ids.
        """
        shelf, a, b = self.shelf, self._product(item), self._product(other)
        priced = bool(shelf.price[a] >= 0 and shelf.price[b] >= 0)
        compare = priced and bool(shelf.group[a] == shelf.group[b] and shelf.unit_price[a] > 0)
        return Difference(
            item=item,
            other=other,
            brand=None if shelf.brand[a] == shelf.brand[b] else (self._brand(a), self._brand(b)),
            size=None if shelf.size[a] == shelf.size[b] else (int(shelf.size[a]), int(shelf.size[b])),
            price=int(shelf.price[b] - shelf.price[a]) if priced else None,
            unit_price_ratio=float(shelf.unit_price[b] / shelf.unit_price[a]) if compare else None,
            attributes=attributes_that_differ(shelf.attributes.row(a), shelf.attributes.row(b)),
            measure=shelf.measure(a) if shelf.measure(a) == shelf.measure(b) else "none",
            figures=figures_that_differ(self._title(a), self._title(b)),
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that is large."""
        return {"other": self.other, "score": self.score, "step": self.step, **self.shelf.arrays()}

    def meta(self) -> dict[str, Any]:
        """The parameters, and how the weights were learned."""
        return {"top": self.other.shape[1], "chosen": dict(self.chosen)}

    @classmethod
    def from_arrays(cls, arrays: Arrays, meta: Meta) -> Self:
        """The result again.

        Raises:
            BadArray: an array is missing, or has another type or shape; named.
        """
        shelf = Shelf.from_arrays(arrays)
        square = (len(shelf), int(meta["top"]))
        return cls(
            shelf,
            taken(arrays, "other", np.int32, square),
            taken(arrays, "score", np.float32, square),
            taken(arrays, "step", np.int8, square),
            meta["chosen"],
        )

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

    def _title(self, product: int) -> str:
        code = int(self.shelf.title[product])
        return self.shelf.titles[code] if code >= 0 else ""

    def _stepped(self, product: int, direction: int, n: int, language: str) -> pl.DataFrame:
        must_be_whole("n", n)
        others = self._others(product)
        along = others[self.step[product][: len(others)] == direction]
        ordered = ladder.in_order(self.shelf, along)[::direction]
        declared = self.score[product][np.isin(self.other[product], ordered)].max(initial=0.0) >= 1.0
        if declared:
            sure = dict(zip(others.tolist(), self.score[product].tolist(), strict=False))
            ordered = ordered[np.argsort([sure[int(other)] < 1.0 for other in ordered], kind="stable")]
        rows, item = self._rows(product, ordered[:n]), self.shelf.ids[product]
        told = [" ".join(self.difference(item, other).told(language)) for other in rows["item"].to_list()]
        return rows.with_columns(differences=pl.Series(told, dtype=pl.String))

    def _rows(self, product: int, others: Int32) -> pl.DataFrame:
        shelf, row = self.shelf, self.other[product]
        place = [int(np.flatnonzero(row == other)[0]) if other != product else -1 for other in others]
        score = [float(self.score[product, at]) if at >= 0 else 1.0 for at in place]
        step = [int(self.step[product, at]) if at >= 0 else 0 for at in place]
        return pl.DataFrame(
            {
                "item": pl.Series([shelf.ids[int(other)] for other in others], dtype=pl.String),
                "score": pl.Series(score, dtype=pl.Float32),
                "step": pl.Series(step, dtype=pl.Int8),
                "price": pl.Series(_known(shelf.price[others]), dtype=pl.Int64),
                "unit_price": pl.Series(_known(shelf.unit_price[others]), dtype=pl.Int64),
            }
        )


@dataclass(frozen=True, slots=True)
class Alternatives:
    """Substitutes and price ladders from the catalogue, and from baskets where there are any.

    Args:
        top: substitutes kept per product.
        weights: of the features, where `fit` does not learn them.

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
    >>> alternatives.difference("basic", "crate").told("ja")
    ['内容量：100 g → 2 kg。']
    """

    top: int = 20
    weights: Weights = field(default_factory=standing_weights)

    def __post_init__(self) -> None:
        must_be_whole("top", self.top, 1)
        if not isinstance(self.weights, Weights):
            raise BadValue("must be weights", key="weights", value=self.weights, way_out="standing_weights()")

    def fit(
        self,
        products: Table,
        baskets: Baskets | None = None,
        *,
        relations: pl.DataFrame | None = None,
        tune: bool = True,
        seed: int = 0,
    ) -> FittedAlternatives:
        """Learn from a products frame and, where given, from baskets and declared relations.

        Args:
            products: columns of facts.catalogue.PRODUCTS (missing ones but the id count as unknown); a category may
                be one name instead of a path; Polars, pandas, Arrow.
            baskets: what was bought together, by whom.
            relations: columns of facts.catalogue.RELATIONS: declared substitutes come first with score 1,
                what is declared to go with a product is no substitute, upgrade_of is a step up.
            tune: learn the weights of price and behaviour on this shop, where it has enough pairs.
            seed: of the random projections and of the pairs drawn.

        Raises:
            BadColumns: there is no id, or a column cannot be read as its type.
            BadArray: a product id stands twice.
        """
        must_be_choices(seed=seed, tune=tune)
        if baskets is not None:
            must_be_baskets(baskets)
        shelf = shelf_of(products, baskets)
        titles = grams(shelf.titles.ids)
        evidence = evidence_of(shelf, titles, baskets, seed=seed)
        weights = learned_weights(shelf, titles, baskets, seed) if tune else self.weights
        declared = Declared.of(relations, shelf.ids)
        banned = np.union1d(declared.same, declared.other)
        candidates = substitutes.candidates_of(shelf, titles)
        other, score = substitutes.best_substitutes(
            shelf, evidence, candidates, weights.array(_UNRANKED), banned, self.top
        )
        _put_first(declared.same, len(shelf), other, score)
        step = ladder.steps(shelf, np.arange(len(shelf), dtype=np.int32)[:, None], other)
        _set_steps(declared.better, len(shelf), other, step)
        chosen = {"seed": seed, "weights": dict(weights.values), "note": dict(weights.note)}
        return FittedAlternatives(shelf, frozen(other), frozen(score), frozen(step), chosen)


_UNRANKED: Final = frozenset({"price"})  # else only neighbours a few cents away would be kept: no ladder


def _put_first(pairs: Int64, products: int, other: Int32, score: Float32) -> None:
    """Write declared substitutes before the learned ones of the same row."""
    for product in np.unique(pairs // products).tolist():
        said = pairs[pairs // products == product] % products
        row = np.r_[said, other[product][~np.isin(other[product], said)]][: other.shape[1]]
        value = np.r_[np.ones(len(said)), score[product][~np.isin(other[product], said)]][: other.shape[1]]
        other[product], score[product] = row, value


def _set_steps(better: Int64, products: int, other: Int32, step: ladder.Int8) -> None:
    """A declared upgrade is a step up, and the way back a step down, whatever they cost."""
    for low, high in zip((better // products).tolist(), (better % products).tolist(), strict=True):
        step[low, other[low] == high] = 1
        step[high, other[high] == low] = -1


def _known(values: np.ndarray) -> list[int | None]:
    return [int(value) if value >= 0 else None for value in values]
