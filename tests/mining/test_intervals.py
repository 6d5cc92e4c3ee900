import numpy as np

from tsuide.mining.intervals import wilson


def test_the_wilson_interval_covers_the_true_share() -> None:
    rng = np.random.default_rng(1)
    hits = 0
    for count in rng.binomial(50, 0.2, 4000):
        low, high = wilson(count / 50, 50)
        hits += low <= 0.2 <= high
    assert 0.93 <= hits / 4000 <= 0.98
