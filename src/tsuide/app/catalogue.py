"""Products as pages and answers show them: by id, by category, by search, the most bought first."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import polars as pl

from tsuide.facts.catalogue import TRANSLATED, Product, category_told
from tsuide.kit.text import fold

_FOLDED: Final = "folded"
_BASKETS: Final = "baskets"
_PLACE: Final = "place"
_MOST_MADE: Final = 20_000  # records that are kept once they were asked for


@dataclass(frozen=True, slots=True)
class Branch:
    """One category: its name, its path from the root, and how many products it holds."""

    name: str
    path: tuple[str, ...]
    products: int


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of products, of `total` that fit."""

    products: tuple[Product, ...]
    total: int


class Catalogue:
    """An immutable view of one state of the catalogue.

    Args:
        products: frame of PRODUCTS; not changed.
        baskets: product id → in how many orders it lay; what is not there lay in none.

    >>> frame = pl.DataFrame({
    ...     "id": ["a", "b"], "title": ["Green tea", "Tea cup"], "category": [["food", "tea"], ["home"]],
    ...     "currency": ["JPY", "JPY"], "price": [500, 900], "status": ["active", "active"]})
    >>> shown = Catalogue(frame, {"b": 3})
    >>> [product.id for product in shown.search("TEA", 1, 10).products]
    ['b', 'a']
    >>> shown.branches(())
    [Branch(name='home', path=('home',), products=1), Branch(name='food', path=('food',), products=1)]
    """

    def __init__(self, products: pl.DataFrame, baskets: Mapping[str, int]) -> None:
        self._columns: dict[str, list[Any]] = {name: products[name].to_list() for name in products.columns}
        self._places: dict[str, int] = {text: place for place, text in enumerate(self._columns["id"])}
        self._baskets = baskets
        self._made: dict[str, Product] = {}
        self._paths: dict[str, dict[tuple[str, ...], tuple[str, ...]]] = {}

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, product_id: object) -> bool:
        return product_id in self._places

    def product(self, product_id: str) -> Product | None:
        """The product with this id, None where there is none."""
        made = self._made.get(product_id)
        if made is None:
            place = self._places.get(product_id)
            if place is None:
                return None
            if len(self._made) >= _MOST_MADE:
                self._made.clear()
            made = self._made[product_id] = self._at(place)
        return made

    def variants(self, product_id: str) -> tuple[Product, ...]:
        """The sizes and colours of the same product that can be bought, itself among them; () = it has only itself."""
        place = self._places.get(product_id)
        parents = self._columns.get("parent_id")
        parent = None if place is None or parents is None else parents[place]
        found = tuple(self._at(each) for each in self._families.get(parent, ())) if parent is not None else ()
        sold = tuple(each for each in found if each.status == "active" and each.price is not None)
        return sold if len(sold) > 1 else ()

    def baskets_of(self, product_id: str) -> int:
        """In how many learned orders a product lay."""
        return self._baskets.get(product_id, 0)

    def branches(self, path: Sequence[str]) -> list[Branch]:
        """The categories right below `path` that hold something on sale, the most bought first."""
        depth = len(path)
        inner = self._within(path).filter(pl.col("category").list.len() > depth)
        counted = (
            inner.group_by(pl.col("category").list.get(depth).alias("name"))
            .agg(pl.len().alias("products"), pl.col(_BASKETS).sum())
            .sort([_BASKETS, "name"], descending=[True, False])
        )
        return [
            Branch(name, (*path, name), products) for name, products in counted.select("name", "products").iter_rows()
        ]

    def listing(self, path: Sequence[str], page: int, per_page: int) -> Listing:
        """One page of what is on sale in a category, the most bought first; `page` counts from 1."""
        return self._page(self._within(path), page, per_page)

    def search(self, query: str, page: int, per_page: int) -> Listing:
        """One page of what is on sale and whose title, brand or category holds every word of the query."""
        found = self._on_sale
        for word in fold(query).split()[:_MOST_WORDS]:
            found = found.filter(pl.col(_FOLDED).str.contains(word, literal=True))
        return self._page(found, page, per_page)

    def page_after(
        self, query: str, path: Sequence[str], after: tuple[int, str] | None, n: int
    ) -> tuple[Listing, tuple[int, str] | None]:
        """Up to `n` products of a category (and, where asked, a search) after a place, the most bought first.

        Args:
            query: every word must be found; "" = all.
            path: of the category; () = all.
            after: baskets and id of the last product of the page before.
            n: how many.

        Returns:
            The page, and after what the next one begins; None = there is no more.
        """
        found = self._within(path)
        for word in fold(query).split()[:_MOST_WORDS]:
            found = found.filter(pl.col(_FOLDED).str.contains(word, literal=True))
        total = len(found)
        if after is not None:
            baskets, last = after
            later = (pl.col(_BASKETS) < baskets) | ((pl.col(_BASKETS) == baskets) & (pl.col("id") > last))
            found = found.filter(later)
        shown = found.head(n)
        products = tuple(self._at(place) for place in shown[_PLACE])
        more = len(found) > n
        return Listing(products, total), (shown[_BASKETS][-1], products[-1].id) if more else None

    def bestsellers(self, n: int, per_category: int = 1) -> tuple[Product, ...]:
        """What was bought most, at most `per_category` of one narrowest category."""
        narrow = pl.col("category").list.last()
        kept = self._on_sale.filter(pl.int_range(pl.len()).over(narrow) < per_category).head(n)
        return tuple(self._at(place) for place in kept[_PLACE])

    def path_told(self, path: Sequence[str], language: str) -> tuple[str, ...]:
        """A category's path as a reader of the language is told of it."""
        return self._paths_told(language).get(tuple(path), tuple(path))

    def _paths_told(self, language: str) -> Mapping[tuple[str, ...], tuple[str, ...]]:
        kept = self._paths.get(language)
        if kept is None:
            kept = self._paths[language] = {}
            key = f'"category_{language}"'
            for place, text in enumerate(self._columns.get("attributes") or ()):
                if text and key in text:
                    product = self._at(place)
                    said = category_told(product, language)
                    for depth in range(1, len(said) + 1):
                        kept.setdefault(product.category[:depth], said[:depth])
        return kept

    @cached_property
    def broad(self) -> tuple[str, ...]:
        """Names of the two broadest levels of categories, each once."""
        names = {name for path in self._columns["category"] for name in (path or ())[:2]}
        return tuple(sorted(names))

    @cached_property
    def words(self) -> pl.DataFrame:
        """What can be bought, as it is searched: id, folded (title, brand and category, folded), category."""
        return self._on_sale.select("id", _FOLDED, "category")

    @cached_property
    def _families(self) -> dict[str, list[int]]:
        """Parent product → places of its variants."""
        found: dict[str, list[int]] = {}
        for place, parent in enumerate(self._columns.get("parent_id", ())):
            if parent is not None:
                found.setdefault(parent, []).append(place)
        return found

    @cached_property
    def _on_sale(self) -> pl.DataFrame:
        """What can be bought, the most bought first: place, category, baskets, folded text."""
        columns = self._columns
        n = len(self._places)
        names = ("title", "brand", "category")
        texts = zip(*(columns.get(name) or [None] * n for name in names), strict=True)
        others = [_other_words(text) for text in columns.get("attributes") or [None] * n]
        frame = pl.DataFrame(
            {
                _PLACE: range(n),
                "id": columns["id"],
                "category": pl.Series(columns.get("category") or [[]] * n, dtype=pl.List(pl.String)),
                "price": pl.Series(columns.get("price") or [None] * n, dtype=pl.Int64),
                "status": columns.get("status") or ["active"] * n,
                _BASKETS: [self._baskets.get(each, 0) for each in columns["id"]],
                _FOLDED: [
                    fold(" ".join((t or "", b or "", *(c or ()), more)))
                    for (t, b, c), more in zip(texts, others, strict=True)
                ],
            }
        )
        return (
            frame.filter(pl.col("status") == "active", pl.col("price") > 0)
            .with_columns(pl.col("category").fill_null([]))
            .sort([_BASKETS, "id"], descending=[True, False])
        )

    def _within(self, path: Sequence[str]) -> pl.DataFrame:
        found = self._on_sale
        for depth, name in enumerate(path):
            found = found.filter(pl.col("category").list.get(depth, null_on_oob=True) == name)
        return found

    def _page(self, found: pl.DataFrame, page: int, per_page: int) -> Listing:
        places = found[_PLACE].slice((page - 1) * per_page, per_page)
        return Listing(tuple(self._at(place) for place in places), len(found))

    def _at(self, place: int) -> Product:
        row = {name: column[place] for name, column in self._columns.items() if column[place] is not None}
        row["category"] = tuple(row.get("category", ()))
        if "attributes" in row:
            row["attributes"] = json.loads(row["attributes"])
        row.setdefault("title", row["id"])
        row.setdefault("currency", "XXX")
        return Product(**row)


def _other_words(attributes: str | None) -> str:
    """The title, brand and category that a product has in other languages.

    >>> _other_words('{"title_en": "Green tea", "size": "M"}'), _other_words(None)
    ('Green tea', '')
    """
    if not attributes or not any(f'"{name}"' in attributes for name in TRANSLATED):
        return ""
    return " ".join(text for name, text in json.loads(attributes).items() if name in TRANSLATED)


_MOST_WORDS: Final = 8
