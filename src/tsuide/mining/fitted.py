"""What every learned result can do: be taken apart into arrays and put together again."""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, Self, TypeAlias, runtime_checkable

import numpy as np

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
