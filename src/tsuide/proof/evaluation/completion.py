"""How well carts are completed: one hidden item per later basket, beside what everybody knows.

Protocol: learn from the past; from later baskets of at least four known items (fewer in a shop of small baskets) hide
one at random; is it among the ten proposed? Everything that is chosen is chosen on the last part of the past.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import numpy as np

from tsuide.errors import TooFewData
from tsuide.kit.arrays import Float32, Int32
from tsuide.mining.baskets import Baskets
from tsuide.mining.carts import Hidden, days_after, hide_one
from tsuide.mining.completion import Completion
from tsuide.mining.completion_model import FittedCompletion, learned, untuned
from tsuide.mining.completion_tuning import HELD_OUT
from tsuide.mining.history import between, enough
from tsuide.mining.next_targets import had_before
from tsuide.proof.evaluation.cart_baselines import BASELINES, baseline_lists
from tsuide.proof.evaluation.ranking import difference_interval, hit_figures, places
from tsuide.proof.evaluation.split import split_at

QUERIES: Final = 6000
OURS: Final = "tsuide"
_MIXES: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
_FEWEST: Final = 30


def evaluate_completion(
    baskets: Baskets,
    *,
    groups: Mapping[str, str] | None = None,
    split: datetime | None = None,
    queries: int = QUERIES,
    seed: int = 0,
    tell: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Hit rate and mean reciprocal rank among ten, for ours and seven baselines.

    Args:
        baskets: of a shop, with times.
        groups: item id → product type or category.
        split: first moment of the future; None = where 87 % of the baskets are past.
        queries: how many later baskets at most.
        seed: of the baskets, hidden items and intervals.
        tell: called with what is being done.

    Returns:
        "methods": name → hr10, mrr10, hr10_new, hr10_repeat, intervals; "queries", "split", "chosen" and what
        the past was. "new" are hidden items that the customer had not bought in the past.

    Raises:
        TooFewData: no times, or fewer than 30 later baskets that can be asked.
    """
    parts = split_at(baskets, split)
    tell("choose and learn")
    model = Completion().fit(parts.past, groups=groups, tune=True, seed=seed)
    hidden = hide_one(parts.future, model.item_ids, most=queries, seed=seed)
    if len(hidden.item) < _FEWEST:
        raise TooFewData(
            "too few later baskets of known items", key="queries", value=len(hidden.item), way_out="split earlier"
        )
    now = days_after(hidden.time, model.end)
    repeat = had_before(model.evidence, hidden.carts.customer, hidden.item)
    tell("baselines")
    mix = _chosen_mix(parts.past, seed)
    found = _lists(model, hidden, now, mix)
    methods = {name: hit_figures(each, hidden.item, repeat, seed=seed) for name, each in found.items()}
    hits = {name: (places(each, hidden.item) <= each.shape[1]).astype(float) for name, each in found.items()}
    best = max(BASELINES, key=lambda name: hits[name].mean())
    return {
        "methods": methods,
        "queries": len(hidden.item),
        "split": parts.at.isoformat(),
        "past_baskets": model.evidence.items_of.size - 1,
        "items": len(model.item_ids),
        "min_count": model.min_count,
        "repeat_share": float(repeat.mean()),
        "chosen": dict(model.chosen.report) | {"personal_cosine": {"mix": mix}},
        "best_baseline": best,
        "hr10_above_best_baseline": list(difference_interval(hits[OURS], hits[best], seed=seed)),
        "seed": seed,
    }


def _lists(model: FittedCompletion, hidden: Hidden, now: Float32, mix: float) -> dict[str, Int32]:
    baselines = baseline_lists(model.evidence, hidden.carts, now, (mix,))
    named = {name.partition("@")[0]: found for name, found in baselines.items()}
    return named | {OURS: model.rank(hidden.carts, now, 10).item}


def _chosen_mix(past: Baskets, seed: int) -> float:
    """The weight of personal + cosine with the most hits on the last part of the past."""
    cut = int(past.n_baskets * (1 - HELD_OUT))
    early = between(past, 0, cut)
    model = learned(early, enough(early.n_baskets), None, untuned())
    hidden = hide_one(between(past, cut, past.n_baskets), model.item_ids, most=2000, seed=seed)
    if not len(hidden.item):
        return _MIXES[len(_MIXES) // 2]
    lists = baseline_lists(model.evidence, hidden.carts, days_after(hidden.time, model.end), _MIXES)
    hits = {mix: np.isfinite(places(lists[f"personal_cosine@{mix}"], hidden.item)).mean() for mix in _MIXES}
    return max(hits, key=lambda mix: hits[mix])
