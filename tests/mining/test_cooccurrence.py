from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsuide.errors import BadValue
from tsuide.kit.arrays import Int32, Int64
from tsuide.mining.cooccurrence import Score, all_pairs, best_partners

SCORES = [
    Score("count"),
    Score("cosine"),
    Score("cosine", shrink=2.0),
    Score("asymmetric"),
    Score("confidence"),
    Score("lift"),
    Score("ppmi"),
]


def packed(baskets: list[set[int]]) -> tuple[Int64, Int32]:
    items_of = np.zeros(len(baskets) + 1, np.int64)
    np.cumsum([len(each) for each in baskets], out=items_of[1:])
    flat = [item for basket in baskets for item in sorted(basket)]
    return items_of, np.array(flat, np.int32)


def counted(baskets: list[set[int]]) -> Counter[tuple[int, int]]:
    """Every pair once per basket, the plain way."""
    return Counter(pair for basket in baskets for pair in combinations(sorted(basket), 2))


def plain_score(score: Score, n: int, n_a: int, n_b: int, total: int) -> float:
    if score.name == "ppmi":
        return float(max(0.0, np.log(n) + np.log(total) - np.log(n_a) - np.log(n_b)) * np.log(1 + n))
    left, right = score.powers
    return float(n * (n / (n + score.shrink)) * n_a**-left * n_b**-right)


def plain_best(
    baskets: list[set[int]], n_items: int, top: int, min_count: int, score: Score
) -> list[list[tuple[float, int, int]]]:
    """Every item's (score, count, partner), best first, by a full sort."""
    degree = Counter(item for basket in baskets for item in basket)
    rows: list[list[tuple[float, int, int]]] = [[] for _ in range(n_items)]
    for (a, b), n in counted(baskets).items():
        if n >= min_count:
            for anchor, other in ((a, b), (b, a)):
                value = plain_score(score, n, degree[anchor], degree[other], len(baskets))
                rows[anchor].append((value, n, other))
    return [sorted((each for each in row if each[0] > 1e-12), key=lambda x: (-x[0], -x[1], x[2]))[:top] for row in rows]


baskets_made = st.lists(st.sets(st.integers(0, 11), max_size=12), min_size=1, max_size=40)


@settings(deadline=None, max_examples=150)
@given(baskets_made, st.integers(1, 4), st.integers(1, 3))
def test_every_pair_is_counted_once_per_basket(baskets: list[set[int]], min_count: int, workers: int) -> None:
    items_of, item = packed(baskets)
    pairs = all_pairs(items_of, item, 12, min_count=min_count, n_threads=workers)
    found = {
        (min(a, b), max(a, b)): n
        for a, b, n in zip(pairs.first.tolist(), pairs.second.tolist(), pairs.count.tolist(), strict=True)
    }
    assert len(found) == len(pairs.count)
    assert found == {pair: n for pair, n in counted(baskets).items() if n >= min_count}


@settings(deadline=None, max_examples=150)
@given(baskets_made, st.integers(1, 5), st.integers(1, 3), st.integers(1, 3), st.sampled_from(SCORES))
def test_the_best_partners_are_those_of_a_full_sort(
    baskets: list[set[int]], top: int, min_count: int, workers: int, score: Score
) -> None:
    items_of, item = packed(baskets)
    best = best_partners(items_of, item, 12, top=top, min_count=min_count, score=score, n_threads=workers)
    for anchor, row in enumerate(plain_best(baskets, 12, top, min_count, score)):
        kept = best.item[anchor] >= 0
        np.testing.assert_allclose(best.score[anchor][kept], [value for value, _, _ in row], rtol=1e-12)
        rounded = [(round(value, 9), n) for value, n, _ in row]
        assert len(set(rounded)) < len(rounded) or best.item[anchor][kept].tolist() == [b for _, _, b in row]


def test_the_number_of_threads_changes_nothing() -> None:
    rng = np.random.default_rng(0)
    baskets = [set(rng.zipf(1.3, 8).clip(max=300).tolist()) for _ in range(2000)]
    items_of, item = packed(baskets)
    one, three = (
        best_partners(items_of, item, 301, top=7, min_count=2, score=Score("count"), n_threads=n) for n in (1, 3)
    )
    assert one.pairs == three.pairs
    assert np.array_equal(one.item, three.item)
    assert np.array_equal(one.count, three.count)


def test_ties_go_to_the_smaller_item() -> None:
    items_of, item = packed([{0, 1, 2, 3}])
    best = best_partners(items_of, item, 4, top=2, min_count=1, score=Score("count"))
    assert best.item.tolist() == [[1, 2], [0, 2], [0, 1], [0, 1]]


def test_a_pair_exactly_at_the_minimum_is_kept() -> None:
    """A float threshold once dropped it: ceil(0.07 × 100) = 8."""
    items_of, item = packed([{0, 1}] * 7 + [{0}] * 93)
    assert best_partners(items_of, item, 2, top=1, min_count=7, score=Score("cosine")).count.tolist() == [
        [7],
        [7],
    ]
    assert best_partners(items_of, item, 2, top=1, min_count=8, score=Score("cosine")).count.tolist() == [
        [0],
        [0],
    ]


def test_cosine_divides_by_the_items_and_not_by_the_baskets() -> None:
    items_of, item = packed([{0, 1}, {0, 1}, {0}, {0}, {1, 2}])
    best = best_partners(items_of, item, 3, top=2, min_count=1, score=Score("cosine"))
    assert best.score[0, 0] == pytest.approx(2 / np.sqrt(4 * 3))


def test_a_basket_of_five_thousand_items_is_counted_exactly() -> None:
    items_of, item = packed([set(range(5000)), {0, 1}, {4998, 4999}])
    best = best_partners(items_of, item, 5000, top=1, min_count=1, score=Score("count"))
    assert best.pairs == 5000 * 4999 // 2
    assert (best.item[0, 0], best.count[0, 0]) == (1, 2)
    assert (best.item[4999, 0], best.count[4999, 0]) == (4998, 2)


def test_more_than_65_thousand_items_take_the_wide_path() -> None:
    items_of, item = packed([{0, 69_999}, {0, 69_999}, set(range(0, 70_000, 1))])
    pairs = all_pairs(items_of, item, 70_000, min_count=2)
    assert pairs.count.tolist() == [3] or sorted(pairs.count.tolist()) == [3]


def test_no_baskets_and_empty_baskets_give_nothing() -> None:
    nothing = best_partners(np.zeros(1, np.int64), np.empty(0, np.int32), 0, top=3, min_count=1, score=Score())
    assert nothing.item.shape == (0, 3)
    items_of, item = packed([set(), {1}, set()])
    assert best_partners(items_of, item, 2, top=1, min_count=1, score=Score()).item.tolist() == [[-1], [-1]]


@pytest.mark.parametrize(("top", "min_count"), [(0, 1), (1, 0)])
def test_numbers_below_one_are_refused(top: int, min_count: int) -> None:
    items_of, item = packed([{0, 1}])
    with pytest.raises(BadValue, match="top, min_count"):
        best_partners(items_of, item, 2, top=top, min_count=min_count, score=Score())


def test_an_unknown_score_is_refused_by_name() -> None:
    with pytest.raises(BadValue, match="jaccard"):
        Score("jaccard")
