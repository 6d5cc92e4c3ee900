"""Which products fill the same need: every candidate of a product weighed, the best kept.

Candidates are the products of the same narrowest category; for products without a category those whose
titles share rare character n-grams. So the work grows with products × candidates, never with their square.
"""

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
from scipy.sparse import csr_matrix

from tsuide.kit.arrays import Float32, Float64, Int32, Int64
from tsuide.mining.evidence import scratch
from tsuide.mining.logistic import probability
from tsuide.mining.shelf import Shelf
from tsuide.mining.substitute_kernel import SLACK, Candidates, Evidence, near, rank
from tsuide.mining.text import Grams

LARGEST_BLOCK: Final = 2_000  # products compared all with all; larger needs are cut along price
LEAST: Final = 0.15  # below it nothing speaks for one need: a card is no cheaper bag because no category is known
MOST_NEIGHBOURS: Final = 100  # candidates by title, per product without a category
_PARTS: Final = 2
COMMON_GRAM: Final = 400  # an n-gram of more titles than this leads to nobody in particular


def candidates_of(shelf: Shelf, titles: Grams) -> Candidates:
    """Candidates of every product: its block where it has a category, else the titles nearest to its own."""
    low = np.zeros(len(shelf), np.int64)
    high = np.zeros(len(shelf), np.int64)
    start, block_member = blocks(shelf)
    sizes = np.diff(start)
    low[block_member] = np.repeat(start[:-1], sizes)
    high[block_member] = np.repeat(start[1:], sizes)
    bare = np.flatnonzero((shelf.need < 0) & (shelf.title >= 0)).astype(np.int32)
    near_start, near = near_titles(titles, shelf.title[bare])
    low[bare] = near_start[:-1] + len(block_member)
    high[bare] = near_start[1:] + len(block_member)
    return Candidates(low, high, np.r_[block_member, bare[near]].astype(np.int32))


def blocks(shelf: Shelf) -> tuple[Int64, Int32]:
    """Products of one need side by side: block k is `member[start[k]:start[k + 1]]`.

    A need with more than `LARGEST_BLOCK` products is cut into pieces along the price per unit.
    """
    known = np.flatnonzero(shelf.need >= 0).astype(np.int32)
    order = known[np.lexsort((shelf.unit_price[known], shelf.need[known]))]
    need = shelf.need[order]
    first = np.flatnonzero(np.r_[True, need[1:] != need[:-1]]) if len(need) else np.empty(0, np.int64)
    within = np.arange(len(need)) - np.repeat(first, np.diff(np.r_[first, len(need)]))
    cut = np.flatnonzero(within % LARGEST_BLOCK == 0)
    return np.r_[cut, len(need)].astype(np.int64), order


def near_titles(titles: Grams, title: Int32) -> tuple[Int64, Int32]:
    """For each of `title` the places of those whose titles share its rare n-grams, most alike first.

    Args:
        titles: n-grams of the distinct titles.
        title: row of `titles` of each product, int32 (products,).

    Returns:
        start int64 (products + 1,); place int32, at most MOST_NEIGHBOURS per product, itself left out.
    """
    rows = csr_matrix(titles.rows[title])
    seen = np.bincount(rows.indices, minlength=rows.shape[1])
    rare = rows.copy()
    rare.data = np.where(seen[rows.indices] <= COMMON_GRAM, rows.data, 0).astype(np.float32)
    rare.eliminate_zeros()
    found = np.full((len(title), MOST_NEIGHBOURS), -1, np.int32)
    by_gram = csr_matrix(rare.T)
    near(
        *(rare.indptr.astype(np.int64), rare.indices, rare.data),
        *(by_gram.indptr.astype(np.int64), by_gram.indices, by_gram.data),
        found,
        np.zeros(found.shape, np.float32),
    )
    start = np.r_[0, np.cumsum((found >= 0).sum(axis=1))].astype(np.int64)
    return start, found[found >= 0]


def best_substitutes(
    shelf: Shelf,
    evidence: Evidence,
    candidates: Candidates,
    weights: Float64,
    banned: Int64,
    top: int,
) -> tuple[Int32, Float32]:
    """The `top` products most surely filling the need of each product.

    Args:
        shelf: the products.
        evidence: what features are computed from.
        candidates: whom to weigh.
        weights: bias, then one weight per feature; float64 (1 + features,).
        banned: pairs a × products + b that are no substitutes, ascending; int64.
        top: how many to keep.

    Returns:
        other int32 (products, top), -1 where there are fewer of at least `LEAST`; score float32
        (products, top), the probability to fill the same need, descending.
    """
    other = np.full((len(shelf), top), -1, np.int32)
    score = np.zeros((len(shelf), top), np.float32)
    active, root = np.ascontiguousarray(shelf.active), np.ascontiguousarray(shelf.root)
    odds = math.log(LEAST / (1 - LEAST)) - SLACK  # log odds, below which nothing is returned
    order = np.argsort(candidates.low, kind="stable")  # block by block: their rows stay in the cache

    def ranked(part: Int64) -> None:
        rank(part, evidence, candidates, root, active, weights, banned, odds, *scratch(evidence), other, score)

    with ThreadPoolExecutor(_PARTS) as pool:  # each writes the rows of its own products
        list(pool.map(ranked, np.array_split(order, _PARTS)))
    sure = probability(score.astype(np.float64))
    other[sure < LEAST] = -1  # rows descend, so what is left stays in front
    return other, np.where(other >= 0, sure, 0).astype(np.float32)
