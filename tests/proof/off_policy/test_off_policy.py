"""Another policy's earnings from a log: exact where that can be counted, refused where nothing was tried."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.errors import BadArray, NoSupport
from tsuide.proof.off_policy.dm import dm
from tsuide.proof.off_policy.dr import dr
from tsuide.proof.off_policy.ips import ips
from tsuide.proof.off_policy.slates import slate_value, slate_weights
from tsuide.proof.off_policy.snips import snips
from tsuide.proof.off_policy.support import support, weights_of


def test_the_same_policy_earns_what_it_earned() -> None:
    rewards = np.array([3.0, 0.0, 5.0, 0.0])
    weights = weights_of(np.array([0.5, 0.2, 0.1, 1.0]), np.array([0.5, 0.2, 0.1, 1.0]))
    for found in (ips(weights, rewards), snips(weights, rewards), dr(weights, rewards, np.ones(4), np.ones(4))):
        assert float(found.value) == pytest.approx(2.0)


@given(st.integers(0, 1_000))
def test_snips_is_not_moved_by_a_constant(seed: int) -> None:
    rng = np.random.default_rng(seed)
    weights, rewards = rng.gamma(1.0, 1.0, 50), rng.normal(size=50)
    assert float(snips(weights, rewards + 7).value) == pytest.approx(float(snips(weights, rewards).value) + 7)


def test_a_wrong_model_is_put_right_by_probabilities() -> None:
    rng = np.random.default_rng(1)
    action = rng.integers(2, size=20_000)
    rewards = (rng.random(20_000) < np.array([0.1, 0.5])[action]).astype(float)
    target = np.tile([0.2, 0.8], (20_000, 1))
    model = np.tile([0.9, 0.9], (20_000, 1))
    weights = weights_of(np.array([0.2, 0.8])[action], np.full(20_000, 0.5))
    assert float(dm(target, model)) == pytest.approx(0.9)
    found = dr(weights, rewards, (target * model).sum(axis=1), model[:, 0])
    assert found.low < 0.42 < found.high


def test_slates_read_downwards() -> None:
    draws = np.array([[2.0, 0.0], [0.0, 1.0]])
    rewards = np.array([[1.0, 1.0], [1.0, 1.0]])
    assert float(slate_value(draws, rewards).value) == 1.0  # the first place is tried once, twice as likely
    assert float(slate_value(draws, rewards, reading="sips").value) == 0.0
    assert slate_weights(draws).tolist() == [[2.0, 0.0], [0.0, 0.0]]


def test_self_normalised_slates_of_one_place_are_snips() -> None:
    rng = np.random.default_rng(2)
    weights, rewards = rng.gamma(2.0, 0.5, 200), rng.random(200)
    one = slate_value(weights[:, None], rewards[:, None], self_normalised=True)
    assert float(one.value) == pytest.approx(float(snips(weights, rewards).value))
    assert float(one.error) == pytest.approx(float(snips(weights, rewards).error), rel=0.02)


def test_what_was_never_tried_is_refused_by_name() -> None:
    never = np.append(np.ones(600), np.zeros(400))
    with pytest.raises(NoSupport, match="was never tried"):
        support(never).checked()


def test_a_few_heavy_weights_are_refused_by_name() -> None:
    heavy = np.append(np.full(990, 0.1), np.full(10, 90.1))
    with pytest.raises(NoSupport, match="is worth 12 of its 1,000 decisions"):
        support(heavy).checked()


def test_a_log_of_the_same_policy_is_supported() -> None:
    found = support(np.ones(500)).checked()
    assert found.plain() == {
        "decisions": 500,
        "effective_sample_size": 500.0,
        "largest_weight": 1.0,
        "mean_weight": 1.0,
        "unsupported": 0.0,
    }


def test_an_empty_log_says_nothing() -> None:
    with pytest.raises(NoSupport):
        support(np.empty(0)).checked()


def test_a_recorded_probability_of_zero_is_impossible() -> None:
    with pytest.raises(BadArray):
        weights_of(np.array([0.5]), np.array([0.0]))
    with pytest.raises(BadArray):
        weights_of(np.array([0.5]), np.array([0.5, 0.5]))
