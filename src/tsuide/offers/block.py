"""Arrays handed to a kernel by address: what every decision reads is named once, not unpacked fifty times.

A call from Python into a kernel unpacks each array that it is given: its type is looked at, its shape and strides are
read, it is counted as used. For the forty arrays of a catalogue that never change this costs more than the kernel
spends on many a candidate, most of it in code that no cache holds. So they are handed over as one array of addresses
and lengths; whoever made it keeps the arrays alive.
"""

from collections.abc import Sequence
from typing import Any, Final, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from tsuide.kit.arrays import Int64, frozen

WIDTH: Final = 2  # address and length


def block_of(arrays: Sequence[tuple[np.ndarray, np.dtype[Any]]]) -> Int64:
    """Address and length of each array; int64 (arrays × WIDTH,).

    Args:
        arrays: each with the type that the kernel reads it as. They must outlive every use of the block.

    Raises:
        TypeError: an array of another type, or one that does not lie in one piece.

    >>> block_of([(np.arange(3), np.dtype(np.int64))])[1].item()
    3
    """
    found = np.empty(len(arrays) * WIDTH, np.int64)
    for place, (array, wanted) in enumerate(arrays):
        if array.dtype != wanted or not array.flags.c_contiguous or not array.flags.aligned:
            raise TypeError(f"array {place} is {array.dtype}, not one piece of {wanted}")
        found[place * WIDTH] = array.ctypes.data
        found[place * WIDTH + 1] = array.size
    return cast("Int64", frozen(found))


def _pointer(typing_context: Any, address: Any) -> Any:  # noqa: ANN401, ARG001 - numba's types
    def written(context: Any, builder: Any, signature: Any, given: Any) -> Any:  # noqa: ANN401, ARG001 - as above
        return builder.inttoptr(given[0], ir.IntType(8).as_pointer())

    return types.voidptr(types.int64), written


pointer = intrinsic(_pointer)
"""An address as a pointer, inside a kernel; `carray` makes an array of it."""
