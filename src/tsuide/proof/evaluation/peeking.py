"""What looking after every customer does: to always-valid intervals, and, beside them, to fixed ones."""

from typing import Final

import numpy as np

from tsuide.kit.arrays import Bool, Float64
from tsuide.proof.difference import of_moments
from tsuide.proof.estimate import Estimate
from tsuide.proof.evaluation.coverage import CONTROL, TREATED, scored
from tsuide.proof.evaluation.shoppers import Arm, shoppers
from tsuide.proof.moments import Moments
from tsuide.proof.ratio import linearised
from tsuide.proof.relative import lift_of_moments
from tsuide.proof.sequential import always_valid

PAIRS: Final = 3_000  # customers in each arm at the end
FIRST: Final = 20  # pairs before the first look
LOOKS: Final = 40  # of somebody who looks now and then


def sequences(rng: np.random.Generator, replications: int) -> tuple[dict[str, float], dict[str, float]]:
    """Coverage of sequences, and false alarms of A/A runs.

    Args:
        rng: of every draw.
        replications: how many experiments of each sort.

    Returns:
        By estimator the share of experiments in which *every* look's interval held the truth; and the share of A/A
        experiments in which any look raised an alarm, with always-valid and with fixed intervals, at every customer
        and at 40 looks.
    """
    covered = scored(lambda n: _covered(rng, n), replications)
    quiet = scored(lambda n: _quiet(rng, n), replications)
    return covered, {name: 1 - share for name, share in quiet.items()}


def _covered(rng: np.random.Generator, n: int) -> dict[str, Bool]:
    t, c = shoppers(rng, TREATED, n, PAIRS), shoppers(rng, CONTROL, n, PAIRS)
    one, other = _running(t.after), _running(c.after)
    effect, lift = TREATED.spending - CONTROL.spending, TREATED.spending / CONTROL.spending - 1
    at_end = len(t.after[0]) * 2
    by_order = always_valid(
        of_moments(_last(linearised(t.after, t.orders)), _last(linearised(c.after, c.orders))), at_end
    )
    return {
        "sequence_difference": _all(_always(of_moments(one, other)).covers(effect)),
        "sequence_relative_lift": _all(_always(lift_of_moments(one, other)).covers(lift)),
        "sequence_ratio_at_the_end": np.asarray(by_order.covers(TREATED.amount - CONTROL.amount)),
    }


def _quiet(rng: np.random.Generator, n: int) -> dict[str, Bool]:
    fixed = of_moments(*(_running(shoppers(rng, Arm(), n, PAIRS).after) for _ in range(2)))
    always = _always(fixed)
    some = np.linspace(FIRST, PAIRS - 1, LOOKS).astype(np.int64) - FIRST
    return {
        "always_valid": _all(~always.certain),
        "fixed": _all(~fixed.certain),
        "always_valid_40_looks": _all(~always.certain[:, some]),
        "fixed_40_looks": _all(~fixed.certain[:, some]),
    }


def _running(values: Float64) -> Moments:
    """Moments after each customer from the first look on; float64 (replications, looks)."""
    n = np.arange(1, values.shape[1] + 1, dtype=np.float64)
    mean = np.cumsum(values, axis=1) / n
    squares = np.cumsum(values**2, axis=1)
    variance = (squares - n * mean**2)[:, FIRST:] / (n[FIRST:] - 1)
    return Moments(n[FIRST:], mean[:, FIRST:], np.maximum(variance, 0.0))


def _last(values: Float64) -> Moments:
    return Moments(np.asarray(float(values.shape[1])), values.mean(axis=1), values.var(axis=1, ddof=1))


def _always(fixed: Estimate) -> Estimate:
    return always_valid(fixed, 2 * np.arange(FIRST + 1, PAIRS + 1, dtype=np.float64))


def _all(looks: Bool) -> Bool:
    return np.asarray(looks.all(axis=1))
