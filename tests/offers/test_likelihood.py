"""What was drawn with a probability is found again with that probability; rankings of experiments rank as they say."""

import numpy as np
import pytest

from tsuide.offers import codes
from tsuide.offers.candidates.bundles import SET
from tsuide.offers.columns import ITEM
from tsuide.offers.kernels import kernels
from tsuide.offers.likelihood import chances_of_draws
from tsuide.offers.records import CANDIDATE
from tsuide.offers.slate import PICK, SLOT
from tsuide.offers.trial import RANKINGS, Ranking

N = 12
SETS = np.zeros(1, SET)
SLOTS = np.array([(3, -1)], SLOT)


def pool_of(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Twelve products with a margin each, every one of another need; and the catalogue's rows."""
    rng = np.random.default_rng(seed)
    pool, items = np.zeros(N, CANDIDATE), np.zeros(N, ITEM)
    pool["item"] = pool["need"] = items["tie"] = np.arange(N)
    pool["parent"] = pool["second"] = pool["set"] = -1
    pool["margin_basis"] = codes.MARGIN_FROM_COST
    pool["propensity"], pool["worth"] = rng.uniform(0.1, 0.9, N), rng.integers(100, 1_000, N)
    pool["levers"], pool["context"], pool["influence"] = rng.uniform(1, 3, N), 1.0, 1.0
    return pool, items


def chosen(pool: np.ndarray, items: np.ndarray, seed: int, temperature: float, ranking: Ranking) -> np.ndarray:
    verdict, picks = np.full(N, -1, np.int32), np.empty(3, PICK)
    count = kernels().choose(
        pool, N, verdict, items, SETS, SLOTS, 3, 1, temperature, 0.9, np.uint64(seed), np.zeros(8, np.int64), picks,
        RANKINGS.index(ranking), False,
    )  # fmt: skip
    return picks[:count]


def chances(pool: np.ndarray, items: np.ndarray, picks: np.ndarray, temperature: float) -> tuple[list[float], int]:
    found, rows = np.empty(len(picks)), np.arange(N, dtype=np.int32)
    more = chances_of_draws(pool, rows, items, SETS, SLOTS, 3, 1, temperature, 0.9, picks, found)
    return found.tolist(), more


@pytest.mark.parametrize("temperature", [0.0, 0.1, 1.0])
def test_a_slate_is_as_likely_as_was_recorded(temperature: float) -> None:
    for seed in range(50):
        pool, items = pool_of(seed)
        picks = chosen(pool, items, seed, temperature, "usual")
        found, more = chances(pool, items, picks, temperature)
        assert found == pytest.approx(picks["probability"].tolist(), rel=1e-12)
        assert more == 0
        cut, more = chances(pool, items, picks[:2], temperature)
        assert cut == found[:2]
        assert more == 1  # the log stopped where this policy would go on


def test_what_could_not_be_drawn_has_no_chance() -> None:
    pool, items = pool_of(1)
    picks = chosen(pool, items, 1, 0.0, "usual")
    other = picks[::-1].copy()
    other["place"] = picks["place"]
    assert chances(pool, items, other, 0.0) == ([0.0, 0.0, 0.0], 0)
    picks["row"] = -1
    assert chances(pool, items, picks, 0.1)[0] == [0.0, 0.0, 0.0]


def test_rankings_rank_as_they_say() -> None:
    pool, items = pool_of(2)
    rows = np.arange(N)
    best = {
        "propensity_only": pool["propensity"],
        "no_levers": pool["propensity"] * pool["worth"],
        "usual": pool["propensity"] * pool["worth"] * pool["levers"],
    }
    for ranking, by in best.items():
        picks = chosen(pool, items, 5, 0.0, ranking)  # type: ignore[arg-type]  # three of them
        assert picks["row"].tolist() == rows[np.argsort(-by)][:3].tolist()
    at_random = chosen(pool, items, 5, 1.0, "random")
    assert at_random["probability"].tolist() == pytest.approx([1 / 12, 1 / 11, 1 / 10])
    firsts = {int(chosen(pool, items, seed, 0.0, "random_propensity")["row"][0]) for seed in range(60)}
    assert len(firsts) > 4
