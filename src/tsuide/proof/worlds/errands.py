"""What a visit is for: how many needs it finds open, and of which departments; and what a cart says of that."""

import numpy as np
from scipy.special import gammaincinv

from tsuide.kit.arrays import Bool, Float64, Int32
from tsuide.proof.worlds.dice import Dice
from tsuide.proof.worlds.world import World

_EDGE = 1e-9


def errands(world: World, dice: Dice, who: Int32) -> Float64:
    """By how much each visit finds each need more open than usual; (V, C) float64, mean 1.

    The size of the visit times what of it each department gets, both Gamma.
    """
    kinds = world.family.errands
    size = _factor(dice.errand[who], kinds.spread)
    share = _factor(dice.mission[who], kinds.mission)
    return np.asarray(size[:, None] * share[:, world.department], np.float64)


def _factor(dice: Float64, variance: float) -> Float64:
    """Gamma of mean 1 from uniform numbers."""
    if variance <= 0:
        return np.ones_like(dice)
    return np.asarray(gammaincinv(1.0 / variance, np.clip(dice, _EDGE, 1 - _EDGE)) * variance, np.float64)


def supposed(world: World, likely: Float64, seen: Bool, *, whole: bool) -> Float64:
    """What who knows the world takes a visit's errands for, from the needs seen so far; (V, C) float64.

    Posterior means of the Gamma factors, openings taken as Poisson: (shape + seen) / (shape + likely), the size first,
    the departments' given it.

    Args:
        world: the truth.
        likely: (V, C): needs that a usual visit would have shown by now.
        seen: (V, C): those that this one has shown.
        whole: the visit is over; else only the first product was looked at, which says that it is not for nothing, and
            which department it is for.
    """
    kinds = world.family.errands
    rows, d = len(seen), kinds.departments
    per_department = np.zeros((2, rows, d))
    for c in range(world.needs):
        per_department[0, :, world.department[c]] += likely[:, c]
        per_department[1, :, world.department[c]] += seen[:, c]
    expected, found = per_department
    total = expected.sum(axis=1)
    size, share = np.ones(rows), np.ones((rows, d))
    if kinds.spread > 0:
        shape = 1.0 / kinds.spread
        left = shape / (shape + total)
        size = (shape + found.sum(axis=1)) / (shape + total) if whole else _of_some(shape, left)
    if kinds.mission > 0:
        shape = 1.0 / kinds.mission
        heard = expected * size[:, None] if whole else np.where(found > 0, expected * size[:, None], 0.0)
        share = (shape + found) / (shape + heard)
    return np.asarray(size[:, None] * share[:, world.department], np.float64)


def _of_some(shape: float, left: Float64) -> Float64:
    """Mean size of a visit that is for something: (1 − left^(shape + 1)) / (1 − left^shape)."""
    return np.asarray((1.0 - left ** (shape + 1.0)) / np.maximum(1.0 - left**shape, _EDGE), np.float64)
