"""How often 95 % intervals hold the truth, over simulated replications: between arms."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Final

import numpy as np

from tsuide.kit.arrays import Bool
from tsuide.offers.incremental import Incremental
from tsuide.proof.cuped import adjusted, cuped
from tsuide.proof.difference import difference
from tsuide.proof.estimate import Estimate
from tsuide.proof.evaluation.shoppers import Arm, Shoppers, shoppers
from tsuide.proof.impact import Impressions, acceptance_lift, value_lift
from tsuide.proof.ratio import linearised, ratio_difference
from tsuide.proof.relative import relative_lift
from tsuide.proof.uplift.top import uplift_at
from tsuide.proof.winsor import winsorised

CONTROL: Final = Arm()
TREATED: Final = Arm(rate=1.1, middle=3.05)
CUSTOMERS: Final = 2_000  # in each arm
CHUNK: Final = 250  # replications held at a time
CAP: Final = 0.01

Score = dict[str, Bool]


def between_arms(rng: np.random.Generator, replications: int) -> dict[str, float]:
    """Coverage of what compares two arms, by estimator.

    Args:
        rng: of every draw.
        replications: how many experiments.
    """
    return _shares(_experiments(rng, n) for n in _chunks(replications))


def _experiments(rng: np.random.Generator, n: int) -> Score:
    t, c = shoppers(rng, TREATED, n, CUSTOMERS), shoppers(rng, CONTROL, n, CUSTOMERS)
    lift = TREATED.spending / CONTROL.spending - 1
    effect = TREATED.spending - CONTROL.spending
    one, other = adjusted(t.after, c.after, t.before, c.before)
    return {
        "difference": difference(t.after, c.after).covers(effect),
        "cuped": cuped(t.after, c.after, t.before, c.before).covers(effect),
        "ratio": ratio_difference((t.after, t.orders), (c.after, c.orders)).covers(TREATED.amount - CONTROL.amount),
        "relative_lift": relative_lift(t.after, c.after).covers(lift),
        "relative_lift_log": relative_lift(t.after, c.after, scale="log").covers(lift),
        "relative_lift_cuped": relative_lift(one, other).covers(lift),
        "ratio_relative_lift": _ratio_lift(t, c).covers(TREATED.amount / CONTROL.amount - 1),
        "winsorised": _winsorised(t, c),
        **_shares_of_buyers(rng, n),
        "uplift_at_30": _top(rng, n),
    }


def _ratio_lift(t: Shoppers, c: Shoppers) -> Estimate:
    return relative_lift(linearised(t.after, t.orders), linearised(c.after, c.orders))


def _winsorised(t: Shoppers, c: Shoppers) -> Bool:
    """Against the difference of means pulled in to the quantiles of the whole population."""
    truth, found = _winsor_truth(), []
    for row in range(len(t.after)):
        one, other, _ = winsorised(t.after[row], c.after[row], share=CAP)
        found.append(difference(one, other).covers(truth))
    return np.array(found)


@cache
def _winsor_truth() -> float:
    """The difference in a population of six million (fixed draws): off by a hundredth of an interval at most."""
    rng = np.random.default_rng(20_260_101)
    t, c = shoppers(rng, TREATED, 1, 3_000_000).after[0], shoppers(rng, CONTROL, 1, 3_000_000).after[0]
    one, other, _ = winsorised(t, c, share=CAP)
    return float(one.mean() - other.mean())


def _shares_of_buyers(rng: np.random.Generator, n: int) -> Score:
    """Shares of 12 % and 10 % of 2,000 impressions each; an accepted offer is worth 500 and 400."""
    shown, test, control = 2_000, 0.12, 0.10
    yes, no = rng.binomial(shown, test, n), rng.binomial(shown, control, n)
    found: dict[str, list[bool]] = {"acceptance_difference": [], "acceptance_lift": [], "value_lift": []}
    for a, b in zip(yes.tolist(), no.tolist(), strict=True):
        low, high = Incremental(shown, a, shown, b).interval()
        found["acceptance_difference"].append(low <= test - control <= high)
        one, other = Impressions(shown, a, a * 500), Impressions(shown, b, b * 400)
        found["acceptance_lift"].append(bool(acceptance_lift(one, other).covers(test / control - 1)))
        found["value_lift"].append(bool(value_lift(one, other).covers(test * 500 / (control * 400) - 1)))
    return {name: np.array(each) for name, each in found.items()}


def _top(rng: np.random.Generator, n: int) -> Bool:
    """P(buys) = .2 + .2 × score × treated, ranked by score ~ U(0, 1): .17 among the first 30 %."""
    found = []
    for _ in range(n):
        score, treated = rng.random(2_000), rng.random(2_000) < 0.5  # noqa: PLR2004 - half
        bought = (rng.random(2_000) < 0.2 + 0.2 * score * treated).astype(np.float64)
        found.append(bool(uplift_at(score, bought, treated, k=0.3).covers(0.2 * 0.85)))
    return np.array(found)


def _chunks(replications: int) -> Iterator[int]:
    for start in range(0, replications, CHUNK):
        yield min(CHUNK, replications - start)


def _shares(scores: Iterator[Score]) -> dict[str, float]:
    parts: dict[str, list[Bool]] = {}
    for score in scores:
        for name, each in score.items():
            parts.setdefault(name, []).append(np.asarray(each))
    return {name: float(np.concatenate(each).mean()) for name, each in parts.items()}


def scored(draw: Callable[[int], Score], replications: int) -> dict[str, float]:
    """Share of replications whose interval held the truth, by estimator, drawn a chunk at a time."""
    return _shares(draw(n) for n in _chunks(replications))
