"""Which of the touched items are worth describing, and the best of them in order."""

import numpy as np

from tsuide.mining.compiled import compiled


@compiled
def shortlist(
    blend: np.ndarray,
    touched: np.ndarray,
    n: int,
    own: int,
    blocked: np.ndarray,
    candidates: np.ndarray,
) -> int:
    """The best known and the best new items by blend, about half of the room each.

    Args:
        blend: of each touched item; float32 (n,).
        touched: dense items; int32 (≥ n,).
        n: how many are touched.
        own: how many of them, those that stand first, the customer bought: they are known.
        blocked: items that may not come, uint8 (items,).
        candidates: int32 (room,); filled.

    Returns:
        How many candidates.
    """
    room = len(candidates)
    known = np.empty(n, np.int32)
    new = np.empty(n, np.int32)
    n_known, n_new = 0, 0
    for a in range(n):
        j = touched[a]
        if blocked[j] == 0:
            if a < own:
                known[n_known] = a
                n_known += 1
            else:
                new[n_new] = a
                n_new += 1
    take_known = min(n_known, max(room // 2, room - n_new))
    take_new = min(n_new, room - take_known)
    size = 0
    for which, count, take in ((known, n_known, take_known), (new, n_new, take_new)):
        if take == 0:
            continue
        chosen = which[:count]
        if count > take:
            chosen = chosen[np.argpartition(-blend[chosen], take - 1)[:take]]
        for a in chosen:
            candidates[size] = touched[a]
            size += 1
    return size


@compiled
def take_best(value: np.ndarray, candidates: np.ndarray, size: int, item: np.ndarray, score: np.ndarray) -> None:
    """The best candidates in order into `item` and `score`; ties go to the smaller item. Empties `value`."""
    for place in range(min(size, len(item))):
        best = 0
        for c in range(1, size):
            if value[c] > value[best] or (value[c] == value[best] and candidates[c] < candidates[best]):
                best = c
        item[place] = candidates[best]
        score[place] = value[best]
        value[best] = -np.inf
