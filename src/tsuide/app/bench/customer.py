"""How long one account takes to be told whole: a made-up B2B shop with trees of sites and contacts, learned."""

import gc
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter, thread_time
from typing import Any, Final

import numpy as np
import polars as pl

from tsuide.app.customer_whole import whole_now
from tsuide.app.deciding import Decider
from tsuide.app.learn import learn
from tsuide.app.wiring import Shop, opened
from tsuide.config import Settings
from tsuide.facts.behaviour import EVENTS
from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.customers import CUSTOMERS
from tsuide.facts.orders import ORDER_LINES, ORDERS
from tsuide.facts.schema import conform
from tsuide.kit.clock import to_micros

BUDGET_MS: Final = 100.0
SITES: Final = 4
CONTACTS: Final = 5
_DAYS: Final = 3 * 365
_PRODUCTS: Final = 600
_GROUPS: Final = 20
_LINES: Final = 3

Tell = Callable[[str], object]


def bench_customer(
    folder: Path,
    *,
    now: datetime,
    customers: int = 20_000,
    orders: int = 200_000,
    events: int = 200_000,
    reads: int = 400,
    seed: int = 0,
    tell: Tell,
) -> dict[str, Any]:
    """Time `whole_now` over accounts (each with 4 sites and 5 contacts) and over their contacts, one after the other.

    Each time somebody else, so that nothing is remembered of them; the decision is in the journal when it ends.

    Args:
        folder: for the shop.
        now: UTC.
        customers: heads, sites and contacts in all.
        orders: of three years, by sites and contacts, three lines each.
        events: of the last half year.
        reads: how many of each are timed.
        seed: of what is made up.
        tell: hears what is at work.

    Returns:
        p50_ms, p95_ms and p99_ms of accounts and of contacts, the same on the processor alone, and the budget.
    """
    with opened(Settings(home=folder, language="en")) as shop:
        rng = np.random.default_rng(seed)
        tell("making up a shop")
        heads = customers // (1 + SITES + CONTACTS)
        _fill(shop, heads, orders, events, now, rng)
        tell("learning")
        learn(shop, now=now, seed=seed)
        journal = shop.store.journal()
        seeds = iter(range(1, 1 << 40))
        decider = Decider(shop, journal, lambda: now, seeds.__next__)
        try:
            decider.refresh()
            gc.collect()
            gc.freeze()
            told: dict[str, Any] = {"customers": heads * (1 + SITES + CONTACTS), "orders": orders, "events": events}
            for what, ids in (
                ("account", [f"h{n:05}" for n in rng.permutation(heads)[: reads + 5]]),
                ("contact", [f"h{n:05}-c{n % CONTACTS}" for n in rng.permutation(heads)[: reads + 5]]),
            ):
                tell(f"reading {what}s")
                told |= _timed(shop, decider, ids, now, what)
        finally:
            journal.close_now()
            gc.unfreeze()
        return told | {"budget_ms": BUDGET_MS}


def _timed(shop: Shop, decider: Decider, ids: list[str], now: datetime, what: str) -> dict[str, Any]:
    wall, cpu, members = [], [], 0
    for each in ids:
        start, ran = perf_counter(), thread_time()
        told = whole_now(shop, decider, each, now, "en")
        wall.append((perf_counter() - start) * 1e3)
        cpu.append((thread_time() - ran) * 1e3)
        members = told["tree"]["size"]
    timed, on_processor = np.array(wall[5:]), np.array(cpu[5:])  # the first ones warm up
    at = {
        f"{what}_p{percent}_ms": round(float(np.percentile(timed, percent)), 2) for percent in (50, 95, 99)
    }  # fmt: skip
    return at | {f"{what}_cpu_p50_ms": round(float(np.percentile(on_processor, 50)), 2), f"{what}_members": members}


def _fill(shop: Shop, heads: int, orders: int, events: int, now: datetime, rng: np.random.Generator) -> None:
    people, buyers = _people(heads)
    facts = shop.store.facts
    facts.write_customers(conform(pl.DataFrame(people), CUSTOMERS))
    prices = rng.integers(500, 50_000, _PRODUCTS)
    facts.write_products(
        conform(
            pl.DataFrame(
                {
                    "id": [f"p{n:03}" for n in range(_PRODUCTS)],
                    "title": [f"Product {n}" for n in range(_PRODUCTS)],
                    "category": [["all", f"group {n % _GROUPS}"] for n in range(_PRODUCTS)],
                    "price": prices,
                    "cost": prices * 6 // 10,
                    "currency": "JPY",
                    "status": "active",
                    "kind": "physical",
                },
                schema_overrides={"category": pl.List(pl.String)},
            ),
            PRODUCTS,
        )
    )
    _orders(shop, buyers, orders, prices, now, rng)
    whose = np.array(buyers)[rng.integers(0, len(buyers), events)]
    at = to_micros(now) - rng.integers(0, int(timedelta(days=180).total_seconds()), events) * 1_000_000
    seen = pl.DataFrame(
        {
            "id": [f"e{n}" for n in range(events)],
            "kind": "view",
            "at": pl.Series(at).cast(pl.Datetime("us", "UTC")),
            "customer_id": whose.tolist(),
            "product_id": [f"p{n:03}" for n in rng.integers(0, _PRODUCTS, events)],
        }
    )
    facts.write_events(conform(seen, EVENTS))


def _people(heads: int) -> tuple[list[dict[str, Any]], list[str]]:
    """Everybody, and those who buy: sites and contacts."""
    people: list[dict[str, Any]] = []
    buyers = []
    for n in range(heads):
        head = f"h{n:05}"
        people.append({"id": head, "kind": "company", "parent_id": None, "name": f"Company {n}", "email": None})
        for site in range(SITES):
            name = f"{head}-s{site}"
            people.append({"id": name, "kind": "company", "parent_id": head, "name": f"Site {site}", "email": None})
            buyers.append(name)
        for contact in range(CONTACTS):
            name = f"{head}-c{contact}"
            above = f"{head}-s{contact % SITES}"
            mail = f"c{contact}@{head}.example"
            people.append(
                {"id": name, "kind": "person", "parent_id": above, "name": f"Contact {contact}", "email": mail}
            )
            buyers.append(name)
    return people, buyers


def _orders(
    shop: Shop, buyers: list[str], orders: int, prices: np.ndarray, now: datetime, rng: np.random.Generator
) -> None:
    placed = np.sort(to_micros(now) - rng.integers(0, _DAYS * 86_400, orders) * 1_000_000)
    ids = [f"o{n}" for n in range(orders)]
    head = pl.DataFrame(
        {
            "id": ids,
            "customer_id": np.array(buyers)[rng.integers(0, len(buyers), orders)].tolist(),
            "placed_at": pl.Series(placed).cast(pl.Datetime("us", "UTC")),
            "currency": "JPY",
            "status": "placed",
            "origin": "import",
        }
    )
    first = rng.integers(0, _PRODUCTS, orders)
    chosen = np.column_stack([first, (first + _GROUPS) % _PRODUCTS, rng.integers(0, _PRODUCTS, orders)])  # (orders, 3)
    chosen[:, 2] = np.where(chosen[:, 2] == first, (first + 1) % _PRODUCTS, chosen[:, 2])
    price = prices[chosen].ravel()
    lines = pl.DataFrame(
        {
            "order_id": np.repeat(np.array(ids), _LINES).tolist(),
            "line": np.tile(np.arange(1, _LINES + 1), orders),
            "product_id": [f"p{n:03}" for n in chosen.ravel()],
            "quantity": 1,
            "unit_price": price,
            "amount": price,
            "cost": price * 6 // 10,
            "discount": 0,
            "role": "main",
            "gift": False,
            "returned": (rng.random(orders * _LINES) < 0.03).astype(np.int64),  # noqa: PLR2004 - a share
        }
    )
    shop.store.facts.write_orders(conform(head, ORDERS), conform(lines, ORDER_LINES))
