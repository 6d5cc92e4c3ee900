"""What shoppers choose among the products of a need, and whether they buy: logits over true utilities."""

import numpy as np

from tsuide.kit.arrays import Bool, Float64, Int32
from tsuide.proof.worlds.world import World

NOTHING = -1


def chosen(world: World, utility: Float64, dice: Float64) -> Int32:
    """The product that a visitor looks at for each need, by a logit over those that fit; (V, C), -1 = none fits."""
    weight = np.exp(utility)
    chosen = np.full(dice.shape, NOTHING, dtype=np.int32)
    for c in range(world.needs):
        run = np.cumsum(weight[:, world.start[c] : world.start[c + 1]], axis=1)
        total = run[:, -1]
        place = (run <= (dice[:, c] * total)[:, None]).sum(axis=1)
        chosen[:, c] = np.where(total > 0, world.start[c] + np.minimum(place, run.shape[1] - 1), NOTHING)
    return chosen


def accepts(world: World, utility: Float64, product: Int32) -> Float64:
    """Chance of buying a product rather than nothing, the need being open; 0 where there is no product."""
    value = np.take_along_axis(utility, np.maximum(product, 0), axis=1)
    return np.where(product == NOTHING, 0.0, 1.0 / (1.0 + np.exp(world.family.outside - value)))


def buys(world: World, utility: Float64, product: Int32, dice: Float64) -> Bool:
    """Whether each product is bought rather than nothing, by these dice; (V, C)."""
    bought: Bool = dice < accepts(world, utility, product)
    return bought


def prefers(utility: Float64, offered: Int32, looked_at: Int32) -> Float64:
    """Chance of going over to an offered substitute: a logit between the two; (V,)."""
    rows = np.arange(len(offered))
    ours = utility[rows, np.maximum(offered, 0)]
    theirs = utility[rows, np.maximum(looked_at, 0)]
    with np.errstate(invalid="ignore"):
        chance = 1.0 / (1.0 + np.exp(np.minimum(theirs - ours, 50.0)))
    return np.where((offered == NOTHING) | (looked_at == NOTHING) | ~np.isfinite(ours), 0.0, chance)
