"""Messages of other systems through the API: taken once, read into facts, quarantined with a reason, never a 500."""

import base64
import gzip
import hashlib
import hmac
import json
import uuid
from typing import Any

import pytest

PROBLEM = "application/problem+json"
SECRET = "hush"  # noqa: S105 - of this test alone


def post(served: Any, path: str, body: Any, **headers: str) -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return served.client.post(path, content=data, headers={"X-Api-Key": served.admin, **headers})


def tracked(event: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "track",
        "event": event,
        "messageId": uuid.uuid4().hex,
        "anonymousId": uuid.uuid4().hex,
        "properties": properties,
    }


def signed(served: Any, path: str, header: str, body: bytes, **headers: str) -> Any:
    mark = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    return served.client.post(path, content=body, headers={header: mark, **headers})


def shopify(served: Any, topic: str, body: dict[str, Any], webhook_id: str | None = None) -> Any:
    named = {"X-Shopify-Topic": topic, "X-Shopify-Webhook-Id": webhook_id or uuid.uuid4().hex}
    named["X-Shopify-Shop-Domain"] = "Mine.myshopify.com"
    return signed(served, "/v1/webhooks/shopify", "X-Shopify-Hmac-SHA256", json.dumps(body).encode(), **named)


def facts(served: Any) -> Any:
    return served.client.app.state.serving.shop.store.facts


@pytest.mark.parametrize("how", ["basic", "bearer", "body", "header"])
def test_the_write_key_is_found_wherever_clients_put_it(served: Any, how: str) -> None:
    body = tracked("Product Viewed", product_id="cam-a")
    headers = {
        "basic": {"Authorization": "Basic " + base64.b64encode(f"{served.storefront}:".encode()).decode()},
        "bearer": {"Authorization": f"Bearer {served.storefront}"},
        "header": {"X-Api-Key": served.storefront},
    }.get(how, {})
    if how == "body":
        body["writeKey"] = served.storefront
    answer = served.client.post("/v1/track", json=body, headers=headers)
    assert (answer.status_code, answer.json()["taken"]) == (200, 1)


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Basic eHg6"}, {"Authorization": "Basic %%%"}, {"X-Api-Key": "no"}]
)
def test_an_unknown_key_is_a_401(served: Any, headers: dict[str, str]) -> None:
    answer = served.client.post("/v1/track", json=tracked("x"), headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (401, PROBLEM)


def test_a_message_is_taken_once_also_when_it_comes_as_gzip_and_twice_in_one_batch(served: Any) -> None:
    item = tracked("Product Added", product_id="cam-a", quantity=2)
    packed = gzip.compress(json.dumps({"batch": [item, item]}).encode())
    first = post(served, "/v1/batch", packed, **{"Content-Encoding": "gzip"}).json()
    again = post(served, "/v1/track", item).json()
    assert (first["taken"], first["known"], again["taken"], again["known"]) == (1, 1, 0, 1)
    events = facts(served).events().filter(id=f"segment:{item['messageId']}")
    assert events["quantity"].to_list() == [2]


def test_a_view_changes_the_next_decision_at_once(served: Any) -> None:
    visitor = uuid.uuid4().hex

    def known() -> list[tuple[str, int]]:
        asked = served.ask(placement="home", anonymous_id=visitor)
        record = json.loads(served.client.app.state.serving.shop.store.decisions.get(asked["decision"])["record"])
        return [(each["product_id"], each["times"]) for each in record["customer"].get("viewed", [])]

    assert known() == []
    for _ in range(3):
        item = tracked("Product Viewed", product_id="cam-c") | {"anonymousId": visitor}
        assert post(served, "/v1/track", item).status_code == 200
    assert known() == [("cam-c", 3)]


def test_a_completed_order_is_owned_at_once_and_a_refund_takes_it_back(served: Any) -> None:
    who, order = uuid.uuid4().hex, uuid.uuid4().hex
    bought = tracked("Order Completed", order_id=order, products=[{"product_id": "bag", "price": 5000, "quantity": 2}])
    assert post(served, "/v1/track", bought | {"userId": who}).json()["quarantined"] == []
    assert facts(served).owned(who)["quantity"].to_list() == [2]
    back = tracked("Order Refunded", order_id=order, products=[{"product_id": "bag", "quantity": 1}])
    post(served, "/v1/track", back | {"userId": who})
    assert facts(served).owned(who)["quantity"].to_list() == [1]


def test_a_visitor_who_signs_in_brings_their_views(served: Any) -> None:
    visitor, who = uuid.uuid4().hex, uuid.uuid4().hex
    post(served, "/v1/track", tracked("Product Viewed", product_id="tea") | {"anonymousId": visitor})
    named = {"messageId": uuid.uuid4().hex, "anonymousId": visitor, "userId": who, "traits": {"email": "a@b.jp"}}
    assert post(served, "/v1/identify", named).json()["taken"] == 1
    assert facts(served).events(customer_id=who)["product_id"].to_list() == ["tea"]
    assert facts(served).customer(who)["email"] == "a@b.jp"
    post(served, "/v1/identify", {"messageId": uuid.uuid4().hex, "userId": who, "traits": {"plan": "pro"}})
    known = facts(served).customer(who)
    assert (known["email"], known["attributes"]) == ("a@b.jp", '{"plan": "pro"}')


def test_what_cannot_be_read_is_quarantined_and_read_again_after_the_fix(served: Any) -> None:
    refund = {"id": 1, "order_id": 4711, "refund_line_items": [{"line_item_id": 11, "quantity": 1}]}
    answer = shopify(served, "refunds/create", refund).json()
    assert answer["taken"] == 1
    assert "not known yet" in answer["quarantined"][0]["reason"]
    order = {
        "id": 4711,
        "name": "#4711",
        "currency": "JPY",
        "created_at": "2026-05-01T00:00:00Z",
        "customer": {"id": 99},
        "line_items": [{"id": 11, "sku": "bag", "quantity": 1, "price": "5000"}],
    }
    assert shopify(served, "orders/create", order).json()["quarantined"] == []
    assert facts(served).order("#4711")[1]["returned"].to_list() == [1]
    again = post(served, "/v1/messages/reprocess", {"id": answer["quarantined"][0]["id"]}).json()
    assert (again["taken"], again["quarantined"]) == (1, [])


def test_quarantine_is_listed_for_admins_only(served: Any) -> None:
    bad = tracked("Order Completed", order_id="o")
    assert post(served, "/v1/track", bad).json()["quarantined"][0]["id"] == f"segment:{bad['messageId']}"
    listed = served.client.get("/v1/messages?state=quarantined", headers={"X-Api-Key": served.admin}).json()
    assert f"segment:{bad['messageId']}" in [each["id"] for each in listed["messages"]]
    refused = served.client.get("/v1/messages?state=quarantined", headers={"X-Api-Key": served.storefront})
    assert refused.status_code == 403


def test_ga4_purchases_become_orders(served: Any) -> None:
    order = uuid.uuid4().hex
    items = [{"item_id": "bag", "price": 5000, "quantity": 1}]
    body = {"client_id": "v", "events": [{"name": "purchase", "params": {"transaction_id": order, "items": items}}]}
    answer = served.client.post(f"/mp/collect?measurement_id=G-1&api_secret={served.storefront}", json=body)
    assert (answer.status_code, answer.content) == (204, b"")
    assert facts(served).order(order)[1]["amount"].to_list() == [5000]
    assert served.client.post("/mp/collect?api_secret=nobody", json=body).status_code == 401


def test_a_webhook_needs_its_signature_and_a_retry_changes_nothing(served: Any) -> None:
    body = {"id": 5, "title": "Strap", "handle": "strap", "variants": [{"id": 1, "sku": "strap", "price": "1200"}]}
    first, again = (shopify(served, "products/create", body, "same-delivery").json() for _ in range(2))
    assert (first["taken"], again["known"]) == (1, 1)
    assert facts(served).products_of(["strap"])["price"].to_list() == [1200]
    wrong = served.client.post(
        "/v1/webhooks/shopify",
        json=body,
        headers={"X-Shopify-Hmac-SHA256": "eA==", "X-Shopify-Topic": "products/update"},
    )
    assert (wrong.status_code, wrong.headers["content-type"]) == (401, PROBLEM)


def test_woocommerce_orders_come_in_and_its_ping_is_answered(served: Any) -> None:
    order = {
        "id": 727,
        "number": "W727",
        "status": "processing",
        "currency": "JPY",
        "date_created_gmt": "2026-05-01T00:00:00",
        "customer_id": 26,
        "line_items": [{"product_id": 1, "sku": "bag", "quantity": 1, "subtotal": "5000", "total": "5000"}],
    }
    named = {"X-WC-Webhook-Topic": "order.created", "X-WC-Webhook-Delivery-ID": uuid.uuid4().hex}
    answer = signed(served, "/v1/webhooks/woocommerce", "X-WC-Webhook-Signature", json.dumps(order).encode(), **named)
    assert answer.json()["quarantined"] == []
    assert facts(served).order("W727")[1]["product_id"].to_list() == ["bag"]
    ping = served.client.post("/v1/webhooks/woocommerce", content=b"webhook_id=3")
    assert ping.status_code == 200


def test_a_redacted_customer_is_forgotten_everywhere_and_the_sums_stay(served: Any) -> None:
    who = "880088"
    order = {
        "id": 88,
        "name": "#88",
        "currency": "JPY",
        "created_at": "2026-05-01T00:00:00Z",
        "customer": {"id": 880088, "email": "gone@example.jp"},
        "line_items": [{"id": 1, "sku": "bag", "quantity": 1, "price": "5000"}],
    }
    shopify(served, "orders/create", order)
    post(served, "/v1/track", tracked("Product Viewed", product_id="bag") | {"userId": who})
    served.ask(placement="product", product_id="cam-a", customer_id=who)
    before = facts(served).purchases()["amount"].sum()
    assert shopify(served, "customers/data_request", {"customer": {"id": 880088}}).json()["quarantined"] == []
    folder = served.settings.home / "disclosures"
    (told,) = [path for path in folder.iterdir() if "gone@example.jp" in path.read_text(encoding="utf-8")]
    assert told.stat().st_mode & 0o077 == 0
    guest = {**order, "id": 89, "name": "#89", "customer": None, "email": "gone@example.jp"}
    shopify(served, "orders/create", guest)
    redact = {"customer": {"id": 880088}, "orders_to_redact": [88, 89]}
    assert shopify(served, "customers/redact", redact).json()["quarantined"] == []
    assert facts(served).purchases()["amount"].sum() == before + 5_000  # the guest's order stays an order
    assert served.client.app.state.serving.shop.store.inbox.about("shopify:order:89") == []
    assert not told.exists()
    erasure = served.client.app.state.serving.shop.store.erasure
    assert not any(erasure.everything_of(who).values())


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b'{"event": NaN, "userId": "c"}', 400),
        (b"\x1f\x8b\x00broken", 400),
        (gzip.compress(b'{"x": "' + b"y" * 40_000_000, mtime=0), 400),
        (gzip.compress(b'{"userId": "c", "event": "x"}', mtime=0)[:-4], 400),
        (b'{"event": "x"}', 400),
        (b'{"event": "x", "userId": "%s"}' % (b"i" * 10_240), 400),
        (b'{"event": "x", "userId": "c", "properties": {"a": "%s"}}' % (b"y" * 33_000), 400),
        (b'{"event": "x", "userId": "%s"}' % "絵文字🍵".encode(), 200),
        (b'{"event": "x", "userId": "\\ud83c"}', 400),
    ],
    ids=range(14),
)
def test_bad_bodies_are_problems_and_never_a_500(served: Any, body: bytes, status: int) -> None:
    answer = post(served, "/v1/track", body)
    assert answer.status_code == status, answer.text
    assert status == 200 or answer.headers["content-type"] == PROBLEM


def test_a_batch_larger_than_500_kb_is_refused_and_one_of_many_good_messages_is_taken(served: Any) -> None:
    items = [tracked("Product Viewed", product_id="tea", pad="x" * 900) for _ in range(600)]
    assert post(served, "/v1/batch", {"batch": items}).status_code == 400
    answer = post(served, "/v1/batch", {"batch": [*items[:100], {"type": "track"}, 7]}).json()
    assert (answer["taken"], [each["place"] for each in answer["refused"]]) == (100, [100, 101])


def test_an_order_whose_product_was_deleted_meanwhile_is_taken_all_the_same(served: Any) -> None:
    bought = tracked("Order Completed", order_id=uuid.uuid4().hex, products=[{"product_id": "gone-🍵", "price": 1}])
    assert post(served, "/v1/track", bought).json()["quarantined"] == []
