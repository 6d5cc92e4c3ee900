"""How well the time for b after a is foretold: every later visit of those who had a and not yet b."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import numpy as np

from tsuide.errors import TooFewData
from tsuide.kit.arrays import Float64
from tsuide.kit.clock import to_micros
from tsuide.mining.baskets import Baskets
from tsuide.mining.timeline import Timeline, timeline_of
from tsuide.mining.timing import FittedTiming, Timing, counted, edges
from tsuide.mining.timing_kernel import add_losses, line_of
from tsuide.proof.evaluation.calibration import calibration, compared, reliability
from tsuide.proof.evaluation.split import split_at

OURS: Final = "tsuide"
_FEWEST: Final = 100  # later purchases, below which nothing can be said


def evaluate_timing(
    baskets: Baskets,
    *,
    groups: Mapping[str, str] | None = None,  # noqa: ARG001  # every evaluation is called alike
    split: datetime | None = None,
    seed: int = 0,
    tell: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Log loss and calibration of "b is bought at this visit" over later visits at risk.

    Methods: the partner's plain share of baskets; its hazard by days since nothing in particular (what
    survivors buy anyway); the pair's ratio, the same in every bin; ours.

    Args:
        baskets: of a shop, with times and customers.
        groups: not used.
        split: first moment of the future; None = where 87 % of the baskets are past.
        seed: of the draws and intervals.
        tell: called with what is being done.

    Raises:
        TooFewData: no times, no customers, or fewer than 100 later purchases at risk.
    """
    parts = split_at(baskets, split)
    tell("learn from the past")
    model = Timing().fit(parts.past, tune=True, seed=seed)
    line, cut = timeline_of(baskets), to_micros(parts.at)
    tell("count later visits")
    bought, visits = counted(line, model.anchor_start, model.partner, after=cut)
    if bought.sum() < _FEWEST:
        raise TooFewData(
            "too few later purchases by those who had the one and not yet the other",
            key="purchases",
            value=int(bought.sum()),
            way_out="split earlier",
        )
    chances = _chances(model, parts.past)
    losses, seen = _losses(model, line, cut, np.stack(list(chances.values())))
    present = seen > 0
    told = compared(
        {name: losses[place][present] for place, name in enumerate(chances)},
        seen[present].astype(np.float64),
        OURS,
        seed,
    )
    anchor = np.repeat(np.arange(len(model.item_ids)), np.diff(model.anchor_start))
    cells = (bought.ravel().astype(np.float64), visits.ravel().astype(np.float64))
    cluster = np.repeat(anchor, bought.shape[1])
    for name, chance in chances.items():
        told[name] |= calibration(chance.ravel(), *cells, cluster).plain()
    return {
        "methods": told,
        "pairs": len(model.partner),
        "visits": int(visits.sum()),
        "purchases": int(bought.sum()),
        "customers": int(present.sum()),
        "split": parts.at.isoformat(),
        "chosen": {"strength_of_pairs": model.strength[0], "strength_of_bins": model.strength[1]}
        | {"temper": list(model.temper)},
        "reliability": reliability(chances[OURS].ravel(), *cells),
        "windows": int(model.frame()["opens"].is_not_null().sum()),
        "seed": seed,
    }


def _chances(model: FittedTiming, past: Baskets) -> dict[str, Float64]:
    """Method → chance of the partner at one visit, float64 (pairs, bins)."""
    share = np.clip(past.count_of_item() / max(1, past.n_baskets), 1e-9, 0.999)
    shape = model.bought.shape
    return {
        "base_rate": np.broadcast_to(share[model.partner][:, None], shape).astype(np.float64),
        "base_hazard": model.chance(of_pair=False),
        "pair_without_timing": model.chance(of_bins=False),
        OURS: model.chance(),
    }


def _losses(model: FittedTiming, line: Timeline, cut: int, chance: Float64) -> tuple[Float64, np.ndarray]:
    """Log loss per method and customer, and each customer's visits at risk."""
    loss = np.zeros((len(chance), line.customers))
    seen = np.zeros(line.customers, np.int64)
    start, place = line.by_item()
    add_losses(line_of(line), start, place, model.anchor_start, model.partner, edges(), cut, chance, loss, seen)
    return loss, seen
