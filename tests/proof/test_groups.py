"""The effect within groups: the truth lies in its interval, chance is no gain, too few are told as too few."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from tsuide.kit.arrays import Float64
from tsuide.proof.groups import group_effects, of_customers
from tsuide.proof.metrics import SHARES, SUMS, Metrics


def metrics(margin: Float64, before: Float64 | None = None, prefix: str = "c") -> Metrics:
    n = len(margin)
    zero = np.zeros(n)
    values = dict.fromkeys((*SUMS, *SHARES, "recommends", "answered"), zero) | {
        "margin": margin, "lines": np.full(n, 4.0), "attached": np.ones(n),
    }  # fmt: skip
    covariate = dict.fromkeys(SUMS, zero) | ({} if before is None else {"margin": before})
    ids = pl.Series([f"{prefix}{at}" for at in range(n)], dtype=pl.String)
    return Metrics(ids, values, covariate, 1.0, 0, frozenset({"margin", "lines", "attached"}))


def arms(rng: np.random.Generator, lift: float, n: int = 400, held: int = 60) -> tuple[Metrics, Metrics]:
    usual = rng.gamma(2.0, 5_000.0, n + held)
    spent = usual + rng.normal(0, 2_000, n + held)
    spent[:n] += lift
    return metrics(spent[:n], usual[:n]), metrics(spent[n:], usual[n:])


def test_each_groups_interval_holds_its_truth_and_chance_is_no_gain() -> None:
    rng = np.random.default_rng(7)
    inside, gains = 0, 0
    for _ in range(40):
        truth = {"ann": 3_000.0, "bob": 0.0}
        found = {each.name: each for each in group_effects("rep", {name: arms(rng, of) for name, of in truth.items()})}
        for name, of in truth.items():
            change: Any = found[name].change
            inside += change.low <= of <= change.high
        gains += found["bob"].verdict != "not_certain"
        assert found["ann"].verdict == "gain"
        assert found["ann"].total == pytest.approx(float(found["ann"].change.value) * 400)  # type: ignore[union-attr]
    assert inside >= 70  # of 80, at 95 %
    assert gains <= 1


def test_with_too_few_in_an_arm_nothing_is_said_and_the_larger_group_stands_first() -> None:
    rng = np.random.default_rng(1)
    few = arms(rng, 5_000, n=50, held=19)
    found = group_effects("tier", {"gold": few, "silver": arms(rng, 5_000)})
    assert [(each.name, each.verdict) for each in found] == [("silver", "gain"), ("gold", "not_enough")]
    told = found[1].plain()
    assert (told["difference"], told["incremental_total"], told["customers"]) == (
        None, None, {"treated": 50, "control": 19},
    )  # fmt: skip
    assert told["attach_rate"] == {"treated": 0.25, "control": 0.25}


def test_where_nobody_bought_anything_there_is_no_interval() -> None:
    found = group_effects("line", {"ink": (metrics(np.zeros(100)), metrics(np.zeros(50)))})
    assert found[0].verdict == "not_enough"


def test_figures_of_some_customers_are_theirs() -> None:
    some = of_customers(metrics(np.array([1.0, 2.0, 3.0])), ["c2", "c0", "who?"])
    assert (some.customers.to_list(), some.values["margin"].tolist()) == (["c0", "c2"], [1.0, 3.0])
