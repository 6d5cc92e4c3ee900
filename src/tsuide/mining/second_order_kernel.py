"""The compiled part of second-order vectors: products of tall matrices, in one order of adding up.

The numeric library's own products share the work out among as many threads as there are cores, which wait for each
other by spinning: beside another model a product of 10 ms took 1.8 s, and its last bits hung on the number of cores.
"""

import numpy as np

from tsuide.kit.arrays import Float32, Float64
from tsuide.mining.compiled import compiled


@compiled
def gram_of(columns: Float32) -> Float64:
    """columnsᵀ · columns, added up in float64 row by row; float64 (width, width)."""
    width = columns.shape[1]
    found = np.zeros((width, width))
    for row in range(len(columns)):
        for i in range(width):
            value = np.float64(columns[row, i])
            for j in range(width):
                found[i, j] += value * columns[row, j]
    return found


@compiled
def times(columns: Float32, square: Float32) -> Float32:
    """Columns · square; float32 (rows, width)."""
    found = np.zeros_like(columns)
    for row in range(len(columns)):
        for i in range(len(square)):
            value = columns[row, i]
            for j in range(square.shape[1]):
                found[row, j] += value * square[i, j]
    return found


@compiled
def centre(columns: Float32, direction: Float32) -> None:
    """Take from every column its part along a direction of length 1, float32 (rows,)."""
    along = np.zeros(columns.shape[1])
    for row in range(len(columns)):
        for i in range(columns.shape[1]):
            along[i] += np.float64(direction[row]) * columns[row, i]
    for row in range(len(columns)):
        for i in range(columns.shape[1]):
            columns[row, i] -= np.float32(direction[row] * along[i])
