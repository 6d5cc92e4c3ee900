"""What is written about each product, as codes: two products share an attribute where key and value agree."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from tsuide.facts.catalogue import TRANSLATED
from tsuide.kit.arrays import Int32, Int64, frozen
from tsuide.mining.fitted import taken_rows
from tsuide.mining.index import Index


@dataclass(frozen=True, eq=False)
class Attributes:
    """Products × (key, value).

    Args:
        start: the attributes of product p are `start[p]:start[p + 1]`; int64 (products + 1,).
        key: dense key, ascending within a product; int32 (attributes,).
        value: dense value; int32 (attributes,).
        keys: dense key ↔ key.
        values: dense value ↔ value.
    """

    start: Int64
    key: Int32
    value: Int32
    keys: Index
    values: Index

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, str]]) -> Self:
        """Attributes of each product in turn; empty values are left out. A mapping that stands often is read once.

        >>> Attributes.of([{"colour": "red", "size": ""}, {}]).row(0)
        {'colour': 'red'}
        """
        keys: dict[str, int] = {}
        values: dict[str, int] = {}
        start, key, value = [0], [], []
        read: dict[int, tuple[list[int], list[int]]] = {}  # by identity: `rows` keeps every one of them alive
        for row in rows:
            if id(row) not in read:
                pairs = sorted(
                    (keys.setdefault(name, len(keys)), values.setdefault(text, len(values)))
                    for name, text in row.items()
                    if text
                )
                read[id(row)] = [place for place, _ in pairs], [place for _, place in pairs]
            key += read[id(row)][0]
            value += read[id(row)][1]
            start.append(len(key))
        return cls(
            frozen(np.array(start, np.int64)),
            frozen(np.array(key, np.int32)),
            frozen(np.array(value, np.int32)),
            Index.of(keys),
            Index.of(values),
        )

    def row(self, product: int) -> dict[str, str]:
        """The attributes of one product."""
        places = range(self.start[product], self.start[product + 1])
        return {self.keys[int(self.key[place])]: self.values[int(self.value[place])] for place in places}

    def arrays(self) -> dict[str, np.ndarray]:
        """What to save."""
        return {
            "attributes_start": self.start,
            "attributes_key": self.key,
            "attributes_value": self.value,
            **self.keys.arrays("attributes_keys"),
            **self.values.arrays("attributes_values"),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], products: int) -> Self:
        """The attributes again.

        Raises:
            BadArray: an array is missing, or does not fit the others; named.
        """
        start, key, value = taken_rows(
            arrays,
            "attributes_start",
            {"attributes_key": np.int32, "attributes_value": np.int32},
            products,
        )
        keys = Index.from_arrays(arrays, "attributes_keys")
        return cls(start, key, value, keys, Index.from_arrays(arrays, "attributes_values"))


def parse_attributes(text: str | None) -> dict[str, str]:
    """The attributes of one row of a products frame; what is not a JSON object counts as none.

    A title or category in another language says nothing more about the thing, and is left out.

    >>> parse_attributes('{"size": "M", "n": 2}'), parse_attributes(None), parse_attributes("[]")
    ({'size': 'M', 'n': '2'}, {}, {})
    """
    if not text:
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {str(key): str(value) for key, value in found.items() if value is not None and key not in TRANSLATED}
