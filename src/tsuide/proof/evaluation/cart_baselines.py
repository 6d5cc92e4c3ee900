"""Ways to complete a cart that everybody knows, with exact counts: what ours is measured beside."""

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np

from tsuide.kit.arrays import Float32, Int32
from tsuide.mining.cart_evidence import Evidence
from tsuide.mining.carts import Carts
from tsuide.mining.compiled import compiled

BASELINES: Final = (
    "popularity",
    "confidence",
    "cosine",
    "asymmetric_cosine",
    "ppmi_log",
    "personal",
    "personal_cosine",
)
_DAYS: Final = 60.0
_PARTS: Final = 2


@compiled
def _top(scores: np.ndarray, popularity: np.ndarray, in_cart: np.ndarray, out: np.ndarray) -> None:
    """The best items not in the cart; popularity breaks ties."""
    whole = scores + popularity
    for j in range(len(whole)):
        if in_cart[j]:
            whole[j] = -1.0
    n = min(len(out), len(whole))
    best = np.argpartition(-whole, n - 1)[:n]
    best = best[np.argsort(-whole[best])]
    for place in range(n):
        out[place] = best[place] if whole[best[place]] >= 0 else -1


@compiled
def _own(ev: Evidence, customer: int, now: float, score: np.ndarray) -> None:
    """Own purchases, decayed by 60 days."""
    for a in range(ev.baskets_of[customer], ev.baskets_of[customer + 1]):
        basket = ev.basket[a]
        weight = np.exp(-(ev.age[basket] + now) / _DAYS)
        for e in range(ev.items_of[basket], ev.items_of[basket + 1]):
            score[ev.item[e]] += weight


@compiled
def _partners(
    ev: Evidence, i: int, post_of: np.ndarray, post: np.ndarray, counts: np.ndarray, scores: np.ndarray
) -> None:
    """Add what one item of the cart says, from its exact common baskets with every other item."""
    counts[:] = 0
    for p in range(post_of[i], post_of[i + 1]):
        basket = post[p]
        for e in range(ev.items_of[basket], ev.items_of[basket + 1]):
            counts[ev.item[e]] += 1
    mine, total = float(ev.support[i]), len(ev.items_of) - 1
    for j in range(len(counts)):
        n = counts[j]
        if n == 0 or j == i:
            continue
        theirs = float(ev.support[j])
        scores[1, j] += n / mine
        scores[2, j] += n / np.sqrt(mine * theirs)
        scores[3, j] += n / (mine**0.7 * theirs**0.4)
        scores[4, j] += max(0.0, np.log(n * (total / (mine * theirs)))) * np.log1p(n)


@compiled
def _rank(
    ev: Evidence,
    cart_of: np.ndarray,
    cart: np.ndarray,
    customer: np.ndarray,
    now: np.ndarray,
    post_of: np.ndarray,
    post: np.ndarray,
    mixes: np.ndarray,
    first: int,
    step: int,
    found: np.ndarray,
) -> None:
    n = len(ev.support)
    counts = np.zeros(n, np.int64)
    in_cart = np.zeros(n, np.uint8)
    scores = np.zeros((6, n))
    popularity = ev.support / (1e9 * max(1.0, float(len(ev.items_of))))
    nothing = np.zeros(n)
    for q in range(first, len(customer), step):
        scores[:] = 0
        one = cart[cart_of[q] : cart_of[q + 1]]
        for i in one:
            in_cart[i] = 1
            if ev.support[i] > 0:
                _partners(ev, i, post_of, post, counts, scores)
        if customer[q] >= 0:
            _own(ev, customer[q], now[q], scores[5])
        scores[0] = ev.support
        for s in range(6):
            _top(scores[s], popularity if s else nothing, in_cart, found[s, q])
        for m in range(len(mixes)):
            _top(scores[5] + mixes[m] * scores[2], popularity, in_cart, found[6 + m, q])
        for i in one:
            in_cart[i] = 0


def baseline_lists(
    evidence: Evidence, carts: Carts, now: Float32, mixes: tuple[float, ...], n: int = 10
) -> dict[str, Int32]:
    """The n best items of every baseline.

    Args:
        evidence: of the past.
        carts: dense.
        now: days after the newest basket; float32 (carts,).
        mixes: weights of the cart's cosine against the customer's own decayed count.
        n: items per list.

    Returns:
        Name → dense items, -1 padded, int32 (carts, n); `personal_cosine` once per mix: ``personal_cosine@8.0``.
    """
    size = np.diff(evidence.items_of)
    order = np.argsort(evidence.item, kind="stable")
    post = np.repeat(np.arange(len(size), dtype=np.int32), size)[order]
    items = len(evidence.support)
    post_of = np.zeros(items + 1, np.int64)
    np.cumsum(np.bincount(evidence.item, minlength=items), out=post_of[1:])
    found = np.full((6 + len(mixes), len(carts), n), -1, np.int32)

    def share(part: int) -> None:
        _rank(evidence, carts.cart_of, carts.item, carts.customer, now, post_of, post,
              np.array(mixes, np.float64), part, _PARTS, found)  # fmt: skip

    with ThreadPoolExecutor(_PARTS) as pool:
        list(pool.map(share, range(_PARTS)))
    names = [*BASELINES[:6], *(f"personal_cosine@{mix}" for mix in mixes)]
    return dict(zip(names, found, strict=True))
