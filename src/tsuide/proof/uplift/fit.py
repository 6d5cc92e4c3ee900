"""From a trial to everybody's uplift: learned, tested on customers whom the models had not seen, and grouped."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from tsuide.errors import TooFewData
from tsuide.kit.arrays import Bool, Float64, Int8
from tsuide.offers.moved import GROUPS
from tsuide.proof.difference import difference
from tsuide.proof.uplift.groups import LEAST, effects, factors, groups
from tsuide.proof.uplift.learners import LEARNERS, baseline, cross_fitted, response, standardised
from tsuide.proof.uplift.qini import qini, qini_curve, qini_with_deviation
from tsuide.proof.uplift.top import uplift_at

LEARNER: Final = "t"  # fixed beforehand: choosing the best of three on the same customers would flatter it
SHARES: Final = (0.1, 0.2, 0.3)
RESAMPLES: Final = 100
_CURVE: Final = 60  # points that are kept of the curve


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Everybody's uplift, and what it is worth.

    Args:
        uplift, untreated: of those to be scored; float64 (customers,).
        group: place in GROUPS; int8 (customers,).
        factors: see `offers.moved`; float64 (groups,).
        facts: Qini, uplift@k, effects: plain JSON.
    """

    uplift: Float64
    untreated: Float64
    group: Int8
    factors: Float64
    facts: Mapping[str, Any]


def fit_uplift(features: Float64, bought: Float64, treated: Bool, everybody: Float64, *, seed: int = 0) -> Scored:
    """Learn from a trial and score.

    Args:
        features: of the customers of the trial, before it; float64 (customers, features).
        bought: 0 or 1; float64 (customers,).
        treated: bool (customers,).
        everybody: features of those to be scored, now; float64 (others, features).
        seed: of folds and resamples.

    Raises:
        TooFewData: fewer than 50 customers in an arm, or an arm in which nobody, or everybody, bought.
    """
    for arm in (treated, ~treated):
        if arm.any() and (bought[arm].min() == bought[arm].max()):
            raise TooFewData("everybody, or nobody, of an arm bought", key="bought", value=float(bought[arm].mean()),
                             way_out="wait for more customers")  # fmt: skip
    found = {name: cross_fitted(features, bought, treated, learner=name, seed=seed) for name in LEARNERS}
    own, without = found[LEARNER], _cross_untreated(features, bought, treated, seed)
    tested = effects(groups(own, without), bought, treated)
    overall = difference(bought[treated], bought[~treated])
    scale = standardised(features)
    rows = scale(everybody)
    uplift = LEARNERS[LEARNER](scale(features), bought, treated)(rows)
    untreated = baseline(scale(features), bought, treated)(rows)
    made = factors(tested, overall)
    group = groups(uplift, untreated)
    return Scored(
        uplift=uplift,
        untreated=untreated,
        group=group,
        factors=made,
        facts={
            "treated": int(treated.sum()),
            "holdout": int((~treated).sum()),
            "learner": LEARNER,
            "least": LEAST,
            "overall": overall.plain(),
            "qini": {name: _qini(each, bought, treated, seed) for name, each in found.items()},
            "qini_of_response_model": round(qini(response(features, bought, treated, seed=seed), bought, treated), 6),
            "curve": _curve(own, bought, treated),
            "uplift_at": {f"{k:g}": _top(own, bought, treated, k) for k in SHARES},
            "groups": {
                name: {
                    "customers": int((group == place).sum()),
                    "effect": tested[name].plain() if name in tested else None,
                    "factor": round(float(made[place]), 4),
                    "supported": bool(made[place] != 1.0),
                }
                for place, name in enumerate(GROUPS)
            },
        },
    )


def _cross_untreated(features: Float64, bought: Float64, treated: Bool, seed: int) -> Float64:
    """P(buys | not treated), cross-fitted: a response model of the other arm."""
    return response(features, bought, ~treated, seed=seed)


def _qini(uplift: Float64, bought: Float64, treated: Bool, seed: int) -> dict[str, float]:
    value, deviation = qini_with_deviation(uplift, bought, treated, resamples=RESAMPLES, seed=seed)
    return {"value": round(value, 6), "deviation": round(deviation, 6)}


def _curve(uplift: Float64, bought: Float64, treated: Bool) -> list[list[float]]:
    """The Qini curve at so many points: part of the customers taken, extra buyers among the treated of them."""
    taken, extra = qini_curve(uplift, bought, treated)
    places = np.unique(np.linspace(0, len(taken) - 1, _CURVE).astype(np.int64))
    return [[round(float(taken[at] / taken[-1]), 4), round(float(extra[at]), 2)] for at in places]


def _top(uplift: Float64, bought: Float64, treated: Bool, k: float) -> dict[str, float | None] | None:
    try:
        return uplift_at(uplift, bought, treated, k=k).plain()
    except TooFewData:
        return None
