"""Time VMIS-kNN on a generated shop of many sessions, beside the same algorithm in plain Python."""

import heapq
from collections import defaultdict
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any, Final

import numpy as np

from tsuide.kit.arrays import Int32, Int64, frozen
from tsuide.mining.baskets import Baskets
from tsuide.mining.index import Index
from tsuide.mining.sessions import FittedSessions, Sessions

PEER: Final = "vmis_knn_plain_python"
_PEER_QUERIES: Final = 2_000
_FAVOURITES: Final = 40  # items of one interest


def bench_sessions(
    *,
    sessions: int = 1_000_000,
    items: int = 100_000,
    queries: int = 20_000,
    seed: int = 0,
    tell: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Milliseconds per recommendation (through the public `recommend`, ids to ids), ours and the peer's.

    Args:
        sessions: how many are learned from.
        items: how many different items.
        queries: how many visitors are served; the peer serves 2,000 of them.
        seed: of everything that is drawn.
        tell: called with what is being done.
    """
    tell("generate")
    visits = generated(sessions, items, seed)
    asked = _queries(visits, queries, seed + 1)
    tell("learn")
    began = perf_counter()
    model = Sessions(latest=500, neighbours=100).fit(visits, tune=False)
    learned = perf_counter() - began
    began = perf_counter()
    model.update(_one_more(visits))
    updated = perf_counter() - began
    model.recommend(asked[0])  # compiles, or loads what was compiled
    tell("serve")
    ours = _timed(lambda query: model.recommend(query).ids(0), asked)
    tell("peer")
    peer = PlainVmis(visits, model)
    theirs = _timed(peer.recommend, asked[:_PEER_QUERIES])
    same = float(np.mean([_agree(model, peer, query) for query in asked[:200]]))
    return {
        "sessions": sessions,
        "items": items,
        "entries": len(visits.item),
        "latest": 500,
        "neighbours": 100,
        "fit_seconds": round(learned, 3),
        "update_seconds": round(updated, 3),
        "methods": {"tsuide": _milliseconds(ours), PEER: _milliseconds(theirs)},
        "times_faster_p90": round(float(np.quantile(theirs, 0.9) / np.quantile(ours, 0.9)), 1),
        "share_of_equal_items": round(same, 4),
        "budget_p90_ms": 1.0,
    }


def generated(sessions: int, items: int, seed: int) -> Baskets:
    """Sessions of 2 to 20 items: mostly from one interest, some from what is popular (Zipf)."""
    random = np.random.default_rng(seed)
    length = np.minimum(20, 2 + random.geometric(0.25, sessions))
    entries = int(length.sum())
    session = np.repeat(np.arange(sessions, dtype=np.int64), length)
    popular = np.minimum(items - 1, random.zipf(1.3, entries) - 1)
    interest = np.repeat(random.integers(0, max(1, items // _FAVOURITES), sessions), length)
    own = (interest * _FAVOURITES + np.minimum(_FAVOURITES - 1, random.geometric(0.12, entries) - 1)) % items
    item = np.where(random.random(entries) < 0.8, own, popular)  # noqa: PLR2004  # four of five views
    pair = np.unique(session * items + item)
    session, item = pair // items, (pair % items).astype(np.int32)
    items_of = np.zeros(sessions + 1, np.int64)
    np.cumsum(np.bincount(session, minlength=sessions), out=items_of[1:])
    return _baskets(items_of, item, Index.of([f"i{i}" for i in range(items)]))


def _baskets(items_of: Int64, item: Int32, item_ids: Index) -> Baskets:
    n = len(items_of) - 1
    return Baskets(
        items_of=frozen(items_of),
        item=frozen(item),
        quantity=frozen(np.ones(len(item), np.float32)),
        price=frozen(np.full(len(item), -1, np.int64)),
        customer=frozen(np.full(n, -1, np.int32)),
        time=frozen(np.arange(n, dtype=np.int64)),
        item_ids=item_ids,
        customer_ids=Index.of([]),
        basket_ids=Index.of([str(i) for i in range(n)]),
        has_time=True,
    )


def _one_more(visits: Baskets) -> Baskets:
    return _baskets(np.array([0, 2], np.int64), visits.item[:2].copy(), visits.item_ids)


def _queries(visits: Baskets, count: int, seed: int) -> list[list[str]]:
    """The beginnings of random sessions, in random order of views."""
    random = np.random.default_rng(seed)
    asked = []
    for v in random.integers(0, visits.n_baskets, count):
        items = random.permutation(visits.of(int(v)))
        asked.append([visits.item_ids[int(i)] for i in items[: random.integers(1, len(items) + 1)]])
    return asked


def _timed(serve: Callable[[list[str]], object], asked: Sequence[list[str]]) -> np.ndarray:
    seconds = np.empty(len(asked))
    for place, query in enumerate(asked):
        began = perf_counter()
        serve(query)
        seconds[place] = perf_counter() - began
    return seconds


def _milliseconds(seconds: np.ndarray) -> dict[str, float]:
    p50, p90, p99 = np.quantile(seconds, [0.5, 0.9, 0.99]) * 1000
    return {
        "p50_ms": round(float(p50), 4),
        "p90_ms": round(float(p90), 4),
        "p99_ms": round(float(p99), 4),
        "queries": len(seconds),
    }


def _agree(model: FittedSessions, peer: "PlainVmis", query: list[str]) -> float:
    """Share of the ten items that both propose."""
    ours, theirs = model.recommend(query).ids(0), peer.recommend(query)
    return len(set(ours) & set(theirs)) / max(1, len(theirs))


class PlainVmis:
    """VMIS-kNN as one writes it in plain Python, from dictionaries and a heap: the named baseline.

    Args:
        visits: the sessions.
        model: whose m, k and idf are used, so that both do the same.
    """

    def __init__(self, visits: Baskets, model: FittedSessions) -> None:
        ids = visits.item_ids.ids
        self.most, self.neighbours = model.latest, model.neighbours
        self.items = [[ids[i] for i in visits.of(v).tolist()] for v in range(visits.n_baskets)]
        self.idf = dict(zip(ids, model.visits.idf.tolist(), strict=True))
        posts: dict[str, list[int]] = defaultdict(list)
        for v in range(visits.n_baskets - 1, -1, -1):
            for item in self.items[v]:
                if len(posts[item]) < self.most:
                    posts[item].append(v)
        self.posts = dict(posts)

    def recommend(self, query: list[str], n: int = 10) -> list[str]:
        """The n best items."""
        newest = list(dict.fromkeys(reversed(query)))[:20]
        length = len(newest)
        scores: dict[int, float] = {}
        first: dict[int, int] = {}
        heap: list[int] = []
        for step, item in enumerate(newest):
            place = length - step
            for v in self.posts.get(item, ()):
                if v in scores:
                    scores[v] += place / length
                    continue
                if len(heap) < self.most:
                    heapq.heappush(heap, v)
                elif v > heap[0]:
                    del scores[heapq.heapreplace(heap, v)]
                else:
                    break
                scores[v] = place / length
                first[v] = place
        votes: dict[str, float] = defaultdict(float)
        for v in heapq.nlargest(self.neighbours, scores, key=lambda each: (scores[each], each)):
            weight = scores[v] * max(0.0, 1 - 0.1 * (length - first[v] + 1))
            if weight > 0:
                for item in self.items[v]:
                    votes[item] += weight * self.idf[item]
        for item in newest:
            votes.pop(item, None)
        return heapq.nsmallest(n, votes, key=lambda each: (-votes[each], each))
