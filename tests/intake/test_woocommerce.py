"""WooCommerce's webhooks."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tsuide.errors import BadValue
from tsuide.intake.message import LiveSettings, Message, Said
from tsuide.intake.woocommerce import message, read

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SHOP = LiveSettings(currency="JPY")
ORDER: dict[str, Any] = {
    "id": 727,
    "number": "727",
    "status": "processing",
    "currency": "JPY",
    "prices_include_tax": True,
    "date_created_gmt": "2026-11-20T01:00:00",
    "date_modified_gmt": "2026-11-20T01:00:05",
    "customer_id": 26,
    "line_items": [
        {
            "id": 1,
            "product_id": 93,
            "variation_id": 0,
            "sku": "",
            "quantity": 2,
            "subtotal": "1818",
            "subtotal_tax": "182",
            "total": "1636",
            "total_tax": "164",
        },
        {
            "id": 2,
            "product_id": 22,
            "variation_id": 23,
            "sku": "CUP",
            "quantity": 1,
            "subtotal": "909",
            "subtotal_tax": "91",
            "total": "909",
            "total_tax": "91",
        },
    ],
}


def told(topic: str, body: dict[str, Any], at: datetime = NOW) -> Message:
    return message(topic, f"d{topic}{body.get('date_modified_gmt')}", body, at)


def said(topic: str, body: dict[str, Any], *earlier: Message) -> Said:
    return read(told(topic, body), SHOP, earlier)


def test_amounts_stand_as_the_shop_shows_its_prices() -> None:
    order = said("order.created", ORDER).orders[0]
    assert [(each.product_id, each.unit_price, each.amount, each.discount) for each in order.lines] == [
        ("93", 1000, 1800, 200),
        ("CUP", 1000, 1000, 0),
    ]
    assert (order.customer_id, order.placed_at) == ("26", datetime(2026, 11, 20, 1, tzinfo=UTC))
    plain = said("order.created", {**ORDER, "prices_include_tax": False}).orders[0]
    assert [each.amount for each in plain.lines] == [1636, 909]


@pytest.mark.parametrize("status", ["cancelled", "failed", "trash"])
def test_an_order_that_came_to_nothing_is_cancelled_and_one_that_never_was_is_not(status: str) -> None:
    later = {**ORDER, "status": status, "date_modified_gmt": "2026-11-21T01:00:00"}
    assert said("order.updated", later, told("order.created", ORDER)).cancelled == ("727",)
    assert said("order.updated", later) == Said()
    assert said("order.updated", later, told("order.created", {**ORDER, "status": "pending"})) == Said()


def test_a_pending_order_is_none_yet_and_a_refunded_one_came_back_whole() -> None:
    assert said("order.created", {**ORDER, "status": "pending"}) == Said()
    assert [each.returned for each in said("order.updated", {**ORDER, "status": "refunded"}).orders[0].lines] == [2, 1]


def test_a_guest_is_nobody_and_late_news_does_not_undo_newer() -> None:
    assert said("order.created", {**ORDER, "customer_id": 0}).orders[0].customer_id is None
    newer = told("order.updated", {**ORDER, "status": "cancelled", "date_modified_gmt": "2026-11-21T01:00:00"})
    assert said("order.created", ORDER, newer).cancelled == ("727",)


def test_a_product_and_its_end() -> None:
    body = {
        "id": 93,
        "sku": "",
        "name": "抹茶",
        "status": "publish",
        "price": "1980",
        "manage_stock": True,
        "stock_quantity": 4,
        "categories": [{"name": "茶"}],
        "images": [{"src": "https://x/y.png"}],
        "attributes": [{"name": "産地", "options": ["宇治", "静岡"]}],
        "date_modified_gmt": "2026-11-01T00:00:00",
    }
    (product,) = said("product.updated", body).products
    assert (product.id, product.price, product.stock, product.category) == ("93", 1980, 4, ("茶",))
    assert product.attributes == {"産地": "宇治, 静岡"}
    assert said("product.deleted", {"id": 93}, told("product.created", body, NOW - timedelta(1))).gone == ("93",)


def test_an_order_without_lines_or_with_a_wrong_amount_names_its_key() -> None:
    with pytest.raises(BadValue, match="without lines"):
        said("order.created", {**ORDER, "line_items": []})
    bad = {**ORDER["line_items"][0], "total": "x"}
    with pytest.raises(BadValue, match=r"line_items\.0\.total"):
        said("order.created", {**ORDER, "line_items": [bad]})


@pytest.mark.parametrize("odd", [[1], {"id": 1}])
def test_a_list_or_an_object_in_place_of_a_number_is_refused_by_name(odd: object) -> None:
    assert told("order.created", {**ORDER, "id": odd, "customer_id": odd}).thing is None
    line = {**ORDER["line_items"][0], "variation_id": odd}
    with pytest.raises(BadValue, match=r"line_items\.0\.product_id"):
        said("order.created", {**ORDER, "line_items": [line]})
    with pytest.raises(BadValue, match="parent_id"):
        said("product.updated", {"id": 93, "name": "緑茶", "price": "1", "parent_id": odd})
