"""How long one decision takes: the demo shop, the full standard policy, at least 300 candidates a request."""

import gc
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter_ns, thread_time_ns
from typing import Any, Final

import numpy as np
import polars as pl

from tsuide.app.demo import prepare
from tsuide.app.learn import Progress
from tsuide.app.loading import load
from tsuide.app.policies import active_policy
from tsuide.app.wiring import Shop
from tsuide.errors import TooFewData
from tsuide.offers.candidates.pool import MOST
from tsuide.offers.customer import CustomerView, Grant, Owned, PriceBand, Touch
from tsuide.offers.decide import decide, judge
from tsuide.offers.policy import chain
from tsuide.offers.policy.policy import Policy
from tsuide.offers.prepare import Prepared, prepare_customer
from tsuide.offers.request import CartLine, OfferRequest
from tsuide.offers.state import State

LEAST: Final = 300
CART: Final = 24
TOUCHES: Final = 30


def bench_demo(shop: Shop, *, now: datetime, decisions: int, progress: Progress) -> dict[str, Any]:
    """`bench_decide` on the demo shop, which is imported and learned first where it is not there yet.

    Raises:
        Conflict: the store holds orders of somebody's own.
        MissingExtra: the demo's data are not installed.
    """
    prepare(shop, now=now, seed=0, progress=progress)
    purchases = shop.store.facts.purchases()
    last = purchases["placed_at"].max()
    if not isinstance(last, datetime):
        raise TooFewData("the demo shop has no order", key="orders", value=0)
    state, policy = load(shop).state, active_policy(shop, now)
    return bench_decide(state, purchases, policy, now=last + timedelta(hours=3), seed=0, decisions=decisions)


def bench_decide(
    state: State,
    purchases: pl.DataFrame,
    policy: Policy,
    *,
    now: datetime,
    seed: int,
    decisions: int = 5_000,
    households: int = 200,
    least: int = LEAST,
) -> dict[str, Any]:
    """Time `decide` alone, one call after the other on one core.

    Real households with their whole history and 30 recent touches, at carts made of what they last bought,
    long enough that each request has at least 300 candidates. The garbage collector runs as it would in a server.

    Args:
        state: of the demo shop.
        purchases: `store.facts.purchases()`.
        policy: the full policy.
        now: after the last purchase.
        seed: of the choice of households and touches.
        decisions: how many are timed.
        households: among whom they are.
        least: candidates that a request must have.

    Returns:
        p50_ms, p99_ms and the like, of `decide` with a customer prepared beforehand (as its caller does for the
        requests of a visit), and `…_with_preparing`; cpu_…: time on the processor alone; candidates (the fewest
        of any request), cleared (the mean), decisions, per_second, rules (how many hold).

    Raises:
        TooFewData: no request reaches 300 candidates.
    """
    asked = _requests(state, purchases, policy, now, seed, households, least)
    ready = [(request, prepare_customer(view, state)) for request, view in asked]
    whole = _timed(asked, state, policy, now, seed, decisions)  # warms kernels and histories for what follows
    timed = _timed(ready, state, policy, now, seed, decisions)
    return {
        "p50_ms": timed.at(50),
        "p90_ms": timed.at(90),
        "p99_ms": timed.at(99),
        "mean_ms": round(float(timed.wall.mean()) / 1e6, 4),
        "cpu_p10_ms": round(float(np.percentile(timed.cpu, 10)) / 1e6, 4),
        "cpu_p50_ms": round(float(np.percentile(timed.cpu, 50)) / 1e6, 4),
        "cpu_p99_ms": round(float(np.percentile(timed.cpu, 99)) / 1e6, 4),
        "cpu_mean_ms": round(float(timed.cpu.mean()) / 1e6, 4),
        "p50_ms_with_preparing": whole.at(50),
        "p99_ms_with_preparing": whole.at(99),
        "candidates": timed.fewest,
        "cleared": round(timed.cleared / decisions, 1),
        "decisions": decisions,
        "per_second": round(1e9 / float(timed.wall.mean())),
        "rules": int(sum(policy.value(code, "on") for code in chain.ORDER)),
        "policy": policy.name,
    }


@dataclass(frozen=True, slots=True)
class _Timed:
    """Nanoseconds of each decision: on the wall, and on the processor (what a busy machine adds is not in it)."""

    wall: np.ndarray
    cpu: np.ndarray
    fewest: int
    cleared: int

    def at(self, percent: int) -> float:
        return round(float(np.percentile(self.wall, percent)) / 1e6, 4)


def _timed(
    asked: Sequence[tuple[OfferRequest, CustomerView | Prepared]],
    state: State,
    policy: Policy,
    now: datetime,
    seed: int,
    decisions: int,
) -> _Timed:
    for request, customer in asked:
        decide(request, state, customer, policy, now=now, seed=seed)
    gc.collect()
    gc.freeze()  # as a server does with its state
    wall, cpu = np.empty(decisions, dtype=np.int64), np.empty(decisions, dtype=np.int64)
    cleared, fewest = 0, MOST
    for i in range(decisions):
        request, customer = asked[i % len(asked)]
        ran, start = thread_time_ns(), perf_counter_ns()
        decision = decide(request, state, customer, policy, now=now, seed=seed + i)
        wall[i], cpu[i] = perf_counter_ns() - start, thread_time_ns() - ran
        cleared += decision.cleared
        fewest = min(fewest, decision.considered)
    gc.unfreeze()
    return _Timed(wall, cpu, fewest, cleared)


def _requests(
    state: State, purchases: pl.DataFrame, policy: Policy, now: datetime, seed: int, households: int, least: int
) -> list[tuple[OfferRequest, CustomerView]]:
    linked = pl.Series("product_id", [state.ids[i] for i in _well_linked(state)])
    by_customer = (
        purchases.lazy()
        .filter(pl.col("customer_id").is_not_null())
        .group_by("customer_id", "product_id")
        .agg(pl.col("placed_at").max(), pl.col("quantity").sum(), pl.col("unit_price").mean())
        .sort("customer_id", "placed_at", "product_id")
        .collect()
    )
    found = []
    rng = np.random.default_rng(seed)
    ids = by_customer["customer_id"].unique(maintain_order=True)
    for customer_id in rng.permutation(ids.to_numpy())[: households * 3].tolist():
        history = by_customer.filter(pl.col("customer_id") == customer_id)
        cart = history.join(linked.to_frame(), on="product_id", how="semi")["product_id"].tail(CART).to_list()
        request = OfferRequest("cart", customer_id=customer_id, cart=tuple(CartLine(each) for each in reversed(cart)))
        view = _view(customer_id, history, now, rng)
        judged = judge(request, state, prepare_customer(view, state), policy, now=now, seed=seed)
        if judged.count >= least:
            found.append((request, view))
        if len(found) == households:
            break
    if not found:
        raise TooFewData(f"no request reaches {least} candidates", key="households", value=len(ids))
    return found


def _well_linked(state: State) -> Sequence[int]:
    of = state.complements.of
    places: list[int] = np.flatnonzero(of[1:] - of[:-1] >= 15).tolist()  # noqa: PLR2004 - enough partners for a bench
    return places


def _view(customer_id: str, history: pl.DataFrame, now: datetime, rng: np.random.Generator) -> CustomerView:
    rows = history.select("product_id", "placed_at", "quantity").iter_rows()
    prices = history["unit_price"].fill_null(0)
    band = [int(prices.quantile(q) or 0) for q in (0.1, 0.5, 0.9)]
    shown = history["product_id"].sample(min(TOUCHES, len(history)), seed=int(rng.integers(1 << 30)))
    touches = [
        Touch(now - timedelta(days=40 - i), "declined" if i % 7 == 0 else "shown", "cart", "site", "cross_sell", each)
        for i, each in enumerate(shown)
    ]
    return CustomerView(
        id=customer_id,
        consents=(Grant("personalisation"),),
        owned=tuple(Owned(*row) for row in rows),
        touches=tuple(touches),
        price_band=PriceBand(band[0], band[1], band[2], len(history)),
    )
