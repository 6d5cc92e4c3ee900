"""Lines to compressed baskets by counting sorts: the compiled ground of `baskets.py`."""

from typing import Final

import numpy as np

from tsuide.mining.compiled import compiled
from tsuide.mining.kernels import Array

SHORT: Final = 48  # a basket of at most so many lines is sorted by insertion


@compiled
def begin_of_rows(row: Array, n_rows: int) -> Array:
    """Where each row begins once its lines stand together; int64 (rows + 1,)."""
    begin = np.zeros(n_rows + 1, np.int64)
    for i in range(len(row)):
        begin[np.uint32(row[i]) + np.uint32(1)] += 1
    for r in range(n_rows):
        begin[r + 1] += begin[r]
    return begin


@compiled
def gather_rows(row: Array, item: Array, begin: Array) -> tuple[Array, Array]:
    """Lines put together by row, within a row by item, then by line.

    Args:
        row: row of each line, int32 (lines,).
        item: item of each line, int32 (lines,).
        begin: of `begin_of_rows`.

    Returns:
        The items, int32 (lines,), and the line that each came from, uint32 (lines,).
    """
    cursor = begin.copy()
    items = np.empty(len(row), np.int32)
    lines = np.empty(len(row), np.uint32)
    for i in range(len(row)):
        whose = np.uint32(row[i])
        at = np.uint64(cursor[whose])
        cursor[whose] += 1
        items[at] = item[i]
        lines[at] = i
    for r in range(len(begin) - 1):
        first, end = begin[r], begin[r + 1]
        if end - first > SHORT:
            order = np.argsort(items[first:end], kind="mergesort")  # stable
            items[first:end] = items[first:end][order]
            lines[first:end] = lines[first:end][order]
        else:
            _insertion(items, lines, first, end)
    return items, lines


@compiled
def _insertion(items: Array, lines: Array, first: int, end: int) -> None:
    """Sort one short row in place, stable."""
    for i in range(first + 1, end):
        item, line = items[np.uint64(i)], lines[np.uint64(i)]
        at = int(i)
        while at > first and items[np.uint64(at - 1)] > item:
            items[np.uint64(at)] = items[np.uint64(at - 1)]
            lines[np.uint64(at)] = lines[np.uint64(at - 1)]
            at -= 1
        items[np.uint64(at)], lines[np.uint64(at)] = item, line


@compiled
def merge_doubles(items: Array, begin: Array) -> tuple[Array, Array]:
    """Each item once per row, in place.

    Args:
        items: ascending within a row, int32 (lines,); the first entries are overwritten.
        begin: where rows begin, int64 (rows + 1,); overwritten with where they begin afterwards.

    Returns:
        The entry of each line, int64 (lines,) where a line was dropped, else empty; and how many entries
        there are, int64 (1,).
    """
    total = len(items)
    entry = np.empty(0, np.int64)
    place = 0
    for r in range(len(begin) - 1):
        first, end = begin[r], begin[r + 1]
        begin[r] = place
        for i in range(first, end):
            if i > first and items[i] == items[place - 1]:
                if len(entry) == 0:  # the first double: until here line and entry were one
                    entry = np.arange(total)
                entry[i] = place - 1
                continue
            items[place] = items[i]
            if len(entry) > 0:
                entry[i] = place
            place += 1
    begin[len(begin) - 1] = place
    return entry, np.array([place])


@compiled
def sum_entries(values: Array, lines: Array, entry: Array, n_entries: int) -> Array:
    """Sum of the lines of each entry (NaN counts as 1, a line without quantity); float32 (entries,)."""
    sums = np.zeros(n_entries, np.float64)
    for i in range(len(lines)):
        value = values[np.uint64(lines[i])]
        sums[entry[i] if len(entry) > 0 else i] += 1.0 if np.isnan(value) else value
    return sums.astype(np.float32)


@compiled
def mean_entries(values: Array, lines: Array, entry: Array, n_entries: int) -> Array:
    """Rounded mean of what is known (≥ 0) of the lines of each entry, -1 = nothing; int64 (entries,)."""
    sums = np.zeros(n_entries, np.int64)
    known = np.zeros(n_entries, np.int64)
    for i in range(len(lines)):
        value = values[np.uint64(lines[i])]
        if value >= 0:
            at = entry[i] if len(entry) > 0 else i
            sums[at] += value
            known[at] += 1
    for e in range(n_entries):
        sums[e] = (2 * sums[e] + known[e]) // (2 * known[e]) if known[e] > 0 else -1
    return sums


@compiled
def least_of_rows(values: Array, row: Array, n_rows: int) -> Array:
    """The least value of each row; int64 (rows,)."""
    least = np.full(n_rows, np.iinfo(np.int64).max, np.int64)
    for i in range(len(row)):
        r = np.uint32(row[i])
        least[r] = min(least[r], values[i])
    return least


@compiled
def first_of_rows(values: Array, row: Array, n_rows: int) -> Array:
    """The first value ≥ 0 of each row, -1 = none; int32 (rows,)."""
    first = np.full(n_rows, -1, np.int32)
    for i in range(len(row)):
        r = np.uint32(row[i])
        if first[r] < 0:
            first[r] = values[i]
    return first


@compiled
def first_unsorted(items: Array, begin: Array, n_items: int) -> int:
    """The first place where items do not ascend strictly within their row or lie outside; -1 = none."""
    for r in range(len(begin) - 1):
        before = -1
        for i in range(begin[r], begin[r + 1]):
            if items[i] <= before or items[i] >= n_items:
                return i
            before = items[i]
    return -1


@compiled
def pick_rows(begin: Array, picked: Array) -> tuple[Array, Array]:
    """Rows `picked` of a compressed array: where they begin, and which entries they are; both int64."""
    of = np.zeros(len(picked) + 1, np.int64)
    for i in range(len(picked)):
        of[i + 1] = of[i] + begin[picked[i] + 1] - begin[picked[i]]
    entries = np.empty(of[-1], np.int64)
    for i in range(len(picked)):
        for j in range(of[i + 1] - of[i]):
            entries[of[i] + j] = begin[picked[i]] + j
    return of, entries
