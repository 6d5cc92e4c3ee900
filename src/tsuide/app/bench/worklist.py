"""A rep's worklist over a simulated team of 50 reps, 20,000 accounts and three years of orders."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import numpy as np
import polars as pl

from tsuide.app.contact_habits import Habits
from tsuide.app.deciding import Decider
from tsuide.app.learn import learn
from tsuide.app.models import MODELS
from tsuide.app.wiring import Shop, opened
from tsuide.app.worklist import Wanted, worklist_now
from tsuide.config import Settings
from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.customers import CUSTOMERS
from tsuide.facts.orders import ORDER_LINES, ORDERS
from tsuide.facts.schema import conform
from tsuide.proof.worlds.accounts import AccountWorld, Team, draw_team

BUDGET_MS: Final = 200.0
_NOW: Final = datetime(2026, 6, 1, 3, tzinfo=UTC)
_MONTH: Final = timedelta(days=30)
_PER_LINE: Final = 5  # products of a line
_UNIT: Final = 5_000  # yen of a usual unit
_LEARNED: Final = frozenset({"complements", "alternatives", "value", "lookalikes", "rooms"})


def bench_worklist(
    folder: Path,
    *,
    accounts: int = 20_000,
    reps: int = 50,
    url: str | None = None,
    seed: int = 0,
    tell: Callable[[str], None] = lambda _what: None,
) -> dict[str, Any]:
    """Time the list of every rep, the first time and once more.

    Args:
        folder: for the home and the SQLite file.
        accounts: of the team.
        reps: among whom they are shared out.
        url: an empty PostgreSQL database instead.
        seed: of what is made up.
        tell: hears what is at work.

    Returns:
        Milliseconds by percentile, entries with an offer, and the budget.
    """
    tell("three years of a team")
    team = draw_team(AccountWorld(reps=reps, accounts=accounts), seed=seed)
    with opened(Settings(home=folder, language="ja", database_url=url)) as shop:
        tell("orders into the store")
        _write(shop, team, seed)
        tell("learning")
        start = perf_counter()
        learn(shop, now=_NOW, seed=seed, models=[each for each in MODELS if each.name in _LEARNED])
        learned_s = perf_counter() - start
        return _timed(shop, reps, tell) | {"accounts": accounts, "reps": reps, "learned_s": round(learned_s, 1)}


def _timed(shop: Shop, reps: int, tell: Callable[[str], None]) -> dict[str, Any]:
    journal = shop.store.journal()
    seeds = iter(range(1, 1 << 40))
    decider = Decider(shop, journal, lambda: _NOW, seeds.__next__)
    decider.refresh()
    rounds: list[list[float]] = []
    entries = held = 0
    try:
        worklist_now(shop, decider, Wanted("rep000", "ja", n=1), _NOW, Habits())  # what is compiled is compiled
        for name in ("first", "again"):
            tell(f"lists, {name}")
            taken = []
            for n in range(reps):
                start = perf_counter()
                found = worklist_now(shop, decider, Wanted(f"rep{n:03}", "ja"), _NOW, Habits())
                taken.append((perf_counter() - start) * 1000)
                entries += sum(len(group["entries"]) for group in found["groups"])
                held += sum(len(group["held"]) for group in found["groups"])
            rounds.append(taken)
    finally:
        journal.close_now()
    first, again = (np.array(each) for each in rounds)
    return {
        "entries_of_a_list": round(entries / reps / 2, 1),
        "held_of_a_list": round(held / reps / 2, 1),
        "first_p50_ms": round(float(np.median(first)), 1),
        "first_p95_ms": round(float(np.quantile(first, 0.95)), 1),
        "again_p50_ms": round(float(np.median(again)), 1),
        "again_p95_ms": round(float(np.quantile(again, 0.95)), 1),
        "slowest_ms": round(float(max(first.max(), again.max())), 1),
        "budget_ms": BUDGET_MS,
    }


def _write(shop: Shop, team: Team, seed: int) -> None:
    rng = np.random.default_rng(seed)
    lines, names = team.spent.shape[2], team.names()
    shop.store.facts.write_products(conform(pl.DataFrame([_product(line, n) for line in range(lines)
                                                          for n in range(_PER_LINE)]), PRODUCTS))  # fmt: skip
    shop.store.facts.write_customers(conform(pl.DataFrame([
        {"id": name, "kind": "company", "name": name.title(), "attributes": json.dumps(
            {"owner": f"rep{rep:03}"} | ({"industry": f"i{industry}"} if industry >= 0 else {})
            | ({"size": f"s{band}"} if band >= 0 else {})
        )}
        for name, rep, industry, band in zip(
            names, team.rep.tolist(), team.industry.tolist(), team.band.tolist(), strict=True
        )
    ]), CUSTOMERS))  # fmt: skip
    month, account, line = np.nonzero(team.spent)
    spent = np.rint(team.spent[month, account, line]).astype(np.int64)
    units = np.maximum(spent // _UNIT, 1)
    order = month.astype(np.int64) * len(names) + account
    made = np.unique(order)
    months = team.spent.shape[0]
    heads = pl.DataFrame({
        "id": [f"o{n}" for n in made.tolist()],
        "customer_id": [names[n % len(names)] for n in made.tolist()],
        "placed_at": [_NOW - _MONTH * (months - n // len(names)) for n in made.tolist()],
    }).with_columns(currency=pl.lit("JPY"), status=pl.lit("placed"), origin=pl.lit("import"))  # fmt: skip
    product = line * _PER_LINE + rng.integers(_PER_LINE, size=len(line))
    rows = pl.DataFrame({
        "order_id": order, "line": line, "product_id": product, "quantity": units, "unit_price": spent // units,
        "amount": spent,
    }).with_columns(
        order_id=pl.format("o{}", "order_id"), product_id=pl.format("p{}", "product_id"), discount=pl.lit(0),
        role=pl.lit("main"), gift=pl.lit(value=False), returned=pl.lit(0),
    )  # fmt: skip
    shop.store.facts.write_orders(conform(heads, ORDERS), conform(rows, ORDER_LINES))


def _product(line: int, n: int) -> dict[str, Any]:
    price = _UNIT * (n + 1) // 2
    return {
        "id": f"p{line * _PER_LINE + n}", "title": f"商品{line}-{n}", "category": [f"line{line:02}", f"group{line:02}"],
        "price": price, "cost": price * 6 // 10, "currency": "JPY", "tax_rate": 1000, "tax_included": True,
        "status": "active", "kind": "physical", "durable": False,
    }  # fmt: skip
