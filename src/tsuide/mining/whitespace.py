"""White space: what accounts like this one buy and this one does not, and what that could be worth.

"Line" below is whatever one sells by: a product, a category, a product line.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Final, Self

import numpy as np
import polars as pl
from scipy import sparse

from tsuide.errors import UnknownCustomer
from tsuide.kit.arrays import Float64, Int32, Int64, frozen
from tsuide.mining.fitted import brief, taken, taken_rows
from tsuide.mining.index import Index
from tsuide.mining.intervals import Z95
from tsuide.mining.parameters import must_be_number, must_be_whole
from tsuide.mining.similar_kernel import closest
from tsuide.mining.tables import Table, as_polars

_COLUMNS: Final = ("customer", "line", "amount")
_AT_ONCE: Final = 2_000  # accounts compared with everybody at a time
_SURE: Final = 0.95  # no share is told to be surer
_PRIOR_LINES: Final = 2.0  # that the usual part bought here is worth
_LEAST: Final = 1e-6  # likeness that counts


@dataclass(frozen=True, slots=True)
class Room:
    """Room to grow with one account in one line.

    Args:
        line: what it does not buy.
        share: of its look-alikes that do, weighted by likeness.
        low: 95 % interval of the share (Wilson, with the effective number of look-alikes).
        high: the same.
        amount: what those who buy it spend on it in the period of the data, mean, minor units.
        potential: share × amount, minor units, times how open the line is with this account (`part`).
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
        size_prior: where given, what look-alikes spend is brought to the account's own size: how much more than
            others it spends on the lines that it buys, shrunk by this many lines to how its look-alikes spend.
        part: where given, the part of what accounts need that they usually buy here, 0 … 1. Of an account that buys
            already most of what its look-alikes buy, little is left to win: what it does not buy it hardly needs.
            Of one that buys less of it than is usual, more: it has the rest from others (`_left`).

    >>> bought = pl.DataFrame({"customer": ["a", "a", "b", "b", "c"], "line": ["x", "y", "x", "y", "x"],
    ...                        "amount": [10, 40, 10, 60, 10]})
    >>> room = Whitespace(neighbours=2, min_buyers=1).fit(bought).of("c")[0]
    >>> room.line, room.share, room.amount, room.buyers
    ('y', 1.0, 50, 2)
    """

    neighbours: int = 50
    attribute_weight: float = 0.3
    min_buyers: int = 3
    size_prior: float | None = None
    part: float | None = None

    def __post_init__(self) -> None:
        must_be_whole("neighbours", self.neighbours, 1)
        must_be_number("attribute_weight", self.attribute_weight, least=0, most=1)
        must_be_whole("min_buyers", self.min_buyers)
        if self.size_prior is not None:
            must_be_number("size_prior", self.size_prior, above=0)
        if self.part is not None:
            must_be_number("part", self.part, above=0, most=_SURE)

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
            size_prior=self.size_prior,
            part=self.part,
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
    size_prior: float | None = None
    part: float | None = None

    def likeness(self, customer: int) -> Float64:
        """How alike every account is to one, 0 … 1, itself 0; float64 (customers,)."""
        alike = np.asarray((self._features[0] @ self._asking(np.array([customer])).T.toarray())[:, 0], np.float64)
        alike[customer] = 0.0
        return alike

    def _asking(self, asked: Int64) -> Any:  # noqa: ANN401 - scipy's arrays carry no types
        """The features of some accounts, weighted so that the product with anybody's features is their likeness."""
        features, known = self._features
        buys = np.diff(self.starts)[asked] > 0
        weight = np.where(known[asked] == 0, 0.0, np.where(buys, self.attribute_weight, 1.0))
        rows = features[asked]
        of_trait = rows.indices >= len(self.lines)
        row = np.repeat(np.arange(len(asked)), np.diff(rows.indptr))
        scale = np.where(of_trait, weight[row] / np.maximum(known[asked][row], 1), 1 - weight[row])
        rows.data = (rows.data * scale).astype(np.float32)
        return rows

    @cached_property
    def _features(self) -> tuple[Any, Int64]:
        """Features of all, float32 (customers, lines + values of traits), and how many traits of each are known.

        Of a line that is bought its idf, so that an account's lines have length 1 together; of a trait's value 1.
        """
        n, lines = len(self.customers), len(self.lines)
        holders = np.bincount(self.line, minlength=lines)
        idf = np.log1p(n / np.maximum(holders, 1))
        row = np.repeat(np.arange(n), np.diff(self.starts))
        norms = np.sqrt(np.bincount(row, weights=idf[self.line] ** 2, minlength=n))
        person, column = np.nonzero(self.traits >= 0)
        widths = self.traits.max(axis=0, initial=-1) + 1
        place = lines + (np.cumsum(widths) - widths)[column] + self.traits[person, column]
        values = np.concatenate([idf[self.line] / norms[row], np.ones(len(person))]).astype(np.float32)
        where = (np.concatenate([row, person]), np.concatenate([self.line, place]))
        features = sparse.csr_matrix((values, where), shape=(n, lines + int(widths.sum())))
        return features, (self.traits >= 0).sum(axis=1).astype(np.int64)

    @cached_property
    def _sizes(self) -> tuple[Float64, Float64, float]:
        """How large each account is, float64 (customers,) twice, and how sure that is.

        Returns:
            Log of how much more than others it spends on a line that it buys (mean), the lines behind that, and the
            variance of one line around it.
        """
        spent, n = np.log(self.amount), len(self.customers)
        holders = np.maximum(np.bincount(self.line, minlength=len(self.lines)), 1)
        usual = np.bincount(self.line, weights=spent, minlength=len(self.lines)) / holders
        lines = np.diff(self.starts).astype(np.float64)
        row = np.repeat(np.arange(n), np.diff(self.starts))
        size = np.bincount(row, weights=spent - usual[self.line], minlength=n) / np.maximum(lines, 1)
        around = spent - usual[self.line] - size[row]
        return size, lines, float((around**2).sum() / max(len(around) - (lines > 0).sum(), 1))

    def of(self, customer: str, n: int = 10) -> list[Room]:
        """The n lines with the highest potential, best first; what the account buys is never among them.

        Raises:
            UnknownCustomer: neither purchases nor attributes are known.
        """
        place = self.customers.position(customer)
        if place < 0:
            raise UnknownCustomer("no purchases or attributes are known", key="customer", value=customer)
        return next(self.rooms([place], n))

    def rooms(self, places: Sequence[int] | None = None, n: int = 10) -> Iterator[list[Room]]:
        """The room of many accounts, in their order: for each as `of`, compared some hundreds at a time.

        Args:
            places: dense customers; None = all.
            n: lines of each at most.
        """
        asked = np.arange(len(self.customers)) if places is None else np.asarray(places, dtype=np.int64)
        for first in range(0, len(asked), _AT_ONCE):
            block = asked[first : first + _AT_ONCE]
            found = self.estimated(block)
            best = np.argsort(-found.potential, axis=1, kind="stable")[:, :n]
            for row, lines in enumerate(best.tolist()):
                yield [self.room(found, row, line) for line in lines if found.buyers[row, line]]

    def room(self, found: "Estimated", row: int, line: int) -> Room:
        """One cell of what was estimated."""
        potential, reach = float(found.potential[row, line]), float(found.reach[row, line])
        return Room(
            line=self.lines[line],
            share=float(found.share[row, line]),
            low=float(found.low[row, line]),
            high=float(found.high[row, line]),
            amount=round(float(found.amount[row, line])),
            potential=round(potential),
            potential_low=max(0, round(potential - reach)),
            potential_high=round(potential + reach),
            buyers=int(found.buyers[row, line]),
        )

    def estimated(self, asked: Int64) -> "Estimated":
        """What look-alikes of some accounts say of every line; where they say nothing, and of what an account buys, 0.

        Args:
            asked: dense customers, (asked,).
        """
        near, weights = self._nearest(asked)
        shape, many = (len(asked), len(self.customers)), near.shape[1]
        starts = np.arange(0, len(asked) * many + 1, many)
        of = sparse.csr_array((weights.ravel(), near.ravel(), starts), shape=shape)
        of.eliminate_zeros()
        squares = sparse.csr_array((of.data**2, of.indices, of.indptr), shape=shape)
        counts = sparse.csr_array((np.ones(len(of.data)), of.indices, of.indptr), shape=shape)
        whole = np.asarray(of.sum(axis=1)).ravel()[:, None]
        n_effective = whole**2 / np.maximum(np.asarray(squares.sum(axis=1)).ravel()[:, None], 1e-300)
        factor, unsure, spent = self._scaled(asked, of)
        holds, pays = self._matrix(np.ones(len(self.line))), self._matrix(spent)
        mass, mass2 = (of @ holds).toarray(), (squares @ holds).toarray()
        buyers = np.rint((counts @ holds).toarray())
        mean = (of @ pays).toarray() / np.maximum(mass, 1e-300)
        spread = np.maximum((of @ self._matrix(spent**2)).toarray() / np.maximum(mass, 1e-300) - mean**2, 0)
        spread[spread < mean**2 * 1e-12] = 0.0  # what is left of two large numbers that are equal
        share = np.minimum(mass / np.maximum(whole, 1e-300), 1.0)
        low, high = _wilson(share, np.maximum(n_effective, 1e-9))
        effective = mass**2 / np.maximum(mass2, 1e-300)
        mean, error_mean = mean * factor, np.sqrt(spread / np.maximum(effective - 1, 1)) * factor
        # product of independent estimates: relative variances add (delta method)
        error_share = (high - low) / (2 * Z95)
        reach = Z95 * np.sqrt((mean * error_share) ** 2 + share**2 * (error_mean**2 + unsure * mean**2))
        left, unsure_left = self._left(asked, share)
        potential = share * mean * left
        reach = np.sqrt((reach * left) ** 2 + (Z95 * potential) ** 2 * unsure_left)
        silent = buyers < max(self.min_buyers, 1)
        for row, account in enumerate(asked.tolist()):
            silent[row, self.line[self.starts[account] : self.starts[account + 1]]] = True
        for each in (share, low, high, mean, potential, reach, buyers):
            each[silent] = 0
        return Estimated(share, low, high, mean, potential, reach, buyers.astype(np.int64))

    def _left(self, asked: Int64, share: Float64) -> tuple[Float64, Float64]:
        """By how much more or less than is usual a line that an account does not buy is open with it.

        Look-alikes buy `part` of what they need here: share / part of them need a line. The part h that this account
        buys is the lines that it buys of those that it probably needs, shrunk to the usual part by two lines. That it
        needs a line which it does not buy is then the likelier the less it buys here: need × (1 − h) / (1 − need × h),
        told as a multiple of what it is for an account with the usual part and a rare need; no more is expected of
        a line than those spend on it who buy it.

        Returns:
            The multiple, (asked, lines), and its relative variance, (asked, 1).
        """
        if self.part is None:
            return np.ones((1, 1)), np.zeros((1, 1))
        need = np.minimum(share / self.part, _SURE)
        lines = np.diff(self.starts)[asked].astype(np.float64)
        behind = need.sum(axis=1) + _PRIOR_LINES
        here = np.clip((lines + _PRIOR_LINES * self.part) / behind, 1 - _SURE, _SURE)[:, None]
        variance = here * (1 - here) / (behind[:, None] + 1)
        left = (1 - here) / ((1 - self.part) * (1 - need * here))
        return np.minimum(left, 1 / np.maximum(share, self.part)), variance / (1 - here) ** 2

    def _matrix(self, values: Float64) -> Any:  # noqa: ANN401 - scipy's arrays carry no types
        return sparse.csr_array((values, self.line, self.starts), shape=(len(self.customers), len(self.lines)))

    def _nearest(self, asked: Int64) -> tuple[Int32, Float64]:
        """The look-alikes of each, best first, and how alike they are, 0 = is none; (asked, neighbours) twice."""
        everybody = np.arange(len(self.customers), dtype=np.int32)
        near, alike = closest(self._asking(asked), self._features[0], everybody, _LEAST, self.neighbours + 1)
        itself = near == asked[:, None]
        itself[~itself.any(axis=1), -1] = True  # who is unlike themselves: nothing is known of them
        others = ~itself
        near, alike = near[others].reshape(len(asked), -1), alike[others].reshape(len(asked), -1)
        return np.maximum(near, 0), np.where(near >= 0, alike, 0.0).astype(np.float64)

    def _scaled(self, asked: Int64, of: Any) -> tuple[Float64, Float64, Float64]:  # noqa: ANN401 - as above
        """Amounts brought to the size of those asked.

        Returns:
            What look-alikes' amounts are multiplied by and the variance of its logarithm, (asked, 1) twice, and the
            amounts (entries,), each as of an account of usual size.
        """
        if self.size_prior is None:
            return np.ones((len(asked), 1)), np.zeros((len(asked), 1)), self.amount.astype(np.float64)
        size, lines, around = self._sizes
        shrunk = size * lines / (lines + self.size_prior)
        buys = (lines > 0).astype(np.float64)
        others = (of @ (shrunk * buys))[:, None] / np.maximum((of @ buys)[:, None], 1e-300)
        own, known = size[asked][:, None], lines[asked][:, None]
        log = (own * known + others * self.size_prior) / (known + self.size_prior)
        spent = self.amount / np.exp(shrunk[np.repeat(np.arange(len(self.customers)), np.diff(self.starts))])
        return np.exp(log), around / (known + self.size_prior), spent

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
            "size_prior": self.size_prior,
            "part": self.part,
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
            size_prior=meta.get("size_prior"),
            part=meta.get("part"),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Estimated:
    """Room by account and line; every array (asked, lines), 0 where look-alikes say nothing.

    Args:
        share: of look-alikes that buy the line, with its 95 % interval `low` … `high`.
        amount: what those spend on it, minor units.
        potential: share × amount, more or less as the account buys less or more here than is usual; `reach` is half
            its 95 % interval.
        buyers: look-alikes that buy it.
    """

    share: Float64
    low: Float64
    high: Float64
    amount: Float64
    potential: Float64
    reach: Float64
    buyers: Int64


def _wilson(share: Float64, n: Float64) -> tuple[Float64, Float64]:
    """`intervals.wilson` of many."""
    wide = 1 + Z95**2 / n
    centre = (share + Z95**2 / (2 * n)) / wide
    reach = Z95 * np.sqrt(share * (1 - share) / n + Z95**2 / (4 * n**2)) / wide
    return np.maximum(centre - reach, 0.0), np.minimum(centre + reach, 1.0)
