"""An oracle under a policy: it knows all and may do no more than the engine."""

from dataclasses import replace

import numpy as np
import pytest

from tsuide.app.simulating import bounds_of, policy_text
from tsuide.proof.worlds.answers import Ask
from tsuide.proof.worlds.bounds import BoundOracle
from tsuide.proof.worlds.choice import NOTHING
from tsuide.proof.worlds.family import families
from tsuide.proof.worlds.life import born, utilities
from tsuide.proof.worlds.oracle import Oracle
from tsuide.proof.worlds.rollout import roll
from tsuide.proof.worlds.world import World, draw

BOUNDS = bounds_of(policy_text("standard"))


@pytest.fixture(scope="module")
def world() -> World:
    return draw(replace(families()["fashion"], shoppers=80), 2)


def oracles(world: World) -> tuple[Oracle, BoundOracle]:
    life = born(world, -40, 1)
    oracle = Oracle(world, life)
    past = roll(world, life, range(-40, 0), 1, None, oracle.saw, keep=True)
    bound = BoundOracle(world, oracle.in_life(life), BOUNDS)
    for day in past.days:
        bound.remember(day.day, day)
    return oracle, bound


def an_ask(world: World, day: int, place: str = "email", product: int = NOTHING) -> Ask:
    who = np.arange(20, dtype=np.int32)
    nothing = np.full((20, world.needs), NOTHING, dtype=np.int32)
    looked_at = np.full(20, product, dtype=np.int32)
    return Ask(place, day, who, looked_at, nothing, np.zeros(nothing.shape), utilities(world, who))


def test_one_mail_in_seven_days_and_no_product_a_fourth_time_in_a_week(world: World) -> None:
    free, bound = oracles(world)
    assert (free(an_ask(world, 1)) != NOTHING).any()
    shown = [(bound(an_ask(world, day)) != NOTHING).any(axis=1).mean() for day in (0, 1, 6, 7)]
    assert shown[0] > 0.5
    assert shown[1:3] == [0.0, 0.0]
    assert shown[3] > 0.5
    pages = [bound(an_ask(world, 8 + n, "product", 0)) for n in range(4)]
    first = pages[0][:, 0]
    again = (pages[3] == first[:, None]).any(axis=1) & (first != NOTHING)
    assert (first != NOTHING).sum() > 5
    assert again.mean() < 0.3  # whom other offers stood in the way of the first for a day


def test_nothing_is_dearer_than_what_lies_beside_it_unless_within_their_own_prices(world: World) -> None:
    _, bound = oracles(world)
    product = int(np.argsort(world.price)[len(world.price) // 2])
    ask = an_ask(world, 0, "product", product)
    for row in range(20):
        paid = sorted(bound.paid[row])
        high = paid[round(0.9 * (len(paid) - 1))] if paid else 0
        other = bound.allowed(ask, row) & (world.need != world.need[product])
        assert world.price[other].max() <= max(world.price[product], high)
        ladder = bound.allowed(ask, row) & (world.need == world.need[product])
        assert (world.price[ladder] > world.price[product]).all()
        assert (world.price[ladder] <= 1.5 * world.price[product]).all()


def test_bounds_cost_the_oracle_something_and_leave_it_more_than_silence(world: World) -> None:
    life = born(world, -40, 1)
    free, bound = oracles(world)
    roll(world, life, range(-40, 0), 1, None)

    def margin(strategy: Oracle | BoundOracle | None) -> float:
        mine = life.copy()
        told = roll(world, mine, range(30), 2, strategy, strategy.saw if strategy else None, mail=strategy)
        return float(told.margin.sum())

    silent = margin(None)
    assert silent < margin(bound) < margin(free)
