"""Logistic regression with a ridge, by Newton's method: small, exact, the same on every machine."""

from typing import Final

import numpy as np

from tsuide.kit.arrays import Float64

_ROUNDS: Final = 50
_TOLERANCE: Final = 1e-9


def fit_logistic(
    features: Float64,
    labels: Float64,
    *,
    ridge: float = 1.0,
    offset: Float64 | None = None,
    trials: Float64 | None = None,
) -> Float64:
    """Maximum of the penalised likelihood: bias, then one weight per feature.

    Args:
        features: float64 (rows, features).
        labels: 0 or 1, or a share between; float64 (rows,).
        ridge: half of it times the squared weights is taken off; the bias goes free.
        trials: how many each row stands for, float64 (rows,).
        offset: log odds that are known before the features, float64 (rows,).

    >>> yes = np.array([0.5, 0.75])  # a half of those without the feature, three of four with it
    >>> bias, weight = fit_logistic(np.array([[0.0], [1.0]]), yes, ridge=1e-9)
    >>> round(float(np.exp(bias)), 3), round(float(np.exp(weight)), 3)  # odds 1:1, three times as high with it
    (1.0, 3.0)
    """
    design = np.column_stack([np.ones(len(labels)), features])
    penalty = np.full(design.shape[1], ridge)
    penalty[0] = 1e-9
    known = np.zeros(len(labels)) if offset is None else offset
    times = np.ones(len(labels)) if trials is None else trials

    def likelihood(weights: Float64) -> float:
        odds = design @ weights + known
        return float((times * (labels * odds - np.logaddexp(0, odds))).sum() - penalty @ weights**2 / 2)

    weights = np.zeros(design.shape[1])
    reached = likelihood(weights)
    for _ in range(_ROUNDS):
        share = probability(design @ weights + known)
        slope = design.T @ (times * (labels - share)) - penalty * weights
        curve = (design * (times * share * (1 - share))[:, None]).T @ design + np.diag(penalty)
        step = np.linalg.solve(curve, slope)
        while (found := likelihood(weights + step)) < reached and float(np.abs(step).max()) > _TOLERANCE:
            step = step / 2  # Newton overshoots where chances are near 0 or 1
        weights, reached = weights + step, max(found, reached)
        if float(np.abs(step).max()) < _TOLERANCE:
            break
    return weights


def weighed(features: Float64, weights: Float64) -> Float64:
    """Sum of each row's features times the weights, always in one order: a row gets the same alone and among others.

    (A matrix product does not promise that: its last bit depends on how many rows there are.) float64 (rows,).

    >>> weighed(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([10.0, 1.0])).tolist()
    [12.0, 34.0]
    """
    found = np.zeros(len(features))
    for column, weight in zip(features.T, weights, strict=True):
        found += column * weight
    return found


def probability(log_odds: Float64) -> Float64:
    """1 / (1 + exp(−x)), without overflow.

    >>> probability(np.array([0.0, -1000.0])).tolist()
    [0.5, 0.0]
    """
    return np.asarray(0.5 * (1 + np.tanh(0.5 * np.asarray(log_odds))), np.float64)
