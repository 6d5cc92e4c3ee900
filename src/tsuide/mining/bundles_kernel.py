"""Growing sets around their main items: the compiled part of bundles."""

from typing import Final

import numpy as np

from tsuide.kit.arrays import Float64, Int32, Int64
from tsuide.mining.compiled import compiled

_UNEQUAL: Final = 12  # a list so many times longer than the other is searched, not walked


@compiled
def meet(left: Int32, right: Int32, out: Int32) -> int:
    """What two ascending lists share, written to `out` (which may be `left`); returns how many."""
    if len(left) * _UNEQUAL < len(right):
        return _searched(left, right, out)
    if len(right) * _UNEQUAL < len(left):
        return _searched(right, left, out)
    i, j, count = 0, 0, 0
    while i < len(left) and j < len(right):
        if left[i] < right[j]:
            i += 1
        elif left[i] > right[j]:
            j += 1
        else:
            out[count] = left[i]
            count += 1
            i += 1
            j += 1
    return count


@compiled
def _searched(few: Int32, many: Int32, out: Int32) -> int:
    """`meet` by looking each of `few` up in `many`, from where the one before stood, in doubling steps.

    Where `out` is `many` itself it is written only behind what was read: what is shared stands there no earlier.
    """
    count, low, n = 0, 0, len(many)
    for i in range(len(few)):
        wanted = few[i]
        step = 1
        high = low
        while high < n and many[high] < wanted:
            low = high + 1
            high += step
            step *= 2
        high = min(high, n)
        while low < high:
            middle = (low + high) // 2
            if many[middle] < wanted:
                low = middle + 1
            else:
                high = middle
        if low == n:
            break
        if many[low] == wanted:
            out[count] = wanted
            count += 1
            low += 1
    return count


@compiled
def _fits(item: int, members: Int32, group: Int32, apart: Int64) -> bool:
    """Whether an item shares no need with a member and is not kept apart from one."""
    n_items = len(group)
    for m in members:
        if m == item or group[m] == group[item]:
            return False
        key = min(m, item) * n_items + max(m, item)
        place = np.searchsorted(apart, key)
        if place < len(apart) and apart[place] == key:
            return False
    return True


@compiled
def _weight(count: int, n_a: int, n_b: int, n_baskets: int) -> float:
    """Max(0, log lift) · log(1 + count) of a pair."""
    if count == 0:
        return 0.0
    lift = count * n_baskets / (n_a * n_b)
    return float(max(0.0, np.log(lift)) * np.log1p(count))


@compiled
def grow(
    first: int,
    end: int,
    begins: Int64,
    basket_of: Int32,
    sure: Int32,
    together: Int32,
    group: Int32,
    apart: Int64,
    n_baskets: int,
    size: int,
    starter: int,
    min_count: int,
    out: Float64,
) -> int:
    """Grow a starter and a complete set around each of some items.

    A candidate that does not fit, or shares too few baskets with the set, never will again: both only shrink.

    Args:
        first: the first main item.
        end: the one after the last.
        begins: baskets of item a are `basket_of[begins[a]:begins[a + 1]]`; int64 (items + 1,).
        basket_of: ascending within an item, int32 (entries,).
        sure: candidates of each main item, best first, -1 = none; int32 (items, top).
        together: their common baskets with the main item; int32 (items, top).
        group: need of each item, int32 (items,).
        apart: sorted keys low · items + high of pairs kept apart.
        n_baskets: all baskets.
        size: items in a set at most.
        starter: items in a starter at most.
        min_count: baskets that must hold the whole set.
        out: float64 (2 · mains, size + 2), -1 everywhere; rows become members, count, density.

    Returns:
        How many rows were written.
    """
    longest = 0
    for main in range(first, end):
        longest = max(longest, begins[main + 1] - begins[main])
    shared, scratch = np.empty(longest, np.int32), np.empty(longest, np.int32)
    members = np.empty(size, np.int32)
    left = np.empty(sure.shape[1], np.int32)  # places in `sure` of candidates that still may join
    gained = np.empty(sure.shape[1], np.float64)  # weight of each candidate's pairs with the members
    rows = 0
    for main in range(first, end):
        n_main = begins[main + 1] - begins[main]
        shared[:n_main] = basket_of[begins[main] : begins[main + 1]]
        members[0] = main
        n_left = _first_candidates(
            main, begins, sure, together, group, apart, n_baskets, min_count, members[:1], left, gained
        )
        n_shared, n_members, weight, density = n_main, 1, 0.0, 0.0
        while n_members < size:
            if n_members > 1:
                n_left = _shortened(
                    main, n_left, left, gained, members[:n_members], shared[:n_shared], begins, basket_of,
                    sure, group, apart, n_baskets, min_count, scratch,
                )  # fmt: skip
            if n_left == 0:
                break  # nothing fits
            best = int(np.argmax(gained[:n_left]))  # the first of equals
            thinner = (weight + gained[best]) / (n_members * (n_members + 1) / 2)
            if 2 * thinner < density:
                break  # the newcomer would halve what held the set together
            item = sure[main, left[best]]
            n_shared = meet(shared[:n_shared], basket_of[begins[item] : begins[item + 1]], shared)
            weight, density = weight + gained[best], thinner
            members[n_members] = item
            n_members += 1
            if n_members == starter:
                _write(out, rows, members, n_members, n_shared, density)
                rows += 1
        if n_members > 1 and n_members != starter:
            _write(out, rows, members, n_members, n_shared, density)
            rows += 1
    return rows


@compiled
def _first_candidates(
    main: int,
    begins: Int64,
    sure: Int32,
    together: Int32,
    group: Int32,
    apart: Int64,
    n_baskets: int,
    min_count: int,
    alone: Int32,
    left: Int32,
    gained: Float64,
) -> int:
    """Candidates that may join the main item alone, weighed by counts that are known; returns how many."""
    n_main = begins[main + 1] - begins[main]
    n_left = 0
    for place in range(sure.shape[1]):
        item = sure[main, place]
        if item < 0:
            break
        if together[main, place] >= min_count and _fits(item, alone, group, apart):
            left[n_left] = place
            n_other = begins[item + 1] - begins[item]
            gained[n_left] = _weight(together[main, place], n_main, n_other, n_baskets)
            n_left += 1
    return n_left


@compiled
def _shortened(
    main: int,
    n_left: int,
    left: Int32,
    gained: Float64,
    members: Int32,
    shared: Int32,
    begins: Int64,
    basket_of: Int32,
    sure: Int32,
    group: Int32,
    apart: Int64,
    n_baskets: int,
    min_count: int,
    scratch: Int32,
) -> int:
    """Drop candidates that the newest member shuts out, weigh the others with it; returns how many are left."""
    newest = members[len(members) - 1]
    of_newest = basket_of[begins[newest] : begins[newest + 1]]
    kept = 0
    for k in range(n_left):
        item = sure[main, left[k]]
        of_item = basket_of[begins[item] : begins[item + 1]]
        if not _fits(item, members[len(members) - 1 :], group, apart):
            continue
        if meet(shared, of_item, scratch) < min_count:
            continue
        count = common(of_newest, of_item)
        left[kept] = left[k]
        gained[kept] = gained[k] + _weight(count, len(of_newest), len(of_item), n_baskets)
        kept += 1
    return kept


@compiled
def common(left: Int32, right: Int32) -> int:
    """How many two ascending lists share."""
    return meet(left, right, np.empty(min(len(left), len(right)), np.int32))


@compiled
def _write(out: Float64, row: int, members: Int32, n_members: int, count: int, density: float) -> None:
    width = out.shape[1]
    for place in range(n_members):
        out[row, place] = members[place]
    out[row, width - 2] = count
    out[row, width - 1] = density


@compiled
def attach_shares(items: Int32, begins: Int64, basket_of: Int32, attach: Float64) -> None:
    """Share of the main item's baskets that hold each other member, written to `attach`; (sets, size − 1)."""
    for row in range(len(items)):
        main = items[row, 0]
        of_main = basket_of[begins[main] : begins[main + 1]]
        for place in range(1, items.shape[1]):
            item = items[row, place]
            if item >= 0:
                attach[row, place - 1] = common(of_main, basket_of[begins[item] : begins[item + 1]]) / len(of_main)
