import numpy as np
import pytest
from scipy.optimize import check_grad

from tsuide.errors import TooFewData
from tsuide.mining import lifetimes, spending
from tsuide.mining.lifetimes import Lifetimes, fit_lifetimes
from tsuide.mining.spending import Spending, fit_spending

CDNOW = Lifetimes(r=0.24259, alpha=4.41353, a=0.79289, b=2.42575)


def simulated(model: Lifetimes, customers: int, age: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Purchases as the model's story tells them: buy, perhaps leave for good, buy again."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(model.r, 1 / model.alpha, customers)
    leave = rng.beta(model.a, model.b, customers)
    x, t_x = np.zeros(customers), np.zeros(customers)
    alive, at = np.ones(customers, np.bool_), np.zeros(customers)
    while alive.any():
        at[alive] += rng.exponential(1 / np.maximum(rate[alive], 1e-12))
        alive &= at <= age
        x[alive] += 1
        t_x[alive] = at[alive]
        alive &= rng.random(customers) >= leave
    return x, t_x, np.full(customers, age)


def test_the_published_values_come_out_to_four_digits() -> None:
    x, t_x, age = np.array([2.0]), np.array([30.43]), np.array([38.86])
    assert round(float(CDNOW.purchases(39, x, t_x, age)[0]), 4) == 1.2259
    assert round(float(CDNOW.alive(x, t_x, age)[0]), 4) == 0.7266
    assert round(CDNOW.purchases_of_new(52), 4) == 1.4440


def test_the_gradient_is_the_slope_of_the_likelihood() -> None:
    x, t_x, age = simulated(CDNOW, 200, 40.0, 0)
    at = np.array([0.3, 5.0, 0.9, 2.0])

    def value(theta: np.ndarray) -> float:
        return lifetimes.log_likelihood(theta, x, t_x, age)[0]

    def slope(theta: np.ndarray) -> np.ndarray:
        return lifetimes.log_likelihood(theta, x, t_x, age)[1]

    assert check_grad(value, slope, at) < 1e-3


def test_known_lifetimes_are_recovered_within_two_standard_errors() -> None:
    """Eight shops: of 32 estimates about 1.5 may lie beyond two standard errors; three more would be a bias."""
    truth = Lifetimes(r=0.8, alpha=10.0, a=0.8, b=2.5)
    within = []
    for seed in range(8):
        x, t_x, age = simulated(truth, 4_000, 60.0, seed)
        found = fit_lifetimes(x, t_x, age)
        errors = lifetimes.standard_errors(found, x, t_x, age)
        off = np.log([found.r, found.alpha, found.a, found.b]) - np.log([truth.r, truth.alpha, truth.a, truth.b])
        within.append(np.abs(off) <= 2 * errors)
    assert np.sum(within) >= 28


def test_known_spending_is_recovered_within_two_standard_errors() -> None:
    truth = Spending(p=3.0, q=4.0, v=9000.0)
    rng = np.random.default_rng(2)
    x = rng.integers(1, 8, 6_000).astype(np.float64)
    scale = rng.gamma(truth.q, 1 / truth.v, len(x))
    m = rng.gamma(truth.p * x, 1 / (scale * x))
    found = fit_spending(x, m)
    errors = spending.standard_errors(found, x, m)
    off = np.log([found.p, found.q, found.v]) - np.log([truth.p, truth.q, truth.v])
    assert (np.abs(off) <= 2 * errors).all()


def test_the_gradient_of_spending_is_the_slope_of_its_likelihood() -> None:
    rng = np.random.default_rng(0)
    x, m = rng.integers(1, 8, 100).astype(np.float64), rng.gamma(3.0, 10.0, 100)
    at = np.array([2.0, 3.0, 15.0])

    def value(theta: np.ndarray) -> float:
        return spending.log_likelihood(theta, x, m)[0]

    def slope(theta: np.ndarray) -> np.ndarray:
        return spending.log_likelihood(theta, x, m)[1]

    assert check_grad(value, slope, at) < 1e-3


def test_a_customer_who_long_bought_nothing_is_hardly_alive() -> None:
    x = np.array([10.0, 10.0])
    alive = CDNOW.alive(x, np.array([10.0, 38.0]), np.array([38.86, 38.86]))
    assert alive[0] < 0.05
    assert alive[1] > 0.9


def test_a_dropout_shape_of_one_is_no_hole() -> None:
    x, t_x, age = np.array([2.0]), np.array([30.0]), np.array([39.0])
    around = [Lifetimes(0.3, 4.0, a, 2.0).purchases(39, x, t_x, age)[0] for a in (0.999, 1.0, 1.001)]
    assert around[1] == pytest.approx((around[0] + around[2]) / 2, rel=1e-4)


def test_too_few_customers_are_refused() -> None:
    with pytest.raises(TooFewData, match="customers"):
        fit_lifetimes(np.ones(10), np.ones(10), np.full(10, 5.0))
    with pytest.raises(TooFewData, match="customers"):
        fit_lifetimes(np.zeros(100), np.zeros(100), np.full(100, 5.0))
    with pytest.raises(TooFewData, match="customers"):
        fit_spending(np.ones(10), np.ones(10))
