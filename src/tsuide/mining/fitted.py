"""What every learned result can do: be taken apart into arrays and put together again."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Protocol, Self, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

from tsuide.errors import BadArray
from tsuide.kit.text import shorten

Arrays: TypeAlias = Mapping[str, np.ndarray]
Meta: TypeAlias = Mapping[str, Any]  # plain JSON: numbers, strings, lists, objects


@runtime_checkable
class Fitted(Protocol):
    """An immutable learned result.

    `from_arrays(arrays(), meta())` equals the result; the arrays may be memory-mapped and read-only.
    """

    name: ClassVar[str]  # the part's name in a snapshot: "complements", "timing" …

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that is large."""
        ...

    def meta(self) -> dict[str, Any]:
        """Everything that is small: parameters, the choice that tuning made, counts."""
        ...

    @classmethod
    def from_arrays(cls, arrays: Arrays, meta: Meta) -> Self:
        """The result again."""
        ...


def brief(fitted: Fitted) -> str:
    """A result in one line, as a notebook shows it: its size, and what is small, each clipped.

    >>> class Tiny:
    ...     name = "tiny"
    ...     arrays = lambda self: {"degree": np.zeros(250_000, np.int32)}
    ...     meta = lambda self: {"top": 20, "tried": ["cosine"] * 30}
    >>> brief(Tiny())
    "Tiny(1.0 MB, top=20, tried=['cosine', 'cosine', 'cosine', 'cosine', 'cosine', 'cosine'…)"
    """
    megabytes = sum(array.nbytes for array in fitted.arrays().values()) / 1e6
    notes = [f"{name}={shorten(str(value), _CLIPPED)}" for name, value in fitted.meta().items()]
    return f"{type(fitted).__name__}({', '.join([f'{megabytes:.1f} MB', *notes])})"


_CLIPPED: Final = 60  # characters of one note


def taken(arrays: Arrays, name: str, dtype: npt.DTypeLike, shape: tuple[int | None, ...]) -> npt.NDArray[Any]:
    """One array of a saved result, checked.

    Args:
        arrays: what was saved.
        name: which one.
        dtype: exactly this type.
        shape: exactly this shape; None = any length.

    Raises:
        BadArray: it is missing, or has another type or shape; named.

    >>> taken({"degree": np.zeros(3, np.int32)}, "degree", np.int32, (3,))
    array([0, 0, 0], dtype=int32)
    >>> taken({"degree": np.zeros(2, np.int32)}, "degree", np.int32, (3,))
    Traceback (most recent call last):
    tsuide.errors.BadArray: must have the shape (3,): degree.shape = (2,)
    """
    if name not in arrays:
        raise BadArray("is missing", key=name, way_out=f"there are {', '.join(arrays)}")
    array = arrays[name]
    if array.dtype != np.dtype(dtype):
        raise BadArray(f"must be {np.dtype(dtype)}", key=f"{name}.dtype", value=str(array.dtype))
    fits = len(array.shape) == len(shape) and all(
        wanted is None or wanted == length for wanted, length in zip(shape, array.shape, strict=True)
    )
    if not fits:
        raise BadArray(f"must have the shape {shape}", key=f"{name}.shape", value=array.shape)
    return array


def taken_rows(
    arrays: Arrays, offsets: str, values: Mapping[str, npt.DTypeLike], rows: int
) -> tuple[npt.NDArray[Any], ...]:
    """Compressed rows of a saved result, checked: row r is `values[offsets[r]:offsets[r + 1]]`.

    Args:
        arrays: what was saved.
        offsets: name of the int64 (rows + 1,) array.
        values: name → type of each array that it divides.
        rows: how many rows.

    Returns:
        The offsets, then the values in their order.

    Raises:
        BadArray: one is missing, or does not fit the others; named.

    >>> arrays = {"of": np.array([0, 1, 3]), "item": np.zeros(3, np.int32)}
    >>> [each.tolist() for each in taken_rows(arrays, "of", {"item": np.int32}, 2)]
    [[0, 1, 3], [0, 0, 0]]
    """
    begins = taken(arrays, offsets, np.int64, (rows + 1,))
    if begins[0] != 0 or (np.diff(begins) < 0).any():
        raise BadArray("must ascend from 0", key=offsets)
    return (
        begins,
        *(taken(arrays, name, dtype, (int(begins[-1]),)) for name, dtype in values.items()),
    )


def taken_within(arrays: Arrays, name: str, low: int, high: int) -> None:
    """Refuse a saved array of whole numbers of which one lies outside [low, high).

    Raises:
        BadArray: it is missing, has no whole numbers, or one out of range; named.

    >>> taken_within({"item": np.array([0, 2])}, "item", 0, 2)
    Traceback (most recent call last):
    tsuide.errors.BadArray: out of range [0, 2): item = 2
    """
    if name not in arrays:
        raise BadArray("is missing", key=name, way_out=f"there are {', '.join(arrays)}")
    array = arrays[name]
    if not np.issubdtype(array.dtype, np.integer):
        raise BadArray("must be whole numbers", key=f"{name}.dtype", value=str(array.dtype))
    if array.size and (array.min() < low or array.max() >= high):
        worst = array.max() if array.max() >= high else array.min()
        raise BadArray(f"out of range [{low}, {high})", key=name, value=int(worst))
