"""What visitors do with what they are shown: the truth about every offer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from tsuide.kit.arrays import Bool, Float64, Int32
from tsuide.proof.worlds.choice import NOTHING, accepts, prefers
from tsuide.proof.worlds.dice import Dice
from tsuide.proof.worlds.world import World


@dataclass(frozen=True, slots=True)
class Ask:
    """A question for offers: V visitors at one place at one moment.

    Args:
        place: "product", "cart" or "email".
        who: (V,) int32.
        product: (V,) int32: the product that is looked at; -1 at the cart.
        cart: (V, C) int32: product in the cart for each need; -1 = none.
        open_hazard: (V, C) float64: the truth, for the oracle alone: hazard that a need is open that the visitor has
            not thought of by themselves.
        utility: (V, P) float64: the truth again.
    """

    place: str
    day: int
    who: Int32
    product: Int32
    cart: Int32
    open_hazard: Float64
    utility: Float64


Offers: TypeAlias = Int32
"""(V, K) int32: products in the order shown; -1 = nothing."""
Strategy: TypeAlias = Callable[[Ask], Offers]
"""Called with each ask; silence is a row of -1."""


PLACES = ("product", "cart", "email")
ATTENTION = (0.6, 0.45, 0.35)
"""Share of visitors who take in the first, second, third offer of a place."""
MAIL_OPENED = 0.25
"""Share of mails that are looked into."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What V visitors did with the offers of one place.

    Args:
        viewed: (V, C) int32: product looked at for each need, as it is now.
        taken: (V, C) int32: product in the cart for each need, as it is now.
        from_offer: (V, C) bool: put there by an offer, or looked at because of one.
        misfit: (V,) float64: what the offers cost in patience.
        shown: offers shown in all.
    """

    viewed: Int32
    taken: Int32
    from_offer: Bool
    misfit: Float64
    shown: int


def answered(world: World, ask: Ask, offers: Offers, forgotten: Bool, viewed: Int32, dice: Dice) -> Answer:
    """What visitors do with what they are shown.

    An offer that is seen reminds of a forgotten need, is now and then weighed on a whim, or, for the product that is
    looked at, is weighed against it. An offer for a need that is being served anyway does nothing.

    Args:
        world: the truth.
        ask: who was asked about.
        offers: what is shown.
        forgotten: (V, C) bool: needs that are open and not thought of.
        viewed: (V, C) int32: product looked at for each need; -1 = none.
        dice: today's.
    """
    rows, place = np.arange(len(ask.who)), PLACES.index(ask.place)
    viewed, taken = viewed.copy(), ask.cart.copy()
    from_offer = np.zeros(taken.shape, dtype=np.bool_)
    reads = dice.mail[ask.who] < MAIL_OPENED if ask.place == "email" else np.ones(len(rows), dtype=np.bool_)
    looked_at = np.where(ask.product == NOTHING, NOTHING, world.need[np.maximum(ask.product, 0)])
    for k in range(offers.shape[1]):
        product = offers[:, k].astype(np.int32)
        need = world.need[np.maximum(product, 0)]
        there = product != NOTHING
        same = there & (need == looked_at)
        seen = there & reads & (dice.seen[place][ask.who, need] < ATTENTION[min(k, len(ATTENTION) - 1)])
        die = dice.taken[place][ask.who, need]
        swap = seen & same & (die < prefers(ask.utility, product, ask.product))
        viewed[rows[swap], need[swap]] = product[swap]
        from_offer[rows[swap], need[swap]] = True
        whim = np.where(viewed[rows, need] == NOTHING, world.whim[np.maximum(product, 0)], 0.0)
        wants = np.where(forgotten[rows, need], 1.0, whim) * accepts(world, ask.utility, product[:, None])[:, 0]
        takes = seen & ~same & (taken[rows, need] == NOTHING) & (die < wants)
        taken[rows[takes], need[takes]] = product[takes]
        from_offer[rows[takes], need[takes]] = True
    return Answer(viewed, taken, from_offer, _misfit(world, ask, offers, looked_at), int((offers != NOTHING).sum()))


def _misfit(world: World, ask: Ask, offers: Offers, looked_at: Int32) -> Float64:
    """What offers cost in patience: the less, the likelier the need is open. A mail costs as its best offer fits."""
    there = offers != NOTHING
    need = world.need[np.maximum(offers, 0)]
    fits = np.where(there, 1.0 - np.exp(-np.take_along_axis(ask.open_hazard, need, axis=1)), 0.0)
    if ask.place == "email":
        return np.where(there.any(axis=1), world.family.annoyance.mail * (1.0 - fits.max(axis=1)), 0.0)
    fits = np.where(need == looked_at[:, None], 0.5, fits)
    cost: Float64 = world.family.annoyance.shown * np.where(there, 1.0 - fits, 0.0).sum(axis=1)
    return cost
