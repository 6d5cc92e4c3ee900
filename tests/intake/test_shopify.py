"""Shopify's webhooks: signatures, orders whose news comes out of order, products, people."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsuide.errors import BadValue
from tsuide.intake.message import LiveSettings, Message, Said
from tsuide.intake.shopify import message, read

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SHOP = LiveSettings(currency="JPY")
ORDER: dict[str, Any] = {
    "id": 820982911,
    "name": "#1001",
    "currency": "JPY",
    "created_at": "2026-11-20T10:00:00+09:00",
    "updated_at": "2026-11-20T10:00:01+09:00",
    "cancelled_at": None,
    "customer": {
        "id": 115310627,
        "email": "taro@example.jp",
        "first_name": "太郎",
        "last_name": "山田",
        "default_address": {"country_code": "JP", "province": "Tokyo", "zip": "100-0001"},
    },
    "line_items": [
        {"id": 1, "sku": "CAM-1", "name": "カメラ", "quantity": 1, "price": "58000", "discount_allocations": []},
        {
            "id": 2,
            "sku": None,
            "name": "緑茶 - 100 g",
            "quantity": 3,
            "price": "1000",
            "discount_allocations": [{"amount": "300"}],
        },
    ],
    "refunds": [],
}


def told(topic: str, body: dict[str, Any], number: int = 1, at: datetime = NOW) -> Message:
    return message(topic, f"w{number}", body, at)


def said(topic: str, body: dict[str, Any], *earlier: Message) -> Said:
    return read(told(topic, body, 99), SHOP, earlier)


def test_an_order_has_the_ids_that_the_exports_have() -> None:
    order = said("orders/create", ORDER).orders[0]
    assert (order.id, order.customer_id, order.placed_at) == (
        "#1001",
        "115310627",
        datetime(2026, 11, 20, 1, tzinfo=UTC),
    )
    assert [(each.product_id, each.quantity, each.amount, each.discount) for each in order.lines] == [
        ("CAM-1", 1, 58000, 0),
        ("緑茶 - 100 g", 3, 2700, 300),
    ]
    person = said("orders/create", ORDER).customers[0]
    assert (person.name, person.attributes["prefecture"]) == ("山田 太郎", "Tokyo")


def test_refunds_count_once_however_and_in_whatever_order_they_come() -> None:
    refund = {
        "id": 7,
        "order_id": 820982911,
        "created_at": "2026-11-21T00:00:00Z",
        "refund_line_items": [{"line_item_id": 2, "quantity": 2}],
    }
    updated = {**ORDER, "updated_at": "2026-11-21T00:00:01Z", "refunds": [refund]}
    first = told("orders/create", ORDER, 1)
    for body, topic, earlier in (
        (refund, "refunds/create", [first]),
        (updated, "orders/updated", [first, told("refunds/create", refund, 2)]),
        (ORDER, "orders/create", [told("refunds/create", refund, 2)]),
        (ORDER, "orders/create", [told("orders/updated", updated, 3), told("refunds/create", refund, 2)]),
    ):
        assert [line.returned for line in said(topic, body, *earlier).orders[0].lines] == [0, 2], topic


@pytest.mark.parametrize(
    ("changed", "owes"),
    [
        ({}, None),  # no payment terms: nothing is said
        ({"due_at": "2026-11-20T00:00:00Z", "completed_at": None}, "yes"),
        ({"due_at": "2026-12-20T00:00:00Z", "completed_at": None}, "no"),
        ({"due_at": "2026-11-20T00:00:00Z", "completed_at": "2026-11-20T00:00:00Z"}, "no"),
    ],
)
def test_a_bill_past_its_day_is_a_payment_default_until_it_is_paid(changed: dict[str, Any], owes: str | None) -> None:
    terms = {"payment_terms": {"payment_schedules": [changed]}} if changed else {}
    late = {**ORDER, **terms, "updated_at": "2026-11-21T00:00:00Z", "financial_status": "pending"}
    assert said("orders/updated", late).customers[0].attributes.get("payment_default") == owes
    paid = said("orders/paid", {**late, "financial_status": "paid"}).customers[0]
    assert paid.attributes.get("payment_default") == (None if owes is None else "no")


def test_a_refund_of_an_order_that_nobody_knows_yet_waits_for_it() -> None:
    with pytest.raises(BadValue, match="not known yet"):
        said("refunds/create", {"id": 7, "order_id": 5, "refund_line_items": []})


def test_news_that_comes_late_does_not_undo_what_is_newer() -> None:
    newer = told(
        "orders/updated", {**ORDER, "updated_at": "2026-11-21T09:00:00Z", "cancelled_at": "2026-11-21T09:00:00Z"}
    )
    found = said("orders/create", ORDER, newer)
    assert (found.orders[0].status, found.cancelled) == ("cancelled", ("#1001",))


def test_products_with_variants_and_what_is_gone() -> None:
    body: dict[str, Any] = {
        "id": 5,
        "title": "T シャツ",
        "handle": "t",
        "vendor": "V",
        "product_type": "服",
        "status": "active",
        "updated_at": "2026-11-01T00:00:00Z",
        "variants": [
            {
                "id": 51,
                "sku": "T-R",
                "title": "赤",
                "price": "1980",
                "inventory_management": "shopify",
                "inventory_quantity": -2,
                "inventory_policy": "deny",
            },
            {"id": 52, "sku": "", "title": "青", "price": "1980.00", "inventory_management": None},
        ],
    }
    found = said("products/create", body).products
    assert [(p.id, p.price, p.stock, p.parent_id, p.variant) for p in found] == [
        ("T-R", 1980, 0, "t", "赤"),
        ("T シャツ - 青", 1980, None, "t", "青"),
    ]
    less = {**body, "variants": body["variants"][:1], "updated_at": "2026-11-02T00:00:00Z"}
    assert said("products/update", less, told("products/create", body)).gone == ("T シャツ - 青",)
    assert said("products/delete", {"id": 5}, told("products/create", body, at=NOW - timedelta(1))).gone == (
        "T シャツ - 青",
        "T-R",
    )


def test_marketing_consent_is_taken_where_somebody_said_something() -> None:
    body = {
        "id": 3,
        "email_marketing_consent": {"state": "subscribed", "consent_updated_at": "2026-01-01T00:00:00Z"},
        "sms_marketing_consent": {"state": "pending"},
    }
    (consent,) = said("customers/update", body).consents
    assert (consent.channel, consent.granted, consent.at) == ("email", True, datetime(2026, 1, 1, tzinfo=UTC))


def test_privacy_topics_say_whom_to_forget_and_whom_to_tell() -> None:
    body = {"shop_id": 1, "customer": {"id": 115310627, "email": "x"}, "orders_to_redact": [299938, 280263]}
    assert said("customers/redact", body).erase == ("115310627",)
    assert said("customers/redact", body).forget == ("shopify:order:299938", "shopify:order:280263")
    assert said("customers/data_request", body).disclose == ("115310627",)
    assert said("shop/redact", {"shop_id": 1}).forget_everyone
    assert said("themes/publish", {"id": 1}) == Said()


def test_a_line_worth_more_than_an_amount_can_be_is_refused() -> None:
    line = {"id": 1, "sku": "a", "quantity": 10**6, "price": 10**12}
    with pytest.raises(BadValue) as caught:
        said("orders/create", {**ORDER, "line_items": [line]})
    assert caught.value.key == "line_items.0.price"


values = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9)
lines = st.lists(
    st.dictionaries(st.sampled_from(["id", "sku", "name", "quantity", "price", "title"]), values), max_size=3
)
bodies = st.dictionaries(
    st.sampled_from(["id", "name", "currency", "created_at", "customer", "line_items", "title", "variants", "refunds"]),
    values | lines | st.dictionaries(st.sampled_from(["id", "email"]), values),
)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["orders/create", "products/update", "customers/update", "carts/update", "customers/redact"]),
    bodies,
)
def test_whatever_comes_is_read_or_refused_and_nothing_else(topic: str, body: dict[str, Any]) -> None:
    try:
        said(topic, body)
    except BadValue as error:
        assert error.key  # noqa: PT017 - whichever it is, it must name the place


@pytest.mark.parametrize("odd", [[1], {"id": 1}])
def test_a_list_or_an_object_in_place_of_a_number_or_a_word_is_none(odd: object) -> None:
    line = {**ORDER["line_items"][0], "id": odd}
    refund = {"id": odd, "refund_line_items": [{"line_item_id": odd, "quantity": 1}]}
    body = {**ORDER, "line_items": [line], "refunds": [refund, refund], "financial_status": odd}
    body["payment_terms"] = {"payment_schedules": [{"due_at": "2026-01-01T00:00:00Z"}]}
    assert told("orders/create", {**ORDER, "id": odd}).thing is None
    (order,) = said("orders/create", body).orders
    assert order.lines[0].returned == 1  # what is told twice in the same words happened once
    person = {**ORDER["customer"], "email_marketing_consent": {"state": odd}}
    assert said("customers/update", person).consents == ()


def test_an_id_that_no_database_holds_names_no_thing() -> None:
    assert told("orders/create", {**ORDER, "id": "8\ud800"}).thing is None
    assert told("orders/create", {**ORDER, "id": "8\x00"}).thing == "shopify:order:8"
