"""How often a product comes back: the share of its units, shrunk to the shop's where few were bought."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np
import polars as pl

from tsuide.errors import BadColumns, TooFewData
from tsuide.kit.arrays import Float64, Int64, frozen
from tsuide.mining.fitted import taken
from tsuide.mining.index import Index
from tsuide.mining.risk import Shares, fit_shares

_NEEDED: Final = ("product_id", "quantity", "returned")


@dataclass(frozen=True, slots=True, eq=False)
class FittedReturns:
    """Units of each product.

    Args:
        items: dense product ↔ id.
        bought, returned: units, int64 (products,).
        shares: of the shop, and how strongly products are drawn to it.
    """

    name: ClassVar[str] = "returns"

    items: Index
    bought: Int64
    returned: Int64
    shares: Shares

    def expected(self) -> Float64:
        """Share of the next units that will come back; float64 (products,)."""
        return self.shares.of(self.returned.astype(np.float64), self.bought.astype(np.float64))

    def frame(self) -> pl.DataFrame:
        """product_id, bought, returned, share (expected), the worst first."""
        found = {"product_id": self.items.series(np.arange(len(self.items))), "bought": self.bought}
        frame = pl.DataFrame({**found, "returned": self.returned, "share": self.expected()})
        return frame.sort("share", "product_id", descending=[True, False])

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that is large."""
        return {**self.items.arrays("items"), "bought": self.bought, "returned": self.returned}

    def meta(self) -> dict[str, Any]:
        """The shop's share and its strength."""
        return {"shares": asdict(self.shares)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Self:
        """The result again.

        Raises:
            BadArray: an array is missing, or has another type or shape; named.
        """
        items = Index.from_arrays(arrays, "items")
        numbers = {name: taken(arrays, name, np.int64, (len(items),)) for name in ("bought", "returned")}
        return cls(items=items, **numbers, shares=Shares(**meta["shares"]))


@dataclass(frozen=True, slots=True)
class Returns:
    """How return shares are learned.

    >>> lines = pl.DataFrame({"product_id": ["shirt", "shirt", "pen"], "quantity": [4, 6, 10], "returned": [2, 3, 0]})
    >>> Returns().fit(lines).frame()["product_id"].to_list()
    ['shirt', 'pen']
    """

    def fit(self, purchases: pl.DataFrame) -> FittedReturns:
        """Learn from lines with product_id, quantity and returned.

        Raises:
            BadColumns: a column is missing.
            TooFewData: nothing ever came back: the shop does not record returns, and nothing is claimed.
        """
        missing = [name for name in _NEEDED if name not in purchases.columns]
        if missing:
            raise BadColumns("purchases lack a column", key="column", value=missing)
        units = (
            purchases.filter(pl.col("quantity") > 0)
            .group_by("product_id")
            .agg(pl.col("quantity").sum(), pl.col("returned").fill_null(0).clip(0, pl.col("quantity")).sum())
            .sort("product_id")
        )
        bought, returned = (units[name].to_numpy().astype(np.int64) for name in ("quantity", "returned"))
        if not returned.any():
            raise TooFewData("no returns are recorded", key="returned", value=0)
        return FittedReturns(
            items=Index.of(units["product_id"]),
            bought=frozen(bought),
            returned=frozen(returned),
            shares=fit_shares(returned.astype(np.float64), bought.astype(np.float64)),
        )
