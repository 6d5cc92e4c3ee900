"""How well purchases to come are foretold: fitted on the past, counted in the future, customer by customer."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import numpy as np

from tsuide.errors import TooFewData
from tsuide.kit.arrays import Float64
from tsuide.kit.clock import MICROS_PER_DAY, to_micros
from tsuide.mining.baskets import Baskets
from tsuide.mining.timeline import timeline_of
from tsuide.mining.value import FittedLifetimeValue, LifetimeValue
from tsuide.proof.evaluation.ranking import difference_interval, mean_interval
from tsuide.proof.evaluation.split import split_at

OURS: Final = "tsuide"
_FEWEST: Final = 30
_TENTHS: Final = 10


def evaluate_value(
    baskets: Baskets,
    *,
    groups: Mapping[str, str] | None = None,  # noqa: ARG001  # every evaluation is called alike
    split: datetime | None = None,
    seed: int = 0,
    tell: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Absolute error of purchases and revenue in the time after the split, per customer.

    Methods: the mean of all customers; the customer's own rate in the past, going on; ours (BG/NBD, and
    Gamma–Gamma for revenue). The future is as long as the data say.

    Args:
        baskets: of a shop, with times and customers.
        groups: not used.
        split: first moment of the future; None = where 87 % of the baskets are past.
        seed: of the intervals.
        tell: called with what is being done.

    Raises:
        TooFewData: no times, or too few customers who came back.
    """
    parts = split_at(baskets, split)
    tell("learn from the past")
    model = LifetimeValue().fit(parts.past)
    cut, end = to_micros(parts.at), int(baskets.time[-1])
    days = (end - cut) / MICROS_PER_DAY
    who = np.flatnonzero(model.repeats >= 0)
    if len(who) < _FEWEST or days <= 0:
        raise TooFewData("too few customers before the split", key="customers", value=len(who))
    bought, paid = _future(parts.future, len(model.customer_ids))
    frame = model.frame(parts.at, days)
    purchases = _told("purchases", _purchases(model, frame["purchases"].to_numpy(), cut, days), bought[who], seed)
    told: dict[str, Any] = {"purchases": purchases}
    if model.spending is not None:
        ours = frame["revenue"].cast(float).to_numpy()
        foretold = _revenue(model, _purchases(model, frame["purchases"].to_numpy(), cut, days), who) | {OURS: ours}
        told["revenue"] = _told("revenue", foretold, paid[who], seed)
    return told | {
        "customers": len(who),
        "days": days,
        "split": parts.at.isoformat(),
        "chosen": {"lifetimes": model.meta()["lifetimes"], "spending": model.meta()["spending"]},
        "tenths": _tenths(frame["purchases"].to_numpy(), bought[who]),
        "seed": seed,
    }


def _future(future: Baskets, customers: int) -> tuple[Float64, Float64]:
    """(purchases, amounts) of each customer after the split; float64 (customers,) each."""
    known = np.zeros(customers)
    try:
        line = timeline_of(future)
    except TooFewData:
        return known, known
    owner = np.repeat(np.arange(customers), np.diff(line.visit_start))
    new = np.ones(len(owner), np.bool_)
    new[1:] = (owner[1:] != owner[:-1]) | (np.diff(line.visit) >= MICROS_PER_DAY / 2)
    bought = np.bincount(owner[new], minlength=customers).astype(np.float64)
    of_entry = future.customer[future.basket_of_entry()]
    kept = (of_entry >= 0) & (future.price >= 0)
    worth = future.price[kept] * future.quantity[kept].astype(np.float64)
    return bought, np.bincount(of_entry[kept], weights=worth, minlength=customers).astype(np.float64)


def _purchases(model: FittedLifetimeValue, ours: Float64, cut: int, days: float) -> dict[str, Float64]:
    who = np.flatnonzero(model.repeats >= 0)
    age = np.maximum((cut - model.first[who]) / MICROS_PER_DAY, 1.0)
    own = (model.repeats[who] + 1) / age * days
    return {"mean_of_all": np.full(len(who), float(own.mean())), "own_rate": own, OURS: ours}


def _revenue(model: FittedLifetimeValue, purchases: Mapping[str, Float64], who: np.ndarray) -> dict[str, Float64]:
    whole = float(model.average[who].mean())
    return {
        "mean_of_all": purchases["mean_of_all"] * whole,
        "own_rate": purchases["own_rate"] * model.average[who],
    }


def _told(what: str, foretold: Mapping[str, Float64], seen: Float64, seed: int) -> dict[str, Any]:
    errors = {name: np.abs(each - seen) for name, each in foretold.items()}
    return {
        "methods": {
            name: {
                "mean_absolute_error": float(errors[name].mean()),
                "interval": list(mean_interval(errors[name], seed=seed)),
                "ours_below_interval": list(difference_interval(errors[name], errors[OURS], seed=seed)),
                "root_mean_square_error": float(np.sqrt(((each - seen) ** 2).mean())),
                "sum_over_seen": float(each.sum() / max(seen.sum(), 1e-9)),
            }
            for name, each in foretold.items()
        },
        "unit": "purchases" if what == "purchases" else "minor units",
    }


def _tenths(foretold: Float64, seen: Float64) -> list[dict[str, float]]:
    """Mean purchases foretold and seen in tenths of the customers, from the least to the most active."""
    parts = np.array_split(np.argsort(foretold, kind="stable"), _TENTHS)
    return [{"foretold": float(foretold[part].mean()), "seen": float(seen[part].mean())} for part in parts if len(part)]
