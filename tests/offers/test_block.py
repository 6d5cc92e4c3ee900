"""Arrays handed over by address."""

import numpy as np
import pytest
from numba import carray

from tsuide.offers.block import WIDTH, block_of, pointer
from tsuide.offers.compiled import called

PAIR = np.dtype([("whole", np.int32), ("share", np.float64)], align=True)


@called
def _sum(block: np.ndarray) -> float:
    rows = carray(pointer(block[2]), (block[3],), PAIR)
    total = 0.0
    for i in range(len(rows)):
        total += rows[i].whole * rows[i].share
    return total


def test_a_kernel_reads_what_the_block_names() -> None:
    rows = np.array([(2, 0.5), (3, 2.0)], PAIR)
    other = np.zeros(4, np.int64)
    block = block_of([(other, other.dtype), (rows, PAIR)])
    assert block.tolist()[1::WIDTH] == [4, 2]
    assert _sum(block) == 7.0
    rows["share"] = 1.0
    assert _sum(block) == 5.0  # nothing was copied


def test_an_array_of_another_type_or_in_pieces_is_refused() -> None:
    whole = np.dtype(np.int64)
    with pytest.raises(TypeError, match="array 0 is int32, not one piece of int64"):
        block_of([(np.zeros(2, np.int32), whole)])
    with pytest.raises(TypeError, match="one piece"):
        block_of([(np.zeros(4, np.int64)[::2], whole)])
