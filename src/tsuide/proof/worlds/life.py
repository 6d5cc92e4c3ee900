"""What has happened to the shoppers of a world so far, and what follows from it for today."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from tsuide.kit.arrays import Bool, Float64, Int32
from tsuide.proof.worlds.world import World

NEVER: Final = -100_000  # a day long before the first
_YEAR: Final = 365.0


@dataclass(slots=True)
class Life:
    """The shoppers' state; a rollout changes it day by day.

    Args:
        last: (N, C) int32: day of the last purchase for each need (not as a gift).
        annoyance: (N,) float64: what offers that did not fit have left behind.
        subscribed: (N,) bool: still on the mailing list.
        here: (N,) bool: has not left the shop.
    """

    last: Int32
    annoyance: Float64
    subscribed: Bool
    here: Bool

    def copy(self) -> "Life":
        """A life that goes on from here by itself."""
        return Life(self.last.copy(), self.annoyance.copy(), self.subscribed.copy(), self.here.copy())


def born(world: World, day: int, seed: int) -> Life:
    """The shoppers on the morning of a first day: what they own has served for a random part of its time."""
    dice = np.random.default_rng([seed, world.seed, 1])
    age = dice.random((world.shoppers, world.needs)) * 2.0 * world.interval
    owned = dice.random((world.shoppers, world.needs)) < np.minimum(world.taste * world.base, 1.0)
    last = np.where(owned, day - 1 - np.floor(age), NEVER).astype(np.int32)
    n = world.shoppers
    return Life(last, np.zeros(n), np.ones(n, dtype=np.bool_), np.ones(n, dtype=np.bool_))


def season(world: World, day: int) -> Float64:
    """How much more than usual each need is wanted on this day; (C,)."""
    return 1.0 + world.season * np.cos(2 * np.pi * (day % _YEAR - world.phase) / _YEAR)


def crowd(world: World, day: int) -> float:
    """How many more visits than usual this day has: weekends, the weeks before the year's end, late November's sale."""
    of_year = day % _YEAR
    weekend = 1.25 if day % 7 in {5, 6} else 0.9
    swing = world.family.visit_season
    peak = 2.0 * swing if of_year >= 340 or 325 <= of_year <= 332 else 0.0  # noqa: PLR2004 - December, sale week
    return weekend * (1.0 + peak)


def ready(world: World, last: Int32, day: int) -> Float64:
    """How far what was bought last is used up: 0 = just bought, 1 = long gone; same shape as `last`."""
    x = np.minimum((day - last) / world.interval, 50.0) ** 3
    return np.where(last == NEVER, 1.0, x / (x + 0.5))


def hazards(world: World, life: Life, who: Int32, day: int) -> tuple[Float64, Float64]:
    """Hazards with which needs are open at a visit: in themselves, and called for by earlier purchases.

    Args:
        world: the truth.
        life: the shoppers so far.
        who: (V,) int32: shoppers.
        day: today.

    Returns:
        (V, C) and (V, C).
    """
    last = life.last[who]
    taste = world.taste[who]
    own = taste * world.base * season(world, day) * ready(world, last, day)
    called = np.zeros_like(own)
    for e in np.flatnonzero(world.closes > 0):  # links inside one visit are told by what is in the cart
        a, b = world.link_from[e], world.link_to[e]
        since = day - last[:, a]
        in_window = (since >= max(world.opens[e], 1)) & (since <= world.closes[e]) & (last[:, b] < last[:, a])
        called[:, b] += np.where(in_window, world.strength[e] * taste[:, b], 0.0)
    return own, called


def called_by_cart(world: World, life: Life, who: Int32, day: int, bought: Bool) -> Float64:
    """Hazards that purchases of this same visit add.

    Args:
        world: the truth.
        life: the shoppers so far.
        who: (V,) int32: shoppers.
        day: today.
        bought: (V, C) bool: needs bought for in this visit.

    Returns:
        (V, C).
    """
    taste = world.taste[who]
    fresh = ready(world, life.last[who], day)
    called = np.zeros_like(taste)
    for e in np.flatnonzero(world.opens == 0):
        a, b = world.link_from[e], world.link_to[e]
        called[:, b] += np.where(bought[:, a], world.strength[e] * taste[:, b] * fresh[:, b], 0.0)
    return np.where(bought, 0.0, called)


def utilities(world: World, who: Int32) -> Float64:
    """What each product is worth to each shopper, the outside option being the family's `outside`; (V, P)."""
    middle = np.add.reduceat(np.log(world.price), world.start[:-1]) / np.diff(world.start)
    dear = np.log(world.price) - middle[world.need]
    value = world.liking[who, None] * world.quality - world.sense[who, None] * dear + world.favour[who]
    fits = (world.system == -1) | (world.system == world.of_system[who, None])
    return np.where(fits, value, -np.inf)


def chances_tonight(world: World, life: Life) -> Float64:
    """With what chance each shopper leaves the list, complains, or leaves the shop tonight; (3, N)."""
    grown = np.exp(np.minimum(life.annoyance / world.tolerance, 6.0)) / 30.0
    monthly = world.family.monthly
    chances = np.minimum(np.array([monthly.unsubscribe, monthly.complaint, monthly.leave])[:, None] * grown, 1.0)
    return np.where(np.array([life.here & life.subscribed, life.here, life.here]), chances, 0.0)


def tire(world: World, life: Life, dice: Float64) -> tuple[Int32, Int32, Int32]:
    """A night passes: annoyance fades, some leave the list, complain, or leave the shop.

    Args:
        world: the truth.
        life: changed.
        dice: (3, N) float64 in [0, 1).

    Returns:
        Shoppers who unsubscribed, who complained, who left.
    """
    unsubscribed, complained, left = dice < chances_tonight(world, life)
    life.subscribed &= ~unsubscribed
    life.here &= ~left
    life.annoyance *= 0.5 ** (1.0 / world.family.annoyance.half_life)
    return tuple(np.flatnonzero(each).astype(np.int32) for each in (unsubscribed, complained, left))  # type: ignore[return-value]  # three, as written
