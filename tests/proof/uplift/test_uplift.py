"""Learners find whom an offer moves, and their test tells them from a response model."""

import numpy as np
import pytest

from tsuide.errors import BadArray, BadValue, TooFewData
from tsuide.offers.moved import GROUPS
from tsuide.proof.uplift.groups import effects, groups
from tsuide.proof.uplift.learners import LEARNERS, Learner, cross_fitted, response
from tsuide.proof.uplift.qini import qini, qini_with_deviation
from tsuide.proof.uplift.top import uplift_at

N = 12_000


@pytest.fixture(scope="module")
def trial() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The first feature says who buys anyway, the second who is moved (+15 points) or put off (−10 points)."""
    rng = np.random.default_rng(5)
    x = rng.integers(2, size=(N, 2)).astype(float)
    treated = rng.random(N) < 0.8
    chance = 0.15 + 0.4 * x[:, 0] + treated * (0.25 * x[:, 1] - 0.10)
    return x, (rng.random(N) < chance).astype(float), treated


@pytest.mark.parametrize("learner", LEARNERS)
def test_each_learner_finds_the_moved_and_the_put_off(
    learner: Learner, trial: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> None:
    x, bought, treated = trial
    found = cross_fitted(x, bought, treated, learner=learner)
    assert found[x[:, 1] == 1].mean() == pytest.approx(0.15, abs=0.04)
    assert found[x[:, 1] == 0].mean() == pytest.approx(-0.10, abs=0.04)


def test_uplift_ranks_better_than_response(trial: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    x, bought, treated = trial
    by_uplift, deviation = qini_with_deviation(cross_fitted(x, bought, treated), bought, treated, resamples=50)
    by_response = qini(response(x, bought, treated), bought, treated)
    assert by_uplift - by_response > 2 * deviation > 0
    first = uplift_at(cross_fitted(x, bought, treated), bought, treated, k=0.3)
    assert first.low < 0.15 < first.high


def test_groups_are_what_their_names_say(trial: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    x, bought, treated = trial
    group = groups(cross_fitted(x, bought, treated), response(x, bought, ~treated))
    found = effects(group, bought, treated)
    assert found["persuadable"].low > 0
    assert found["do_not_disturb"].high < 0
    assert set(found) <= set(GROUPS)


def test_nobody_is_scored_by_a_model_that_saw_them() -> None:
    """Outcomes that are pure noise must not be foretold better than chance."""
    found = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        x, treated = rng.normal(size=(2_000, 20)), rng.random(2_000) < 0.5
        bought = (rng.random(2_000) < 0.3).astype(float)
        found.append(qini(cross_fitted(x, bought, treated), bought, treated))
    assert abs(np.mean(found)) < 0.05  # one run: 0 ± .042; models that saw the customer give .2 and more


def test_a_small_arm_is_refused_by_name() -> None:
    treated = np.arange(200) < 20
    with pytest.raises(TooFewData, match="50 customers in each arm"):
        cross_fitted(np.zeros((200, 1)), np.ones(200), treated)


def test_arrays_must_fit() -> None:
    with pytest.raises(BadArray):
        cross_fitted(np.zeros((200, 1)), np.ones(100), np.arange(200) < 100)
    with pytest.raises(BadValue, match="folds"):
        cross_fitted(np.zeros((200, 1)), np.ones(200), np.arange(200) < 100, folds=1)
    with pytest.raises(BadValue, match="k"):
        uplift_at(np.ones(10), np.ones(10), np.arange(10) < 5, k=0)
    with pytest.raises(TooFewData):
        qini(np.ones(10), np.ones(10), np.ones(10, bool))
