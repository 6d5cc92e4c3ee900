"""Second-order co-occurrence: products that appear with the same others lie close, whether or not together."""

from typing import Final

import numpy as np
from scipy.sparse import csr_matrix, diags

from tsuide.kit.arrays import Float32
from tsuide.mining.baskets import Baskets
from tsuide.mining.second_order_kernel import centre, gram_of, times

WIDTH: Final = 48
ROUNDS: Final = 2
TALL: Final = 20  # rows per column
_NOTHING: Final = 1e-12
SHRINK: Final = 10.0  # baskets at which a vector is trusted by half


def second_order(baskets: Baskets, *, width: int = WIDTH, seed: int = 0) -> Float32:
    """Vectors whose dot product says how much two items share their company.

    The item × item matrix of normalised co-occurrence without its diagonal, centred on popularity, is seen
    through its leading directions (randomised subspace iteration, Halko, Martinsson and Tropp 2011); the
    matrix itself is never built. A vector is shorter than 1 by `n / (n + SHRINK)` with n its baskets, so what
    is known of few baskets counts for little.

    Args:
        baskets: what was bought together.
        width: directions kept.
        seed: of the random start.

    Returns:
        float32 (items, min(width, items)).

    >>> import polars as pl
    >>> orders = [("tea A", "cake"), ("tea B", "cake"), ("bolt", "nut")] * 20
    >>> lines = pl.DataFrame(
    ...     [{"order": n, "item": item} for n, order in enumerate(orders) for item in order]
    ... )
    >>> baskets = Baskets.from_frame(lines, basket="order", item="item")
    >>> vectors = second_order(baskets, width=3)
    >>> a, b, c = (vectors[baskets.item_ids.position(name)] for name in ("tea A", "tea B", "nut"))
    >>> bool(a @ b > 0.4 > a @ c)
    True
    """
    if baskets.n_items == 0:
        return np.zeros((0, 1), np.float32)
    count = baskets.count_of_item()
    rows = _normalised(baskets, count)
    own = np.asarray(rows.multiply(rows).sum(axis=0), np.float32).reshape(-1, 1)
    common = np.sqrt(count).astype(np.float32)
    common /= np.linalg.norm(common)
    across = csr_matrix(rows.T)

    def company(directions: Float32) -> Float32:
        """The matrix times `directions`: float32 (items, width)."""
        seen: Float32 = across @ (rows @ directions) - own * directions
        centre(seen, common)
        return seen

    random = np.random.default_rng(seed)
    directions = random.standard_normal((baskets.n_items, min(width, baskets.n_items)), np.float32)
    for _ in range(ROUNDS):
        directions = _orthonormal(company(directions))
    seen = company(directions)
    length = np.linalg.norm(seen, axis=1, keepdims=True)
    trust = (count / (count + SHRINK)).astype(np.float32)[:, None]
    vectors: Float32 = np.divide(seen * np.sqrt(trust), length, out=np.zeros_like(seen), where=length > _NOTHING)
    return vectors


def _orthonormal(columns: Float32) -> Float32:
    """A basis of what the columns span: tall matrices by their small Gram matrix, which is one product, not many.

    Float64 where it is squared; a Gram matrix that is not positive definite is left to Householder (numpy's qr).
    """
    if len(columns) > TALL * columns.shape[1]:
        try:
            triangle = np.linalg.cholesky(gram_of(columns)).T
        except np.linalg.LinAlgError:
            return np.linalg.qr(columns)[0]
        return times(columns, np.linalg.inv(triangle).astype(np.float32))
    return np.linalg.qr(columns)[0]


def _normalised(baskets: Baskets, count: np.ndarray) -> csr_matrix:
    """Baskets × items, each entry 1 / √(items in the basket · baskets of the item)."""
    inside = np.diff(baskets.items_of)
    shape = (baskets.n_baskets, baskets.n_items)
    ones = csr_matrix((np.ones(len(baskets.item), np.float32), baskets.item, baskets.items_of), shape=shape)
    by_basket = diags((1 / np.sqrt(np.maximum(inside, 1))).astype(np.float32))
    by_item = diags((1 / np.sqrt(np.maximum(count, 1))).astype(np.float32))
    return csr_matrix(by_basket @ ones @ by_item)
