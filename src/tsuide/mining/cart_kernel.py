"""From a cart and a customer to candidates and their features: the compiled part of completion.

One query scatters the customer's own baskets and the partners of the cart's items into a scratch row per item,
keeps the best of what the customer bought before and of what is new to them, and describes each in numbers.
"""

from typing import Final

import numpy as np

from tsuide.mining.cart_evidence import Evidence
from tsuide.mining.choice import value_of
from tsuide.mining.compiled import compiled
from tsuide.mining.shortlist import shortlist, take_best

FEATURES: Final = (
    "one",  # a constant: what being new or known is worth by itself
    "popularity",
    "trend_14",
    "trend_60",
    "own_15",
    "own_60",
    "own_200",
    "own_count",
    "own_share",
    "own_baskets_like_this",
    "days_by_interval",
    "repeat_rate",
    "cosine",
    "asymmetric",
    "closest",
    "ppmi",
    "confidence",
    "blend",
    "cart_size",
    "group_cosine",
    "group_closest",
    "group_own",
    "group_in_cart",
    "group_several",
    "group_share",
)
N_FEATURES: Final = len(FEATURES)
SCRATCH: Final = 12  # columns: touched, own 15, 60, 200, times, days, cosine, asymmetric, max, ppmi, conf., alike
GROUP_SCRATCH: Final = 4  # columns: cosine, closest, own, in cart
NEW: Final = 0
KNOWN: Final = 1


@compiled
def _own(ev: Evidence, customer: int, now: float, cart: np.ndarray, in_cart: np.ndarray,
         scratch: np.ndarray, groups: np.ndarray, touched: np.ndarray) -> int:  # fmt: skip
    """The customer's own baskets, decayed; `now` in days after the newest basket. How many items they touch."""
    n = 0
    for a in range(ev.baskets_of[customer], ev.baskets_of[customer + 1]):
        basket = ev.basket[a]
        first, last = ev.items_of[basket], ev.items_of[basket + 1]
        common = 0
        for e in range(first, last):
            common += in_cart[ev.item[e]]
        days = ev.age[basket] + now
        w15, w60, w200 = np.exp(-days / 15), np.exp(-days / 60), np.exp(-days / 200)
        alike = common / np.sqrt((last - first) * max(1, len(cart))) * np.exp(-days / 120)
        for e in range(first, last):
            j = ev.item[e]
            row = scratch[j]
            if row[0] == 0:
                row[0] = 1
                touched[n] = j
                n += 1
            row[1] += w15
            row[2] += w60
            row[3] += w200
            row[4] += 1
            row[5] = days  # oldest first: the newest stays
            row[11] += alike
            groups[ev.group[j], 2] += w60
    return n


@compiled
def _similar(ev: Evidence, cart: np.ndarray, scratch: np.ndarray, groups: np.ndarray,
             touched: np.ndarray, n: int) -> int:  # fmt: skip
    """Partners of the cart's items."""
    total = len(ev.items_of) - 1
    for i in cart:
        mine = ev.support[i]
        if mine == 0:
            continue
        steep = mine ** np.float32(0.7)
        for k in range(ev.partner.shape[1]):
            j = ev.partner[i, k]
            if j < 0:
                break
            row = scratch[j]
            if row[0] == 0:
                row[0] = 1
                touched[n] = j
                n += 1
            common, theirs = ev.together[i, k], ev.support[j]
            cosine = common / np.sqrt(mine * theirs)
            row[6] += cosine
            row[7] += common / (steep * theirs ** np.float32(0.4))
            row[8] = max(row[8], cosine)
            information = np.log(common * (total / (mine * theirs)))
            if information > 0:
                row[9] += information * np.log1p(common)
            row[10] += common / mine
        group = ev.group[i]
        groups[group, 3] += 1
        for k in range(ev.group_partner.shape[1]):
            other = ev.group_partner[group, k]
            if other < 0:
                break
            cosine = ev.group_cosine[group, k]
            groups[other, 0] += cosine
            groups[other, 1] = max(groups[other, 1], cosine)
    return n


@compiled
def _describe(ev: Evidence, j: int, row: np.ndarray, groups: np.ndarray, length: int, baskets: int,
              blend: float, out: np.ndarray) -> None:  # fmt: skip
    """The features of one candidate in the order of FEATURES."""
    total = len(ev.items_of) - 1
    known = row[4] > 0
    each = 1.0 / max(1, length)
    group = groups[ev.group[j]]
    out[0] = 1.0
    out[1] = np.log((ev.support[j] + 0.1) / max(1, total) * 1e4)
    out[2] = np.log((ev.recent[j, 0] + 0.5) / (ev.support[j] + 0.5))
    out[3] = np.log((ev.recent[j, 1] + 0.5) / (ev.support[j] + 0.5))
    out[4] = np.log(0.02 + row[1])
    out[5] = np.log(0.05 + row[2])
    out[6] = np.log(0.2 + row[3])
    out[7] = np.log1p(row[4])
    out[8] = np.log(row[4] / max(1, baskets)) if known else 0.0
    out[9] = np.log(0.02 + row[11])
    out[10] = np.log(max(row[5], 0.0) / ev.interval[j] + 0.1) if known else 0.0
    out[11] = np.log(0.05 + ev.repeat[j])
    out[12] = np.log(0.02 + row[6] * np.sqrt(each))
    out[13] = np.log(0.02 + row[7] * each)
    out[14] = np.log(0.02 + row[8])
    out[15] = np.log1p(row[9] * each)
    out[16] = np.log(0.005 + row[10] * each)
    out[17] = np.log(0.01 + blend)
    out[18] = np.log(max(1.0, length))
    out[19] = np.log(0.01 + group[0] * each)
    out[20] = np.log(0.01 + group[1])
    out[21] = np.log(0.05 + max(group[2] - row[2], 0.0))
    out[22] = 1.0 if group[3] > 0 else 0.0
    out[23] = ev.group_several[ev.group[j]] if group[3] > 0 else 0.0
    out[24] = np.log(ev.share[j] + 1e-6)


@compiled
def describe(ev: Evidence, cart: np.ndarray, customer: int, now: float, mix: float, scratch: np.ndarray,
             in_cart: np.ndarray, groups: np.ndarray, touched: np.ndarray, candidates: np.ndarray,
             features: np.ndarray, blends: np.ndarray, regime: np.ndarray) -> int:  # fmt: skip
    """Candidates of one query with their features.

    Args:
        ev: what the baskets say.
        cart: dense items, distinct; int32 (length,).
        customer: dense, -1 = not known.
        now: days after the newest basket.
        mix: weight of the cart's cosine against the customer's own decayed count.
        scratch: zeros, float32 (items, SCRATCH); left as found.
        in_cart: zeros, uint8 (items,); left as found.
        groups: float32 (groups, GROUP_SCRATCH); overwritten.
        touched: int32 (items,); overwritten.
        candidates: int32 (room,); filled.
        features: float32 (room, N_FEATURES); filled.
        blends: float32 (room,): own + mix · cosine, by which the shortlist was made; filled.
        regime: uint8 (room,): KNOWN or NEW to the customer; filled.

    Returns:
        How many candidates.
    """
    groups[:] = 0
    for i in cart:
        in_cart[i] = 1
    own, baskets = 0, 0
    if customer >= 0:
        baskets = ev.baskets_of[customer + 1] - ev.baskets_of[customer]
        own = _own(ev, customer, now, cart, in_cart, scratch, groups, touched)
    n = _similar(ev, cart, scratch, groups, touched, own)
    for j in ev.popular:
        if scratch[j, 0] == 0:
            scratch[j, 0] = 1
            touched[n] = j
            n += 1
    root = np.sqrt(max(1, len(cart)))
    most = max(1.0, ev.recent[ev.popular[0], 1]) if len(ev.popular) else 1.0
    blend = np.empty(n, np.float32)
    for a in range(n):
        j = touched[a]
        # popularity only breaks ties
        blend[a] = scratch[j, 2] + mix * scratch[j, 6] / root + 1e-4 * ev.recent[j, 1] / most
    size = shortlist(blend, touched, n, own, in_cart, candidates)
    for c in range(size):
        j = candidates[c]
        row = scratch[j]
        blends[c] = row[2] + mix * row[6] / root + 1e-4 * ev.recent[j, 1] / most
        regime[c] = KNOWN if row[4] > 0 else NEW
        _describe(ev, j, row, groups, len(cart), baskets, blends[c], features[c])
    for a in range(n):
        scratch[touched[a], :] = 0
    for i in cart:
        in_cart[i] = 0
    return size


@compiled
def rank(ev: Evidence, cart_of: np.ndarray, cart: np.ndarray, customer: np.ndarray, now: np.ndarray,
         mix: float, base: np.ndarray, knot: np.ndarray, weight: np.ndarray, room: int, scratch: np.ndarray,
         in_cart: np.ndarray, groups: np.ndarray, touched: np.ndarray, item: np.ndarray,
         score: np.ndarray) -> None:  # fmt: skip
    """The best items of every query, best first, into `item` (-1 padded) and `score`; (queries, n)."""
    candidates = np.empty(room, np.int32)
    features = np.empty((room, N_FEATURES), np.float32)
    blends = np.empty(room, np.float32)
    regime = np.empty(room, np.uint8)
    value = np.empty(room, np.float64)
    for q in range(len(customer)):
        one = cart[cart_of[q] : cart_of[q + 1]]
        size = describe(ev, one, customer[q], now[q], mix, scratch, in_cart, groups, touched,
                        candidates, features, blends, regime)  # fmt: skip
        for c in range(size):
            value[c] = base[regime[c]] + value_of(features[c], knot[regime[c]], weight[regime[c]])
        take_best(value, candidates, size, item[q], score[q])


@compiled
def describe_all(ev: Evidence, cart_of: np.ndarray, cart: np.ndarray, customer: np.ndarray, now: np.ndarray,
                 mix: float, first: int, step: int, scratch: np.ndarray, in_cart: np.ndarray,
                 groups: np.ndarray, touched: np.ndarray, candidates: np.ndarray, features: np.ndarray,
                 blends: np.ndarray, regime: np.ndarray, size: np.ndarray) -> None:  # fmt: skip
    """`describe` for every step-th query, into rows of the arrays."""
    for q in range(first, len(customer), step):
        size[q] = describe(ev, cart[cart_of[q] : cart_of[q + 1]], customer[q], now[q], mix, scratch, in_cart,
                           groups, touched, candidates[q], features[q], blends[q], regime[q])  # fmt: skip
