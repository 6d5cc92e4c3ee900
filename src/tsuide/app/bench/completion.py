"""Time completion of single carts and of many at once, beside implicit's item-item model on the same carts."""

import warnings
from collections.abc import Callable
from time import perf_counter
from typing import Any, Final

import numpy as np
from scipy.sparse import csr_matrix

from tsuide.errors import MissingExtra
from tsuide.mining.baskets import Baskets
from tsuide.mining.carts import Hidden, days_after, hide_one
from tsuide.mining.completion import Completion
from tsuide.mining.completion_model import FittedCompletion
from tsuide.mining.history import between

_TOP: Final = 10
PEER: Final = "implicit_cosine"


def bench_completion(
    baskets: Baskets,
    *,
    groups: dict[str, str] | None = None,
    carts: int = 5_000,
    seed: int = 0,
    tell: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Milliseconds per cart one by one (ids to ids), carts per second in one call, and seconds to learn.

    Args:
        baskets: of a shop; the last 10 % give the carts, the others are learned from.
        groups: item id → product type or category.
        carts: how many are completed.
        seed: of the carts.
        tell: called with what is being done.

    Raises:
        MissingExtra: implicit is not installed.
    """
    try:
        from implicit.nearest_neighbours import CosineRecommender
    except ImportError as exc:
        raise MissingExtra("the peer is not installed", key="extra", value="bench",
                           way_out="pip install 'tsuide[bench]'") from exc  # fmt: skip
    cut = int(baskets.n_baskets * 0.9)
    past = between(baskets, 0, cut)
    tell("learn")
    Completion().fit(between(past, 0, min(cut, 200)), tune=False)  # compiles, or loads what was compiled
    began = perf_counter()
    model = Completion().fit(past, groups=groups, tune=False)
    learned = perf_counter() - began
    hidden = hide_one(between(baskets, cut, baskets.n_baskets), model.item_ids, most=carts, seed=seed)
    tell("serve")
    ours, per_second = _ours(model, hidden)
    tell("peer")
    began = perf_counter()
    peer = CosineRecommender(K=200, num_threads=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # implicit warns of its own conversion inside
        peer.fit(_matrix(model), show_progress=False)
    peer_learned = perf_counter() - began
    rows = csr_matrix(
        (np.ones(len(hidden.carts.item), np.float32), hidden.carts.item, hidden.carts.cart_of),
        shape=(len(hidden.carts), len(model.item_ids)),
    )
    theirs = _timed(lambda q: peer.recommend(0, rows[q], N=_TOP), len(hidden.carts))
    began = perf_counter()
    peer.recommend(np.arange(rows.shape[0]), rows, N=_TOP)
    peer_per_second = rows.shape[0] / (perf_counter() - began)
    return {
        "baskets": past.n_baskets,
        "items": len(model.item_ids),
        "carts": len(hidden.carts),
        "methods": {
            "tsuide": _milliseconds(ours) | {"carts_per_second": round(per_second), "fit_seconds": round(learned, 2)},
            PEER: _milliseconds(theirs)
            | {"carts_per_second": round(peer_per_second), "fit_seconds": round(peer_learned, 2)},
        },
        "budget_p90_ms": 1.0,
    }


def _ours(model: FittedCompletion, hidden: Hidden) -> tuple[np.ndarray, float]:
    ids = model.item_ids.ids
    whose = model.customer_ids.ids
    carts = [
        [ids[i] for i in hidden.carts.item[hidden.carts.cart_of[q] : hidden.carts.cart_of[q + 1]]]
        for q in range(len(hidden.carts))
    ]
    customers = [whose[c] if c >= 0 else None for c in hidden.carts.customer]
    model.recommend(carts[:1], customers[:1])
    seconds = _timed(lambda q: model.recommend([carts[q]], [customers[q]], _TOP).ids(0), len(carts))
    began = perf_counter()
    model.rank(hidden.carts, days_after(hidden.time, model.end), _TOP)
    return seconds, len(carts) / (perf_counter() - began)


def _matrix(model: FittedCompletion) -> csr_matrix:
    """The same baskets as the peer reads them: float32 (baskets, items)."""
    evidence = model.evidence
    return csr_matrix(
        (np.ones(len(evidence.item), np.float32), evidence.item, evidence.items_of),
        shape=(len(evidence.items_of) - 1, len(model.item_ids)),
    )


def _timed(serve: Callable[[int], object], count: int) -> np.ndarray:
    seconds = np.empty(count)
    for q in range(count):
        began = perf_counter()
        serve(q)
        seconds[q] = perf_counter() - began
    return seconds


def _milliseconds(seconds: np.ndarray) -> dict[str, float]:
    p50, p90, p99 = np.quantile(seconds, [0.5, 0.9, 0.99]) * 1000
    return {"p50_ms": round(float(p50), 4), "p90_ms": round(float(p90), 4), "p99_ms": round(float(p99), 4)}
