"""White space: what accounts like this one buy and this one does not, and what that could be worth.

"Line" below is whatever one sells by: a product, a category, a product line.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np
import polars as pl
from scipy import sparse

from tsuide.errors import UnknownCustomer
from tsuide.kit.arrays import Float64, Int32, Int64, frozen
from tsuide.mining.fitted import brief, taken, taken_rows
from tsuide.mining.index import Index
from tsuide.mining.intervals import Z95, wilson
from tsuide.mining.parameters import must_be_number, must_be_whole
from tsuide.mining.tables import Table, as_polars

_COLUMNS: Final = ("customer", "line", "amount")


@dataclass(frozen=True, slots=True)
class Room:
    """Room to grow with one account in one line.

    Args:
        line: what it does not buy.
        share: of its look-alikes that do, weighted by likeness.
        low: 95 % interval of the share (Wilson, with the effective number of look-alikes).
        high: the same.
        amount: what those who buy it spend on it in the period of the data, mean, minor units.
        potential: share × amount, minor units.
        potential_low: 95 % interval of the potential.
        potential_high: the same.
        buyers: look-alikes that buy it.
    """

    line: str
    share: float
    low: float
    high: float
    amount: int
    potential: int
    potential_low: int
    potential_high: int
    buyers: int


@dataclass(frozen=True, slots=True)
class Whitespace:
    """Look-alike accounts by what they buy (idf-weighted cosine) and who they are (share of equal traits).

    Args:
        neighbours: look-alikes per account.
        attribute_weight: weight of attributes against purchases, 0 … 1; an account without purchases is
            compared by attributes alone.
        min_buyers: fewer buying look-alikes than this say nothing.

    >>> bought = pl.DataFrame({"customer": ["a", "a", "b", "b", "c"], "line": ["x", "y", "x", "y", "x"],
    ...                        "amount": [10, 40, 10, 60, 10]})
    >>> room = Whitespace(neighbours=2, min_buyers=1).fit(bought).of("c")[0]
    >>> room.line, room.share, room.amount, room.buyers
    ('y', 1.0, 50, 2)
    """

    neighbours: int = 50
    attribute_weight: float = 0.3
    min_buyers: int = 3

    def __post_init__(self) -> None:
        must_be_whole("neighbours", self.neighbours, 1)
        must_be_number("attribute_weight", self.attribute_weight, least=0, most=1)
        must_be_whole("min_buyers", self.min_buyers)

    def fit(self, bought: Table, attributes: "Table | None" = None) -> "WhitespaceMap":
        """Learn who buys what.

        Args:
            bought: Polars, pandas or Arrow, one row per customer and line (more are added up): customer, line, amount
                in minor units of one currency over the period that potentials shall be stated for.
            attributes: customer and text columns such as industry, prefecture, size; null = not known.

        Raises:
            BadColumns: a column is missing.
            BadValue: a parameter out of range.
        """
        table = as_polars(bought, columns=_COLUMNS).with_columns(pl.col("customer", "line").cast(pl.String))
        about = None if attributes is None else as_polars(attributes).with_columns(pl.col("customer").cast(pl.String))
        sums = (
            table.drop_nulls(["customer", "line"])
            .group_by("customer", "line")
            .agg(pl.col("amount").sum().cast(pl.Int64))
            .filter(pl.col("amount") > 0)
            .sort("customer", "line")
        )
        known = set(sums["customer"]) | (set(about["customer"]) if about is not None else set())
        customers = Index.of(sorted(known))
        lines = Index.of(sums["line"].unique().sort())
        row = customers.positions(sums["customer"].to_list())
        column = lines.positions(sums["line"].to_list())
        starts = np.zeros(len(customers) + 1, dtype=np.int64)
        np.cumsum(np.bincount(row, minlength=len(customers)), out=starts[1:])
        return WhitespaceMap(
            customers=customers,
            lines=lines,
            starts=frozen(starts),
            line=column,
            amount=frozen(sums["amount"].to_numpy(writable=True)),
            traits=_traits(customers, about),
            neighbours=self.neighbours,
            attribute_weight=self.attribute_weight,
            min_buyers=self.min_buyers,
        )


def _traits(customers: Index, attributes: pl.DataFrame | None) -> Int32:
    """Code of each attribute's value, -1 = not known; int32 (customers, attributes)."""
    if attributes is None:
        return frozen(np.empty((len(customers), 0), dtype=np.int32))
    columns = [name for name in attributes.columns if name != "customer"]
    traits = np.full((len(customers), len(columns)), -1, dtype=np.int32)
    row = customers.positions(attributes["customer"].to_list())
    for place, name in enumerate(columns):
        values = attributes[name].cast(pl.String)
        codes = Index.of(values.drop_nulls().unique().sort())
        traits[row, place] = codes.positions([value if value is not None else "" for value in values])
        traits[row[values.is_null().to_numpy()], place] = -1
    return frozen(traits)


@dataclass(frozen=True, eq=False)
class WhitespaceMap:
    """Who buys what, ready to be asked for the room to grow.

    Args:
        customers: dense customer ↔ id.
        lines: dense line ↔ id.
        starts: customer c buys `line[starts[c]:starts[c + 1]]`; int64 (customers + 1,).
        line: dense line, ascending within a customer; int32 (entries,).
        amount: spent on it, minor units, int64 (entries,).
        traits: attribute codes, -1 = not known; int32 (customers, attributes).
    """

    name: ClassVar[str] = "whitespace"
    __repr__ = brief

    customers: Index
    lines: Index
    starts: Int64
    line: Int32
    amount: Int64
    traits: Int32
    neighbours: int
    attribute_weight: float
    min_buyers: int

    def likeness(self, customer: int) -> Float64:
        """How alike every account is to one, 0 … 1, itself 0; float64 (customers,)."""
        own = self.line[self.starts[customer] : self.starts[customer + 1]]
        bought = np.zeros(len(self.customers))
        if len(own):
            idf, norms, by_line = self._geometry()
            weights = np.zeros(len(self.lines))
            weights[own] = idf[own]
            bought = (by_line @ weights) / np.maximum(norms * norms[customer], 1e-12)
        alike = _equal_share(self.traits, customer)
        weight = 0.0 if alike is None else (self.attribute_weight if len(own) else 1.0)
        result = (1 - weight) * bought + (weight * alike if alike is not None else 0.0)
        result[customer] = 0.0
        return result

    def _geometry(self) -> tuple[Float64, Float64, Any]:
        """Idf of each line, length of each customer's vector, customers × lines matrix of idf."""
        holders = np.bincount(self.line, minlength=len(self.lines))
        idf = np.log1p(len(self.customers) / np.maximum(holders, 1))
        matrix = sparse.csr_array(
            (idf[self.line], self.line, self.starts), shape=(len(self.customers), len(self.lines))
        )
        norms = np.sqrt(np.asarray((matrix * matrix).sum(axis=1)).ravel())
        return idf, norms, matrix

    def of(self, customer: str, n: int = 10) -> list[Room]:
        """The n lines with the highest potential, best first; what the account buys is never among them.

        Raises:
            UnknownCustomer: neither purchases nor attributes are known.
        """
        place = self.customers.position(customer)
        if place < 0:
            raise UnknownCustomer("no purchases or attributes are known", key="customer", value=customer)
        likeness = self.likeness(place)
        near = np.argsort(-likeness, kind="stable")[: self.neighbours]
        near = near[likeness[near] > 0]
        if not len(near):
            return []
        weights = likeness[near]
        n_effective = float(weights.sum() ** 2 / (weights**2).sum())
        own = set(self.line[self.starts[place] : self.starts[place + 1]].tolist())
        spent: dict[int, list[tuple[float, int]]] = {}
        for account, weight in zip(near.tolist(), weights.tolist(), strict=True):
            for entry in range(int(self.starts[account]), int(self.starts[account + 1])):
                spent.setdefault(int(self.line[entry]), []).append((weight, int(self.amount[entry])))
        rooms = [
            _room(self.lines[line], rows, float(weights.sum()), n_effective)
            for line, rows in spent.items()
            if line not in own and len(rows) >= self.min_buyers
        ]
        return sorted(rooms, key=lambda room: (-room.potential, room.line))[:n]

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that is large."""
        return {
            **self.customers.arrays("customers"),
            **self.lines.arrays("lines"),
            "starts": self.starts,
            "line": self.line,
            "amount": self.amount,
            "traits": self.traits,
        }

    def meta(self) -> dict[str, Any]:
        """The parameters."""
        return {
            "neighbours": self.neighbours,
            "attribute_weight": self.attribute_weight,
            "min_buyers": self.min_buyers,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Self:
        """The result again.

        Raises:
            BadArray: the arrays do not fit together; named.
        """
        customers = Index.from_arrays(arrays, "customers")
        starts, line, amount = taken_rows(arrays, "starts", {"line": np.int32, "amount": np.int64}, len(customers))
        return cls(
            customers=customers,
            lines=Index.from_arrays(arrays, "lines"),
            starts=starts,
            line=line,
            amount=amount,
            traits=taken(arrays, "traits", np.int32, (len(customers), None)),
            neighbours=meta["neighbours"],
            attribute_weight=meta["attribute_weight"],
            min_buyers=meta["min_buyers"],
        )


def _equal_share(traits: Int32, customer: int) -> Float64 | None:
    """Share of the customer's known attributes that each account shares; None where none is known."""
    own = traits[customer]
    known = own >= 0
    if not known.any():
        return None
    return np.asarray((traits[:, known] == own[known]).mean(axis=1))


def _room(line: str, rows: list[tuple[float, int]], whole: float, n_effective: float) -> Room:
    weights = np.array([weight for weight, _ in rows])
    amounts = np.array([amount for _, amount in rows], dtype=np.float64)
    share = float(weights.sum()) / whole
    low, high = wilson(share, n_effective)
    mean = float(np.average(amounts, weights=weights))
    spread = float(np.average((amounts - mean) ** 2, weights=weights))
    effective = float(weights.sum() ** 2 / (weights**2).sum())
    # product of two independent estimates: relative variances add (delta method)
    error_share = (high - low) / (2 * Z95)
    error_mean = np.sqrt(spread / max(effective - 1, 1))
    reach = Z95 * np.sqrt((mean * error_share) ** 2 + (share * error_mean) ** 2)
    potential = share * mean
    return Room(
        line=line,
        share=share,
        low=low,
        high=high,
        amount=round(mean),
        potential=round(potential),
        potential_low=max(0, round(potential - reach)),
        potential_high=round(potential + reach),
        buyers=len(rows),
    )
