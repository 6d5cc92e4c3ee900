"""The conditional logit, on choices whose odds are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsuide.errors import BadArray
from tsuide.mining.choice import Choices, Curves, fit_curves


def choices(x: np.ndarray, chosen: np.ndarray, regime: np.ndarray | None = None) -> Choices:
    queries, candidates, _ = x.shape
    which = np.zeros((queries, candidates), np.uint8) if regime is None else regime
    return Choices(x.astype(np.float32), which, np.full(queries, candidates, np.int32), chosen.astype(np.float32))


def test_a_straight_line_finds_the_odds_that_made_the_choices() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(4000, 5, 2))
    odds = np.exp(x @ np.array([1.5, -0.5]))
    places = (random.random((4000, 1)) > np.cumsum(odds / odds.sum(axis=1, keepdims=True), axis=1)).sum(axis=1)
    curves = fit_curves(choices(x, np.eye(5)[places]), regimes=1, bends=False, ridge=0.0)
    assert curves.weight[0, :, 0] == pytest.approx([1.5, -0.5], abs=0.1)


def test_curves_bend_where_the_truth_does() -> None:
    random = np.random.default_rng(0)
    x = random.uniform(-2, 2, size=(4000, 6, 1))
    best = np.argmin(np.abs(x[:, :, 0]), axis=1)  # always the one in the middle
    curves = fit_curves(choices(x, np.eye(6)[best]), regimes=1, bends=True, ridge=1.0)

    def at(place: float) -> float:
        return curves.value(np.array([place], np.float32), 0)

    assert at(0.0) > at(-1.0) > at(-2.0)
    assert at(0.0) > at(1.0) > at(2.0)


def test_what_a_regime_is_worth_by_itself_is_found() -> None:
    x = np.ones((400, 2, 1))
    regime = np.tile(np.array([[0, 1]], np.uint8), (400, 1))
    chosen = np.zeros((400, 2))
    chosen[:100, 0] = 1
    chosen[100:, 1] = 1  # regime 1 is chosen three times as often
    curves = fit_curves(choices(x, chosen, regime), regimes=2, bends=False, ridge=1e-6)
    one = np.ones(1, np.float32)
    assert curves.value(one, 1) - curves.value(one, 0) == pytest.approx(np.log(3), abs=0.01)


def test_a_bonus_is_added_to_one_regime_only() -> None:
    curves = Curves.linear(np.array([[1.0], [1.0]])).welcoming(1, 0.5)
    one = np.ones(1, np.float32)
    assert (curves.value(one, 0), curves.value(one, 1)) == (1.0, 1.5)


@settings(deadline=None)  # the first call compiles
@given(st.lists(st.floats(-3, 3), min_size=2, max_size=6))
def test_values_of_many_are_values_of_each(numbers: list[float]) -> None:
    curves = Curves(
        np.zeros(1, np.float32),
        np.array([[[-1.0, 1.0]]], np.float32),
        np.array([[[0.5, 1.0, -2.0]]], np.float32),
    )
    x = np.array(numbers, np.float32).reshape(1, -1, 1)
    many = curves.values(choices(x, np.zeros((1, len(numbers)))))
    expected = [0.5 * v + max(0.0, v + 1.0) - 2.0 * max(0.0, v - 1.0) for v in x[0, :, 0].tolist()]
    assert many[0].tolist() == pytest.approx(expected, abs=1e-5)
    assert [curves.value(row, 0) for row in x[0]] == pytest.approx(expected, abs=1e-5)


def test_without_any_choice_there_is_nothing_to_fit() -> None:
    with pytest.raises(BadArray, match="no query has its choice"):
        fit_curves(choices(np.ones((2, 2, 1)), np.zeros((2, 2))), regimes=1, bends=False)
