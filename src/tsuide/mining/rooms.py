"""Room to grow with every account, ready to be looked up: the white space of all of them, learned at one time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np
import polars as pl

from tsuide.errors import BadArray
from tsuide.kit.arrays import Float64, Int32, Int64, frozen
from tsuide.mining.fitted import brief, taken, taken_rows, taken_within
from tsuide.mining.index import Index
from tsuide.mining.tables import Table, as_polars
from tsuide.mining.whitespace import Room, Whitespace

_MOST: Final = 10  # lines of one account that are kept
_AT_ONCE: Final = 2_000
_MODEL: Final = Whitespace(neighbours=150, attribute_weight=0.5, size_prior=1.0, part=0.4)
_FLOATS: Final = ("share", "low", "high", "potential", "reach")


@dataclass(frozen=True, slots=True)
class AccountRoom:
    """The room to grow with one account, in its own currency.

    Args:
        currency: of every amount.
        total: over all lines, minor units in the period of the data; `low` … `high` is its 95 % interval.
        lines: those with the highest potential, best first.
    """

    currency: str
    total: int
    low: int
    high: int
    lines: tuple[Room, ...]


@dataclass(frozen=True, slots=True)
class Rooms:
    """Learns the room of accounts, each among those that buy in its currency: amounts of two are never added.

    An account that buys in several belongs to the one in which it bought on most lines; one that never bought, to the
    currency of most accounts.

    Args:
        model: how look-alikes are found.

    >>> bought = pl.DataFrame({"customer": ["a", "a", "b", "b", "c"], "line": ["x", "y", "x", "y", "x"],
    ...                        "amount": [10, 40, 10, 60, 10], "currency": ["JPY"] * 5})
    >>> rooms = Rooms(Whitespace(neighbours=2, min_buyers=1)).fit(bought, ["a", "b", "c", "new"])
    >>> room = rooms.of("c")
    >>> room.currency, room.total, [line.line for line in room.lines], rooms.of("new").total
    ('JPY', 50, ['y'], 0)
    """

    model: Whitespace = _MODEL

    def fit(self, bought: Table, accounts: Sequence[str], attributes: "Table | None" = None) -> "FittedRooms":
        """Learn from who buys what.

        Args:
            bought: customer, line, currency, amount in minor units over the period.
            accounts: everybody whose room is told, buyers or not.
            attributes: customer and text columns; null = not known.

        Raises:
            BadColumns: a column is missing.
        """
        table = as_polars(bought, columns=("customer", "line", "amount", "currency"))
        table = table.drop_nulls(["customer", "line", "currency"]).filter(pl.col("customer").is_in([*set(accounts)]))
        about = None if attributes is None else as_polars(attributes)
        home = _homes(table)
        usual = home["currency"].mode().sort()[0] if len(home) else ""
        of = {**dict.fromkeys(sorted(set(accounts)), usual), **dict(home.iter_rows())}
        customers, currencies = Index.of(of), sorted(set(of.values()))
        lines = Index.of(table["line"].cast(pl.String).unique().sort())
        rows: list[list[tuple[int, Room, float]]] = [[] for _ in of]
        total, reach = np.zeros(len(of)), np.zeros(len(of))
        for currency in currencies:
            mine = [name for name, its in of.items() if its == currency]
            known = None if about is None else about.filter(pl.col("customer").is_in(mine))
            here = table.filter(pl.col("currency") == currency).drop("currency")
            self._fill(here, known, mine, customers, lines, rows, total, reach)
        flat = [entry for each in rows for entry in each]
        starts = np.zeros(len(of) + 1, dtype=np.int64)
        np.cumsum([len(each) for each in rows], out=starts[1:])
        return FittedRooms(
            customers=customers,
            lines=lines,
            currencies=tuple(currencies),
            currency=frozen(np.array([currencies.index(each) for each in of.values()], dtype=np.int32)),
            total=frozen(total),
            total_reach=frozen(reach),
            starts=frozen(starts),
            line=frozen(np.array([entry[0] for entry in flat], dtype=np.int32)),
            share=frozen(np.array([entry[1].share for entry in flat], dtype=np.float64)),
            low=frozen(np.array([entry[1].low for entry in flat], dtype=np.float64)),
            high=frozen(np.array([entry[1].high for entry in flat], dtype=np.float64)),
            potential=frozen(np.array([entry[1].potential for entry in flat], dtype=np.float64)),
            reach=frozen(np.array([entry[2] for entry in flat], dtype=np.float64)),
            amount=frozen(np.array([entry[1].amount for entry in flat], dtype=np.int64)),
            buyers=frozen(np.array([entry[1].buyers for entry in flat], dtype=np.int64)),
        )

    def _fill(
        self,
        bought: pl.DataFrame,
        about: pl.DataFrame | None,
        mine: Sequence[str],
        customers: Index,
        lines: Index,
        rows: list[list[tuple[int, Room, float]]],
        total: Float64,
        reach: Float64,
    ) -> None:
        """The room of the accounts of one currency, written into rows and totals."""
        fitted = self.model.fit(bought, about)
        places = fitted.customers.positions(mine)
        asked = places[places >= 0].astype(np.int64)
        of = customers.positions([fitted.customers[place] for place in asked.tolist()])
        line_of = lines.positions(fitted.lines.ids)
        for first in range(0, len(asked), _AT_ONCE):
            found = fitted.estimated(asked[first : first + _AT_ONCE])
            at = of[first : first + _AT_ONCE]
            total[at] = found.potential.sum(axis=1)
            reach[at] = np.sqrt((found.reach**2).sum(axis=1))
            best = np.argsort(-found.potential, axis=1, kind="stable")[:, :_MOST]
            for row, account in enumerate(at.tolist()):
                rows[account] = [
                    (int(line_of[line]), fitted.room(found, row, line), float(found.reach[row, line]))
                    for line in best[row].tolist()
                    if found.buyers[row, line]
                ]


def _homes(bought: pl.DataFrame) -> pl.DataFrame:
    """The currency of each customer who bought: that of most lines, then of the larger name; customer, currency."""
    counted = bought.group_by("customer", "currency").agg(pl.len().alias("n"))
    ordered = counted.sort("n", "currency", descending=True)
    return ordered.unique("customer", keep="first", maintain_order=True).select("customer", "currency").sort("customer")


@dataclass(frozen=True, eq=False)
class FittedRooms:
    """Room by account.

    Args:
        customers: dense account ↔ id.
        lines: dense line ↔ id.
        currencies: codes.
        currency: place in `currencies` of each account, int32 (accounts,).
        total, total_reach: room over all lines and half its 95 % interval, minor units, float64 (accounts,).
        starts: account a has entries `starts[a]:starts[a + 1]`, best first, int64 (accounts + 1,).
        line: int32 (entries,).
        share, low, high: of look-alikes that buy the line, float64 (entries,).
        potential, reach: minor units, float64 (entries,).
        amount: what those who buy spend on it, minor units, int64 (entries,).
        buyers: look-alikes that buy it, int64 (entries,).
    """

    name: ClassVar[str] = "rooms"
    __repr__ = brief

    customers: Index
    lines: Index
    currencies: tuple[str, ...]
    currency: Int32
    total: Float64
    total_reach: Float64
    starts: Int64
    line: Int32
    share: Float64
    low: Float64
    high: Float64
    potential: Float64
    reach: Float64
    amount: Int64
    buyers: Int64

    def of(self, customer: str, without: Sequence[str] = (), n: int = _MOST) -> AccountRoom | None:
        """The room of one account; None where it was not known when this was learned.

        Args:
            customer: its id.
            without: lines that it is known to buy elsewhere for good: no room.
            n: lines at most; the total is of all.
        """
        place = self.customers.position(customer)
        if place < 0:
            return None
        entries = range(int(self.starts[place]), int(self.starts[place + 1]))
        held = [entry for entry in entries if self.lines[int(self.line[entry])] in without] if without else []
        total = float(self.total[place]) - sum(float(self.potential[entry]) for entry in held)
        reach = float(self.total_reach[place]) ** 2 - sum(float(self.reach[entry]) ** 2 for entry in held)
        kept = [entry for entry in entries if entry not in held][:n]
        wide, total = float(np.sqrt(max(reach, 0.0))), max(total, 0.0)
        return AccountRoom(
            currency=self.currencies[int(self.currency[place])],
            total=round(total),
            low=max(0, round(total - wide)),
            high=round(total + wide),
            lines=tuple(self._room(entry) for entry in kept),
        )

    def _room(self, entry: int) -> Room:
        potential, reach = float(self.potential[entry]), float(self.reach[entry])
        return Room(
            line=self.lines[int(self.line[entry])],
            share=float(self.share[entry]),
            low=float(self.low[entry]),
            high=float(self.high[entry]),
            amount=int(self.amount[entry]),
            potential=round(potential),
            potential_low=max(0, round(potential - reach)),
            potential_high=round(potential + reach),
            buyers=int(self.buyers[entry]),
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that is large."""
        return {
            **self.customers.arrays("customers"),
            **self.lines.arrays("lines"),
            "currency": self.currency,
            "total": self.total,
            "total_reach": self.total_reach,
            "starts": self.starts,
            "line": self.line,
            **{name: getattr(self, name) for name in _FLOATS},
            "amount": self.amount,
            "buyers": self.buyers,
        }

    def meta(self) -> dict[str, Any]:
        """The currencies."""
        return {"currencies": list(self.currencies)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Self:
        """The result again.

        Raises:
            BadArray: the arrays do not fit together; named.
        """
        customers, lines = Index.from_arrays(arrays, "customers"), Index.from_arrays(arrays, "lines")
        kinds = {"line": np.int32, **dict.fromkeys(_FLOATS, np.float64), "amount": np.int64, "buyers": np.int64}
        starts, line, *floats, amount, buyers = taken_rows(arrays, "starts", kinds, len(customers))
        currencies = tuple(meta.get("currencies", ()))
        if not currencies:
            raise BadArray("is missing", key="currencies")
        taken_within(arrays, "line", 0, len(lines))
        taken_within(arrays, "currency", 0, len(currencies))
        n = len(customers)
        return cls(
            customers=customers,
            lines=lines,
            currencies=currencies,
            currency=taken(arrays, "currency", np.int32, (n,)),
            total=taken(arrays, "total", np.float64, (n,)),
            total_reach=taken(arrays, "total_reach", np.float64, (n,)),
            starts=starts,
            line=line,
            **dict(zip(_FLOATS, floats, strict=True)),
            amount=amount,
            buyers=buyers,
        )
