"""Compile every kernel once, at installation, so that no customer and no first run waits for it.

Numba compiles a function when it is first called and keeps the machine code on disk. So the whole line of work is
walked through once, on a shop small enough to take no time itself.
"""

import asyncio
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import polars as pl

from tsuide.app.deciding import Decider
from tsuide.app.learn import learn
from tsuide.app.promotions import put_promotion
from tsuide.app.wiring import Shop, opened
from tsuide.config import Settings
from tsuide.facts.behaviour import EVENTS
from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.orders import ORDER_LINES, ORDERS
from tsuide.facts.promotions import Benefit, Promotion
from tsuide.facts.schema import conform

_ORDERS: Final = 320
_CUSTOMERS: Final = 40
_GOODS: Final = (("cam", 58_000), ("cam-pro", 79_800), ("card", 1_980), ("bag", 4_980), ("tea", 860), ("cup", 1_200))
_BASKETS: Final = (("cam", "card", "bag"), ("cam-pro", "card"), ("tea", "cup"), ("tea",))
_NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
_PROMOTION: Final = Promotion("warm", {"ja": "割引", "en": "Offer"}, Benefit("percent", 1_000), "JPY")


def warm_up() -> None:
    """Import, learn and decide in a shop of its own, which is thrown away."""
    with tempfile.TemporaryDirectory(prefix="tsuide-warm-") as folder:
        settings = Settings(home=Path(folder), database_url=f"sqlite:///{folder}/store.sqlite", currency="JPY")
        with opened(settings) as shop:
            _fill(shop)
            put_promotion(shop, _PROMOTION, _NOW)
            learn(shop, now=_NOW, seed=0)
            asyncio.run(_decide(shop))


async def _decide(shop: Shop) -> None:
    journal = shop.store.journal(trace_durability=shop.settings.trace_durability)
    try:
        decider = Decider(shop, journal, lambda: _NOW, lambda: 0)
        await asyncio.to_thread(decider.refresh)  # decides once by itself
    finally:
        await journal.close()


def _fill(shop: Shop) -> None:
    """Three hundred orders of forty customers, and what they looked at: cameras with cards, tea with cups."""
    products = [
        {"id": item, "title": item, "category": ["shop", item[:3]], "price": price, "cost": price // 2}
        | {"currency": "JPY", "tax_rate": 1_000, "tax_included": True, "status": "active", "kind": "physical"}
        for item, price in _GOODS
    ]
    prices = dict(_GOODS)
    orders = [
        {"id": f"o{n}", "customer_id": f"c{n % _CUSTOMERS}", "placed_at": _NOW - timedelta(days=_ORDERS - n)}
        | {"currency": "JPY", "status": "placed", "origin": "import"}
        for n in range(_ORDERS)
    ]
    lines = [
        {"order_id": f"o{n}", "line": place, "product_id": item, "quantity": 1, "unit_price": prices[item]}
        | {"discount": 0, "amount": prices[item], "role": "main", "gift": False, "returned": 0}
        for n in range(_ORDERS)
        for place, item in enumerate(_BASKETS[n % len(_BASKETS)], 1)
    ]
    facts = shop.store.facts
    facts.write_products(conform(pl.DataFrame(products), PRODUCTS))
    facts.write_orders(conform(pl.DataFrame(orders), ORDERS), conform(pl.DataFrame(lines), ORDER_LINES))
    views = [
        {"id": f"{n}-{item}", "kind": "view", "at": _NOW - timedelta(days=1), "session_id": f"s{n}", "product_id": item}
        for n in range(_ORDERS)
        for item in _BASKETS[n % len(_BASKETS)]
    ]
    facts.write_events(conform(pl.DataFrame(views), EVENTS))
