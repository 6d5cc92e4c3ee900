import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tsuide.proof.reports.evidence import adjusted, log_likelihood_ratio, orders_needed, poisson_interval, wilson

SHARES = st.lists(st.floats(0, 1), min_size=1, max_size=40)


@given(SHARES)
def test_adjusted_p_values_are_those_of_scipy(p_values: list[float]) -> None:
    """The oracle: scipy's false_discovery_control."""
    mine = adjusted(np.array(p_values), len(p_values))
    np.testing.assert_allclose(mine, stats.false_discovery_control(p_values), rtol=1e-9, atol=1e-12)


@given(SHARES, st.integers(0, 1000))
def test_tests_that_are_not_shown_make_it_stricter(p_values: list[float], more: int) -> None:
    known = np.array(p_values)
    assert (adjusted(known, len(known) + more) >= adjusted(known, len(known)) - 1e-12).all()


@given(st.integers(1, 500), st.data())
def test_wilsons_interval_is_that_of_scipy(of: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, of))
    low, high = wilson(np.array([count]), np.array([of]))
    oracle = stats.binomtest(count, of).proportion_ci(method="wilson")
    assert low[0] == pytest.approx(oracle.low, abs=1e-9)
    assert high[0] == pytest.approx(oracle.high, abs=1e-9)


def test_a_poisson_interval_holds_the_count_itself() -> None:
    low, high = poisson_interval(np.array([0, 3]), np.array([2.0, 3.0]))
    assert low[0] == 0
    assert low[1] < 1 < high[1]


def test_the_orders_that_are_needed_would_be_enough() -> None:
    """Scaled up to them, the pair's own p-value passes the threshold; with a tenth fewer it does not."""
    needed = orders_needed(6, 10, 15, 60, 100)
    asked = stats.chi2.isf(2 * 0.05 / 100, 1)
    for orders, enough in ((needed, True), (0.9 * needed, False)):
        scale = orders / 60
        strength = log_likelihood_ratio(6 * scale, 10 * scale, 15 * scale, orders)
        assert bool(strength >= asked) is enough


def test_no_number_of_orders_helps_a_pair_that_does_not_lean_together() -> None:
    assert orders_needed(1, 10, 10, 100, 5) == 0
    assert orders_needed(0, 10, 10, 100, 5) == 0
