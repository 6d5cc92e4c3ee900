"""What is considered for somebody of whom nothing is known: what sold often, and what earned most by it."""

import numpy as np

from tsuide.offers.columns import ITEM
from tsuide.offers.state import BESTSELLERS, bestsellers_of


def rows(*items: tuple[int, int, int]) -> np.ndarray:
    """(baskets, net price, cost) each."""
    made = np.zeros(len(items), ITEM)
    made["tie"] = np.arange(len(items))
    for name, values in zip(("baskets", "net", "cost"), zip(*items, strict=True), strict=True):
        made[name] = values
    return made


def test_a_dear_thing_that_few_bought_stands_beside_cheap_ones_that_many_bought() -> None:
    cheap = [(300 - n, 10, 8) for n in range(BESTSELLERS + 10)]
    camera = len(cheap)
    best = bestsellers_of(rows(*cheap, (3, 50_000, 40_000))).tolist()
    assert best[:2] == [0, camera]
    assert len(best) == len(set(best)) == BESTSELLERS


def test_without_a_cost_the_price_stands_for_what_is_earned() -> None:
    assert bestsellers_of(rows((9, 10, -1), (5, 90, -1), (8, 20, -1))).tolist() == [0, 1, 2]


def test_what_nobody_bought_is_no_bestseller() -> None:
    assert bestsellers_of(rows((0, 10, 5), (2, 10, 5))).tolist() == [1]
