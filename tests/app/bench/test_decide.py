"""The bench of decide counts what it says, on a shop small enough for a test."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from tsuide.app.bench.decide import bench_decide
from tsuide.errors import TooFewData
from tsuide.mining.baskets import Baskets
from tsuide.mining.complements import Complements
from tsuide.mining.fitted import Fitted
from tsuide.offers.policy.chain import ORDER
from tsuide.offers.policy.load import ready_policy
from tsuide.offers.state import State, build_state

NOW = datetime(2026, 1, 31, 3, tzinfo=UTC)


def shop() -> tuple[State, pl.DataFrame]:
    ids = [f"p{n:02}" for n in range(40)]
    products = [{"id": each, "title": each, "category": [each], "price": 1_000, "currency": "JPY"} for each in ids]
    purchases = pl.DataFrame(
        [
            {"order_id": f"o{n}-{k}", "customer_id": f"c{n % 7}", "product_id": ids[(n + step) % 40]}
            | {"placed_at": NOW - timedelta(days=40 - n), "quantity": 1, "unit_price": 1_000}
            for n in range(40)
            for k in range(6)
            for step in range(20)
        ]
    )
    baskets = Baskets.from_frame(purchases, basket="order_id", item="product_id")
    parts: dict[str, Fitted] = {"complements": Complements(rate=0.99).fit(baskets, tune=False)}
    return build_state(parts, pl.DataFrame(products), snapshot_id="s"), purchases


def test_figures_are_of_as_many_decisions_and_candidates_as_it_says() -> None:
    state, purchases = shop()
    policy = ready_policy("standard")
    found = bench_decide(state, purchases, policy, now=NOW, seed=0, decisions=120, households=3, least=5)
    assert found["decisions"] == 120
    assert found["candidates"] >= 5
    assert 0 < found["p50_ms"] <= found["p90_ms"] <= found["p99_ms"]
    assert found["rules"] == len([code for code in ORDER if policy.value(code, "on")]) > 40


def test_too_small_a_shop_is_refused_by_name() -> None:
    state, purchases = shop()
    with pytest.raises(TooFewData, match="300 candidates"):
        bench_decide(state, purchases, ready_policy("standard"), now=NOW, seed=0, decisions=10)
