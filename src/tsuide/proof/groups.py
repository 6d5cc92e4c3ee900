"""The effect within groups of customers (of a rep, of a tier) and within product lines, each with its interval.

Estimator: that of `proof.effect` for margin per customer (revenue where no cost is known), treated against the standing
holdout, with CUPED, within each group by itself. Interval: the fixed 95 % one, and beside it one that holds for all
groups of a sort together and at every look (always valid, Bonferroni): a report that is open is looked at often, and of
twenty reps one is outstanding by chance. The verdict comes from the latter.
Assumes: a customer's group is not changed by offers (an owner, a tier given before); customers are independent.
Where an arm has fewer than 20 customers nothing is said of the group.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import polars as pl

from tsuide.proof.effect import Reading, effect
from tsuide.proof.estimate import LEVEL, Estimate
from tsuide.proof.metrics import Metrics
from tsuide.proof.sequential import always_valid

GroupSort: TypeAlias = Literal["rep", "team", "line", "tier"]
GROUP_SORTS: Final[tuple[GroupSort, ...]] = ("rep", "team", "line", "tier")
LEAST: Final = 20
_TUNING: Final = 1_000  # customers at which the wide interval is narrowest: those of a few reps


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """One group's effect.

    Args:
        customers: treated, holdout.
        metric: margin, or revenue where no cost is known; "" where nothing is said.
        change: per customer in minor units, with its 95 % interval; None = too few customers in an arm.
        certain: the same with bounds that hold for all groups together, at every look.
        total: change × treated customers, minor units.
        attach_rate: attached lines among all lines, treated and holdout; None = no lines.
    """

    sort: GroupSort
    name: str
    customers: tuple[int, int]
    metric: str = ""
    change: Estimate | None = None
    certain: Estimate | None = None
    total: float | None = None
    attach_rate: tuple[float | None, float | None] = (None, None)

    @property
    def verdict(self) -> Literal["gain", "loss", "not_certain", "not_enough"]:
        """What may be said."""
        if self.certain is None:
            return "not_enough"
        return "gain" if self.certain.low > 0 else "loss" if self.certain.high < 0 else "not_certain"

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "sort": self.sort,
            "name": self.name,
            "customers": {"treated": self.customers[0], "control": self.customers[1]},
            "metric": self.metric or None,
            "verdict": self.verdict,
            "difference": None if self.change is None else self.change.plain(),
            "certain": None if self.certain is None else self.certain.plain(),
            "incremental_total": None if self.total is None else round(self.total, 2),
            "attach_rate": {"treated": self.attach_rate[0], "control": self.attach_rate[1]},
        }


def of_customers(metrics: Metrics, customers: Sequence[str]) -> Metrics:
    """The figures of some customers only; in the order of the whole."""
    wanted = metrics.customers.is_in(pl.Series(list(customers), dtype=pl.String).implode()).to_numpy()
    return replace(
        metrics,
        customers=metrics.customers.filter(pl.Series(wanted)),
        values={name: each[wanted] for name, each in metrics.values.items()},
        before={name: each[wanted] for name, each in metrics.before.items()},
    )


def group_effects(sort: GroupSort, arms: Mapping[str, tuple[Metrics, Metrics]], *, least: int = LEAST) -> list[Group]:
    """The groups of one sort, those with most treated customers first.

    Args:
        sort: what they are.
        arms: name → treated and holdout.
        least: customers in each arm below which nothing is said.
    """
    spoken = sum(min(len(each.customers) for each in pair) >= least for pair in arms.values())
    found = [_group(sort, name, *pair, least=least, among=max(spoken, 1)) for name, pair in arms.items()]
    return sorted(found, key=lambda each: (-each.customers[0], each.name))


def _group(sort: GroupSort, name: str, treated: Metrics, control: Metrics, *, least: int, among: int) -> Group:
    counts = (len(treated.customers), len(control.customers))
    bare = Group(sort, name, counts, attach_rate=(_attach(treated), _attach(control)))
    if min(counts) < least:
        return bare
    whole = effect(treated, control)
    reading: Reading = whole.readings[whole.primary]
    level = 1 - (1 - LEVEL) / among
    certain = always_valid(reading.change, sum(counts), level=level, tuning=_TUNING)
    if not np.isfinite(reading.change.error) or float(reading.change.error) == 0:
        return bare  # nobody in the group bought anything: no interval can be laid
    return replace(bare, metric=whole.primary, change=reading.change, certain=certain, total=reading.total)


def _attach(metrics: Metrics) -> float | None:
    lines = float(metrics.values["lines"].sum())
    return round(float(metrics.values["attached"].sum()) / lines, 6) if lines else None
