"""Simulated reps, honest and not: where the truth about each is known, supervision can be scored.

Honest reps differ: in skill, in how fast their customers answer, how often these change their minds, when they work.
Some are top sellers: twice the attach rate, customers as content as anybody's. Gamers are under a quota: in the last
days of a month they enter sales nobody asked for, in the evening one after the other, give the yes themselves within
seconds, and the customers cancel when they notice, or never use what was opened.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import polars as pl

from tsuide.proof.supervision.signs import ADVISED, SALES

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
DAYS: Final = 90
_MONTH: Final = 30
_LAST_DAYS: Final = 3
_OPEN: Final = (1, 10)  # UTC hours in which Tokyo is at work
_EVENING: Final = 13


@dataclass(frozen=True, slots=True)
class RepWorld:
    """How reps are drawn.

    Args:
        honest, top_sellers, gamers: reps of each sort.
        advised: customers that a rep advises in 90 days, on average.
        attach: share of them who take an offer.
        spread: how much honest reps differ in every rate (intraclass correlation).
        top: attach rate of top sellers over that of others.
        forged: made-up sales of a gamer over their real ones.
    """

    honest: int = 36
    top_sellers: int = 4
    gamers: int = 4
    advised: int = 160
    attach: float = 0.22
    spread: float = 0.01
    top: float = 2.2
    forged: float = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class RepSales:
    """What the reps did, and who is who.

    Args:
        sales: SALES.
        advised: ADVISED.
        sort: rep → honest, top_seller or gamer.
    """

    sales: pl.DataFrame
    advised: pl.DataFrame
    sort: dict[str, str]


def draw_reps(world: RepWorld, *, seed: int) -> RepSales:
    """90 days of everybody's sales.

    >>> drawn = draw_reps(RepWorld(honest=2, top_sellers=1, gamers=1, advised=40), seed=1)
    >>> sorted(set(drawn.sort.values())), drawn.sales["rep_id"].n_unique()
    (['gamer', 'honest', 'top_seller'], 4)
    """
    rng = np.random.default_rng(seed)
    sorts = ["honest"] * world.honest + ["top_seller"] * world.top_sellers + ["gamer"] * world.gamers
    sort = {f"rep{n:03}": each for n, each in enumerate(rng.permutation(sorts).tolist())}
    sales: list[dict[str, Any]] = []
    advised: list[dict[str, Any]] = []
    for rep, each in sort.items():
        for row, taken in _real(rep, each, world, rng):
            advised.append({name: row[name] for name in ("rep_id", "customer_id")} | {"at": row["at"], "taken": taken})
            if taken:
                sales.append({name: row[name] for name in SALES})
        if each == "gamer":
            own = sum(row["rep_id"] == rep for row in sales)
            for row in _forged(rep, round(own * world.forged), rng):
                advised.append(
                    {"rep_id": rep, "customer_id": row["customer_id"], "at": row["entered_at"], "taken": True}
                )
                sales.append(row)
    return RepSales(pl.DataFrame(sales, schema=SALES), pl.DataFrame(advised, schema=ADVISED), sort)


def _rate(mean: float, spread: float, rng: np.random.Generator) -> float:
    size = 1 / spread - 1
    return float(rng.beta(mean * size, (1 - mean) * size))


def _real(rep: str, sort: str, world: RepWorld, rng: np.random.Generator) -> Iterator[tuple[dict[str, Any], bool]]:
    """Customers who were advised, and what became of it."""
    attach = _rate(world.attach * (world.top if sort == "top_seller" else 1.0), world.spread, rng)
    instant, cancel, sleep, unanswered, late = (
        _rate(mean, world.spread, rng) for mean in (0.02, 0.05, 0.15, 0.08, 0.04)
    )
    hours = float(rng.uniform(2, 12))  # until an answer comes, in the median
    for n in range(int(rng.poisson(world.advised))):
        day = int(rng.integers(DAYS))
        hour = float(rng.uniform(*_OPEN)) if rng.random() > late else float(rng.uniform(11, 15))
        at = START + timedelta(days=day, hours=hour)
        taken = bool(rng.random() < attach)
        given = None if rng.random() < unanswered else at + timedelta(hours=hours * float(rng.lognormal(0.0, 0.8)))
        if rng.random() < instant:
            given = at + timedelta(seconds=float(rng.uniform(15, 50)))
        undone = None
        if given is not None and rng.random() < cancel:
            undone = given + timedelta(days=float(rng.uniform(0.5, 14)))
        service = rng.random() < 0.5  # noqa: PLR2004 - every other sale opens a service
        yield {
            "sale_id": f"{rep}-{n}", "rep_id": rep, "customer_id": f"{rep}-c{n}", "at": at, "entered_at": at,
            "given_at": given, "closed": True, "undone_at": undone,
            "used": bool(rng.random() > sleep) if service else None,
        }, taken  # fmt: skip


def _forged(rep: str, n: int, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """Sales that nobody asked for: at the end of each month, in bursts after hours."""
    for place in range(n):
        month, burst = place % 3, place // 9
        day = month * _MONTH + _MONTH - 1 - burst % _LAST_DAYS
        at = START + timedelta(
            days=day, hours=_EVENING, minutes=7 * (place // 3 % 3), seconds=float(rng.uniform(0, 60))
        )
        given = at + timedelta(seconds=float(rng.uniform(5, 50)))
        undone = given + timedelta(days=float(rng.uniform(1, 12))) if rng.random() < 0.5 else None  # noqa: PLR2004 - half notice
        yield {
            "sale_id": f"{rep}-x{place}", "rep_id": rep, "customer_id": f"{rep}-x{place}", "entered_at": at,
            "given_at": given, "closed": True, "undone_at": undone, "used": bool(rng.random() < 0.1),  # noqa: PLR2004
        }  # fmt: skip
