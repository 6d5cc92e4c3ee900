"""The report of results where an account pays in another currency: each currency by itself, none added, none hidden."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from tsuide.app.effect import gather_facts
from tsuide.app.results import results
from tsuide.app.wiring import Shop, open_shop, opened
from tsuide.config import Settings
from tsuide.facts.orders import ORDER_LINES, ORDERS
from tsuide.facts.schema import conform
from tsuide.proof.reports.results import results_from
from tsuide.proof.reports.results_page import results_page

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def shop(tmp_path: Path, fill_shop: Callable[[Shop], None]) -> Iterator[Shop]:
    opened = open_shop(Settings(home=tmp_path / "home", language="en"))
    fill_shop(opened)
    yield opened
    opened.close()


def abroad(shop: Shop, order: str, at: datetime, amount: int) -> None:
    head = {"id": order, "customer_id": "c01", "placed_at": at, "currency": "USD", "status": "placed", "origin": "api"}
    line = {
        "order_id": order, "line": 1, "product_id": "card", "quantity": 2, "unit_price": amount // 2, "amount": amount,
        "discount": 0, "role": "main", "gift": False, "returned": 0,
    }  # fmt: skip
    shop.store.facts.write_orders(conform(pl.DataFrame([head]), ORDERS), conform(pl.DataFrame([line]), ORDER_LINES))


def revenue(shop: Shop, currency: str | None = None) -> int:
    found = results(shop, NOW - timedelta(days=400), NOW, currency=currency)
    return int(found.customers["revenue"].sum())


def test_orders_in_another_currency_stand_beside_the_report_and_are_added_to_nothing(shop: Shop) -> None:
    before = revenue(shop)
    abroad(shop, "u1", NOW - timedelta(days=3), 19_900)
    abroad(shop, "u0", NOW - timedelta(days=500), 5_000)  # before the range
    assert revenue(shop) == before > 0
    found = results(shop, NOW - timedelta(days=400), NOW)
    assert (found.currency, found.other_currencies) == ("JPY", [{"currency": "USD", "orders": 1, "amount": 19_900}])
    told = results_page(results_from(found.plain()), "en", rows_at="rows.csv")
    assert "Orders in other currencies are in none of these amounts: $199.00 (1)" in told
    assert revenue(shop, "USD") == 19_900


def test_a_shop_that_never_sold_in_its_own_currency_is_told_in_the_one_it_sells_in(tmp_path: Path) -> None:
    with opened(Settings(home=tmp_path / "other", language="en")) as shop:
        assert gather_facts(shop, NOW).currency is None
        abroad(shop, "u1", NOW, 100)
        assert gather_facts(shop, NOW).currency == "USD"
