"""One record from its fields, quickly.

Assigning a tuple to a row of a structured array looks at every field's type anew, and a list becomes an array number by
number; `struct` and `array` know what they write beforehand.
"""

from array import array
from collections.abc import Callable, Sequence
from struct import Struct
from typing import Any, Final

import numpy as np

_LETTERS: Final = {np.dtype(np.bool_): "?", np.dtype(np.int64): "q"}


def packer(record: np.dtype[Any]) -> Callable[..., np.ndarray]:
    """A function that takes a value for each field of `record`, in order, and makes an array of one row.

    Args:
        record: aligned, of fields that are int64 or bool.

    Raises:
        KeyError: a field of another type.
        TypeError: the fields do not lie as a compiler lays them out.

    >>> pack = packer(np.dtype([("known", np.bool_), ("age", np.int64)], align=True))
    >>> pack(True, 41).tolist()
    [(True, 41)]
    """
    fields = [record[name] for name in record.names or ()]
    layout = Struct("@" + "".join(_LETTERS[each] for each in fields) + "0q")
    if layout.size != record.itemsize or not record.isalignedstruct:
        raise TypeError(f"{record} is not laid out as a compiler does")
    pack, made = layout.pack, np.ndarray

    def row(*values: int) -> np.ndarray:
        return made(1, record, bytearray(pack(*values)))

    return row


def rows_of(numbers: Sequence[int], record: np.dtype[Any]) -> np.ndarray:
    """Rows of a record of int64 fields from all their numbers, one row after the other; at least one row.

    >>> rows_of([1, 2, 3, 4], np.dtype([("item", np.int64), ("quantity", np.int64)]))["quantity"].tolist()
    [2, 4]
    """
    return np.frombuffer(array("q", numbers), record)
