from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from tsuide.errors import BadValue, TooFewData
from tsuide.mining.baskets import Baskets
from tsuide.mining.replenishment import FittedReplenishment, Replenishment
from tsuide.mining.repurchase import Likelihood, Process, Sequences, fit_process, sequences_of
from tsuide.mining.timeline import timeline_of

DAY = 86_400_000_000


def shop() -> Baskets:
    """Coffee every 14 days, filters every 28, a kettle once."""
    rows = []
    for c in range(60):
        rows += [(f"{c}-{k}", f"c{c}", "coffee", (14 * k + c % 3) * DAY) for k in range(10)]
        rows += [(f"{c}-{2 * k}", f"c{c}", "filters", (28 * k + c % 3) * DAY) for k in range(5)]
        rows += [(f"{c}-k", f"c{c}", "kettle", (c % 30 + 20) * DAY)]
    frame = pl.DataFrame(rows, schema=["order", "who", "sku", "at"], orient="row")
    return Baskets.from_frame(frame, basket="order", item="sku", customer="who", time="at")


@pytest.fixture(scope="module")
def fitted() -> FittedReplenishment:
    return Replenishment().fit(shop())


def day(n: float) -> datetime:
    return datetime.fromtimestamp(n * 86_400, tz=UTC)


def test_what_is_used_up_is_due_and_what_one_owns_is_not(fitted: FittedReplenishment) -> None:
    coffee = fitted.due("c0", "coffee", day(14 * 9 + 13))
    kettle = fitted.due("c0", "kettle", day(14 * 9 + 13))
    assert coffee is not None
    assert kettle is not None
    assert coffee.due
    assert coffee.purchases == 10
    assert 10 < coffee.typical_days < 18
    assert not kettle.due
    assert kettle.repeats < 0.2


def test_just_bought_is_not_due(fitted: FittedReplenishment) -> None:
    found = fitted.due("c0", "coffee", day(14 * 9 + 1))
    assert found is not None
    assert not found.due


def test_a_longer_horizon_is_never_less_likely(fitted: FittedReplenishment) -> None:
    chances = [fitted.probability(["c0"], ["coffee"], day(130), days)[0] for days in (1, 7, 14, 28, 56)]
    assert chances == sorted(chances)


def test_what_was_never_bought_has_no_chance_of_being_bought_again(fitted: FittedReplenishment) -> None:
    assert fitted.probability(["c0", "nobody"], ["tea", "coffee"], day(130)).tolist() == [0.0, 0.0]
    assert fitted.due("c0", "tea", day(130)) is None
    assert fitted.of("nobody", day(130)).is_empty()


def test_the_most_likely_comes_first(fitted: FittedReplenishment) -> None:
    found = fitted.of("c0", day(14 * 9 + 13), n=2)
    assert found["item"].to_list()[0] == "coffee"
    assert found["probability"].is_sorted(descending=True)


def test_known_parameters_of_the_process_are_recovered() -> None:
    rng, rows = np.random.default_rng(0), []
    for c in range(4_000):  # rates Gamma(3, 60), exponential gaps, seven of ten go on after each purchase
        rate, at, k = rng.gamma(3.0, 1 / 60), rng.uniform(0, 30), 0
        while at < 400:
            rows.append((f"{c}-{k}", f"c{c}", "x", int(at * DAY)))
            if rng.random() > 0.7:
                break
            at, k = at + max(rng.exponential(1 / rate), 0.6), k + 1
    frame = pl.DataFrame([*rows, ("end", "last", "y", 400 * DAY)], schema=["order", "who", "sku", "at"], orient="row")
    line = timeline_of(Baskets.from_frame(frame, basket="order", item="sku", customer="who", time="at"))
    found = fit_process(sequences_of(line), 400 * DAY, 0)
    assert found.power == pytest.approx(1.0, abs=0.1)
    assert found.goes_on == pytest.approx((0.7, 0.7, 0.7), abs=0.05)
    assert found.alpha / found.beta == pytest.approx(3 / 60, rel=0.3)


def test_survival_starts_at_one_and_falls() -> None:
    process = Process(2.0, 30.0, 1.2, (0.5, 0.6, 0.7))
    days = np.array([0.0, 1.0, 10.0, 100.0])
    surviving = process.surviving(np.zeros(4), np.zeros(4, np.int32), days)
    assert surviving[0] == 1.0
    assert (np.diff(surviving) < 0).all()


def test_it_refuses_what_cannot_be_told() -> None:
    once = pl.DataFrame({"o": ["1", "2"], "i": ["a", "b"], "c": ["x", "y"], "t": [0, DAY]})
    baskets = Baskets.from_frame(once, basket="o", item="i", customer="c", time="t")
    with pytest.raises(TooFewData, match="repeats"):
        Replenishment().fit(baskets)
    with pytest.raises(TooFewData, match="without times"):
        Replenishment().fit(Baskets.from_frame(once, basket="o", item="i", customer="c"))
    with pytest.raises(BadValue, match="shrink"):
        Replenishment(shrink=0).fit(baskets)


def test_it_refuses_bad_questions(fitted: FittedReplenishment) -> None:
    with pytest.raises(BadValue, match="days"):
        fitted.probability(["c0"], ["coffee"], day(130), 0)
    with pytest.raises(BadValue, match="items"):
        fitted.probability(["c0"], [], day(130))


def test_a_likelihood_that_keeps_what_did_not_change_is_the_likelihood_made_anew() -> None:
    gaps = [7.0, 9.0, 3.5, 20.0, 1.0]
    sequences = Sequences(
        count=np.array([2, 0, 3], np.int32),
        gap=np.array(gaps),
        gap_start=np.array([0, 2, 2, 5]),
        first=np.zeros(3, np.int64),
        last=np.zeros(3, np.int64),
    )
    since = np.array([5.0, 40.0, 0.0])
    kept = Likelihood(sequences, since)
    one = Process(1.5, 20.0, 0.9, (0.4, 0.6, 0.8))
    for change in ({}, {"alpha": 2.0}, {"beta": 30.0}, {"power": 1.1}, {"goes_on": (0.5, 0.6, 0.8)}, {}):
        process = replace(one, **change)
        np.testing.assert_array_equal(kept(process), Likelihood(sequences, since)(process))
    # one customer who never came back within 40 days: ρ S(40) + 1 − ρ
    survived = (20 / (20 + 40**0.9)) ** 1.5
    assert kept(one)[1] == pytest.approx(np.log(0.4 * survived + 0.6))
