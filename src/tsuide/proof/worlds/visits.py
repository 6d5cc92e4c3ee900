"""One day of a simulated shop: who comes, what they need, what they look at, what they buy, with and without offers."""

from dataclasses import dataclass

import numpy as np

from tsuide.kit.arrays import Bool, Float64, Int32
from tsuide.proof.worlds.answers import Answer, Ask, Strategy, answered
from tsuide.proof.worlds.awareness import forgotten_hazard, link_aware, mixed_aware
from tsuide.proof.worlds.choice import NOTHING, buys, chosen
from tsuide.proof.worlds.dice import Dice
from tsuide.proof.worlds.errands import errands
from tsuide.proof.worlds.life import Life, called_by_cart, crowd, hazards, utilities
from tsuide.proof.worlds.world import World


@dataclass(slots=True)
class Visits:
    """V visits of one day, or what V mails of one day led to.

    Args:
        who: (V,) int32: shoppers.
        viewed: (V, C) int32: product looked at for each need; -1 = none.
        basket: (V, C) int32: product bought for each need; -1 = none.
        from_offer: (V, C) bool: because of an offer, bought, or looked at in place of another (and bought or not).
        gift: (V,) bool: bought for somebody else.
        misfit: (V,) float64: what the offers cost in patience.
        shown: offers shown.
    """

    who: Int32
    viewed: Int32
    basket: Int32
    from_offer: Bool
    gift: Bool
    misfit: Float64
    shown: int = 0

    def take(self, rows: Int32, answer: Answer) -> None:
        """Write down what some of the visitors did with their offers."""
        self.viewed[rows] = answer.viewed
        self.basket[rows] = answer.taken
        self.from_offer[rows] |= answer.from_offer
        self.misfit[rows] += answer.misfit
        self.shown += answer.shown


def _begun(world: World, who: Int32, viewed: Int32, gift: Bool) -> Visits:
    shape = (len(who), world.needs)
    nothing = np.full(shape, NOTHING, dtype=np.int32)
    return Visits(who, viewed, nothing, np.zeros(shape, dtype=np.bool_), gift, np.zeros(len(who)))


def spend_day(world: World, life: Life, day: int, dice: Dice, strategy: Strategy | None) -> Visits:
    """All visits of a day; `life` is read, and changed by `settle` only.

    Args:
        world: the truth.
        life: the shoppers so far.
        day: today.
        dice: today's.
        strategy: asked for offers at the first product page and at the cart; None = silence.
    """
    coming = life.here & (dice.visit < 1.0 - np.exp(-world.rate * crowd(world, day)))
    who = np.flatnonzero(coming).astype(np.int32)
    usual, after = hazards(world, life, who, day)
    size = errands(world, dice, who)
    own, earlier = usual * size, after * size
    aware = mixed_aware(world, own, earlier)
    hidden = forgotten_hazard(own + earlier, aware)
    is_open = dice.open[who] < 1.0 - np.exp(-own - earlier)
    thought = is_open & (dice.aware[who] < aware)
    forgotten = is_open & ~thought
    utility = utilities(world, who)
    viewed = np.where(thought, chosen(world, utility, dice.choice[who]), NOTHING)
    visits = _begun(world, who, viewed, dice.gift[who] < world.family.gifts)
    if strategy is not None:
        entry = _first(viewed, dice.order[who])
        rows = np.flatnonzero(entry != NOTHING).astype(np.int32)
        ask = Ask("product", day, who[rows], entry[rows], visits.basket[rows], hidden[rows], utility[rows])
        visits.take(rows, answered(world, ask, strategy(ask), forgotten[rows], viewed[rows], dice))
    wanted = np.where(visits.basket == NOTHING, visits.viewed, NOTHING)
    visits.basket = np.where(buys(world, utility, wanted, dice.buy[who]), wanted, visits.basket)

    called = called_by_cart(world, life, who, day, visits.basket != NOTHING)
    called_aware = link_aware(world, visits.basket != NOTHING)
    opened = (dice.called[who] < 1.0 - np.exp(-called)) & (visits.viewed == NOTHING) & (visits.basket == NOTHING)
    thought = opened & (dice.called_aware[who] < called_aware)
    more = np.where(thought, chosen(world, utility, dice.choice[who]), NOTHING)
    visits.viewed = np.where(thought, more, visits.viewed)
    visits.basket = np.where(buys(world, utility, more, dice.buy[who]), more, visits.basket)
    if strategy is not None:
        forgotten = (forgotten | (opened & ~thought)) & (visits.basket == NOTHING)
        hidden = np.where(visits.viewed == NOTHING, hidden + forgotten_hazard(called, called_aware), 0.0)
        rows = np.flatnonzero((visits.basket != NOTHING).any(axis=1)).astype(np.int32)
        nothing = np.full(len(rows), NOTHING, dtype=np.int32)
        ask = Ask("cart", day, who[rows], nothing, visits.basket[rows], hidden[rows], utility[rows])
        visits.take(rows, answered(world, ask, strategy(ask), forgotten[rows], visits.viewed[rows], dice))
    return visits


def send_mail(world: World, life: Life, day: int, dice: Dice, strategy: Strategy, who: Int32) -> Visits:
    """A mail to each of some subscribers, and what those buy who look into it; no offers = no mail.

    Args:
        world: the truth.
        life: the shoppers so far.
        day: today.
        dice: today's.
        strategy: asked for each mail's offers.
        who: (V,) int32: subscribers whose turn it is.
    """
    own, earlier = hazards(world, life, who, day)
    is_open = dice.open[who] < 1.0 - np.exp(-own - earlier)
    visits = _begun(world, who, np.full(own.shape, NOTHING, dtype=np.int32), np.zeros(len(who), dtype=np.bool_))
    nothing = np.full(len(who), NOTHING, dtype=np.int32)
    ask = Ask("email", day, who, nothing, visits.basket, own + earlier, utilities(world, who))
    rows = np.arange(len(who), dtype=np.int32)
    visits.take(rows, answered(world, ask, strategy(ask), is_open, visits.viewed, dice))
    return visits


def settle(life: Life, day: int, visits: Visits) -> None:
    """Write visits into the shoppers' lives."""
    served = (visits.basket != NOTHING) & ~visits.gift[:, None]
    rows, needs = np.nonzero(served)
    life.last[visits.who[rows], needs] = day
    life.annoyance[visits.who] += visits.misfit


def _first(viewed: Int32, order: Float64) -> Int32:
    """The first product that each visitor looks at; -1 = none."""
    need = np.where(viewed != NOTHING, order, 2.0).argmin(axis=1)
    first: Int32 = viewed[np.arange(len(viewed)), need]
    return first
