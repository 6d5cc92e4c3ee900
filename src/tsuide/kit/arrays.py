"""Checks at the shell of numeric code: what enters a kernel has the stated type, shape and range."""

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from tsuide.errors import BadArray

_T = TypeVar("_T", bound=np.generic)

UInt8 = npt.NDArray[np.uint8]
Int8 = npt.NDArray[np.int8]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]


def frozen(array: npt.NDArray[_T]) -> npt.NDArray[_T]:
    """The array, made read-only: what a result carries nobody changes."""
    array.flags.writeable = False
    return array


def checked_ints(name: str, values: npt.ArrayLike, *, low: int = 0, high: int | None = None) -> Int64:
    """One-dimensional integers in [low, high), as int64.

    Raises:
        BadArray: not one-dimensional, not whole numbers, or out of range; names the first bad place.

    >>> checked_ints("items", [0, 2], high=3)
    array([0, 2])
    >>> checked_ints("items", [0, 3], high=3)
    Traceback (most recent call last):
    tsuide.errors.BadArray: out of range [0, 3): items[1] = 3
    """
    array: npt.NDArray[Any] = np.asarray(values)
    if array.ndim != 1:
        raise BadArray("must have one dimension", key=f"{name}.shape", value=array.shape)
    if array.size == 0:
        return np.empty(0, dtype=np.int64)
    if not np.issubdtype(array.dtype, np.integer):
        raise BadArray("must be whole numbers", key=f"{name}.dtype", value=str(array.dtype))
    bad = array < low if high is None else (array < low) | (array >= high)
    if bad.any():
        first = int(np.flatnonzero(bad)[0])
        raise BadArray(
            f"out of range [{low}, {'∞' if high is None else high})",
            key=f"{name}[{first}]",
            value=int(array[first]),
        )
    return array.astype(np.int64, copy=False)


def checked_finite(name: str, values: npt.ArrayLike) -> Float64:
    """One-dimensional finite floats, as float64.

    Raises:
        BadArray: not one-dimensional, not numbers, NaN or infinite.

    >>> checked_finite("price", [1.5, 2])
    array([1.5, 2. ])
    """
    array: npt.NDArray[Any] = np.asarray(values)
    if array.ndim != 1:
        raise BadArray("must have one dimension", key=f"{name}.shape", value=array.shape)
    if array.size and not (np.issubdtype(array.dtype, np.floating) or np.issubdtype(array.dtype, np.integer)):
        raise BadArray("must be numbers", key=f"{name}.dtype", value=str(array.dtype))
    numbers = array.astype(np.float64, copy=False)
    bad = ~np.isfinite(numbers)
    if bad.any():
        first = int(np.flatnonzero(bad)[0])
        raise BadArray("must be finite", key=f"{name}[{first}]", value=float(numbers[first]))
    return numbers
