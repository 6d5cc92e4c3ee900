"""Moments: counted by hand, and of a simulated shop as it really sold."""

from dataclasses import replace

import polars as pl
import pytest

from tsuide.errors import TooFewData
from tsuide.proof.worlds.family import families
from tsuide.proof.worlds.life import born
from tsuide.proof.worlds.likeness import MOMENTS, moments, purchases_of
from tsuide.proof.worlds.rollout import roll
from tsuide.proof.worlds.world import draw

COLUMNS = ["order_id", "customer_id", "day", "product_id", "category", "quantity", "price"]


def frame(*rows: tuple[object, ...]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def test_twice_the_price_and_a_quarter_of_the_units_is_a_slope_of_minus_two() -> None:
    found = moments(frame(("o1", "a", 0.0, "x", "tea", 8, 100), ("o1", "a", 0.0, "y", "tea", 2, 200)))
    assert found["price_slope"] == pytest.approx(-2.0)


def test_intervals_are_between_orders_of_one_customer() -> None:
    rows = [("o1", "a", 0.0), ("o2", "b", 1.0), ("o3", "a", 4.0), ("o4", "a", 10.0), ("o5", None, 11.0)]
    found = moments(frame(*((*row, "x", "tea", 1, 100) for row in rows)))
    assert (found["repeat_days_median"], found["orders_per_customer"]) == (5.0, 2.0)


def test_what_was_bought_in_the_first_half_and_again_in_the_second_is_told_by_product_and_by_category() -> None:
    early = [("o1", "a", 0.0, "green tea", "tea"), ("o1", "a", 0.0, "cup", "cups"), ("o2", "b", 1.0, "rice", "rice")]
    late = [
        ("o3", "a", 8.0, "green tea", "tea"),  # the same again
        ("o3", "a", 8.0, "black tea", "tea"),  # another of its kind
        ("o4", "b", 9.0, "cup", "cups"),  # never before
        ("o5", "c", 10.0, "rice", "rice"),  # a customer who is new counts for nothing
    ]
    found = moments(frame(*((*row, 1, 100) for row in (*early, *late))))
    assert found["product_again"] == pytest.approx(1 / 3, abs=1e-4)
    assert found["category_again"] == pytest.approx(2 / 3, abs=1e-4)


def test_a_lift_is_told_of_categories_that_chance_alone_would_bring_together() -> None:
    both = [(f"o{n}", "a", float(n), each, each, 1, 100) for n in range(10) for each in ("tea", "cups")]
    alone = [(f"x{n}", "a", float(n), "rice", "rice", 1, 100) for n in range(10)]
    found = moments(frame(*both, *alone))
    assert (found["category_pairs"], found["lift_50"]) == (3.0, 0.0)  # with rice neither ever lay
    assert found["lift_99"] == pytest.approx(2.0, abs=0.05)


def test_a_simulated_shop_has_every_moment() -> None:
    family = families()["weekly_grocery"]
    world = draw(replace(family, shoppers=60), 1)
    told = roll(world, born(world, 0, 1), range(20), 1, None, keep=True)
    purchases = purchases_of(world, told.days)
    assert purchases["order_id"].n_unique() == int(told.orders.sum())
    assert len(purchases) == int(told.units.sum())
    found = moments(purchases)
    assert set(found) == {*MOMENTS}
    assert found["basket_mean"] == pytest.approx(len(purchases) / told.orders.sum(), abs=1e-4)


def test_without_orders_there_is_nothing_to_tell() -> None:
    with pytest.raises(TooFewData):
        moments(frame())
