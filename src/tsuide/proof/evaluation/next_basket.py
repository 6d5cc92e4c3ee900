"""How well next baskets are foretold: every customer's first basket after the split, repeat and explore apart.

Recall at ten (twenty) is the share of the basket's known items among the ten (twenty) proposed, averaged over
customers; "repeat" counts only items that the customer had bought before, "explore" only those new to them.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import numpy as np

from tsuide.errors import TooFewData
from tsuide.kit.arrays import Int32
from tsuide.mining.baskets import Baskets
from tsuide.mining.cart_evidence import Evidence
from tsuide.mining.history import enough
from tsuide.mining.next_basket import NextBasket
from tsuide.mining.next_basket_model import FittedNextBasket
from tsuide.mining.next_basket_tuning import moments, tuned_tifu, with_tifu
from tsuide.mining.next_targets import Targets, next_targets, recalls
from tsuide.mining.tifu import PUBLISHED
from tsuide.proof.evaluation.ranking import difference_interval, with_intervals
from tsuide.proof.evaluation.split import split_at

OURS: Final = "tsuide"
_FEWEST: Final = 30
_LONG: Final = 20
_SHORT: Final = 10


def evaluate_next_basket(
    baskets: Baskets,
    *,
    groups: Mapping[str, str] | None = None,
    split: datetime | None = None,
    seed: int = 0,
    tell: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Recall at ten and twenty for ours, popularity, personal frequency, and TIFU-KNN as published and as tuned.

    Args:
        baskets: of a shop, with times and customers.
        groups: item id → product type or category.
        split: first moment of the future; None = where 87 % of the baskets are past.
        seed: of the intervals.
        tell: called with what is being done.

    Returns:
        "methods": name → recall10, recall20, recall10_repeat, recall10_explore, intervals; "customers", "split",
        "chosen", and by how much ours is above both forms of TIFU-KNN.

    Raises:
        TooFewData: no times, or fewer than 30 customers with three baskets before and one after.
    """
    parts = split_at(baskets, split)
    tell("choose and learn")
    model = NextBasket().fit(parts.past, groups=groups, tune=True, seed=seed)
    targets = next_targets(parts.future, model.evidence, model.item_ids)
    if len(targets.customer) < _FEWEST:
        raise TooFewData(
            "too few customers with three baskets before and one after the split",
            key="customers",
            value=len(targets.customer),
            way_out="split earlier",
        )
    tell("TIFU-KNN and other baselines")
    tifu = model.chosen.tifu
    if "recall10" not in model.chosen.report:  # too little to tune on for ours; TIFU still gets its chance
        seen = moments(parts.past, enough(parts.past.n_baskets), None, PUBLISHED)
        tifu = tuned_tifu(seen)[0] if seen else tifu
    found = _lists(model, targets) | {
        "tifu_published": with_tifu(model, PUBLISHED).rank(targets.customer, _LONG).item,
        "tifu_tuned": with_tifu(model, tifu).rank(targets.customer, _LONG).item,
        OURS: model.rank(targets.customer, _LONG).item,
    }
    methods = {name: _figures(each, targets, seed) for name, each in found.items()}
    ten = {name: recalls(each[:, :_SHORT], targets) for name, each in found.items()}
    return {
        "methods": methods,
        "customers": len(targets.customer),
        "split": parts.at.isoformat(),
        "past_baskets": len(model.evidence.items_of) - 1,
        "items": len(model.item_ids),
        "min_count": model.min_count,
        "chosen": dict(model.chosen.report) | {"tifu": tifu.plain(), "tifu_published": PUBLISHED.plain()},
        "above": {
            name: {
                "share": float(np.mean(ten[OURS]) / np.mean(ten[name]) - 1),
                "difference_interval": list(difference_interval(ten[OURS], ten[name], seed=seed)),
            }
            for name in ("tifu_published", "tifu_tuned")
        },
        "seed": seed,
    }


def _figures(found: Int32, targets: Targets, seed: int) -> dict[str, Any]:
    short = found[:, :_SHORT]
    return with_intervals(
        {
            "recall10": recalls(short, targets),
            "recall20": recalls(found, targets),
            "recall10_repeat": recalls(short, targets, targets.repeat),
            "recall10_explore": recalls(short, targets, ~targets.repeat),
        },
        seed=seed,
    )


def _lists(model: FittedNextBasket, targets: Targets) -> dict[str, Int32]:
    """What is popular, and what each customer bought most often (popularity breaks ties); int32 (queries, 20)."""
    evidence = model.evidence
    popular = np.argsort(-evidence.support, kind="stable")[:_LONG].astype(np.int32)
    most = float(evidence.support.max()) + 1.0
    personal = np.full((len(targets.customer), _LONG), -1, np.int32)
    for row, customer in enumerate(targets.customer):
        item, times = np.unique(_bought(evidence, int(customer)), return_counts=True)
        best = np.argsort(-(times + evidence.support[item] / most), kind="stable")[:_LONG]
        rest = popular[~np.isin(popular, item)][: _LONG - len(best)]
        personal[row, : len(best) + len(rest)] = np.concatenate([item[best], rest])
    everywhere = np.full(personal.shape, -1, np.int32)
    everywhere[:, : len(popular)] = popular
    return {"popularity": everywhere, "personal_frequency": personal}


def _bought(evidence: Evidence, customer: int) -> Int32:
    """Items of all of a customer's baskets, one entry per basket."""
    mine = evidence.basket[evidence.baskets_of[customer] : evidence.baskets_of[customer + 1]]
    return np.concatenate([evidence.item[evidence.items_of[b] : evidence.items_of[b + 1]] for b in mine])
