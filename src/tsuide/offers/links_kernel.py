"""Links made anew for some anchors and copied for all others: one pass, the interpreter's lock released.

A running server does this for every order that comes, beside its requests: what holds the lock is waited for.
"""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from tsuide.mining.compiled import compiled

Array: TypeAlias = npt.NDArray[Any]  # the docstring states type and shape


@compiled
def renewed(old_of: Array, old: Array, new_of: Array, new: Array, anew: Array, borrowed: int) -> tuple[Array, Array]:
    """Of each anchor the old rows that stay, then its new ones: where they begin, and the rows.

    Args:
        old_of: int64 (anchors + 1,).
        old: LINK.
        new_of: as of the old ones.
        new: rows of anchors that are made anew, and of no others; one of a pair that was there keeps its window.
        anew: of which anchors the old rows go; bool (anchors,).
        borrowed: the relation of rows that stay all the same while their anchor has no new ones.
    """
    anchors = len(old_of) - 1
    of = np.empty(anchors + 1, np.int64)
    rows = np.empty(len(old) + len(new), old.dtype)
    at = 0
    for a in range(anchors):
        of[a] = at
        first, end = old_of[a], old_of[a + 1]
        lonely = new_of[a] == new_of[a + 1]
        for i in range(first, end):
            if not anew[a] or (lonely and old[i].relation == borrowed):
                rows[at] = old[i]
                at += 1
        for j in range(new_of[a], new_of[a + 1]):
            rows[at] = new[j]
            for i in range(first, end):
                if old[i].item == new[j].item:
                    rows[at].opens, rows[at].closes = old[i].opens, old[i].closes
                    break
            at += 1
    of[anchors] = at
    return of, rows[:at]
