"""What learning says of an account: summed over its tree, each currency by itself."""

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from tsuide.app.customer_whole import asked_of, customer_whole
from tsuide.app.wiring import Shop
from tsuide.facts.customers import CUSTOMERS
from tsuide.facts.orders import ORDER_LINES, ORDERS
from tsuide.facts.schema import conform
from tsuide.mining.baskets import Baskets
from tsuide.mining.value import LifetimeValue
from tsuide.offers.request import Rep

NOW = datetime(2025, 6, 1, tzinfo=UTC)


@pytest.fixture
def account(empty_shop: Shop) -> Shop:
    people = {"id": ["head", "c0001", "c0002", "c0003"], "parent_id": [None, "head", "head", None]}
    empty_shop.store.facts.write_customers(conform(pl.DataFrame(people), CUSTOMERS))
    return empty_shop


@pytest.fixture(scope="module")
def learned(generated_shop: Callable[..., Baskets]) -> Any:
    value = LifetimeValue().fit(generated_shop(3_000, 20, customers=400))
    return SimpleNamespace(state=SimpleNamespace(parts={"value": value}))


def test_an_accounts_value_is_that_of_its_members(account: Shop, learned: Any) -> None:
    told = {who: customer_whole(account, who, NOW, learned)["value"] for who in ("head", "c0001", "c0002", "c0003")}
    assert told["head"]["customers"] == 2
    assert told["head"]["purchases"] == pytest.approx(told["c0001"]["purchases"] + told["c0002"]["purchases"], abs=0.01)
    assert (told["head"]["alive"], told["c0003"]["customers"]) == (None, 1)
    assert 0 < told["c0001"]["alive"] <= 1


def test_where_the_tree_buys_in_another_currency_amounts_are_left_open(account: Shop, learned: Any) -> None:
    head = {"id": "o1", "customer_id": "c0002", "placed_at": NOW, "currency": "USD", "status": "placed"}
    line = {"order_id": "o1", "line": 1, "product_id": "p", "quantity": 1, "unit_price": 5, "amount": 5}
    line |= {"discount": 0, "role": "main", "gift": False, "returned": 0}
    orders = conform(pl.DataFrame([head | {"origin": "import"}]), ORDERS)
    account.store.facts.write_orders(orders, conform(pl.DataFrame([line]), ORDER_LINES))
    value = customer_whole(account, "head", NOW, learned)["value"]
    assert (value["revenue"], value["margin"]) == (None, None)


def test_needs_that_the_customer_stated_are_known_whoever_looks() -> None:
    told: dict[str, Any] = {
        "customer": {"id": "c", "attributes": {"owner": "sato"}},
        "stated": [{"customer_id": "c", "needs": ["storage"]}, {"customer_id": "other", "needs": ["light"]}],
    }
    assert asked_of(told, "en").rep == Rep("sato", (), ("storage",))
    assert asked_of(told, "en", "ann").rep == Rep("ann", (), ("storage",))
    assert asked_of(told | {"stated": []}, "en").rep is None


def test_without_learning_there_is_no_value(account: Shop) -> None:
    assert customer_whole(account, "head", NOW, None)["value"] is None
