"""Ids from outside ↔ dense integers, mapped once at the edge of mining."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

import numpy as np
import polars as pl
import pyarrow as pa

from tsuide.errors import BadArray
from tsuide.kit.arrays import Int32, Int64, UInt8, frozen
from tsuide.mining.fitted import taken

_FEW: Final = 16  # so many times fewer ids than there are: read one by one


@dataclass(frozen=True, eq=False)
class Texts:
    """An immutable list of strings, kept so that it can be memory-mapped whatever their lengths.

    Args:
        blob: the strings' UTF-8 bytes one after the other; uint8 (bytes,).
        offsets: string i is `blob[offsets[i]:offsets[i + 1]]`; int64 (strings + 1,).

    >>> texts = Texts.of(["a", "", "日本"])
    >>> len(texts), texts[2], texts.ids
    (3, '日本', ['a', '', '日本'])
    """

    blob: UInt8
    offsets: Int64

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """The list of `texts`, in their order; a Polars column is taken over without a loop."""
        if isinstance(texts, pl.Series):
            return cls._of_column(texts)
        encoded = [text.encode() for text in texts]
        offsets = np.zeros(len(encoded) + 1, dtype=np.int64)
        np.cumsum([len(text) for text in encoded], out=offsets[1:])
        return cls(np.frombuffer(b"".join(encoded), dtype=np.uint8), frozen(offsets))

    @classmethod
    def _of_column(cls, column: pl.Series) -> Self:
        packed = column.cast(pl.String).rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
        _, ends, text = packed.buffers()  # large_string: validity, int64 offsets, bytes
        if len(column) == 0 or text is None:
            return cls(np.empty(0, np.uint8), frozen(np.zeros(len(column) + 1, np.int64)))
        offsets = np.frombuffer(ends, np.int64)[packed.offset : packed.offset + len(column) + 1]
        blob = np.frombuffer(text, np.uint8)[offsets[0] : offsets[-1]]
        return cls(frozen(blob.view()), frozen(offsets - offsets[0]))

    def picked(self, places: Int64) -> Self:
        """Some of the texts, in the order of `places`."""
        return type(self).of(self.column().gather(places))

    def between(self, first: int, end: int) -> Self:
        """Texts first to end - 1."""
        low, high = int(self.offsets[first]), int(self.offsets[end])
        return type(self)(self.blob[low:high], frozen(self.offsets[first : end + 1] - low))

    def column(self) -> pl.Series:
        """All texts as a Polars column, without a loop."""
        buffers = [None, pa.py_buffer(self.offsets), pa.py_buffer(self.blob)]
        packed = pa.Array.from_buffers(pa.large_string(), len(self), buffers)
        return pl.Series(pl.from_arrow(packed))

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], prefix: str = "ids") -> Self:
        """The list that `arrays` wrote.

        Raises:
            BadArray: one is missing or they do not fit together; named.
        """
        blob, offsets = f"{prefix}_blob", f"{prefix}_offsets"
        text = taken(arrays, blob, np.uint8, (None,))
        ends = taken(arrays, offsets, np.int64, (None,))
        if len(ends) == 0 or ends[0] != 0 or ends[-1] != len(text) or (np.diff(ends) < 0).any():
            raise BadArray("must ascend from 0 to the length of the texts", key=f"{offsets}, {blob}")
        return cls(text, ends)

    def arrays(self, prefix: str = "ids") -> dict[str, np.ndarray]:
        """What to save: ``{prefix}_blob`` uint8 (bytes,) and ``{prefix}_offsets`` int64 (n + 1,)."""
        return {f"{prefix}_blob": self.blob, f"{prefix}_offsets": self.offsets}

    @cached_property
    def ids(self) -> list[str]:
        """Every string, in order."""
        raw, ends = self.blob.tobytes(), self.offsets.tolist()
        return [raw[start:end].decode() for start, end in itertools.pairwise(ends)]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, position: int) -> str:
        start, end = self.offsets[position], self.offsets[position + 1]
        return self.blob[start:end].tobytes().decode()

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Texts)
            and np.array_equal(self.offsets, other.offsets)
            and np.array_equal(self.blob, other.blob)
        )

    __hash__ = None  # type: ignore[assignment]  # equal by content; too large to hash


@dataclass(frozen=True, eq=False)
class Index(Texts):
    """Distinct ids; position = dense integer.

    >>> index = Index.of(["a", "b"])
    >>> index.position("b"), index.position("x"), len(index), index[0]
    (1, -1, 2, 'a')
    >>> index.positions(["b", "x", "a"])
    array([ 1, -1,  0], dtype=int32)
    """

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """The index of distinct ids, in the order of their positions.

        Raises:
            BadArray: an id stands twice.
        """
        index = super().of(texts)
        if len(index) > 1 and index.column().n_unique() != len(index):
            raise BadArray("an id stands twice", key="ids", value=_first_double(index.ids))
        return index

    def with_more(self, new: Sequence[str]) -> Self:
        """The same and some more ids behind, without reading those that are there.

        Raises:
            BadArray: an id stands twice.

        >>> Index.of(["a", "b"]).with_more(["c"]).positions(["c", "a"])
        array([2, 0], dtype=int32)
        """
        places = self.places | {text: len(self) + place for place, text in enumerate(new)}
        if len(places) < len(self) + len(new):
            raise BadArray("an id stands twice", key="ids", value=_first_double([*self.ids, *new]))
        added = Texts.of(new)
        grown = type(self)(
            frozen(np.concatenate([self.blob, added.blob])),
            frozen(np.concatenate([self.offsets, self.offsets[-1] + added.offsets[1:]])),
        )
        grown.__dict__["places"] = places  # what the property would find
        return grown

    @cached_property
    def places(self) -> dict[str, int]:
        """Id → position; not to be changed."""
        return {text: place for place, text in enumerate(self.ids)}

    def __contains__(self, text: object) -> bool:
        return text in self.places

    def position(self, text: str) -> int:
        """The dense integer of an id, -1 where it is not known."""
        return self.places.get(text, -1)

    def positions(self, ids: Sequence[str]) -> Int32:
        """Dense integers, -1 where an id is not known; shape (len(ids),)."""
        places = self.places
        return frozen(np.fromiter((places.get(text, -1) for text in ids), dtype=np.int32, count=len(ids)))

    def series(self, positions: Int32 | Int64) -> pl.Series:
        """The ids at `positions` as a Polars string column."""
        if len(positions) * _FEW < len(self):
            return pl.Series([self[place] for place in positions.tolist()], dtype=pl.String)
        return self.column().gather(positions)


def _first_double(ids: Sequence[str]) -> str:
    seen: set[str] = set()
    for text in ids:
        if text in seen:
            return text
        seen.add(text)
    raise AssertionError  # pragma: no cover - called only where there is one
