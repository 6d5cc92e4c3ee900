"""The catalogue as arrays in which products can be compared: need, price per unit, size, brand, parent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import polars as pl

from tsuide.kit.arrays import Bool, Int32, Int64, frozen
from tsuide.mining.attributes import Attributes, parse_attributes
from tsuide.mining.baskets import Baskets
from tsuide.mining.fitted import taken
from tsuide.mining.index import Index
from tsuide.mining.rungs import Compared, Footing, footing_of, sold_for
from tsuide.mining.sizes import MEASURES, Size, first_size, unit_price
from tsuide.mining.tables import Table, as_products

_SIZE_KEYS: Final = (
    "package_size",
    "size",
    "net_weight",
    "weight",
    "volume",
    "内容量",
    "容量",
    "サイズ",
    "入数",
)
_BETWEEN: Final = "\x1f"  # levels of a path, as one text


@dataclass(frozen=True, eq=False)
class Shelf:
    """Products × what makes them comparable.

    Args:
        ids: dense product ↔ id.
        need: code of the narrowest category, int32 (products,); -1 = none.
        depth: levels of the category path, int32 (products,).
        path: code of the category at each level, broad to narrow, int32 (products, levels); -1 = none.
        root: the product itself, or the first with the same parent: variants share it; int32 (products,).
        brand: code, int32 (products,); -1 = not known.
        price: of one package, minor units, int64 (products,); -1 = not known.
        unit_price: per kg, l, 1,000 pieces …; the price where no size is known; int64 (products,); -1.
        size: milli-units, int64 (products,); 0 = not known.
        group: equal where unit prices compare: same currency and measure; int32 (products,).
        footing: how firmly its price stands, a code of rungs.FOOTINGS; uint8 (products,).
        active: may be proposed, bool (products,).
        title: the titles, dense by first appearance; int32 (products,).
        titles: dense title ↔ title.
        brands: dense brand ↔ brand.
        attributes: the written attributes.
    """

    ids: Index
    need: Int32
    depth: Int32
    path: Int32
    root: Int32
    brand: Int32
    price: Int64
    unit_price: Int64
    size: Int64
    group: Int32
    footing: Footing
    active: Bool
    title: Int32
    titles: Index
    brands: Index
    attributes: Attributes

    def __len__(self) -> int:
        return len(self.ids)

    def measure(self, product: int) -> str:
        """What the size of a product measures: mass, volume, piece, length, area or none."""
        return MEASURES[int(self.group[product]) % len(MEASURES)]

    @property
    def currency(self) -> Int32:
        """Code of each product's currency; int32 (products,)."""
        code: Int32 = self.group // len(MEASURES)
        return code

    def arrays(self) -> dict[str, np.ndarray]:
        """What to save."""
        plain = {name: getattr(self, name) for name in _PLAIN}
        indexes = [index for name in _INDEXES for index in getattr(self, name).arrays(name).items()]
        return {**plain, **dict(indexes), **self.attributes.arrays()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Self:
        """The shelf again.

        Raises:
            BadArray: an array is missing, or has another type or length; named.
        """
        indexes: dict[str, Any] = {name: Index.from_arrays(arrays, name) for name in _INDEXES}
        n = len(indexes["ids"])
        plain: dict[str, Any] = {
            name: taken(arrays, name, dtype, (n, None) if name == "path" else (n,)) for name, dtype in _PLAIN.items()
        }
        return cls(**indexes, **plain, attributes=Attributes.from_arrays(arrays, n))


_INDEXES: Final = ("ids", "titles", "brands")
_PLAIN: Final = {
    "need": np.int32,
    "depth": np.int32,
    "path": np.int32,
    "root": np.int32,
    "brand": np.int32,
    "price": np.int64,
    "unit_price": np.int64,
    "size": np.int64,
    "group": np.int32,
    "footing": np.uint8,
    "active": np.bool_,
    "title": np.int32,
}


def shelf_of(products: Table, baskets: Baskets | None = None) -> Shelf:
    """The shelf of a products frame (columns of facts.catalogue.PRODUCTS; missing ones count as unknown).

    A product without a price takes what it was usually sold for, where `baskets` knows prices.

    Raises:
        BadColumns: there is no id, or a column cannot be read as its type.
        BadArray: a product id stands twice.

    >>> shelf = shelf_of(pl.DataFrame({"id": ["a"], "title": ["Tea 250 g"], "price": [400]}))
    >>> int(shelf.unit_price[0]), shelf.measure(0)
    (1600, 'mass')
    """
    frame = as_products(products)
    ids = Index.of(frame["id"].to_list())
    texts = frame["attributes"].to_list()
    parsed = {text: parse_attributes(text) for text in set(texts)}
    written = [parsed[text] for text in texts]
    sizes = _sizes(frame, parsed)
    sold = sold_for(ids, baskets)
    listed = (frame["price"].fill_null(-1) >= 0).to_numpy(writable=True)
    price = frozen(np.where(listed, frame["price"].fill_null(-1).to_numpy(), sold.price))
    amount = frozen(np.array([size.amount if size else 0 for size in sizes], np.int64))
    per_unit, group = _unit_prices(price, sizes), _groups(frame["currency"], sizes)
    path, need, depth = _paths(_with_needs(frame["category"], [row.get("need") for row in written]))
    brand, brands = _coded(frame["brand"])
    title, titles = _coded(frame["title"])
    return Shelf(
        ids=ids,
        need=need,
        depth=depth,
        path=path,
        root=_roots(frame, ids),
        brand=brand,
        price=price,
        unit_price=per_unit,
        size=amount,
        group=group,
        footing=frozen(
            footing_of(Compared(need, _broad(path, depth), group, amount, per_unit, listed, title, titles), sold)
        ),
        active=frozen((frame["status"].fill_null("active") == "active").to_numpy(writable=True)),
        title=title,
        titles=titles,
        brands=brands,
        attributes=Attributes.of(written),
    )


def _sizes(frame: pl.DataFrame, parsed: Mapping[str | None, Mapping[str, str]]) -> list[Size | None]:
    """The size of each product; many products state the same."""
    stated = list(zip(*(frame[name].to_list() for name in ("attributes", "variant", "title")), strict=True))
    sizes = {each: first_size([*(parsed[each[0]].get(key) for key in _SIZE_KEYS), *each[1:]]) for each in set(stated)}
    return [sizes[each] for each in stated]


def _with_needs(categories: pl.Series, needs: list[str | None]) -> pl.Series:
    """Category paths with the need, where a product states one (attribute ``need``), as their narrowest level.

    >>> _with_needs(pl.Series([["Lenses"], ["Lenses"]]), ["wide", None]).to_list()
    [['Lenses', 'wide'], ['Lenses']]
    """
    if not any(needs):
        return categories
    lowest = [[need] if need else [] for need in needs]
    both = pl.DataFrame({"category": categories, "need": pl.Series(lowest, dtype=pl.List(pl.String))})
    return both.select(pl.col("category").fill_null(pl.lit([], pl.List(pl.String))).list.concat("need")).to_series()


def _paths(categories: pl.Series) -> tuple[Int32, Int32, Int32]:
    """Codes of the paths' prefixes: (path (products, levels), the narrowest, levels given)."""
    joined = categories.list.join(_BETWEEN, ignore_nulls=True).fill_null("")
    distinct = joined.unique(maintain_order=True)
    row_of = (
        joined.replace_strict(distinct, np.arange(len(distinct)), return_dtype=pl.Int64).to_numpy().astype(np.int64)
    )
    codes: dict[tuple[str, ...], int] = {}
    cleaned = [tuple(level for level in text.split(_BETWEEN) if level) for text in distinct.to_list()]
    depth = np.array([len(row) for row in cleaned], np.int32)
    path = np.full((len(cleaned), max(1, int(depth.max(initial=0)))), -1, np.int32)
    need = np.full(len(cleaned), -1, np.int32)
    for place, row in enumerate(cleaned):
        for level in range(len(row)):
            path[place, level] = codes.setdefault(row[: level + 1], len(codes))
        if row:
            need[place] = path[place, len(row) - 1]
    return frozen(path[row_of]), frozen(need[row_of]), frozen(depth[row_of])


def _broad(path: Int32, depth: Int32) -> Int32:
    """Category one level above the narrowest (the only one where there is one); int32 (products,)."""
    broad: Int32 = path[np.arange(len(path)), np.maximum(depth - 2, 0)]
    return broad


def _coded(column: pl.Series) -> tuple[Int32, Index]:
    names = column.drop_nulls().unique(maintain_order=True)
    index = Index.of(names.to_list())
    places = index.places
    codes = [places[name] if name is not None else -1 for name in column.to_list()]
    return frozen(np.array(codes, np.int32)), index


def _roots(frame: pl.DataFrame, ids: Index) -> Int32:
    first: dict[str, int] = dict(ids.places)
    roots = np.arange(len(ids), dtype=np.int32)
    for product, parent in enumerate(frame["parent_id"].to_list()):
        if parent:
            roots[product] = first.setdefault(parent, product)
    return frozen(roots)


def _unit_prices(price: Int64, sizes: Sequence[Size | None]) -> Int64:
    pairs = zip(price.tolist(), sizes, strict=True)
    return frozen(np.array([unit_price(one, size) if one >= 0 else -1 for one, size in pairs], np.int64))


def _groups(currency: pl.Series, sizes: Sequence[Size | None]) -> Int32:
    code, _ = _coded(currency.fill_null(""))
    measure = np.array([MEASURES.index(size.measure) if size else 0 for size in sizes], np.int32)
    return frozen(code * len(MEASURES) + measure)
