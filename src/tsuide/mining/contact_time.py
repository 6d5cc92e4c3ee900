"""The best hour to contact a customer, by weekday, from their own reactions, shrunk to those of their segment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np
import polars as pl
from scipy.ndimage import convolve
from scipy.special import betaincinv

from tsuide.errors import BadValue
from tsuide.kit.arrays import Float64, Int64, frozen
from tsuide.kit.clock import zone as time_zone
from tsuide.mining.fitted import brief, taken, taken_rows
from tsuide.mining.index import Index
from tsuide.mining.parameters import must_be_number
from tsuide.mining.tables import Table, as_polars

DAYS: Final = 7
HOURS: Final = 24
SLOTS: Final = DAYS * HOURS
_COLUMNS: Final = ("customer", "channel", "at", "reacted")
# A contact at 10:00 on Tuesday says something of 9:00 and 11:00, and a little of 10:00 on other days.
_NEXT_HOUR: Final = 0.5
_OTHER_DAY: Final = 0.3


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
    """Beta–binomial shrinkage in three steps: channel → segment → customer, over the 168 hours of a week.

    Each level's prior is the level above with the weight of `prior` contacts; neighbouring hours lend half a contact,
    the same hour on other days .3 of one.

    Args:
        prior: contacts that the level above is worth.
        zone: the shop's time zone, in which hours are counted.

    >>> contacts = pl.DataFrame({"customer": ["a"] * 4, "channel": ["email"] * 4,
    ...     "at": pl.Series([1704067200000000, 1704067200000000, 1704103200000000, 1704103200000000]).cast(
    ...         pl.Datetime("us", "UTC")), "reacted": [False, False, True, True]})
    >>> best = ContactTime(prior=1.0, zone="UTC").fit(contacts).best("a", "email", weekday=0)
    >>> best.hour, best.contacts
    (10, 2)
    """

    prior: float = 20.0
    zone: str = "Asia/Tokyo"

    def __post_init__(self) -> None:
        must_be_number("prior", self.prior, above=0)
        if not isinstance(self.zone, str):
            raise BadValue("must be the name of a time zone", key="zone", value=self.zone, way_out="Asia/Tokyo, say")

    def fit(self, contacts: Table, segments: "Table | None" = None) -> "ContactTimes":
        """Learn from contacts and whether they were reacted to.

        Args:
            contacts: Polars, pandas or Arrow: customer, channel, at (datetime; naive = UTC), reacted (bool); rows with
                a null are left out.
            segments: customer, segment; a customer without one is compared with everyone.

        Raises:
            BadColumns: a column is missing.
            BadValue: a prior that is not positive, or an unknown time zone.
        """
        table = as_polars(contacts, columns=_COLUMNS)
        local = pl.col("at").cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(time_zone(self.zone).key)
        slot = (local.dt.weekday().cast(pl.Int64) - 1) * HOURS + local.dt.hour().cast(pl.Int64)
        rows = table.drop_nulls().select("customer", "channel", "reacted", slot.alias("slot"))
        rows = _with_segment(rows, segments)
        own = (
            rows.group_by(_label("customer").alias("person"), _label("segment").alias("group"), "channel", "slot")
            .agg(pl.len().cast(pl.Int64).alias("n"), pl.col("reacted").sum().cast(pl.Int64).alias("hits"))
            .sort("person", "slot")
        )
        channels, by_channel = self._channels(own)
        groups, by_group = self._groups(own, channels, by_channel)
        persons = own.group_by("person", maintain_order=True).agg(pl.col("group").first(), pl.len().alias("entries"))
        starts = np.zeros(len(persons) + 1, dtype=np.int64)
        np.cumsum(persons["entries"].to_numpy(), out=starts[1:])
        return ContactTimes(
            channels=channels,
            groups=groups,
            persons=Index.of(persons["person"]),
            by_channel=frozen(by_channel),
            by_group=frozen(by_group),
            group_of=frozen(groups.positions(persons["group"].to_list()).astype(np.int64)),
            starts=frozen(starts),
            slot=frozen(own["slot"].to_numpy(writable=True)),
            n=frozen(own["n"].to_numpy(writable=True)),
            hits=frozen(own["hits"].to_numpy(writable=True)),
            prior=self.prior,
            zone=self.zone,
        )

    def _channels(self, own: pl.DataFrame) -> tuple[Index, Float64]:
        """Each channel's hours, shrunk to its mean; float64 (channels, 168)."""
        channels = Index.of(own["channel"].unique().sort())
        hours = np.zeros((len(channels), SLOTS))
        for place, channel in enumerate(channels.ids):
            n, hits = _counted(own.filter(pl.col("channel") == channel))
            mean = (hits.sum() + 1.0) / (n.sum() + 2.0)
            hours[place] = _posterior(n, hits, np.full(SLOTS, mean), self.prior)
        return channels, hours

    def _groups(self, own: pl.DataFrame, channels: Index, by_channel: Float64) -> tuple[Index, Float64]:
        """Each segment's hours, shrunk to its channel's; float64 (groups, 168)."""
        groups = Index.of(own["group"].unique().sort())
        hours = np.zeros((len(groups), SLOTS))
        for place, label in enumerate(groups.ids):
            n, hits = _counted(own.filter(pl.col("group") == label))
            above = by_channel[channels.position(label.partition(_SEPARATOR)[0])]
            hours[place] = _posterior(n, hits, above, self.prior)
        return groups, hours


_SEPARATOR: Final = "\x1f"


def _label(column: str) -> pl.Expr:
    return pl.col("channel") + _SEPARATOR + pl.col(column)


def _with_segment(rows: pl.DataFrame, segments: "Table | None") -> pl.DataFrame:
    if segments is None:
        return rows.with_columns(pl.lit("").alias("segment"))
    known = as_polars(segments, columns=("customer", "segment")).unique("customer", keep="first", maintain_order=True)
    return rows.join(known, on="customer", how="left").with_columns(pl.col("segment").fill_null(""))


def _counted(own: pl.DataFrame) -> tuple[Float64, Float64]:
    """Contacts and reactions by hour of the week; float64 (168,) each."""
    slots = own["slot"].to_numpy()
    n = np.bincount(slots, weights=own["n"].cast(pl.Float64).to_numpy(), minlength=SLOTS)
    hits = np.bincount(slots, weights=own["hits"].cast(pl.Float64).to_numpy(), minlength=SLOTS)
    return n.astype(np.float64), hits.astype(np.float64)


def lend(counts: Float64) -> Float64:
    """Counts by hour of the week with what neighbours lend; float64 (168,).

    >>> counts = np.zeros(168); counts[10] = 1.0
    >>> lent = lend(counts)
    >>> lent[9], lent[10], lent[11], lent[24 + 10]
    (np.float64(0.5), np.float64(1.0), np.float64(0.5), np.float64(0.3))
    """
    near = convolve(counts, np.array([_NEXT_HOUR, 1.0, _NEXT_HOUR]), mode="wrap")
    week = counts.reshape(DAYS, HOURS)
    return np.asarray(near + _OTHER_DAY * (week.sum(axis=0) - week).ravel())


def _posterior(n: Float64, hits: Float64, above: Float64, prior: float) -> Float64:
    return np.asarray((lend(hits) + prior * above) / (lend(n) + prior))


@dataclass(frozen=True, slots=True, eq=False)
class ContactTimes:
    """When customers answer.

    Args:
        channels: dense channel ↔ name.
        groups: dense segment of a channel ↔ ``channel US segment``.
        persons: dense customer of a channel ↔ ``channel US customer``.
        by_channel: probability of a reaction by hour of the week, float64 (channels, 168).
        by_group: the same, float64 (groups, 168).
        group_of: group of each person, int64 (persons,).
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
    group_of: Int64
    starts: Int64
    slot: Int64
    n: Int64
    hits: Int64
    prior: float
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
            above = self.by_group[int(self.group_of[person])]
        else:
            group = self.groups.position(f"{channel}{_SEPARATOR}{segment}")
            above = self.by_group[group] if group >= 0 else self.by_channel[place]
        yes = lend(hits) + self.prior * above
        no = lend(n) - lend(hits) + self.prior * (1 - above)
        low, high = betaincinv(yes, no, 0.025), betaincinv(yes, no, 0.975)
        return [
            Hour(s // HOURS, s % HOURS, float(yes[s] / (yes[s] + no[s])), float(low[s]), float(high[s]), int(n[s]))
            for s in range(SLOTS)
        ]

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
        allowed = [
            hour
            for hour in self.week(customer, channel, segment)
            if hour.hour in hours and weekday in {None, hour.weekday}
        ]
        if not allowed:
            raise BadValue("no hour is allowed", key="hours", value=hours, way_out="allow at least one of 0 … 23")
        return max(allowed, key=lambda hour: (hour.probability, -hour.weekday, -hour.hour))

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that is large."""
        return {
            **self.channels.arrays("channels"),
            **self.groups.arrays("groups"),
            **self.persons.arrays("persons"),
            "by_channel": self.by_channel,
            "by_group": self.by_group,
            "group_of": self.group_of,
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
            group_of=taken(arrays, "group_of", np.int64, (len(persons),)),
            starts=starts,
            slot=slot,
            n=n,
            hits=hits,
            prior=meta["prior"],
            zone=meta["zone"],
        )
