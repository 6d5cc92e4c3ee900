"""Segment's calls as real clients send them, and as broken ones do."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsuide.errors import BadValue
from tsuide.intake.message import LiveSettings, Message, Reported, Returned, Said, Same
from tsuide.intake.segment import messages, read

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SHOP = LiveSettings(currency="JPY")


def one(**item: Any) -> Message:
    found, refused = messages({"messageId": "m1", "anonymousId": "v1", **item}, item.pop("call", "track"), NOW)
    assert not refused
    return found[0]


def said(event: str, properties: dict[str, Any], **item: Any) -> Said:
    return read(one(event=event, properties=properties, **item), SHOP)


def test_a_viewed_product_is_a_view_of_the_visitor() -> None:
    told = said("Product Viewed", {"product_id": "p1", "price": 1980, "category": "茶"}, userId="c1")
    event = told.events[0]
    assert (event.id, event.kind, event.product_id, event.customer_id, event.anonymous_id) == (
        "segment:m1",
        "view",
        "p1",
        "c1",
        "v1",
    )
    assert event.properties == {"price": "1980", "category": "茶"}
    assert told.same == (Same("v1", "c1"),)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Viewed Product", "view"),
        ("Added Product", "add"),
        ("Removed Product", "remove"),
        ("Cart Viewed", "cart"),
        ("Started Order", "checkout"),
        ("Products Searched", "search"),
        ("Product List Filtered", "list_view"),
        ("Product Added to Wishlist", "wishlist"),
        ("Cart Shared", "share"),
        ("Payment Info Entered", "checkout"),
        ("Webinar Registered", "registered"),
        ("Course Enrolled", "registered"),
        ("Webinar Attended", "attended"),
        ("Course Completed", "attended"),
    ],
)
def test_names_old_and_new_are_understood(name: str, kind: str) -> None:
    assert said(name, {"product_id": "p1"}).events[0].kind == kind


@pytest.mark.parametrize("key", ["product_id", "sku", "webinar_id", "course_id", "content_id", "event_id"])
def test_a_webinar_is_found_under_whatever_name_its_tool_gives_it(key: str) -> None:
    assert said("Webinar Registered", {key: "w1", "host": "Mori"}).events[0].product_id == "w1"
    viewed = said("Product Viewed", {"event_id": "e9"}).events[0]
    assert (viewed.product_id, viewed.properties) == (None, {"event_id": "e9"})


def test_a_cart_keeps_its_products_and_a_search_its_words() -> None:
    cart = said("Cart Viewed", {"cart_id": "k1", "products": [{"product_id": "a", "quantity": 2}, {"sku": "b"}]})
    assert json.loads(cart.events[0].properties["products"]) == [["a", 2], ["b", 1]]
    assert said("Products Searched", {"query": "抹茶 🍵"}).events[0].query == "抹茶 🍵"


def test_a_completed_order_has_lines_and_shares_its_discount_out() -> None:
    products = [{"product_id": "a", "price": 300, "quantity": 1}, {"product_id": "b", "price": "100", "quantity": "2"}]
    properties = {"order_id": "o1", "currency": "JPY", "discount": 50, "products": products}
    order = said("Order Completed", properties, userId="c1").orders[0]
    assert (order.id, order.customer_id, order.origin) == ("o1", "c1", "segment")
    assert [(each.product_id, each.quantity, each.amount, each.discount) for each in order.lines] == [
        ("a", 1, 270, 30),
        ("b", 2, 180, 20),
    ]


def test_dollars_become_cents_exactly() -> None:
    products = [{"product_id": "a", "price": 19.99, "quantity": 3}]
    order = said("Order Completed", {"order_id": "o1", "currency": "usd", "products": products}).orders[0]
    assert (order.currency, order.lines[0].unit_price, order.lines[0].amount) == ("USD", 1999, 5997)


def test_refunds_cancellations_reviews_and_our_own_offers() -> None:
    part = {"order_id": "o1", "products": [{"product_id": "a", "quantity": 1}, {"product_id": "a", "quantity": 1}]}
    assert said("Order Refunded", part).returned == (Returned("o1", {"a": 2}),)
    assert said("Order Refunded", {"order_id": "o1"}).returned == (Returned("o1", {}),)
    assert said("Order Cancelled", {"order_id": "o1"}).cancelled == ("o1",)
    review = said("Product Reviewed", {"product_id": "a", "review_id": "r", "rating": "5", "review_body": "良い"})
    assert (review.reviews[0].rating, review.reviews[0].text) == (5, "良い")
    assert said("Promotion Clicked", {"promotion_id": "dec_1.0"}).reported == (Reported("dec_1.0", "clicked"),)
    assert said("Promotion Viewed", {"promotion_id": "summer"}) == Said()


def test_traits_are_read_from_both_places_and_a_japanese_name_begins_with_the_family() -> None:
    context = {"traits": {"email": "a@example.jp", "lastName": "山田"}, "locale": "ja-JP"}
    traits = {"firstName": "花子", "plan": "pro", "address": {"state": "東京都", "city": "港区"}}
    message = one(call="identify", type="identify", userId="c1", context=context, traits=traits)
    person = read(message, SHOP).customers[0]
    assert (person.name, person.email, person.language) == ("山田 花子", "a@example.jp", "ja")
    assert person.attributes == {"plan": "pro", "prefecture": "東京都", "city": "港区"}


def test_group_makes_an_account_and_alias_joins_two_ids() -> None:
    group = read(one(call="group", userId="c1", groupId="g1", traits={"name": "株式会社"}), SHOP)
    assert [(each.id, each.kind, each.parent_id) for each in group.customers] == [
        ("g1", "company", None),
        ("c1", "person", "g1"),
    ]
    alias = messages({"previousId": "v9", "userId": "c1", "messageId": "m"}, "alias", NOW)[0][0]
    assert read(alias, SHOP).same == (Same("v9", "c1"),)


def test_a_browser_may_withdraw_marketing_consent_but_not_give_it() -> None:
    def consents(allowed: object, *, trusted: bool) -> list[tuple[str, bool]]:
        context = {"consent": {"categoryPreferences": {"Marketing": allowed, "Targeting": allowed}}}
        body = {"messageId": "m", "userId": "c1", "event": "x", "context": context}
        found = read(messages(body, "track", NOW, trusted=trusted)[0][0], SHOP).consents
        return [(each.purpose, each.granted) for each in found]

    assert consents(True, trusted=False) == [("personalisation", True)]
    assert consents(False, trusted=False) == [("marketing", False), ("personalisation", False)]
    assert consents(True, trusted=True) == [("marketing", True), ("personalisation", True)]
    assert consents("yes", trusted=True) == []


@pytest.mark.parametrize("off", [timedelta(days=365), timedelta(days=-365), timedelta(0)])
def test_a_clock_that_is_a_year_off_is_corrected(off: timedelta) -> None:
    happened, sent = NOW + off - timedelta(minutes=3), NOW + off
    message = one(event="x", originalTimestamp=happened.isoformat(), sentAt=sent.isoformat())
    assert message.at == NOW - timedelta(minutes=3)


def test_without_sent_at_a_time_from_the_future_is_now_and_one_from_the_past_stays() -> None:
    assert one(event="x", timestamp="2030-01-01T00:00:00Z").at == NOW
    assert one(event="x", timestamp="2026-11-01T00:00:00Z").at == datetime(2026, 11, 1, tzinfo=UTC)


def test_one_bad_item_of_a_batch_costs_only_itself() -> None:
    batch = [
        {"type": "track", "event": "x", "userId": "c1", "messageId": "a"},
        {"type": "track", "event": "x", "messageId": "b"},
        {"type": "dance", "userId": "c1"},
        "nothing",
        {"type": "track", "event": "x" * 40_000, "userId": "c1", "messageId": "c"},
        {"type": "track", "event": "x", "userId": "i" * 10_240, "messageId": "d"},
        {"type": "page", "userId": None, "anonymousId": "v", "messageId": "e"},
    ]
    found, refused = messages({"batch": batch, "context": {"library": {"name": "x"}}}, "batch", NOW)
    assert [each.id for each in found] == ["segment:a", "segment:e"]
    assert [each.place for each in refused] == [1, 2, 3, 4, 5]
    assert found[0].content["context"] == {"library": {"name": "x"}}


def test_without_a_message_id_only_the_very_same_bytes_are_the_same() -> None:
    body = {"userId": "c1", "event": "x", "timestamp": "2026-11-01T00:00:00Z"}
    ids = [messages(each, "track", NOW)[0][0].id for each in (body, body, {**body, "event": "y"})]
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize(
    ("properties", "key"),
    [
        ({"order_id": "o"}, "products"),
        ({"order_id": "o", "products": [{"product_id": "a"}]}, "price"),
        ({"order_id": "o", "products": [{"product_id": "a", "price": -1}]}, "price"),
        ({"order_id": "o", "products": [{"price": 1}]}, "product_id"),
        ({"order_id": "o", "products": [{"product_id": "a", "price": "12,3x"}]}, "price"),
        ({"order_id": "o", "products": [{"product_id": "a", "price": 10**14, "quantity": 10**6}]}, "price"),
        ({"products": [{"product_id": "a", "price": 1}]}, "order_id"),
        ({"order_id": "o", "currency": "MOON", "products": [{"product_id": "a", "price": 1}]}, "currency"),
        ({"order_id": "o", "products": {"product_id": "a"}}, "products"),
    ],
)
def test_an_order_that_makes_no_sense_names_its_key(properties: dict[str, Any], key: str) -> None:
    with pytest.raises(BadValue) as caught:
        said("Order Completed", properties)
    assert key in str(caught.value.key)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
keys = st.sampled_from(
    [
        "event",
        "userId",
        "anonymousId",
        "properties",
        "traits",
        "context",
        "timestamp",
        "sentAt",
        "groupId",
        "previousId",
        "messageId",
        "products",
        "order_id",
        "price",
        "quantity",
        "product_id",
        "consent",
        "categoryPreferences",
        "rating",
    ]
)
names = st.sampled_from(["Order Completed", "Product Viewed", "Order Refunded", "Product Reviewed", "Promotion Viewed"])
values = json_values | names | st.dictionaries(keys, json_values | st.lists(st.dictionaries(keys, json_values)))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["track", "identify", "page", "group", "alias", "screen"]), st.dictionaries(keys, values))
def test_whatever_comes_is_read_or_refused_and_nothing_else(call: str, body: dict[str, Any]) -> None:
    found, refused = messages(body, call, NOW)
    assert len(found) + len(refused) == 1
    for message in found:
        try:
            read(message, SHOP)
        except BadValue as error:
            assert error.key  # noqa: PT017 - whichever it is, it must name the place


def test_clocks_thousands_of_years_apart_count_as_now() -> None:
    assert one(sentAt="9999-12-30T00:00:00Z", timestamp="2026-01-01T00:00:00Z").at == NOW


def test_what_is_nested_deeper_than_json_is_written_is_refused() -> None:
    deep: Any = 1
    for _ in range(1_000):
        deep = {"x": deep}
    found, refused = messages({"anonymousId": "v", "event": "x", "properties": deep}, "track", NOW)
    assert found == []
    assert "too deeply nested" in refused[0].reason
    _, refused = messages({"batch": [{"anonymousId": "v", "type": deep}]}, "batch", NOW)
    assert "not a kind of message" in refused[0].reason
