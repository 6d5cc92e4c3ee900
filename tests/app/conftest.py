"""Decisions and purchases of made-up customers, for tests that read what came of them."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import polars as pl
import pytest

from tsuide.app.deciding import Decider
from tsuide.app.wiring import Shop
from tsuide.facts.orders import ORDER_LINES, ORDERS
from tsuide.facts.schema import conform
from tsuide.kit.clock import to_micros
from tsuide.offers.decision import Decision
from tsuide.offers.request import OfferRequest


@pytest.fixture(scope="session")
def decided() -> Callable[..., list[Decision]]:
    """Decides beside a camera for customers new0 …: (shop, moment, customers, place="product")."""
    return _decided


@pytest.fixture(scope="session")
def buy() -> Callable[..., None]:
    """Writes an order of one product each: (shop, customers, at, product="card")."""
    return _buy


def _decided(shop: Shop, moment: datetime, customers: range, place: str = "product") -> list[Decision]:
    async def ask() -> list[Decision]:
        journal = shop.store.journal()
        seeds = iter(range(1 + to_micros(moment) % 10_000_000_007, 1 << 40))
        decider = Decider(shop, journal, lambda: moment, seeds.__next__)
        decider.refresh()
        found = []
        for n in customers:
            request = OfferRequest(place, product_id="cam-a", customer_id=f"new{n}")  # type: ignore[arg-type]  # a placement
            found.append((await decider.decide(request)).decision)
        await journal.close()
        return found

    return asyncio.run(ask())


def _buy(shop: Shop, customers: list[str], at: datetime, product: str = "card") -> None:
    head = {"placed_at": at, "currency": "JPY", "status": "placed", "origin": "import"}
    orders = [{"id": f"{who}{at:%d%H}", "customer_id": who, **head} for who in customers]
    line = {"line": 1, "product_id": product, "quantity": 1, "unit_price": 3_000, "amount": 3_000, "cost": 1_200}
    more = {"discount": 0, "role": "main", "gift": False, "returned": 0}
    lines = [{"order_id": each["id"], **line, **more} for each in orders]
    shop.store.facts.write_orders(conform(pl.DataFrame(orders), ORDERS), conform(pl.DataFrame(lines), ORDER_LINES))
