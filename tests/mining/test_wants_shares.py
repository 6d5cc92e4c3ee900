"""Shares of products in their groups, and what of them an offer has: numbers that can be checked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tsuide.mining.wants_shares import level_of, likeliest_own, same_of, shares_of

TWO_AND_THREE = np.array([0, 0, 1, 1, 1], np.int32)


def test_what_was_never_sold_has_a_share_and_what_was_sold_more_a_greater_one() -> None:
    share = shares_of(np.array([3.0, 0.0, 1.0, 2.0, 0.0]), TWO_AND_THREE, 2)
    assert share[0] > share[1] > 0
    assert share[3] > share[2] > share[4] > 0


def test_where_sales_lie_far_apart_in_every_group_a_share_is_what_was_sold() -> None:
    sold = np.array([100.0, 0.0, 0.0, 100.0, 0.0])
    assert shares_of(sold, TWO_AND_THREE, 2)[[0, 3]] == pytest.approx([1.0, 1.0], abs=0.01)


def test_where_all_are_sold_alike_one_sale_more_tells_little() -> None:
    sold = np.tile([4.0, 5.0], 30)
    share = shares_of(sold, np.repeat(np.arange(30, dtype=np.int32), 2), 30)
    assert share[1] == pytest.approx(15 / 29)  # each starts with the most that is tried, ten sales


@given(arrays(np.float64, 5, elements=st.integers(0, 50).map(float)))
def test_shares_of_a_group_add_up_to_one_and_are_none_of_them_nothing(sold: np.ndarray) -> None:
    share = shares_of(sold, TWO_AND_THREE, 2)
    assert np.bincount(TWO_AND_THREE, weights=share) == pytest.approx([1.0, 1.0])
    assert (share > 0).all()


def test_who_always_takes_the_same_is_believed_soon_and_who_takes_whatever_there_is_late() -> None:
    share, four = np.full(2, 0.5), np.full(20, 4.0)
    same = likeliest_own(share, np.zeros(20, np.int32), four, four)
    either = likeliest_own(share, np.tile(np.array([0, 1], np.int32), 20), np.full(40, 2.0), four)
    assert same == 0.5
    assert either == 64.0


def test_two_purchases_are_of_one_product_the_more_often_the_fewer_there_are() -> None:
    share = np.array([0.5, 0.5, 0.2, 0.2, 0.6])
    assert same_of(share, TWO_AND_THREE, 2) == pytest.approx([0.5, 0.44])  # .04 + .04 + .36


def test_a_category_of_two_hundred_is_not_one_need() -> None:
    assert same_of(np.full(200, 0.005), np.zeros(200, np.int32), 1) == pytest.approx([0.1])


def test_offers_of_what_is_sold_are_as_likely_on_average_as_that_it_is_bought() -> None:
    share, mean = np.array([0.5, 0.5, 0.2, 0.2, 0.6]), np.array([0.1, 0.3])
    same = same_of(share, TWO_AND_THREE, 2)
    offered = level_of(share, TWO_AND_THREE, same, mean) * share / (share + same[TWO_AND_THREE])
    sales = mean[TWO_AND_THREE] * share
    assert sales @ offered == pytest.approx(sales @ share)


def test_where_nothing_is_sold_the_level_is_that_of_purchases() -> None:
    share = np.array([0.5, 0.5])
    assert level_of(share, np.zeros(2, np.int32), np.array([0.5]), np.zeros(1)) == 1.0
