"""The map: what is counted can be checked by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from tsuide.app.journey_map import journey_for, journey_map
from tsuide.app.journeys import journey_of
from tsuide.app.wiring import Shop
from tsuide.errors import TooFewData
from tsuide.facts.behaviour import EVENTS
from tsuide.facts.interactions import INTERACTIONS
from tsuide.facts.orders import ORDER_LINES, ORDERS
from tsuide.facts.schema import conform

NOW = datetime(2029, 6, 1, 3, tzinfo=UTC)  # long after the small shop's own orders
THEN = NOW - timedelta(days=200)


def _order(order_id: str, who: str, at: datetime, product: str) -> tuple[dict[str, Any], dict[str, Any]]:
    head = {"id": order_id, "customer_id": who, "placed_at": at, "currency": "JPY", "status": "placed",
            "origin": "import"}  # fmt: skip
    line = {"order_id": order_id, "line": 1, "product_id": product, "quantity": 1, "unit_price": 3_000, "amount": 3_000,
            "cost": 1_200, "discount": 0, "role": "main", "gift": False, "returned": 0}  # fmt: skip
    return head, line


@pytest.fixture
def moved(small_shop: Shop) -> Shop:
    """Forty people look at a camera, buy it a day later, and half of them a card ten days on; a rep called those."""
    orders, acts, talks = [], [], []
    for n in range(40):
        who, at = f"m{n}", THEN + timedelta(minutes=n)
        acts.append({"id": f"e{n}", "kind": "view", "at": at, "customer_id": who, "product_id": "cam-a"})
        orders.append(_order(f"o{n}", who, at + timedelta(days=1), "cam-a"))
        if n % 2:
            talks.append({"id": f"t{n}", "customer_id": who, "kind": "call", "at": at + timedelta(days=3)})
            orders.append(_order(f"p{n}", who, at + timedelta(days=11), "card"))
    orders.append(_order("late", "late", NOW - timedelta(days=1), "card"))  # until then everybody could be observed
    heads, lines = (pl.DataFrame(list(each)) for each in zip(*orders, strict=True))
    small_shop.store.facts.write_orders(conform(heads, ORDERS), conform(lines, ORDER_LINES))
    small_shop.store.facts.write_events(conform(pl.DataFrame(acts), EVENTS))
    small_shop.store.facts.write_interactions(conform(pl.DataFrame(talks), INTERACTIONS))
    return small_shop


def test_ways_from_touch_to_purchase_to_the_next_are_counted(moved: Shop) -> None:
    found = journey_map(moved, NOW, back=201, window=30)
    camera, card = (path[0] for path in _paths(moved, "cam-a", "card"))
    if camera == card:  # one broad category: its own categories are told apart within it
        found = journey_map(moved, NOW, back=201, window=30, category=camera)
        camera, card = (path[-1] for path in _paths(moved, "cam-a", "card"))
    began = {(row["step"], row["next"]): row for row in found["into"]}
    assert began[f"see:{camera}", f"buy:{camera}"]["count"] == 40
    assert began[f"see:{camera}", f"buy:{camera}"]["median"] == pytest.approx(1.0)
    onward = {(row["step"], row["next"]): row["count"] for row in found["onward"]}
    assert onward[f"buy:{camera}", f"buy:{card}"] == 20
    (follow,) = [row for row in found["follow_ups"] if row["by"] == "talk:call"]
    assert (follow["followed"], follow["share"], follow["others"], follow["share_without"]) == (20, 1.0, 20, 0.0)
    assert follow["apart"] == "more"


def _paths(shop: Shop, *products: str) -> list[list[str]]:
    of = dict(shop.store.facts.products().select("id", "category").iter_rows())
    return [of[each] for each in products]


def test_nobody_is_said_as_such(empty_shop: Shop) -> None:
    with pytest.raises(TooFewData, match="nobody who is known"):
        journey_map(empty_shop, NOW)


def test_a_best_moment_becomes_a_journey_that_can_be_read() -> None:
    text = journey_for({"id": "SKU #1", "title": 'A "wide": lens'}, {"id": "b", "title": "絞り"}, 12)
    made = journey_of(text)
    assert made.id == "after-sku--1"
    assert "12d" in text
