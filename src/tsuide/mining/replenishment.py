"""When is a customer due for an item again: the repurchase process at the item's pace, set right on later weeks.

The pace and the share of repeaters of an item are learned relative to all items: first those of its category,
shrunk towards 1, then its own, shrunk towards the category's (Gamma–Poisson). What the process foretells is
set right by a logistic regression on the last weeks of the data: on its log odds, the horizon, and how often
and how lately the customer visits at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, Final, Self

import numpy as np
import polars as pl

from tsuide.errors import BadValue, TooFewData
from tsuide.kit.arrays import Bool, Float64, Int32, Int64, frozen
from tsuide.kit.clock import MICROS_PER_DAY, from_micros, to_micros
from tsuide.mining.baskets import Baskets, must_be_baskets
from tsuide.mining.fitted import Arrays, Meta, brief, taken
from tsuide.mining.history import between
from tsuide.mining.index import Index
from tsuide.mining.logistic import fit_logistic, probability, weighed
from tsuide.mining.parameters import must_be_choices, must_be_groups, must_be_number, must_be_whole
from tsuide.mining.repurchase import SHORTEST, Process, Sequences, fit_process, sequences_of
from tsuide.mining.timeline import Timeline, timeline_of

HORIZONS: Final = (7, 14, 28)  # days for which the correction is learned
FEWEST_GAPS: Final = 50
SHRINK: Final = 10.0  # repeats for which the prior counts
SAMPLE: Final = 40_000  # purchases, of each sort, on which the correction is learned
FEWEST_REPEATS: Final = 5  # of an item, without which its usual interval is not told
FEWEST_REPEATERS: Final = 0.1  # of its buyers, the share
CONTEXT: Final = (
    "bias",
    "process",  # log odds of the process
    "horizon",  # log(days / 14)
    "visits",  # log visits per 28 days
    "idle",  # log days since the last visit
    "since",  # log days since the last purchase of the item
    "count",  # log gaps so far + 1
    "speed",  # log rate of the item over that of all
    "loyalty",  # log odds of buying it on over those of all items
)
_UNCHANGED: Final = tuple(float(name == "process") for name in CONTEXT)
PLAIN: Final = (_UNCHANGED, _UNCHANGED)  # a correction that changes nothing


@dataclass(frozen=True, slots=True)
class Due:
    """How far a customer is on the way to the next purchase.

    Args:
        last: when they bought it last.
        purchases: how often so far.
        typical_days: median time to the next purchase if there is one.
        since_days: since the last one.
        repeats: probability that they ever buy it again.
        within_14: probability that they buy it within 14 days.
        due: at least three quarters of the typical time have passed and they probably buy again.
    """

    last: datetime
    purchases: int
    typical_days: float
    since_days: float
    repeats: float
    within_14: float
    due: bool


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """The same of many (customer, item)s: typical_days, since_days, repeats, chance (within the days asked for).

    Each float64 (places,).
    """

    typical_days: Float64
    since_days: Float64
    repeats: Float64
    chance: Float64

    @property
    def due(self) -> Bool:
        """Where at least three quarters of the typical time have passed and they probably buy again."""
        found: Bool = (self.since_days >= _NEARLY * self.typical_days) & (self.repeats >= _PROBABLY)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class FittedReplenishment:
    """What is known of every (customer, item) bought so far.

    Args:
        item_ids: dense item ↔ id.
        customer_ids: dense customer ↔ id.
        owned_start: pairs of customer c are `start[c]:start[c + 1]`; int64 (customers + 1,).
        item: ascending within a customer, int32 (owned,).
        count: gaps between purchases so far, int32 (owned,).
        spent: Σ gap ^ power, float64 (owned,).
        first: microseconds, int64 (owned,).
        last: microseconds, int64 (owned,).
        speed: rate of each item over that of all, float64 (items,).
        loyalty: log odds of buying on, over those of all items; float64 (items,).
        usual: median days between purchases of each item, float64 (items,); NaN where fewer than 5 repeats were
            seen, or fewer than a tenth of its buyers came back for it.
        visit_last: last visit of each customer, microseconds, int64 (customers,).
        visit_rate: visits per 28 days, float64 (customers,).
        process: of all items.
        correction: weights of CONTEXT for what was bought once, and for what was bought more often.
    """

    name: ClassVar[str] = "replenishment"
    __repr__ = brief

    item_ids: Index
    customer_ids: Index
    owned_start: Int64
    item: Int32
    count: Int32
    spent: Float64
    first: Int64
    last: Int64
    speed: Float64
    loyalty: Float64
    usual: Float64
    visit_last: Int64
    visit_rate: Float64
    process: Process
    correction: tuple[tuple[float, ...], tuple[float, ...]]

    def probability(self, customers: Sequence[str], items: Sequence[str], now: datetime, days: float = 14) -> Float64:
        """Chance that each customer buys each item (customers[i], items[i]) again within `days` of now.

        0 where the customer never bought the item, or either is not known. float64 (pairs,).

        Raises:
            BadValue: customers and items of different lengths, or days that are not positive.
        """
        if len(customers) != len(items):
            raise BadValue("customers and items must pair up", key="items", value=len(items))
        place = self._places(customers, items)
        found = np.zeros(len(place))
        found[place >= 0] = self.chances(place[place >= 0], now, days)
        return found

    def chances(self, place: Int64, now: datetime, days: float) -> Float64:
        """The same for places in `item`; float64 (places,).

        Raises:
            BadValue: days that are not positive.
        """
        must_be_number("days", days, above=0)
        context = self.context(place, now, days)
        once, again = (weighed(context, np.array(weights)) for weights in self.correction)
        return probability(np.where(self.count[place] == 0, once, again))

    def process_chances(self, place: Int64, now: datetime, days: float) -> Float64:
        """What the process alone foretells, in (0, 1); float64 (places,)."""
        since = self._since(place, now)
        goes_on, survived = self._alive(place, since)
        later = self._surviving(place, since + days)
        chance: Float64 = goes_on * (survived - later) / (goes_on * survived + 1 - goes_on)
        return np.clip(chance, 1e-7, 1 - 1e-7)

    def due(self, customer: str, item: str, now: datetime) -> Due | None:
        """How far the customer is on the way to the next purchase; None where they never bought it."""
        places = self._places([customer], [item])
        if places[0] < 0:
            return None
        found, place = self.outlook(places, now, 14), int(places[0])
        return Due(
            last=from_micros(int(self.last[place])),
            purchases=int(self.count[place]) + 1,
            typical_days=float(found.typical_days[0]),
            since_days=float(found.since_days[0]),
            repeats=float(found.repeats[0]),
            within_14=float(found.chance[0]),
            due=bool(found.due[0]),
        )

    def outlook(self, place: Int64, now: datetime, days: float) -> Outlook:
        """How far each place in `item` is on the way to the next purchase, and its chance within `days`.

        Raises:
            BadValue: days that are not positive.
        """
        since = self._since(place, now)
        goes_on, survived = self._alive(place, since)
        repeats = goes_on * survived / (goes_on * survived + 1 - goes_on)
        return Outlook(self._median(place), since, repeats, self.chances(place, now, days))

    def of_customer(self, customer: str, bought: Mapping[str, int]) -> "FittedReplenishment | None":
        """One customer as they stand now: purchases since learning count, what they no longer have does not.

        Args:
            customer: whose.
            bought: item → when they last bought it for themselves and kept it, microseconds.

        Returns:
            The same process with this customer's rows alone; None where the customer was not known then.

        >>> day = 86_400_000_000
        >>> rows = [(f"{c}-{k}", f"c{c}", "tea", (14 * k + c % 3) * day) for c in range(20) for k in range(8)]
        >>> frame = pl.DataFrame(rows, schema=["order", "who", "sku", "at"], orient="row")
        >>> baskets = Baskets.from_frame(frame, basket="order", item="sku", customer="who", time="at")
        >>> fitted = Replenishment().fit(baskets)
        >>> now = fitted.of_customer("c0", {"tea": 100 * day})
        >>> now.count.tolist(), fitted.of_customer("c0", {}).item.tolist(), fitted.of_customer("new", {})
        ([8], [], None)
        """
        c = self.customer_ids.position(customer)
        if c < 0:
            return None
        ids = self.item_ids.ids
        place = np.arange(self.owned_start[c], self.owned_start[c + 1])
        last = np.array([bought.get(ids[i], -1) for i in self.item[place].tolist()], np.int64)
        place, last = place[last >= 0], last[last >= 0]
        gap = (last - self.last[place]) / MICROS_PER_DAY
        again = gap >= SHORTEST
        return replace(
            self,
            customer_ids=Index.of([customer]),
            owned_start=np.array([0, len(place)], np.int64),
            item=self.item[place],
            count=self.count[place] + again.astype(np.int32),
            spent=self.spent[place] + np.where(again, np.maximum(gap, SHORTEST) ** self.process.power, 0.0),
            first=self.first[place],
            last=np.maximum(last, self.last[place]),
            visit_last=np.maximum(self.visit_last[c : c + 1], max(bought.values(), default=0)),
            visit_rate=self.visit_rate[c : c + 1],
        )

    def of(self, customer: str, now: datetime, days: float = 14, n: int = 10) -> pl.DataFrame:
        """The items that a customer most probably buys again within `days`: item, probability, last, typical_days."""
        must_be_whole("n", n)
        c = self.customer_ids.position(customer)
        place = np.arange(self.owned_start[c], self.owned_start[c + 1]) if c >= 0 else np.empty(0, np.int64)
        chance = self.chances(place, now, days)
        best = np.argsort(-chance, kind="stable")[:n]
        chosen = place[best]
        return pl.DataFrame(
            {
                "item": self.item_ids.series(self.item[chosen]),
                "probability": chance[best],
                "last": pl.Series(self.last[chosen]).cast(pl.Datetime("us", "UTC")),
                "typical_days": self._median(chosen),
            }
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that is large."""
        return {
            **self.item_ids.arrays("items"),
            **self.customer_ids.arrays("customers"),
            **{name: getattr(self, name) for name in ("owned_start", *_OWNED, *_OF_ITEM, *_OF_CUSTOMER)},
        }

    def meta(self) -> dict[str, Any]:
        """The process and its correction."""
        return {"process": self.process.plain(), "correction": [list(each) for each in self.correction]}

    @classmethod
    def from_arrays(cls, arrays: Arrays, meta: Meta) -> Self:
        """The result again.

        Raises:
            BadArray: an array is missing, or has another type or shape; named.
        """
        items, customers = Index.from_arrays(arrays, "items"), Index.from_arrays(arrays, "customers")
        start = taken(arrays, "owned_start", np.int64, (len(customers) + 1,))
        owned = int(start[-1])
        return cls(
            item_ids=items,
            customer_ids=customers,
            owned_start=start,
            **{name: taken(arrays, name, dtype, (owned,)) for name, dtype in _OWNED.items()},
            **{name: taken(arrays, name, dtype, (len(items),)) for name, dtype in _OF_ITEM.items()},
            **{name: taken(arrays, name, dtype, (len(customers),)) for name, dtype in _OF_CUSTOMER.items()},
            process=Process.of(meta["process"]),
            correction=(tuple(meta["correction"][0]), tuple(meta["correction"][1])),
        )

    def _places(self, customers: Sequence[str], items: Sequence[str]) -> Int64:
        """Place of each pair in `item`, -1 where there is none; int64 (pairs,)."""
        c, i = self.customer_ids.positions(customers), self.item_ids.positions(items)
        found = np.full(len(c), -1, np.int64)
        for row in np.flatnonzero((c >= 0) & (i >= 0)).tolist():
            low, high = int(self.owned_start[c[row]]), int(self.owned_start[c[row] + 1])
            place = low + int(np.searchsorted(self.item[low:high], i[row]))
            if place < high and self.item[place] == i[row]:
                found[row] = place
        return found

    def _owner(self, place: Int64) -> Int64:
        owner: Int64 = np.searchsorted(self.owned_start, place, "right") - 1
        return owner

    def _since(self, place: Int64, now: datetime) -> Float64:
        return np.maximum((to_micros(now) - self.last[place]) / MICROS_PER_DAY, 0.0)

    def _surviving(self, place: Int64, days: Float64) -> Float64:
        return self.process.surviving(self.spent[place], self.count[place], days, self.speed[self.item[place]])

    def _alive(self, place: Int64, since: Float64) -> tuple[Float64, Float64]:
        """(ρ, S(since)) of each place."""
        odds = self.process.odds_of_going_on(self.count[place]) + self.loyalty[self.item[place]]
        return probability(odds), self._surviving(place, since)

    def _median(self, place: Int64) -> Float64:
        """Days in which half of those who buy again have done so; float64 (places,)."""
        begin = self.process.beta / self.speed[self.item[place]] + self.spent[place]
        half = 0.5 ** (-1 / (self.process.alpha + self.count[place])) - 1
        days: Float64 = (begin * half) ** (1 / self.process.power)
        return days

    def context(self, place: Int64, now: datetime, days: float) -> Float64:
        """What the correction weighs, in the order of CONTEXT; float64 (places, len(CONTEXT))."""
        owner, item = self._owner(place), self.item[place]
        idle = np.maximum((to_micros(now) - self.visit_last[owner]) / MICROS_PER_DAY, 0.0)
        plain = self.process_chances(place, now, days)
        return np.column_stack(
            [
                np.ones(len(place)),
                np.log(plain / (1 - plain)),
                np.full(len(place), np.log(days / 14)),
                np.log(self.visit_rate[owner] + 0.1),
                np.log1p(idle),
                np.log1p(self._since(place, now)),
                np.log1p(self.count[place]),
                np.log(self.speed[item]),
                self.loyalty[item],
            ]
        )


_NEARLY: Final = 0.75
_PROBABLY: Final = 0.5
_OWNED: Final[Mapping[str, Any]] = {
    "item": np.int32,
    "count": np.int32,
    "spent": np.float64,
    "first": np.int64,
    "last": np.int64,
}
_OF_ITEM: Final[Mapping[str, Any]] = {"speed": np.float64, "loyalty": np.float64, "usual": np.float64}
_OF_CUSTOMER: Final[Mapping[str, Any]] = {"visit_last": np.int64, "visit_rate": np.float64}


@dataclass(frozen=True, slots=True)
class Replenishment:
    """How repurchases are learned.

    Args:
        shrink: repeats for which the category (all items) counts beside an item's (a category's) own.

    >>> day = 86_400_000_000
    >>> rows = [(f"{c}-{k}", f"c{c}", "coffee", (14 * k + c % 3) * day) for c in range(40) for k in range(8)]
    >>> rows += [(f"{c}-x", f"c{c}", "kettle", (c + 50) * day) for c in range(40)]
    >>> frame = pl.DataFrame(rows, schema=["order", "who", "sku", "at"], orient="row")
    >>> baskets = Baskets.from_frame(frame, basket="order", item="sku", customer="who", time="at")
    >>> fitted = Replenishment().fit(baskets)
    >>> now = from_micros((14 * 7 + 12) * day)
    >>> coffee, kettle = fitted.probability(["c0", "c0"], ["coffee", "kettle"], now, 7)
    >>> bool(coffee > 0.5 > 0.1 > kettle), fitted.due("c0", "coffee", now).due
    (True, True)
    """

    shrink: float = SHRINK

    def __post_init__(self) -> None:
        must_be_number("shrink", self.shrink, above=0)

    def fit(
        self,
        baskets: Baskets,
        *,
        groups: Mapping[str, str] | None = None,
        tune: bool = True,
        seed: int = 0,
    ) -> FittedReplenishment:
        """Learn the process, the paces of categories and items, and the correction.

        Args:
            baskets: with customers and times.
            groups: item id → category, where known.
            tune: learn the correction on the last weeks (at most 28 days, at most a quarter of the time).
            seed: of the samples.

        Raises:
            TooFewData: no times, no customers, or fewer than 50 repeat purchases.
            BadValue: `shrink` is not positive.
        """
        must_be_baskets(baskets)
        must_be_choices(seed=seed, tune=tune)
        must_be_groups(groups)
        group = _groups(baskets.item_ids, groups)
        whole = self._known(baskets, group, seed)
        if not tune:
            return whole
        horizon = min(max(HORIZONS), (baskets.time[-1] - baskets.time[0]) / MICROS_PER_DAY / 4)
        cut = int(baskets.time[-1] - horizon * MICROS_PER_DAY)
        past = between(baskets, 0, int(np.searchsorted(baskets.time, cut)))
        try:
            early = self._known(past, group, seed)
        except TooFewData:
            return whole
        return replace(whole, correction=_correction(early, timeline_of(baskets), cut, horizon, seed))

    def _known(self, baskets: Baskets, group: Int32, seed: int) -> FittedReplenishment:
        line = timeline_of(baskets)
        sequences = sequences_of(line)
        if len(sequences.gap) < FEWEST_GAPS:
            raise TooFewData(
                "too few repeat purchases to tell when something is due again",
                key="repeats",
                value=len(sequences.gap),
                way_out=f"{FEWEST_GAPS} are needed",
            )
        process = fit_process(sequences, line.end, seed)
        spent = sequences.sums(sequences.gap**process.power)
        speed, loyalty = _paces(process, sequences, spent, line, group, self.shrink)
        visits = np.diff(line.visit_start)
        first = line.visit[np.minimum(line.visit_start[:-1], len(line.visit) - 1)]
        last = np.where(visits > 0, line.visit[np.maximum(line.visit_start[1:] - 1, 0)], 0)
        months = np.maximum((line.end - first) / (28 * MICROS_PER_DAY), 1.0)
        return FittedReplenishment(
            item_ids=baskets.item_ids,
            customer_ids=baskets.customer_ids,
            owned_start=line.owned_start,
            item=line.item,
            count=frozen(sequences.count),
            spent=frozen(spent),
            first=frozen(sequences.first),
            last=frozen(sequences.last),
            speed=frozen(speed),
            loyalty=frozen(loyalty),
            usual=frozen(_usual(sequences, line)),
            visit_last=frozen(last.astype(np.int64)),
            visit_rate=frozen(visits / months),
            process=process,
            correction=PLAIN,
        )


def _groups(item_ids: Index, groups: Mapping[str, str] | None) -> Int32:
    """Dense category of each item, 0 = none; int32 (items,)."""
    if not groups:
        return np.zeros(len(item_ids), np.int32)
    names = {name: place for place, name in enumerate(sorted(set(groups.values())), start=1)}
    codes = (names[groups[item]] if item in groups else 0 for item in item_ids.ids)
    return np.fromiter(codes, np.int32, len(item_ids))


def _paces(
    process: Process, sequences: Sequences, spent: Float64, line: Timeline, group: Int32, shrink: float
) -> tuple[Float64, Float64]:
    """(speed, loyalty) of each item: its category's over all, times its own over the category's, both shrunk."""
    since = np.maximum((line.end - sequences.last) / MICROS_PER_DAY, 0.0)
    silent = process.surviving(spent, sequences.count, since)
    rho = probability(process.odds_of_going_on(sequences.count))
    waiting = rho * silent / (rho * silent + 1 - rho)  # probability that a next purchase is still to come
    exposed = spent + waiting * since**process.power
    rate = sequences.count.sum() / max(exposed.sum(), 1e-9)
    follow = np.maximum((line.end - sequences.first) / MICROS_PER_DAY, 0.0)
    none = np.zeros(len(follow), np.int32)
    repeat = process.goes_on[0] * (1 - process.surviving(np.zeros(len(follow)), none, follow))

    of_item = group[line.item]
    groups = int(group.max(initial=0)) + 1

    def relative(seen: Float64, expected: Float64) -> Float64:
        """Seen over expected, by category, then by item within it."""
        seen_in = np.bincount(of_item, weights=seen, minlength=groups)
        of_group = (seen_in + shrink) / (np.bincount(of_item, weights=expected, minlength=groups) + shrink)
        own = np.bincount(line.item, weights=seen, minlength=line.items)
        due = np.bincount(line.item, weights=expected * of_group[of_item], minlength=line.items)
        found: Float64 = of_group[group] * (own + shrink) / (due + shrink)
        return found

    speed = relative(sequences.count.astype(np.float64), exposed * rate)
    share = relative((sequences.count > 0).astype(np.float64), repeat)
    first = np.clip(process.goes_on[0] * share, 0.005, 0.995)
    base = process.odds_of_going_on(np.zeros(1, np.int32))[0]
    return np.clip(speed, 0.05, 20.0), np.log(first / (1 - first)) - base


def _usual(sequences: Sequences, line: Timeline) -> Float64:
    """Median gap of each item, NaN where it rests on too little; float64 (items,)."""
    item = np.repeat(line.item, sequences.count)
    found = pl.DataFrame({"item": item, "gap": sequences.gap}).group_by("item").agg(pl.len(), pl.col("gap").median())
    usual, repeats = np.full(line.items, np.nan), np.zeros(line.items, np.int64)
    usual[found["item"].to_numpy()], repeats[found["item"].to_numpy()] = found["gap"], found["len"]
    buyers = np.bincount(line.item, minlength=line.items)
    back = np.bincount(line.item[sequences.count > 0], minlength=line.items)
    usual[(repeats < FEWEST_REPEATS) | (back < FEWEST_REPEATERS * buyers)] = np.nan
    return usual


def _correction(
    early: FittedReplenishment, line: Timeline, cut: int, horizon: float, seed: int
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Weights that turn what was foretold at `cut` to what came in the weeks after."""
    now, when = from_micros(cut), next_purchases(early, line, cut)
    horizons = [float(days) for days in HORIZONS if days <= horizon + _SLACK] or [horizon]
    again = early.count > 0
    once = _weights(early, np.flatnonzero(~again), now, when, horizons, seed)
    return once, _weights(early, np.flatnonzero(again), now, when, horizons, seed)


def _weights(
    early: FittedReplenishment, place: Int64, now: datetime, when: Int64, horizons: Sequence[float], seed: int
) -> tuple[float, ...]:
    if len(place) > SAMPLE:
        place = np.sort(np.random.default_rng(seed).choice(place, SAMPLE, replace=False))
    rows = [early.context(place, now, days) for days in horizons]
    ends = [to_micros(now) + int(days * MICROS_PER_DAY) for days in horizons]
    labels = np.concatenate([when[place] <= end for end in ends]).astype(np.float64)
    if min(labels.sum(), len(labels) - labels.sum()) < FEWEST_GAPS:
        return _UNCHANGED
    found = fit_logistic(np.concatenate(rows)[:, 1:], labels, ridge=1.0)
    return tuple(found.tolist())


_SLACK: Final = 1e-6


def next_purchases(known: FittedReplenishment, line: Timeline, cut: int) -> Int64:
    """When each known (customer, item) was bought next, from `cut` on; int64 (owned,), largest where never.

    Args:
        known: learned from what came before `cut`, of the same customers and items.
        line: with what came after.
        cut: microseconds.
    """
    owned = np.repeat(np.arange(len(line.owner)), np.diff(line.bought_start))
    later = line.bought >= cut
    first = np.full(len(line.owner), np.iinfo(np.int64).max)
    np.minimum.at(first, owned[later], line.bought[later])
    code = line.owner.astype(np.int64) * line.items + line.item
    customer = np.repeat(np.arange(len(known.customer_ids)), np.diff(known.owned_start))
    found: Int64 = first[np.searchsorted(code, customer * line.items + known.item)]
    return found
