"""TIFU-KNN: personal item frequency with decay within and across groups of baskets, and that of like customers.

Source: Hu, He, Gao, Zhang, "Modeling personalized item frequency information for next-basket recommendation"
(SIGIR 2020). A customer's baskets are cut, in order of time, into `groups` runs of equal length; a basket counts
within^(baskets after it in its run) and a run across^(runs after it), both averaged; p = alpha · own + (1 − alpha) ·
mean of the `neighbours` nearest customers by Euclidean distance.
"""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from tsuide.errors import BadArray
from tsuide.kit.arrays import Float32, Int32, Int64
from tsuide.mining.cart_evidence import Evidence
from tsuide.mining.compiled import compiled
from tsuide.mining.fitted import Arrays, taken, taken_rows, taken_within

_TOUCHED: Final = np.float32(1e-30)  # next to nothing, and yet more than an item has that nobody touched
_POOL: Final = 20_000  # customers among whom neighbours are looked for: the latest


@dataclass(frozen=True, slots=True)
class Tifu:
    """Parameters of TIFU-KNN.

    Args:
        neighbours: how many like customers.
        within: decay per basket within a run.
        across: decay per run.
        alpha: weight of the customer's own vector.
        groups: how many runs.
    """

    neighbours: int = 300
    within: float = 0.9
    across: float = 0.9
    alpha: float = 0.5
    groups: int = 11

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "neighbours": self.neighbours,
            "within": self.within,
            "across": self.across,
            "alpha": self.alpha,
            "groups": self.groups,
        }


# For the grocery set of the same company (Dunnhumby): arguments "900 0.9 0.6 0.2 3" of the authors' code, as listed by
# Li et al., "A Next Basket Recommendation Reality Check" (TOIS 2023). There alpha weighs the customer's own vector and
# the "group size" is the number of runs. The code, other than the paper, lets `within` decay over the whole history.
PUBLISHED: Final = Tifu(neighbours=900, within=0.9, across=0.6, alpha=0.2, groups=3)


class Vectors(NamedTuple):
    """Every customer's vector, and by item who among the pool has it.

    Args:
        of: entries of customer c are `of[c]:of[c + 1]`; int64 (customers + 1,).
        item: dense, ascending within a customer; int32 (entries,).
        weight: decayed frequency; float32 (entries,).
        pool: customers among whom neighbours are looked for; int32 (pool,).
        norm: squared length of each pool member's vector; float32 (pool,).
        post_of: entries of item i are `post_of[i]:post_of[i + 1]`; int64 (items + 1,).
        post_member: place in the pool; int32 (pool's entries,).
        post_weight: float32 (pool's entries,).
    """

    of: Int64
    item: Int32
    weight: Float32
    pool: Int32
    norm: Float32
    post_of: Int64
    post_member: Int32
    post_weight: Float32


@compiled
def basket_weights(baskets: int, groups: int, within: float, across: float) -> np.ndarray:
    """What each of a customer's baskets counts, oldest first; float64 (baskets,).

    >>> basket_weights(3, 2, 0.5, 0.1)  # runs of 1 and 2: the older run counts a tenth, and each half
    array([0.05 , 0.125, 0.25 ])
    """
    out = np.empty(baskets)
    runs = min(groups, baskets)
    length, longer = baskets // max(1, runs), baskets % max(1, runs)
    place = 0
    for run in range(runs):
        size = length + (1 if run >= runs - longer else 0)
        for i in range(size):
            out[place] = within ** (size - 1 - i) / size * across ** (runs - 1 - run) / runs
            place += 1
    return out


@compiled
def _fill(ev: Evidence, groups: int, within: float, across: float, n_items: int, of: np.ndarray,
          item: np.ndarray, weight: np.ndarray) -> None:  # fmt: skip
    """Sums per customer and item, written behind each other; `of` is filled."""
    total = np.zeros(n_items)
    touched = np.empty(n_items, np.int32)
    place = 0
    for c in range(len(ev.baskets_of) - 1):
        of[c] = place
        first, last = ev.baskets_of[c], ev.baskets_of[c + 1]
        each = basket_weights(last - first, groups, within, across)
        n = 0
        for a in range(first, last):
            basket = ev.basket[a]
            for e in range(ev.items_of[basket], ev.items_of[basket + 1]):
                j = ev.item[e]
                if total[j] == 0:
                    touched[n] = j
                    n += 1
                total[j] += each[a - first] + 1e-30
        mine = np.sort(touched[:n])
        for j in mine:
            item[place] = j
            weight[place] = total[j]
            total[j] = 0
            place += 1
    of[len(ev.baskets_of) - 1] = place


def vectors_of(evidence: Evidence, tifu: Tifu) -> Vectors:
    """Every customer's vector."""
    customers, n_items = len(evidence.baskets_of) - 1, len(evidence.support)
    size = np.diff(evidence.items_of)[evidence.basket].sum()
    of = np.zeros(customers + 1, np.int64)
    item, weight = np.empty(size, np.int32), np.empty(size, np.float32)
    _fill(evidence, tifu.groups, tifu.within, tifu.across, n_items, of, item, weight)
    item, weight = item[: of[-1]].copy(), weight[: of[-1]].copy()
    newest = np.full(customers, -np.inf)
    active = np.flatnonzero(np.diff(evidence.baskets_of))
    newest[active] = -evidence.age[evidence.basket[evidence.baskets_of[active + 1] - 1]]
    pool = np.sort(active[np.argsort(-newest[active], kind="stable")[:_POOL]]).astype(np.int32)
    member = np.full(customers, -1, np.int32)
    member[pool] = np.arange(len(pool), dtype=np.int32)
    whose = member[np.repeat(np.arange(customers), np.diff(of))]
    kept = np.flatnonzero(whose >= 0)
    order = kept[np.argsort(item[kept], kind="stable")]
    post_of = np.zeros(n_items + 1, np.int64)
    np.cumsum(np.bincount(item[kept], minlength=n_items), out=post_of[1:])
    norm = np.bincount(whose[kept], weights=weight[kept].astype(np.float64) ** 2, minlength=len(pool))
    return Vectors(of, item, weight, pool, norm.astype(np.float32), post_of, whose[order], weight[order])


def vectors_from(arrays: Arrays, items: int, customers: int) -> Vectors:
    """The vectors that were saved, each array under ``vector_`` and its name.

    Raises:
        BadArray: an array is missing, or does not fit the others; named.
    """
    of, item, weight = taken_rows(
        arrays, "vector_of", {"vector_item": np.int32, "vector_weight": np.float32}, customers
    )
    pool = taken(arrays, "vector_pool", np.int32, (None,))
    post_of, member, post_weight = taken_rows(
        arrays, "vector_post_of", {"vector_post_member": np.int32, "vector_post_weight": np.float32}, items
    )
    for name, high in (("item", items), ("pool", customers), ("post_member", len(pool))):
        taken_within(arrays, f"vector_{name}", 0, high)
    if not (weight > 0).all():  # a neighbour's item without weight would be listed once for every neighbour
        raise BadArray("must be above zero", key="vector_weight", value=float(weight.min()))
    norm = taken(arrays, "vector_norm", np.float32, (len(pool),))
    return Vectors(of, item, weight, pool, norm, post_of, member, post_weight)


@compiled
def _closeness(vectors: Vectors, customer: int, near: np.ndarray) -> None:
    """2 u·v − |v|², the larger the nearer, for everybody in the pool; the customer themselves is left out."""
    near[:] = -vectors.norm  # |u − v|² = |u|² − (2 u·v − |v|²)
    for e in range(vectors.of[customer], vectors.of[customer + 1]):
        i, mine = vectors.item[e], np.float32(2.0) * vectors.weight[e]
        for p in range(vectors.post_of[i], vectors.post_of[i + 1]):
            near[vectors.post_member[p]] += mine * vectors.post_weight[p]
    for m in range(len(near)):
        if vectors.pool[m] == customer:
            near[m] = -np.inf


@compiled
def add_neighbours(vectors: Vectors, customer: int, neighbours: int, near: np.ndarray, mean: np.ndarray,
                   touched: np.ndarray, n: int) -> int:  # fmt: skip
    """The mean vector of the nearest customers, and which items it touches that were not touched before.

    Args:
        vectors: of all customers.
        customer: whose neighbours.
        neighbours: how many.
        near: float32 (pool,); overwritten.
        mean: zeros, float32 (items,); filled: above zero for every item that is touched then.
        touched: items written so far; changed.
        n: how many.

    Returns:
        How many items are touched now.
    """
    for a in range(n):
        mean[touched[a]] = _TOUCHED
    _closeness(vectors, customer, near)
    take = min(neighbours, len(near) - 1)
    if take <= 0:
        return n
    chosen = np.argpartition(-near, take - 1)[:take]
    for m in chosen:  # no question asked on the way: a branch that cannot be foretold takes longer than the sums
        other = vectors.pool[m]
        for e in range(vectors.of[other], vectors.of[other + 1]):
            mean[vectors.item[e]] += vectors.weight[e]
    for a in range(n):
        mean[touched[a]] = -mean[touched[a]]  # set aside
    before = n
    for j in range(len(mean)):
        if mean[j] > 0:
            touched[n] = j
            n += 1
    for a in range(before):
        mean[touched[a]] = -mean[touched[a]]
    for a in range(n):
        mean[touched[a]] /= take
    return n
