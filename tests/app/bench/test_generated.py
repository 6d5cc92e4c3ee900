import itertools

import numpy as np
import pytest

from tsuide.app.bench.generated import generated_baskets


def test_the_same_seed_gives_the_same_shop_and_another_seed_another() -> None:
    first, again, other = (generated_baskets(5_000, seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])
    assert not np.array_equal(first[1], other[1])


def test_items_ascend_once_within_each_basket_and_lie_in_range() -> None:
    items_of, item, n_items = generated_baskets(20_000, seed=0)
    inner = np.ones(len(item), np.bool_)
    inner[items_of[:-1][np.diff(items_of) > 0]] = False
    assert (np.diff(item, prepend=-1)[inner] > 0).all()
    assert 0 <= item.min() <= item.max() < n_items


def test_size_and_shape_are_those_of_a_shop() -> None:
    items_of, item, _ = generated_baskets(200_000, seed=0)
    sizes = np.diff(items_of)
    assert len(item) == pytest.approx(200_000, rel=0.1)  # more doubles are merged where there are fewer items
    assert sizes.mean() == pytest.approx(10.3, rel=0.1)
    popular = np.sort(np.bincount(item))[::-1]
    assert popular[: len(popular) // 10].sum() > 0.2 * popular.sum()  # a tenth of the items: far more than a tenth


def test_themes_make_company_beyond_chance() -> None:
    """Items of one theme are equal modulo 500."""
    items_of, item, _ = generated_baskets(50_000, seed=0)
    same = [
        int(np.unique(item[first:end] % 500, return_counts=True)[1].max()) / (end - first)
        for first, end in itertools.pairwise(items_of)
        if end - first >= 10
    ]
    assert np.mean(same) > 0.2  # by chance .1 or less
