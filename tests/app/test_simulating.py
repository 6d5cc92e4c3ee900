"""The engine in a simulated shop: it sees what a shop tells, answers through its doors, is scored beside silence."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from tsuide.app.closed_loop import product_row, running
from tsuide.app.evaluating import evaluated
from tsuide.app.likeness import moments_beside
from tsuide.app.simulating import Plan, policy_text, simulate_world
from tsuide.app.wiring import Shop
from tsuide.asgi import create
from tsuide.offers.policy.load import ready_text
from tsuide.proof.worlds.answers import Ask
from tsuide.proof.worlds.choice import NOTHING
from tsuide.proof.worlds.comparison import Figures, mean_interval, ratio_of_sums, summary
from tsuide.proof.worlds.family import families
from tsuide.proof.worlds.life import born, utilities
from tsuide.proof.worlds.rollout import roll
from tsuide.proof.worlds.world import World, draw

GROCER = replace(families()["weekly_grocery"], shoppers=60)


def test_the_catalogue_tells_nothing_that_only_the_world_knows() -> None:
    world = draw(GROCER, 1)
    told = product_row(world, 0)
    assert set(told) == {"id", "title", "currency", "category", "price", "cost", "tax_rate", "durable", "attributes"}
    assert told["price"] == world.price[0]


def test_the_engine_decides_behind_its_own_doors_and_writes_down_every_decision(tmp_path: Path) -> None:
    world = draw(GROCER, 1)
    life = born(world, -30, 1)
    past = roll(world, life, range(-30, 0), 1, None, keep=True)
    with running(
        world, past.days, ready_text("standard"), home=tmp_path, build=create, seed=3, relearn=2, tune=False
    ) as engine:
        told = roll(world, life, range(3), 2, engine, engine.saw)
        facts = engine.serving.shop.store.facts
        assert engine.asked > 0
        assert facts.counts()["orders"] == sum(len(day.who) for day in past.days) + int(told.orders.sum())
        assert told.shown > 0
        assert engine.serving.shop.store.decisions.count() == engine.asked
        assert (engine(a_mail(world, day=4)) == NOTHING).all()  # the policy names no sender
    assert np.isfinite(told.margin).all()


def a_mail(world: World, day: int) -> Ask:
    who = np.arange(6, dtype=np.int32)
    nothing = np.full((6, world.needs), NOTHING, dtype=np.int32)
    return Ask("email", day, who, nothing[:, 0], nothing, np.zeros(nothing.shape), utilities(world, who))


def test_the_shop_names_its_sender_so_that_mails_go_out_once_a_week(tmp_path: Path) -> None:
    world = draw(GROCER, 1)
    past = roll(world, born(world, -20, 1), range(-20, 0), 1, None, keep=True)
    text = policy_text("standard")
    with running(world, past.days, text, home=tmp_path, build=create, seed=3, tune=False) as engine:
        first, same_day, week_later = (engine(a_mail(world, day)) for day in (0, 1, 7))
    assert (first != NOTHING).any(axis=1).all()
    assert (same_day == NOTHING).all()  # at most one in seven days
    assert (week_later != NOTHING).any(axis=1).all()


def test_a_world_is_scored_beside_silence_and_one_strategy_alone_is_enough() -> None:
    plan = Plan(history=14, days=3, relearn=0, strategies=("popular", "newsletter"), mail=True)
    figures = simulate_world(GROCER, 2, plan)
    assert figures.gain["silence"] == 0.0
    assert figures.told["newsletter"]["shown"] > 0
    assert summary([figures]) == {}


def test_a_shop_with_reps_tells_who_of_them_is_accused_and_a_shop_without_says_nothing() -> None:
    companies = replace(families()["b2b_accounts"], shoppers=20)
    plan = Plan(history=7, days=2, strategies=(), mail=False)
    told = [simulate_world(companies, seed, plan).to_json()["supervision"] for seed in (1, 2, 3)]
    assert all(each["reps"] == {"honest": 8, "top_seller": 2, "gamer": 2} for each in told)
    assert sum(each["accused"]["gamer"] for each in told) >= 5
    assert sum(each["accused"]["top_seller"] for each in told) == 0
    assert "supervision" not in simulate_world(GROCER, 1, plan).to_json()


def test_shares_are_ratios_of_sums_and_a_single_world_has_no_width() -> None:
    assert ratio_of_sums(np.array([[1.0, 2.0], [0.0, 2.0]]), np.random.default_rng(0))["mean"] == 0.25
    assert mean_interval(np.array([0.2])) == {"mean": 0.2, "low": 0.2, "high": 0.2}


def test_where_a_strategy_gains_nothing_no_share_of_it_is_told() -> None:
    told = {"unsubscribed_a_month": 1.0, "complained_a_month": 0.0}
    gain = {"tsuide_standard": 0.1, "oracle": 0.2, "bought_together": 0.0}
    found = summary([Figures("fashion", 1, 10, 20, 1000.0, gain, dict.fromkeys(gain, told))])
    assert found == {"share_of_oracle": {"mean": 0.5, "low": 0.5, "high": 0.5}}


def test_moments_of_simulated_shops_stand_beside_those_of_real_orders(small_shop: Shop) -> None:
    data = evaluated(small_shop.settings)
    told: list[str] = []
    found = moments_beside(data, [families()["fashion"]], days=30, seed=1, shoppers=0.02, tell=told.append)
    assert (found["data"], told) == ("shop", ["shop", "fashion"])
    assert found["real"].keys() == found["families"]["fashion"].keys()
    assert found["real"]["basket_mean"] > 1
