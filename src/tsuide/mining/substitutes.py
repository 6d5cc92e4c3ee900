"""Which products fill the same need: every candidate of an item scored, the best kept."""

import math
from typing import Final

import numpy as np
import polars as pl

from tsuide.kit.arrays import Float32, Float64, Int32, Int64
from tsuide.mining.kernels import compiled
from tsuide.mining.shelf import Shelf

LARGEST_BLOCK: Final = 2_000  # products compared all with all; larger needs are cut along price
TEXT_WIDTH: Final = 64  # columns of the projected n-grams
FEATURES: Final = ("text", "size", "price", "attributes")
WEIGHTS: Final = (2.0, 1.5, 0.7, 1.0)
BIAS: Final = -2.0


def blocks(shelf: Shelf) -> tuple[Int64, Int32]:
    """Products of one need side by side: block k is `member[start[k]:start[k + 1]]`.

    A need with more than `LARGEST_BLOCK` products is cut into pieces along the price per unit, so that the
    work grows with products × LARGEST_BLOCK, not with their square.
    """
    known = np.flatnonzero(shelf.need >= 0).astype(np.int32)
    order = known[np.lexsort((shelf.unit_price[known], shelf.need[known]))]
    need = shelf.need[order]
    first = np.flatnonzero(np.r_[True, need[1:] != need[:-1]]) if len(need) else np.empty(0, np.int64)
    within = np.arange(len(need)) - np.repeat(first, np.diff(np.r_[first, len(need)]))
    cut = np.flatnonzero(within % LARGEST_BLOCK == 0)
    return np.r_[cut, len(need)].astype(np.int64), order


def best_substitutes(shelf: Shelf, text: Float32, top: int) -> tuple[Int32, Float32]:
    """The `top` products most like each product of the same need.

    Args:
        shelf: the products.
        text: projected titles, float32 (products, width), rows of length 1.
        top: how many to keep.

    Returns:
        other int32 (products, top), -1 where there are fewer; score float32 (products, top) in 0 … 1,
        descending.
    """
    start, member = blocks(shelf)
    other = np.full((len(shelf), top), -1, np.int32)
    score = np.zeros((len(shelf), top), np.float32)
    attributes = shelf.attributes
    key = attributes.key.astype(np.int64) << 32 | attributes.value
    _score_blocks(
        start,
        member,
        text,
        np.log(np.maximum(shelf.size, 1)),
        np.log(np.maximum(shelf.unit_price, 1)),
        shelf.group,
        shelf.root,
        shelf.active,
        attributes.start,
        key,
        np.array(WEIGHTS),
        BIAS,
        other,
        score,
    )
    return other, score


def as_frame(shelf: Shelf, other: Int32, score: Float32) -> pl.DataFrame:
    """One row per kept pair: anchor, item (ids), score."""
    anchor, column = np.nonzero(other >= 0)
    return pl.DataFrame(
        {
            "anchor": shelf.ids.series(anchor),
            "item": shelf.ids.series(other[anchor, column]),
            "score": score[anchor, column],
        }
    )


@compiled
def _score_blocks(
    start: Int64,
    member: Int32,
    text: Float32,
    log_size: Float64,
    log_price: Float64,
    group: Int32,
    root: Int32,
    active: np.ndarray,
    attribute_start: Int64,
    attribute: Int64,
    weights: Float64,
    bias: float,
    other: Int32,
    score: Float32,
) -> None:
    for block in range(len(start) - 1):
        for i in range(start[block], start[block + 1]):
            a = member[i]
            for j in range(start[block], start[block + 1]):
                b = member[j]
                if i == j or root[a] == root[b] or not active[b]:
                    continue
                near = 0.0
                for column in range(text.shape[1]):
                    near += text[a, column] * text[b, column]
                same = group[a] == group[b] and group[a] >= 0
                size = math.exp(-abs(log_size[a] - log_size[b])) if same else 0.0
                price = math.exp(-abs(log_price[a] - log_price[b])) if same else 0.0
                shared = _jaccard(attribute_start, attribute, a, b)
                value = (
                    bias
                    + weights[0] * max(0.0, near)
                    + weights[1] * size
                    + weights[2] * price
                    + weights[3] * shared
                )
                _keep(other[a], score[a], b, 1.0 / (1.0 + math.exp(-value)))


@compiled
def _jaccard(start: Int64, attribute: Int64, a: int, b: int) -> float:
    """Shared (key, value) pairs over all of both; both rows ascend."""
    i, j, same = start[a], start[b], 0
    while i < start[a + 1] and j < start[b + 1]:
        if attribute[i] == attribute[j]:
            same += 1
            i += 1
            j += 1
        elif attribute[i] < attribute[j]:
            i += 1
        else:
            j += 1
    whole = (start[a + 1] - start[a]) + (start[b + 1] - start[b]) - same
    return same / whole if whole else 0.0


@compiled
def _keep(other: Int32, score: Float32, candidate: int, value: float) -> None:
    """Insert into a row that descends by score, then ascends by product."""
    last = len(other) - 1
    if other[last] >= 0 and (score[last] > value or (score[last] == value and other[last] < candidate)):
        return
    place = last
    while place > 0 and (
        other[place - 1] < 0
        or score[place - 1] < value
        or (score[place - 1] == value and other[place - 1] > candidate)
    ):
        other[place] = other[place - 1]
        score[place] = score[place - 1]
        place -= 1
    other[place] = candidate
    score[place] = value
