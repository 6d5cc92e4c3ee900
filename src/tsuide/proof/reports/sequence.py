"""Who buys what next, and after how many days: what is new in the order after the first of another product.

The unit is the customer, once per pair, so that one loyal customer does not speak for many. Only what is new
to the customer counts: what they had before is a refill, reported apart.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from scipy import stats

from tsuide.kit.arrays import Int64
from tsuide.kit.clock import MICROS_PER_DAY
from tsuide.mining.baskets import Baskets
from tsuide.proof.reports.evidence import adjusted, poisson_interval
from tsuide.proof.reports.together import same_kind

_ALPHA: Final = 0.05
_FEWEST: Final = 3  # customers behind any line of the report


@dataclass(frozen=True, slots=True)
class Step:
    """Customers who bought `first` and, in their next order, `then` for the first time.

    Args:
        first: dense item; `then` likewise.
        customers: who made the step.
        returned: who bought `first` and came back at all.
        lift: customers / what chance would give; `low`, `high`: its 95 % interval (exact Poisson).
        adjusted_p: p-value of "no more than chance", corrected for the number of pairs tested.
        days: quartiles of the days between the two orders.
        before: of those who bought both in different orders, who bought `first` first.
        both: those who bought both in different orders.
        waiting: customers who have `first`, not `then`, and whose last purchase of `first` is no older
            than the third quartile of `days` before the end of the data.
    """

    first: int
    then: int
    customers: int
    returned: int
    lift: float
    low: float
    high: float
    adjusted_p: float
    days: tuple[float, float, float]
    before: int
    both: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Refill:
    """A product that customers buy again.

    Args:
        item: dense item.
        customers: who bought it at all, with a name.
        again: who bought it in more than one order.
        days: quartiles of the days between one customer's purchases of it.
    """

    item: int
    customers: int
    again: int
    days: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Sequence:
    """What `sequence` found.

    Args:
        customers: customers with a name; `returned`: of them, those with a second order.
        steps: surer than chance (adjusted p < .05), strongest evidence first; from one category to another
            where these are known.
        found: how many of them there are in all.
        refills: bought again by at least three customers, most of them first.
    """

    customers: int
    returned: int
    steps: tuple[Step, ...]
    found: int
    refills: tuple[Refill, ...]


def sequence(baskets: Baskets, top: int, kinds: Int64 | None = None) -> Sequence:
    """Find what customers buy next, and again.

    Chance is: as many new products as these customers did buy in their next orders, drawn by how often each
    product is anybody's new product. So neither large orders nor new customers make everything look related.

    Args:
        baskets: with customers and times; without either nothing is found.
        top: at most so many steps and refills.
        kinds: dense category of each item, -1 = not known; a step within one is a switch, not a cross-sale.
    """
    entries = _entries(baskets)
    if not baskets.has_time or entries.is_empty():
        return Sequence(baskets.n_customers, 0, (), 0, ())
    ranks = entries.group_by("customer").agg(pl.col("rank").max())
    returned = int((ranks["rank"] > 0).sum())
    steps, found = _steps(entries, baskets, top, kinds)
    return Sequence(baskets.n_customers, returned, steps, found, _refills(entries, top))


def _entries(baskets: Baskets) -> pl.DataFrame:
    """customer, rank (0, 1, … of the customer's orders in time), time (micros), item, new (first time)."""
    whose = baskets.customer[baskets.basket_of_entry()]
    frame = pl.DataFrame(
        {
            "customer": whose,
            "basket": baskets.basket_of_entry(),
            "time": baskets.time[baskets.basket_of_entry()],
            "item": baskets.item,
        }
    ).filter(pl.col("customer") >= 0)
    # orders of the same moment are one visit: nobody can say which came first
    return (
        frame.unique(["customer", "time", "item"])
        .with_columns((pl.col("time").rank("dense").over("customer") - 1).cast(pl.Int32).alias("rank"))
        .with_columns((pl.col("rank") == pl.col("rank").min().over("customer", "item")).alias("new"))
        .select("customer", "rank", "time", "item", "new")
    )


def _steps(entries: pl.DataFrame, baskets: Baskets, top: int, kinds: Int64 | None) -> tuple[tuple[Step, ...], int]:
    """The best steps, and how many there are in all."""
    new = entries.filter("new").select("customer", "rank", "time", "item")
    following = new.filter(pl.col("rank") > 0)  # candidates for "then"
    if following.is_empty():
        return (), 0
    share = following.group_by("item").agg((pl.len() / len(following)).alias("share"))
    firsts = new.join(entries.group_by("customer").agg(pl.col("rank").max().alias("last")), on="customer").filter(
        pl.col("rank") < pl.col("last")
    )
    returned = firsts.group_by("item").agg(pl.len().alias("returned")).filter(pl.col("returned") >= _FEWEST)
    news_in = following.group_by("customer", "rank").agg(pl.len().alias("news"))
    drawn = (
        firsts.select("customer", (pl.col("rank") + 1).alias("rank"), "item")
        .join(news_in, on=["customer", "rank"])
        .group_by("item")
        .agg(pl.col("news").sum().alias("draws"))
    )
    made = _pairs(firsts, following, returned)
    if made.is_empty():
        return (), 0
    thens = following.group_by("item").len().filter(pl.col("len") >= _FEWEST).height
    scored = (
        made.join(drawn, left_on="first", right_on="item")
        .join(share, left_on="then", right_on="item")
        .join(returned, left_on="first", right_on="item")
        .with_columns((pl.col("draws") * pl.col("share")).alias("expected"))
        .sort("first", "then")
    )
    count, expected = scored["customers"].to_numpy(), scored["expected"].to_numpy()
    p_value = adjusted(np.asarray(stats.poisson.sf(count - 1, expected)), returned.height * thens)
    low, high = poisson_interval(count, expected)
    scored = scored.with_columns(pl.Series("p", p_value), pl.Series("low", low), pl.Series("high", high)).filter(
        pl.col("p") < _ALPHA
    )
    scored = scored.filter(~same_kind(scored["first"], scored["then"], kinds))
    # as pairs: how much above chance at least, weighed by how many it speaks for
    strength = pl.col("low").clip(1.0).log() * pl.col("customers").sqrt()
    best = (
        scored.with_columns(strength.alias("strength"))
        .sort(["strength", "customers", "first", "then"], descending=[True, True, False, False])
        .head(top)
    )
    return tuple(_step(row, entries, baskets) for row in best.iter_rows(named=True)), len(scored)


def _pairs(firsts: pl.DataFrame, following: pl.DataFrame, returned: pl.DataFrame) -> pl.DataFrame:
    """first, then, customers: who bought `then` as new in the order after their first `first`."""
    begun = firsts.join(returned.select("item"), on="item").select(
        "customer", (pl.col("rank") + 1).alias("rank"), pl.col("item").alias("first")
    )
    return (
        begun.lazy()
        .join(following.lazy().select("customer", "rank", pl.col("item").alias("then")), on=["customer", "rank"])
        .group_by("first", "then")
        .agg(pl.len().cast(pl.Int64).alias("customers"))
        .filter(pl.col("customers") >= _FEWEST)
        .collect()
    )


def _step(row: dict[str, float], entries: pl.DataFrame, baskets: Baskets) -> Step:
    first, then = int(row["first"]), int(row["then"])
    seen = entries.filter(pl.col("item").is_in([first, then]))
    times = seen.group_by("customer").agg(
        pl.col("time").filter(pl.col("item") == first).min().alias("first_at"),
        pl.col("time").filter(pl.col("item") == first).max().alias("last_at"),
        pl.col("rank").filter((pl.col("item") == first) & pl.col("new")).first().alias("first_rank"),
        pl.col("time").filter(pl.col("item") == then).min().alias("then_at"),
        pl.col("rank").filter((pl.col("item") == then) & pl.col("new")).first().alias("then_rank"),
    )
    both = times.filter(pl.col("first_at") != pl.col("then_at"))
    made = times.filter(pl.col("then_rank") == pl.col("first_rank") + 1)
    days = _quartiles((made["then_at"] - made["first_at"]).to_numpy())
    since = int(baskets.time[-1]) - int(days[2] * MICROS_PER_DAY)
    waiting = times.filter(pl.col("then_at").is_null() & (pl.col("last_at") >= since)).height
    return Step(
        first=first,
        then=then,
        customers=int(row["customers"]),
        returned=int(row["returned"]),
        lift=row["customers"] / row["expected"],
        low=row["low"],
        high=row["high"],
        adjusted_p=row["p"],
        days=days,
        before=both.filter(pl.col("first_at") < pl.col("then_at")).height,
        both=both.height,
        waiting=waiting,
    )


def _refills(entries: pl.DataFrame, top: int) -> tuple[Refill, ...]:
    often = (
        entries.group_by("item", "customer")
        .agg(pl.len().alias("times"))
        .group_by("item")
        .agg(pl.len().alias("customers"), (pl.col("times") > 1).sum().alias("again"))
        .filter(pl.col("again") >= _FEWEST)
        .sort(["again", "item"], descending=[True, False])
        .head(top)
    )
    gaps = (
        entries.join(often.select("item"), on="item", how="semi")
        .sort("customer", "item", "time")
        .with_columns(pl.col("time").diff().over("customer", "item").alias("gap"))
        .group_by("item")
        .agg(
            *(
                (pl.col("gap").quantile(q, "linear") / MICROS_PER_DAY).alias(name)
                for q, name in ((0.25, "q1"), (0.5, "q2"), (0.75, "q3"))
            ),
        )
    )
    return tuple(
        Refill(row["item"], row["customers"], row["again"], (row["q1"], row["q2"], row["q3"]))
        for row in often.join(gaps, on="item", maintain_order="left").iter_rows(named=True)
    )


def _quartiles(micros: np.ndarray) -> tuple[float, float, float]:
    low, middle, high = np.percentile(micros, [25, 50, 75]) / MICROS_PER_DAY
    return float(low), float(middle), float(high)
