"""Ways of choosing offers that need no engine: popular items, and what was bought together."""

from dataclasses import dataclass

import numpy as np

from tsuide.kit.arrays import Float64, Int32, Int64
from tsuide.proof.worlds.answers import Ask, Offers
from tsuide.proof.worlds.choice import NOTHING
from tsuide.proof.worlds.world import World

PLACES_ON_PAGE = 3


def best(score: Float64, least: float, k: int = PLACES_ON_PAGE) -> Offers:
    """The k best-scored products of each row whose score exceeds `least`, best first; (V, k), -1 = nothing.

    >>> best(np.array([[0.1, 0.5, 0.0]]), 0.0, 2)
    array([[1, 0]], dtype=int32)
    """
    order = np.argsort(-score, axis=1, kind="stable")[:, :k]
    chosen = np.where(np.take_along_axis(score, order, axis=1) > least, order, NOTHING)
    return chosen.astype(np.int32)


def one_per_need(world: World, score: Float64) -> Float64:
    """The scores with only the best product of each need left; the others become -inf; (V, P)."""
    kept = np.full_like(score, -np.inf)
    rows = np.arange(len(score))
    for c in range(world.needs):
        part = score[:, world.start[c] : world.start[c + 1]]
        top = part.argmax(axis=1)
        kept[rows, world.start[c] + top] = part[rows, top]
    return kept


@dataclass(frozen=True, slots=True)
class Popular:
    """The bestsellers that are not in the cart.

    Args:
        sold: (P,) int64: units so far.
    """

    world: World
    sold: Int64

    def __call__(self, ask: Ask) -> Offers:
        """Offers for the visitors of an ask."""
        score = np.broadcast_to(self.sold.astype(np.float64), (len(ask.who), self.world.products)).copy()
        return best(_without(score, ask), 0.0)


@dataclass(frozen=True, slots=True)
class BoughtTogether:
    """What was most often bought together with the product looked at, or with the things in the cart.

    The score is the confidence n(a, b) / n(a), summed over the cart, of pairs that were seen at least a few times.

    Args:
        confidence: (P, P) float64.
    """

    world: World
    confidence: Float64

    def __call__(self, ask: Ask) -> Offers:
        """Offers for the visitors of an ask."""
        score = np.zeros((len(ask.who), self.world.products))
        for row in range(len(ask.who)):
            anchors = self._anchors(ask, row)
            score[row] = self.confidence[anchors].sum(axis=0)
        return best(_without(score, ask), 0.0)

    def _anchors(self, ask: Ask, row: int) -> Int32:
        """What the offers go with: the product looked at, the cart; for a mail, nothing is at hand."""
        if ask.place == "product":
            return ask.product[row : row + 1]
        cart: Int32 = ask.cart[row][ask.cart[row] != NOTHING]
        return cart


def bought_together(world: World, baskets: Int32, least: int = 2) -> BoughtTogether:
    """Learned from baskets, (B, C) int32 as in `Visits.basket`."""
    held = np.zeros((len(baskets), world.products), dtype=np.float32)
    rows, needs = np.nonzero(baskets != NOTHING)
    held[rows, baskets[rows, needs]] = 1.0
    count = held.T @ held
    alone = np.maximum(np.diag(count).copy(), 1.0)
    np.fill_diagonal(count, 0.0)
    return BoughtTogether(world, np.where(count >= least, count / alone[:, None], 0.0).astype(np.float64))


def _without(score: Float64, ask: Ask) -> Float64:
    rows, needs = np.nonzero(ask.cart != NOTHING)
    score[rows, ask.cart[rows, needs]] = -np.inf
    looks = np.flatnonzero(ask.product != NOTHING)
    score[looks, ask.product[looks]] = -np.inf
    return score
