"""Partners for products with few orders or none: from their category, or from products with a similar name.

- category: whoever buys something of category A buys something of B so many times more often than by chance (the
  category pair must pass its own false-discovery gate); within B a product counts by its share:
  score = lift of (A, B) · baskets with the product / baskets with its category.
- text: the partners of the sold products whose titles are most similar (character n-grams, any language):
  score = similarity · score of the partner, summed over the similar products.

A title that is nearly the same says more than a category: such rows come first, then the category's, then others.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np
import polars as pl

from tsuide.errors import BadValue, UnknownProduct
from tsuide.kit.arrays import Float64, Int32, Int64, frozen
from tsuide.mining import packing
from tsuide.mining.baskets import Baskets, must_be_baskets
from tsuide.mining.complements import Complements, FittedComplements
from tsuide.mining.cooccurrence import Score
from tsuide.mining.fitted import Arrays, brief, taken, taken_rows
from tsuide.mining.index import Index
from tsuide.mining.parameters import must_be_number, must_be_whole
from tsuide.mining.significance import p_values
from tsuide.mining.similar_kernel import closest
from tsuide.mining.tables import Table, as_products
from tsuide.mining.text import grams

SOURCES: Final = ("text", "category")
_SIMILAR: Final = 5  # similar products asked


@dataclass(frozen=True, slots=True)
class BackOff:
    """How partners are borrowed.

    Args:
        top: partners per product.
        few: a product with fewer significant partners of its own is given borrowed ones.
        per_category: products of a partner category that are proposed, the most bought.
        like: titles at least this similar (cosine) count.
        alike: titles at least this similar go before the category.

    Raises:
        BadValue: a number that makes no sense.

    >>> orders = ["tea cup"] * 20 + ["tea"] * 20 + ["pen ink"] * 20 + ["pen"] * 20
    >>> lines = pl.DataFrame([(n, sku) for n, order in enumerate(orders) for sku in order.split()],
    ...                      schema=["order", "sku"], orient="row")
    >>> baskets = Baskets.from_frame(lines, basket="order", item="sku")
    >>> products = pl.DataFrame({"id": ["tea", "cup", "pen", "ink", "new"],
    ...                          "title": ["Sencha", "Cup", "Pen", "Ink", "Matcha"],
    ...                          "category": ["teas", "cups", "pens", "inks", "teas"]})
    >>> BackOff().fit(products, baskets, Complements().fit(baskets)).of("new").select("item", "source").rows()
    [('cup', 'category')]
    """

    top: int = 10
    few: int = 3
    per_category: int = 3
    like: float = 0.3
    alike: float = 0.6

    def __post_init__(self) -> None:
        for name in ("top", "few", "per_category"):
            must_be_whole(name, getattr(self, name), 1)
        must_be_number("like", self.like, above=0, most=1)
        must_be_number("alike", self.alike, above=0, most=1)
        if self.like > self.alike:
            raise BadValue("must be 0 < like ≤ alike ≤ 1", key="like, alike", value=(self.like, self.alike))

    def fit(self, products: Table, baskets: Baskets, complements: FittedComplements) -> "FittedBackOff":
        """Borrow partners for every product that has too few of its own.

        Args:
            products: Polars, pandas or Arrow, at best with the columns id, title and category (a path as a list, or
                one name); those that are missing, but for the id, count as not known.
            baskets: what the complements were learned from.
            complements: learned, of the same baskets.

        Raises:
            BadColumns: there is no id, or a column cannot be read as what it is named for.
        """
        must_be_baskets(baskets)
        table = as_products(products).unique("id", keep="first", maintain_order=True)
        ids = Index.of(table["id"])
        settled = complements.settled()
        own = _own_partners(settled)
        place = settled.item_ids.positions(ids.ids)  # product → item, -1 = never sold
        partners = np.where(place >= 0, np.r_[own, 0][place], 0)  # the last: of what was never sold
        thin = np.flatnonzero(partners < self.few).astype(np.int32)
        path = table["category"].list.join(" / ").fill_null("")
        by_category = _from_categories(self, path, place, thin, baskets)
        by_text = _from_texts(self, table["title"].fill_null(""), place, thin, settled)
        rows = pl.concat([by_text, by_category]).filter(pl.col("anchor") != pl.col("item"))
        rows = (
            rows.sort("anchor", "class", "score", "item", descending=[False, False, True, False])
            .unique(["anchor", "item"], keep="first", maintain_order=True)
            .with_columns(rank=pl.int_range(pl.len()).over("anchor"))
            .filter(pl.col("rank") < self.top)
        )
        begin = np.zeros(len(ids) + 1, np.int64)
        np.cumsum(np.bincount(rows["anchor"].to_numpy(), minlength=len(ids)), out=begin[1:])
        return FittedBackOff(
            ids,
            frozen(begin),
            frozen(rows["item"].to_numpy(writable=True)),
            frozen(rows["source"].to_numpy(writable=True)),
            frozen(rows["score"].to_numpy(writable=True)),
            frozen(rows["evidence"].to_numpy(writable=True)),
            frozen(rows["chance"].to_numpy(writable=True)),
            self,
        )


@dataclass(frozen=True, slots=True, eq=False)
class FittedBackOff:
    """Borrowed partners.

    Args:
        product_ids: dense product ↔ id.
        begin: rows of product a are `begin[a]` to `begin[a + 1] - 1`; int64 (products + 1,).
        item: the partner, dense product; int32 (rows,).
        source: place in SOURCES, int32 (rows,).
        score: comparable within one source only, float64 (rows,).
        evidence: text: the most similar product; category: a product of the partner category; int32 (rows,).
        chance: P(partner in the basket | product in it), float64 (rows,): text: the similar products' confidence,
            weighted by similarity; category: the partner's share of all baskets times the lift of the categories.
        parameters: what it was learned with.
    """

    name: ClassVar[str] = "backoff"
    __repr__ = brief

    product_ids: Index
    begin: Int64
    item: Int32
    source: Int32
    score: Float64
    evidence: Int32
    chance: Float64
    parameters: BackOff

    def of(self, product: str, n: int = 10) -> pl.DataFrame:
        """Borrowed partners of one product, best first; none where it has its own.

        Columns: anchor, item, source, score, chance, evidence.

        Raises:
            UnknownProduct: not in the catalogue.
        """
        must_be_whole("n", n)
        anchor = self.product_ids.position(product)
        if anchor < 0:
            raise UnknownProduct("not in the catalogue that was learned from", key="product", value=product)
        first = int(self.begin[anchor])
        return self._table(np.arange(first, min(first + n, int(self.begin[anchor + 1]))))

    def frame(self) -> pl.DataFrame:
        """All borrowed partners, by anchor, best first; columns as in `of`."""
        return self._table(np.arange(len(self.item)))

    def _table(self, rows: Int64) -> pl.DataFrame:
        anchor = np.searchsorted(self.begin, rows, side="right") - 1
        return pl.DataFrame(
            {
                "anchor": self.product_ids.series(anchor),
                "item": self.product_ids.series(self.item[rows]),
                "source": pl.Series(SOURCES).gather(self.source[rows]),
                "score": self.score[rows],
                "chance": self.chance[rows],
                "evidence": self.product_ids.series(self.evidence[rows]),
            }
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that is large."""
        return {
            **self.product_ids.arrays("products"),
            "begin": self.begin,
            "item": self.item,
            "source": self.source,
            "score": self.score,
            "evidence": self.evidence,
            "chance": self.chance,
        }

    def meta(self) -> dict[str, Any]:
        """The parameters."""
        own = self.parameters
        return {name: getattr(own, name) for name in ("top", "few", "per_category", "like", "alike")}

    @classmethod
    def from_arrays(cls, arrays: Arrays, meta: Mapping[str, Any]) -> Self:
        """The result again; raises BadArray by name."""
        ids = Index.from_arrays(arrays, "products")
        kinds = {"item": np.int32, "source": np.int32, "score": np.float64}
        begin, item, source, score = taken_rows(arrays, "begin", kinds, len(ids))
        evidence = taken(arrays, "evidence", np.int32, (len(item),))
        chance = taken(arrays, "chance", np.float64, (len(item),))
        return cls(ids, begin, item, source, score, evidence, chance, BackOff(**meta))


def _own_partners(fitted: FittedComplements) -> Int64:
    """How many significant partners each item has; int64 (items,)."""
    anchor, slot = np.nonzero(fitted.top_item >= 0)
    item, count = fitted.top_item[anchor, slot], fitted.top_count[anchor, slot]
    degree = fitted.degree.astype(np.int64)
    sure = p_values(count, degree[anchor], degree[item], fitted.n_baskets) <= fitted.p_cut
    return np.bincount(anchor[sure], minlength=len(degree))


_ROWS: Final = {
    "anchor": pl.Int32,
    "item": pl.Int32,
    "source": pl.Int32,
    "class": pl.Int32,
    "score": pl.Float64,
    "chance": pl.Float64,
    "evidence": pl.Int32,
}


def _from_categories(model: BackOff, path: pl.Series, place: Int32, thin: Int32, baskets: Baskets) -> pl.DataFrame:
    """Rows of `_ROWS` from significant pairs of categories; class 1."""
    names = path.filter(path != "").unique().sort()
    code = path.replace_strict(names, pl.Series(np.arange(len(names), dtype=np.int32)), default=-1).cast(pl.Int32)
    category = code.to_numpy()
    of_item = np.full(baskets.n_items, -1, np.int32)
    sold = np.flatnonzero(place >= 0)
    of_item[place[sold]] = category[sold]
    pairs = (
        Complements(top=20, score=Score("lift"), keep=False)
        .fit(_category_baskets(baskets, of_item, names), tune=False)
        .frame()
        .filter(pl.col("significant") & (pl.col("lift_low") > 1))
        .select(pl.col("anchor").alias("from"), pl.col("item").alias("to"), "lift")
    )
    degree = baskets.count_of_item()
    common = pl.DataFrame(
        {"product": sold.astype(np.int32), "to": path.gather(sold), "count": degree[place[sold]]}
    ).filter(pl.col("to") != "")
    share = (
        common.with_columns(share=pl.col("count") / pl.col("count").sum().over("to"))
        .sort("to", "count", "product", descending=[False, True, False])
        .group_by("to", maintain_order=True)
        .head(model.per_category)
    )
    asked = pl.DataFrame({"anchor": thin, "from": path.gather(thin)}).filter(pl.col("from") != "")
    best = (  # the same for every product of a category: ranked once, with room for what comes otherwise or is itself
        pairs.join(share, on="to")
        .with_columns(
            score=pl.col("lift") * pl.col("share"),
            chance=(pl.col("lift") * pl.col("count") / max(baskets.n_baskets, 1)).clip(0.0, 1.0),
        )
        .sort("from", "score", "product", descending=[False, True, False])
        .group_by("from", maintain_order=True)
        .head(2 * model.top + 1)
    )
    rows = asked.join(best, on="from")
    return rows.select(
        "anchor",
        pl.col("product").alias("item"),
        pl.lit(1, pl.Int32).alias("source"),
        pl.lit(1, pl.Int32).alias("class"),
        "score",
        "chance",
        pl.col("product").alias("evidence"),
    ).cast(_ROWS)  # type: ignore[arg-type]  # a mapping of names to types is what it takes


def _category_baskets(baskets: Baskets, of_item: Int32, names: pl.Series) -> Baskets:
    """The same baskets, of categories."""
    category = of_item[baskets.item]
    known = category >= 0
    row, column = baskets.basket_of_entry()[known], category[known]
    begin = packing.begin_of_rows(row, baskets.n_baskets)
    items, _ = packing.gather_rows(row, column, begin)
    _, entries = packing.merge_doubles(items, begin)
    return Baskets.from_arrays(begin, items[: entries[0]], item_ids=Index.of(names))


def _from_texts(
    model: BackOff, titles: pl.Series, place: Int32, thin: Int32, fitted: FittedComplements
) -> pl.DataFrame:
    """Rows of `_ROWS` from products with similar titles; class 0 where nearly the same, else 2.

    Every title is compared once, whoever bears it; of products with one title the most bought answers.
    """
    is_thin = np.zeros(len(place), np.bool_)
    is_thin[thin] = True
    degree = np.append(fitted.degree, 0)[place]
    table = pl.DataFrame({"title": titles, "product": np.arange(len(place), dtype=np.int32), "degree": degree})
    named = table.filter(pl.col("title") != "")
    asked = named.filter(pl.Series(is_thin[named["product"].to_numpy()]))
    teachers = (
        named.filter(pl.Series(~is_thin[named["product"].to_numpy()] & (place[named["product"].to_numpy()] >= 0)))
        .sort("degree", "product", descending=[True, False])
        .unique("title", keep="first", maintain_order=True)
    )
    if asked.is_empty() or teachers.is_empty():
        return pl.DataFrame(schema=_ROWS)
    similar = _similar_titles(asked["title"].unique(maintain_order=True), teachers, model.like)
    product_of = np.full(len(fitted.item_ids), -1, np.int32)
    product_of[place[place >= 0]] = np.flatnonzero(place >= 0)
    rows = _borrowed(model, similar, place, product_of, fitted)
    rows = _without_their_like(rows, similar, titles)
    return rows.join(asked.select("title", anchor="product"), on="title").select(*_ROWS).cast(_ROWS)  # type: ignore[arg-type]  # as above


def _similar_titles(asked: pl.Series, teachers: pl.DataFrame, like: float) -> pl.DataFrame:
    """The few most similar titles of those who have partners: title, evidence (the product), like."""
    rows = grams([*asked.to_list(), *teachers["title"].to_list()]).rows
    n, evidence = len(asked), teachers["product"].to_numpy()
    found, cosine = closest(rows[:n], rows[n:], evidence, like, _SIMILAR)
    place, slot = np.nonzero(found >= 0)
    return pl.DataFrame(
        {
            "title": asked.gather(place),
            "evidence": evidence[found[place, slot]],
            "like": cosine[place, slot].astype(np.float64),
        }
    )


def _without_their_like(rows: pl.DataFrame, similar: pl.DataFrame, titles: pl.Series) -> pl.DataFrame:
    """Without partners that are much like the product itself: two shades of one hair colour are no complements."""
    like = similar.select("title", bears=titles.gather(similar["evidence"]))
    like = pl.concat([like, like.select("title", bears="title")]).unique()
    bears = titles.gather(rows["item"]).alias("bears")
    return rows.with_columns(bears).join(like, on=["title", "bears"], how="anti", maintain_order="left").drop("bears")


def _borrowed(
    model: BackOff, similar: pl.DataFrame, place: Int32, product_of: Int32, fitted: FittedComplements
) -> pl.DataFrame:
    """The partners of similar products, their scores weighted by similarity and added up."""
    items = place[similar["evidence"].to_numpy()]
    width = fitted.top_item.shape[1]
    partner = fitted.top_item[items].ravel()
    table = pl.DataFrame(
        {
            "title": similar["title"].gather(np.arange(len(similar)).repeat(width)),
            "evidence": similar["evidence"].to_numpy().repeat(width),
            "like": similar["like"].to_numpy().repeat(width),
            "item": np.where(partner >= 0, product_of[partner], -1),
            "score": fitted.top_score[items].ravel(),
            "confidence": (fitted.top_count[items] / np.maximum(fitted.degree[items], 1)[:, None]).ravel(),
        }
    ).filter(pl.col("item") >= 0)
    asked = similar.group_by("title").agg(asked=pl.col("like").sum())
    return (
        table.group_by("title", "item", maintain_order=True)
        .agg(
            score=(pl.col("like") * pl.col("score")).sum(),
            expected=(pl.col("like") * pl.col("confidence")).sum(),
            evidence=pl.col("evidence").sort_by("like", descending=True).first(),
            nearest=pl.col("like").max(),
        )
        .join(asked, on="title", maintain_order="left")
        .with_columns(
            (pl.col("expected") / pl.col("asked")).clip(0.0, 1.0).alias("chance"),
            pl.lit(0, pl.Int32).alias("source"),
            pl.when(pl.col("nearest") >= model.alike).then(0).otherwise(2).alias("class"),
        )
        .sort("title", "class", "score", "item", descending=[False, False, True, False])
        .group_by("title", maintain_order=True)
        .head(2 * model.top)
    )
