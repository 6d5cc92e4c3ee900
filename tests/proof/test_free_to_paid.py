"""Free plans that became paid ones, with and without an offer shown in between."""

from datetime import UTC, datetime

import polars as pl

from tsuide.facts.schema import MOMENT, Schema
from tsuide.proof.free_to_paid import free_to_paid

WHO: Schema = {"customer_id": pl.String(), "product_id": pl.String()}
PLANS = pl.DataFrame({"id": ["free", "pro", "max", "mug"], "kind": ["subscription"] * 3 + ["physical"]})


def day(n: int) -> datetime:
    return datetime(2026, 1, n, tzinfo=UTC)


def bought(*rows: tuple[str | None, str, datetime, int]) -> pl.DataFrame:
    schema = pl.Schema({**WHO, "placed_at": MOMENT, "amount": pl.Int64()})
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def shown(*rows: tuple[str | None, str, datetime]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=pl.Schema({**WHO, "at": MOMENT}), orient="row")


def test_only_an_offer_between_the_free_plan_and_the_paid_one_counts() -> None:
    purchases = bought(
        *[(each, "free", day(2), 0) for each in "abcde"],
        *[(each, "pro", day(12), 980) for each in "abc"],
        ("d", "pro", day(1), 980),  # paid before: they stepped down
        ("e", "mug", day(5), 1_000),  # no plan
        (None, "free", day(1), 0),
        ("x", "pro", day(3), 980),  # never had a free one
    )
    found = free_to_paid(
        purchases,
        PLANS,
        shown(
            ("a", "pro", day(5)),
            ("b", "pro", day(20)),
            ("c", "mug", day(5)),
            ("d", "max", day(1)),
            ("e", "pro", day(9)),
        ),
    )
    assert (found.all.free, found.all.paid, found.all.days) == (5, 3, 10.0)
    assert (found.after_offer.free, found.after_offer.paid) == (2, 1)  # a and e
    assert (found.without_offer.free, found.without_offer.paid) == (3, 2)
    assert found.to_json()["basis"] == "attribution"


def test_where_nobody_has_a_free_plan_there_is_no_share() -> None:
    found = free_to_paid(bought(("a", "mug", day(1), 900)), PLANS, shown())
    assert found.all.to_json() == {"free": 0, "paid": 0, "share": None, "median_days": None}
