"""From a customer to candidates for the next basket and their features: the compiled part of next basket."""

from typing import Final

import numpy as np

from tsuide.mining.cart_evidence import Evidence
from tsuide.mining.choice import value_of
from tsuide.mining.compiled import compiled
from tsuide.mining.shortlist import shortlist, take_best
from tsuide.mining.tifu import Vectors, add_neighbours

FEATURES: Final = (
    "one",  # a constant: what being new or known is worth by itself
    "popularity",
    "trend_14",
    "trend_60",
    "tifu_own",
    "tifu_neighbours",
    "tifu",
    "own_15",
    "own_60",
    "own_200",
    "own_count",
    "own_share",
    "days_by_item_interval",  # the time-aware weights: how due, by the item's own rhythm …
    "days_by_own_interval",  # … and by the customer's rhythm with it
    "repeat_rate",
    "baskets_since",
    "company",  # cosine to what the customer buys, weighted by how much
    "group_own",
    "group_share",
    "own_baskets",
    "own_alone",  # own purchases in small baskets count more: those are foretold one by one
    "alone",
    "own_latest",
)
N_FEATURES: Final = len(FEATURES)
SCRATCH: Final = 13  # touched, own, neighbours, 15, 60, 200, times, days, first, since, company, alone, latest
GROUP_SCRATCH: Final = 1
NEW: Final = 0
KNOWN: Final = 1


@compiled
def _own(ev: Evidence, customer: int, now: float, scratch: np.ndarray, groups: np.ndarray, touched: np.ndarray) -> int:
    """The customer's baskets, decayed by days."""
    n = 0
    first, last = ev.baskets_of[customer], ev.baskets_of[customer + 1]
    for a in range(first, last):
        basket = ev.basket[a]
        days = ev.age[basket] + now
        w15, w60, w200 = np.exp(-days / 15), np.exp(-days / 60), np.exp(-days / 200)
        begin, end = ev.items_of[basket], ev.items_of[basket + 1]
        alone = w200 / (end - begin)
        latest = 0.7 ** (last - 1 - a)
        for e in range(begin, end):
            j = ev.item[e]
            row = scratch[j]
            if row[0] == 0:
                row[0] = 1
                touched[n] = j
                n += 1
                row[8] = days
            row[3] += w15
            row[4] += w60
            row[5] += w200
            row[6] += 1
            row[7] = days
            row[9] = last - 1 - a
            row[11] += alone
            row[12] += latest
            groups[ev.group[j], 0] += w60
    return n


@compiled
def _company(ev: Evidence, scratch: np.ndarray, touched: np.ndarray, own: int, most: int) -> int:
    """Partners of what the customer buys most; how many items are touched then."""
    n = own
    weights = np.empty(own, np.float32)
    for o in range(own):
        weights[o] = scratch[touched[o], 5]
    chosen = np.arange(own)
    if own > most:
        chosen = np.argpartition(-weights, most - 1)[:most]
    total = np.float32(0.0)
    for a in chosen:
        total += weights[a]
    for a in chosen:
        i = touched[a]
        for k in range(ev.partner.shape[1]):
            j = ev.partner[i, k]
            if j < 0:
                break
            row = scratch[j]
            if row[0] == 0:
                row[0] = 1
                touched[n] = j
                n += 1
            row[10] += weights[a] / total * ev.together[i, k] / np.sqrt(ev.support[i] * ev.support[j])
    return n


@compiled
def _describe(
    ev: Evidence, j: int, row: np.ndarray, groups: np.ndarray, baskets: int, blend: float, out: np.ndarray
) -> None:
    """The features of one candidate in the order of FEATURES."""
    total = len(ev.items_of) - 1
    known = row[6] > 0
    days = max(row[7], np.float32(0.0))
    out[0] = 1.0
    out[1] = np.log((ev.support[j] + 0.1) / max(1, total) * 1e4)
    out[2] = np.log((ev.recent[j, 0] + 0.5) / (ev.support[j] + 0.5))
    out[3] = np.log((ev.recent[j, 1] + 0.5) / (ev.support[j] + 0.5))
    out[4] = np.log(1e-3 + row[1])
    out[5] = np.log(1e-4 + row[2])
    out[6] = np.log(1e-4 + blend)
    out[7] = np.log(0.02 + row[3])
    out[8] = np.log(0.05 + row[4])
    out[9] = np.log(0.2 + row[5])
    out[10] = np.log1p(row[6])
    out[11] = np.log(row[6] / max(1, baskets)) if known else 0.0
    out[12] = np.log(days / ev.interval[j] + 0.1) if known else 0.0
    own_interval = (row[8] - days + ev.interval[j]) / max(np.float32(1.0), row[6])
    out[13] = np.log(days / max(own_interval, np.float32(0.5)) + 0.1) if known else 0.0
    out[14] = np.log(0.05 + ev.repeat[j])
    out[15] = np.log1p(row[9]) if known else 0.0
    out[16] = np.log(1e-4 + row[10])
    out[17] = np.log(0.05 + max(groups[ev.group[j], 0] - row[4], np.float32(0.0)))
    out[18] = np.log(ev.share[j] + 1e-6)
    out[19] = np.log1p(baskets)
    out[20] = np.log(1e-3 + row[11] / max(1, baskets))
    out[21] = np.log(ev.alone[j] + 1e-3)
    out[22] = np.log(0.01 + row[12])


@compiled
def _blended(
    ev: Evidence, alpha: float, top: float, touched: np.ndarray, own: int, scratch: np.ndarray, mean: np.ndarray
) -> np.ndarray:
    """The TIFU score of every touched item, popularity breaking ties; the first `own` have a vector of their own."""
    blend = np.empty(len(touched), np.float32)
    for a in range(len(touched)):
        j = touched[a]
        blend[a] = (1 - alpha) * mean[j] + 1e-6 * ev.recent[j, 1] / top
        if a < own:
            blend[a] += alpha * scratch[j, 1]
    return blend


@compiled
def describe(
    ev: Evidence,
    vectors: Vectors,
    customer: int,
    now: float,
    neighbours: int,
    alpha: float,
    most: int,
    scratch: np.ndarray,
    groups: np.ndarray,
    touched: np.ndarray,
    near: np.ndarray,
    nothing: np.ndarray,
    candidates: np.ndarray,
    features: np.ndarray,
    blends: np.ndarray,
    regime: np.ndarray,
) -> int:
    """Candidates for one customer with their features; scratch is left as found (zeros).

    Args:
        ev: what the baskets say.
        vectors: TIFU vectors.
        customer: dense, -1 = not known (only what is popular comes).
        now: days after the newest basket.
        neighbours: of TIFU.
        alpha: of TIFU.
        most: of how many own items partners are looked up; 0 = none.
        scratch: zeros, float32 (items, SCRATCH).
        groups: float32 (groups, 1); overwritten.
        touched: int32 (items,); overwritten.
        near: float32 (pool,); overwritten.
        nothing: zeros, uint8 (items,): nothing is blocked.
        candidates: int32 (room,); filled.
        features: float32 (room, N_FEATURES); filled; not where it has no rows.
        blends: the TIFU score, popularity breaking ties; float32 (room,); filled.
        regime: uint8 (room,): KNOWN or NEW; filled.

    Returns:
        How many candidates.
    """
    groups[:] = 0
    baskets = int(ev.baskets_of[customer + 1] - ev.baskets_of[customer]) if customer >= 0 else 0
    own, written, n = 0, 0, 0
    mean = np.zeros(len(scratch), np.float32)  # apart from the rows: nearly all items have neighbours, few a row
    if baskets > 0:
        own = written = _own(ev, customer, now, scratch, groups, touched)
        for e in range(vectors.of[customer], vectors.of[customer + 1]):
            scratch[vectors.item[e], 1] = vectors.weight[e]
        if most > 0 and own > 0:
            written = _company(ev, scratch, touched, own, most)
        n = add_neighbours(vectors, customer, neighbours, near, mean, touched, written)
    for j in ev.popular:
        if mean[j] == 0:
            touched[n] = j
            n += 1
    top = max(1.0, ev.recent[ev.popular[0], 1]) if len(ev.popular) else 1.0
    blend = _blended(ev, alpha, top, touched[:n], own, scratch, mean)
    size = shortlist(blend, touched, n, own, nothing, candidates)
    for c in range(size):
        j = candidates[c]
        row = scratch[j]
        row[2] = mean[j]
        blends[c] = alpha * row[1] + (1 - alpha) * row[2] + 1e-6 * ev.recent[j, 1] / top
        regime[c] = KNOWN if row[6] > 0 else NEW
        if len(features):
            _describe(ev, j, row, groups, baskets, blends[c], features[c])
    for a in range(written):
        scratch[touched[a], :] = 0
    for c in range(size):
        scratch[candidates[c], :] = 0
    return size


@compiled
def rank(
    ev: Evidence,
    vectors: Vectors,
    customer: np.ndarray,
    now: float,
    neighbours: int,
    alpha: float,
    most: int,
    base: np.ndarray,
    knot: np.ndarray,
    weight: np.ndarray,
    room: int,
    scratch: np.ndarray,
    groups: np.ndarray,
    touched: np.ndarray,
    near: np.ndarray,
    nothing: np.ndarray,
    item: np.ndarray,
    score: np.ndarray,
) -> None:
    """The best items for every customer, best first, into `item` (-1 padded) and `score`; (customers, n).

    Without curves (no regimes in `base`) the TIFU score itself ranks.
    """
    learned = len(base) > 0
    candidates = np.empty(room, np.int32)
    features = np.empty((room if learned else 0, N_FEATURES), np.float32)
    blends = np.empty(room, np.float32)
    regime = np.empty(room, np.uint8)
    value = np.empty(room, np.float64)
    for q in range(len(customer)):
        size = describe(
            ev,
            vectors,
            customer[q],
            now,
            neighbours,
            alpha,
            most,
            scratch,
            groups,
            touched,
            near,
            nothing,
            candidates,
            features,
            blends,
            regime,
        )
        for c in range(size):
            value[c] = blends[c]
            if learned:
                r = regime[c]
                value[c] = base[r] + value_of(features[c], knot[r], weight[r])
        take_best(value, candidates, size, item[q], score[q])


@compiled
def describe_all(
    ev: Evidence,
    vectors: Vectors,
    customer: np.ndarray,
    now: float,
    neighbours: int,
    alpha: float,
    most: int,
    first: int,
    step: int,
    scratch: np.ndarray,
    groups: np.ndarray,
    touched: np.ndarray,
    near: np.ndarray,
    nothing: np.ndarray,
    candidates: np.ndarray,
    features: np.ndarray,
    blends: np.ndarray,
    regime: np.ndarray,
    size: np.ndarray,
) -> None:
    """`describe` for every step-th customer, into rows of the arrays."""
    for q in range(first, len(customer), step):
        size[q] = describe(
            ev,
            vectors,
            customer[q],
            now,
            neighbours,
            alpha,
            most,
            scratch,
            groups,
            touched,
            near,
            nothing,
            candidates[q],
            features[q],
            blends[q],
            regime[q],
        )
