"""Evaluations of alternatives, timing, replenishment and value on a shop whose truth is planted."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from tsuide.errors import TooFewData
from tsuide.mining.alternatives import Alternatives
from tsuide.mining.baskets import Baskets
from tsuide.proof.evaluation.alternatives import evaluate_alternatives
from tsuide.proof.evaluation.ladders import sampled_ladders
from tsuide.proof.evaluation.replenishment import evaluate_replenishment
from tsuide.proof.evaluation.timing import evaluate_timing
from tsuide.proof.evaluation.value import evaluate_value

DAY = 86_400_000_000
NEEDS = ("tea", "cake", "jam", "oil", "rice", "soap", "pens", "cups")


def catalogue() -> pl.DataFrame:
    """Eight needs of twelve products each, four brands, one size."""
    rows = [(f"{need}{n}", f"{need} 100g no{n}", [f"aisle {i % 4}", need], f"b{n % 4}", 200 + 20 * n)
            for i, need in enumerate(NEEDS) for n in range(12)]  # fmt: skip
    frame = pl.DataFrame(rows, schema=["id", "title", "category", "brand", "price"], orient="row")
    return frame.with_columns(currency=pl.lit("JPY"))


def shop(seed: int = 0, orders: int = 70, customers: int = 150) -> Baskets:
    """Each order takes one product of two neighbouring needs that go together (tea0 with cake0, 1, 2 …)."""
    rng, rows = np.random.default_rng(seed), []
    for c in range(customers):
        days = np.cumsum(rng.exponential(6, orders))
        for k, day in enumerate(days[days < 300]):
            first, n = int(rng.integers(0, 4)) * 2, int(rng.integers(0, 12))
            rows += [(f"{c}-{k}", f"c{c}", f"{NEEDS[first]}{n}", int(day * DAY), 300)]
            if rng.random() < 0.8:
                rows += [
                    (
                        f"{c}-{k}",
                        f"c{c}",
                        f"{NEEDS[first + 1]}{(n + int(rng.integers(0, 3))) % 12}",
                        int(day * DAY),
                        300,
                    )
                ]
    frame = pl.DataFrame(rows, schema=["order", "who", "sku", "at", "price"], orient="row")
    return Baskets.from_frame(frame, basket="order", item="sku", customer="who", time="at", price="price")


def test_substitutes_are_told_from_complements_even_without_the_catalogue() -> None:
    told = evaluate_alternatives(catalogue(), shop())
    methods = told["against_other_categories"]["methods"]
    assert methods["tsuide"]["auc"] > 0.95
    assert methods["tsuide, catalogue_withheld"]["auc"] > 0.9
    assert 0.3 < methods["popularity"]["auc"] < 0.7
    assert methods["same_category"]["auc"] == 1.0


def test_the_other_evaluations_give_one_table_each() -> None:
    baskets = shop()
    timing = evaluate_timing(baskets)
    assert set(timing["methods"]) == {"base_rate", "base_hazard", "pair_without_timing", "tsuide"}
    again = evaluate_replenishment(baskets, groups={"tea0": "tea"})
    for horizon in again["pairs"]["all"].values():
        low, _ = horizon["methods"]["personal_mean_interval"]["ours_below_interval"]
        assert low > 0
    value = evaluate_value(baskets)
    assert value["purchases"]["methods"]["tsuide"]["sum_over_seen"] == pytest.approx(1, abs=0.25)
    assert value["revenue"]["unit"] == "minor units"


def test_the_same_seed_gives_the_same_table() -> None:
    baskets = shop(orders=20, customers=60)
    assert evaluate_value(baskets, seed=3) == evaluate_value(baskets, seed=3)


def test_too_few_orders_are_said_so() -> None:
    few = shop(orders=2, customers=20)
    for evaluation in (evaluate_timing, evaluate_replenishment, evaluate_value):
        with pytest.raises(TooFewData):
            evaluation(few)
    with pytest.raises(TooFewData, match="pairs"):
        evaluate_alternatives(catalogue(), few)


def test_without_times_or_customers_nothing_is_foretold() -> None:
    bare = Baskets.from_frame(pl.DataFrame({"o": ["1", "2"], "i": ["a", "b"]}), basket="o", item="i")
    for evaluation in (evaluate_timing, evaluate_replenishment, evaluate_value):
        with pytest.raises(TooFewData):
            evaluation(bare)


def test_a_split_outside_the_data_names_the_way_out() -> None:
    with pytest.raises(Exception, match="orders run from"):
        evaluate_timing(shop(orders=5, customers=40), split=datetime(1999, 1, 1, tzinfo=UTC))


def test_ladders_are_written_for_a_person() -> None:
    text = sampled_ladders(Alternatives().fit(catalogue()), dict.fromkeys(catalogue()["id"], "JPY"), count=3)
    blocks = text.strip().split("\n\n")
    assert len(blocks) == 3
    assert all(block.count("\n  > ") == 1 for block in blocks)
    assert "per kg" in text
