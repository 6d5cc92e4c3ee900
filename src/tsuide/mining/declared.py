"""Relations that a person declared, as pairs of dense products: they outrank what was learned."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import polars as pl

from tsuide.facts.catalogue import RELATIONS
from tsuide.facts.schema import conform
from tsuide.kit.arrays import Int64, frozen
from tsuide.mining.index import Index

_ONE_NEED: Final = ("substitute", "different_brand", "upgrade_of")
_OTHER_NEED: Final = ("part_of_set", "required_part", "often_bought_with", "accessory")


@dataclass(frozen=True, slots=True, eq=False)
class Declared:
    """Pairs (a, b) as a × products + b, ascending; int64.

    Args:
        same: b may stand in for a, better or not; both directions.
        other: b goes with a, so it does not stand in for it; both directions.
        better: b is a step above a.
    """

    same: Int64
    other: Int64
    better: Int64

    @classmethod
    def of(cls, relations: pl.DataFrame | None, ids: Index) -> Self:
        """The relations between products that the catalogue knows; a pair with itself is left out.

        Raises:
            BadColumns: a column cannot be cast to its type.

        >>> frame = pl.DataFrame({"product_id": ["pro"], "other_id": ["basic"], "relation": ["upgrade_of"]})
        >>> Declared.of(frame, Index.of(["basic", "pro"])).better.tolist()  # basic (0) → pro (1)
        [1]
        """
        if relations is None:
            return cls.none()
        frame = conform(relations, RELATIONS).drop_nulls()
        a = ids.positions(frame["product_id"].to_list()).astype(np.int64)
        b = ids.positions(frame["other_id"].to_list()).astype(np.int64)
        kind = frame["relation"].to_numpy()
        known = (a >= 0) & (b >= 0) & (a != b)

        def pairs(left: Int64, right: Int64, kinds: tuple[str, ...]) -> Int64:
            chosen = known & np.isin(kind, kinds)
            coded: Int64 = left[chosen] * len(ids) + right[chosen]
            return coded

        return cls(
            _ascending(pairs(a, b, _ONE_NEED), pairs(b, a, _ONE_NEED)),
            _ascending(pairs(a, b, _OTHER_NEED), pairs(b, a, _OTHER_NEED)),
            _ascending(pairs(b, a, ("upgrade_of",))),
        )

    @classmethod
    def none(cls) -> Self:
        """No relation."""
        return cls(_ascending(), _ascending(), _ascending())


def _ascending(*parts: Int64) -> Int64:
    return frozen(np.unique(np.concatenate([np.empty(0, np.int64), *parts])))
