"""Figures of ranked lists."""

import numpy as np
import pytest

from tsuide.proof.evaluation.ranking import (
    clustered,
    difference_interval,
    hit_figures,
    mean_interval,
    places,
    ratio_interval,
    with_intervals,
)


def test_places_count_from_one() -> None:
    found = np.array([[5, 6, 7], [5, 6, -1], [-1, -1, -1]], np.int32)
    assert places(found, np.array([5, 6, 7], np.int32)).tolist() == [1.0, 2.0, np.inf]


def test_figures_are_told_apart_by_repeat_and_new() -> None:
    found = np.array([[1, 2], [3, 4], [5, 6], [7, 8]], np.int32)
    hidden = np.array([1, 4, 9, 9], np.int32)
    figures = hit_figures(found, hidden, np.array([True, False, True, False]))
    assert figures["hr10"] == 0.5
    assert figures["mrr10"] == (1 + 0.5) / 4
    assert figures["hr10_repeat"] == 0.5
    assert figures["hr10_new"] == 0.5


def test_the_interval_of_a_mean_agrees_with_the_normal_one() -> None:
    values = (np.arange(1000) % 2).astype(float)
    low, high = mean_interval(values)
    assert (low, high) == pytest.approx((0.5 - 1.96 * 0.5 / 1000**0.5, 0.5 + 1.96 * 0.5 / 1000**0.5), abs=0.004)


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.random.default_rng(0).random(50)
    assert mean_interval(values, seed=1) == mean_interval(values, seed=1)


def test_where_nothing_counts_there_is_no_figure() -> None:
    figures = with_intervals({"x": np.array([np.nan])})
    assert (figures["x"], figures["intervals"]["x"]) == (None, None)


def test_differences_are_taken_query_by_query() -> None:
    values = np.random.default_rng(0).random(100)
    assert difference_interval(values + 0.1, values) == pytest.approx((0.1, 0.1))


def test_queries_of_one_customer_are_drawn_together() -> None:
    """Ten customers asked ten times with one answer each know no more than ten: the interval stays as wide."""
    values = np.repeat(np.arange(10.0), 10)
    together = clustered({"x": values}, np.repeat(np.arange(10), 10))["intervals"]["x"]
    ten = clustered({"x": np.arange(10.0)}, np.arange(10))["intervals"]["x"]
    apart = clustered({"x": values}, np.arange(100))["intervals"]["x"]
    assert together == pytest.approx(ten)
    assert together[1] - together[0] > 2 * (apart[1] - apart[0])


def test_a_ratio_is_that_of_sums_and_customers_without_a_base_only_add() -> None:
    low, high = ratio_interval(np.array([3.0, 1.0, 2.0]), np.array([2.0, 0.0, 2.0]), np.array([5, 5, 9]))
    assert (low, high) == (1.0, 2.0)  # customer 9 alone: 1; customer 5 alone: (3 + 1) / 2


def test_a_column_without_values_has_no_interval() -> None:
    assert clustered({"x": np.array([np.nan])}, np.zeros(1, np.int64)) == {"x": None, "intervals": {"x": None}}
