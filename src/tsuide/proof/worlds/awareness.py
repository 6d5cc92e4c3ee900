"""Which open needs shoppers think of by themselves, and which wait to be reminded of."""

import numpy as np

from tsuide.kit.arrays import Bool, Float64
from tsuide.proof.worlds.world import World


def mixed_aware(world: World, own: Float64, earlier: Float64) -> Float64:
    """Share of openings that are thought of: of the need itself, and of what an earlier purchase called for."""
    by_link = np.zeros(world.needs)
    count = np.bincount(world.link_to, minlength=world.needs)
    np.add.at(by_link, world.link_to, world.link_aware)
    by_link = np.where(count > 0, by_link / np.maximum(count, 1), world.aware)
    total = np.maximum(own + earlier, 1e-12)
    return (own * world.aware + earlier * by_link) / total


def link_aware(world: World, bought: Bool) -> Float64:
    """The same for what this cart calls for: the mean over the links that act; (V, C)."""
    total, count = np.zeros(bought.shape), np.zeros(bought.shape)
    for e in np.flatnonzero(world.opens == 0):
        acts = bought[:, world.link_from[e]]
        total[:, world.link_to[e]] += np.where(acts, world.link_aware[e], 0.0)
        count[:, world.link_to[e]] += acts
    return total / np.maximum(count, 1.0)


def forgotten_hazard(hazard: Float64, aware: Float64) -> Float64:
    """Hazard of a need that is open and not thought of, given that it was not thought of; see `Ask.open_hazard`.

    P(open, forgotten | not thought of) = f (1 − a) / (1 − f a), f = 1 − exp(−hazard); as a hazard again.
    """
    f = 1.0 - np.exp(-hazard)
    chance = f * (1.0 - aware) / np.maximum(1.0 - f * aware, 1e-12)
    return -np.log1p(-np.minimum(chance, 1.0 - 1e-12))
