"""Which channel a customer reacts on, from their own reactions, shrunk to those of their segment."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np
import polars as pl
from scipy.special import betaln

from tsuide.kit.arrays import Float64, Int64, frozen
from tsuide.mining.fitted import brief, taken
from tsuide.mining.index import Index
from tsuide.mining.parameters import must_be_number
from tsuide.mining.strength import GRID, borne, heaviest, interval
from tsuide.mining.tables import Table, as_polars

_COLUMNS: Final = ("customer", "channel", "reacted")
_SEPARATOR: Final = "\x1f"


@dataclass(frozen=True, slots=True)
class Rate:
    """How often one customer reacts on one channel.

    Args:
        channel: its name.
        probability: that a contact is reacted to.
        low: 95 % interval of the probability (Beta posterior).
        high: the same.
        contacts: the customer's own behind it; 0 = known from others only.
        reactions: of these.
    """

    channel: str
    probability: float
    low: float
    high: float
    contacts: int
    reactions: int


@dataclass(frozen=True, slots=True)
class ContactChannel:
    """Beta–binomial empirical Bayes in two steps, on each channel by itself: everybody → segment → customer.

    Each step's posterior mean, (reactions + weight × mean above) / (contacts + weight), is the prior mean of the step
    below. A step's weight, in contacts, is the one of the highest marginal (beta–binomial) likelihood (Griffiths,
    "Maximum likelihood estimation for the beta-binomial distribution", Biometrics 29, 1973; Casella, "An introduction
    to empirical Bayes data analysis", The American Statistician 39, 1985). Whoever is in no segment is compared with
    everybody. A mean weighs no more than the others' contacts that bear it: where there are none, own contacts count.

    Args:
        prior: contacts that the level above is worth, at both steps; None = learned.

    >>> rows = [("a", "email", n < 1) for n in range(10)] + [("a", "line", n < 6) for n in range(10)]
    >>> contacts = pl.DataFrame(rows, schema=["customer", "channel", "reacted"], orient="row")
    >>> [(each.channel, each.reactions, round(each.probability, 2))
    ...  for each in ContactChannel(prior=10.0).fit(contacts).rates("a")]
    [('line', 6, 0.58), ('email', 1, 0.17)]
    """

    prior: float | None = None

    def __post_init__(self) -> None:
        if self.prior is not None:
            must_be_number("prior", self.prior, above=0)

    def fit(self, contacts: Table, segments: "Table | None" = None) -> "ContactChannels":
        """Learn from contacts and whether they were reacted to.

        Args:
            contacts: Polars, pandas or Arrow: customer, channel, reacted (bool); rows with a null are left out.
            segments: customer, segment; a customer without one is compared with everyone.

        Raises:
            BadColumns: a column is missing.
        """
        rows = _with_segment(as_polars(contacts, columns=_COLUMNS).drop_nulls(), segments)
        label = pl.col("channel") + _SEPARATOR
        own = (
            rows.group_by((label + pl.col("customer")).alias("person"), (label + pl.col("segment")).alias("group"))
            .agg(pl.len().cast(pl.Float64).alias("n"), pl.col("reacted").sum().cast(pl.Float64).alias("hits"))
            .sort("person")
        )
        groups, persons = Index.of(own["group"].unique().sort()), Index.of(own["person"])
        names = [each.partition(_SEPARATOR) for each in groups.ids]
        channels = Index.of(sorted({each[0] for each in names}))
        group_of = groups.positions(own["group"].to_list()).astype(np.int64)
        of = channels.positions([each[0] for each in names]).astype(np.int64)
        n, hits = own["n"].to_numpy(writable=True), own["hits"].to_numpy(writable=True)
        n_g, hits_g = _summed(group_of, n, len(groups)), _summed(group_of, hits, len(groups))
        n_c, hits_c = _summed(of, n_g, len(channels)), _summed(of, hits_g, len(channels))
        everybody = (hits_c + 1.0) / (n_c + 2.0)
        named = np.array([bool(each[2]) for each in names], dtype=bool)
        weights = np.full((len(channels), 2), 1.0 if self.prior is None else self.prior)
        if self.prior is None:
            at = of[named]
            weights[:, 0] = _weights(at, n_g[named], hits_g[named], everybody[at], len(channels))
        weight = weights[of, 0]
        by_group = np.where(named, (hits_g + weight * everybody[of]) / (n_g + weight), everybody[of])
        if self.prior is None:
            weights[:, 1] = _weights(of[group_of], n, hits, by_group[group_of], len(channels))
        return ContactChannels(
            channels=channels,
            groups=groups,
            persons=persons,
            everybody=frozen(everybody),
            by_group=frozen(by_group),
            weights=frozen(weights),
            group_of=frozen(group_of),
            above=frozen(np.where(named, n_g, n_c[of]).astype(np.int64)),
            n_all=frozen(n_c.astype(np.int64)),
            n=frozen(n.astype(np.int64)),
            hits=frozen(hits.astype(np.int64)),
            prior=self.prior,
        )


def _summed(of: Int64, values: Float64, rows: int) -> Float64:
    return np.bincount(of, weights=values, minlength=rows).astype(np.float64)


def _weights(of: Int64, n: Float64, hits: Float64, above: Float64, channels: int) -> Float64:
    """The weight of the highest beta–binomial likelihood in each channel; float64 (channels,)."""
    scores = np.zeros((channels, len(GRID)))
    for place, weight in enumerate(GRID):
        yes, no = weight * above, weight * (1.0 - above)
        likelihood = betaln(hits + yes, n - hits + no) - betaln(yes, no)
        scores[:, place] = np.bincount(of, weights=likelihood, minlength=channels)
    return heaviest(scores)


def _with_segment(rows: pl.DataFrame, segments: "Table | None") -> pl.DataFrame:
    if segments is None:
        return rows.with_columns(pl.lit("").alias("segment"))
    known = as_polars(segments, columns=("customer", "segment")).unique("customer", keep="first", maintain_order=True)
    return rows.join(known, on="customer", how="left").with_columns(pl.col("segment").fill_null(""))


@dataclass(frozen=True, slots=True, eq=False)
class ContactChannels:
    """On which channels customers react.

    Args:
        channels: dense channel ↔ name.
        groups: dense segment of a channel ↔ ``channel US segment``.
        persons: dense customer of a channel ↔ ``channel US customer``.
        everybody: probability of a reaction, float64 (channels,).
        by_group: the same, float64 (groups,).
        weights: contacts that the mean above is worth, of segments and customers; float64 (channels, 2).
        group_of: group of each person, int64 (persons,).
        above: contacts behind each group's mean (of those without a segment: everybody's), int64 (groups,).
        n_all: contacts behind everybody's, int64 (channels,).
        n: contacts, int64 (persons,).
        hits: reactions, int64 (persons,).
    """

    name: ClassVar[str] = "contact_channel"
    __repr__ = brief

    channels: Index
    groups: Index
    persons: Index
    everybody: Float64
    by_group: Float64
    weights: Float64
    group_of: Int64
    above: Int64
    n_all: Int64
    n: Int64
    hits: Int64
    prior: float | None

    def rates(self, customer: str, segment: str = "", among: Collection[str] | None = None) -> tuple[Rate, ...]:
        """What a customer's channels are worth, the best first; ties: by name.

        Args:
            customer: an unknown one is answered from the segment, or from everybody.
            segment: used where the customer is unknown on a channel.
            among: channels that may be named; None = all. One on which nobody was ever contacted is none of them.
        """
        wanted = [each for each in self.channels.ids if among is None or each in among]
        found = [self._rate(customer, channel, segment) for channel in wanted]
        return tuple(sorted(found, key=lambda each: (-each.probability, each.channel)))

    def _rate(self, customer: str, channel: str, segment: str) -> Rate:
        place = self.channels.position(channel)
        person = self.persons.position(f"{channel}{_SEPARATOR}{customer}")
        n = hits = 0
        if person >= 0:
            n, hits, group = int(self.n[person]), int(self.hits[person]), int(self.group_of[person])
        else:
            group = self.groups.position(f"{channel}{_SEPARATOR}{segment}")
        above = float(self.by_group[group] if group >= 0 else self.everybody[place])
        others = float((self.above[group] if group >= 0 else self.n_all[place]) - n)
        weight, flat = borne(float(self.weights[place, 1]), others)
        mean, low, high = interval(hits + weight * above + flat, n - hits + weight * (1.0 - above) + flat)
        return Rate(channel, float(mean), float(low), float(high), n, hits)

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that is large."""
        return {
            **self.channels.arrays("channels"),
            **self.groups.arrays("groups"),
            **self.persons.arrays("persons"),
            "everybody": self.everybody,
            "by_group": self.by_group,
            "weights": self.weights,
            "group_of": self.group_of,
            "above": self.above,
            "n_all": self.n_all,
            "n": self.n,
            "hits": self.hits,
        }

    def meta(self) -> dict[str, Any]:
        """The parameters."""
        return {"prior": self.prior}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Self:
        """The result again.

        Raises:
            BadArray: the arrays do not fit together; named.
        """
        channels, groups, persons = (Index.from_arrays(arrays, name) for name in ("channels", "groups", "persons"))
        return cls(
            channels=channels,
            groups=groups,
            persons=persons,
            everybody=taken(arrays, "everybody", np.float64, (len(channels),)),
            by_group=taken(arrays, "by_group", np.float64, (len(groups),)),
            weights=taken(arrays, "weights", np.float64, (len(channels), 2)),
            above=taken(arrays, "above", np.int64, (len(groups),)),
            n_all=taken(arrays, "n_all", np.int64, (len(channels),)),
            group_of=taken(arrays, "group_of", np.int64, (len(persons),)),
            n=taken(arrays, "n", np.int64, (len(persons),)),
            hits=taken(arrays, "hits", np.int64, (len(persons),)),
            prior=meta["prior"],
        )
