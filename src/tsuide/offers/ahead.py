"""Fetch ahead: tell the processor which rows come next, so that they are there when they are read.

A decision reads some hundred products out of a catalogue of tens of megabytes. Each is two or three lines of memory
that no cache holds, and one that is waited for costs as much as a hundred additions. Fetching changes no value.
"""

from collections.abc import Callable
from typing import Any, Final, cast

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from tsuide.offers.compiled import Rows

LINE: Final = 64  # bytes that memory is fetched in


def _fetching(rows: Any, *, whole_row: bool) -> Any:  # noqa: ANN401 - numba's types
    def written(context: Any, builder: Any, signature: Any, given: Any) -> Any:  # noqa: ANN401 - as above
        array = context.make_array(signature.args[0])(context, builder, given[0])
        byte = ir.IntType(8).as_pointer()
        word, whole = ir.IntType(32), given[1].type
        fetch = builder.module.declare_intrinsic(
            "llvm.prefetch", (byte,), ir.FunctionType(ir.VoidType(), (byte, word, word, word))
        )
        size = context.get_abi_sizeof(context.get_data_type(signature.args[0].dtype))
        start = builder.bitcast(array.data, byte)
        row = cgutils.pointer_add(builder, start, builder.mul(given[1], ir.Constant(whole, size)))
        for offset in sorted({*range(0, size, LINE), size - 1}) if whole_row else [0]:
            at = cgutils.pointer_add(builder, row, ir.Constant(ir.IntType(64), offset))
            builder.call(fetch, (at, word(0), word(3), word(1)))  # to read, to every cache, data
        return context.get_dummy_value()

    return types.void(rows, types.int64), written


def _ahead(typing_context: Any, rows: Any, place: Any) -> Any:  # noqa: ANN401, ARG001 - as above
    return _fetching(rows, whole_row=True)


def _beginning(typing_context: Any, rows: Any, place: Any) -> Any:  # noqa: ANN401, ARG001 - as above
    return _fetching(rows, whole_row=False)


ahead = cast("Callable[[Rows, int], None]", intrinsic(_ahead))
"""Fetch row `place` of a contiguous array of one dimension; a place outside it is harmless."""

beginning = cast("Callable[[Rows, int], None]", intrinsic(_beginning))
"""As `ahead`, only the line that the row begins in."""
