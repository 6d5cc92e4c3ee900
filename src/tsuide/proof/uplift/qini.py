"""Qini: does ranking by predicted uplift find those whom the offer moves?

Curve: customers in order of falling predicted uplift; after each, the extra buyers among those treated so far,
Y_t − Y_c × N_t / N_c (buyers and customers of both arms so far); ties are taken together.
Coefficient: area between the curve and the straight line to its end, over the same area of the best possible ranking
(treated buyers and untreated non-buyers first, treated non-buyers and untreated buyers last); 1 = best, 0 = chance.
Standard deviation: bootstrap over customers, the ranking held fixed (fitting anew would add to it). Assumes: arms
assigned at random; predictions from models that did not see the customer (`cross_fitted`). Source: Radcliffe, "Using
control groups to target on predicted lift" (2007); the normalisation as in scikit-uplift's `qini_auc_score`.
"""

from typing import Final

import numpy as np

from tsuide.errors import TooFewData
from tsuide.kit.arrays import Bool, Float64

RESAMPLES: Final = 200


def qini_curve(uplift: Float64, bought: Float64, treated: Bool) -> tuple[Float64, Float64]:
    """Customers taken (from 0) and extra buyers among the treated of them; two float64 (points,).

    Args:
        uplift: predicted; float64 (customers,).
        bought: 0 or 1; float64 (customers,).
        treated: bool (customers,).

    >>> treated = np.array([True, False, True, False])
    >>> taken, extra = qini_curve(np.array([2.0, 2, 1, 1]), np.array([1.0, 0, 1, 1]), treated)
    >>> taken.tolist(), extra.tolist()
    ([0.0, 2.0, 4.0], [0.0, 1.0, 1.0])
    """
    order = np.argsort(-uplift, kind="stable")
    score, y, t = uplift[order], np.asarray(bought, np.float64)[order], np.asarray(treated, np.bool_)[order]
    ends = np.append(np.flatnonzero(np.diff(score)), len(score) - 1)
    n_t, y_t, y_c = (np.cumsum(each)[ends] for each in (t.astype(np.float64), y * t, y * ~t))
    n_c = ends + 1.0 - n_t
    extra = y_t - y_c * np.divide(n_t, n_c, out=np.zeros_like(n_t), where=n_c > 0)
    return np.append(0.0, ends + 1.0), np.append(0.0, extra)


def qini(uplift: Float64, bought: Float64, treated: Bool) -> float:
    """The coefficient.

    Raises:
        TooFewData: an arm without customers, or nobody bought.

    >>> treated = np.array([True, False] * 4)
    >>> bought = np.array([1.0, 0, 1, 0, 0, 1, 0, 1])
    >>> float(qini(np.array([3.0, 2, 3, 2, 1, 0, 1, 0]), bought, treated))  # buyers by the offer first, despite it last
    1.0
    """
    y, t = np.asarray(bought, np.float64), np.asarray(treated, np.bool_)
    if t.all() or not t.any() or not y.any():
        raise TooFewData("needs both arms, and somebody who bought", key="treated", value=int(t.sum()))
    best = _area(y * t - y * ~t, y, t)
    return _area(np.asarray(uplift, np.float64), y, t) / best if best else 0.0


def qini_with_deviation(
    uplift: Float64, bought: Float64, treated: Bool, *, resamples: int = RESAMPLES, seed: int = 0
) -> tuple[float, float]:
    """The coefficient and its standard deviation over bootstrap samples of customers."""
    rng, found = np.random.default_rng(seed), []
    y, t = np.asarray(bought, np.float64), np.asarray(treated, np.bool_)
    for _ in range(resamples):
        rows = rng.integers(len(y), size=len(y))
        if y[rows].any() and t[rows].any() and not t[rows].all():
            found.append(qini(uplift[rows], y[rows], t[rows]))
    return qini(uplift, bought, treated), float(np.std(found, ddof=1)) if len(found) > 1 else float("nan")


def _area(score: Float64, y: Float64, t: Bool) -> float:
    taken, extra = qini_curve(score, y, t)
    return float(np.trapezoid(extra, taken) - taken[-1] * extra[-1] / 2)
