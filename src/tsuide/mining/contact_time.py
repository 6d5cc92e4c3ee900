"""The best hour to contact a customer, by weekday, from their own reactions, shrunk to those of their segment."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, Self

import numpy as np
import polars as pl

from tsuide.errors import BadValue
from tsuide.kit.arrays import Float64, Int64, frozen
from tsuide.kit.clock import zone as time_zone
from tsuide.mining.fitted import brief, taken, taken_rows
from tsuide.mining.index import Index
from tsuide.mining.parameters import must_be_number
from tsuide.mining.strength import GRID, borne, heaviest, interval
from tsuide.mining.tables import Table, as_polars

DAYS: Final = 7
HOURS: Final = 24
SLOTS: Final = DAYS * HOURS
_COLUMNS: Final = ("customer", "channel", "at", "reacted")
# A contact at 10:00 on Tuesday says something of 9:00 and 11:00, and a little of 10:00 on other days.
_NEXT_HOUR: Final = 0.5
_OTHER_DAY: Final = 0.3
_ZONE: Final = "zone"
_STEPS: Final = 3  # everybody's hours to their mean, a segment's to everybody's, a customer's to their segment's
_MOST_ASKED: Final = 20_000  # customers of whom the last weight is learned
_AT_ONCE: Final = 4_000
_TINY: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of the week for one customer and channel.

    Args:
        weekday: 0 = Monday.
        hour: local, 0 … 23.
        probability: that a contact in this hour is answered (opened, clicked, picked up).
        low: 95 % interval of the probability (Beta posterior).
        high: the same.
        contacts: the customer's own contacts behind it; 0 = known from others only.
    """

    weekday: int
    hour: int
    probability: float
    low: float
    high: float
    contacts: int


@dataclass(frozen=True, slots=True)
class ContactTime:
    """Empirical Bayes in three steps, over the 168 hours of a week: everybody on a channel → segment → customer.

    Each step is a Beta–binomial: its posterior mean, (reactions + weight × mean above) / (contacts + weight), is the
    prior mean of the step below. So a customer of whom little is known is answered from their segment, and a segment
    of which little is known from everybody; whoever is in no segment is compared with everybody. Neighbouring hours
    lend half a contact, the same hour on other days .3 of one: that is what makes it an hour *of that weekday*.

    The weight of each step, in contacts, is learned for each channel: the one under which each contact is foretold best
    by all others, by leave-one-out log likelihood (Geisser and Eddy, "A predictive approach to model selection", JASA
    74, 1979). It is that one rather than the marginal likelihood because lent contacts count more than once, and a
    customer's own are taken out of what stands above them. A mean weighs no more than the others' contacts that bear
    it. Shrinking to a mean that was itself learned: Efron and Morris, "Data analysis using Stein's estimator and its
    generalizations", JASA 70, 1975; Casella, "An introduction to empirical Bayes data analysis", The American
    Statistician 39, 1985.

    Args:
        prior: contacts that the level above is worth, at every step; None = learned.
        zone: the shop's time zone, in which hours are counted where a contact names none.

    >>> contacts = pl.DataFrame({"customer": ["a"] * 4, "channel": ["email"] * 4,
    ...     "at": pl.Series([1704067200000000, 1704067200000000, 1704103200000000, 1704103200000000]).cast(
    ...         pl.Datetime("us", "UTC")), "reacted": [False, False, True, True]})
    >>> best = ContactTime(prior=1.0, zone="UTC").fit(contacts).best("a", "email", weekday=0)
    >>> best.hour, best.contacts
    (10, 2)
    """

    prior: float | None = None
    zone: str = "Asia/Tokyo"

    def __post_init__(self) -> None:
        if self.prior is not None:
            must_be_number("prior", self.prior, above=0)
        if not isinstance(self.zone, str):
            raise BadValue("must be the name of a time zone", key="zone", value=self.zone, way_out="Asia/Tokyo, say")

    def fit(self, contacts: Table, segments: "Table | None" = None) -> "ContactTimes":
        """Learn from contacts and whether they were reacted to.

        Args:
            contacts: Polars, pandas or Arrow: customer, channel, at (datetime; naive = UTC), reacted (bool), and
                perhaps zone (IANA name: where the customer lives); rows with a null in the first four are left out.
            segments: customer, segment; a customer without one is compared with everyone.

        Raises:
            BadColumns: a column is missing.
            BadValue: a prior that is not positive, or an unknown time zone.
        """
        table = as_polars(contacts, columns=_COLUMNS, optional=(_ZONE,)).drop_nulls(_COLUMNS)
        rows = _with_segment(_in_slots(table, time_zone(self.zone).key), segments)
        own = (
            rows.group_by(_label("customer").alias("person"), _label("segment").alias("group"), "channel", "slot")
            .agg(pl.len().cast(pl.Int64).alias("n"), pl.col("reacted").sum().cast(pl.Int64).alias("hits"))
            .sort("person", "slot")
        )
        persons = own.group_by("person", maintain_order=True).agg(pl.col("group").first(), pl.len().alias("entries"))
        starts = np.zeros(len(persons) + 1, dtype=np.int64)
        np.cumsum(persons["entries"].to_numpy(), out=starts[1:])
        channels, groups = Index.of(own["channel"].unique().sort()), Index.of(own["group"].unique().sort())
        group_of = groups.positions(persons["group"].to_list()).astype(np.int64)
        entries = _Entries(
            person=np.repeat(np.arange(len(persons)), np.diff(starts)),
            group_of=group_of,
            channel_of=channels.positions([each.partition(_SEPARATOR)[0] for each in groups.ids]).astype(np.int64),
            named=np.array([bool(each.partition(_SEPARATOR)[2]) for each in groups.ids], dtype=bool),
            slot=own["slot"].to_numpy(writable=True),
            n=own["n"].to_numpy(writable=True),
            hits=own["hits"].to_numpy(writable=True),
        )
        levels = _levels(entries, len(channels), self.prior)
        return ContactTimes(
            channels=channels,
            groups=groups,
            persons=Index.of(persons["person"]),
            by_channel=frozen(levels.by_channel),
            by_group=frozen(levels.by_group),
            weights=frozen(levels.weights),
            group_of=frozen(group_of),
            above=frozen(levels.above),
            n_all=frozen(levels.n_all),
            starts=frozen(starts),
            slot=frozen(entries.slot),
            n=frozen(entries.n),
            hits=frozen(entries.hits),
            prior=self.prior,
            zone=self.zone,
        )


_SEPARATOR: Final = "\x1f"


@dataclass(frozen=True, slots=True, eq=False)
class _Entries:
    """Contacts by customer of a channel and hour of the week.

    Args:
        person: int64 (entries,), ascending.
        group_of: group of each person, int64 (persons,).
        channel_of: channel of each group, int64 (groups,).
        named: whether a group is a segment, and not those without one; bool (groups,).
        slot: int64 (entries,).
        n: contacts, int64 (entries,).
        hits: reactions, int64 (entries,).
    """

    person: Int64
    group_of: Int64
    channel_of: Int64
    named: np.ndarray
    slot: Int64
    n: Int64
    hits: Int64

    def summed(self, of_entry: Int64, rows: int) -> tuple[Float64, Float64]:
        """Contacts and reactions by row and hour of the week; float64 (rows, 168) each."""
        n, hits = np.zeros((rows, SLOTS)), np.zeros((rows, SLOTS))
        np.add.at(n, (of_entry, self.slot), self.n)
        np.add.at(hits, (of_entry, self.slot), self.hits)
        return n, hits


@dataclass(frozen=True, slots=True, eq=False)
class _Levels:
    """What stands above customers: means (channels, 168) and (groups, 168), weights (channels, 3), contacts of each."""

    by_channel: Float64
    by_group: Float64
    weights: Float64
    above: Int64
    n_all: Int64


def _levels(entries: _Entries, channels: int, prior: float | None) -> _Levels:
    """Everybody, then segments, then the weight that a customer's segment has."""
    groups, group_of_entry = len(entries.channel_of), entries.group_of[entries.person]
    n_c, hits_c = entries.summed(entries.channel_of[group_of_entry], channels)
    n_g, hits_g = entries.summed(group_of_entry, groups)
    weights = np.full((channels, _STEPS), 1.0 if prior is None else prior)
    flat = (hits_c.sum(axis=1) + 1.0) / (n_c.sum(axis=1) + 2.0)
    mean = np.repeat(flat[:, None], SLOTS, axis=1)
    every = np.arange(channels)
    if prior is None:
        weights[:, 0] = _weights(every, n_c, hits_c, mean, channels)
    by_channel = _posterior(n_c, hits_c, mean, weights[:, 0, None])
    own, of = entries.named, entries.channel_of
    if prior is None:
        others = _posterior((n_c[of] - n_g), (hits_c[of] - hits_g), mean[of], weights[of, 0, None])
        weights[:, 1] = _weights(of[own], n_g[own], hits_g[own], others[own], channels)
    # of those without a segment everybody stands above, at the weight that everybody's own mean has
    above, weight = np.where(own[:, None], by_channel[of], mean[of]), np.where(own, weights[of, 1], weights[of, 0])
    n_above, hits_above = np.where(own[:, None], n_g, n_c[of]), np.where(own[:, None], hits_g, hits_c[of])
    by_group = _posterior(n_above, hits_above, above, weight[:, None])
    if prior is None:
        weights[:, 2] = _customers_weights(entries, _Above(n_above, hits_above, above, weight[:, None]), channels)
    n_all, n_above = n_c.sum(axis=1).astype(np.int64), n_above.sum(axis=1).astype(np.int64)
    return _Levels(by_channel, by_group, weights, n_above, n_all)


@dataclass(frozen=True, slots=True, eq=False)
class _Above:
    """What stands above the customers of each group: contacts, reactions and mean, float64 (groups, 168); a weight."""

    n: Float64
    hits: Float64
    mean: Float64
    weight: Float64


def _customers_weights(entries: _Entries, above: _Above, channels: int) -> Float64:
    """The weight that a segment has for its customers, each compared with the others of theirs; float64 (channels,).

    Of many customers it is learned from some, spread evenly.
    """
    persons, scores = len(entries.group_of), np.zeros((channels, len(GRID)))
    step = max(1, persons // _MOST_ASKED)
    for first in range(0, persons, step * _AT_ONCE):
        chosen = np.arange(first, min(first + step * _AT_ONCE, persons), step)
        place = np.full(persons, -1)
        place[chosen] = np.arange(len(chosen))
        mine = place[entries.person] >= 0
        some = replace(entries, slot=entries.slot[mine], n=entries.n[mine], hits=entries.hits[mine])
        n, hits = some.summed(place[entries.person[mine]], len(chosen))
        group = entries.group_of[chosen]
        others = _posterior(above.n[group] - n, above.hits[group] - hits, above.mean[group], above.weight[group])
        scores += _scores(entries.channel_of[group], n, hits, others, channels)
    return heaviest(scores)


def _weights(of: Int64, n: Float64, hits: Float64, above: Float64, channels: int) -> Float64:
    """The weight that what stands above has in each channel; float64 (channels,)."""
    return heaviest(_scores(of, n, hits, above, channels))


def _scores(of: Int64, n: Float64, hits: Float64, above: Float64, channels: int) -> Float64:
    """Log likelihood of each contact, foretold by all others, by channel and weight; float64 (channels, grid).

    Args:
        of: channel of each row.
        n: contacts, float64 (rows, 168).
        hits: reactions, the same.
        above: mean that stands above, the same.
        channels: how many.
    """
    row, slot = np.nonzero(n)
    whole, yes = lend(n)[row, slot] - 1.0, lend(hits)[row, slot]
    n, hits, above = n[row, slot], hits[row, slot], above[row, slot]
    found = np.zeros((channels, len(GRID)))
    for place, weight in enumerate(GRID):
        total = whole + weight
        answered = np.log(np.maximum(yes - 1.0 + weight * above, _TINY) / total)  # a reaction is not its own evidence
        ignored = np.log(np.maximum(whole - yes + weight * (1.0 - above), _TINY) / total)
        found[:, place] = np.bincount(of[row], weights=hits * answered + (n - hits) * ignored, minlength=channels)
    return found


def _in_slots(table: pl.DataFrame, usual: str) -> pl.DataFrame:
    """Contacts with the hour of the week where the customer lives."""
    at = pl.col("at").cast(pl.Datetime("us", "UTC"))
    table = table.with_columns(pl.col(_ZONE).fill_null(usual) if _ZONE in table.columns else pl.lit(usual).alias(_ZONE))
    parts = []
    for name in table[_ZONE].unique().sort():
        local = at.dt.convert_time_zone(time_zone(name).key)
        slot = (local.dt.weekday().cast(pl.Int64) - 1) * HOURS + local.dt.hour().cast(pl.Int64)
        parts.append(table.filter(pl.col(_ZONE) == name).select("customer", "channel", "reacted", slot.alias("slot")))
    return pl.concat(parts) if parts else table.select("customer", "channel", "reacted", slot=pl.lit(0, pl.Int64))


def _label(column: str) -> pl.Expr:
    return pl.col("channel") + _SEPARATOR + pl.col(column)


def _with_segment(rows: pl.DataFrame, segments: "Table | None") -> pl.DataFrame:
    if segments is None:
        return rows.with_columns(pl.lit("").alias("segment"))
    known = as_polars(segments, columns=("customer", "segment")).unique("customer", keep="first", maintain_order=True)
    return rows.join(known, on="customer", how="left").with_columns(pl.col("segment").fill_null(""))


def lend(counts: Float64) -> Float64:
    """Counts by hour of the week with what neighbours lend; float64 (…, 168).

    >>> counts = np.zeros(168); counts[10] = 1.0
    >>> lent = lend(counts)
    >>> lent[9], lent[10], lent[11], lent[24 + 10]
    (np.float64(0.5), np.float64(1.0), np.float64(0.5), np.float64(0.3))
    """
    near = counts + _NEXT_HOUR * (np.roll(counts, 1, axis=-1) + np.roll(counts, -1, axis=-1))
    week = counts.reshape(*counts.shape[:-1], DAYS, HOURS)
    others = week.sum(axis=-2, keepdims=True) - week
    return np.asarray(near + _OTHER_DAY * others.reshape(counts.shape))


def _posterior(n: Float64, hits: Float64, above: Float64, weight: Float64) -> Float64:
    return np.asarray((lend(hits) + weight * above) / (lend(n) + weight))


@dataclass(frozen=True, slots=True, eq=False)
class ContactTimes:
    """When customers answer.

    Args:
        channels: dense channel ↔ name.
        groups: dense segment of a channel ↔ ``channel US segment``.
        persons: dense customer of a channel ↔ ``channel US customer``.
        by_channel: probability of a reaction by hour of the week, float64 (channels, 168).
        by_group: the same, float64 (groups, 168).
        weights: contacts that the mean above is worth, of everybody, segments and customers; float64 (channels, 3).
        group_of: group of each person, int64 (persons,).
        above: contacts behind each group's mean (of those without a segment: everybody's), int64 (groups,).
        n_all: contacts behind everybody's, int64 (channels,).
        starts: person p has entries `starts[p]:starts[p + 1]`, int64 (persons + 1,).
        slot: hour of the week, Monday 0:00 = 0; int64 (entries,).
        n: contacts, int64 (entries,).
        hits: reactions, int64 (entries,).
    """

    name: ClassVar[str] = "contact_time"
    __repr__ = brief

    channels: Index
    groups: Index
    persons: Index
    by_channel: Float64
    by_group: Float64
    weights: Float64
    group_of: Int64
    above: Int64
    n_all: Int64
    starts: Int64
    slot: Int64
    n: Int64
    hits: Int64
    prior: float | None
    zone: str

    def week(self, customer: str, channel: str, segment: str = "") -> list[Hour]:
        """All 168 hours of the week for a customer, Monday 0:00 first.

        Args:
            customer: an unknown one is answered from the segment, or from the channel.
            channel: a channel that contacts were learned of.
            segment: used where the customer is unknown.

        Raises:
            BadValue: a channel of which nothing is known.
        """
        place = self.channels.position(channel)
        if place < 0:
            raise BadValue("no contacts are known", key="channel", value=channel, way_out=f"one of {self.channels.ids}")
        person = self.persons.position(f"{channel}{_SEPARATOR}{customer}")
        n, hits = np.zeros(SLOTS), np.zeros(SLOTS)
        if person >= 0:
            rows = slice(int(self.starts[person]), int(self.starts[person + 1]))
            n[self.slot[rows]], hits[self.slot[rows]] = self.n[rows], self.hits[rows]
            group = int(self.group_of[person])
        else:
            group = self.groups.position(f"{channel}{_SEPARATOR}{segment}")
        above = self.by_group[group] if group >= 0 else self.by_channel[place]
        others = float((self.above[group] if group >= 0 else self.n_all[place]) - n.sum())
        weight, flat = borne(float(self.weights[place, 2]), others)
        yes = lend(hits) + weight * above + flat
        mean, low, high = interval(yes, lend(n) - lend(hits) + weight * (1 - above) + flat)
        return [
            Hour(s // HOURS, s % HOURS, float(mean[s]), float(low[s]), float(high[s]), int(n[s])) for s in range(SLOTS)
        ]

    def contacts(self, customer: str, channel: str) -> int:
        """How often a customer was contacted on a channel; 0 where nothing is known."""
        person = self.persons.position(f"{channel}{_SEPARATOR}{customer}")
        return 0 if person < 0 else int(self.n[int(self.starts[person]) : int(self.starts[person + 1])].sum())

    def best(
        self,
        customer: str,
        channel: str,
        *,
        weekday: int | None = None,
        hours: range = range(8, 21),
        segment: str = "",
    ) -> Hour:
        """The hour with the highest probability; ties: the earliest.

        Args:
            customer: as in `week`.
            channel: as in `week`.
            weekday: 0 = Monday; None = any day.
            hours: local hours that are allowed, so that no one is woken.
            segment: as in `week`.

        Raises:
            BadValue: an unknown channel, or no hour allowed.
        """
        week = self.by_weekday(customer, channel, hours=hours, segment=segment)
        return max(week, key=_first) if weekday is None else week[weekday]

    def by_weekday(
        self, customer: str, channel: str, *, hours: range = range(8, 21), segment: str = ""
    ) -> tuple[Hour, ...]:
        """The best hour of each weekday, Monday first; ties: the earliest.

        Args:
            customer: as in `week`.
            channel: as in `week`.
            hours: local hours that are allowed.
            segment: as in `week`.

        Raises:
            BadValue: an unknown channel, or no hour allowed.
        """
        week = self.week(customer, channel, segment)
        allowed = [
            [each for each in week[day * HOURS : (day + 1) * HOURS] if each.hour in hours] for day in range(DAYS)
        ]
        if not allowed[0]:
            raise BadValue("no hour is allowed", key="hours", value=hours, way_out="allow at least one of 0 … 23")
        return tuple(max(day, key=_first) for day in allowed)

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that is large."""
        return {
            **self.channels.arrays("channels"),
            **self.groups.arrays("groups"),
            **self.persons.arrays("persons"),
            "by_channel": self.by_channel,
            "by_group": self.by_group,
            "weights": self.weights,
            "group_of": self.group_of,
            "above": self.above,
            "n_all": self.n_all,
            "starts": self.starts,
            "slot": self.slot,
            "n": self.n,
            "hits": self.hits,
        }

    def meta(self) -> dict[str, Any]:
        """The parameters."""
        return {"prior": self.prior, "zone": self.zone}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Self:
        """The result again.

        Raises:
            BadArray: the arrays do not fit together; named.
        """
        channels, groups, persons = (Index.from_arrays(arrays, name) for name in ("channels", "groups", "persons"))
        entries = {"slot": np.int64, "n": np.int64, "hits": np.int64}
        starts, slot, n, hits = taken_rows(arrays, "starts", entries, len(persons))
        return cls(
            channels=channels,
            groups=groups,
            persons=persons,
            by_channel=taken(arrays, "by_channel", np.float64, (len(channels), SLOTS)),
            by_group=taken(arrays, "by_group", np.float64, (len(groups), SLOTS)),
            weights=taken(arrays, "weights", np.float64, (len(channels), _STEPS)),
            above=taken(arrays, "above", np.int64, (len(groups),)),
            n_all=taken(arrays, "n_all", np.int64, (len(channels),)),
            group_of=taken(arrays, "group_of", np.int64, (len(persons),)),
            starts=starts,
            slot=slot,
            n=n,
            hits=hits,
            prior=meta["prior"],
            zone=meta["zone"],
        )


def _first(hour: Hour) -> tuple[float, int, int]:
    return hour.probability, -hour.weekday, -hour.hour
