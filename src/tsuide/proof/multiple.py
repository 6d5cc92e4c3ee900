"""Several comparisons at once: p-values adjusted so that the best of many is not taken for more than it is.

- Holm: the chance of *any* false finding stays at α, whatever the dependence. For the few metrics of one experiment.
- Benjamini–Hochberg: the expected share of false findings among all findings stays at α (independent or positively
  dependent tests). For long lists: products, pairs, reps.
Sources: Holm, Scandinavian Journal of Statistics 6 (1979); Benjamini, Hochberg, JRSS B 57 (1995).
"""

import numpy as np

from tsuide.kit.arrays import Float64, checked_finite


def holm(p: Float64) -> Float64:
    """Adjusted p-values, in the order given; float64 (tests,).

    >>> [round(float(each), 3) for each in holm(np.array([0.01, 0.04, 0.03]))]
    [0.03, 0.06, 0.06]
    """
    p = checked_finite("p", p)
    order = np.argsort(p, kind="stable")
    raised = np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p)))) if len(p) else p
    return _back(np.minimum(raised, 1.0), order)


def benjamini_hochberg(p: Float64) -> Float64:
    """Adjusted p-values (q-values), in the order given; float64 (tests,).

    >>> [round(float(each), 3) for each in benjamini_hochberg(np.array([0.01, 0.04, 0.03]))]
    [0.03, 0.04, 0.04]
    """
    p = checked_finite("p", p)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * len(p) / np.arange(1, len(p) + 1)
    lowered = np.minimum.accumulate(scaled[::-1])[::-1] if len(p) else p
    return _back(np.minimum(lowered, 1.0), order)


def _back(sorted_: Float64, order: np.ndarray) -> Float64:
    found = np.empty_like(sorted_)
    found[order] = sorted_
    return found
