"""What suits cross-selling and what does not: products, pairs, placements, reps, segments by certain gain and loss.

A customer counts once in each cell, at the first decision whose slate held it: treated, who were shown it, against the
holdout, who would have been. Figure: money that the customer brought in the days after. Interval: Welch's; false
discoveries among all cells of one sort held at 5 % (Benjamini–Hochberg). Sorted by what is certain: gains by their
lower bound, losses by their upper one, the rest as not certain. Assumes: what earlier offers changed in a customer does
not decide whether a later slate holds the cell (the first time counts for that reason).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import polars as pl

from tsuide.proof.difference import of_moments
from tsuide.proof.estimate import Estimate
from tsuide.proof.moments import Moments
from tsuide.proof.multiple import benjamini_hochberg

Sort: TypeAlias = Literal["product", "pair", "kind", "placement", "rep", "segment", "category"]
Suits: TypeAlias = Literal["gain", "loss", "not_certain"]
FEWEST_EACH: Final = 20
DISCOVERY: Final = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One product, pair or placement.

    Args:
        name: of it.
        treated, control: customers.
        change: money per customer, treated minus control.
        q: p-value adjusted for all cells of its sort.
        suits: certain gain, certain loss, or neither.
    """

    name: str
    treated: int
    control: int
    change: Estimate
    q: float
    suits: Suits

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        numbers = {"treated": self.treated, "control": self.control, "q": round(self.q, 6)}
        return {"name": self.name, "suits": self.suits, **numbers, "difference": self.change.plain(2)}


def what_suits(cells: pl.DataFrame, *, least: int = FEWEST_EACH) -> dict[str, list[Cell]]:
    """Cells of each sort, certain gains first, certain losses last.

    Args:
        cells: sort, name, customer_id, treated (bool), money; one row per customer and cell.
        least: customers in each arm below which a cell is not judged.

    >>> rows = {"sort": ["kind"] * 80, "name": ["filler"] * 80, "customer_id": [str(n) for n in range(80)]}
    >>> rows |= {"treated": [True, False] * 40, "money": [300.0 + n % 7 if n % 2 == 0 else 100.0 for n in range(80)]}
    >>> [(cell.name, cell.suits) for cell in what_suits(pl.DataFrame(rows))["kind"]]
    [('filler', 'gain')]
    """
    if cells.is_empty():
        return {}
    both = (
        cells.group_by("sort", "name", "treated")
        .agg(n=pl.len(), mean=pl.col("money").mean(), variance=pl.col("money").var())
        .filter(pl.col("n") >= max(least, 2))
    )
    pairs = both.filter(pl.col("treated")).join(both.filter(~pl.col("treated")), on=["sort", "name"], suffix="_control")
    return {str(sort): _judged(rows) for (sort,), rows in sorted(pairs.group_by("sort"), key=lambda each: str(each[0]))}


def _judged(rows: pl.DataFrame) -> list[Cell]:
    rows = rows.sort("name")
    change = of_moments(_moments(rows, ""), _moments(rows, "_control"))
    p = np.where(np.isfinite(change.p), change.p, 1.0)
    q = benjamini_hochberg(p)
    found = []
    for place, row in enumerate(rows.iter_rows(named=True)):
        own = Estimate(*(np.asarray(getattr(change, name)[place]) for name in ("value", "error", "low", "high", "p")))
        suits: Suits = "not_certain"
        if q[place] <= DISCOVERY and bool(own.certain):
            suits = "gain" if own.value > 0 else "loss"
        found.append(Cell(row["name"], row["n"], row["n_control"], own, float(q[place]), suits))
    return sorted(found, key=_rank)


def _rank(cell: Cell) -> tuple[int, float]:
    """Gains by lower bound falling, then the uncertain by value falling, then losses, the surest last."""
    place: Mapping[Suits, int] = {"gain": 0, "not_certain": 1, "loss": 2}
    by = {"gain": cell.change.low, "not_certain": cell.change.value, "loss": cell.change.high}[cell.suits]
    return place[cell.suits], -float(by)


def _moments(rows: pl.DataFrame, side: str) -> Moments:
    return Moments(*(rows[f"{name}{side}"].cast(pl.Float64).to_numpy() for name in ("n", "mean", "variance")))
