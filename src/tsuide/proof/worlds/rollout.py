"""A run of days in a world under one strategy, and what it brought."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from tsuide.kit.arrays import Bool, Float64, Int32, Int64
from tsuide.proof.worlds.answers import Strategy
from tsuide.proof.worlds.choice import NOTHING
from tsuide.proof.worlds.dice import throw
from tsuide.proof.worlds.life import Life, chances_tonight, tire
from tsuide.proof.worlds.visits import Visits, send_mail, settle, spend_day
from tsuide.proof.worlds.world import HANDLING, TAX_RATE, World

WEEK = 7


@dataclass(frozen=True, slots=True)
class Day:
    """One day's orders, B of them.

    Args:
        who: (B,) int32: shoppers.
        basket: (B, C) int32: product bought for each need; -1 = none.
        gift: (B,) bool: bought for somebody else.
        returned, from_offer: (B, C) bool.
    """

    day: int
    who: Int32
    basket: Int32
    gift: Bool
    returned: Bool
    from_offer: Bool


@dataclass(slots=True)
class Outcome:
    """What days brought; arrays are per shopper, (N,).

    Args:
        margin, revenue: float64: without tax, net of what came back and its handling, minor units.
        orders, units, returned, from_offer: int64: orders; units bought, sent back, and bought through an offer.
        shown: offers shown.
        unsubscribed, complained, left: shoppers, as they were to be expected: each night's chances summed, since the
            dice of a few events would drown the differences between strategies.
        months: subscriber-months, by which rates are told.
        days: the orders, kept where asked for.
    """

    margin: Float64
    revenue: Float64
    orders: Int64
    units: Int64
    returned: Int64
    from_offer: Int64
    shown: int = 0
    unsubscribed: float = 0.0
    complained: float = 0.0
    left: float = 0.0
    months: float = 0.0
    days: list[Day] = field(default_factory=list)

    def a_month(self) -> Float64:
        """Unsubscribed, complained, left: each per hundred subscribers and month; (3,) float64."""
        return 100.0 * np.array([self.unsubscribed, self.complained, self.left]) / max(self.months, 1e-9)


def nothing_yet(shoppers: int) -> Outcome:
    """An outcome before the first day."""
    orders, units, returned, from_offer = (np.zeros(shoppers, dtype=np.int64) for _ in range(4))
    return Outcome(np.zeros(shoppers), np.zeros(shoppers), orders, units, returned, from_offer)


Overnight: TypeAlias = Callable[[int, Day, Life], None]
"""Told after each day: its number, its orders, the shoppers' lives."""


def roll(
    world: World,
    life: Life,
    days: range,
    seed: int,
    strategy: Strategy | None,
    overnight: Overnight | None = None,
    *,
    mail: Strategy | None = None,
    keep: bool = False,
) -> Outcome:
    """Spend days under a strategy; the lives go on where they stood and are changed.

    Args:
        world: the truth.
        life: changed.
        days: first to last.
        seed: of all dice; the same seed throws the same dice for every strategy.
        strategy: None = silence.
        overnight: told after each day (a shop learns, a mail goes out).
        mail: asked once a week for each subscriber; None = no mails.
        keep: keep every day's orders in the outcome.
    """
    told = nothing_yet(world.shoppers)
    for day in days:
        dice = throw(world, day, seed)
        happened = [spend_day(world, life, day, dice, strategy)]
        settle(life, day, happened[0])
        if mail is not None:
            turn = np.flatnonzero(life.here & life.subscribed & (np.arange(world.shoppers) % WEEK == day % WEEK))
            happened.append(send_mail(world, life, day, dice, mail, turn.astype(np.int32)))
            settle(life, day, happened[1])
        orders = _orders(world, day, happened, seed)
        _count(world, told, orders)
        told.shown += sum(visits.shown for visits in happened)
        night = np.random.Generator(np.random.Philox(key=np.array([seed + 7, day + 1_000_000], dtype=np.uint64)))
        told.months += float((life.here & life.subscribed).sum()) / 30.0
        unsubscribed, complained, left = chances_tonight(world, life).sum(axis=1).tolist()
        told.unsubscribed += unsubscribed
        told.complained += complained
        told.left += left
        tire(world, life, night.random((3, world.shoppers)))
        if keep:
            told.days.append(orders)
        if overnight is not None:
            overnight(day, orders, life)
    return told


def _orders(world: World, day: int, happened: Sequence[Visits], seed: int) -> Day:
    """Visits that bought something; which units will come back is a matter of shopper, need and day alone."""
    who = np.concatenate([visits.who for visits in happened])
    basket = np.concatenate([visits.basket for visits in happened])
    bought = np.flatnonzero((basket != NOTHING).any(axis=1))
    who, basket = who[bought], basket[bought]
    dice = np.random.Generator(np.random.Philox(key=np.array([seed + 13, day + 1_000_000], dtype=np.uint64)))
    back = dice.random((world.shoppers, world.needs))[who]
    returned = (basket != NOTHING) & (back < world.returned[np.maximum(basket, 0)])
    gift = np.concatenate([visits.gift for visits in happened])[bought]
    from_offer = np.concatenate([visits.from_offer for visits in happened])[bought] & (basket != NOTHING)
    return Day(day, who, basket, gift, returned, from_offer)


def _count(world: World, told: Outcome, day: Day) -> None:
    rows, needs = np.nonzero(day.basket != NOTHING)
    who, product = day.who[rows], day.basket[rows, needs]
    back = day.returned[rows, needs]
    net = world.price[product] * (10_000 / (10_000 + TAX_RATE))
    np.add.at(told.margin, who, np.where(back, -HANDLING * world.price[product], world.margin[product]))
    np.add.at(told.revenue, who, np.where(back, 0.0, net))
    np.add.at(told.units, who, 1)
    np.add.at(told.returned, who, back)
    np.add.at(told.from_offer, who, day.from_offer[rows, needs])
    np.add.at(told.orders, day.who, 1)
