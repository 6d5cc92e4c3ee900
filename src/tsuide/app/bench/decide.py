"""How long one decision takes: the demo shop, the full standard policy, at least 300 candidates a request."""

import gc
from collections.abc import Sequence
from datetime import datetime, timedelta
from time import perf_counter_ns
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
from tsuide.offers.policy.policy import Policy
from tsuide.offers.prepare import prepare_customer
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
    long enough that each request has at least 300 candidates. The garbage collector runs as it would.

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
        p50_ms, p99_ms, mean_ms, candidates (the fewest of any request), cleared (the mean), decisions,
        per_second, rules (how many hold).

    Raises:
        TooFewData: no request reaches 300 candidates.
    """
    asked = _requests(state, purchases, policy, now, seed, households, least)
    for request, view in asked:  # warm: compiled kernels loaded, histories translated once
        decide(request, state, view, policy, now=now, seed=seed)
    gc.collect()
    times = np.empty(decisions, dtype=np.int64)
    cleared = 0
    fewest = MOST
    for i in range(decisions):
        request, view = asked[i % len(asked)]
        start = perf_counter_ns()
        decision = decide(request, state, view, policy, now=now, seed=seed + i)
        times[i] = perf_counter_ns() - start
        cleared += decision.cleared
        fewest = min(fewest, decision.considered)
    p50, p90, p99 = np.percentile(times, [50, 90, 99]) / 1e6
    return {
        "p50_ms": round(float(p50), 4),
        "p90_ms": round(float(p90), 4),
        "p99_ms": round(float(p99), 4),
        "mean_ms": round(float(times.mean()) / 1e6, 4),
        "candidates": fewest,
        "cleared": round(cleared / decisions, 1),
        "decisions": decisions,
        "per_second": round(1e9 / float(times.mean())),
        "rules": int(sum(bool(policy.row[name][0]) for name in policy.row.dtype.names or () if name.endswith("_on"))),
        "policy": policy.name,
    }


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
