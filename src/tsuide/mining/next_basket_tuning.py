"""Which parameters foretell next baskets best, told on the last part of the baskets with evidence from before it."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from tsuide.kit.arrays import Int32
from tsuide.mining.baskets import Baskets
from tsuide.mining.choice import Choices, Curves, fit_curves
from tsuide.mining.history import between, enough
from tsuide.mining.next_basket_model import COMPANY, ROOM, FittedNextBasket, NextChoice, Scratch, learned
from tsuide.mining.next_kernel import N_FEATURES, NEW, describe_all
from tsuide.mining.next_targets import Targets, next_targets, recalls
from tsuide.mining.tifu import PUBLISHED, Tifu, Vectors, vectors_of

CUTS: Final = (0.70, 0.76, 0.82, 0.88, 0.94)  # of the baskets; the last moment compares, all fit in the end
_FEW: Final = 150  # customers with a next basket below which nothing is chosen
_CURVES_FROM: Final = 1500
_GRID: Final[Mapping[str, Sequence[Any]]] = {
    "groups": (3, 7, 11, 23),
    "across": (0.6, 0.8, 0.9, 1.0),
    "within": (0.8, 0.9, 0.95, 1.0),
    "alpha": (0.1, 0.3, 0.5, 0.7, 0.9),
    "neighbours": (100, 300, 900),
}
_ROUNDS: Final = 2
_WELCOMES: Final = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
_PATIENCE: Final = 0.01
_TOP: Final = 10


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time inside the training data: what was known, and what came next."""

    model: FittedNextBasket
    targets: Targets


def moments(baskets: Baskets, min_count: int | None, groups: Mapping[str, str] | None, tifu: Tifu) -> list[Moment]:
    """The moments at which tuning looks; those without customers are left out."""
    found = []
    for share, until in zip(CUTS, (*CUTS[1:], 1.0), strict=True):
        cut, end = int(baskets.n_baskets * share), int(baskets.n_baskets * until)
        early = between(baskets, 0, cut)
        least = min_count or enough(early.n_baskets)
        model = learned(early, least, groups, NextChoice(tifu, None, {}))
        targets = next_targets(between(baskets, cut, end), model.evidence, model.item_ids)
        if len(targets.customer):
            found.append(Moment(model, targets))
    return found


def choose(baskets: Baskets, min_count: int | None, groups: Mapping[str, str] | None, seed: int) -> NextChoice:
    """The parameters with the highest recall at ten in held-out next baskets.

    First TIFU's own parameters, one after the other, twice around, from its published ones; then the weights of
    all features: fitted on the earlier moments, compared on the last against plain TIFU, and fitted again on all.
    """
    del seed  # nothing here is left to chance
    seen = moments(baskets, min_count, groups, PUBLISHED)
    if not seen or len(seen[-1].targets.customer) < _FEW:
        few = len(seen[-1].targets.customer) if seen else 0
        why = f"{few} customers with a next basket are too few to tune on"
        return NextChoice(Tifu(), None, {"model": "tifu", "why": why})
    tifu, recall = tuned_tifu(seen)
    seen = [Moment(with_tifu(moment.model, tifu), moment.targets) for moment in seen]
    described = [describe_moment(moment) for moment in seen]
    parts, check = described[:-1] or described, described[-1]
    tried: dict[str, Curves] = {"lines": _fit(parts, bends=False)}
    if sum(len(choices.size) for choices, _ in parts) >= _CURVES_FROM:
        tried["curves"] = _fit(parts, bends=True)
    figures = {"tifu": recall} | {name: _recall(curves, check, seen[-1].targets, 0.0) for name, curves in tried.items()}
    best = max(figures, key=lambda name: figures[name])
    report: dict[str, Any] = {"model": best, "checked_on": len(seen[-1].targets.customer), "recall10": figures}
    if best == "tifu":
        return NextChoice(tifu, None, report)
    by_welcome = {bonus: _recall(tried[best], check, seen[-1].targets, bonus) for bonus in _WELCOMES}
    floor = max(by_welcome.values()) * (1 - _PATIENCE)
    welcome = max(bonus for bonus, share in by_welcome.items() if share >= floor)
    final = _fit(described, bends=best == "curves").welcoming(NEW, welcome)
    return NextChoice(tifu, final, {**report, "welcome_new": welcome})


def tuned_tifu(seen: Sequence[Moment]) -> tuple[Tifu, float]:
    """TIFU's parameters with the highest recall at ten at the last moment, and that recall."""
    moment = seen[-1]

    def recall(tifu: Tifu) -> float:
        found = with_tifu(moment.model, tifu).rank(moment.targets.customer, _TOP).item
        return float(np.nanmean(recalls(found, moment.targets)))

    best, top = PUBLISHED, recall(PUBLISHED)
    tried = {best}
    for _ in range(_ROUNDS):
        for name, values in _GRID.items():
            for value in values:
                candidate = replace(best, **{name: value})
                if candidate in tried:
                    continue
                tried.add(candidate)
                share = recall(candidate)
                if share > top:
                    best, top = candidate, share
    return best, top


def with_tifu(model: FittedNextBasket, tifu: Tifu) -> FittedNextBasket:
    """The same evidence with vectors of other parameters; TIFU ranks."""
    same = model.chosen.tifu
    vectors = model.vectors
    if (same.groups, same.within, same.across) != (tifu.groups, tifu.within, tifu.across):
        vectors = vectors_of(model.evidence, tifu)
        for array in vectors:
            array.flags.writeable = False
    return FittedNextBasket(
        model.evidence, Vectors._make(vectors), model.item_ids, model.customer_ids, model.end,
        model.min_count, NextChoice(tifu, None, {}),
    )  # fmt: skip


def describe_moment(moment: Moment) -> tuple[Choices, Int32]:
    """Candidates of every customer with their features, and which items they are; int32 (queries, ROOM)."""
    model, targets = moment.model, moment.targets
    n = len(targets.customer)
    items = np.full((n, ROOM), -1, np.int32)
    features = np.zeros((n, ROOM, N_FEATURES), np.float32)
    blends = np.zeros((n, ROOM), np.float32)
    regime = np.zeros((n, ROOM), np.uint8)
    size = np.zeros(n, np.int32)
    tifu = model.chosen.tifu
    n_items, n_groups = len(model.item_ids), model.evidence.group_partner.shape[0]

    def share(part: int) -> None:
        scratch = Scratch().of(n_items, n_groups, len(model.vectors.pool))
        describe_all(model.evidence, model.vectors, targets.customer, 0.0, tifu.neighbours, tifu.alpha, COMPANY,
                     part, _PARTS, *scratch, items, features, blends, regime, size)  # fmt: skip

    with ThreadPoolExecutor(_PARTS) as pool:
        list(pool.map(share, range(_PARTS)))
    return Choices(features, regime, size, _chosen(items, targets)), items


_PARTS: Final = 2


def _chosen(items: Int32, targets: Targets) -> np.ndarray:
    """Each bought candidate's share of the basket; float32 (queries, ROOM)."""
    bought = np.zeros(items.shape, np.float32)
    for q in range(len(items)):
        mine = targets.item[targets.target_of[q] : targets.target_of[q + 1]]
        bought[q] = np.isin(items[q], mine) / len(mine)
    return bought


def _fit(parts: Sequence[tuple[Choices, Int32]], *, bends: bool) -> Curves:
    together = Choices(
        np.concatenate([choices.features for choices, _ in parts]),
        np.concatenate([choices.regime for choices, _ in parts]),
        np.concatenate([choices.size for choices, _ in parts]),
        np.concatenate([choices.chosen for choices, _ in parts]),
    )
    return fit_curves(together, regimes=2, bends=bends)


def _recall(curves: Curves, described: tuple[Choices, Int32], targets: Targets, bonus: float) -> float:
    choices, items = described
    values = curves.values(choices)
    values = np.where(choices.regime == NEW, values + np.float32(bonus), values)
    top = np.argsort(-values, axis=1, kind="stable")[:, :_TOP]
    found = np.take_along_axis(items, top, axis=1)
    return float(np.nanmean(recalls(found, targets)))
