"""BG/NBD: how many purchases a customer will still make, from how many, how lately and for how long.

While alive a customer buys as a Poisson process with a rate from Gamma(r, α); after each purchase they leave for
good with a probability from Beta(a, b). Fader, Hardie and Lee, "Counting Your Customers the Easy Way",
Marketing Science 24 (2005). x is the number of repeat purchases, t_x the time of the last one and T the age,
both since the first purchase and in one unit of time.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, digamma, gammaln, hyp2f1

from tsuide.errors import TooFewData
from tsuide.kit.arrays import Float64, checked_finite

FEWEST_CUSTOMERS: Final = 50
_RIDGE: Final = 1e-4  # on squared logarithms: keeps a flat likelihood from running away


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """Parameters of BG/NBD.

    Args:
        r: shape of the purchase rates.
        alpha: their scale, in the unit of time.
        a, b: of the dropout probabilities.

    >>> model = Lifetimes(r=0.24259, alpha=4.41353, a=0.79289, b=2.42575)
    >>> x, t_x, age = np.array([2.0]), np.array([30.43]), np.array([38.86])
    >>> round(float(model.purchases(39, x, t_x, age)[0]), 4), round(float(model.alive(x, t_x, age)[0]), 4)
    (1.2259, 0.7266)
    >>> round(model.purchases_of_new(52), 4)
    1.444
    """

    r: float
    alpha: float
    a: float
    b: float

    def alive(self, x: Float64, t_x: Float64, age: Float64) -> Float64:
        """Probability of being alive at `age`; float64 (customers,)."""
        return 1 / (1 + self._gone(x, t_x, age))

    def purchases(self, time: float, x: Float64, t_x: Float64, age: Float64) -> Float64:
        """Expected purchases in the next `time`; float64 (customers,)."""
        a, b, later = self._a(), self.b + x, self.alpha + age + time
        z = time / later
        stay = ((self.alpha + age) / later) ** (self.r + x)
        never = stay * hyp2f1(self.r + x, b, a + b - 1, z)
        found: Float64 = (a + b - 1) / (a - 1) * (1 - never) / (1 + self._gone(x, t_x, age))
        return np.maximum(found, 0.0)

    def purchases_of_new(self, time: float) -> float:
        """Expected repeat purchases of a customer of whom nothing is known, in `time` after the first."""
        a, r = self._a(), self.r
        z = time / (self.alpha + time)
        never = (1 - z) ** r * hyp2f1(r, self.b, a + self.b - 1, z)
        return float((a + self.b - 1) / (a - 1) * (1 - never))

    def _a(self) -> float:
        """Where a = 1 the formula is 0 / 0; a step aside gives its limit to eight digits."""
        return self.a if abs(self.a - 1) > _ASIDE else 1 + _ASIDE

    def _gone(self, x: Float64, t_x: Float64, age: Float64) -> Float64:
        """Odds of having left after the last purchase; 0 without a repeat purchase."""
        ratio = (self.r + x) * np.log((self.alpha + age) / (self.alpha + t_x))
        odds = np.exp(np.minimum(ratio + np.log(self.a / (self.b + np.maximum(x, 1) - 1)), 700))
        return np.where(x > 0, odds, 0.0)


_ASIDE: Final = 1e-5


def fit_lifetimes(x: Float64, t_x: Float64, age: Float64) -> Lifetimes:
    """The parameters under which what was seen is most likely: L-BFGS on their logarithms, analytic gradient.

    Args:
        x: repeat purchases, float64 (customers,).
        t_x: time of the last, 0 where there is none; float64 (customers,).
        age: time since the first purchase, ≥ t_x; float64 (customers,).

    Raises:
        BadArray: not finite numbers.
        TooFewData: fewer than 50 customers, or none who came back.
    """
    x, t_x, age = (checked_finite(name, each) for name, each in (("x", x), ("t_x", t_x), ("age", age)))
    if len(x) < FEWEST_CUSTOMERS or not (x > 0).any():
        raise TooFewData(
            "too few customers who came back to tell who will",
            key="customers",
            value=int((x > 0).sum()),
            way_out=f"{FEWEST_CUSTOMERS} customers are needed, and some with a second purchase",
        )
    scale = max(float(age.mean()), 1e-9)

    def unlikely(theta: Float64) -> tuple[float, Float64]:
        value, slope = log_likelihood(np.exp(theta), x, t_x / scale, age / scale)
        return (
            -value / len(x) + _RIDGE * float(theta @ theta),
            -slope * np.exp(theta) / len(x) + 2 * _RIDGE * theta,
        )

    found = minimize(unlikely, np.zeros(4), jac=True, method="L-BFGS-B", bounds=[(-8.0, 8.0)] * 4)
    r, alpha, a, b = np.exp(found.x).tolist()
    return Lifetimes(r, alpha * scale, a, b)


def log_likelihood(parameters: Float64, x: Float64, t_x: Float64, age: Float64) -> tuple[float, Float64]:
    """Log likelihood and its gradient with respect to (r, α, a, b)."""
    r, alpha, a, b = parameters.tolist()
    again = x > 0
    past = np.maximum(x, 1)
    lead = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + x) - betaln(a, b)
    stayed = -(r + x) * np.log(alpha + age)
    left = np.where(again, np.log(a) - np.log(b + past - 1) - (r + x) * np.log(alpha + t_x), -np.inf)
    both = np.logaddexp(stayed, left)
    w = np.exp(left - both)  # share of the term in which the customer has left
    d_lead_r = digamma(r + x) - digamma(r) + np.log(alpha)
    d_r = d_lead_r - (1 - w) * np.log(alpha + age) - w * np.log(alpha + t_x)
    d_alpha = r / alpha - (r + x) * ((1 - w) / (alpha + age) + w / (alpha + t_x))
    d_a = digamma(a) - digamma(a + b + x) - digamma(a) + digamma(a + b) + w / a
    d_b = digamma(b + x) - digamma(a + b + x) - digamma(b) + digamma(a + b) - np.where(again, w / (b + past - 1), 0)
    gradient = np.array([d_r.sum(), d_alpha.sum(), d_a.sum(), d_b.sum()])
    return float((lead + both).sum()), gradient


def standard_errors(model: Lifetimes, x: Float64, t_x: Float64, age: Float64) -> Float64:
    """Of the logarithms of (r, α, a, b), from the curvature of the likelihood; float64 (4,)."""
    theta = np.log([model.r, model.alpha, model.a, model.b])

    def slope(at: Float64) -> Float64:
        return log_likelihood(np.exp(at), x, t_x, age)[1] * np.exp(at)

    step = 1e-4
    rows = [(slope(theta + step * unit) - slope(theta - step * unit)) / (2 * step) for unit in np.eye(4)]
    found: Float64 = np.sqrt(np.diag(np.linalg.inv(-(np.array(rows) + np.array(rows).T) / 2)))
    return found
