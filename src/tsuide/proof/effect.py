"""Treated customers against control, metric by metric: what was really added, and how sure that is.

The primary metric (margin per customer by default) is fixed beforehand and stands alone; the others are adjusted for
being many (Holm). Verdict: *gain* or *loss* where the primary's interval excludes zero; whatever the primary says, a
guardrail that got worse beyond chance (repeat rate, returns, unsubscribes, complaints, NPS) reads as *loss*.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import numpy as np

from tsuide.errors import TooFewData
from tsuide.kit.arrays import Float64
from tsuide.proof.cuped import adjusted
from tsuide.proof.difference import difference
from tsuide.proof.estimate import LEVEL, Estimate
from tsuide.proof.metrics import HARMS, RATIOS, SHARES, SUMS, Metrics
from tsuide.proof.moments import FEWEST
from tsuide.proof.multiple import holm
from tsuide.proof.ratio import linearised
from tsuide.proof.relative import relative_lift
from tsuide.proof.sequential import TUNING, always_valid
from tsuide.proof.winsor import Bounds, winsorised

Verdict: TypeAlias = Literal["gain", "loss", "not_certain"]
SHOWN: Final = ("margin", "revenue", "orders", "units", "attached", "returned", *SHARES, *RATIOS)
GUARDRAILS: Final = ("repeated", "returned", "return_rate", "unsubscribed", "complained", "nps")
_MONEY: Final = frozenset({"margin", "revenue"})
_ALPHA: Final = 1 - LEVEL


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """One metric of two arms.

    Args:
        treated, control: means per customer (of ratios, the ratios).
        change: difference per customer, with CUPED where a covariate is there.
        always: the same, valid at every look.
        lift: relative, same customers.
        pulled_in, bounds: the difference with winsorised outcomes, and what winsorising did; money only.
        holm_p: adjusted for the number of metrics; the primary's is its own.
        total: change × treated customers; None for ratios.
    """

    treated: float
    control: float
    change: Estimate
    always: Estimate
    lift: Estimate
    pulled_in: Estimate | None
    bounds: Bounds | None
    holm_p: float
    total: float | None

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        pulled = None if self.pulled_in is None or self.bounds is None else self.pulled_in.plain() | self.bounds.plain()
        return {
            "treated": round(self.treated, 6),
            "control": round(self.control, 6),
            "difference": self.change.plain(),
            "always_valid": self.always.plain(),
            "relative_lift": self.lift.plain(),
            "winsorised": pulled,
            "holm_p": round(self.holm_p, 6),
            "incremental_total": None if self.total is None else round(self.total, 2),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """All metrics of two arms.

    Args:
        customers: treated, control.
        primary: which metric decides.
        readings: metric → reading.
        harmed: guardrails that got worse beyond chance.
        complete: part of the customers whose window has passed.
    """

    customers: tuple[int, int]
    primary: str
    readings: Mapping[str, Reading]
    harmed: tuple[str, ...]
    complete: float

    @property
    def verdict(self) -> Verdict:
        """What the fixed interval of the primary metric and the guardrails say, at the planned end."""
        if self.harmed:
            return "loss"
        change = self.readings[self.primary].change
        return "gain" if change.low > 0 else "loss" if change.high < 0 else "not_certain"

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "customers": {"treated": self.customers[0], "control": self.customers[1]},
            "primary": self.primary,
            "verdict": self.verdict,
            "harmed": list(self.harmed),
            "windows_passed": round(self.complete, 4),
            "metrics": {name: each.plain() for name, each in self.readings.items()},
        }


def effect(treated: Metrics, control: Metrics, *, primary: str = "margin", tuning: float = TUNING) -> Effect:
    """Read two arms.

    Args:
        treated: of the customers who were shown offers.
        control: of those who were not.
        primary: metric that decides; revenue takes margin's place where no cost is known at all.
        tuning: of the always-valid intervals.

    Raises:
        TooFewData: fewer than two customers in an arm.
    """
    n = (len(treated.customers), len(control.customers))
    if min(n) < FEWEST:
        raise TooFewData("needs customers in both arms", key="customers", value=n, way_out="wait for more decisions")
    recorded = treated.recorded & control.recorded
    if primary == "margin" and "margin" not in recorded:
        primary = "revenue"
    names = [name for name in SHOWN if _told(name, treated, control, recorded)]
    found = {name: _reading(name, treated, control, tuning) for name in names}
    others = [name for name in names if name != primary]
    p = holm(np.array([_p(found[name]) for name in others]))
    found |= {name: _with_p(found[name], float(each)) for name, each in zip(others, p, strict=True)}
    return Effect(n, primary, found, _harmed(found), min(treated.complete, control.complete))


def _told(name: str, treated: Metrics, control: Metrics, recorded: frozenset[str]) -> bool:
    if name not in RATIOS:
        return name in recorded
    below = RATIOS[name][1]
    return all(below in arm.values and arm.values[below].any() for arm in (treated, control))


def _reading(name: str, treated: Metrics, control: Metrics, tuning: float) -> Reading:
    one, other = _outcome(name, treated), _outcome(name, control)
    n = len(one) + len(other)
    better = one, other
    if name in SUMS:
        better = adjusted(one, other, treated.before[name], control.before[name])
    change = difference(*better)
    pulled = bounds = None
    if name in _MONEY:
        cut_one, cut_other, bounds = winsorised(one, other)
        pulled = difference(*adjusted(cut_one, cut_other, treated.before[name], control.before[name]))
    p = float(change.p) if np.isfinite(change.p) else 1.0
    total = None if name in RATIOS else float(change.value) * len(one)
    always = always_valid(change, n, tuning=tuning)
    lift = relative_lift(*better)
    return Reading(float(one.mean()), float(other.mean()), change, always, lift, pulled, bounds, p, total)


def _outcome(name: str, arm: Metrics) -> Float64:
    if name in RATIOS:
        above, below = RATIOS[name]
        return linearised(arm.values[above], arm.values[below])
    return arm.values[name]


def _p(reading: Reading) -> float:
    return reading.holm_p


def _with_p(reading: Reading, p: float) -> Reading:
    return Reading(
        reading.treated, reading.control, reading.change, reading.always, reading.lift, reading.pulled_in,
        reading.bounds, p, reading.total,
    )  # fmt: skip


def _harmed(found: Mapping[str, Reading]) -> tuple[str, ...]:
    harmed: Sequence[str] = [
        name
        for name in GUARDRAILS
        if name in found
        and found[name].holm_p < _ALPHA
        and (float(found[name].change.value) > 0) == (name in HARMS)
        and float(found[name].change.value) != 0
    ]
    return tuple(harmed)
