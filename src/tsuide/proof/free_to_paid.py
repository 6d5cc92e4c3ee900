"""From a free plan to a paid one: how many customers went, how soon, and whether an offer had been shown before.

This is attribution, not effect: who was shown an offer may have gone without it as well. What an offer changes is told
by the holdout, whose customers were shown nothing.
"""

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from tsuide.facts.schema import MOMENT

_PLAN: Final = "subscription"


@dataclass(frozen=True, slots=True)
class Went:
    """One group of customers with a free plan.

    Args:
        free: customers.
        paid: of them, who later bought a paid plan.
        days: median days from the free plan to the paid one; None where nobody went.
    """

    free: int
    paid: int
    days: float | None

    @property
    def share(self) -> float | None:
        """Of those with a free plan; None where there are none."""
        return self.paid / self.free if self.free else None

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        return {"free": self.free, "paid": self.paid, "share": self.share, "median_days": self.days}


@dataclass(frozen=True, slots=True)
class FreeToPaid:
    """The figures.

    Args:
        all: everybody with a free plan.
        after_offer: to whom an offer of a paid plan was shown after they took the free one, and before they paid.
        without_offer: everybody else; in the holdout nobody is shown anything.
    """

    all: Went
    after_offer: Went
    without_offer: Went

    def to_json(self) -> dict[str, Any]:
        """As plain JSON, labelled for what it is."""
        return {
            "basis": "attribution",
            "all": self.all.to_json(),
            "after_offer": self.after_offer.to_json(),
            "without_offer": self.without_offer.to_json(),
        }


def free_to_paid(purchases: pl.DataFrame, products: pl.DataFrame, shown: pl.DataFrame) -> FreeToPaid:
    """Count them.

    Args:
        purchases: customer_id, product_id, placed_at, amount of every line; a plan whose line came to nothing is free.
        products: id and kind.
        shown: customer_id, product_id and at of every offer that was shown.

    >>> from datetime import UTC, datetime
    >>> day = lambda n: datetime(2026, 1, n, tzinfo=UTC)
    >>> purchases = pl.DataFrame([("a", "free", day(1), 0), ("a", "pro", day(11), 980), ("b", "free", day(1), 0)],
    ...     schema=["customer_id", "product_id", "placed_at", "amount"], orient="row")
    >>> products = pl.DataFrame({"id": ["free", "pro"], "kind": ["subscription", "subscription"]})
    >>> shown = pl.DataFrame({"customer_id": ["a"], "product_id": ["pro"], "at": [day(10)]})
    >>> found = free_to_paid(purchases, products, shown)
    >>> found.all.to_json(), found.after_offer.paid, found.without_offer.to_json()["share"]
    ({'free': 2, 'paid': 1, 'share': 0.5, 'median_days': 10.0}, 1, 0.0)
    """
    plans = products.filter(pl.col("kind") == _PLAN)["id"].implode()
    bought = purchases.drop_nulls("customer_id").filter(pl.col("product_id").is_in(plans))
    free = bought.filter(pl.col("amount") == 0).group_by("customer_id").agg(since=pl.col("placed_at").min())
    paid = (
        bought.filter(pl.col("amount") > 0)
        .join(free, on="customer_id")
        .filter(pl.col("placed_at") > pl.col("since"))
        .group_by("customer_id")
        .agg(paid_at=pl.col("placed_at").min())
    )
    whole = free.join(paid, on="customer_id", how="left")
    offered = (
        shown.drop_nulls("customer_id")
        .filter(pl.col("product_id").is_in(plans))
        .with_columns(pl.col("at").cast(MOMENT))
        .join(whole, on="customer_id")
        .filter(pl.col("at") > pl.col("since"), pl.col("paid_at").is_null() | (pl.col("at") < pl.col("paid_at")))
    )["customer_id"].unique()
    told = pl.col("customer_id").is_in(offered.implode())
    return FreeToPaid(_went(whole), _went(whole.filter(told)), _went(whole.filter(~told)))


def _went(rows: pl.DataFrame) -> Went:
    went = rows.drop_nulls("paid_at")
    days = went.select((pl.col("paid_at") - pl.col("since")).dt.total_seconds() / 86_400)["paid_at"].median()
    return Went(len(rows), len(went), float(days) if isinstance(days, int | float) else None)
