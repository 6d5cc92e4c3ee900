"""What strategies brought in worlds, beside silence and the oracle, and what that says over many worlds.

Over worlds, shares are ratios of sums of relative gains (each world weighs by its own sales, a world in which there is
little to gain counts little), with a percentile bootstrap over worlds: the unit of chance is the world. Rates a month
are means over worlds with a t interval.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.special import stdtrit

from tsuide.kit.arrays import Float64, Int32
from tsuide.proof.worlds.choice import NOTHING
from tsuide.proof.worlds.rollout import Outcome
from tsuide.proof.worlds.world import World

_RESAMPLES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Figures:
    """One world.

    Args:
        history_orders, history_lines: what was learned from.
        silence_margin: of the days compared, minor units.
        gain: strategy → incremental margin over silence, as a share of silence's margin.
        told: strategy → further figures: shown, from_offer, units, returned, and per hundred subscribers and month
            unsubscribed, complained, left.
        supervision: of a shop with reps, how many of each sort there are and how many of them are accused.
    """

    family: str
    seed: int
    history_orders: int
    history_lines: int
    silence_margin: float
    gain: Mapping[str, float]
    told: Mapping[str, Mapping[str, float]]
    supervision: Mapping[str, Mapping[str, int]] | None = None

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "family": self.family,
            "seed": self.seed,
            "history_orders": self.history_orders,
            "history_lines": self.history_lines,
            "silence_margin": round(self.silence_margin),
            "strategies": {
                name: {"incremental_margin_share": self.gain[name], **self.told[name]} for name in self.gain
            },
            **({} if self.supervision is None else {"supervision": self.supervision}),
        }


def figures_of(world: World, outcomes: Mapping[str, Outcome], history: Int32) -> Figures:
    """A world's figures from its outcomes, silence among them."""
    base = float(outcomes["silence"].margin.sum())
    told: dict[str, Mapping[str, float]] = {}
    for name, each in outcomes.items():
        unsubscribed, complained, left = (float(rate) for rate in each.a_month())
        told[name] = {
            "shown": each.shown,
            "from_offer": int(each.from_offer.sum()),
            "units": int(each.units.sum()),
            "returned": int(each.returned.sum()),
            "unsubscribed_a_month": unsubscribed,
            "complained_a_month": complained,
            "left_a_month": left,
        }
    return Figures(
        world.family.name,
        world.seed,
        len(history),
        int((history != NOTHING).sum()),
        base,
        {name: (float(each.margin.sum()) - base) / base for name, each in outcomes.items()},
        told,
    )


def summary(worlds: Sequence[Figures], *, ours: str = "tsuide_standard", seed: int = 0) -> dict[str, Any]:
    """What the worlds say together: each figure as mean, low, high (95 %); what was not run is left out."""
    found: dict[str, Any] = {}
    ran = set.intersection(*(set(each.gain) for each in worlds))
    if ours not in ran:
        return found
    dice = np.random.default_rng(seed)
    for name, key in (
        ("oracle", "share_of_oracle"),
        ("oracle_in_bounds", "share_of_oracle_in_bounds"),
        ("bought_together", "times_bought_together_only"),
    ):
        if name in ran:
            gains = np.array([[each.gain[ours], each.gain[name]] for each in worlds])
            if gains[:, 1].sum() > 0:  # of nothing, or of a loss, there is no share
                found[key] = ratio_of_sums(gains, dice)
    if "newsletter" in ran:
        over = [_bother(each, ours) - _bother(each, "newsletter") for each in worlds]
        found["unsubscribes_over_newsletter_pp"] = mean_interval(np.array(over))
    return found


def _bother(world: Figures, name: str) -> float:
    return world.told[name]["unsubscribed_a_month"] + world.told[name]["complained_a_month"]


def ratio_of_sums(pairs: Float64, dice: np.random.Generator) -> dict[str, float]:
    """Σ first / Σ second with its bootstrap interval over rows; (W, 2). The second sum must be above 0.

    >>> ratio_of_sums(np.array([[1.0, 2.0], [3.0, 6.0]]), np.random.default_rng(0))
    {'mean': 0.5, 'low': 0.5, 'high': 0.5}
    """
    drawn = pairs[dice.integers(0, len(pairs), (_RESAMPLES, len(pairs)))].sum(axis=1)
    above = drawn[:, 1] > 0
    low, high = np.percentile(drawn[above, 0] / drawn[above, 1], [2.5, 97.5])
    total = pairs.sum(axis=0)
    return {"mean": float(total[0] / total[1]), "low": float(low), "high": float(high)}


def mean_interval(values: Float64) -> dict[str, float]:
    """Mean with its 95 % t interval; of one value the ends are that value.

    >>> mean_interval(np.array([1.0, 3.0]))["mean"]
    2.0
    """
    mean = float(values.mean())
    if len(values) == 1:
        return {"mean": mean, "low": mean, "high": mean}
    half = float(stdtrit(len(values) - 1, 0.975) * values.std(ddof=1) / np.sqrt(len(values)))
    return {"mean": mean, "low": mean - half, "high": mean + half}
