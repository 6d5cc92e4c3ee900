"""What a shop's policy forbids, held against who knows the world, too: else its oracle would be measured unbound.

The rules are those that bind in simulated shops: contacts and rests, prices within reach, better models within reach,
nothing that is owned or hardly used up, no step down without hesitation. Where the engine's rule rests on what was
learned (how long a product lasts) only its fixed part holds here, so that the bound oracle is a little too free.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from tsuide.kit.arrays import Bool, Float64
from tsuide.proof.worlds.answers import Ask, Offers
from tsuide.proof.worlds.choice import NOTHING
from tsuide.proof.worlds.life import Life
from tsuide.proof.worlds.oracle import Oracle
from tsuide.proof.worlds.rollout import Day
from tsuide.proof.worlds.strategies import best, one_per_need
from tsuide.proof.worlds.world import World

_TIME_OF_DAY: Final = {"email": 0.0, "product": 0.2, "cart": 0.21}  # of a day: each page is a contact of its own


@dataclass(frozen=True, slots=True)
class Bounds:
    """A policy's limits in plain numbers; ratios with 1 = as much.

    Args:
        contacts: channel (email, site, rep) → at most so many contacts in so many days.
        shown, within, rest: a product that was shown so often within so many days rests for so many.
        of_main, within_band, of_band: as the rule `price_reach`.
        upgrade: least and most price of a better model, of what is looked at.
        least_days: before which what was bought is not offered again.
    """

    contacts: dict[str, tuple[int, float]]
    shown: int
    within: float
    rest: float
    of_main: float
    within_band: float
    of_band: float
    upgrade: tuple[float, float]
    least_days: float


@dataclass(slots=True)
class BoundOracle:
    """The oracle under a policy: the best of what it allows, with a ledger of its own contacts.

    Args:
        oracle: who knows the world.
        bounds: of the policy.
        paid: shopper → prices of all units bought so far.
        bought: (shopper, product) → day of the last purchase for themselves.
    """

    world: World
    oracle: Oracle
    bounds: Bounds
    paid: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    bought: dict[tuple[int, int], int] = field(default_factory=dict)
    _shown: dict[int, dict[int, list[float]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    _contacts: dict[tuple[int, str], list[float]] = field(default_factory=lambda: defaultdict(list))

    def __call__(self, ask: Ask) -> Offers:
        """Offers for the visitors of an ask; what is offered is shown, and counts."""
        gains = self.oracle.gains(ask)
        now, channel = ask.day + _TIME_OF_DAY[ask.place], self._channel(ask.place)
        for row in range(len(ask.who)):
            gains[row, ~self.allowed(ask, row)] = -np.inf
        chosen = best(one_per_need(self.world, gains), 0.0)
        for row, shopper in enumerate(ask.who.tolist()):
            for product in chosen[row][chosen[row] != NOTHING].tolist():
                self._shown[shopper][product].append(now)
            if (chosen[row] != NOTHING).any():
                self._contacts[shopper, channel].append(now)
        return chosen

    def allowed(self, ask: Ask, row: int) -> Bool:
        """Which products the policy lets the visitor of a row be shown; (P,) bool."""
        world, shopper = self.world, int(ask.who[row])
        now, channel = ask.day + _TIME_OF_DAY[ask.place], self._channel(ask.place)
        if channel in self.bounds.contacts:
            most, days = self.bounds.contacts[channel]
            if sum(now - at < days for at in self._contacts[shopper, channel]) >= most:
                return np.zeros(world.products, dtype=np.bool_)
        looked_at = int(ask.product[row])
        beside = [*ask.cart[row][ask.cart[row] != NOTHING].tolist(), *([looked_at] if looked_at != NOTHING else [])]
        found = self._within_reach(world.price.astype(np.float64), beside, self.paid[shopper])
        if looked_at != NOTHING:
            low, high = self.bounds.upgrade
            ratio = world.price / world.price[looked_at]
            same = world.need == world.need[looked_at]
            found = np.where(same, (ratio >= low) & (ratio <= high), found)
        for product, times in self._shown[shopper].items():
            if self._rests(times, now):
                found[product] = False
        for product in np.flatnonzero(found).tolist():
            at = self.bought.get((shopper, product))
            if at is not None and (world.durable[world.need[product]] or now - at < self.bounds.least_days):
                found[product] = False
        return found

    def _within_reach(self, price: Float64, beside: list[int], paid: list[int]) -> Bool:
        """As the rule `price_reach` says of what is attached."""
        band = float(sorted(paid)[round(0.9 * (len(paid) - 1))]) if paid else None
        if beside:
            main = float(self.world.price[beside].max())
            near = price <= main * self.bounds.of_main
            return near if band is None else near | ((price <= band) & (price <= main * self.bounds.within_band))
        return np.ones(len(price), dtype=np.bool_) if band is None else price <= band * self.bounds.of_band

    def _rests(self, times: list[float], now: float) -> bool:
        bounds = self.bounds
        return any(
            now - last < bounds.rest and sum(0 <= last - at < bounds.within for at in times) >= bounds.shown
            for last in times
        )

    def _channel(self, place: str) -> str:
        return "email" if place == "email" else "rep" if self.world.family.reps else "site"

    def saw(self, day: int, orders: Day, life: Life) -> None:
        """Take in a day's orders; the shop calls it every night."""
        self.oracle.saw(day, orders, life)
        self.remember(day, orders)

    def remember(self, day: int, orders: Day) -> None:
        """Keep what was paid and what is owned by a day's orders."""
        rows, needs = np.nonzero(orders.basket != NOTHING)
        for row, need in zip(rows.tolist(), needs.tolist(), strict=True):
            shopper, product = int(orders.who[row]), int(orders.basket[row, need])
            self.paid[shopper].append(int(self.world.price[product]))
            if not orders.gift[row] and not orders.returned[row, need]:
                self.bought[shopper, product] = day
