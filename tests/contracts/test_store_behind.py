"""Orders behind a pair or a set, on both engines."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from tsuide.facts.orders import ORDER_LINES, ORDERS
from tsuide.facts.schema import conform
from tsuide.store.database import Store, open_store

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    yield opened
    opened.close()


def _write(store: Any, orders: dict[str, str], cancelled: str = "") -> None:
    heads = [{"id": name, "customer_id": f"c-{name}", "placed_at": NOON + timedelta(days=day), "currency": "JPY",
              "status": "cancelled" if name == cancelled else "placed", "origin": "import"}
             for day, name in enumerate(orders)]  # fmt: skip
    lines = [{"order_id": name, "line": line, "product_id": product, "quantity": 1, "unit_price": 100, "discount": 0,
              "amount": 100, "role": "main", "gift": False, "returned": 0}
             for name, products in orders.items() for line, product in enumerate(products.split(), 1)]  # fmt: skip
    store.facts.write_orders(conform(pl.DataFrame(heads), ORDERS), conform(pl.DataFrame(lines), ORDER_LINES))


def test_only_orders_with_all_of_it_stand_behind_it_the_newest_first(store: Any) -> None:
    _write(store, {"a": "cam card", "b": "cam", "c": "card bag cam", "d": "cam card card", "e": "card cam"}, "e")
    rows, older = store.facts.orders_holding(["cam", "card"], 0, 10)
    assert [(row["id"], row["amount"], row["beside"]) for row in rows] == [("d", 300, 0), ("c", 300, 1), ("a", 200, 0)]
    assert rows[0]["customer_id"] == "c-d"
    assert not older
    assert store.facts.orders_holding(["cam", "card"], 0, 1)[0][0]["id"] == "d"
    assert store.facts.orders_holding(["cam", "nothing"], 0, 10) == ([], False)


def test_a_look_goes_through_so_many_orders_and_the_next_one_further_back(store: Any) -> None:
    _write(store, dict.fromkeys("abcde", "cam card"))
    looks = [store.facts.orders_holding(["cam", "card"], deep, 10, 2) for deep in range(3)]
    assert sorted(row["id"] for rows, _ in looks for row in rows) == list("abcde")
    assert [len(rows) for rows, _ in looks] == [2, 2, 1]
    assert [older for _, older in looks] == [True, True, False]
