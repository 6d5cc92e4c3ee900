"""Every event, parameter, consent signal and topic that the senders' own documents name, read one by one."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tsuide.intake import ga4, segment, shopify, woocommerce
from tsuide.intake.message import LiveSettings, Message, Said

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
SHOP = LiveSettings(currency="JPY")
PRODUCT: dict[str, Any] = {
    "product_id": "p1", "sku": "s1", "category": "茶", "name": "緑茶", "brand": "Aoba", "variant": "100 g",
    "price": 860, "quantity": 2, "coupon": "TEA", "position": 3, "url": "https://x.jp/p1", "image_url": "https://x.jp/1.png",
}  # fmt: skip

SEGMENT: list[tuple[str, str, dict[str, Any]]] = [
    ("Products Searched", "search", {"query": "抹茶"}),
    ("Product List Viewed", "list_view", {"list_id": "l", "category": "茶", "products": [PRODUCT]}),
    ("Product List Filtered", "list_view", {"list_id": "l", "products": [PRODUCT]}),
    ("Viewed Product Category", "list_view", {"list_id": "l"}),
    ("Product Clicked", "click", PRODUCT),
    ("Clicked Product", "click", PRODUCT),
    ("Product Viewed", "view", {**PRODUCT, "currency": "JPY", "value": 860}),
    ("Viewed Product", "view", PRODUCT),
    ("Product Added", "add", {**PRODUCT, "cart_id": "c"}),
    ("Added Product", "add", PRODUCT),
    ("Product Removed", "remove", {**PRODUCT, "cart_id": "c"}),
    ("Removed Product", "remove", PRODUCT),
    ("Cart Viewed", "cart", {"cart_id": "c", "products": [PRODUCT]}),
    ("Checkout Started", "checkout", {"order_id": "o", "affiliation": "web", "value": 1, "revenue": 1, "shipping": 0,
                                      "tax": 0, "discount": 0, "coupon": "TEA", "currency": "JPY"}),
    ("Started Order", "checkout", {"order_id": "o"}),
    ("Checkout Step Viewed", "checkout", {"checkout_id": "k", "step": 1, "shipping_method": "a"}),
    ("Viewed Checkout Step", "checkout", {"checkout_id": "k", "step": 1}),
    ("Checkout Step Completed", "checkout", {"checkout_id": "k", "step": 1}),
    ("Completed Checkout Step", "checkout", {"checkout_id": "k", "step": 1}),
    ("Payment Info Entered", "checkout", {"checkout_id": "k", "order_id": "o", "step": 2, "payment_method": "card"}),
    ("Coupon Entered", "coupon", {"order_id": "o", "cart_id": "c", "coupon_id": "TEA"}),
    ("Coupon Applied", "coupon", {"order_id": "o", "coupon_id": "TEA", "coupon_name": "お茶", "discount": 100}),
    ("Coupon Removed", "coupon", {"order_id": "o", "coupon_id": "TEA", "discount": 100}),
    ("Coupon Denied", "coupon", {"order_id": "o", "coupon": "TEA", "reason": "expired"}),
    ("Product Added to Wishlist", "wishlist", {"wishlist_id": "w", "wishlist_name": "欲しい", **PRODUCT}),
    ("Product Removed from Wishlist", "unwishlist", {"wishlist_id": "w", **PRODUCT}),
    ("Wishlist Product Added to Cart", "add", {"wishlist_id": "w", "cart_id": "c", **PRODUCT}),
    ("Product Shared", "share", {"share_via": "line", "share_message": "これ", "recipient": "r", **PRODUCT}),
    ("Cart Shared", "share", {"share_via": "line", "cart_id": "c", "products": [{"product_id": "p1"}]}),
]  # fmt: skip
ELSEWHERE = {"product_id", "sku", "quantity", "cart_id", "products", "query"}  # fields of an event, not properties


def tracked(event: str, properties: dict[str, Any]) -> Said:
    body = {"messageId": "m", "anonymousId": "v", "event": event, "properties": properties}
    (message,), refused = segment.messages(body, "track", NOW)
    assert not refused
    return segment.read(message, SHOP)


@pytest.mark.parametrize(("event", "kind", "properties"), SEGMENT)
def test_a_segment_event_is_an_act_that_keeps_every_property(event: str, kind: str, properties: dict[str, Any]) -> None:
    (told,) = tracked(event, properties).events
    assert told.kind == kind
    assert {
        key: str(value) for key, value in properties.items() if key not in ELSEWHERE
    }.items() <= told.properties.items()
    assert told.cart_id == properties.get("cart_id")
    assert told.product_id == properties.get("product_id")


@pytest.mark.parametrize("event", ["Order Completed", "Completed Order", "Order Updated", "Updated Order"])
def test_an_order_is_taken_under_its_new_and_its_old_name(event: str) -> None:
    properties = {"order_id": "o", "checkout_id": "k", "affiliation": "web", "subtotal": 1720, "total": 1720,
                  "revenue": 1720, "shipping": 0, "tax": 0, "coupon": "TEA", "products": [PRODUCT]}  # fmt: skip
    (order,) = tracked(event, properties).orders
    assert (order.id, order.channel, order.lines[0].product_id, order.lines[0].quantity) == ("o", "web", "p1", 2)


@pytest.mark.parametrize(
    ("event", "outcome"),
    [
        ("Promotion Viewed", "shown"),
        ("Viewed Promotion", "shown"),
        ("Promotion Clicked", "clicked"),
        ("Clicked Promotion", "clicked"),
    ],
)
def test_our_own_offers_are_told_with_promotions(event: str, outcome: str) -> None:
    told = tracked(event, {"promotion_id": "dec_9.1", "creative": "top", "name": "お茶", "position": "2"})
    assert [(each.offer_id, each.outcome) for each in told.reported] == [("dec_9.1", outcome)]


ITEM: dict[str, Any] = {
    "item_id": "p1", "item_name": "緑茶", "affiliation": "web", "coupon": "OWN", "currency": "JPY",
    "creative_name": "top", "creative_slot": "s", "discount": 10, "index": 1, "item_brand": "Aoba",
    "item_category": "茶", "item_category2": "緑", "item_category3": "3", "item_category4": "4", "item_category5": "5",

    "item_list_id": "l", "item_list_name": "list", "item_variant": "100 g", "location_id": "here",
    "price": 860, "promotion_id": "x",
    "promotion_name": "y", "quantity": 2,
}  # fmt: skip
GA4 = {
    "view_item_list": "list_view",
    "select_item": "click",
    "view_item": "view",
    "add_to_cart": "add",
    "remove_from_cart": "remove",
    "view_cart": "cart",
    "add_to_wishlist": "wishlist",
    "begin_checkout": "checkout",
    "add_shipping_info": "checkout",
    "add_payment_info": "checkout",
    "search": "search",
    "view_search_results": "search",
}
PARAMETERS: dict[str, Any] = {
    "currency": "JPY", "value": 1720, "coupon": "ALL", "shipping_tier": "速達", "payment_type": "card", "shipping": 0,
    "tax": 0, "item_list_id": "all", "item_list_name": "all", "creative_name": "c", "creative_slot": "c",
    "promotion_name": "p",
}  # fmt: skip


def collected(event: str, params: dict[str, Any], **more: Any) -> Said:
    (message,) = ga4.messages({"client_id": "v", "events": [{"name": event, "params": params}], **more}, NOW)
    return ga4.read(message, SHOP)


@pytest.mark.parametrize(("event", "kind"), GA4.items())
def test_a_ga4_event_is_an_act_that_keeps_every_parameter(event: str, kind: str) -> None:
    (told,) = collected(event, PARAMETERS | {"search_term": "抹茶"}).events
    assert (told.kind, told.query) == (kind, "抹茶")
    assert {key: str(value) for key, value in PARAMETERS.items()}.items() <= told.properties.items()


def test_what_a_ga4_item_says_of_itself_goes_before_what_its_event_says() -> None:
    (told,) = collected("view_item", PARAMETERS | {"items": [ITEM]}).events
    assert (told.product_id, told.quantity) == ("p1", 2)
    own = {key: str(value) for key, value in ITEM.items() if key not in {"item_id", "quantity"}}
    assert own.items() <= told.properties.items()
    assert (told.properties["coupon"], told.properties["item_list_id"], told.properties["shipping_tier"]) == (
        "OWN",
        "l",
        "速達",
    )


def test_ga4_purchases_refunds_and_promotions() -> None:
    bought = PARAMETERS | {"transaction_id": "t", "affiliation": "web", "items": [ITEM]}
    (order,) = collected("purchase", bought).orders
    assert (order.id, order.channel, order.lines[0].quantity, order.lines[0].amount) == ("t", "web", 2, 1720)
    (back,) = collected("refund", {"transaction_id": "t", "items": [ITEM]}).returned
    assert (back.order_id, dict(back.units)) == ("t", {"p1": 2})
    for event, outcome in (("view_promotion", "shown"), ("select_promotion", "clicked")):
        (told,) = collected(event, {"items": [ITEM | {"promotion_id": "dec_9.1"}]}).reported
        assert (told.offer_id, told.outcome) == ("dec_9.1", outcome)


@pytest.mark.parametrize(
    ("signal", "purpose"),
    [
        ("ad_personalization", "personalisation"),
        ("personalization_storage", "personalisation"),
        ("analytics_storage", "analytics"),
        *((each, None) for each in ("ad_storage", "ad_user_data", "functionality_storage", "security_storage")),
    ],
)
@pytest.mark.parametrize("word", ["granted", "denied"])
def test_each_ga4_consent_signal_means_one_purpose_of_ours_or_none(signal: str, purpose: str | None, word: str) -> None:
    told = collected("page_view", {}, user_id="c1", consent={signal: word}).consents
    assert [(each.purpose, each.granted) for each in told] == (
        [] if purpose is None else [(purpose, word == "granted")]
    )
    assert (signal in ga4.NOT_OURS) == (purpose is None)


TOPICS = (
    *("orders/create", "orders/updated", "orders/cancelled", "refunds/create"),
    *("products/create", "products/update", "products/delete"),
    *(
        "customers/create",
        "customers/update",
        "customers/delete",
        "carts/update",
        "checkouts/create",
        "checkouts/update",
    ),
    *("customers/data_request", "customers/redact", "shop/redact"),
)
LINE = {"id": 7, "sku": "p1", "title": "緑茶", "quantity": 2, "price": "860"}
BODY: dict[str, dict[str, Any]] = {
    "orders": {
        "id": 1,
        "name": "#1",
        "created_at": "2026-11-01T00:00:00Z",
        "line_items": [LINE],
        "customer": {"id": 9},
    },
    "products": {"id": 2, "title": "緑茶", "variants": [{"sku": "p1", "price": "860", "title": "Default Title"}]},
    "customers": {"id": 9, "first_name": "花子", "customer": {"id": 9}},
    "carts": {"token": "k", "line_items": [LINE]},
    "checkouts": {"token": "k", "line_items": [LINE]},
    "refunds": {"id": 3, "order_id": 1, "refund_line_items": [{"line_item_id": 7, "quantity": 1}]},
    "shop": {"shop_domain": "mine.myshopify.com"},
}


def delivered(topic: str) -> Message:
    return shopify.message(topic, f"id-{topic}", BODY[topic.partition("/")[0]], NOW)


@pytest.mark.parametrize("topic", TOPICS)
def test_each_shopify_topic_says_something(topic: str) -> None:
    before = {"refunds/create": "orders/create", "products/delete": "products/create"}.get(topic)
    told = shopify.read(delivered(topic), SHOP, [delivered(before)] if before else [])
    assert told != Said()
    assert topic in shopify.TOPICS


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        *(
            (f"order.{act}", {"id": 1, "number": "1", "status": "processing", "date_created_gmt": "2026-11-01T00:00:00",
                              "line_items": [{"sku": "p1", "quantity": 1, "subtotal": "860", "total": "860"}]})
            for act in ("created", "updated", "restored")
        ),
        *((f"product.{act}", {"id": 2, "sku": "p1", "name": "緑茶", "price": "860"})
          for act in ("created", "updated", "restored")),
        *((f"customer.{act}", {"id": 9, "first_name": "花子"}) for act in ("created", "updated", "deleted")),
    ],
)  # fmt: skip
def test_each_woocommerce_topic_says_something(topic: str, body: dict[str, Any]) -> None:
    assert woocommerce.read(woocommerce.message(topic, "d", body, NOW), SHOP) != Said()
