"""The report of results: what was proposed, taken and sold, by rep, product line, tier, category and more.

Counts are of offers (each once per outcome). Attributed money is what was sold after an offer, never an effect: that
comes from the holdout, with its interval. New customers are those whose first order lies in the range. Every
figure names its method and can be followed to its rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeAlias, get_args

import polars as pl

from tsuide.facts.schema import Schema
from tsuide.proof.attribution import KEPT_AMOUNT, Credit

Sort: TypeAlias = Literal[
    "rep", "team", "line", "tier", "category", "pair", "placement", "journey", "segment", "kind", "product"
]
SORTS: Final[tuple[Sort, ...]] = get_args(Sort)
Because: TypeAlias = Literal["too_few", "no_holdout", "off_ratio", "other"]
METHODS: Final = (
    "offers",
    "attributed",
    "incremental",
    "groups",
    "customers",
    "first_in_category",
    "searches",
    "reasons",
)
OUTCOMES: Final = ("shown", "clicked", "accepted", "declined", "purchased", "returned")
_MOMENT: Final = pl.Datetime("us", "UTC")
TOUCHED: Final[Schema] = {
    "at": _MOMENT,
    "outcome": pl.String(),
    "reason": pl.String(),
    "offer_id": pl.String(),
    "decision_id": pl.String(),
    "customer_id": pl.String(),
    "product": pl.String(),
    "category": pl.String(),
    "kind": pl.String(),
    "placement": pl.String(),
    "rep": pl.String(),
    "tier": pl.String(),
    "team": pl.String(),
    "line": pl.String(),
    "pair": pl.String(),
    "journey": pl.String(),
    "segment": pl.List(pl.String()),
}
"""One row per outcome of an offer, with what its decision says of it."""
SOUGHT: Final[Schema] = {
    "at": _MOMENT,
    "person": pl.String(),
    "kind": pl.String(),
    "query": pl.String(),
    "results": pl.Int64(),
}
"""Searches, and what people looked at or clicked: kind, words, and how many results were told (null = not told)."""
_FOLLOWED: Final = timedelta(minutes=30)
_LOOKS: Final = ("view", "click", "add")
_TOP: Final = 50


@dataclass(frozen=True, slots=True)
class Results:
    """The figures.

    Args:
        start, end: start ≤ at < end.
        currency: of money, minor units.
        offers: sort, name, a count for each of OUTCOMES, accept_rate, attributed.
        customers: group (new, existing), customers, orders, revenue, attributed.
        first_in_category: category, customers who bought from it for the first time, of them through an offer.
        searches: query, times, empty (no results), nowhere (nothing was looked at within half an hour).
        reasons: reason, category, times.
        effect: plain effect against the holdout, or why there is none (`why` in full, and Because).
        groups: the same by rep, product line and tier (`proof.groups`), or why there is none.
        other_currencies: what was sold in the range in other currencies, in none of the amounts: currency, orders,
            amount.
    """

    start: datetime
    end: datetime
    currency: str | None
    offers: pl.DataFrame
    customers: pl.DataFrame
    first_in_category: pl.DataFrame
    searches: pl.DataFrame
    reasons: pl.DataFrame
    effect: Mapping[str, Any]
    groups: Mapping[str, Any] = field(default_factory=dict)
    other_currencies: Sequence[Mapping[str, Any]] = ()

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        tables = ("offers", "customers", "first_in_category", "searches", "reasons")
        return {
            "since": self.start.isoformat(),
            "until": self.end.isoformat(),
            "currency": self.currency,
            "other_currencies": [dict(each) for each in self.other_currencies],
            **{name: getattr(self, name).to_dicts() for name in tables},
            "effect": dict(self.effect),
            "effect_by": dict(self.groups),
        }


_TABLES: Final[Mapping[str, Schema]] = {
    "offers": {
        "sort": pl.String(),
        "name": pl.String(),
        **dict.fromkeys(OUTCOMES, pl.Int64()),
        "attributed": pl.Int64(),
        "accept_rate": pl.Float64(),
    },
    "customers": {"group": pl.String(), **dict.fromkeys(("customers", "orders", "revenue", "attributed"), pl.Int64())},
    "first_in_category": {"category": pl.String(), "customers": pl.Int64(), "through_offers": pl.Int64()},
    "searches": {"query": pl.String(), **dict.fromkeys(("times", "empty", "nowhere"), pl.Int64())},
    "reasons": {"reason": pl.String(), "category": pl.String(), "times": pl.Int64()},
}


def results_from(plain: Mapping[str, Any]) -> Results:
    """The report again, from what `Results.plain` told and somebody kept.

    Args:
        plain: JSON.
    """
    tables = {name: pl.DataFrame(plain[name], schema=schema) for name, schema in _TABLES.items()}
    start, end = (datetime.fromisoformat(plain[name]) for name in ("since", "until"))
    return Results(
        start=start, end=end, currency=plain["currency"], effect=plain["effect"], groups=plain["effect_by"],
        other_currencies=plain.get("other_currencies", ()), **tables,
    )  # fmt: skip


def exploded(touched: pl.DataFrame) -> pl.DataFrame:
    """TOUCHED with sort and name: a row for each name that an outcome counts under."""
    parts = []
    for sort in SORTS:
        rows = touched.with_columns(sort=pl.lit(sort), name=pl.col(sort))
        if sort == "segment":
            rows = rows.explode("name", empty_as_null=True, keep_nulls=True)
        parts.append(rows.filter(pl.col("name").is_not_null()))
    return pl.concat(parts)


def offer_table(touched: pl.DataFrame, credits_: Sequence[Credit]) -> pl.DataFrame:
    """The table `offers` of Results, by sort in the order of SORTS, the most shown first.

    Args:
        touched: TOUCHED, within the range.
        credits_: of `proof.attribution`, of orders within the range.
    """
    whole = exploded(touched)
    counts = [
        pl.col("offer_id").filter(pl.col("outcome") == each).n_unique().cast(pl.Int64).alias(each) for each in OUTCOMES
    ]
    schema = {"offer_id": pl.String, "attributed": pl.Int64}
    money = pl.DataFrame([(each.offer_id, each.amount) for each in credits_], schema=schema, orient="row")
    money = money.group_by("offer_id").agg(pl.col("attributed").sum())
    named = whole.select("sort", "name", "offer_id").unique().join(money, on="offer_id")
    found = whole.group_by("sort", "name").agg(counts).join(
        named.group_by("sort", "name").agg(pl.col("attributed").sum()), on=["sort", "name"], how="left"
    )  # fmt: skip
    yes = pl.max_horizontal("accepted", "purchased")
    return (
        found.with_columns(
            pl.col("attributed").fill_null(0),
            accept_rate=pl.when(pl.col("shown") > 0).then((yes / pl.col("shown")).round(6)),
            order=pl.col("sort").replace_strict({each: n for n, each in enumerate(SORTS)}, return_dtype=pl.Int64),
        )
        .sort("order", "shown", "name", descending=[False, True, False])
        .drop("order")
    )


def customer_table(lines: pl.DataFrame, credits_: Sequence[Credit], start: datetime, end: datetime) -> pl.DataFrame:
    """The table `customers` of Results.

    Args:
        lines: every line that was ever bought: order_id, line, customer_id, placed_at, amount, quantity, returned.
        credits_: of orders within the range.
        start: of the range.
        end: of the range.
    """
    known = lines.filter(pl.col("customer_id").is_not_null())
    first = known.group_by("customer_id").agg(first=pl.col("placed_at").min())
    rows = known.filter((pl.col("placed_at") >= start) & (pl.col("placed_at") < end)).join(first, on="customer_id")
    schema = {"order_id": pl.String, "line": pl.Int64, "attributed": pl.Int64}
    money = pl.DataFrame([(each.order_id, each.line, each.amount) for each in credits_], schema=schema, orient="row")
    rows = rows.join(money.group_by("order_id", "line").agg(pl.col("attributed").sum()), on=["order_id", "line"],
                     how="left")  # fmt: skip
    group = pl.when(pl.col("first") >= start).then(pl.lit("new")).otherwise(pl.lit("existing"))
    found = rows.with_columns(group=group, revenue=KEPT_AMOUNT).group_by("group").agg(
        customers=pl.col("customer_id").n_unique().cast(pl.Int64),
        orders=pl.col("order_id").n_unique().cast(pl.Int64),
        revenue=pl.col("revenue").sum(),
        attributed=pl.col("attributed").sum(),
    )  # fmt: skip
    both = pl.DataFrame({"group": ["new", "existing"]})
    return both.join(found, on="group", how="left", maintain_order="left").fill_null(0)


def first_purchases(lines: pl.DataFrame, start: datetime, end: datetime) -> pl.DataFrame:
    """The table `first_in_category` of Results, the most first.

    Args:
        lines: every line that was ever bought: customer_id, placed_at, category (leaf), offered (bool).
        start: of the range.
        end: of the range.
    """
    known = lines.filter(pl.col("customer_id").is_not_null() & pl.col("category").is_not_null())
    first = known.sort("placed_at").group_by("customer_id", "category", maintain_order=True).first()
    found = first.filter((pl.col("placed_at") >= start) & (pl.col("placed_at") < end))
    return (
        found.group_by("category")
        .agg(customers=pl.len().cast(pl.Int64), through_offers=pl.col("offered").sum().cast(pl.Int64))
        .sort("customers", "category", descending=[True, False])
    )


def unmet(sought: pl.DataFrame) -> pl.DataFrame:
    """The table `searches` of Results: words that found nothing, or led nowhere; the most often first.

    Args:
        sought: SOUGHT, within the range.
    """
    searches = sought.filter((pl.col("kind") == "search") & pl.col("query").is_not_null()).with_row_index("row")
    looks = sought.filter(pl.col("kind").is_in(list(_LOOKS))).select("person", looked="at")
    since: Any = pl.col("looked") - pl.col("at")
    met = (
        searches.join(looks, on="person")
        .filter((since >= timedelta(0)) & (since <= _FOLLOWED))
        .select("row")
        .unique()
        .with_columns(met=pl.lit(value=True))
    )
    words = pl.col("query").str.normalize("NFKC").str.to_lowercase().str.strip_chars()
    rows = searches.join(met, on="row", how="left").with_columns(query=words, met=pl.col("met").fill_null(value=False))
    return (
        rows.group_by("query")
        .agg(
            times=pl.len().cast(pl.Int64),
            empty=(pl.col("results") == 0).sum().cast(pl.Int64),
            nowhere=(~pl.col("met")).sum().cast(pl.Int64),
        )
        .filter((pl.col("empty") > 0) | (pl.col("nowhere") > 0))
        .sort("empty", "nowhere", "query", descending=[True, True, False])
        .head(_TOP)
    )


def reason_table(touched: pl.DataFrame) -> pl.DataFrame:
    """The table `reasons` of Results: why customers said no, by category, the most often first."""
    said = touched.filter(pl.col("outcome").is_in(["declined", "later"]))
    return (
        said.with_columns(pl.col("reason").fill_null("none_given"), pl.col("category").fill_null(""))
        .group_by("reason", "category")
        .agg(times=pl.len().cast(pl.Int64))
        .sort("times", "reason", "category", descending=[True, False, False])
    )
