"""Sets found again in later baskets: figures that a person can check, and that planted sets win."""

import numpy as np
import polars as pl
import pytest

from tsuide.errors import TooFewData
from tsuide.mining.baskets import Baskets
from tsuide.proof.evaluation.bundle_baselines import grown_sets, picked_sets, random_sets
from tsuide.proof.evaluation.bundles import OURS, evaluate_bundles, held_by_new, held_later


def shop(orders: int, seed: int = 0) -> Baskets:
    """Thirty popular products by chance, and eight pairs of rare ones that are bought together."""
    rng = np.random.default_rng(seed)
    rows = []
    for order in range(orders):
        items = {f"p{n:02}" for n in rng.zipf(1.3, 4) if n <= 30}
        if order % 4 == 0:
            pair = int(rng.integers(8))
            items |= {f"main{pair}", f"with{pair}"} if rng.random() < 0.8 else {f"main{pair}"}
        rows += [(order, item) for item in sorted(items)]
    frame = pl.DataFrame(rows, schema=["order", "item"], orient="row").with_columns(at=pl.col("order") * 3_600_000_000)
    return Baskets.from_frame(frame, basket="order", item="item", time="at")


def test_planted_pairs_are_found_again_and_beat_what_is_popular() -> None:
    result = evaluate_bundles(shop(6000), sets=8, seed=1)
    methods = result["methods"]
    assert {frozenset(each[4:] for each in names) for names in result["examples"]} == {
        frozenset(str(n)) for n in range(8)
    }
    assert methods[OURS]["all_others"] == 1.0  # asked of those who took what comes with: all took the main product
    assert methods[OURS]["sure"] == 1.0
    assert methods[OURS]["lift"] > 10
    assert methods["random_popular"]["all_others"] < 0.3
    assert methods[OURS]["all_others"] >= methods["support"]["all_others"]
    low, high = methods["support"]["intervals"]["all_others"]
    assert low <= methods["support"]["all_others"] <= high
    assert result["sizes"] == {"2": 8}


def test_the_same_seed_gives_the_same_figures() -> None:
    assert evaluate_bundles(shop(2000), sets=8, seed=3) == evaluate_bundles(shop(2000), sets=8, seed=3)


def test_later_baskets_are_counted_by_hand() -> None:
    """Main in 4 of 10 baskets: whole twice, partly once more, alone once; chance gives 10 · .4 · .3 · .3."""
    orders = [[0, 1, 2], [0, 1, 2], [0, 1], [0], [2], [3], [3], [3], [3], [3]]
    later = Baskets.from_arrays(np.cumsum([0, *map(len, orders)]), np.concatenate(orders))
    found = held_later(np.array([[0, 1, 2, -1]], np.int32), later)
    assert [found[name][0] for name in ("main", "all", "any")] == [4, 2, 3]
    assert found["lift"][0] == pytest.approx(2 / (10 * 0.4 * 0.3 * 0.3))
    assert found["lift_low"][0] == pytest.approx(0.2422 / 0.36, abs=1e-3)  # Poisson 2: from .2422 on


def test_those_who_had_the_set_before_are_not_asked_again() -> None:
    """Customer 0 had both; later 1 takes both, 2 takes the main item alone, nobody known takes both."""
    past = Baskets.from_arrays([0, 2, 3], [0, 1, 0], customer=[0, 1])
    later = Baskets.from_arrays([0, 2, 4, 5, 7], [0, 1, 0, 1, 0, 0, 1], customer=[0, 1, 2, -1])
    asked, took = held_by_new(np.array([[0, 1, -1]], np.int32), past, later)
    assert (asked.tolist(), took.tolist()) == ([2.0], [1.0])


def test_a_set_that_nobody_bought_later_counts_as_nothing() -> None:
    found = held_later(np.array([[0, 1]], np.int32), Baskets.from_arrays([0, 1], [1], n_items=2))
    assert {name: values[0] for name, values in found.items()} == dict.fromkeys(found, 0.0)


def test_baselines_keep_needs_apart_and_count_exactly() -> None:
    orders = [[0, 1, 2], [0, 1, 2], [0, 1], [0, 3]]
    past = Baskets.from_arrays(np.cumsum([0, *map(len, orders)]), np.concatenate(orders))
    free = np.arange(4, dtype=np.int32)
    sets, count = grown_sets(past, free, size=3, min_count=2)
    assert [(row, n) for row, n in zip(sets.tolist(), count.tolist(), strict=True) if row[0] == 0] == [
        ([0, 1, -1], 3),
        ([0, 1, 2], 2),
    ]
    together = np.array([0, 0, 2, 3], np.int32)  # 0 and 1 are of one need
    apart, _ = grown_sets(past, together, size=3, min_count=2)
    assert [row for row in apart.tolist() if row[0] == 0] == [[0, 2, -1]]
    drawn = random_sets(past.count_of_item(), together, {2: 20}, width=3, seed=0)
    assert len(drawn) == 20
    assert not any({0, 1} <= set(row) for row in drawn.tolist())


def test_the_most_worth_are_picked_once() -> None:
    sets = np.array([[0, 1, -1], [1, 0, -1], [2, 3, -1], [0, 1, 2]], np.int32)
    picked = picked_sets(sets, np.array([1.0, 3.0, 2.0, 9.0]), {2: 2, 3: 1})
    assert picked.tolist() == [[1, 0, -1], [2, 3, -1], [0, 1, 2]]


def test_a_shop_of_chance_is_told_so() -> None:
    rng = np.random.default_rng(0)
    rows = [(order, f"p{item}") for order in range(300) for item in rng.choice(30, 3, replace=False)]
    frame = pl.DataFrame(rows, schema=["order", "item"], orient="row").with_columns(at=pl.col("order"))
    with pytest.raises(TooFewData, match="too few sets"):
        evaluate_bundles(Baskets.from_frame(frame, basket="order", item="item", time="at"))
