"""Crossed-out prices by the rule of eight weeks, and what may come free."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.facts.pricing import PricePoint
from tsuide.kit.clock import MICROS_PER_DAY
from tsuide.offers.price_history import (
    honest_reference,
    judge_reference,
    premium_allowed,
    premium_limit,
    stretches,
)

START = datetime(2026, 1, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def history(*points: tuple[int, int | None]) -> list[PricePoint]:
    return [PricePoint("p", day(at), price, "JPY") for at, price in points]


@pytest.mark.parametrize(
    ("points", "now", "verdict"),
    [
        # 1,000 yen for eight weeks, 800 since yesterday
        ([(0, 1_000), (56, 800)], 57, "honest"),
        # the sale begins this moment: the catalogue still says 1,000
        ([(0, 1_000)], 60, "honest"),
        # 13 days at 1,000 are less than two weeks, though more than half of all the time there was
        ([(0, 1_000), (13, 800)], 14, "too_short"),
        ([(0, 1_000), (14, 800)], 15, "honest"),
        # 28 of 56 days are not more than half; 29 are
        ([(0, 900), (28, 1_000), (56, 800)], 57, "not_most"),
        ([(0, 900), (27, 1_000), (56, 800)], 57, "honest"),
        # dearer for long, then 14 days at 900 before this sale: too long ago; 13 days: not yet
        ([(0, 1_000), (50, 1_100), (64, 800)], 65, "too_long_ago"),
        ([(0, 1_000), (51, 1_100), (64, 800)], 65, "honest"),
        # off sale does not count as time on sale: 20 of 30 days on sale
        ([(0, 900), (10, None), (36, 1_000), (56, 800)], 57, "honest"),
        # a sale on for more than eight weeks has become the price
        ([(0, 1_000), (56, 800)], 112, "honest"),
        ([(0, 1_000), (56, 800)], 113, "sale_too_long"),
        # never sold at 1,000
        ([(0, 950), (56, 800)], 57, "no_history"),
        ([], 10, "no_history"),
    ],
)
def test_the_rule_of_eight_weeks(points: list[tuple[int, int | None]], now: int, verdict: str) -> None:
    assert judge_reference(history(*points), 1_000, 800, day(now)) == verdict


def test_a_price_that_is_not_higher_is_no_reference() -> None:
    assert judge_reference(history((0, 1_000)), 1_000, 1_000, day(60)) == "not_a_sale"


def test_a_second_step_down_belongs_to_the_same_sale() -> None:
    points = history((0, 1_000), (56, 900), (66, 800))
    assert judge_reference(points, 1_000, 800, day(80)) == "honest"


def test_the_highest_honest_price_is_found() -> None:
    assert honest_reference(history((0, 1_000), (56, 800)), 800, day(57)) == 1_000
    assert honest_reference(history((0, 2_000), (2, 1_000), (56, 800)), 800, day(57)) == 1_000
    assert honest_reference(history((0, 800)), 800, day(57)) is None


def test_what_comes_after_now_is_not_known_yet() -> None:
    assert [each.price for each in stretches(history((0, 100), (5, 90)), day(3))] == [100]


def test_of_two_points_at_one_moment_the_later_given_holds() -> None:
    assert [each.price for each in stretches(history((0, None), (0, 100)), day(3))] == [100]


@given(
    st.lists(st.tuples(st.integers(0, 200), st.none() | st.integers(1, 5)), max_size=12),
    st.integers(1, 250),
)
def test_stretches_never_overlap_and_are_never_longer_than_the_time(
    points: list[tuple[int, int | None]], now: int
) -> None:
    found = stretches(history(*points), day(now))
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))
    assert sum(each.end - each.start for each in found) <= now * MICROS_PER_DAY


@given(
    st.lists(st.tuples(st.integers(0, 200), st.none() | st.integers(1, 5)), max_size=12),
    st.integers(1, 250),
)
def test_an_honest_price_was_really_asked_for_two_weeks(points: list[tuple[int, int | None]], now: int) -> None:
    reference = honest_reference(history(*points), 1, day(now))
    if reference is not None:
        sold = [each for each in stretches(history(*points), day(now)) if each.price == reference]
        assert sum(each.end - each.start for each in sold) >= 14 * MICROS_PER_DAY


def test_premiums_by_hand() -> None:
    assert [premium_limit(each) for each in (0, 999, 1_000, 1_004, 1_005, 10_000)] == [200, 200, 200, 200, 201, 2_000]
    assert premium_allowed(999, 200, "JPY")
    assert not premium_allowed(999, 201, "JPY")
    assert not premium_allowed(5_000, 1_001, "JPY")
