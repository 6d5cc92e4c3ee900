"""What reviews say of a product: a rating that few reviews cannot inflate, and a sentence to quote."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np
import polars as pl

from tsuide.errors import BadArray, BadValue
from tsuide.kit.arrays import Float64, Int64, frozen
from tsuide.kit.text import language_of, shorten
from tsuide.mining.fitted import brief, taken
from tsuide.mining.index import Index, Texts
from tsuide.mining.intervals import Z95
from tsuide.mining.parameters import must_be_number
from tsuide.mining.tables import Table, as_polars

_NEEDED: Final = ("product_id", "rating")
_OPTIONAL: Final = {"text": pl.String(), "helpful": pl.Int64()}
_STARS: Final = (1, 5)
_SENTENCE: Final = re.compile(r"[^。．.!?！？\n]+[。．.!?！？]?")
_QUOTED_FROM: Final = 4  # only a satisfied buyer is quoted as social proof
_QUOTE_LENGTH: Final = 90


@dataclass(frozen=True, slots=True)
class Standing:
    """How buyers rate one product.

    Args:
        count: reviews.
        rating: shrunk mean, 1 … 5.
        low: 95 % interval of the rating.
        high: the same.
        quote: a helpful sentence of a satisfied buyer; empty where there is none.
        other: the same in the other language.
    """

    count: int
    rating: float
    low: float
    high: float
    quote: str
    other: str = ""

    def quote_in(self, language: str) -> str:
        """The sentence that a reader of the language can read; empty where there is none.

        >>> Standing(2, 4.5, 4.0, 5.0, "速い！").quote_in("en")
        ''
        """
        return next((each for each in (self.quote, self.other) if each and language_of(each) == language), "")


@dataclass(frozen=True, slots=True)
class Reviews:
    """Ratings shrunk to the shop's mean (normal–normal empirical Bayes).

    A product with n reviews of mean x gets (n·x + k·m) / (n + k). m is the mean over all reviews; k is the
    ratio of the variance of single ratings to the variance between products (moments: DerSimonian and Laird,
    1986): the more products differ, the less is shrunk.

    Args:
        weight: k; estimated from the reviews where None.

    >>> frame = pl.DataFrame({"product_id": ["a", "a", "b", "b"], "rating": [5, 5, 3, 3],
    ...                       "text": [None, "Great.", None, None], "helpful": [0, 3, 0, 0]})
    >>> signals = Reviews(weight=2.0).fit(frame)
    >>> signals.of("a").rating, signals.of("a").quote
    (4.5, 'Great.')
    """

    weight: float | None = None

    def __post_init__(self) -> None:
        if self.weight is not None:
            must_be_number("weight", self.weight, least=0)

    def fit(self, reviews: Table) -> "ReviewSignals":
        """Learn from reviews.

        Args:
            reviews: Polars, pandas or Arrow: product_id and rating; where there are, text and helpful (how many found
                it so), from which the quotes come.

        Raises:
            BadColumns: a column is missing.
            BadValue: a rating outside 1 … 5.
        """
        table = _completed(reviews)
        outside = table.filter(~pl.col("rating").is_between(*_STARS))
        if len(outside):
            raise BadValue("ratings run from 1 to 5", key="rating", value=outside["rating"][0])
        per_product = (
            table.drop_nulls(["product_id", "rating"])
            .group_by("product_id")
            .agg(
                pl.len().alias("n"),
                pl.col("rating").mean().alias("mean"),
                pl.col("rating").cast(pl.Float64).var(ddof=0).alias("var"),
                pl.struct("rating", "text", "helpful").alias("said"),
            )
            .sort("product_id")
        )
        return _shrink(per_product, self.weight)


def _completed(reviews: Table) -> pl.DataFrame:
    """product_id, rating, text, helpful; null where there is no text."""
    table = as_polars(reviews, columns=_NEEDED, optional=_OPTIONAL)
    absent = [pl.lit(None, dtype).alias(name) for name, dtype in _OPTIONAL.items() if name not in table.columns]
    return table.with_columns(pl.col("product_id").cast(pl.String), *absent)


def _shrink(per_product: pl.DataFrame, weight: float | None) -> "ReviewSignals":
    n = per_product["n"].cast(pl.Int64).to_numpy()
    mean = per_product["mean"].cast(pl.Float64).to_numpy()
    spread = per_product["var"].fill_null(0.0).cast(pl.Float64).to_numpy()
    centre, within, between = moments(n, mean, spread)
    k = within / between if weight is None else weight
    quotes = [_quotes(said) for said in per_product["said"].to_list()]
    return ReviewSignals(
        items=Index.of(per_product["product_id"]),
        count=frozen(n.astype(np.int64)),
        rating=frozen((n * mean + k * centre) / (n + k)),
        error=frozen(np.sqrt(within / (n + k))),
        quotes=Texts.of([one for one, _ in quotes]),
        others=Texts.of([other for _, other in quotes]),
        centre=centre,
        weight=float(k),
    )


def moments(n: Int64, mean: Float64, spread: Float64) -> tuple[float, float, float]:
    """Mean over products, variance of one rating, variance between products.

    Args:
        n: reviews per product, (products,).
        mean: mean rating, (products,).
        spread: population variance of the ratings within the product, (products,).

    Returns:
        With too few reviews to tell, within = 1 and between = 0.2: the spread that star ratings usually have.

    >>> moments(np.array([2, 2]), np.array([5.0, 3.0]), np.array([0.0, 0.0]))
    (4.0, 0.01, 1.995)
    """
    if len(n) == 0:
        return 3.0, 1.0, 0.2
    centre = float(np.average(mean, weights=n))
    freedom = int(n.sum()) - len(n)
    within = max(float((n * spread).sum()) / freedom, 0.01) if freedom > 0 else 1.0
    if len(n) == 1:
        return centre, within, 0.2
    q = float((n * (mean - centre) ** 2).sum())
    scale = float(n.sum() - (n.astype(np.float64) ** 2).sum() / n.sum())
    between = (q - (len(n) - 1) * within) / scale
    return centre, within, max(between, 0.01)


def _quotes(said: list[dict[str, Any]]) -> tuple[str, str]:
    """A sentence to quote, and one of those who wrote in the other language."""
    kept = [one for one in said if one["text"] and one["rating"] >= _QUOTED_FROM]
    first = _quote(kept)
    return first, _quote([one for one in kept if language_of(one["text"]) != language_of(first)])


def _quote(kept: list[dict[str, Any]]) -> str:
    """The first sentence of the most helpful review; ties: best, then shortest."""
    if not kept:
        return ""
    best = min(kept, key=lambda one: (-(one["helpful"] or 0), -one["rating"], len(one["text"]), one["text"]))
    found = _SENTENCE.search(best["text"].strip())
    return shorten(found[0].strip(), _QUOTE_LENGTH) if found else ""


@dataclass(frozen=True, slots=True, eq=False)
class ReviewSignals:
    """What was learned from reviews.

    Args:
        items: dense product ↔ id.
        count: reviews, int64 (items,).
        rating: shrunk mean, float64 (items,), stars.
        error: its standard error, float64 (items,), stars.
        quotes: a sentence of each item, empty where there is none.
        others: the same of those who wrote in the other language.
        centre: mean over products, stars.
        weight: k, in reviews.
    """

    name: ClassVar[str] = "reviews"
    __repr__ = brief

    items: Index
    count: Int64
    rating: Float64
    error: Float64
    quotes: Texts
    others: Texts
    centre: float
    weight: float

    def of(self, item: str) -> Standing | None:
        """The standing of one product; None where nobody has reviewed it."""
        place = self.items.position(item)
        if place < 0:
            return None
        reach = Z95 * float(self.error[place])
        rating = float(self.rating[place])
        return Standing(
            count=int(self.count[place]),
            rating=rating,
            low=max(float(_STARS[0]), rating - reach),
            high=min(float(_STARS[1]), rating + reach),
            quote=self.quotes[place],
            other=self.others[place],
        )

    def frame(self) -> pl.DataFrame:
        """item, count, rating, low, high, quote; best first."""
        rows = [(item, self.of(item)) for item in self.items.ids]
        return pl.DataFrame(
            [(item, one.count, one.rating, one.low, one.high, one.quote) for item, one in rows if one is not None],
            schema={
                "item": pl.String,
                "count": pl.Int64,
                "rating": pl.Float64,
                "low": pl.Float64,
                "high": pl.Float64,
                "quote": pl.String,
            },
            orient="row",
        ).sort("rating", "item", descending=[True, False])

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that is large."""
        return {
            **self.items.arrays("items"),
            **self.quotes.arrays("quotes"),
            **self.others.arrays("others"),
            "count": self.count,
            "rating": self.rating,
            "error": self.error,
        }

    def meta(self) -> dict[str, Any]:
        """Centre and weight."""
        return {"centre": self.centre, "weight": self.weight}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Self:
        """The result again.

        Raises:
            BadArray: the arrays do not fit together; named.
        """
        items = Index.from_arrays(arrays, "items")
        quotes, others, n = Texts.from_arrays(arrays, "quotes"), Texts.from_arrays(arrays, "others"), len(items)
        for name, texts in (("quotes", quotes), ("others", others)):
            if len(texts) != n:
                raise BadArray("one quote per item", key=f"{name}_offsets.shape", value=(len(texts) + 1,))
        return cls(
            items=items,
            count=taken(arrays, "count", np.int64, (n,)),
            rating=taken(arrays, "rating", np.float64, (n,)),
            error=taken(arrays, "error", np.float64, (n,)),
            quotes=quotes,
            others=others,
            centre=meta["centre"],
            weight=meta["weight"],
        )
