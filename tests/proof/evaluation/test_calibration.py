import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.proof.evaluation.calibration import calibration, compared, log_losses, reliability


def test_true_chances_have_slope_one_inside_the_interval() -> None:
    rng = np.random.default_rng(0)
    chance = rng.uniform(0.05, 0.6, 20_000)
    happened = (rng.random(20_000) < chance).astype(np.float64)
    found = calibration(chance, happened, np.ones(20_000), np.arange(20_000))
    assert found.low < 1 < found.high
    assert found.high - found.low < 0.2


def test_exaggerated_chances_have_a_slope_below_one() -> None:
    rng = np.random.default_rng(1)
    odds = rng.normal(0, 1, 20_000)
    happened = (rng.random(20_000) < 1 / (1 + np.exp(-odds))).astype(np.float64)
    found = calibration(1 / (1 + np.exp(-2 * odds)), happened, np.ones(20_000), np.arange(20_000))
    assert found.slope == pytest.approx(0.5, abs=0.05)


def test_clusters_widen_the_interval() -> None:
    rng = np.random.default_rng(2)
    chance = np.repeat(rng.uniform(0.1, 0.9, 200), 50)
    happened = np.repeat((rng.random(200) < chance[::50]).astype(np.float64), 50)  # fifty copies of each
    ones, alone, together = np.ones(len(chance)), np.arange(len(chance)), np.repeat(np.arange(200), 50)
    single, cluster = calibration(chance, happened, ones, alone), calibration(chance, happened, ones, together)
    assert cluster.high - cluster.low == pytest.approx((single.high - single.low) * np.sqrt(50), rel=1e-6)


def test_the_better_method_lies_below_with_an_interval_beyond_zero() -> None:
    rng = np.random.default_rng(3)
    truth = rng.uniform(0.05, 0.95, 5_000)
    happened = (rng.random(5_000) < truth).astype(np.float64)
    losses = {"ours": log_losses(truth, happened), "base": log_losses(np.full(5_000, 0.5), happened)}
    told = compared(losses, np.ones(5_000), "ours", 0)
    assert told["base"]["ours_below_interval"][0] > 0
    assert told["ours"]["ours_below"] == 0


@given(st.lists(st.tuples(st.floats(0.01, 0.99), st.booleans()), min_size=1, max_size=60))
def test_reliability_loses_no_prediction(rows: list[tuple[float, bool]]) -> None:
    chance = np.array([p for p, _ in rows])
    hits = np.array([float(y) for _, y in rows])
    told = reliability(chance, hits, np.ones(len(rows)))
    assert sum(row["trials"] for row in told) == len(rows)
    assert sum(row["seen"] * row["trials"] for row in told) == pytest.approx(hits.sum())
    assert [row["foretold"] for row in told] == sorted(row["foretold"] for row in told)
