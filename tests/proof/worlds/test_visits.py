"""A day in a world: offers change what they are about and nothing else; nobody is shown what they have."""

from dataclasses import replace

import numpy as np
import pytest

from tsuide.kit.arrays import Int32
from tsuide.proof.worlds.answers import Ask, Strategy
from tsuide.proof.worlds.choice import NOTHING
from tsuide.proof.worlds.dice import throw
from tsuide.proof.worlds.family import families
from tsuide.proof.worlds.life import NEVER, Life, born, ready, tire
from tsuide.proof.worlds.oracle import Clairvoyant, Oracle
from tsuide.proof.worlds.rollout import Outcome, roll
from tsuide.proof.worlds.strategies import Popular, best, bought_together
from tsuide.proof.worlds.visits import spend_day
from tsuide.proof.worlds.world import World, draw

ALL = families()
DAYS = range(15)


@pytest.fixture(scope="module")
def world() -> World:
    return draw(replace(ALL["garden_and_hobby"], shoppers=400), 5)


def run(world: World, strategy: Strategy | None, days: range = DAYS) -> Outcome:
    return roll(world, born(world, 0, 1), days, 2, strategy)


def test_silence_twice_is_the_same_to_the_yen(world: World) -> None:
    assert np.array_equal(run(world, None).margin, run(world, None).margin)


def test_showing_nothing_is_silence(world: World) -> None:
    def mute(ask: Ask) -> Int32:
        return np.full((len(ask.who), 3), NOTHING, dtype=np.int32)

    assert np.array_equal(run(world, mute).margin, run(world, None).margin)


def test_what_is_bought_was_just_bought_and_what_was_never_bought_is_wanted(world: World) -> None:
    last = np.full((1, world.needs), NEVER, dtype=np.int32)
    assert (ready(world, last, 10) == 1.0).all()
    last[:] = 10
    assert (ready(world, last, 10) == 0.0).all()


def test_an_oracle_earns_more_than_bestsellers_and_one_who_knows_shoppers_more_still(world: World) -> None:
    life = born(world, 0, 1)
    oracle = Oracle(world, life)
    history = roll(world, life, range(40), 1, None, oracle.saw, keep=True)
    baskets = np.concatenate([day.basket for day in history.days])
    sold = np.bincount(baskets[baskets != NOTHING], minlength=world.products)

    def gain(make: Strategy | None, *, overnight: bool = False) -> float:
        mine = life.copy() if not isinstance(make, Clairvoyant) else clear
        return float(roll(world, mine, range(40, 80), 2, make, oracle.saw if overnight else None).margin.sum())

    clear = life.copy()
    silence = gain(None)
    popular, together = gain(Popular(world, sold)), gain(bought_together(world, baskets))
    knows_all, knows = gain(Clairvoyant(world, clear.last)), gain(oracle, overnight=True)
    assert knows_all > knows > max(popular, together)
    assert min(popular, together) > 0.98 * silence


def test_nobody_is_shown_what_lies_in_their_cart_or_what_they_look_at(world: World) -> None:
    life = born(world, 0, 1)
    asked: list[Ask] = []
    oracle = Oracle(world, life)

    def watched(ask: Ask) -> Int32:
        offers = oracle(ask)
        for row in range(len(ask.who)):
            shown = set(offers[row].tolist()) - {NOTHING}
            assert not shown & {*ask.cart[row].tolist(), int(ask.product[row])}
            assert len({int(world.need[each]) for each in shown}) == len(shown)
        asked.append(ask)
        return offers

    spend_day(world, life, 0, throw(world, 0, 3), watched)
    assert [ask.place for ask in asked] == ["product", "cart"]


def test_annoyance_drives_people_off_the_list() -> None:
    world = draw(replace(ALL["fashion"], shoppers=4000), 1)
    dice = np.random.default_rng(0).random((3, world.shoppers))

    def gone(annoyance: float) -> int:
        n = world.shoppers
        life = Life(np.zeros((n, world.needs), np.int32), np.full(n, annoyance), np.ones(n, bool), np.ones(n, bool))
        return len(tire(world, life, dice.copy())[0])

    assert gone(3.0) > 3 * max(gone(0.0), 1)


def test_who_leaves_is_counted_as_was_to_be_expected() -> None:
    world = draw(replace(ALL["fashion"], shoppers=30_000, needs=(4, 4)), 1)
    told = roll(world, born(world, 0, 1), range(1), 2, None)
    assert told.unsubscribed == pytest.approx(30_000 * ALL["fashion"].monthly.unsubscribe / 30)
    assert 0 < told.left < told.unsubscribed


def test_the_best_are_those_above_the_least_in_order() -> None:
    score = np.array([[0.2, -1.0, 0.9], [0.0, 0.0, 0.0]])
    assert best(score, 0.0).tolist() == [[2, 0, NOTHING], [NOTHING, NOTHING, NOTHING]]


def test_a_better_model_looked_at_because_of_an_offer_is_told_as_taken_once_it_is_bought(world: World) -> None:
    dice = throw(world, 0, 3)
    page, cart, mail = (np.zeros_like(each) for each in dice.seen)
    seen = (page, cart, mail)
    asked: list[Ask] = []

    def sibling(ask: Ask) -> Int32:
        asked.append(ask)
        beside = np.full((len(ask.who), 3), NOTHING, dtype=np.int32)
        if ask.place == "product":
            first = world.start[world.need[ask.product]]
            beside[:, 0] = np.where(first == ask.product, first + 1, first)
        return beside

    visits = spend_day(world, born(world, 0, 1), 0, replace(dice, seen=seen, taken=seen), sibling)
    rows, needs = np.nonzero(visits.from_offer & (visits.basket != NOTHING))
    assert len(rows)
    assert set(needs.tolist()) <= set(world.need[asked[0].product].tolist())
