"""Which weights complete carts best, told on the last part of the baskets with evidence from before it."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np

from tsuide.kit.arrays import Float32, Int32
from tsuide.mining.baskets import Baskets
from tsuide.mining.cart_kernel import GROUP_SCRATCH, N_FEATURES, NEW, SCRATCH, describe_all
from tsuide.mining.carts import Hidden, days_after, hide_one
from tsuide.mining.choice import Choices, Curves, fit_curves
from tsuide.mining.completion_model import ROOM, Chosen, FittedCompletion, learned, untuned
from tsuide.mining.history import between, enough

HELD_OUT: Final = 0.15  # of the baskets, the newest
QUERIES: Final = 9000
_FEW: Final = 300  # held-out baskets below which nothing is chosen
_MIXES: Final = (2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
_LINES_FROM: Final = 300
_CURVES_FROM: Final = 1500  # queries for the fit
_WELCOMES: Final = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.25, 1.5)  # added to what is new
_PATIENCE: Final = 0.01  # hits that may be given for new items, as a share
_TOP: Final = 10


def choose(baskets: Baskets, min_count: int | None, groups: Mapping[str, str] | None, seed: int) -> Chosen:
    """The weights with the most hits among ten on a held-out part of the baskets.

    The baskets are cut in three by time and chance: evidence from the first 85 %; of the rest, two thirds fit
    the weights and one third compares models: the plain blend, straight lines, curves. The winner is fitted
    again on all of the rest. New items are then welcomed by as large a bonus as costs at most 1 % of the hits.
    """
    cut = int(baskets.n_baskets * (1 - HELD_OUT))
    early = between(baskets, 0, cut)
    model = learned(early, min_count or enough(early.n_baskets), groups, untuned())
    hidden = hide_one(between(baskets, cut, baskets.n_baskets), model.item_ids, most=QUERIES, seed=seed)
    if len(hidden.item) < _FEW:
        why = f"{len(hidden.item)} held-out baskets are too few to tune on"
        return Chosen(untuned().mix, untuned().curves, {"model": "blend", "why": why})
    return _choose(model, hidden, seed)


def _choose(model: FittedCompletion, hidden: Hidden, seed: int) -> Chosen:
    n = len(hidden.item)
    order = np.random.default_rng(seed).permutation(n)
    fit, check = np.sort(order[: 2 * n // 3]), np.sort(order[2 * n // 3 :])
    blends = {mix: _hits_of_blend(model, hidden, fit, mix) for mix in _MIXES}
    mix = max(blends, key=lambda each: blends[each])
    choices, items = described(model, hidden, mix)
    tried: dict[str, Curves] = {"blend": untuned().curves}
    if len(fit) >= _LINES_FROM:
        tried["lines"] = fit_curves(choices.part(fit), regimes=2, bends=False)
    if len(fit) >= _CURVES_FROM:
        tried["curves"] = fit_curves(choices.part(fit), regimes=2, bends=True)
    figures = {name: _figures(curves, choices, items, hidden.item, check) for name, curves in tried.items()}
    best = max(figures, key=lambda name: (figures[name]["hr10"] + figures[name]["mrr10"], name))
    welcome = _welcome(tried[best], choices, items, hidden.item, check)
    final = tried[best]
    if best != "blend":
        final = fit_curves(choices, regimes=2, bends=best == "curves")
    report: dict[str, Any] = {
        "model": best,
        "mix": mix,
        "welcome_new": welcome,
        "queries": n,
        "checked_on": len(check),
        "tried": figures,
    }
    return Chosen(mix, final.welcoming(NEW, welcome), report)


def described(model: FittedCompletion, hidden: Hidden, mix: float) -> tuple[Choices, Int32]:
    """Candidates of every query with their features, and which items they are; int32 (queries, ROOM)."""
    n, carts = len(hidden.item), hidden.carts
    now = days_after(hidden.time, model.end)
    items = np.full((n, ROOM), -1, np.int32)
    features = np.zeros((n, ROOM, N_FEATURES), np.float32)
    blends = np.zeros((n, ROOM), np.float32)
    regime = np.zeros((n, ROOM), np.uint8)
    size = np.zeros(n, np.int32)
    n_items, n_groups = len(model.item_ids), model.evidence.group_partner.shape[0]

    def share(part: int) -> None:
        scratch = np.zeros((n_items, SCRATCH), np.float32)
        in_cart, touched = np.zeros(n_items, np.uint8), np.empty(n_items, np.int32)
        groups = np.zeros((n_groups, GROUP_SCRATCH), np.float32)
        describe_all(model.evidence, carts.cart_of, carts.item, carts.customer, now, mix, part, _PARTS, scratch,
                     in_cart, groups, touched, items, features, blends, regime, size)  # fmt: skip

    with ThreadPoolExecutor(_PARTS) as pool:
        list(pool.map(share, range(_PARTS)))
    chosen = (items == hidden.item[:, None]).astype(np.float32)
    return Choices(features, regime, size, chosen), items


_PARTS: Final = 2


def _hits_of_blend(model: FittedCompletion, hidden: Hidden, rows: np.ndarray, mix: float) -> float:
    """Share of hits among ten of the plain blend."""
    plain = FittedCompletion(
        model.evidence, model.item_ids, model.customer_ids, model.end, model.min_count,
        Chosen(mix, untuned().curves, {}),
    )  # fmt: skip
    found = plain.rank(hidden.carts, days_after(hidden.time, model.end), _TOP).item
    return float((found == hidden.item[:, None]).any(axis=1)[rows].mean())


def _ranks(values: Float32, items: Int32, hidden: Int32) -> np.ndarray:
    """Place of the hidden item, from 1; infinite where it is no candidate."""
    is_hidden = items == hidden[:, None]
    own = np.where(is_hidden, values, -np.inf).max(axis=1)
    place = 1.0 + (values > own[:, None]).sum(axis=1)
    return np.where(is_hidden.any(axis=1), place, np.inf)


def _figures(curves: Curves, choices: Choices, items: Int32, hidden: Int32, rows: np.ndarray) -> dict[str, float]:
    place = _ranks(curves.values(choices.part(rows)), items[rows], hidden[rows])
    hit = place <= _TOP
    return {"hr10": float(hit.mean()), "mrr10": float(np.where(hit, 1 / place, 0).mean())}


def _welcome(curves: Curves, choices: Choices, items: Int32, hidden: Int32, rows: np.ndarray) -> float:
    """The largest bonus for new items that costs at most 1 % of the hits."""
    values = curves.values(choices.part(rows))
    new = choices.regime[rows] == NEW
    hits = [
        float((_ranks(np.where(new, values + np.float32(bonus), values), items[rows], hidden[rows]) <= _TOP).mean())
        for bonus in _WELCOMES
    ]
    floor = max(hits) * (1 - _PATIENCE)
    return max(bonus for bonus, share in zip(_WELCOMES, hits, strict=True) if share >= floor)
