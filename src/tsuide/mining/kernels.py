"""The compiled ground of co-occurrence: exact pair counts, and the best partners of every item.

Plain Numba, no Python object inside, the interpreter's lock released: threads run it side by side. The
shell (`cooccurrence.py`) checks, prepares and merges.

How the sweep works. Items get ranks by degree, rank 0 the most bought. Every basket is written once with
its items from rare to common, ended by a sentinel (`rows`); for every item the places where it stands in
`rows` are kept (`post`). For anchor `a` the sweep walks from each of its places to the sentinel: exactly
the items more common than `a` in that basket. So each pair is met once, the counters that are touched most
lie close together, and a basket is mostly one cache line, asked for some places ahead (`prefetch`).
"""

import math
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from tsuide.mining.compiled import compiled

Array: TypeAlias = npt.NDArray[Any]  # each docstring states type and shape
Word: TypeAlias = "np.unsignedinteger[Any]"
Type: TypeAlias = Any  # of Numba's own, which publishes no types

AHEAD: Final = 24  # baskets between asking for a cache line and reading it
BLOCK: Final = 32  # counters looked at together where an anchor's counters are scanned densely
DENSE: Final = 8  # scan densely where baskets × this exceeds the counters
BINS_PER_DECADE: Final = 64  # of the histogram of p-values

NOTHING: Final = 1e-12  # a logarithm of lift that is only rounding
PRODUCT: Final = 0  # score = gain(n) · left(anchor) · right(other)
PPMI: Final = 1  # score = max(0, log(n N / (n_a n_b))) · gain(n)


@intrinsic  # type: ignore[untyped-decorator, unused-ignore]  # numba publishes no types
def prefetch(_context: object, array: Type, place: Type) -> tuple[Type, Callable[..., object]]:
    """Ask for the cache line of `array[place]`: emits llvm.prefetch (read, high locality).

    Never faults, whatever the place: the machine drops a prefetch of an address that is not mapped.
    """

    def emit(context: Type, builder: Type, signature: Type, args: Type) -> object:
        kind = signature.args[0]
        values = context.make_array(kind)(context, builder, args[0])
        address = cgutils.get_item_pointer(
            context, builder, kind, values, [args[1]], wraparound=False, boundscheck=False
        )
        byte = ir.IntType(8).as_pointer()
        word = ir.IntType(32)
        shape = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        ask = cgutils.get_or_insert_function(builder.module, shape, "llvm.prefetch.p0")
        builder.call(ask, [builder.bitcast(address, byte), word(0), word(3), word(1)])
        return context.get_dummy_value()

    return types.void(array, place), emit


# --- scores -----------------------------------------------------------------------------------------


@compiled
def gain_of(kind: int, count: int, shrink: float) -> float:
    """What `count` common baskets are worth: n · n / (n + shrink), or log(1 + n) for PPMI."""
    if kind == PPMI:
        return math.log(1.0 + count)
    return count * (count / (count + shrink))


@compiled
def score_of(kind: int, gain: float, log_count: float, left: float, right: float, log_n: float) -> float:
    """The score of one directed pair; `left` and `right` are the weights of `weights_of`.

    A logarithm of lift within rounding of 0 is 0, whichever item is the anchor.
    """
    if kind == PPMI:
        above = (log_count + log_n) - (left + right)
        return above * gain if above > NOTHING else 0.0
    return gain * left * right


@compiled
def weight_of(kind: int, degree: int, power: float) -> float:
    """The weight of one item: degree ** -power, or log(degree) for PPMI; 0 where it is in no basket."""
    if degree <= 0:
        return 0.0
    return math.log(degree) if kind == PPMI else float(degree) ** -power


@compiled
def weights_of(kind: int, degree: Array, power: float) -> Array:
    """`weight_of` every item; float64 (items,)."""
    weights = np.zeros(len(degree))
    for i in range(len(degree)):
        weights[i] = weight_of(kind, degree[i], power)
    return weights


@compiled
def tables_of(kind: int, top: int, shrink: float) -> tuple[Array, Array]:
    """Gain and logarithm of every count 0..top; two float64 (top + 1,)."""
    gain = np.zeros(top + 1)
    logs = np.zeros(top + 1)
    for n in range(1, top + 1):
        gain[n] = gain_of(kind, n, shrink)
        logs[n] = math.log(n)
    return gain, logs


# --- significance -----------------------------------------------------------------------------------


@compiled
def log_factorials(top: int) -> Array:
    """log(n!) for n = 0..top; float64 (top + 1,)."""
    table = np.zeros(top + 1)
    for n in range(2, top + 1):
        table[n] = math.lgamma(n + 1.0)
    return table


@compiled
def fisher_tail(count: int, degree_a: int, degree_b: int, total: int, table: Array) -> float:
    """Fisher's exact one-sided p: P(X ≥ count), X hypergeometric (total, degree_a, degree_b).

    The first term from the logarithms of factorials, the others from the ratio of neighbours; ends where
    the rest cannot change the 12th digit. 1.0 where the count is not above chance.
    """
    if count * float(total) <= degree_a * float(degree_b):
        return 1.0
    rest = total - degree_a - degree_b + count
    term = math.exp(
        table[degree_a] + table[total - degree_a] + table[degree_b] + table[total - degree_b]
        - table[total] - table[count] - table[degree_a - count] - table[degree_b - count] - table[rest]
    )  # fmt: skip
    return _tail_from(term, count, degree_a, degree_b, rest)


@compiled
def fisher_tail_alone(count: int, degree_a: int, degree_b: int, total: int) -> float:
    """As `fisher_tail`, bit for bit, without a table: for a few pairs of many baskets."""
    if count * float(total) <= degree_a * float(degree_b):
        return 1.0
    rest = total - degree_a - degree_b + count
    term = math.exp(
        _log_factorial(degree_a) + _log_factorial(total - degree_a)
        + _log_factorial(degree_b) + _log_factorial(total - degree_b)
        - _log_factorial(total) - _log_factorial(count)
        - _log_factorial(degree_a - count) - _log_factorial(degree_b - count) - _log_factorial(rest)
    )  # fmt: skip
    return _tail_from(term, count, degree_a, degree_b, rest)


@compiled
def _log_factorial(n: int) -> float:
    return math.lgamma(n + 1.0) if n > 1 else 0.0


@compiled
def _tail_from(term: float, count: int, degree_a: int, degree_b: int, rest: int) -> float:
    """The term of `count` and all behind it; `rest` = baskets with neither."""
    tail = term
    most = min(degree_a, degree_b)
    while count < most:
        ratio = (degree_a - count) * float(degree_b - count) / ((count + 1.0) * (rest + 1.0))
        term *= ratio
        tail += term
        count += 1
        rest += 1
        if term < tail * 1e-13 * (1.0 - ratio):
            break
    return min(1.0, tail)


@compiled
def fisher_tails(count: Array, degree_a: Array, degree_b: Array, total: int, table: Array) -> Array:
    """`fisher_tail` of every pair, without a table where it is empty; 1 where the count is 0; float64 (pairs,)."""
    p = np.ones(len(count))
    for i in range(len(count)):
        if count[i] > 0 and len(table) > 0:
            p[i] = fisher_tail(count[i], degree_a[i], degree_b[i], total, table)
        elif count[i] > 0:
            p[i] = fisher_tail_alone(count[i], degree_a[i], degree_b[i], total)
    return p


@compiled
def p_bin(p: float, bins: int) -> int:
    """The bin of a p-value: floor(-log10 p · BINS_PER_DECADE), the last for all smaller ones."""
    if p <= 0.0:
        return bins - 1
    return min(bins - 1, int(-math.log10(p) * BINS_PER_DECADE))


# --- preparation ------------------------------------------------------------------------------------


@compiled
def count_items(item: Array, n_items: int) -> Array:
    """In how many baskets each item lies; int64 (items,)."""
    degree = np.zeros(n_items, np.int64)
    for e in range(len(item)):
        degree[np.uint32(item[e])] += 1
    return degree


@compiled
def spread(
    items_of: Array,
    item: Array,
    first: int,
    end: int,
    rank: Array,
    begin: Array,
    stop: Array,
    place: int,
    rows: Array,
    post: Array,
) -> None:
    """Write some baskets from rare to common, and where each item stands.

    Two counting sorts: by item (which baskets), then item after item from the rarest into its baskets.

    - `items_of`, `item`: all baskets; those from `first` to `end - 1` are written.
    - `rank`: rank of each item by degree, -1 = left out; int32 (items,).
    - `begin`, `stop`: where the places of each rank in these baskets are kept in `post`; int64 (ranks,).
    - `rows`: filled with the sentinel, room for all kept entries and one sentinel a basket; changed. These
      baskets are written from `place` on.
    - `post`: uint32 (kept + AHEAD,); changed.
    """
    cursor = begin.copy()
    start = np.empty(end - first, np.uint32)
    for b in range(first, end):
        start[b - first] = place
        for e in range(items_of[b], items_of[b + 1]):
            r = rank[np.uint32(item[e])]
            if r >= 0:
                at = cursor[np.uint32(r)]
                post[np.uint64(at)] = b - first
                cursor[np.uint32(r)] = at + 1
                place += 1
        place += 1
    for r in range(len(begin) - 1, -1, -1):
        last = stop[r] - 1
        for i in range(begin[r], stop[r]):
            prefetch(start, np.uint64(post[np.uint64(min(i + AHEAD, last))]))
            basket = np.uint64(post[np.uint64(i)])
            at = start[basket]
            start[basket] = at + np.uint32(1)
            rows[np.uint64(at)] = r
            post[np.uint64(i)] = at


# --- the sweep --------------------------------------------------------------------------------------


@compiled
def _tally(rows: Array, stop: Word, post: Array, begin: int, end: int, counts: Array) -> None:
    """Count every more common item of the anchor's baskets, where all counters will be looked at."""
    for i in range(begin, end):
        prefetch(rows, np.uint64(post[np.uint64(i + AHEAD)]))
        place = np.uint64(post[np.uint64(i)]) + np.uint64(1)
        other = rows[place]
        while other != stop:
            counts[np.uint64(other)] += 1
            place += np.uint64(1)
            other = rows[place]


@compiled
def _tally_touched(rows: Array, stop: Word, post: Array, begin: int, end: int, counts: Array, touched: Array) -> int:
    """As `_tally`, and write down which counters were touched; returns how many."""
    n = np.uint64(0)
    for i in range(begin, end):
        prefetch(rows, np.uint64(post[np.uint64(i + AHEAD)]))
        place = np.uint64(post[np.uint64(i)]) + np.uint64(1)
        other = rows[place]
        while other != stop:
            old = counts[np.uint64(other)]
            touched[n] = other
            n += np.uint64(old == 0)  # no branch: the place is overwritten until it is kept
            counts[np.uint64(other)] = old + 1
            place += np.uint64(1)
            other = rows[place]
    return int(n)


@compiled
def partners(
    rows: Array,
    stop: Word,
    post: Array,
    post_of: Array,
    anchor: int,
    min_count: int,
    counts: Array,
    found: Array,
    found_count: Array,
) -> int:
    """Every more common item with at least `min_count` common baskets; ascending where scanned densely.

    `counts`, int32 (ranks + BLOCK,), is zero and is left so; `found` and `found_count`, of the same shape,
    are filled with ranks and counts.

    Returns:
        How many were found.
    """
    begin, end = post_of[anchor], post_of[anchor + 1]
    n = np.uint64(0)
    if (end - begin) * DENSE > anchor:
        _tally(rows, stop, post, begin, end, counts)
        for first in range(0, anchor, BLOCK):
            most = np.int32(0)
            for c in range(first, first + BLOCK):
                most = max(most, counts[np.uint64(c)])
            if most >= min_count:
                for c in range(first, first + BLOCK):
                    found[n] = c
                    found_count[n] = counts[np.uint64(c)]
                    n += np.uint64(counts[np.uint64(c)] >= min_count)
            if most > 0:
                counts[first : first + BLOCK] = 0
        return int(n)
    touched = _tally_touched(rows, stop, post, begin, end, counts, found)
    for i in range(touched):
        other = np.uint64(found[np.uint64(i)])
        count = counts[other]
        counts[other] = 0
        if count >= min_count:
            found[n] = other
            found_count[n] = count
            n += np.uint64(1)
    return int(n)


# --- the best of every item -------------------------------------------------------------------------


@compiled
def _worse(score: float, count: int, order: int, score2: float, count2: int, order2: int) -> bool:
    """Total order: score, then count, then the smaller place in the order of ids."""
    if score != score2:
        return score < score2
    if count != count2:
        return count < count2
    return order > order2


@compiled
def _push(
    scores: Array, items: Array, counts: Array, size: int, score: float, item: int, count: int, order: Array
) -> int:
    """Offer one candidate to a heap whose root is its worst; returns the new size."""
    top = len(scores)
    if size == top:
        if not _worse(scores[0], counts[0], order[items[0]], score, count, order[item]):
            return size
        at = 0
        while True:  # sift down from the root
            child = 2 * at + 1
            if child >= top:
                break
            if child + 1 < top and _worse(
                scores[child + 1],
                counts[child + 1],
                order[items[child + 1]],
                scores[child],
                counts[child],
                order[items[child]],
            ):
                child += 1
            if not _worse(scores[child], counts[child], order[items[child]], score, count, order[item]):
                break
            scores[at], items[at], counts[at] = scores[child], items[child], counts[child]
            at = child
    else:
        at = size
        size += 1
        while at > 0:  # sift up
            parent = (at - 1) // 2
            if not _worse(score, count, order[item], scores[parent], counts[parent], order[items[parent]]):
                break
            scores[at], items[at], counts[at] = scores[parent], items[parent], counts[parent]
            at = parent
    scores[at], items[at], counts[at] = score, item, count
    return size


@compiled
def is_apart(apart: Array, a: int, b: int) -> bool:
    """Whether a pair is among those kept apart: ascending keys (smaller << 32 | larger), int64 (pairs,)."""
    if len(apart) == 0:
        return False
    key = (np.int64(min(a, b)) << 32) | np.int64(max(a, b))
    at = np.searchsorted(apart, key)
    return bool(at < len(apart) and apart[at] == key)


@compiled
def sweep_best(
    rows: Array,
    stop: Word,
    post: Array,
    post_of: Array,
    part: int,
    parts: int,
    min_count: int,
    kind: int,
    gain: Array,
    logs: Array,
    left: Array,
    right: Array,
    log_n: float,
    order: Array,
    scores: Array,
    items: Array,
    item_counts: Array,
    sizes: Array,
    degree: Array,
    total: int,
    factorials: Array,
    p_bins: Array,
    apart: Array,
) -> int:
    """One thread's share of the half sweep: every pair is offered to the heaps of both its items.

    Every `parts`-th anchor from the rarest is this thread's: work falls smoothly with rank. The rarest first,
    because with equal counts they score highest: a common item's heap fills with what stays.

    - `rows`, `stop`, `post`, `post_of`: of `spread`.
    - `gain`, `logs`: by count, of `tables_of`; `left`, `right`: weights by rank, of `weights_of`.
    - `order`: place of each rank in the order of ids, for ties.
    - `scores`, `items`, `item_counts` (ranks, top) and `sizes` (ranks,): the heaps; changed.
    - `degree` by rank and `total`, all baskets; `factorials`: `log_factorials(total)`.
    - `p_bins`: histogram of the p-values of the pairs met, int64 (bins,); changed. Empty = no tests are
      made, `factorials` is not read.
    - `apart`: pairs of ranks that are counted and never ranked, see `is_apart`.

    Returns:
        How many pairs had at least `min_count` common baskets.
    """
    n_ranks = len(post_of) - 1
    counts = np.zeros(n_ranks + BLOCK, np.int32)
    found = np.empty(n_ranks + BLOCK, np.int32)
    found_count = np.empty(n_ranks + BLOCK, np.int32)
    floor = np.zeros(n_ranks)  # the worst score in a full heap: below it nothing is worth a push
    top = scores.shape[1]
    pairs = 0
    for step in range(part, n_ranks, parts):
        a = n_ranks - 1 - step
        n = partners(rows, stop, post, post_of, a, min_count, counts, found, found_count)
        pairs += n
        for i in range(n):
            b = found[np.uint64(i)]
            count = found_count[np.uint64(i)]
            if len(p_bins) > 0:
                p = fisher_tail(count, degree[a], degree[b], total, factorials)
                p_bins[p_bin(p, len(p_bins))] += 1
            if is_apart(apart, a, b):
                continue
            g, logarithm = gain[np.uint64(count)], logs[np.uint64(count)]
            there = score_of(kind, g, logarithm, left[a], right[np.uint64(b)], log_n)
            if there > 0.0 and there >= floor[a]:
                sizes[a] = _push(scores[a], items[a], item_counts[a], sizes[a], there, b, count, order)
                if sizes[a] == top:
                    floor[a] = scores[a, 0]
            back = score_of(kind, g, logarithm, left[np.uint64(b)], right[a], log_n)
            if back > 0.0 and back >= floor[np.uint64(b)]:
                sizes[b] = _push(scores[b], items[b], item_counts[b], sizes[b], back, a, count, order)
                if sizes[b] == top:
                    floor[b] = scores[b, 0]
    return pairs


@compiled
def merge_best(
    into: Array,
    items: Array,
    counts: Array,
    sizes: Array,
    more: Array,
    more_items: Array,
    more_counts: Array,
    more_sizes: Array,
    order: Array,
) -> None:
    """Offer the heaps of another thread to the first one's."""
    for r in range(len(sizes)):
        for i in range(more_sizes[r]):
            sizes[r] = _push(
                into[r], items[r], counts[r], sizes[r], more[r, i], more_items[r, i], more_counts[r, i], order
            )


@compiled
def sort_best(scores: Array, items: Array, counts: Array, sizes: Array, order: Array) -> None:
    """Every heap best first (insertion sort in place); what is not filled gets item -1, count 0, score 0."""
    for r in range(len(sizes)):
        for i in range(1, sizes[r]):
            score, item, count = scores[r, i], items[r, i], counts[r, i]
            at = i
            while at > 0 and _worse(
                scores[r, at - 1], counts[r, at - 1], order[items[r, at - 1]], score, count, order[item]
            ):
                scores[r, at] = scores[r, at - 1]
                items[r, at] = items[r, at - 1]
                counts[r, at] = counts[r, at - 1]
                at -= 1
            scores[r, at], items[r, at], counts[r, at] = score, item, count
        for i in range(sizes[r], scores.shape[1]):
            scores[r, i], items[r, i], counts[r, i] = 0.0, -1, 0


@compiled
def write_best(
    score: Array,
    item: Array,
    count: Array,
    rows: Array,
    item_of_rank: Array,
    scores: Array,
    items: Array,
    counts: Array,
) -> None:
    """Sorted heaps by rank into tables by dense item: heap r goes to row `rows[r]`."""
    for r in range(len(rows)):
        for k in range(score.shape[1]):
            if item[r, k] < 0:
                break
            scores[rows[r], k] = score[r, k]
            items[rows[r], k] = item_of_rank[item[r, k]]
            counts[rows[r], k] = count[r, k]


@compiled
def sweep_pairs(
    rows: Array,
    stop: Word,
    post: Array,
    post_of: Array,
    anchor: int,
    step: int,
    min_count: int,
    counts: Array,
    found: Array,
    found_count: Array,
    row_size: Array,
    pair_item: Array,
    pair_count: Array,
) -> tuple[int, int]:
    """Write every pair (anchor, more common item) until the room runs out.

    Goes on at `anchor` in steps of `step`; `row_size`, int64 (ranks,), gets how many pairs an anchor has;
    `pair_item` and `pair_count`, int32 (room,), are filled from 0; the others as for `partners`.

    Returns:
        The next anchor (≥ ranks when done), and how many pairs were written.
    """
    n_ranks = len(post_of) - 1
    written = 0
    while anchor < n_ranks and written + anchor + 1 <= len(pair_item):
        n = partners(rows, stop, post, post_of, anchor, min_count, counts, found, found_count)
        for i in range(n):
            pair_item[written + i] = found[i]
            pair_count[written + i] = found_count[i]
        row_size[anchor] = n
        written += n
        anchor += step
    return anchor, written


# --- pairs kept as rows -----------------------------------------------------------------------------


@compiled
def rows_of_pairs(first: Array, second: Array, count: Array, n_items: int) -> tuple[Array, Array, Array]:
    """Pairs, each given once, as rows of both their items, partners ascending within a row.

    Scattered twice: the transpose of a symmetric matrix is itself, now in order.

    Returns:
        Where rows begin, int64 (items + 1,); partners, int32 (2 · pairs,); counts, int32 (2 · pairs,).
    """
    begin = np.zeros(n_items + 1, np.int64)
    for i in range(len(first)):
        begin[first[i] + 1] += 1
        begin[second[i] + 1] += 1
    for r in range(n_items):
        begin[r + 1] += begin[r]
    loose, loose_count = np.empty(begin[-1], np.int32), np.empty(begin[-1], np.int32)
    cursor = begin.copy()
    for i in range(len(first)):
        a, b = first[i], second[i]
        loose[cursor[a]], loose_count[cursor[a]] = b, count[i]
        loose[cursor[b]], loose_count[cursor[b]] = a, count[i]
        cursor[a] += 1
        cursor[b] += 1
    partner, common = np.empty(begin[-1], np.int32), np.empty(begin[-1], np.int32)
    cursor = begin.copy()
    for r in range(n_items):
        for i in range(begin[r], begin[r + 1]):
            at = cursor[loose[i]]
            partner[at], common[at] = r, loose_count[i]
            cursor[loose[i]] = at + 1
    return begin, partner, common


@compiled
def shared(few: Array, many: Array) -> int:
    """How many two ascending lists share: each of `few` is looked up behind where the one before stood."""
    n = 0
    low = 0
    for wanted in few:
        low += np.searchsorted(many[low:], wanted)
        if low == len(many):
            break
        n += many[low] == wanted
    return n


@compiled
def common_baskets(a: int, b: int, post_of: Array, post: Array) -> int:
    """In how many baskets two items lie; `post_of` and `post` are those of `posts_of`, new items lie in none."""
    if max(a, b) >= len(post_of) - 1:
        return 0
    of_a, of_b = post[post_of[a] : post_of[a + 1]], post[post_of[b] : post_of[b + 1]]
    return shared(of_a, of_b) if len(of_a) < len(of_b) else shared(of_b, of_a)


@compiled
def all_common_baskets(first: Array, second: Array, post_of: Array, post: Array) -> Array:
    """`common_baskets` of every pair; int64 (pairs,)."""
    together = np.zeros(len(first), np.int64)
    for i in range(len(first)):
        together[i] = common_baskets(first[i], second[i], post_of, post)
    return together


@compiled
def _meet(anchor: int, recent: Array, more_of: Array, more_item: Array, met: Array, touched: Array) -> int:
    """Count in `met` who lies with the anchor in later baskets, and write down whom; how many there are."""
    n = 0
    for k in recent:
        for e in range(more_of[k], more_of[k + 1]):
            other = more_item[e]
            if other != anchor:
                if met[other] == 0:
                    touched[n] = other
                    n += 1
                met[other] += 1
    return n


@compiled
def row_now(
    anchor: int,
    least: int,
    min_count: int,
    begin: Array,
    partner: Array,
    common: Array,
    post_of: Array,
    post: Array,
    more_of: Array,
    more_item: Array,
    recent: Array,
    met: Array,
    touched: Array,
    item: Array,
    count: Array,
) -> int:
    """One item's partners with at least `min_count` common baskets, those of later baskets counted in.

    A pair that is not kept has fewer than `least` baskets before: only if those met since can make up for the rest is
    it counted anew.

    - `begin`, `partner`, `common`: kept pairs; items from `len(begin) - 1` on are new.
    - `post_of`, `post`: the baskets of each item, those before.
    - `more_of`, `more_item`: baskets since; `recent`: which of them hold the anchor.
    - `met`, int32 (items,): zero, and left so; `touched`, int32 (items,): overwritten.
    - `item`, `count`: int32 (items,), filled from 0, in no order.

    Returns:
        How many partners there are.
    """
    n_touched = _meet(anchor, recent, more_of, more_item, met, touched)
    n = 0
    if anchor < len(begin) - 1:
        for i in range(begin[anchor], begin[anchor + 1]):
            now = common[i] + met[partner[i]]
            met[partner[i]] = 0
            if now >= min_count:
                item[n], count[n] = partner[i], now
                n += 1
    for i in range(n_touched):
        other = touched[i]
        since = met[other]
        met[other] = 0
        if since > 0 and since + least - 1 >= min_count:
            now = since + (common_baskets(anchor, other, post_of, post) if least > 1 else 0)
            if now >= min_count:
                item[n], count[n] = other, now
                n += 1
    return n


@compiled
def rows_behind(
    first: int,
    min_count: int,
    begin: Array,
    partner: Array,
    common: Array,
    more_of: Array,
    more_item: Array,
    n_items: int,
) -> Array:
    """Items of later baskets from number `first` on, and their partners; bool (items,). Arguments as for `row_now`."""
    moved, behind = np.zeros(n_items, np.bool_), np.zeros(n_items, np.bool_)
    for e in range(more_of[first], len(more_item)):
        a = more_item[e]
        if moved[a]:
            continue
        moved[a], behind[a] = True, True
        if a < len(begin) - 1:
            for i in range(begin[a], begin[a + 1]):
                if common[i] >= min_count:
                    behind[partner[i]] = True
    for k in range(len(more_of) - 1):  # whoever became a partner since lies in one of these with the item
        if moved[more_item[more_of[k] : more_of[k + 1]]].any():
            behind[more_item[more_of[k] : more_of[k + 1]]] = True
    return behind


@compiled
def pairs_since(
    least: int,
    min_count: int,
    begin: Array,
    partner: Array,
    common: Array,
    post_of: Array,
    post: Array,
    more_of: Array,
    more_item: Array,
    recent_of: Array,
    recent: Array,
) -> int:
    """How many pairs reached `min_count` by later baskets; arguments as for `row_now`, `recent` of `posts_of`."""
    n_items = len(recent_of) - 1
    met, touched = np.zeros(n_items, np.int32), np.empty(n_items, np.int32)
    item, count = np.empty(n_items, np.int32), np.empty(n_items, np.int32)
    twice = 0
    for a in range(n_items):
        if recent_of[a] == recent_of[a + 1]:
            continue
        twice += row_now(
            a, least, min_count, begin, partner, common, post_of, post, more_of, more_item,
            recent[recent_of[a] : recent_of[a + 1]], met, touched, item, count,
        )  # fmt: skip
        if a < len(begin) - 1:
            twice -= (common[begin[a] : begin[a + 1]] >= min_count).sum()
    return twice // 2


@compiled
def best_of_row(
    partner: Array,
    common: Array,
    n: int,
    anchor: int,
    kind: int,
    shrink: float,
    left: float,
    right: Array,
    log_n: float,
    order: Array,
    apart: Array,
    scores: Array,
    items: Array,
    counts: Array,
) -> int:
    """One anchor's best partners among the first `n` of its row, unsorted, into one row of heaps; how many there are.

    `left` is the anchor's weight, `right` that of each partner, float64 (n,).
    """
    size = 0
    top = len(scores)
    for i in range(n):
        b, together = partner[i], common[i]
        logarithm = math.log(together) if kind == PPMI else 0.0
        score = score_of(kind, gain_of(kind, together, shrink), logarithm, left, right[i], log_n)
        if score > 0.0 and (size < top or score >= scores[0]) and not is_apart(apart, anchor, b):
            size = _push(scores, items, counts, size, score, b, together, order)
    return size


@compiled
def best_of_rows(
    anchors: Array,
    least: int,
    min_count: int,
    begin: Array,
    partner: Array,
    common: Array,
    post_of: Array,
    post: Array,
    more_of: Array,
    more_item: Array,
    recent_of: Array,
    recent: Array,
    kind: int,
    shrink: float,
    left: Array,
    right: Array,
    log_n: float,
    order: Array,
    apart: Array,
    scores: Array,
    items: Array,
    counts: Array,
) -> None:
    """The best partners of some anchors, sorted, into their rows of `scores`, `items` and `counts`.

    `left` and `right`: `weights_of` all items; `recent_of`, `recent`: `posts_of` the later baskets; the others as for
    `row_now` and `best_of_row`.
    """
    n_items = len(recent_of) - 1
    met, touched = np.zeros(n_items, np.int32), np.empty(n_items, np.int32)
    item, count = np.empty(n_items, np.int32), np.empty(n_items, np.int32)
    weight = np.empty(n_items)
    size = np.zeros(1, np.int32)
    for a in anchors:
        n = row_now(
            a, least, min_count, begin, partner, common, post_of, post, more_of, more_item,
            recent[recent_of[a] : recent_of[a + 1]], met, touched, item, count,
        )  # fmt: skip
        for i in range(n):
            weight[i] = right[item[i]]
        size[0] = best_of_row(
            item, count, n, a, kind, shrink, left[a], weight, log_n, order, apart, scores[a], items[a], counts[a]
        )
        sort_best(scores[a : a + 1], items[a : a + 1], counts[a : a + 1], size, order)


@compiled
def bin_pairs(first: Array, second: Array, count: Array, degree: Array, total: int, table: Array, bins: int) -> Array:
    """Histogram of the p-values of pairs; int64 (bins,)."""
    histogram = np.zeros(bins, np.int64)
    for i in range(len(count)):
        p = fisher_tail(count[i], degree[first[i]], degree[second[i]], total, table)
        histogram[p_bin(p, bins)] += 1
    return histogram


# --- baskets of an item --------------------------------------------------------------------------------


@compiled
def posts_of(items_of: Array, item: Array, n_items: int) -> tuple[Array, Array]:
    """The baskets of every item, ascending: where they begin, int64 (items + 1,), and which, int32 (entries,)."""
    begin = np.zeros(n_items + 1, np.int64)
    for e in range(len(item)):
        begin[item[e] + 1] += 1
    for i in range(n_items):
        begin[i + 1] += begin[i]
    post = np.empty(len(item), np.int32)
    cursor = begin.copy()
    for b in range(len(items_of) - 1):
        for e in range(items_of[b], items_of[b + 1]):
            post[cursor[item[e]]] = b
            cursor[item[e]] += 1
    return begin, post


# --- tuning -----------------------------------------------------------------------------------------


@compiled
def add_scores(basket: Array, top_item: Array, top_score: Array, inside: Array, total: Array, touched: Array) -> int:
    """Add up the scores of all partners of a basket's items, without what lies in it; how many were touched.

    `inside` says what is not proposed, bool (items,); `total`, float64 (items,), is zero before, and
    `touched`, int32 (items,), is filled with what is no longer.
    """
    n = 0
    for item in basket:
        for k in range(top_item.shape[1]):
            other = top_item[item, k]
            if other < 0:
                break
            if inside[other]:
                continue
            if total[other] == 0.0:
                touched[n] = other
                n += 1
            total[other] += top_score[item, k]
    return n


@compiled
def hidden_ranks(items_of: Array, item: Array, hidden: Array, top_item: Array, top_score: Array, deepest: int) -> Array:
    """The rank from 1 at which each basket's hidden item is found by its other items; 0 = not among `deepest`.

    Of equal scores the hidden item counts as the last. `hidden` is the place of the hidden item among each
    basket's entries, int64 (baskets,); the tables are (items, top).
    """
    total = np.zeros(len(top_item))
    touched = np.empty(len(top_item), np.int32)
    inside = np.zeros(len(top_item), np.bool_)
    ranks = np.zeros(len(hidden), np.int32)
    for q in range(len(hidden)):
        basket = item[items_of[q] : items_of[q + 1]]
        goal = basket[hidden[q]]
        asked = np.concatenate((basket[: hidden[q]], basket[hidden[q] + 1 :]))
        inside[asked] = True
        n = add_scores(asked, top_item, top_score, inside, total, touched)
        inside[asked] = False
        rank = 0
        if total[goal] > 0.0:
            for i in range(n):
                rank += total[touched[i]] >= total[goal]
        total[touched[:n]] = 0.0
        ranks[q] = rank if rank <= deepest else 0
    return ranks
