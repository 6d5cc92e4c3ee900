"""Relations as people stated them at the moment of learning: kept with what was learned, so that the past stays."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl

from tsuide.errors import BadArray
from tsuide.facts.catalogue import RELATION_TYPES, RELATIONS
from tsuide.facts.schema import conform
from tsuide.kit.arrays import Int32, frozen
from tsuide.mining.fitted import Arrays, Meta, brief, taken
from tsuide.mining.index import Index


@dataclass(frozen=True, slots=True, eq=False)
class StatedRelations:
    """Declared relations, in the order in which they were given.

    Args:
        ids: every product that one names.
        product, other: places in `ids`, int32 (relations,).
        relation: place in RELATION_TYPES, int32 (relations,).

    >>> frame = pl.DataFrame({"product_id": ["pro"], "other_id": ["basic"], "relation": ["upgrade_of"]})
    >>> StatedRelations.of(frame).frame().select("product_id", "other_id", "relation").rows()
    [('pro', 'basic', 'upgrade_of')]
    """

    name: ClassVar[str] = "relations"
    __repr__ = brief
    ids: Index
    product: Int32
    other: Int32
    relation: Int32

    @classmethod
    def of(cls, relations: pl.DataFrame) -> Self:
        """The relations of a frame; rows that lack a side or a type are left out.

        Raises:
            BadColumns: a column cannot be cast to its type.
        """
        rows = conform(relations, RELATIONS).drop_nulls(["product_id", "other_id", "relation"])
        ids = Index.of(pl.concat([rows["product_id"], rows["other_id"]]).unique().sort())
        codes = {name: code for code, name in enumerate(RELATION_TYPES)}
        return cls(
            ids=ids,
            product=ids.positions(rows["product_id"].to_list()),
            other=ids.positions(rows["other_id"].to_list()),
            relation=frozen(np.array([codes[each] for each in rows["relation"].to_list()], np.int32)),
        )

    def frame(self) -> pl.DataFrame:
        """RELATIONS again."""
        names = pl.Series(RELATION_TYPES, dtype=pl.String)
        rows = pl.DataFrame(
            {
                "product_id": self.ids.series(self.product),
                "other_id": self.ids.series(self.other),
                "relation": names.gather(self.relation),
            }
        )
        return conform(rows, RELATIONS)

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that is large."""
        return {**self.ids.arrays(), "product": self.product, "other": self.other, "relation": self.relation}

    def meta(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    @classmethod
    def from_arrays(cls, arrays: Arrays, meta: Meta) -> Self:  # noqa: ARG003 - every part takes both
        """The relations again.

        Raises:
            BadArray: the arrays do not fit together; named.
        """
        ids, product = Index.from_arrays(arrays), taken(arrays, "product", np.int32, (None,))
        found = {"product": product}
        found |= {name: taken(arrays, name, np.int32, (len(product),)) for name in ("other", "relation")}
        most = {"product": len(ids), "other": len(ids), "relation": len(RELATION_TYPES)}
        for name, places in found.items():
            if len(places) and not 0 <= int(places.min()) <= int(places.max()) < most[name]:
                raise BadArray("points beyond its index", key=name)
        return cls(ids, **found)
