"""The dice of a simulated day, thrown beforehand for every shopper and need, whatever happens.

Two rollouts of one world then differ by nothing but the offers (common random numbers).
"""

from dataclasses import dataclass

import numpy as np

from tsuide.kit.arrays import Float64
from tsuide.proof.worlds.world import World


@dataclass(frozen=True, slots=True)
class Dice:
    """Uniform numbers of one day, (N, C) each unless said otherwise.

    Args:
        visit, gift, mail: (N,): comes today, buys for somebody else, opens a mail.
        errand, mission: (N,) and (N, D): how much the visit is for, and how much of it for each department.
        seen, taken: by place: product page, cart, mail.
    """

    visit: Float64
    gift: Float64
    mail: Float64
    errand: Float64
    mission: Float64
    open: Float64
    aware: Float64
    order: Float64
    choice: Float64
    buy: Float64
    called: Float64
    called_aware: Float64
    seen: tuple[Float64, Float64, Float64]
    taken: tuple[Float64, Float64, Float64]


def throw(world: World, day: int, seed: int) -> Dice:
    """The day's dice."""
    dice = np.random.Generator(np.random.Philox(key=np.array([seed, day + 1_000_000], dtype=np.uint64)))
    n, shape = world.shoppers, (world.shoppers, world.needs)
    names = ("open", "aware", "order", "choice", "buy", "called", "called_aware")
    people = {name: dice.random(n) for name in ("visit", "gift", "mail")}
    wants = {name: dice.random(shape) for name in names}
    a, b, c, d, e, f = (dice.random(shape) for _ in range(6))
    errand, mission = dice.random(n), dice.random((n, world.family.errands.departments))
    return Dice(**people, **wants, errand=errand, mission=mission, seen=(a, b, c), taken=(d, e, f))
