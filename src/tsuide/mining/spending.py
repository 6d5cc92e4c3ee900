"""Gamma–Gamma: what a customer's purchases are worth on average, shrunk to what others spend.

A purchase of a customer is Gamma(p, ν) with ν from Gamma(q, v), independent of how often they buy. Fader and
Hardie, "The Gamma-Gamma Model of Monetary Value" (2013). Amounts are floats here: they are averages, never paid.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import minimize
from scipy.special import digamma, gammaln

from tsuide.errors import TooFewData
from tsuide.kit.arrays import Float64, checked_finite

FEWEST_CUSTOMERS: Final = 50
_RIDGE: Final = 1e-5


@dataclass(frozen=True, slots=True)
class Spending:
    """Parameters of Gamma–Gamma.

    Args:
        p: shape of one purchase.
        q: shape of the customers' scales.
        v: their scale, minor units.

    >>> model = Spending(p=6.2488, q=3.7446, v=15.4477)
    >>> [f"{mean:.4f}" for mean in model.mean(np.array([0.0, 2.0, 10.0]), np.array([0.0, 40.0, 40.0]))]
    ['35.1707', '39.1304', '39.7968']
    """

    p: float
    q: float
    v: float

    def mean(self, purchases: Float64, average: Float64) -> Float64:
        """Expected average of a customer's purchases to come, minor units; float64 (customers,).

        Args:
            purchases: how many were seen; with 0 it is the mean of all customers.
            average: of those.
        """
        found: Float64 = self.p * (self.v + purchases * average) / (self.p * purchases + self.q - 1)
        return found


def fit_spending(purchases: Float64, average: Float64) -> Spending:
    """The parameters under which the averages are most likely: L-BFGS on logarithms, analytic gradient; q > 1.

    Args:
        purchases: of each customer, float64 (customers,); those with 0 are left out.
        average: of those, minor units, float64 (customers,); those not above 0 are left out.

    Raises:
        BadArray: not finite numbers.
        TooFewData: fewer than 50 customers.
    """
    x, m = checked_finite("purchases", purchases), checked_finite("average", average)
    kept = (x > 0) & (m > 0)
    x, m = x[kept], m[kept]
    if len(x) < FEWEST_CUSTOMERS:
        raise TooFewData("too few customers with a paid purchase", key="customers", value=len(x))
    scale = float(np.median(m))

    def unlikely(theta: Float64) -> tuple[float, Float64]:
        p, over, v = np.exp(theta).tolist()
        value, slope = log_likelihood(np.array([p, 1 + over, v]), x, m / scale)
        inner = slope * np.array([p, over, v])
        return -value / len(x) + _RIDGE * float(theta @ theta), -inner / len(x) + 2 * _RIDGE * theta

    bounds = [(-5.0, 8.0)] * 3
    found = minimize(unlikely, np.array([0.5, 0.5, 0.0]), jac=True, method="L-BFGS-B", bounds=bounds)
    p, over, v = np.exp(found.x).tolist()
    return Spending(p, 1 + over, v * scale)


def log_likelihood(parameters: Float64, x: Float64, m: Float64) -> tuple[float, Float64]:
    """Log likelihood and its gradient with respect to (p, q, v)."""
    p, q, v = parameters.tolist()
    whole = np.log(v + x * m)
    value = (
        gammaln(p * x + q)
        - gammaln(p * x)
        - gammaln(q)
        + q * np.log(v)
        + (p * x - 1) * np.log(m)
        + p * x * np.log(x)
        - (p * x + q) * whole
    )
    d_p = x * (digamma(p * x + q) - digamma(p * x) + np.log(m) + np.log(x) - whole)
    d_q = digamma(p * x + q) - digamma(q) + np.log(v) - whole
    d_v = q / v - (p * x + q) / (v + x * m)
    return float(value.sum()), np.array([d_p.sum(), d_q.sum(), d_v.sum()])


def standard_errors(model: Spending, purchases: Float64, average: Float64) -> Float64:
    """Of the logarithms of (p, q, v), from the curvature of the likelihood; float64 (3,)."""
    theta = np.log([model.p, model.q, model.v])

    def slope(at: Float64) -> Float64:
        return log_likelihood(np.exp(at), purchases, average)[1] * np.exp(at)

    step = 1e-4
    rows = [(slope(theta + step * unit) - slope(theta - step * unit)) / (2 * step) for unit in np.eye(3)]
    found: Float64 = np.sqrt(np.diag(np.linalg.inv(-(np.array(rows) + np.array(rows).T) / 2)))
    return found
