"""Simulated customers whose truth is known in closed form, for scoring estimators; rows are replications.

A customer has a rate g ~ Gamma(1.5, 1); orders before and after are Poisson(g) and Poisson(g × λ of the arm); an order
costs exp(m of the arm + .6 z), one z per customer: skewed, correlated in time, several orders of one customer alike.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from tsuide.kit.arrays import Float64

SHAPE: Final = 1.5
SPREAD: Final = 0.6


@dataclass(frozen=True, slots=True)
class Arm:
    """What an arm's customers are like.

    Args:
        rate: orders per unit of g, λ.
        middle: logarithm of the median amount of an order, m.
    """

    rate: float = 1.0
    middle: float = 3.0

    @property
    def amount(self) -> float:
        """Mean amount of an order."""
        return float(np.exp(self.middle + SPREAD**2 / 2))

    @property
    def spending(self) -> float:
        """Mean spending of a customer."""
        return SHAPE * self.rate * self.amount


@dataclass(frozen=True, slots=True, eq=False)
class Shoppers:
    """Customers of one arm.

    Args:
        before, after: spending; float64 (replications, customers).
        orders: after; same shape.
    """

    before: Float64
    after: Float64
    orders: Float64


def shoppers(rng: np.random.Generator, arm: Arm, replications: int, customers: int) -> Shoppers:
    """Draw customers.

    >>> found = shoppers(np.random.default_rng(0), Arm(), 1, 200_000)
    >>> round(float(found.after.mean() / Arm().spending), 2)
    1.0
    """
    size = (replications, customers)
    g = rng.gamma(SHAPE, 1.0, size)
    orders = rng.poisson(g * arm.rate).astype(np.float64)
    z = SPREAD * rng.standard_normal(size)
    before = rng.poisson(g).astype(np.float64) * np.exp(Arm().middle + z)
    return Shoppers(before, orders * np.exp(arm.middle + z), orders)
