"""Published check values, and what our estimators give on the same inputs."""

from typing import Any, Final

import numpy as np

from tsuide.mining.lifetimes import Lifetimes
from tsuide.offers.incremental import Incremental
from tsuide.proof.moments import of_share
from tsuide.proof.power import plan_share
from tsuide.proof.relative import lift_of_moments
from tsuide.proof.sequential import always_valid

_CLOSE: Final = 5e-5


def oracles() -> dict[str, dict[str, Any]]:
    """Name → expected, found, and whether they agree to four digits.

    >>> all(each["agrees"] for each in oracles().values())
    True
    """
    lift = lift_of_moments(of_share(2422, 3461), of_share(1396, 3000))
    sequence = always_valid(lift, 6461)
    low, high = Incremental(70, 56, 80, 48).interval()
    return {
        "relative_lift": _compared(0.50386, float(lift.value)),
        "sequence_low": _compared(0.40098, float(sequence.low)),
        "sequence_high": _compared(0.60675, float(sequence.high)),
        "newcombe_low": _compared(0.0524, low),  # 56/70 − 48/80: Newcombe 1998, table II, method 10
        "newcombe_high": _compared(0.3339, high),
        **_lifetimes(),
        "power_10_to_12_percent": _compared(3839, plan_share(0.10, 0.12).control),
    }


def _lifetimes() -> dict[str, dict[str, Any]]:
    """BG/NBD at the published parameters."""
    model = Lifetimes(r=0.24259, alpha=4.41353, a=0.79289, b=2.42575)
    x, t_x, age = np.array([2.0]), np.array([30.43]), np.array([38.86])
    return {
        "bg_nbd_purchases_39": _compared(1.2259, float(model.purchases(39, x, t_x, age)[0])),
        "bg_nbd_alive": _compared(0.7266, float(model.alive(x, t_x, age)[0])),
        "bg_nbd_purchases_of_new_52": _compared(1.4440, model.purchases_of_new(52)),
    }


def _compared(expected: float, found: float) -> dict[str, Any]:
    return {"expected": expected, "found": found, "agrees": bool(np.isclose(expected, found, rtol=0, atol=_CLOSE))}
