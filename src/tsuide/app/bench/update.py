"""How long one more basket takes: `FittedComplements.update`, and the partners of its items afterwards."""

from time import perf_counter
from typing import Any, Final

import numpy as np
import polars as pl

from tsuide.errors import TooFewData
from tsuide.kit.arrays import Float64
from tsuide.mining.baskets import Baskets
from tsuide.mining.complements import Complements, FittedComplements


def bench_update(baskets: Baskets, *, updates: int = 500) -> dict[str, Any]:
    """Learn from all but the last baskets, then update with those one by one.

    Args:
        baskets: in the order of time.
        updates: how many are held back.

    Returns:
        Milliseconds of one update (p50, p90, p99, mean), of ranking all items of the basket afterwards, of an update
        with an item never seen, of `settled` after one update and after all, and whether the end equals a refit.

    Raises:
        TooFewData: not more than twice as many baskets.
    """
    cut = baskets.n_baskets - updates
    if cut <= updates:
        raise TooFewData("not enough baskets to update with", key="baskets", value=baskets.n_baskets)
    fitted = Complements().fit(baskets.between(0, cut), tune=False)
    warm = fitted.update(baskets.between(cut, cut + 1))  # compiles, and builds the table of ids
    for item in warm.item_ids.ids[:3]:
        warm.of(item)
    warm.settled()
    took, ranked = np.zeros(updates), np.zeros(updates)
    now = fitted
    one_more = fitted.update(baskets.between(cut, cut + 1))
    start = perf_counter()
    one_more.settled()
    settling_one = perf_counter() - start
    for i in range(updates):
        one = baskets.between(cut + i, cut + i + 1)
        start = perf_counter()
        now = now.update(one)
        took[i] = perf_counter() - start
        start = perf_counter()
        for anchor in one.item.tolist():
            now.row(anchor)
        ranked[i] = perf_counter() - start
    unseen = np.array([_with_unseen(now, baskets.between(cut + i, cut + i + 1)) for i in range(_UNSEEN)])
    start = perf_counter()
    settled = now.settled()
    settling = perf_counter() - start
    refit = Complements(score=fitted.score).fit(baskets)
    same = settled.frame().drop("significant").equals(refit.frame().drop("significant"))
    return {
        "update_ms": _milliseconds(took),
        "update_with_unseen_item_ms": _milliseconds(unseen),
        "rank_its_items_ms": _milliseconds(ranked),
        "settle_one_ms": round(settling_one * 1e3, 1),
        "settle_ms": round(settling * 1e3, 1),
        "equals_refit": same,
        "updates": updates,
        "mean_items": round(float(np.diff(baskets.items_of[cut:]).mean()), 1),
    }


_UNSEEN: Final = 20  # updates with an item that was in no basket before


def _with_unseen(now: FittedComplements, basket: Baskets) -> float:
    """Seconds of an update with the basket, one of whose items has a new id."""
    items = [basket.item_ids[place] for place in basket.of(0).tolist()]
    lines = pl.DataFrame({"order": ["one"] * len(items), "item": [*items[1:], "\uffff never seen"]})
    one = Baskets.from_frame(lines, basket="order", item="item")
    start = perf_counter()
    now.update(one)
    return perf_counter() - start


def _milliseconds(seconds: Float64) -> dict[str, float]:
    at = {"p50": 50, "p90": 90, "p99": 99}
    shown = {name: round(float(np.percentile(seconds, where)) * 1e3, 3) for name, where in at.items()}
    return {**shown, "mean": round(float(seconds.mean()) * 1e3, 3)}
