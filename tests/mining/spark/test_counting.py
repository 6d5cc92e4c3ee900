from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsuide.mining.cooccurrence import Score, all_pairs
from tsuide.mining.pairs import KeptPairs, Tables, best_of_pairs
from tsuide.mining.spark.counting import best_of_anchors, pair_blocks

baskets_made = st.lists(st.sets(st.integers(0, 29), max_size=14), min_size=1, max_size=25)


def packed(baskets: list[set[int]]) -> tuple[np.ndarray, np.ndarray]:
    items_of = np.cumsum([0, *map(len, baskets)])
    return items_of, np.array([item for basket in baskets for item in sorted(basket)], np.int32)


@settings(deadline=None, max_examples=60)
@given(baskets_made, st.sampled_from([1, 7, 40, 10_000]))
def test_blocks_add_up_to_the_plain_count_and_stay_small(baskets: list[set[int]], meetings: int) -> None:
    found: Counter[int] = Counter()
    for keys, counts in pair_blocks(*packed(baskets), 30, meetings=meetings):
        assert len(keys) <= max(meetings, 29)
        for key, count in zip(keys.tolist(), counts.tolist(), strict=True):
            found[key] += count
    assert found == Counter(a * 30 + b for basket in baskets for a, b in combinations(sorted(basket), 2))


def test_a_basket_of_five_thousand_items_is_counted_in_small_blocks() -> None:
    blocks = [len(keys) for keys, _ in pair_blocks(np.array([0, 5000]), np.arange(5000, dtype=np.int32), 5000)]
    assert sum(blocks) == 5000 * 4999 // 2
    assert max(blocks) <= 4_000_000


@pytest.mark.parametrize("score", [Score("asymmetric"), Score("ppmi"), Score("cosine", shrink=2.0)])
def test_the_best_partners_are_those_of_the_local_ranking(score: Score) -> None:
    rng = np.random.default_rng(1)
    items_of, item = packed([set(rng.integers(0, 30, 5).tolist()) for _ in range(300)])
    degree = np.bincount(item, minlength=30).astype(np.int32)
    order = np.arange(30, dtype=np.int32)[::-1].copy()
    kept = KeptPairs.of(all_pairs(items_of, item, 30, min_count=2), items_of, item, 30, 2)
    anchors = np.flatnonzero(np.diff(kept.begin)).astype(np.int32)
    begin = np.append(kept.begin[anchors], kept.begin[-1])
    found = best_of_anchors(anchors, begin, kept.partner, kept.common, score, degree, 300, order, 6)
    tables = Tables.empty(30, 6)
    best_of_pairs(kept, anchors.astype(np.int64), degree, 300, score, order, 2, tables)
    expected = tables.score, tables.item, tables.count
    assert [each.tolist() for each in found] == [each[anchors].tolist() for each in expected]
