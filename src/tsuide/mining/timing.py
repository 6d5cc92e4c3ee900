"""When, after a, is the time for b: the hazard of buying b by days since a, against b's own.

A customer who bought a is at risk at every later visit (basket) until b or the end of the data. Days since a
fall into bins that widen. In bin k of pair (a, b), O purchases of b were seen at N visits; b's own hazard
h_b(k) is counted in the same way from starts that have nothing to do with a, so that early buyers leave both
sides alike. The ratio O / (N h_b(k)) is shrunk twice (Gamma–Poisson): the pair towards 1, its bins towards
the pair; the lower bound adds up what both do not know (log-normal). The window is where it exceeds 1 in
bins that saw some purchases of their own.

Source: survival counts with a conjugate prior, Clayton and Kaldor, Biometrics 43 (1987).
"""

import itertools
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, Self

import numpy as np
import polars as pl

from tsuide.errors import BadColumns, BadValue, NotFound, TooFewData
from tsuide.kit.arrays import Bool, Float64, Int32, Int64, frozen
from tsuide.kit.clock import MICROS_PER_DAY
from tsuide.mining.baskets import Baskets, must_be_baskets
from tsuide.mining.complements import Complements
from tsuide.mining.fitted import Arrays, Meta, brief, taken, taken_rows
from tsuide.mining.index import Index
from tsuide.mining.logistic import fit_logistic, probability
from tsuide.mining.parameters import must_be_choices, must_be_list, must_be_number, must_be_whole
from tsuide.mining.timeline import Timeline, earlier, timeline_of
from tsuide.mining.timing_kernel import count_base, count_pairs, line_of

DAYS: Final = (0, 1, 2, 4, 7, 14, 21, 28, 42, 56, 84, 112, 168, 224, 336, 512)  # edges, nearly even in logs
FEWEST_CUSTOMERS: Final = 30
_LEVELS: Final = 2  # of strength: of 1 for a pair, of the pair for its bins
FEWEST_BOUGHT: Final = 3  # purchases of b in a bin, without which the bin opens no window
STARTS_PER_CUSTOMER: Final = 8
BASE_STRENGTH: Final = 500.0  # visits for which b's share of all baskets counts beside its hazard in a bin
_Z: Final = 1.959963984540054  # 95 %, two-sided


@dataclass(frozen=True, slots=True)
class Window:
    """When to speak of b to someone who bought a.

    Args:
        opens, peak, closes: days since a; None where no bin's lower bound exceeds 1.
        ratio: hazard of b against its own at the peak (shrunk); of all bins together where there is none.
        ratio_low: its lower bound, 95 %.
        bought: purchases of b seen at risk, in all bins.
        expected: how many b's own hazard would have given.
        curve: (from day, to day, ratio, its lower bound, bought, expected) of each bin.
    """

    opens: float | None
    peak: float | None
    closes: float | None
    ratio: float
    ratio_low: float
    bought: int
    expected: float
    curve: tuple[tuple[float, float, float, float, int, float], ...]


@dataclass(frozen=True, slots=True, eq=False)
class FittedTiming:
    """Counts from which every window follows.

    Args:
        item_ids: dense item ↔ id.
        anchor_start: pairs of anchor a are `partner[start[a]:start[a + 1]]`; int64 (items + 1,).
        partner: dense items, ascending within an anchor; int32 (pairs,).
        bought: purchases of the partner at risk, int32 (pairs, bins).
        visits: visits at risk, int32 (pairs, bins).
        hazard: of each item at one visit, by bin, since nothing in particular; float64 (items, bins).
        strength: (of 1 for a pair, of the pair for its bins): expected purchases that each counts for.
        temper: (a, b): later purchases had the log odds a + b · those that the counts gave: what came after
            tells how much counts of the past overstate.
        days: edges of the bins.
    """

    name: ClassVar[str] = "timing"
    __repr__ = brief

    item_ids: Index
    anchor_start: Int64
    partner: Int32
    bought: Int32
    visits: Int32
    hazard: Float64
    strength: tuple[float, float]
    temper: tuple[float, float] = (0.0, 1.0)
    days: tuple[int, ...] = DAYS

    def window(self, a: str, b: str) -> Window:
        """When buyers of `a` are ready for `b`.

        Raises:
            NotFound: nothing was learned of this pair (too few customers, or not bought together).
        """
        place = self._pair(a, b)
        found = self._windows(np.array([place]))
        bins = zip(
            self.days[:-1],
            self.days[1:],
            found.ratio[0].tolist(),
            found.low[0].tolist(),
            self.bought[place].tolist(),
            (self.visits[place] * self.hazard[self.partner[place]]).tolist(),
            strict=True,
        )
        opens, peak, closes, ratio, low, bought, expected = found.row(0)
        return Window(
            opens=opens,
            peak=peak,
            closes=closes,
            ratio=ratio,
            ratio_low=low,
            bought=bought,
            expected=expected,
            curve=tuple((float(lo), float(hi), r, below, n, e) for lo, hi, r, below, n, e in bins),
        )

    def frame(self) -> pl.DataFrame:
        """Every pair: anchor, item, opens, peak, closes (days), ratio, ratio_low, bought, expected."""
        anchors = np.repeat(np.arange(len(self.item_ids)), np.diff(self.anchor_start))
        found = self._windows(np.arange(len(self.partner)))
        columns = {
            "anchor": self.item_ids.series(anchors),
            "item": self.item_ids.series(self.partner),
            "opens": found.opens,
            "peak": found.peak,
            "closes": found.closes,
            "ratio": found.best,
            "ratio_low": found.best_low,
            "bought": found.bought,
            "expected": found.expected,
        }
        return pl.DataFrame(columns).with_columns(pl.col("opens", "peak", "closes").fill_nan(None))

    def expected(self) -> Float64:
        """Purchases that the partners' own hazard would give; float64 (pairs, bins)."""
        found: Float64 = self.visits * self.hazard[self.partner]
        return found

    def chance(self, *, of_pair: bool = True, of_bins: bool = True) -> Float64:
        """Chance that the partner is bought at one visit in the bin; float64 (pairs, bins).

        Args:
            of_pair: use the pair's ratio; otherwise b's own hazard stands.
            of_bins: use the bins' ratios; otherwise the pair's holds in every bin.
        """
        base: Float64 = self.hazard[self.partner]
        if not of_pair:
            return base
        whole, ratio = _ratios(self.bought.astype(np.float64), self.expected(), self.strength)
        plain = np.clip(base * (ratio if of_bins else whole[:, None]), 1e-9, 0.999)
        return probability(self.temper[0] + self.temper[1] * np.log(plain / (1 - plain)))

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that is large."""
        return {
            **self.item_ids.arrays("items"),
            "anchor_start": self.anchor_start,
            "partner": self.partner,
            "bought": self.bought,
            "visits": self.visits,
            "hazard": self.hazard,
        }

    def meta(self) -> dict[str, Any]:
        """The bins and the strength of the priors."""
        return {"strength": list(self.strength), "temper": list(self.temper), "days": list(self.days)}

    @classmethod
    def from_arrays(cls, arrays: Arrays, meta: Meta) -> Self:
        """The result again.

        Raises:
            BadArray: an array is missing, or has another type or shape; named.
        """
        ids, days = Index.from_arrays(arrays, "items"), tuple(meta["days"])
        start, partner = taken_rows(arrays, "anchor_start", {"partner": np.int32}, len(ids))
        square = (len(partner), len(days) - 1)
        return cls(
            item_ids=ids,
            anchor_start=start,
            partner=partner,
            bought=taken(arrays, "bought", np.int32, square),
            visits=taken(arrays, "visits", np.int32, square),
            hazard=taken(arrays, "hazard", np.float64, (len(ids), len(days) - 1)),
            strength=(meta["strength"][0], meta["strength"][1]),
            temper=(meta["temper"][0], meta["temper"][1]),
            days=days,
        )

    def _pair(self, a: str, b: str) -> int:
        anchor, item = self.item_ids.position(a), self.item_ids.position(b)
        if anchor >= 0 and item >= 0:
            low, high = int(self.anchor_start[anchor]), int(self.anchor_start[anchor + 1])
            place = low + int(np.searchsorted(self.partner[low:high], item))
            if place < high and self.partner[place] == item:
                return place
        raise NotFound("no timing was learned of this pair", key="pair", value=f"{a} → {b}")

    def _windows(self, which: Int64) -> "_Windows":
        """Windows of the pairs at `which`."""
        bought = self.bought[which].astype(np.float64)
        expected = self.visits[which] * self.hazard[self.partner[which]]
        whole, ratio = _ratios(bought, expected, self.strength)
        seen = bought.sum(axis=1)
        spread = np.sqrt(1 / (self.strength[0] + seen))
        bin_spread = np.sqrt(spread[:, None] ** 2 + 1 / (self.strength[1] * whole[:, None] + bought))
        low = ratio * np.exp(-_Z * bin_spread)
        opens, peak, closes = _runs((low > 1) & (bought >= FEWEST_BOUGHT), low)
        found, at = peak >= 0, np.maximum(peak, 0)
        days = np.array(self.days, np.float64)
        middle = np.sqrt(np.maximum(days[at], 0.5) * days[at + 1])
        rows = np.arange(len(which))
        return _Windows(
            opens=np.where(found, days[opens], np.nan),
            peak=np.where(found, middle, np.nan),
            closes=np.where(found, days[closes], np.nan),
            best=np.where(found, ratio[rows, at], whole),
            best_low=np.where(found, low[rows, at], whole * np.exp(-_Z * spread)),
            ratio=ratio,
            low=low,
            bought=seen.astype(np.int64),
            expected=expected.sum(axis=1),
        )


@dataclass(frozen=True, slots=True)
class _Windows:
    """Windows as columns: float64 (pairs,), NaN where none opens; ratio and low are (pairs, bins)."""

    opens: Float64
    peak: Float64
    closes: Float64
    best: Float64
    best_low: Float64
    ratio: Float64
    low: Float64
    bought: Int64
    expected: Float64

    def row(self, at: int) -> tuple[float | None, float | None, float | None, float, float, int, float]:
        """One window: (opens, peak, closes, ratio, lower bound, bought, expected)."""
        opens, peak, closes = (
            None if np.isnan(column[at]) else float(column[at]) for column in (self.opens, self.peak, self.closes)
        )
        best, low = float(self.best[at]), float(self.best_low[at])
        return opens, peak, closes, best, low, int(self.bought[at]), float(self.expected[at])


def _runs(above: Bool, low: Float64) -> tuple[Int64, Int64, Int64]:
    """The run of bins above 1 around the highest lower bound: (first, highest or −1, one past the last)."""
    peak = np.where(above.any(axis=1), np.argmax(np.where(above, low, -1), axis=1), -1)
    first, last = np.maximum(peak, 0), np.maximum(peak, 0)
    rows = np.arange(len(peak))
    for _ in range(above.shape[1]):
        first = np.where((first > 0) & above[rows, np.maximum(first - 1, 0)], first - 1, first)
        beyond = np.minimum(last + 1, above.shape[1] - 1)
        last = np.where((last < above.shape[1] - 1) & above[rows, beyond], beyond, last)
    return first, peak, last + 1


@dataclass(frozen=True, slots=True)
class Timing:
    """How windows are learned.

    Args:
        top: partners per anchor, where `fit` finds the pairs itself.
        min_count: common baskets, or common customers, that such a pair needs.
        strength: of the priors, where `fit` does not learn them.

    >>> day = 86_400_000_000
    >>> rows = []
    >>> for n in range(200):  # everybody shops weekly; pads follow the machine after about six weeks
    ...     rows += [(n, 7 * week * day, f"{n}-{week}", "milk") for week in range(20)]
    ...     rows += [(n, 7 * day, f"{n}-1", "machine")] if n < 40 else []
    ...     rows += [(n, (49 + 7 * (n % 3 // 2)) * day, f"{n}-{7 + n % 3 // 2}", "pads")] if n < 32 else []
    ...     rows += [(n, 7 * (n % 20) * day, f"{n}-{n % 20}", "pads")] if n >= 180 else []
    >>> frame = pl.DataFrame(rows, schema=["who", "at", "order", "sku"], orient="row")
    >>> baskets = Baskets.from_frame(frame, basket="order", item="sku", customer="who", time="at")
    >>> timing = Timing().fit(baskets, pairs=pl.DataFrame({"anchor": ["machine"], "item": ["pads"]}))
    >>> window = timing.window("machine", "pads")
    >>> window.opens, window.closes, window.ratio > 3
    (28.0, 56.0, True)
    """

    top: int = 10
    min_count: int = 5
    strength: tuple[float, float] = (5.0, 10.0)

    def __post_init__(self) -> None:
        must_be_whole("top", self.top, 1)
        must_be_whole("min_count", self.min_count, 1)
        must_be_list("strength", self.strength, "two numbers: (of a pair, of its bins)")
        if len(self.strength) != _LEVELS:
            raise BadValue("must be two numbers", key="strength", value=self.strength, way_out="(5.0, 10.0), say")
        for each in self.strength:
            must_be_number("strength", each, above=0)

    def fit(
        self, baskets: Baskets, *, pairs: pl.DataFrame | None = None, tune: bool = True, seed: int = 0
    ) -> FittedTiming:
        """Count every pair.

        Args:
            baskets: with customers and times.
            pairs: columns anchor, item; None: the significant complements, and, in shops where a customer
                owns few items, what customers bought at all, in whatever basket.
            tune: learn the strength of the priors, and the temper, from what the last quarter of the baskets made of
                the first three.
            seed: of the starts from which the items' own hazards are counted.

        Raises:
            TooFewData: no times, no customers, or fewer than 30 of them.
            BadColumns: `pairs` lacks a column.
            BadValue: a parameter that is not positive.
        """
        must_be_baskets(baskets)
        must_be_choices(seed=seed, tune=tune)
        line = timeline_of(baskets)
        if line.customers < FEWEST_CUSTOMERS:
            raise TooFewData(
                "too few customers to tell when one purchase follows another",
                key="customers",
                value=line.customers,
                way_out=f"{FEWEST_CUSTOMERS} are needed",
            )
        pairs_found = self._pairs(baskets, line, pairs)
        fitted = _counts(line, baskets, pairs_found, seed, self.strength)
        if not tune or len(fitted.partner) < FEWEST_PAIRS:
            return fitted
        early = earlier(baskets, LEARNING_SHARE)
        cut = int(early.time.max(initial=0)) + 1
        known = _counts(timeline_of(early), early, pairs_found, seed, self.strength)
        later = counted(line, known.anchor_start, known.partner, after=cut)
        strength = likeliest_strength(known, *later)
        return replace(fitted, strength=strength, temper=likeliest_temper(replace(known, strength=strength), *later))

    def _pairs(self, baskets: Baskets, line: Timeline, pairs: pl.DataFrame | None) -> tuple[Int64, Int32]:
        if pairs is not None:
            if missing := {"anchor", "item"} - set(pairs.columns):
                raise BadColumns("the pairs lack a column", key="column", value=sorted(missing))
            found = pairs.select("anchor", "item")
        else:
            found = pl.concat([part.select("anchor", "item") for part in self._found(baskets, line)])
        return pair_rows(baskets.item_ids, found)

    def _found(self, baskets: Baskets, line: Timeline) -> list[pl.DataFrame]:
        learner = Complements(top=self.top, min_count=self.min_count)
        together = learner.fit(baskets, tune=False).frame().filter("significant")
        if len(line.item) > WIDE * line.customers:
            return [together]
        owned = pl.DataFrame({"customer": line.owner.astype(np.int64), "item": baskets.item_ids.series(line.item)})
        people = Baskets.from_frame(owned, basket="customer", item="item")
        return [together, learner.fit(people, tune=False).frame().filter("significant")]


WIDE: Final = 100  # items per customer above which "the same customer bought both" says little


def counted(line: Timeline, anchor_start: Int64, partner: Int32, *, after: int = 0) -> tuple[Int32, Int32]:
    """Purchases and visits at risk of each pair and bin, at `after` (microseconds) or later.

    Returns:
        bought int32 (pairs, bins), visits int32 (pairs, bins).
    """
    bought = np.zeros((len(partner), len(DAYS) - 1), np.int32)
    visits = np.zeros_like(bought)
    count_pairs(line_of(line), anchor_start, partner, edges(), after, bought, visits)
    return bought, visits


def edges() -> Int64:
    """Edges of the bins in microseconds; int64 (bins + 1,)."""
    return np.array(DAYS, np.int64) * MICROS_PER_DAY


def _counts(
    line: Timeline, baskets: Baskets, pairs: tuple[Int64, Int32], seed: int, strength: tuple[float, float]
) -> FittedTiming:
    anchor_start, partner = pairs
    bought, visits = counted(line, anchor_start, partner)
    return FittedTiming(
        item_ids=baskets.item_ids,
        anchor_start=frozen(anchor_start),
        partner=frozen(partner),
        bought=frozen(bought),
        visits=frozen(visits),
        hazard=frozen(_hazards(line, baskets, seed)),
        strength=strength,
    )


def pair_rows(item_ids: Index, pairs: pl.DataFrame) -> tuple[Int64, Int32]:
    """Pairs by anchor, each once: where each anchor's begin, int64 (items + 1,), and partners, int32 (pairs,).

    Args:
        item_ids: dense item ↔ id.
        pairs: columns anchor, item; pairs of ids that are not known are left out.

    >>> start, partner = pair_rows(Index.of(["a", "b"]), pl.DataFrame({"anchor": ["b", "b"], "item": ["a", "x"]}))
    >>> start.tolist(), partner.tolist()
    ([0, 0, 1], [0])
    """
    n = len(item_ids)
    a = item_ids.positions(pairs["anchor"].cast(pl.String).to_list()).astype(np.int64)
    b = item_ids.positions(pairs["item"].cast(pl.String).to_list()).astype(np.int64)
    coded = np.unique((a * n + b)[(a >= 0) & (b >= 0) & (a != b)])
    start = np.searchsorted(coded, np.arange(n + 1) * n)
    return start.astype(np.int64), (coded % max(1, n)).astype(np.int32)


def starts_drawn(owned: int, customers: int, seed: int) -> Int64:
    """Of all (customer, item)s, those whose first purchase is a start for the items' own hazards; ascending."""
    random = np.random.default_rng(seed)
    return np.sort(random.choice(owned, min(owned, STARTS_PER_CUSTOMER * customers), replace=False))


def hazards_of(bought: Int64, gone: Int64, whole: Int64, share: Float64) -> Float64:
    """Each item's own chance at one visit, by bin, from what `count_base` counted; float64 (items, bins).

    Args:
        bought: int64 (items, bins).
        gone: int64 (items, bins).
        whole: int64 (bins,).
        share: of all baskets, those that hold the item; float64 (items,).
    """
    hazard: Float64 = (bought + BASE_STRENGTH * share[:, None]) / (whole - gone + BASE_STRENGTH)
    return np.clip(hazard, 1e-9, 0.999)


def _hazards(line: Timeline, baskets: Baskets, seed: int) -> Float64:
    """Each item's own chance at one visit, by bin since a start drawn among first purchases of anything."""
    chosen = starts_drawn(len(line.item), line.customers, seed)
    bought = np.zeros((line.items, len(DAYS) - 1), np.int64)
    gone = np.zeros_like(bought)
    whole = np.zeros(len(DAYS) - 1, np.int64)
    owner, at = line.owner[chosen], line.first()[chosen]
    count_base(line_of(line), owner, at, edges(), bought, gone, whole)
    return hazards_of(bought, gone, whole, baskets.count_of_item() / max(1, baskets.n_baskets))


def _ratios(bought: Float64, expected: Float64, strength: tuple[float, float]) -> tuple[Float64, Float64]:
    """Shrunk ratios of the pairs (pairs,) and of their bins (pairs, bins)."""
    of_pair, of_bins = strength
    whole = (of_pair + bought.sum(axis=1)) / (of_pair + expected.sum(axis=1))
    return whole, (of_bins * whole[:, None] + bought) / (of_bins + expected)


def likeliest_strength(early: FittedTiming, bought: Int32, visits: Int32) -> tuple[float, float]:
    """The strengths under which later counts are most likely, from what was known before.

    Args:
        early: what was known, whatever its strengths.
        bought: purchases at risk since, int32 (pairs, bins).
        visits: visits at risk since, int32 (pairs, bins).
    """
    later = visits * early.hazard[early.partner]
    known, expected = early.bought.astype(np.float64), early.expected()

    def likelihood(strength: tuple[float, float]) -> float:
        ratio = _ratios(known, expected, strength)[1]
        return float((bought * np.log(ratio) - later * ratio).sum())  # Poisson, without its constants

    return max(itertools.product(_STRENGTHS, _STRENGTHS), key=likelihood)


def likeliest_temper(early: FittedTiming, bought: Int32, visits: Int32) -> tuple[float, float]:
    """Intercept and slope that turn what was known before to what came later (logistic regression).

    Args:
        early: what was known, with its strengths and no temper.
        bought: purchases at risk since, int32 (pairs, bins).
        visits: visits at risk since, int32 (pairs, bins).
    """
    seen = visits > 0
    if bought.sum() < FEWEST_PAIRS:
        return 0.0, 1.0
    chance, trials = early.chance()[seen], visits[seen].astype(np.float64)
    odds = np.log(chance / (1 - chance))[:, None]
    found = fit_logistic(odds, bought[seen] / trials, ridge=1e-6, trials=trials)
    return float(found[0]), float(found[1])


_STRENGTHS: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 200.0, 1000.0)
LEARNING_SHARE: Final = 0.75
FEWEST_PAIRS: Final = 100  # below which strengths are not learned
