"""How many customers, and how many days, an experiment needs before it can show what it is meant to show.

Customers: of control n = (z_α + z_β)² [σ_t² / k + σ_c²] / δ², k = customers treated per customer of control; for shares
σ² = p(1 − p) in each arm. With a covariate the variance is times (1 − corr²) (CUPED).
Assumes: one look at the end. Source: Pega Impact Analyzer (k = 1); Cohen, "Statistical power analysis" (1988).
"""

import math
from dataclasses import dataclass
from typing import Final

from scipy.special import ndtr, ndtri

from tsuide.errors import BadValue
from tsuide.proof.sequential import TUNING, times

ALPHA: Final = 0.05
POWER: Final = 0.8


@dataclass(frozen=True, slots=True)
class Plan:
    """What an experiment needs.

    Args:
        treated, control: customers.
        days: until so many came; None where nobody said how many come a day.
        effect: the difference that it can show, in the metric's unit.
        power: with which probability.
        always_valid_times: how much wider the always-valid interval will be at that size.
    """

    treated: int
    control: int
    days: int | None
    effect: float
    power: float
    always_valid_times: float

    @property
    def customers(self) -> int:
        """In both arms."""
        return self.treated + self.control


def plan(
    *,
    effect: float,
    deviation: float | tuple[float, float],
    control_share: float = 0.5,
    per_day: float | None = None,
    alpha: float = ALPHA,
    power: float = POWER,
    kept_variance: float = 1.0,
) -> Plan:
    """Customers and days for an effect.

    Args:
        effect: the smallest difference of means worth knowing.
        deviation: standard deviation of one customer, of both arms or (treated, control).
        control_share: part of the customers in control, 0 … 1.
        per_day: customers that enter a day.
        alpha: two-sided false alarms.
        power: chance to see the effect if it is there.
        kept_variance: what CUPED leaves (`cuped.kept_variance`).

    Raises:
        BadValue: an effect of zero, or a share, level or variance outside its range.

    >>> found = plan_share(0.10, 0.12)  # acceptance from 10 % to 12 %
    >>> found.treated, found.control
    (3839, 3839)
    >>> plan(effect=50, deviation=1000, control_share=0.05, per_day=500).days
    133
    """
    for key, value in (("alpha", alpha), ("power", power), ("control_share", control_share)):
        if not 0 < value < 1:
            raise BadValue("must lie between 0 and 1", key=key, value=value)
    if effect == 0 or kept_variance <= 0:
        raise BadValue("must not be zero", key="effect" if effect == 0 else "kept_variance", value=0)
    of_treated, of_control = deviation if isinstance(deviation, tuple) else (deviation, deviation)
    k = (1 - control_share) / control_share
    z = float(ndtri(1 - alpha / 2) + ndtri(power))
    needed = z**2 * (of_treated**2 / k + of_control**2) * kept_variance / effect**2
    control = max(2, math.ceil(needed))
    treated = max(2, math.ceil(needed * k))
    days = math.ceil((treated + control) / per_day) if per_day else None
    wider = float(times(treated + control, level=1 - alpha, tuning=TUNING) / ndtri(1 - alpha / 2))
    return Plan(treated, control, days, effect, power, round(wider, 2))


def plan_share(
    control: float,
    treated: float,
    *,
    control_share: float = 0.5,
    per_day: float | None = None,
    alpha: float = ALPHA,
    power: float = POWER,
) -> Plan:
    """The same for a share that is to rise (or fall) from `control` to `treated`.

    Raises:
        BadValue: shares outside 0 … 1, or equal ones.
    """
    for key, share in (("control", control), ("treated", treated)):
        if not 0 <= share <= 1:
            raise BadValue("a share is between 0 and 1", key=key, value=share)
    spread = (math.sqrt(treated * (1 - treated)), math.sqrt(control * (1 - control)))
    return plan(
        effect=treated - control,
        deviation=spread,
        control_share=control_share,
        per_day=per_day,
        alpha=alpha,
        power=power,
    )


def chance_to_see(effect: float, error: float, *, alpha: float = ALPHA) -> float:
    """Power at a given standard error.

    >>> round(chance_to_see(2.8016, 1.0), 3)
    0.8
    """
    z = float(ndtri(1 - alpha / 2))
    return float(ndtr(effect / error - z) + ndtr(-effect / error - z))
