"""VMIS-kNN over one posting list per item: the compiled part of sessions."""

from typing import NamedTuple

import numpy as np

from tsuide.kit.arrays import Float32, Int32, Int64
from tsuide.mining.compiled import compiled


class Visits(NamedTuple):
    """Sessions and, for every item, its latest ones; s sessions, n items.

    Args:
        items_of: items of session v are `item[items_of[v]:items_of[v + 1]]`; int64 (s + 1,). Sessions are
            ordered by time: a larger number is a later session.
        item: dense, distinct within a session; int32 (entries,).
        latest_of: latest sessions of item i are `latest[latest_of[i]:latest_of[i + 1]]`; int64 (n + 1,).
        latest: newest first, at most m per item; int32.
        idf: log(s / sessions with the item); float32 (n,).
    """

    items_of: Int64
    item: Int32
    latest_of: Int64
    latest: Int32
    idf: Float32


@compiled
def latest_sessions(items_of: np.ndarray, item: np.ndarray, latest_of: np.ndarray, latest: np.ndarray) -> None:
    """Fill the posting lists from the newest session to the oldest, until each list is full."""
    place = latest_of[:-1].copy()
    for v in range(len(items_of) - 2, -1, -1):
        for e in range(items_of[v], items_of[v + 1]):
            i = item[e]
            if place[i] < latest_of[i + 1]:
                latest[place[i]] = v
                place[i] += 1


@compiled
def _offer(heap: np.ndarray, size: int, session: int) -> int:
    """Keep the largest session numbers in a heap whose root is the smallest; -1 = nothing was dropped."""
    at = size
    heap[at] = session
    while at > 0 and heap[(at - 1) // 2] > heap[at]:
        above = (at - 1) // 2
        heap[at], heap[above] = heap[above], heap[at]
        at = above
    return size + 1


@compiled
def _replace_root(heap: np.ndarray, size: int, session: int) -> None:
    heap[0] = session
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= heap[at]:
            break
        heap[at], heap[child] = heap[child], heap[at]
        at = child


@compiled
def matches(
    visits: Visits, query: np.ndarray, most: int, scores: np.ndarray, first: np.ndarray, heap: np.ndarray
) -> int:
    """The `most` latest sessions that share an item with the query, and how well each matches.

    Args:
        visits: all sessions.
        query: dense items, oldest first, distinct; int32.
        most: m, sessions kept.
        scores: zeros, float32 (s,); set for the kept sessions: sum over shared items of place / length.
        first: int16 (s,); place of the newest shared item of the query, from 1.
        heap: int32 (most + 1,); filled with the kept sessions, smallest number at the root.

    Returns:
        How many sessions are kept.
    """
    size = 0
    length = len(query)
    for step in range(length):
        place = length - step  # the newest item first
        i = query[place - 1]
        decay = np.float32(place / length)
        for p in range(visits.latest_of[i], visits.latest_of[i + 1]):
            v = visits.latest[p]
            if scores[v] > 0:
                scores[v] += decay
                continue
            if size < most:
                size = _offer(heap, size, v)
            elif v > heap[0]:
                scores[heap[0]] = 0
                _replace_root(heap, size, v)
            else:
                break  # the list goes on with older sessions only
            scores[v] = decay
            first[v] = place
    return size


@compiled
def _vote(
    visits: Visits,
    length: int,
    near: np.ndarray,
    neighbours: int,
    scores: np.ndarray,
    first: np.ndarray,
    value: np.ndarray,
    touched: np.ndarray,
) -> int:
    """Add the votes of the best matching sessions to `value`; returns how many items are touched."""
    strength = np.empty(len(near), np.float32)
    for s in range(len(near)):
        strength[s] = scores[near[s]]
    kept = np.arange(len(near))
    if len(near) > neighbours:
        # best match first; among equal ones the later session
        kept = np.argsort(-strength + (1.0 - near / (len(visits.items_of) + 1.0)) * 1e-5)[:neighbours]
    n = 0
    for best in kept:
        v = near[best]
        since = length - first[v] + 1
        weight = strength[best] * max(np.float32(0.0), np.float32(1.0 - 0.1 * since))
        if weight > 0:
            for e in range(visits.items_of[v], visits.items_of[v + 1]):
                i = visits.item[e]
                if value[i] == 0:
                    touched[n] = i
                    n += 1
                value[i] += weight * visits.idf[i] + np.float32(1e-30)
    return n


@compiled
def recommend(
    visits: Visits,
    query: np.ndarray,
    most: int,
    neighbours: int,
    scores: np.ndarray,
    first: np.ndarray,
    heap: np.ndarray,
    value: np.ndarray,
    found: np.ndarray,
    found_score: np.ndarray,
) -> None:
    """Items of the nearest sessions, best first; leaves `scores` and `value` zero, as it found them.

    An item's score is the sum over the k nearest sessions that hold it of match · (1 − .1 · items since the
    newest shared one, 0 after ten) · idf. Items of the query do not come.

    Args:
        visits: all sessions.
        query: dense items, oldest first, distinct; int32.
        most: m.
        neighbours: k.
        scores: zeros, float32 (s,).
        first: int16 (s,).
        heap: int32 (most + 1,).
        value: zeros, float32 (n,).
        found: int32 (wanted,), -1 padded; filled.
        found_score: float64 (wanted,); filled.
    """
    size = matches(visits, query, most, scores, first, heap)
    touched = np.empty(len(value), np.int32)
    n = _vote(visits, len(query), heap[:size], neighbours, scores, first, value, touched)
    for s in range(size):
        scores[heap[s]] = 0
    for i in query:
        value[i] = -np.inf
    _take(value, touched, n, found, found_score)
    for a in range(n):
        value[touched[a]] = 0
    for i in query:
        value[i] = 0


@compiled
def _take(value: np.ndarray, touched: np.ndarray, n: int, found: np.ndarray, found_score: np.ndarray) -> None:
    """The best of the touched items in order; ties go to the smaller item."""
    filled = 0
    for a in range(n):
        i = touched[a]
        mine = value[i]
        if mine <= 0:
            continue
        if filled == len(found) and (
            mine < found_score[filled - 1] or (mine == found_score[filled - 1] and i > found[filled - 1])
        ):
            continue
        at = filled if filled < len(found) else filled - 1
        while at > 0 and (mine > found_score[at - 1] or (mine == found_score[at - 1] and i < found[at - 1])):
            found_score[at], found[at] = found_score[at - 1], found[at - 1]
            at -= 1
        found_score[at], found[at] = mine, i
        filled = min(filled + 1, len(found))
