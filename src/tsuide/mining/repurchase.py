"""The repurchase process: does a customer ever buy an item again, and how long until then.

After each purchase the customer goes on with probability ρ (after the first, the second, every later one);
if so, the time until the next, raised to the power c, is exponential with a rate λ that varies over customers
as Gamma(α, β). So k observed gaps g leave Gamma(α + k, β + Σ g^c), and

    P(gap > t) = S(t) = ((β + Σ g^c) / (β + Σ g^c + t^c)) ^ (α + k)
    P(buys within h days | nothing for t) = ρ (S(t) − S(t + h)) / (ρ S(t) + 1 − ρ)

Sources: Fader, Hardie and Lee 2005 (dropout after a purchase), Bhagat et al., "Buy It Again", KDD 2018 (repeat
probability × Poisson–Gamma); c lets intervals be more regular than chance (c > 1) or less.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Self

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln

from tsuide.kit.arrays import Float64, Int32, Int64
from tsuide.kit.clock import MICROS_PER_DAY
from tsuide.mining.logistic import probability
from tsuide.mining.timeline import Timeline

CLASSES: Final = 3  # purchases so far: 1, 2, 3 or more
SHORTEST: Final = 0.5  # days; purchases closer than this are one
SAMPLE: Final = 30_000  # sequences from which the process is learned


@dataclass(frozen=True, slots=True, eq=False)
class Sequences:
    """Purchases of every (customer, item) of a timeline, in its order.

    Args:
        count: gaps between purchases, int32 (owned,).
        gap: days, one sequence after the other, float64 (gaps,).
        gap_start: gaps of sequence s are `gap[start[s]:start[s + 1]]`; int64 (owned + 1,).
        first: microseconds, int64 (owned,).
        last: microseconds, int64 (owned,).
    """

    count: Int32
    gap: Float64
    gap_start: Int64
    first: Int64
    last: Int64

    def take(self, chosen: Int64) -> "Sequences":
        """Some of the sequences, in ascending order."""
        mask = np.zeros(len(self.count), np.bool_)
        mask[chosen] = True
        count = self.count[mask]
        start = np.r_[0, np.cumsum(count)].astype(np.int64)
        return Sequences(count, self.gap[np.repeat(mask, self.count)], start, self.first[mask], self.last[mask])

    def sums(self, values: Float64) -> Float64:
        """Sum of a value of each gap by sequence; float64 (owned,)."""
        reached = np.r_[0.0, np.cumsum(values)]
        found: Float64 = reached[self.gap_start[1:]] - reached[self.gap_start[:-1]]
        return found


def sequences_of(line: Timeline) -> Sequences:
    """The sequences of a timeline; purchases within half a day are one.

    >>> import polars as pl
    >>> from tsuide.mining.baskets import Baskets
    >>> from tsuide.mining.timeline import timeline_of
    >>> day = 86_400_000_000
    >>> rows = {"o": [1, 2, 3], "i": ["a"] * 3, "c": ["x"] * 3, "t": [0, 7 * day, 9 * day]}
    >>> baskets = Baskets.from_frame(pl.DataFrame(rows), basket="o", item="i", customer="c", time="t")
    >>> sequences_of(timeline_of(baskets)).gap
    array([7., 2.])
    """
    owned = np.repeat(np.arange(len(line.owner)), np.diff(line.bought_start))
    days = np.diff(line.bought) / MICROS_PER_DAY
    kept = (owned[1:] == owned[:-1]) & (days >= SHORTEST)
    count = np.bincount(owned[1:][kept], minlength=len(line.owner)).astype(np.int32)
    return Sequences(
        count=count,
        gap=days[kept],
        gap_start=np.r_[0, np.cumsum(count)].astype(np.int64),
        first=line.first(),
        last=line.bought[line.bought_start[1:] - 1],
    )


@dataclass(frozen=True, slots=True)
class Process:
    """Parameters of the repurchase process.

    Args:
        alpha, beta: of the rates' Gamma distribution.
        power: c, of days.
        goes_on: ρ after the first, the second, every later purchase.
    """

    alpha: float
    beta: float
    power: float
    goes_on: tuple[float, float, float]

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {"alpha": self.alpha, "beta": self.beta, "power": self.power, "goes_on": list(self.goes_on)}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Self:
        """From JSON."""
        first, second, later = plain["goes_on"]
        return cls(plain["alpha"], plain["beta"], plain["power"], (first, second, later))

    def surviving(self, spent: Float64, count: Int32, days: Float64, speed: Float64 | float = 1.0) -> Float64:
        """S(days) of a next gap.

        Args:
            spent: Σ g^c so far.
            count: gaps so far.
            days: since the last purchase.
            speed: rate of the item over that of all.
        """
        return _survival(self.beta / speed + spent, days**self.power, self.alpha + count)

    def odds_of_going_on(self, count: Int32) -> Float64:
        """Log odds of ρ after count + 1 purchases."""
        rho = np.array(self.goes_on)
        odds: Float64 = np.log(rho / (1 - rho))[np.minimum(count, CLASSES - 1)]
        return odds


def fit_process(sequences: Sequences, end: int, seed: int) -> Process:
    """The process under which the sequences are most likely (L-BFGS in log space).

    Args:
        sequences: as observed.
        end: of the observation, microseconds.
        seed: of the sample, where there are more than SAMPLE sequences.
    """
    if len(sequences.count) > SAMPLE:
        chosen = np.random.default_rng(seed).choice(len(sequences.count), SAMPLE, replace=False)
        sequences = sequences.take(chosen)
    since = np.maximum((end - sequences.last) / MICROS_PER_DAY, 0.0)
    likelihood = Likelihood(sequences, since)
    mean = float(sequences.gap.mean()) if len(sequences.gap) else 30.0

    def unlikely(theta: Float64) -> float:
        return -float(likelihood(_process(theta)).sum()) / len(since)

    start = np.array([0.0, np.log(mean), 0.0, 0.0, 1.0, 2.0])
    found = minimize(unlikely, start, method="L-BFGS-B", bounds=_BOUNDS, options={"maxiter": 40})
    return _process(found.x)


_BOUNDS: Final = [(-3.0, 5.0), (-5.0, 15.0), (-1.2, 1.2), (-6.0, 6.0), (-6.0, 6.0), (-6.0, 6.0)]


def _process(theta: Float64) -> Process:
    first, second, later = probability(theta[3:]).tolist()
    alpha, beta, power = np.exp(theta[:3]).tolist()
    return Process(alpha, beta, power, (first, second, later))


def _survival(begin: Float64, later: Float64, shape: np.ndarray) -> Float64:
    """S = (begin / (begin + days^c)) ^ shape, with begin = β + Σ g^c, `later` = days^c and shape = α + gaps."""
    found: Float64 = (begin / (begin + later)) ** shape
    return found


class Likelihood:
    """Log likelihood of each sequence: its gaps, then nothing for `since` days.

    A gradient by differences changes one parameter at a time: what rests on the others is kept from the last few.
    """

    def __init__(self, sequences: Sequences, since: Float64) -> None:
        self._count, self._since, self._sequences = sequences.count, since, sequences
        self._log_sum = sequences.sums(np.log(sequences.gap))
        self._powers = lru_cache(maxsize=2)(self._powers_of)
        self._gammas = lru_cache(maxsize=2)(self._gammas_of)
        self._gaps = lru_cache(maxsize=4)(self._gaps_of)

    def __call__(self, process: Process) -> Float64:
        """Of each sequence under `process`; float64 (owned,)."""
        rho, count = np.array(process.goes_on), self._count
        went_on = (
            (count >= 1) * np.log(rho[0])
            + (count >= CLASSES - 1) * np.log(rho[1])
            + np.maximum(count - CLASSES + 1, 0) * np.log(rho[2])
        )
        gaps, surviving = self._gaps(process.alpha, process.beta, process.power)
        now = rho[np.minimum(count, CLASSES - 1)]
        silent = now * surviving + 1 - now
        likelihood: Float64 = went_on + gaps + np.log(silent)
        return likelihood

    def _gaps_of(self, a: float, b: float, c: float) -> tuple[Float64, Float64]:
        """(log likelihood of the gaps, S(since)) of each sequence."""
        spent, since = self._powers(c)
        begin = b + spent
        gaps = (
            self._count * np.log(c)
            + (c - 1) * self._log_sum
            + self._gammas(a)
            - gammaln(a)
            + a * np.log(b)
            - (a + self._count) * np.log(begin)
        )
        return gaps, _survival(begin, since, a + self._count)

    def _powers_of(self, c: float) -> tuple[Float64, Float64]:
        """(Σ gap ^ c, since ^ c) of each sequence."""
        return self._sequences.sums(self._sequences.gap**c), self._since**c

    def _gammas_of(self, a: float) -> Float64:
        found: Float64 = gammaln(a + self._count)
        return found
