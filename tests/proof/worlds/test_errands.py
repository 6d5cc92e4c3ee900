"""Errands: visits differ in size and in what they are for; who knows that reads it off the cart."""

from dataclasses import replace

import numpy as np
import pytest

from tsuide.proof.worlds.choice import NOTHING
from tsuide.proof.worlds.dice import throw
from tsuide.proof.worlds.errands import errands, supposed
from tsuide.proof.worlds.family import Errands, families
from tsuide.proof.worlds.life import born
from tsuide.proof.worlds.rollout import roll
from tsuide.proof.worlds.world import World, draw

GROCER = replace(families()["weekly_grocery"], shoppers=300)


def world(**kinds: float) -> World:
    return draw(replace(GROCER, errands=Errands(**kinds)), 1)  # type: ignore[arg-type]  # numbers by name


def test_errands_are_usual_on_average_and_as_different_as_the_family_says() -> None:
    drawn = draw(replace(GROCER, shoppers=4_000, needs=(4, 4), errands=Errands(2.0, 3, 0.5)), 1)
    size = errands(drawn, throw(drawn, 0, 1), np.arange(4_000, dtype=np.int32))
    assert size.mean() == pytest.approx(1.0, abs=0.1)
    assert size[:, 0].var() == pytest.approx(3 * 1.5 - 1, rel=0.35)  # (1 + 2)(1 + 0.5) - 1


def test_without_errands_every_visit_is_usual() -> None:
    drawn = world()
    who = np.arange(5, dtype=np.int32)
    assert (errands(drawn, throw(drawn, 0, 1), who) == 1.0).all()
    assert (supposed(drawn, np.ones((5, drawn.needs)), np.ones((5, drawn.needs), bool), whole=True) == 1.0).all()


def test_a_full_cart_is_taken_for_a_large_errand_and_for_its_department() -> None:
    drawn = world(spread=4.0, departments=5, mission=4.0)
    likely = np.full((2, drawn.needs), 0.02)
    seen = np.zeros((2, drawn.needs), bool)
    seen[1] = drawn.department == 2
    small, large = supposed(drawn, likely, seen, whole=True)
    assert large[drawn.department == 2].min() > 4.0
    assert small.max() < 1.0
    assert large[drawn.department == 2].min() > 3 * large[drawn.department == 1].max()


def test_the_first_look_says_that_the_visit_is_for_something() -> None:
    drawn = world(spread=4.0)
    likely = np.full((1, drawn.needs), 0.002)
    seen = np.arange(drawn.needs)[None, :] == 0
    assert supposed(drawn, likely, seen, whole=False).min() > 1.5


def test_sizes_of_baskets_spread_with_errands() -> None:
    def sizes(drawn: World) -> np.ndarray:
        told = roll(drawn, born(drawn, 0, 1), range(6), 1, None, keep=True)
        return np.concatenate([(day.basket != NOTHING).sum(axis=1) for day in told.days])

    even, spread = sizes(world()), sizes(world(spread=6.0))
    assert spread.std() / spread.mean() > 1.5 * even.std() / even.mean()


def test_what_is_bought_at_once_opens_in_the_same_visit() -> None:
    family = families()["durable_accessories"]
    late, at_once = (draw(replace(family, links=replace(family.links, at_once=share)), 1) for share in (0.0, 1.0))
    assert (late.opens > 0).mean() > 0.8
    assert (at_once.opens == 0).all()
    assert np.array_equal(late.price, at_once.price)  # nothing else is drawn anew


def test_who_has_favourites_buys_them_again() -> None:
    def distinct(loyalty: float) -> float:
        drawn = draw(replace(GROCER, loyalty=loyalty, shoppers=200), 1)
        days = roll(drawn, born(drawn, 0, 1), range(40), 1, None, keep=True).days
        rows = [each for day in days for each in zip(day.who, day.basket, strict=True)]
        lines = [(who, product) for who, basket in rows for product in basket if product != NOTHING]
        return len(set(lines)) / len(lines)

    assert distinct(2.0) < 0.95 * distinct(0.0)
