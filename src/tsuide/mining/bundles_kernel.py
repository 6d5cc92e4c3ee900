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
def grow(
    first: int,
    end: int,
    begins: Int64,
    basket_of: Int32,
    sure: Int32,
    together: Int32,
    group: Int32,
    apart: Int64,
    customer: Int32,
    recent_from: int,
    size: int,
    starter: int,
    min_count: int,
    still: int,
    hold: float,
    out: Int64,
) -> int:
    """Grow a starter and a complete set around each of some items: the one joins that most of the set's baskets hold.

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
        customer: of each basket, -1 = not known; int32 (baskets,).
        recent_from: the first of the latest baskets.
        size: items in a set at most.
        starter: items in a starter at most.
        min_count: baskets that must hold the whole set.
        still: of the latest baskets, those that must.
        hold: share of a set's baskets that must hold what joins it; a pair's first join is free.
        out: int64 (2 · mains, size + 3), -1 everywhere; rows become members, count, customers with the main item,
            customers with all (0 where they are not known).

    Returns:
        How many rows were written.
    """
    longest = 0
    for main in range(first, end):
        longest = max(longest, begins[main + 1] - begins[main])
    shared, scratch = np.empty(longest, np.int32), np.empty(longest, np.int32)
    members = np.empty(size, np.int32)
    left = np.empty(sure.shape[1], np.int32)  # places in `sure` of candidates that still may join
    held = np.empty(sure.shape[1], np.int64)  # baskets of the set that hold each
    seen = np.full(int(customer.max()) + 2 if len(customer) else 1, -1, np.int64)
    rows = 0
    for main in range(first, end):
        n_shared = begins[main + 1] - begins[main]
        shared[:n_shared] = basket_of[begins[main] : begins[main + 1]]
        members[0] = main
        n_left = _first_candidates(main, sure, together, group, apart, min_count, members[:1], left, held)
        if n_left == 0:
            continue
        buyers = distinct(shared[:n_shared], customer, seen, 3 * main)
        n_members = 1
        while n_members < size:
            if n_members > 1:
                n_left = _shortened(
                    main, n_left, left, held, members[:n_members], shared[:n_shared], begins, basket_of,
                    sure, group, apart, min_count, scratch,
                )  # fmt: skip
            n_left, item, n_scratch = _most_held(
                main, n_left, left, held, shared[:n_shared], begins, basket_of, sure, recent_from, still, scratch
            )
            if item < 0 or (n_members > 1 and n_scratch < hold * n_shared):
                break
            n_shared = n_scratch
            shared[:n_shared] = scratch[:n_shared]
            members[n_members] = item
            n_members += 1
            if n_members == starter:
                takers = distinct(shared[:n_shared], customer, seen, 3 * main + 1)
                _write(out, rows, members, n_members, n_shared, buyers, takers)
                rows += 1
        if n_members > 1 and n_members != starter:
            takers = distinct(shared[:n_shared], customer, seen, 3 * main + 2)
            _write(out, rows, members, n_members, n_shared, buyers, takers)
            rows += 1
    return rows


@compiled
def distinct(baskets: Int32, customer: Int32, seen: Int64, mark: int) -> int:
    """How many known customers the baskets have; `seen`, int64 (customers + 1,), holds no `mark` before."""
    n = 0
    for basket in baskets:
        who = customer[basket]
        if who >= 0 and seen[who] != mark:
            seen[who] = mark
            n += 1
    return n


@compiled
def _first_candidates(
    main: int,
    sure: Int32,
    together: Int32,
    group: Int32,
    apart: Int64,
    min_count: int,
    alone: Int32,
    left: Int32,
    held: Int64,
) -> int:
    """Candidates that may join the main item alone, with counts that are known; returns how many."""
    n_left = 0
    for place in range(sure.shape[1]):
        item = sure[main, place]
        if item < 0:
            break
        if together[main, place] >= min_count and _fits(item, alone, group, apart):
            left[n_left], held[n_left] = place, together[main, place]
            n_left += 1
    return n_left


@compiled
def _shortened(
    main: int,
    n_left: int,
    left: Int32,
    held: Int64,
    members: Int32,
    shared: Int32,
    begins: Int64,
    basket_of: Int32,
    sure: Int32,
    group: Int32,
    apart: Int64,
    least: int,
    scratch: Int32,
) -> int:
    """Drop candidates that the newest member shuts out, count the others; returns how many are left."""
    kept = 0
    for k in range(n_left):
        item = sure[main, left[k]]
        if not _fits(item, members[len(members) - 1 :], group, apart):
            continue
        count = meet(shared, basket_of[begins[item] : begins[item + 1]], scratch)
        if count >= least:
            left[kept], held[kept] = left[k], count
            kept += 1
    return kept


@compiled
def _most_held(
    main: int,
    n_left: int,
    left: Int32,
    held: Int64,
    shared: Int32,
    begins: Int64,
    basket_of: Int32,
    sure: Int32,
    recent_from: int,
    still: int,
    scratch: Int32,
) -> tuple[int, int, int]:
    """The candidate that most of the set's baskets hold, the first of equals, if the latest baskets still do.

    Who is found not to be bought any more is dropped.

    Returns:
        How many candidates are left without it; the item, -1 = there is none; how many baskets of `scratch` hold all.
    """
    while n_left > 0:
        best = int(np.argmax(held[:n_left]))
        item = sure[main, left[best]]
        for k in range(best, n_left - 1):
            left[k], held[k] = left[k + 1], held[k + 1]
        n_left -= 1
        count = meet(shared, basket_of[begins[item] : begins[item + 1]], scratch)
        if still == 0 or (count >= still and scratch[count - still] >= recent_from):
            return n_left, int(item), count
    return 0, -1, 0


@compiled
def common(left: Int32, right: Int32) -> int:
    """How many two ascending lists share."""
    return meet(left, right, np.empty(min(len(left), len(right)), np.int32))


@compiled
def _write(out: Int64, row: int, members: Int32, n_members: int, count: int, buyers: int, takers: int) -> None:
    width = out.shape[1]
    for place in range(n_members):
        out[row, place] = members[place]
    out[row, width - 3] = count
    out[row, width - 2] = buyers
    out[row, width - 1] = takers


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
