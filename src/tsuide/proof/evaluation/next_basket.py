"""How well next baskets are foretold: every customer's first basket after the split, repeat and explore apart.

Recall at ten (twenty) is the share of the basket's known items among the ten (twenty) proposed, averaged over
customers; "repeat" counts only items that the customer had bought before, "explore" only those new to them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np

from tsuide.errors import TooFewData
from tsuide.kit.arrays import Float64, Int32, Int64
from tsuide.mining.baskets import Baskets
from tsuide.mining.cart_evidence import Evidence
from tsuide.mining.history import enough
from tsuide.mining.next_basket import NextBasket
from tsuide.mining.next_basket_model import FittedNextBasket
from tsuide.mining.next_basket_tuning import moments, tuned_tifu, with_tifu
from tsuide.mining.next_targets import Targets, next_targets, recalls
from tsuide.mining.tifu import PUBLISHED
from tsuide.proof.evaluation.ranking import clustered, ratio_interval
from tsuide.proof.evaluation.split import Split, split_at

OURS: Final = "tsuide"
_RIVALS: Final = ("tifu_published", "tifu_tuned")
_FEWEST: Final = 30
_LONG: Final = 20
_SHORT: Final = 10


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """One split: whom it asked, how well each method answered, and what it was learned from.

    Args:
        customer: dense integers, the same at every split; int32 (queries,).
        answers: method → figure → value of each query, NaN where it does not count; float64 (queries,).
        told: plain JSON.
    """

    customer: Int32
    answers: dict[str, dict[str, Float64]]
    told: dict[str, Any]


def evaluate_next_basket(
    baskets: Baskets,
    *,
    groups: Mapping[str, str] | None = None,
    splits: Sequence[datetime | None] = (None,),
    seed: int = 0,
    tell: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Recall at ten and twenty for ours, popularity, personal frequency, and TIFU-KNN as published and as tuned.

    Several splits are told together: each learns and chooses from its own past only, all queries count alike, and
    the intervals resample customers, with everything that was asked about them.

    Args:
        baskets: of a shop, with times and customers.
        groups: item id → product type or category.
        splits: first moments of the future; None = where 87 % of the baskets are past.
        seed: of the intervals.
        tell: called with what is being done.

    Returns:
        "methods": name → recall10, recall20, recall10_repeat, recall10_explore, intervals; "queries", "customers";
        "above": by what share ours is above both forms of TIFU-KNN, with intervals; "splits": the same for each by
        itself, with what was chosen.

    Raises:
        TooFewData: no times, or at a split fewer than 30 customers with three baskets before and one after.
    """
    ordered = sorted({split_at(baskets, split).at for split in splits})
    asked = []
    for place, at in enumerate(ordered, start=1):
        where = f"{at:%Y-%m-%d}" if len(ordered) == 1 else f"{at:%Y-%m-%d}, {place} of {len(ordered)}"
        asked.append(_ask(split_at(baskets, at), groups, seed, tell, where))
    whole = _told(
        np.concatenate([one.customer for one in asked]),
        {
            method: {name: np.concatenate([one.answers[method][name] for one in asked]) for name in figures}
            for method, figures in asked[0].answers.items()
        },
        seed,
    )
    return whole | {"split": asked[0].told["split"], "splits": [one.told for one in asked], "seed": seed}


def _ask(parts: Split, groups: Mapping[str, str] | None, seed: int, tell: Callable[[str], None], where: str) -> _Asked:
    tell(f"{where}: choose and learn")
    model = NextBasket().fit(parts.past, groups=groups, tune=True, seed=seed)
    targets = next_targets(parts.future, model.evidence, model.item_ids)
    if len(targets.customer) < _FEWEST:
        raise TooFewData(
            "too few customers with three baskets before and one after the split",
            key="customers",
            value=len(targets.customer),
            way_out="split earlier",
        )
    tell(f"{where}: TIFU-KNN and other baselines")
    tifu = model.chosen.tifu
    if "recall10" not in model.chosen.report:  # too little to tune on for ours; TIFU still gets its chance
        seen = moments(parts.past, enough(parts.past.n_baskets), None, PUBLISHED)
        tifu = tuned_tifu(seen)[0] if seen else tifu
    found = _lists(model, targets) | {
        "tifu_published": with_tifu(model, PUBLISHED).rank(targets.customer, _LONG).item,
        "tifu_tuned": with_tifu(model, tifu).rank(targets.customer, _LONG).item,
        OURS: model.rank(targets.customer, _LONG).item,
    }
    answers = {name: _answers(each, targets) for name, each in found.items()}
    told = _told(targets.customer, answers, seed) | {
        "split": parts.at.isoformat(),
        "past_baskets": len(model.evidence.items_of) - 1,
        "items": len(model.item_ids),
        "min_count": model.min_count,
        "chosen": dict(model.chosen.report) | {"tifu": tifu.plain(), "tifu_published": PUBLISHED.plain()},
    }
    return _Asked(targets.customer, answers, told)


def _answers(found: Int32, targets: Targets) -> dict[str, Float64]:
    short = found[:, :_SHORT]
    return {
        "recall10": recalls(short, targets),
        "recall20": recalls(found, targets),
        "recall10_repeat": recalls(short, targets, targets.repeat),
        "recall10_explore": recalls(short, targets, ~targets.repeat),
    }


def _told(customer: Int32, answers: Mapping[str, dict[str, Float64]], seed: int) -> dict[str, Any]:
    whose = customer.astype(np.int64)
    ours = answers[OURS]["recall10"]
    return {
        "methods": {name: clustered(figures, whose, seed=seed) for name, figures in answers.items()},
        "queries": len(customer),
        "customers": len(np.unique(customer)),
        "above": {name: _above(ours, answers[name]["recall10"], whose, seed) for name in _RIVALS},
    }


def _above(ours: Float64, theirs: Float64, whose: Int64, seed: int) -> dict[str, Any]:
    """By what share ours is higher, and the difference, with intervals; no share where theirs found nothing."""
    each = ratio_interval(ours - theirs, np.ones(len(ours)), whose, seed=seed)
    if not theirs.any():
        return {"share": None, "share_interval": None, "difference_interval": each}
    low, high = ratio_interval(ours, theirs, whose, seed=seed)
    share = float(ours.sum() / theirs.sum() - 1)
    return {"share": share, "share_interval": [low - 1, high - 1], "difference_interval": each}


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
