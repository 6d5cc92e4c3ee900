"""Uplift of each customer: P(buys | treated) − P(buys | not), three ways, on logistic regression with a ridge.

- T: two models, one per arm. - S: one model of features, arm, and arm × features.
- Class transformation: one model of "treated and bought, or not treated and did not", weighted by one over the share of
  the customer's arm; uplift = 2P − 1 (Jaskowski, Jaroszewicz 2012).
Cross-fitted: each customer's uplift comes from a model that never saw them, so that it can be tested on the same
customers. Assumes: arms assigned at random. Sources: Künzel et al., "Metalearners", PNAS 116 (2019); Jaskowski,
Jaroszewicz, "Uplift modeling for clinical trial data", ICML workshop 2012. On the best-known e-mail trial the three lie
within one standard deviation of each other and of gradient boosting.
"""

from collections.abc import Callable
from typing import Final, Literal, TypeAlias

import numpy as np

from tsuide.errors import BadArray, BadValue, TooFewData
from tsuide.kit.arrays import Bool, Float64, Int64
from tsuide.mining.logistic import fit_logistic, probability

Learner: TypeAlias = Literal["t", "s", "class_transformation"]
Fit: TypeAlias = Callable[[Float64, Float64, Bool], Callable[[Float64], Float64]]
FEWEST: Final = 50  # customers in the smaller arm
RIDGE: Final = 1.0


def fit_t(features: Float64, bought: Float64, treated: Bool) -> Callable[[Float64], Float64]:
    """Two models, one per arm."""
    with_offer = fit_logistic(features[treated], bought[treated], ridge=RIDGE)
    without = fit_logistic(features[~treated], bought[~treated], ridge=RIDGE)
    return lambda rows: _share(rows, with_offer) - _share(rows, without)


def fit_s(features: Float64, bought: Float64, treated: Bool) -> Callable[[Float64], Float64]:
    """One model of features, arm, and arm × features."""
    weights = fit_logistic(_both(features, treated), bought, ridge=RIDGE)

    def uplift(rows: Float64) -> Float64:
        ones = np.ones(len(rows), np.bool_)
        return _share(_both(rows, ones), weights) - _share(_both(rows, ~ones), weights)

    return uplift


def fit_class_transformation(features: Float64, bought: Float64, treated: Bool) -> Callable[[Float64], Float64]:
    """One model of the changed label."""
    share = treated.mean()
    changed = np.where(treated, bought, 1 - bought)
    trials = np.where(treated, 1 / share, 1 / (1 - share)) / 2
    weights = fit_logistic(features, changed, ridge=RIDGE, trials=trials)
    return lambda rows: 2 * _share(rows, weights) - 1


LEARNERS: Final[dict[Learner, Fit]] = {"t": fit_t, "s": fit_s, "class_transformation": fit_class_transformation}


def baseline(features: Float64, bought: Float64, treated: Bool) -> Callable[[Float64], Float64]:
    """One model of the customers who were not treated: P(buys | not)."""
    without = fit_logistic(features[~treated], bought[~treated], ridge=RIDGE)
    return lambda rows: _share(rows, without)


def standardised(features: Float64) -> Callable[[Float64], Float64]:
    """Rows on the scale of `features`: mean 0, deviation 1; what does not vary stays 0."""
    middle, spread = features.mean(axis=0), features.std(axis=0)
    width = np.where(spread > 0, spread, 1.0)
    return lambda rows: (rows - middle) / width


def cross_fitted(
    features: Float64, bought: Float64, treated: Bool, *, learner: Learner = "t", folds: int = 5, seed: int = 0
) -> Float64:
    """Uplift of each customer by a model that never saw them; float64 (customers,), differences of probabilities.

    Args:
        features: float64 (customers, features); standardised inside each fold.
        bought: 0 or 1; float64 (customers,).
        treated: bool (customers,).
        learner: which.
        folds: 2 or more.
        seed: of the split; arms are split evenly.

    Raises:
        BadArray: lengths that differ.
        BadValue: fewer than two folds.
        TooFewData: fewer than 50 customers in an arm.

    >>> rng = np.random.default_rng(0)  # only those with x = 1 are moved
    >>> x, treated = rng.integers(2, size=(4000, 1)), rng.random(4000) < 0.5
    >>> bought = (rng.random(4000) < 0.3 + 0.2 * treated * x[:, 0]).astype(float)
    >>> found = cross_fitted(x, bought, treated)
    >>> round(float(found[x[:, 0] == 1].mean()), 1), round(float(found[x[:, 0] == 0].mean()), 1)
    (0.2, 0.0)
    """
    features, bought, treated = _checked(features, bought, treated)
    if folds < 2:  # noqa: PLR2004 - one fold leaves nothing out
        raise BadValue("needs two folds or more", key="folds", value=folds)
    fold, found = _folds(treated, folds, seed), np.empty(len(bought))
    for each in range(folds):
        train, test = fold != each, fold == each
        rows = standardised(features[train])(features)
        found[test] = LEARNERS[learner](rows[train], bought[train], treated[train])(rows[test])
    return found


def response(features: Float64, bought: Float64, treated: Bool, *, folds: int = 5, seed: int = 0) -> Float64:
    """P(buys | treated), cross-fitted: what a response model ranks by, the baseline that uplift must beat."""
    features, bought, treated = _checked(features, bought, treated)
    fold, found = _folds(treated, folds, seed), np.empty(len(bought))
    for each in range(folds):
        train = (fold != each) & treated
        rows = standardised(features[train])(features)
        found[fold == each] = _share(rows[fold == each], fit_logistic(rows[train], bought[train], ridge=RIDGE))
    return found


def _checked(features: Float64, bought: Float64, treated: Bool) -> tuple[Float64, Float64, Bool]:
    features, bought = np.asarray(features, np.float64), np.asarray(bought, np.float64)
    treated = np.asarray(treated, np.bool_)
    if not len(features) == len(bought) == len(treated):
        lengths = (len(features), len(bought), len(treated))
        raise BadArray("features, bought and treated must be as long as each other", key="lengths", value=lengths)
    smaller = int(min(treated.sum(), (~treated).sum()))
    if smaller < FEWEST:
        raise TooFewData(f"uplift needs {FEWEST} customers in each arm", key="customers", value=smaller)
    return features, bought, treated


def _folds(treated: Bool, folds: int, seed: int) -> Int64:
    rng, fold = np.random.default_rng(seed), np.empty(len(treated), np.int64)
    for arm in (True, False):
        rows = np.flatnonzero(treated == arm)
        fold[rows] = rng.permutation(len(rows)) % folds
    return fold


def _both(features: Float64, treated: Bool) -> Float64:
    arm = treated.astype(np.float64)[:, None]
    return np.hstack([features, arm, features * arm])


def _share(features: Float64, weights: Float64) -> Float64:
    return probability(weights[0] + features @ weights[1:])
