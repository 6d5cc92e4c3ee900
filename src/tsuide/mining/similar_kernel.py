"""The compiled part of finding similar texts: the few closest rows of one sparse matrix for each row of another."""

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
from scipy.sparse import csr_matrix

from tsuide.kit.arrays import Float32, Int32
from tsuide.mining.compiled import compiled

_PARTS: Final = 2


def closest(asked: csr_matrix, known: csr_matrix, names: Int32, like: float, top: int) -> tuple[Int32, Float32]:
    """The `top` rows of `known` with the largest dot product, at least `like`; ties go to the smaller name.

    Args:
        asked: float32 (asked, columns), rows of length 1.
        known: float32 (known, columns), the same.
        names: of the rows of `known`, int32 (known,).
        like: least dot product, > 0.
        top: how many.

    Returns:
        Rows of `known`, best first, -1 = there are fewer; int32 (asked, top). Their dot products, float32 (asked, top).

    >>> rows = csr_matrix(np.array([[1, 0], [0.6, 0.8]], np.float32))
    >>> closest(rows[1], rows, np.arange(2, dtype=np.int32), 0.5, 3)[0].tolist()
    [[1, 0, -1]]
    """
    found = np.full((asked.shape[0], top), -1, np.int32)
    likes = np.zeros((asked.shape[0], top), np.float32)
    posts = known.tocsc()
    bounds = np.linspace(0, asked.shape[0], _PARTS + 1).astype(np.int64)

    def share(part: int) -> None:
        first, end = bounds[part], bounds[part + 1]
        rows = asked[first:end]
        fill_closest(
            rows.indptr.astype(np.int64), rows.indices.astype(np.int32), rows.data,
            posts.indptr.astype(np.int64), posts.indices.astype(np.int32), posts.data,
            names, np.float32(like), found[first:end], likes[first:end],
        )  # fmt: skip

    with ThreadPoolExecutor(_PARTS) as pool:
        list(pool.map(share, range(_PARTS)))
    return found, likes


@compiled
def fill_closest(
    row_of: np.ndarray,
    column: np.ndarray,
    weight: np.ndarray,
    post_of: np.ndarray,
    post: np.ndarray,
    post_weight: np.ndarray,
    names: np.ndarray,
    like: np.float32,
    found: np.ndarray,
    likes: np.ndarray,
) -> None:
    """Add up the postings of each row's columns, then keep the best; `found` holds -1, `likes` 0 throughout."""
    sums = np.zeros(len(names), np.float32)
    touched = np.empty(len(names), np.int32)
    top = found.shape[1]
    for row in range(len(row_of) - 1):
        n = 0
        for at in range(row_of[row], row_of[row + 1]):
            share = weight[at]
            for place in range(post_of[column[at]], post_of[column[at] + 1]):
                other = post[place]
                if sums[other] == 0.0:
                    touched[n] = other
                    n += 1
                sums[other] += share * post_weight[place]
        for i in range(n):
            other = touched[i]
            cosine = sums[other]
            sums[other] = 0.0
            at = top
            while at > 0 and cosine >= like and _better(cosine, other, likes[row, at - 1], found[row, at - 1], names):
                at -= 1
            if at < top:
                for k in range(top - 1, at, -1):
                    found[row, k] = found[row, k - 1]
                    likes[row, k] = likes[row, k - 1]
                found[row, at] = other
                likes[row, at] = cosine


@compiled
def _better(cosine: np.float32, row: int, other: np.float32, than: int, names: np.ndarray) -> bool:
    if than < 0:
        return True
    return bool(cosine > other or (cosine == other and names[row] < names[than]))
