"""Uplift@k: what the offer adds among the k part of the customers whom the model ranks first.

Estimator: share of buyers among treated minus among untreated, of the first k customers of both arms together.
Interval: Welch's, given the ranking. Assumes: arms at random; predictions from models that did not see the customer.
Source: Devriendt, Moldovan, Verbeke, "A literature survey and experimental evaluation of uplift modeling",
Big Data 6 (2018).
"""

import numpy as np

from tsuide.errors import BadValue, TooFewData
from tsuide.kit.arrays import Bool, Float64
from tsuide.proof.difference import difference
from tsuide.proof.estimate import LEVEL, Estimate
from tsuide.proof.moments import FEWEST


def uplift_at(uplift: Float64, bought: Float64, treated: Bool, *, k: float = 0.3, level: float = LEVEL) -> Estimate:
    """Difference of shares among the first k.

    Args:
        uplift: predicted; float64 (customers,).
        bought: 0 or 1; float64 (customers,).
        treated: bool (customers,).
        k: part of the customers, above 0, at most 1.
        level: of the interval.

    Raises:
        BadValue: k outside its range.
        TooFewData: fewer than two customers of an arm among the first.

    >>> uplift = np.array([4.0, 4, 4, 4, 1, 1, 1, 1])
    >>> found = uplift_at(uplift, np.array([1.0, 0, 1, 0, 1, 1, 1, 1]), np.array([True, False] * 4), k=0.5)
    >>> float(found.value)
    1.0
    """
    if not 0 < k <= 1:
        raise BadValue("must be above 0, at most 1", key="k", value=k)
    first = np.argsort(-uplift, kind="stable")[: int(len(uplift) * k)]
    y, t = np.asarray(bought, np.float64)[first], np.asarray(treated, np.bool_)[first]
    if min(t.sum(), (~t).sum()) < FEWEST:
        raise TooFewData("too few customers of an arm among the first", key="k", value=k, way_out="take a larger k")
    return difference(y[t], y[~t], level=level)
