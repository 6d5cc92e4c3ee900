"""What sets are usually made of: the most bought together, the most confident, and what is popular anyway."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from tsuide.kit.arrays import Float64, Int32, Int64
from tsuide.mining.baskets import Baskets
from tsuide.mining.bundles_kernel import meet
from tsuide.mining.compiled import compiled
from tsuide.mining.complements import Complements
from tsuide.mining.kernels import posts_of

CONFIDENCE: Final = 0.001  # the usual floor of association rules
POPULAR: Final = 200  # items among which random sets are drawn
_TRIES: Final = 50


def grown_sets(baskets: Baskets, group: Int32, *, size: int, min_count: int) -> tuple[Int32, Int64]:
    """Around each item the set that most baskets hold, item by item; every set of two to `size` items on the way.

    For one main item this is also the set of the highest confidence: its baskets divide both.

    Args:
        baskets: the past.
        group: need of each item, no two of which share a set; int32 (items,).
        size: items in a set at most.
        min_count: baskets that must hold the whole set.

    Returns:
        Members, main first, -1 = none, int32 (sets, size); baskets that hold all of it, int64 (sets,).

    >>> sets, count = grown_sets(Baskets.from_arrays([0, 2, 4, 5], [0, 1, 0, 1, 2]), np.arange(3, dtype=np.int32),
    ...                          size=2, min_count=2)
    >>> sets.tolist(), count.tolist()
    ([[0, 1], [1, 0]], [2, 2])
    """
    learner = Complements(min_count=min_count, score="count", keep=False)
    partners = learner.fit(baskets, tune=False).top_item
    begins, basket_of = posts_of(baskets.items_of, baskets.item, baskets.n_items)
    sets = np.full((baskets.n_items * (size - 1), size), -1, np.int32)
    count = np.zeros(len(sets), np.int64)
    rows = _grow(begins, basket_of, partners, group, size, min_count, sets, count)
    return sets[:rows], count[:rows]


@compiled
def _grow(
    begins: Int64,
    basket_of: Int32,
    partners: Int32,
    group: Int32,
    size: int,
    min_count: int,
    sets: Int32,
    count: Int64,
) -> int:
    longest = 0
    for main in range(len(begins) - 1):
        longest = max(longest, begins[main + 1] - begins[main])
    shared, scratch = np.empty(longest, np.int32), np.empty(longest, np.int32)
    members = np.full(size, -1, np.int32)
    rows = 0
    for main in range(len(begins) - 1):
        n_shared = begins[main + 1] - begins[main]
        shared[:n_shared] = basket_of[begins[main] : begins[main + 1]]
        members[0] = main
        for n_members in range(1, size):
            best, best_count = -1, min_count - 1
            for item in partners[main]:
                if item < 0:
                    break
                if _taken(item, members[:n_members], group):
                    continue
                held = meet(shared[:n_shared], basket_of[begins[item] : begins[item + 1]], scratch)
                if held > best_count:
                    best, best_count = item, held
            if best < 0:
                break
            n_shared = meet(shared[:n_shared], basket_of[begins[best] : begins[best + 1]], shared)
            members[n_members] = best
            sets[rows, : n_members + 1] = members[: n_members + 1]
            count[rows] = best_count
            rows += 1
    return rows


@compiled
def _taken(item: int, members: Int32, group: Int32) -> bool:
    for member in members:  # noqa: SIM110 - compiled: a loop, no generator
        if member == item or group[member] == group[item]:
            return True
    return False


def picked_sets(sets: Int32, worth: Float64, sizes: Mapping[int, int]) -> Int32:
    """Of each size the most worth, so many as asked for, no two with the same items; int32 (picked, size).

    Args:
        sets: members, -1 = none; int32 (sets, size).
        worth: of each set, float64 (sets,).
        sizes: items in a set → how many sets.

    >>> sets = np.array([[0, 1, -1], [1, 0, -1], [2, 0, -1]], np.int32)
    >>> picked_sets(sets, np.array([1.0, 2.0, 0.5]), {2: 2}).tolist()
    [[1, 0, -1], [2, 0, -1]]
    """
    of_size = (sets >= 0).sum(axis=1)
    picked: list[int] = []
    for size, wanted in sorted(sizes.items()):
        rows = np.flatnonzero(of_size == size)
        rows = rows[np.lexsort((sets[rows, 0], -worth[rows]))]
        content = np.sort(sets[rows], axis=1)
        _, first = np.unique(content, axis=0, return_index=True)
        picked += rows[np.sort(first)][:wanted].tolist()
    return sets[np.array(picked, np.int64)]


def random_sets(degree: Int64, group: Int32, sizes: Mapping[int, int], *, width: int, seed: int) -> Int32:
    """Sets drawn among the most popular items, no two items of one need; int32 (sets, width).

    Args:
        degree: baskets of each item, (items,).
        group: need of each item, int32 (items,).
        sizes: items in a set → how many sets.
        width: columns of the result.
        seed: of the draw.
    """
    random = np.random.default_rng(seed)
    popular = np.argsort(-degree, kind="stable")[:POPULAR].astype(np.int32)
    found = []
    for size, wanted in sorted(sizes.items()):
        for _ in range(wanted):
            for _ in range(_TRIES):
                drawn = random.choice(popular, min(size, len(popular)), replace=False)
                if len(np.unique(group[drawn])) == size:
                    found.append(np.pad(drawn, (0, width - size), constant_values=-1))
                    break
    return np.array(found, np.int32).reshape(-1, width)
