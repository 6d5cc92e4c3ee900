"""How well "buys it again within 7, 14, 28 days" is foretold, for every (customer, item) bought before."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import numpy as np

from tsuide.errors import TooFewData
from tsuide.kit.arrays import Bool, Float64, Int64
from tsuide.kit.clock import MICROS_PER_DAY, from_micros, to_micros
from tsuide.mining.baskets import Baskets
from tsuide.mining.replenishment import HORIZONS, FittedReplenishment, Replenishment, next_purchases
from tsuide.mining.repurchase import SHORTEST
from tsuide.mining.timeline import timeline_of
from tsuide.proof.evaluation.calibration import calibration, compared, log_losses, reliability
from tsuide.proof.evaluation.split import split_at

OURS: Final = "tsuide"
_FEWEST: Final = 30
_SURE: Final = 1e-4  # no method is punished, or rewarded, for more certainty than this


def evaluate_replenishment(
    baskets: Baskets,
    *,
    groups: Mapping[str, str] | None = None,
    split: datetime | None = None,
    seed: int = 0,
    tell: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Log loss, calibration and reliability per horizon, among repeated pairs and among all.

    Methods: the mean interval of the customer and item as a Poisson rate (a pair bought once: the share of
    such pairs that come back within the horizon); the item's share of buyers who come back within the horizon;
    the process without its correction; ours. Both shares are counted at an earlier moment of the past.

    Args:
        baskets: of a shop, with times and customers.
        groups: item id → category.
        split: the moment at which is foretold; None = where 87 % of the baskets are past.
        seed: of the samples and intervals.
        tell: called with what is being done.

    Raises:
        TooFewData: no times or customers, too few repeats, or the data end less than 7 days after the split.
    """
    parts = split_at(baskets, split)
    tell("learn from the past")
    model = Replenishment().fit(parts.past, groups=groups, seed=seed)
    line, cut = timeline_of(baskets), to_micros(parts.at)
    horizons = [days for days in HORIZONS if cut + days * MICROS_PER_DAY <= line.end]
    if not horizons:
        raise TooFewData("the data end less than 7 days after the split", key="split", value=parts.at.isoformat())
    when = next_purchases(model, line, cut)
    shares = _Shares.of(parts.past, groups, horizons, seed)
    told: dict[str, Any] = {}
    for days in horizons:
        tell(f"{days} days")
        happened = (when <= cut + days * MICROS_PER_DAY).astype(np.float64)
        chances = _chances(model, shares, cut, days)
        for name, which in {"repeated": model.count > 0, "all": np.ones(len(when), np.bool_)}.items():
            told.setdefault(name, {})[str(days)] = _figures(model, chances, happened, which, seed)
    return {
        "pairs": told,
        "customers": len(model.customer_ids),
        "split": parts.at.isoformat(),
        "chosen": {"process": model.process.plain(), "correction": [list(each) for each in model.correction]},
        "seed": seed,
    }


def _figures(
    model: FittedReplenishment, chances: Mapping[str, Float64], happened: Float64, which: Bool, seed: int
) -> dict[str, Any]:
    owner = np.repeat(np.arange(len(model.customer_ids)), np.diff(model.owned_start))[which]
    trials = np.bincount(owner).astype(np.float64)
    present = trials > 0
    if present.sum() < _FEWEST or not happened[which].any():
        raise TooFewData("too few customers bought again to measure", key="customers", value=int(present.sum()))
    losses = {
        name: _summed(owner, log_losses(chance[which], happened[which]))[present] for name, chance in chances.items()
    }
    methods = compared(losses, trials[present], OURS, seed)
    ones = np.ones(int(which.sum()))
    for name, chance in chances.items():
        methods[name] |= calibration(chance[which], happened[which], ones, owner).plain()
    return {
        "methods": methods,
        "pairs": len(ones),
        "bought_again": int(happened[which].sum()),
        "reliability": reliability(chances[OURS][which], happened[which], ones),
    }


class _Shares:
    """Shares of pairs that come back within a horizon, counted at an earlier moment.

    Args:
        once: horizon → share among pairs bought once.
        item: horizon → share of each item's pairs, shrunk to that of all; float64 (items,).
    """

    def __init__(self, once: Mapping[int, float], item: Mapping[int, Float64]) -> None:
        self.once, self.item = once, item

    @classmethod
    def of(cls, past: Baskets, groups: Mapping[str, str] | None, horizons: list[int], seed: int) -> "_Shares":
        at = from_micros(int(past.time[-1]) - max(horizons) * MICROS_PER_DAY)
        early = split_at(past, at)
        known = Replenishment().fit(early.past, groups=groups, tune=False, seed=seed)
        when = next_purchases(known, timeline_of(past), to_micros(at))
        once, item = {}, {}
        for days in horizons:
            back = (when <= to_micros(at) + days * MICROS_PER_DAY).astype(np.float64)
            whole = float(back.mean())
            once[days] = float(back[known.count == 0].mean())
            seen = np.bincount(known.item, minlength=len(known.item_ids))
            came = np.bincount(known.item, weights=back, minlength=len(known.item_ids))
            item[days] = (came + 10 * whole) / (seen + 10)
        return cls(once, item)


def _chances(model: FittedReplenishment, shares: _Shares, cut: int, days: int) -> dict[str, Float64]:
    now, place = from_micros(cut), np.arange(len(model.item))
    chances = {
        "personal_mean_interval": _personal(model, shares.once[days], days),
        "item_share": shares.item[days][model.item],
        "process": model.process_chances(place, now, days),
        OURS: model.chances(place, now, days),
    }
    return {name: np.clip(chance, _SURE, 1 - _SURE) for name, chance in chances.items()}


def _personal(model: FittedReplenishment, once: float, days: int) -> Float64:
    """1 − exp(−days / mean interval); `once` where there is no interval."""
    mean = mean_intervals(model)
    with np.errstate(invalid="ignore"):
        chance = -np.expm1(-days / np.maximum(mean, SHORTEST))
    return np.where(np.isnan(mean), once, chance)


def mean_intervals(model: FittedReplenishment) -> Float64:
    """Days from the first to the last purchase over their gaps; NaN with none. float64 (owned,)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(model.count > 0, _days(model.last - model.first) / model.count, np.nan)


def _days(micros: Int64) -> Float64:
    found: Float64 = micros / MICROS_PER_DAY
    return found


def _summed(owner: Int64, values: Float64) -> Float64:
    return np.bincount(owner, weights=values).astype(np.float64)
