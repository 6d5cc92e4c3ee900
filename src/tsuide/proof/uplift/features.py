"""What is known of a customer at a moment, as numbers: what uplift may depend on. Nothing after the moment is read."""

from typing import Any, Final

import numpy as np
import polars as pl

from tsuide.kit.arrays import Float64

FEATURES: Final = ("orders", "units", "products", "spend", "days_since", "days_known", "returned", "gifts", "new")
_LONGEST: Final = 730.0  # days: who was not here for two years, or never, is as far away


def features_of(people: pl.DataFrame, purchases: pl.DataFrame) -> Float64:
    """Features of customers, sorted by customer; float64 (customers, FEATURES).

    Counts and sums are logarithms (ln(1 + x)), shares 0 … 1, times in years.

    Args:
        people: customer_id, at: one row each; what was bought before counts.
        purchases: customer_id, placed_at, order_id, product_id, quantity, returned, amount, gift.

    >>> from datetime import UTC, datetime
    >>> now = datetime(2026, 1, 1, tzinfo=UTC)
    >>> nobody = pl.DataFrame(schema={"customer_id": pl.String, "placed_at": pl.Datetime("us", "UTC"),
    ...     "order_id": pl.String, "product_id": pl.String, "quantity": pl.Int64, "returned": pl.Int64,
    ...     "amount": pl.Int64, "gift": pl.Boolean})
    >>> dict(zip(FEATURES, features_of(pl.DataFrame({"customer_id": ["a"], "at": [now]}), nobody)[0].tolist()))["new"]
    1.0
    """
    people = people.select("customer_id", start=pl.col("at")).sort("customer_id")
    rows = purchases.join(people, on="customer_id").filter(pl.col("placed_at") < pl.col("start"))
    days: Any = (pl.col("start") - pl.col("placed_at")).dt.total_seconds() / 86_400
    each = rows.with_columns(days=days).group_by("customer_id").agg(
        orders=pl.col("order_id").n_unique().log1p(),
        units=pl.col("quantity").sum().log1p(),
        products=pl.col("product_id").n_unique().log1p(),
        spend=pl.col("amount").sum().clip(lower_bound=0).log1p(),
        days_since=pl.col("days").min().clip(upper_bound=_LONGEST) / 365,
        days_known=pl.col("days").max().clip(upper_bound=_LONGEST) / 365,
        returned=pl.col("returned").sum() / pl.col("quantity").sum().clip(lower_bound=1),
        gifts=pl.col("gift").mean(),
        new=pl.lit(0.0),
    )  # fmt: skip
    whole = people.join(each, on="customer_id", how="left", maintain_order="left")
    missing = {"new": 1.0, "days_since": _LONGEST / 365}
    columns = [whole[name].fill_null(missing.get(name, 0.0)).cast(pl.Float64).to_numpy() for name in FEATURES]
    return np.column_stack(columns)
