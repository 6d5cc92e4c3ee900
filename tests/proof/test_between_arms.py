"""Estimators that compare two arms: by hand, against other hands, and as invariants."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tsuide.errors import BadArray, BadValue, SampleRatioMismatch, TooFewData
from tsuide.proof.cuped import cuped, kept_variance
from tsuide.proof.difference import difference
from tsuide.proof.evaluation.agreement import agreement
from tsuide.proof.impact import Impressions, acceptance_lift, value_lift
from tsuide.proof.moments import of_share
from tsuide.proof.multiple import benjamini_hochberg, holm
from tsuide.proof.power import chance_to_see, plan, plan_share
from tsuide.proof.ratio import linearised, ratio_difference
from tsuide.proof.relative import lift_of_moments, relative_lift
from tsuide.proof.sample_ratio import sample_ratio
from tsuide.proof.sequential import always_valid, times
from tsuide.proof.winsor import winsorised

PEOPLE = hnp.arrays(np.float64, st.integers(3, 30), elements=st.floats(-1e4, 1e4).map(lambda each: round(each, 3)))


def test_other_libraries_say_the_same() -> None:
    for library, found in agreement(seed=1).items():
        assert found, library
        assert max(found.values()) < 1e-9, found


@given(PEOPLE, PEOPLE)
def test_swapping_the_arms_turns_the_difference_round(one: np.ndarray, other: np.ndarray) -> None:
    there, back = difference(one, other), difference(other, one)
    assert there.value == -back.value
    assert there.low == pytest.approx(-back.high)
    assert np.isnan(there.p) or there.p == pytest.approx(back.p)


@given(PEOPLE, PEOPLE, st.integers(0, 2**32))
def test_a_covariate_never_moves_the_sum_of_both_arms(one: np.ndarray, other: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    before = rng.normal(size=len(one)), rng.normal(size=len(other))
    found = cuped(one, other, *before)
    assert np.isfinite(found.value)


def test_a_covariate_that_tells_half_halves_the_variance() -> None:
    rng = np.random.default_rng(3)
    before = rng.normal(size=(2, 40_000))
    after = before + rng.normal(size=(2, 40_000))
    plain, adjusted = difference(after[0], after[1]), cuped(after[0], after[1], before[0], before[1])
    assert (adjusted.error / plain.error) ** 2 == pytest.approx(0.5, abs=0.02)
    assert kept_variance(after[0], before[0]) == pytest.approx(0.5, abs=0.02)


def test_a_covariate_of_other_customers_is_refused() -> None:
    with pytest.raises(BadArray, match="treated_before"):
        cuped(np.ones(3), np.ones(3), np.ones(2), np.ones(3))


def test_a_constant_covariate_changes_nothing() -> None:
    one, other = np.array([1.0, 2.0, 4.0]), np.array([0.0, 1.0, 1.0])
    assert cuped(one, other, np.ones(3), np.ones(3)).plain() == difference(one, other).plain()


def test_orders_of_one_customer_are_not_taken_for_independent() -> None:
    """One customer with a hundred orders is one customer: the naive error per order would be ten times smaller."""
    orders = np.array([100.0] * 50)
    money = orders * np.where(np.arange(50) % 2, 10.0, 20.0)
    found = ratio_difference((money, orders), (money, orders))
    assert found.value == 0
    assert float(found.error) == pytest.approx(np.sqrt(2 * 25 / 49))


def test_a_ratio_without_denominators_says_so() -> None:
    with pytest.raises(TooFewData, match="denominator"):
        linearised(np.ones(3), np.zeros(3))


def test_one_customer_is_too_few() -> None:
    with pytest.raises(TooFewData, match="customers = 1"):
        difference(np.ones(1), np.ones(5))


def test_lift_over_nothing_is_not_told() -> None:
    assert relative_lift(np.array([1.0, 2.0]), np.zeros(2)).plain()["value"] is None


def test_the_published_sequence() -> None:
    lift = lift_of_moments(of_share(2422, 3461), of_share(1396, 3000))
    found = always_valid(lift, 6461)
    assert [round(float(each), 5) for each in (found.value, found.low, found.high)] == [0.50386, 0.40098, 0.60675]
    assert found.p < 1e-20


def test_an_always_valid_interval_is_wider_and_agrees_with_its_p() -> None:
    fixed = difference(np.arange(50.0) + 30, np.arange(50.0))
    found = always_valid(fixed, 100)
    assert found.low < fixed.low < fixed.high < found.high
    edge = 100 * times(100_000)  # the value at which the bound touches zero
    touching = type(fixed)(np.asarray(edge), np.asarray(100.0), fixed.low, fixed.high, fixed.p)
    assert float(always_valid(touching, 100_000).low) == pytest.approx(0, abs=1e-9)
    assert float(always_valid(touching, 100_000).p) == pytest.approx(0.05)


@pytest.mark.parametrize(("level", "tuning"), [(0.0, 5000), (1.0, 5000), (0.95, 0)])
def test_a_sequence_needs_a_level_and_a_tuning(level: float, tuning: float) -> None:
    with pytest.raises(BadValue):
        always_valid(difference(np.ones(3), np.zeros(3)), 6, level=level, tuning=tuning)


def test_a_lost_arm_blocks_the_read_out_by_name() -> None:
    sample_ratio({"a": 5_050, "b": 4_950}, {"a": 50, "b": 50}).checked("tea")
    with pytest.raises(SampleRatioMismatch, match="experiment = 'tea'"):
        sample_ratio({"a": 5_300, "b": 4_700}, {"a": 50, "b": 50}).checked("tea")


def test_an_arm_that_nobody_planned_is_refused() -> None:
    with pytest.raises(BadValue, match="not planned"):
        sample_ratio({"c": 1}, {"a": 1, "b": 1})


def test_an_empty_experiment_has_no_mismatch() -> None:
    assert sample_ratio({}, {"a": 1, "b": 1}).holds


def test_winsorising_states_what_it_did() -> None:
    one, other, bounds = winsorised(np.append(np.zeros(99), 1e6), np.append(np.ones(99), 7.0), share=0.005)
    assert one.max() == 7.0
    assert other.max() == 7.0
    assert bounds.plain() == {"low": 0.0, "high": 7.0, "cut": 1, "share": 0.005}


def test_no_winsorising_cuts_nobody() -> None:
    assert winsorised(np.array([1.0, 9.0]), np.array([3.0]), share=0.0)[2].cut == 0


def test_the_field_formula_of_customers_needed() -> None:
    """(1.95996 + .84162)² × (.1 × .9 + .12 × .88) / .02² = 3,838.2."""
    assert plan_share(0.10, 0.12).control == 3_839


def test_a_small_holdout_needs_more_time_and_the_days_say_how_long() -> None:
    even = plan(effect=10, deviation=100, control_share=0.5, per_day=100)
    small = plan(effect=10, deviation=100, control_share=0.05, per_day=100)
    assert (even.customers, even.days) == (3_140, 32)
    assert small.customers > 5 * even.customers
    assert plan(effect=10, deviation=100, kept_variance=0.5).customers < 0.51 * even.customers


def test_the_plan_has_the_power_that_it_promises() -> None:
    found = plan(effect=5, deviation=50, control_share=0.2, power=0.9)
    error = 50 * np.sqrt(1 / found.treated + 1 / found.control)
    assert chance_to_see(5, error) == pytest.approx(0.9, abs=0.005)


@pytest.mark.parametrize("wrong", [{"effect": 0.0}, {"power": 1.0}, {"control_share": 0.0}, {"kept_variance": 0.0}])
def test_a_plan_without_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(BadValue):
        plan(**{"effect": 1.0, "deviation": 1.0, **wrong})


P_VALUES = hnp.arrays(np.float64, st.integers(0, 20), elements=st.floats(0, 1))


@given(P_VALUES)
def test_adjusting_only_raises_and_keeps_the_order(p: np.ndarray) -> None:
    for adjusted in (holm(p), benjamini_hochberg(p)):
        assert (adjusted >= p - 1e-15).all()
        assert (adjusted <= 1).all()
        assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= -1e-15).all()
    assert (benjamini_hochberg(p) <= holm(p) + 1e-15).all()


def test_impact_figures_by_hand() -> None:
    test, control = Impressions(1_000, 120, 60_000), Impressions(1_000, 100, 40_000)
    assert float(acceptance_lift(test, control).value) == pytest.approx(0.2)
    assert float(value_lift(test, control).value) == pytest.approx(0.5)
    with pytest.raises(BadValue):
        Impressions(10, 11)
