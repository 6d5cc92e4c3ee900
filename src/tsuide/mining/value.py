"""What a customer will be worth: purchases to come, their amount, the margin, and what may eat it up.

Expected value = purchases to come (BG/NBD) × amount of one (Gamma–Gamma) × margin rate of the shop. Return
risk is the share of units a customer sends back, payment risk the share of invoices left unpaid, both shrunk to
the shop's; cost to serve is what contacts with a customer cost. What the data do not hold is None, never 0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, ClassVar, Final, Self

import numpy as np
import polars as pl

from tsuide.errors import BadValue, TooFewData, UnknownCustomer
from tsuide.kit.arrays import Float64, Int32, Int64, frozen
from tsuide.kit.clock import MICROS_PER_DAY, to_micros
from tsuide.mining.baskets import Baskets, must_be_baskets
from tsuide.mining.fitted import Arrays, Meta, brief, taken
from tsuide.mining.index import Index
from tsuide.mining.lifetimes import Lifetimes, fit_lifetimes
from tsuide.mining.risk import Shares, fit_shares
from tsuide.mining.spending import Spending, fit_spending
from tsuide.mining.tables import Table, as_polars
from tsuide.mining.timeline import timeline_of

SHORTEST: Final = 0.5  # days: visits closer than this are one purchase


@dataclass(frozen=True, slots=True)
class Value:
    """One customer's outlook; money in minor units of the shop's currency.

    Args:
        alive: probability that they will ever buy again.
        purchases: expected in the horizon.
        amount: expected of one purchase; None where prices are not known.
        revenue: expected in the horizon.
        margin: the same at the shop's margin rate; None where costs are not known.
        return_risk: expected share of units sent back; None where returns are not recorded.
        payment_risk: expected share of invoices not paid; None where payments are not recorded.
        cost_to_serve: of contacts, per 28 days; None where contacts are not recorded.
    """

    alive: float
    purchases: float
    amount: int | None
    revenue: int | None
    margin: int | None
    return_risk: float | None
    payment_risk: float | None
    cost_to_serve: int | None


@dataclass(frozen=True, slots=True, eq=False)
class FittedLifetimeValue:
    """What is known of every customer.

    Args:
        customer_ids: dense customer ↔ id.
        repeats: purchases after the first, int32 (customers,); -1 = none at all.
        first: microseconds, int64 (customers,).
        last: microseconds, int64 (customers,).
        average: of a purchase, minor units, float64 (customers,); 0 = no price known.
        hits: units returned, invoices unpaid: float64 (customers, 2).
        trials: units bought, invoices due: float64 (customers, 2); 0 = not recorded.
        contact_cost: per 28 days, minor units, float64 (customers,); NaN = not recorded.
        lifetimes: BG/NBD, in days.
        spending: Gamma–Gamma; None where prices are not known.
        risks: of returns and of payments; None where not recorded.
        margin_rate: margin over amounts, 0 … 1; None where costs are not known.
    """

    name: ClassVar[str] = "value"
    __repr__ = brief

    customer_ids: Index
    repeats: Int32
    first: Int64
    last: Int64
    average: Float64
    hits: Float64
    trials: Float64
    contact_cost: Float64
    lifetimes: Lifetimes
    spending: Spending | None
    risks: tuple[Shares | None, Shares | None]
    margin_rate: float | None

    def of(self, customer: str, now: datetime, days: float = 365) -> Value:
        """The outlook of one customer over the next `days`.

        Raises:
            UnknownCustomer: no basket was this customer's.
            BadValue: days that are not positive.
        """
        place = self.customer_ids.position(customer)
        if place < 0 or self.repeats[place] < 0:
            raise UnknownCustomer("no purchase of this customer is known", key="customer", value=customer)
        row = self.frame(now, days, _places=np.array([place])).row(0, named=True)
        return Value(**{key: value for key, value in row.items() if key != "customer"})

    def of_many(self, customers: Sequence[str], now: datetime, days: float = 365) -> pl.DataFrame:
        """As `frame`, of those of the customers of whom a purchase is known.

        Raises:
            BadValue: days that are not positive.
        """
        places = [place for each in customers if (place := self.customer_ids.position(each)) >= 0]
        known = [place for place in dict.fromkeys(places) if self.repeats[place] >= 0]
        return self.frame(now, days, _places=np.array(known, dtype=np.int64))

    def frame(self, now: datetime, days: float = 365, *, _places: Int64 | None = None) -> pl.DataFrame:
        """Every customer: customer, alive, purchases, amount, revenue, margin, the risks, cost_to_serve.

        Raises:
            BadValue: days that are not positive.
        """
        if days <= 0:
            raise BadValue("must be positive", key="days", value=days)
        who = np.flatnonzero(self.repeats >= 0) if _places is None else _places
        x, t_x, age = self._history(who, now)
        purchases = self.lifetimes.purchases(days, x, t_x, age)
        amount = self._amounts(who, x)
        revenue = None if amount is None else purchases * amount
        margin = None if revenue is None or self.margin_rate is None else revenue * self.margin_rate
        cost = self.contact_cost[who]
        return pl.DataFrame(
            {
                "customer": self.customer_ids.series(who),
                "alive": self.lifetimes.alive(x, t_x, age),
                "purchases": purchases,
                "amount": _whole(amount, len(who)),
                "revenue": _whole(revenue, len(who)),
                "margin": _whole(margin, len(who)),
                "return_risk": self._risk(0, who),
                "payment_risk": self._risk(1, who),
                "cost_to_serve": _whole(cost, len(who)),
            }
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that is large."""
        return {
            **self.customer_ids.arrays("customers"),
            **{name: getattr(self, name) for name in (*_PLAIN, "hits", "trials")},
        }

    def meta(self) -> dict[str, Any]:
        """The parameters."""
        return {
            "lifetimes": asdict(self.lifetimes),
            "spending": None if self.spending is None else asdict(self.spending),
            "risks": [None if risk is None else asdict(risk) for risk in self.risks],
            "margin_rate": self.margin_rate,
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays, meta: Meta) -> Self:
        """The result again.

        Raises:
            BadArray: an array is missing, or has another type or shape; named.
        """
        ids = Index.from_arrays(arrays, "customers")
        returns, payments = (None if risk is None else Shares(**risk) for risk in meta["risks"])
        return cls(
            customer_ids=ids,
            **{name: taken(arrays, name, dtype, (len(ids),)) for name, dtype in _PLAIN.items()},
            hits=taken(arrays, "hits", np.float64, (len(ids), 2)),
            trials=taken(arrays, "trials", np.float64, (len(ids), 2)),
            lifetimes=Lifetimes(**meta["lifetimes"]),
            spending=None if meta["spending"] is None else Spending(**meta["spending"]),
            risks=(returns, payments),
            margin_rate=meta["margin_rate"],
        )

    def _history(self, who: Int64, now: datetime) -> tuple[Float64, Float64, Float64]:
        """(repeat purchases, day of the last, age in days) since the first; float64 (who,) each."""
        t_x = (self.last[who] - self.first[who]) / MICROS_PER_DAY
        age = np.maximum((to_micros(now) - self.first[who]) / MICROS_PER_DAY, t_x)
        return self.repeats[who].astype(np.float64), t_x, age

    def _amounts(self, who: Int64, x: Float64) -> Float64 | None:
        if self.spending is None:
            return None
        known = self.average[who] > 0
        return self.spending.mean(np.where(known, x + 1, 0.0), self.average[who])

    def _risk(self, which: int, who: Int64) -> pl.Series:
        risk = self.risks[which]
        if risk is None:
            return pl.Series([None] * len(who), dtype=pl.Float64)
        return pl.Series(risk.of(self.hits[who, which], self.trials[who, which]))


_PLAIN: Final[Mapping[str, Any]] = {
    "repeats": np.int32,
    "first": np.int64,
    "last": np.int64,
    "average": np.float64,
    "contact_cost": np.float64,
}


@dataclass(frozen=True, slots=True)
class LifetimeValue:
    """How customers' value is learned.

    >>> day, rng = 86_400_000_000, np.random.default_rng(0)
    >>> rows = [
    ...     (f"{c}-{k}", f"c{c}", "tea", int(at * day), 500 + 10 * c)
    ...     for c in range(120)
    ...     for k, at in enumerate(np.cumsum(rng.exponential(5 + c % 40, 1 + c % 7)))
    ... ]
    >>> frame = pl.DataFrame(rows, schema=["order", "who", "sku", "at", "price"], orient="row")
    >>> baskets = Baskets.from_frame(frame, basket="order", item="sku", customer="who", time="at", price="price")
    >>> value = LifetimeValue().fit(baskets)
    >>> found = value.of("c6", datetime.fromisoformat("1970-04-01T00:00:00+00:00"), 90)
    >>> found.purchases > 0, found.margin, found.payment_risk
    (True, None, None)
    """

    def fit(
        self,
        baskets: Baskets,
        *,
        purchases: "Table | None" = None,
        payments: "Table | None" = None,
        contacts: "Table | None" = None,
    ) -> FittedLifetimeValue:
        """Learn from baskets, and from what else is recorded.

        Args:
            baskets: with customers and times; with prices where amounts shall be foretold.
            purchases: lines with customer_id, quantity, returned, amount and cost (of one unit): tells return
                risk and margin.
            payments: invoices with customer_id and defaulted (true where it was not paid).
            contacts: calls, visits, tickets with customer_id, at and cost (minor units).

        Raises:
            TooFewData: no times, no customers, or too few who came back.
            BadColumns: one of the tables lacks a column.
        """
        must_be_baskets(baskets)
        line = timeline_of(baskets)
        repeats, first, last = _visits(line.visit_start, line.visit)
        known = repeats >= 0
        t_x = (last - first) / MICROS_PER_DAY
        age = (line.end - first) / MICROS_PER_DAY
        lifetimes = fit_lifetimes(repeats[known].astype(np.float64), t_x[known], age[known])
        average = _averages(baskets, repeats)
        returned, bought, margin_rate = _returns(purchases, baskets.customer_ids)
        unpaid, invoiced = _unpaid(payments, baskets.customer_ids)
        return FittedLifetimeValue(
            customer_ids=baskets.customer_ids,
            repeats=frozen(repeats),
            first=frozen(first),
            last=frozen(last),
            average=frozen(average),
            hits=frozen(np.column_stack([returned, unpaid])),
            trials=frozen(np.column_stack([bought, invoiced])),
            contact_cost=frozen(_contact_costs(contacts, baskets.customer_ids, first, line.end)),
            lifetimes=lifetimes,
            spending=_spending((repeats + 1).astype(np.float64), average),
            risks=(_shares(returned, bought), _shares(unpaid, invoiced)),
            margin_rate=margin_rate,
        )


def _visits(start: Int64, visit: Int64) -> tuple[Int32, Int64, Int64]:
    """(purchases after the first, the first, the last) of each customer; visits within half a day are one."""
    count = np.diff(start)
    owner = np.repeat(np.arange(len(count)), count)
    new = np.ones(len(visit), np.bool_)
    new[1:] = (owner[1:] != owner[:-1]) | (np.diff(visit) >= SHORTEST * MICROS_PER_DAY)
    repeats = np.bincount(owner[new], minlength=len(count)) - 1
    any_ = count > 0
    first, last = np.zeros(len(count), np.int64), np.zeros(len(count), np.int64)
    np.maximum.at(last, owner[new], visit[new])
    first[any_] = visit[start[:-1][any_]]
    return repeats.astype(np.int32), first, last


def _averages(baskets: Baskets, repeats: Int32) -> Float64:
    """Amount of a customer's purchase, minor units; 0 where no price is known. float64 (customers,)."""
    owner = baskets.customer[baskets.basket_of_entry()]
    kept = (baskets.price >= 0) & (owner >= 0)
    worth = baskets.price[kept] * baskets.quantity[kept].astype(np.float64)
    whole = np.bincount(owner[kept], weights=worth, minlength=baskets.n_customers)
    average: Float64 = whole / np.maximum(repeats + 1, 1)
    return average


def _spending(purchases: Float64, average: Float64) -> Spending | None:
    try:
        return fit_spending(purchases, average)
    except TooFewData:
        return None


def _shares(hits: Float64, trials: Float64) -> Shares | None:
    return fit_shares(hits, trials) if trials.any() else None


def _returns(purchases: "Table | None", ids: Index) -> tuple[Float64, Float64, float | None]:
    """(units returned, units bought, margin rate of what has a cost)."""
    if purchases is None:
        return np.zeros(len(ids)), np.zeros(len(ids)), None
    lines = as_polars(purchases, columns=("customer_id", "quantity", "returned", "amount", "cost"))
    returned = _by_customer(lines, "returned", ids)
    bought = _by_customer(lines, "quantity", ids)
    costed = lines.filter(pl.col("cost").is_not_null())
    amount = float(costed["amount"].sum())
    cost = float((costed["cost"] * costed["quantity"]).sum())
    rate = (amount - cost) / amount if amount > 0 else None
    seen = bought if returned.any() else np.zeros(len(ids))  # no return at all: returns are not recorded
    return returned, seen, rate


def _unpaid(payments: "Table | None", ids: Index) -> tuple[Float64, Float64]:
    if payments is None:
        return np.zeros(len(ids)), np.zeros(len(ids))
    invoices = as_polars(payments, columns=("customer_id", "defaulted")).with_columns(
        pl.col("defaulted").cast(pl.Int64), pl.lit(1).alias("one")
    )
    return _by_customer(invoices, "defaulted", ids), _by_customer(invoices, "one", ids)


def _contact_costs(contacts: "Table | None", ids: Index, first: Int64, end: int) -> Float64:
    """Per 28 days since the first purchase, minor units; NaN where contacts are not recorded."""
    if contacts is None:
        return np.full(len(ids), np.nan)
    whole = _by_customer(as_polars(contacts, columns=("customer_id", "cost")), "cost", ids)
    months: Float64 = np.maximum((end - first) / (28 * MICROS_PER_DAY), 1.0)
    return whole / months


def _by_customer(frame: pl.DataFrame, column: str, ids: Index) -> Float64:
    """Sum of a column by customer; float64 (customers,)."""
    sums = frame.group_by("customer_id").agg(pl.col(column).sum()).drop_nulls("customer_id")
    place = ids.positions(sums["customer_id"].cast(pl.String).to_list())
    found = np.zeros(len(ids))
    found[place[place >= 0]] = sums[column].cast(pl.Float64).to_numpy()[place >= 0]
    return found


def _whole(values: Float64 | None, length: int) -> pl.Series:
    """Money as whole minor units, null where not known."""
    if values is None:
        return pl.Series([None] * length, dtype=pl.Int64)
    return pl.Series(values).fill_nan(None).round().cast(pl.Int64)
