"""The best that can be done by who knows the world and has seen the same orders, and by who also knows each shopper.

Both take, place by place, the offers of the greatest expected gain over silence: the true chance that a need is open
and forgotten, times that of buying, times the worth of what is bought, less what would have been bought later anyway
and what an offer that does not fit costs in patience. Neither knows the dice. Both look one visit ahead, so they are
very good, not proven best.
"""

from copy import copy
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from tsuide.kit.arrays import Float64, Int32, Int64
from tsuide.proof.worlds.answers import ATTENTION, MAIL_OPENED, Ask, Offers
from tsuide.proof.worlds.awareness import forgotten_hazard, link_aware, mixed_aware
from tsuide.proof.worlds.choice import NOTHING, prefers
from tsuide.proof.worlds.errands import supposed
from tsuide.proof.worlds.life import Life, called_by_cart, crowd, hazards, ready, season, utilities
from tsuide.proof.worlds.rollout import Day
from tsuide.proof.worlds.strategies import best, one_per_need
from tsuide.proof.worlds.world import World


@dataclass(slots=True)
class Clairvoyant:
    """Knows everything that is true before the dice fall, each shopper's taste included, which nobody can.

    Args:
        last: (N, C) int32: as `Life.last`, today's; the rollout keeps it up to date.
        days: days after today that count.
    """

    world: World
    last: Int32
    days: int = 60

    def __call__(self, ask: Ask) -> Offers:
        """Offers for the visitors of an ask."""
        return best(one_per_need(self.world, self.gains(ask)), 0.0)

    def gains(self, ask: Ask) -> Float64:
        """Expected gain over silence of offering each product first; -inf = not to be offered; (V, P), minor units."""
        world = self.world
        accepts = 1.0 / (1.0 + np.exp(np.minimum(world.family.outside - ask.utility, 50.0)))
        chance = (1.0 - np.exp(-ask.open_hazard))[:, world.need]
        wants = chance + (1.0 - chance) * world.whim
        anyway = self._bought_anyway(ask, accepts)
        mail = ask.place == "email"
        read = MAIL_OPENED if mail else 1.0
        cost = world.family.annoyance.mail if mail else world.family.annoyance.shown
        irritation = cost * (1.0 - chance) * self._patience(ask.who)[:, None]
        gain = read * ATTENTION[0] * wants * accepts * world.worth * (1.0 - anyway) - irritation
        in_cart = np.where(ask.cart != NOTHING, 1.0, 0.0)[:, world.need] > 0
        gain = np.where(in_cart | ~np.isfinite(ask.utility), -np.inf, gain)
        looks = np.flatnonzero(ask.product != NOTHING)
        if len(looks):
            gain[looks] = np.where(
                world.need == world.need[ask.product[looks]][:, None], self._swap(ask, accepts, looks), gain[looks]
            )
        return gain

    def _swap(self, ask: Ask, accepts: Float64, looks: Int64) -> Float64:
        """Gain of putting each product beside the one that is looked at; (looks, P)."""
        world, product = self.world, ask.product[looks]
        now = accepts[looks, product] * world.worth[product]
        instead = accepts[looks] * world.worth
        over = np.zeros((len(looks), world.products))
        for c in np.unique(world.need[product]):
            mine = np.flatnonzero(world.need[product] == c)
            for p in range(world.start[c], world.start[c + 1]):
                offered = np.full(len(mine), p, dtype=np.int32)
                over[mine, p] = prefers(ask.utility[looks[mine]], offered, product[mine])
        irritation = 0.5 * world.family.annoyance.shown * self._patience(ask.who[looks])[:, None]
        gain: Float64 = ATTENTION[0] * over * (instead - now[:, None]) - irritation
        gain[np.arange(len(looks)), product] = -np.inf
        return gain

    def _bought_anyway(self, ask: Ask, accepts: Float64) -> Float64:
        """Share of a purchase today that only brings a later one forward; (V, P).

        A shopper who is not served today comes back every 1 / rate days, finds the need open again, and thinks of it
        in the end; a shopper who is served does not want it for a while. Of what is bought once and kept, the chance
        that it would have been bought within the days that count.
        """
        world = self.world
        full = world.taste[ask.who] * world.base * ready(world, self.last[ask.who], ask.day)
        per_visit = (1.0 - np.exp(-full)) * world.aware
        a_day = (world.rate[ask.who][:, None] * per_visit)[:, world.need] * accepts
        served = np.minimum(0.8 * world.interval, self.days)[world.need]
        repeated = served / (served + 1.0 / np.maximum(a_day, 1e-9))
        once = 1.0 - np.exp(-a_day * self.days)
        share: Float64 = np.where(world.durable[world.need], once, repeated)
        return share

    def _patience(self, who: Int32) -> Float64:
        """What a unit of annoyance costs: more shoppers leave, and take their margin with them; (V,), minor units."""
        world = self.world
        leave = world.family.monthly.leave / 30.0 * world.family.annoyance.half_life / np.log(2)
        basket = float(np.mean(world.worth)) * world.family.wanted_per_visit[1]
        cost: Float64 = leave / world.tolerance[who] * world.rate[who] * basket * self.days
        return cost


_SHARED: Final = frozenset({"_world", "_life"})


class Oracle:
    """Knows how the world works, has seen the shop's orders, and infers from them what each shopper likes.

    It knows links, windows, intervals, prices' effect, and how tastes are spread over shoppers.

    Tastes are Gamma, openings nearly Poisson, so the posterior mean of a taste is (shape + purchases) / (shape +
    purchases expected of a shopper of taste 1); of the rate of visits likewise. The system that a shopper has is known
    once they bought something that fits one system only, or look at it; until then each is as likely as the next.
    What a shopper favours is told in the same way by what they chose each time: e^favour is taken for a Gamma.

    Args:
        world: the truth.
        life: of the rollout; only what orders show is read of it (`last`).
        days: days after today that count.
    """

    def __init__(self, world: World, life: Life, days: int = 60) -> None:
        self._world, self._life, self._days = world, life, days
        n = world.shoppers
        self._orders = np.zeros(n)
        self._bought = np.zeros((n, world.needs))
        self._chosen = np.zeros((n, world.products if world.family.loyalty else 1))
        self._expected = np.zeros((n, world.needs))
        self._system = np.full(n, NOTHING, dtype=np.int32)
        self._watched = 0.0
        typical = utilities(_typical(world), np.zeros(1, dtype=np.int32))
        accepts = 1.0 / (1.0 + np.exp(world.family.outside - typical[0]))
        accepts = np.where(np.isfinite(typical[0]), accepts, 0.0)
        weight = np.exp(typical[0])
        self._share = weight / np.add.reduceat(weight, world.start[:-1])[world.need]  # of its need, typically
        self._accepts = np.maximum.reduceat(accepts, world.start[:-1])  # (C,) of a typical shopper's choice
        a_visit, spread = float((world.base * world.aware * self._accepts * 0.5).sum()), world.family.errands.spread
        none = np.exp(-a_visit) if spread <= 0 else (1.0 + spread * a_visit) ** (-1.0 / spread)
        self._ordering = 1.0 - float(none)

    def in_life(self, life: Life) -> "Oracle":
        """One that has seen the same and goes on by itself in another run of the same shoppers."""
        twin = Oracle(self._world, life, self._days)
        twin.__dict__.update({name: copy(value) for name, value in self.__dict__.items() if name not in _SHARED})
        return twin

    def saw(self, day: int, orders: Day, life: Life) -> None:
        """Take in a day's orders; the shop calls it every night."""
        world = self._world
        self._life = life
        rows, needs = np.nonzero((orders.basket != NOTHING) & ~orders.gift[:, None])
        product = orders.basket[rows, needs]
        np.add.at(self._bought, (orders.who[rows], needs), 1.0)
        if world.family.loyalty:
            np.add.at(self._chosen, (orders.who[rows], product), 1.0)
        np.add.at(self._orders, orders.who, 1.0)
        bound = world.system[product] != NOTHING
        self._system[orders.who[rows[bound]]] = world.system[product[bound]]
        self._watched += crowd(world, day)
        a_visit = world.base * season(world, day) * world.aware * self._accepts
        self._expected += self._rate()[:, None] * crowd(world, day) * a_visit * ready(world, life.last, day)

    def _rate(self) -> Float64:
        """Posterior mean of visits a day; (N,)."""
        shape, mean = self._world.family.visit_shape, float(np.mean(self._world.rate))
        return (shape + self._orders) / (shape / mean + self._watched * self._ordering)

    def _favour(self, who: Int32) -> Float64:
        """What each shopper likes beyond others, by what they chose so far; (V, P)."""
        loyalty = self._world.family.loyalty
        if not loyalty:
            return self._chosen[who]
        shape = 1.0 / np.expm1(loyalty**2)
        expected = self._bought[who][:, self._world.need] * self._share
        favour: Float64 = np.log((shape + self._chosen[who]) / (shape + expected))
        return favour

    def believed(self, ask: Ask) -> World:
        """The world with what is believed of the shoppers who are asked about, each in a row of their own."""
        world, shape = self._world, self._world.family.taste_shape
        who = ask.who
        system = self._system[who].copy()
        looks = np.flatnonzero(ask.product != NOTHING)
        bound = world.system[ask.product[looks]]
        system[looks] = np.where(bound != NOTHING, bound, system[looks])
        n = len(who)
        return replace(
            world,
            rate=self._rate()[who],
            taste=(shape + self._bought[who]) / (shape + self._expected[who]),
            sense=np.full(n, float(np.mean(world.sense))),
            liking=np.full(n, float(np.mean(world.liking))),
            favour=self._favour(who),
            of_system=system,
            tolerance=np.full(n, float(np.mean(world.tolerance))),
            rep=world.rep[who],
        )

    def _errand(self, world: World, ask: Ask, thought: Float64) -> Float64:
        """What the visit seems to be for, by the cart, or by the first product that is looked at; (V, C)."""
        if ask.place == "cart":
            return supposed(world, thought * self._accepts, ask.cart != NOTHING, whole=True)
        first = world.need[np.maximum(ask.product, 0)][:, None] == np.arange(world.needs)
        return supposed(world, thought, first & (ask.product != NOTHING)[:, None], whole=False)

    def __call__(self, ask: Ask) -> Offers:
        """Offers for the visitors of an ask."""
        return best(one_per_need(self._world, self.gains(ask)), 0.0)

    def gains(self, ask: Ask) -> Float64:
        """As `Clairvoyant.gains`, by what is believed of each visitor."""
        world, rows = self.believed(ask), np.arange(len(ask.who), dtype=np.int32)
        life = Life(self._life.last[ask.who], np.zeros(len(rows)), np.ones(len(rows), bool), np.ones(len(rows), bool))
        own, earlier = hazards(world, life, rows, ask.day)
        hidden = own + earlier
        in_cart = ask.cart != NOTHING
        if ask.place != "email":  # a visitor thinks of some needs; a mail finds all of them unserved
            aware = mixed_aware(world, own, earlier)
            size = self._errand(world, ask, (1.0 - np.exp(-hidden)) * aware)
            hidden = forgotten_hazard(hidden * size, aware)
        if ask.place == "cart":
            called = called_by_cart(world, life, rows, ask.day, in_cart)
            hidden = np.where(in_cart, 0.0, hidden + forgotten_hazard(called, link_aware(world, in_cart)))
        seen = replace(ask, who=rows, open_hazard=hidden, utility=_fitting(world, rows))
        return Clairvoyant(world, life.last, self._days).gains(seen)


def _typical(world: World) -> World:
    """The world with one shopper: the mean of all, for whom everything fits."""
    one = np.ones(1)
    return replace(
        world,
        rate=one * float(np.mean(world.rate)),
        taste=np.ones((1, world.needs)),
        sense=one * float(np.mean(world.sense)),
        liking=one * float(np.mean(world.liking)),
        favour=np.zeros((1, 1)),
        of_system=np.zeros(1, dtype=np.int32),
        system=np.full(world.products, NOTHING, dtype=np.int32),
        tolerance=one,
        rep=np.full(1, NOTHING, dtype=np.int32),
    )


def _fitting(world: World, rows: Int32) -> Float64:
    """Utilities where a system may be unknown: then what fits one of S systems is log S less likely to be wanted."""
    known = world.of_system != NOTHING
    everything = replace(world, of_system=rows * 0, system=np.full(world.products, NOTHING, dtype=np.int32))
    guess = utilities(everything, rows) - np.where(world.system != NOTHING, np.log(world.family.systems), 0.0)
    return np.where(known[:, None], utilities(world, rows), guess)
