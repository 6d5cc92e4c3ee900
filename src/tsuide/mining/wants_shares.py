"""Which product of a group: everybody's shares, a customer's own choices beside them, and what takes an offer.

A share is the chance that a purchase of the group is of the product while all of the others lie beside it. An offer
is weighed against going without: who wants something of the group and is shown one product takes it or nothing. By the
same utilities u (a logit: McFadden 1974) the share is eᵘ / Σ eᵘ of all, the offer's chance eᵘ / (eᵘ + e⁰) against
nothing. What going without is worth, orders do not tell; here it is worth as much as what is usually bought, which
makes share / (share + same), where `same` is the mean share of what is bought: the chance that two purchases are of
one product (Simpson 1949). So a product of a group of eight is no longer believed to be taken a quarter as often as one
of a group of two.

A group of more things than one chooses among is not one need: a category of two hundred holds many, and who wants one
of it does not take any other. Therefore `same` is a tenth at least, as if one chose among about ten: a round number
between a twentieth and a fifth, which do about as well on the demo's orders; without it half as much was bought of what
stood first (docs/benchmarks.md).
"""

from typing import Final

import numpy as np
from scipy.special import gammaln

from tsuide.kit.arrays import Float64, Int32, frozen

_EVEN: Final = (0.2, 0.5, 1.0, 2.0, 4.0, 10.0)
_LEAST_SAME: Final = 0.1  # one chooses among about ten things at most
_OWN: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 64.0)


def shares_of(sold: Float64, group_of: Int32, groups: int) -> Float64:
    """Share of each product in its group's purchases, small numbers shrunk to an even spread; float64 (items,).

    How many sales each product starts with is what makes all groups' sales the likeliest (Dirichlet–multinomial).

    Args:
        sold: (items,) orders.
        group_of: (items,).
        groups: how many.

    >>> shares_of(np.array([3.0, 1.0]), np.array([0, 0], np.int32), 1).tolist()
    [0.5416666666666666, 0.4583333333333333]
    """
    of_group = np.bincount(group_of, weights=sold, minlength=groups)
    size = np.maximum(np.bincount(group_of, minlength=groups), 1).astype(np.float64)

    def likelihood(even: float) -> float:
        found = (gammaln(even * size) - gammaln(even * size + of_group)).sum()
        return float(found + (gammaln(even + sold) - gammaln(even)).sum())

    even = max(_EVEN, key=likelihood)
    return frozen((sold + even) / (of_group + even * size)[group_of])


def likeliest_own(share: Float64, own_item: Int32, own_count: Float64, bought: Float64) -> float:
    """How many orders everybody's choice counts for beside a customer's own (Dirichlet–multinomial).

    Args:
        share: (items,) of its group's purchases.
        own_item: products that customers bought, one after the other; (owned,).
        own_count: in how many orders each customer bought each, (owned,).
        bought: orders that held each group that a customer bought of; (pairs,).
    """

    def likelihood(own: float) -> float:
        prior = own * share[own_item]
        found = (gammaln(prior + own_count) - gammaln(prior)).sum() + len(bought) * gammaln(own)
        return float(found - gammaln(own + bought).sum())

    return max(_OWN, key=likelihood)


def same_of(share: Float64, group_of: Int32, groups: int) -> Float64:
    """Chance that two purchases of a need are of one product, by group; float64 (groups,), a tenth at least.

    >>> same_of(np.array([0.5, 0.5, 1.0]), np.array([0, 0, 1], np.int32), 2).tolist()
    [0.5, 1.0]
    """
    found = np.bincount(group_of, weights=share * share, minlength=groups)
    return frozen(np.maximum(found, _LEAST_SAME).astype(np.float64))


def taken_of(share: Float64, group_of: Int32, same: Float64) -> Float64:
    """What each product has as an offer, against nothing and before the level; float64 (items,).

    >>> taken_of(np.array([0.5, 0.5, 1.0]), np.array([0, 0, 1], np.int32), np.array([0.5, 1.0])).tolist()
    [0.5, 0.5, 0.5]
    """
    return share / (share + same[group_of])


def level_of(share: Float64, group_of: Int32, same: Float64, mean: Float64) -> float:
    """What makes offers of what is sold as likely, on average over sales, as that it is bought.

    The chance of taking an offer is told on the scale of purchases, as those of all other lists are; what the scale is
    to offers is for outcomes to tell (`offers.propensity`).

    Args:
        share: (items,) of its group's purchases.
        group_of: (items,).
        same: as `same_of`.
        mean: (groups,) share of orders that hold each group.

    >>> level_of(np.array([0.5, 0.5]), np.array([0, 0], np.int32), np.array([0.5]), np.array([0.2]))
    1.0
    """
    sales = mean[group_of] * share
    total = float(sales @ taken_of(share, group_of, same))
    return float(sales @ share) / total if total > 0 else 1.0
