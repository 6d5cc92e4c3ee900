"""What nobody should send: a problem document, never a 500, and nothing good is lost beside it."""

import gzip
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

PROBLEM = "application/problem+json"
LONG = "x" * 10_240
EMOJI = "🍵日本語\u200b👩‍👩‍👧"


def post(served: Any, path: str, body: Any, **headers: str) -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return served.client.post(path, content=data, headers={"X-Api-Key": served.admin, **headers})


def refused(answer: Any, *statuses: int) -> dict[str, Any]:
    assert answer.status_code in statuses, (answer.status_code, answer.text[:300])
    assert answer.headers["content-type"] == PROBLEM
    problem: dict[str, Any] = answer.json()
    assert problem["request_id"] == answer.headers["x-request-id"]
    return problem


def view(**more: Any) -> dict[str, Any]:
    who = {"messageId": uuid.uuid4().hex, "anonymousId": uuid.uuid4().hex, "type": "track", "event": "Product Viewed"}
    return who | {"properties": {"product_id": "tea"}} | more


def kept(served: Any, *items: dict[str, Any]) -> list[bool]:
    events = served.client.app.state.serving.shop.store.facts.events()["id"].to_list()
    return [f"segment:{each['messageId']}" in events for each in items]


JSON_ROUTES = [
    "/v1/offers",
    "/v1/offers/batch",
    "/v1/offers/dec_1/outcomes",
    "/v1/acceptances",
    "/v1/batch",
    "/v1/track",
    "/v1/orders",
    "/v1/products",
    "/v1/customers",
    "/v1/events",
    "/v1/reviews",
    "/v1/customers/c01/consents",
    "/v1/promotions/price",
    "/v1/messages/reprocess",
    "/v1/policies/what-if",
]


@pytest.mark.parametrize("path", JSON_ROUTES)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"a": 1e999}',
        b'{"a": "\\ud800"}',
        b"[" * 20_000,
        b'{"a":' * 5_000,
        b'{"a": 123456789012345678901234567890}',
    ],
)
def test_a_body_that_is_no_good_json_object_is_refused(served: Any, path: str, body: bytes) -> None:
    refused(post(served, path, body), 400, 422)


def test_a_gzip_bomb_is_refused_before_it_is_unpacked(served: Any) -> None:
    bomb = gzip.compress(b'{"batch": ["' + b"0" * 200_000_000, 9)
    assert len(bomb) < 250_000
    assert "larger than" in refused(post(served, "/v1/batch", bomb), 400)["detail"]
    for broken in (gzip.compress(b'{"batch": []}')[:-9], b"\x1f\x8bnonsense", b"\x1f\x8b"):
        refused(post(served, "/v1/batch", broken), 400)


def test_a_batch_of_one_byte_too_many_is_refused_and_one_less_is_taken(served: Any) -> None:
    most = 500 * 1024
    item = view()
    body = json.dumps({"batch": [item], "pad": ""}).encode()
    full = body[:-2] + b"x" * (most - len(body)) + body[-2:]
    assert (len(full), post(served, "/v1/batch", full).json()["taken"]) == (most, 1)
    refused(post(served, "/v1/batch", full[:-2] + b"x" + full[-2:]), 400)


def test_a_message_of_more_than_32_kb_costs_only_itself(served: Any) -> None:
    good, bad, also = view(), view(properties={"note": "x" * 33_000}), view()
    answer = post(served, "/v1/batch", {"batch": [good, bad, also]}).json()
    assert (answer["taken"], [each["place"] for each in answer["refused"]]) == (2, [1])
    assert kept(served, good, bad, also) == [True, False, True]


@pytest.mark.parametrize("path", ["/v1/webhooks/shopify", "/v1/webhooks/woocommerce"])
@pytest.mark.parametrize("mark", ["", "nonsense", "AAAA", "é", "x" * 5_000])
def test_a_wrong_signature_is_a_401_whatever_it_looks_like(served: Any, path: str, mark: str) -> None:
    header = "X-Shopify-Hmac-SHA256" if "shopify" in path else "X-WC-Webhook-Signature"
    answer = served.client.post(path, content=b'{"id": 1}', headers={header: mark.encode("latin-1")})
    refused(answer, 401)


def test_a_clock_a_year_off_puts_nothing_into_another_year(served: Any) -> None:
    now = datetime.now(UTC)
    for off in (timedelta(days=365), timedelta(days=-365)):
        item = view(timestamp=(now + off - timedelta(minutes=5)).isoformat())
        post(served, "/v1/batch", {"batch": [item], "sentAt": (now + off).isoformat()})
        events = served.client.app.state.serving.shop.store.facts.events()
        (at,) = events.filter(id=f"segment:{item['messageId']}")["at"].to_list()
        assert timedelta(minutes=4) < now - at < timedelta(minutes=6)


def test_ids_of_10_kb_are_refused_everywhere_and_their_neighbours_are_kept(served: Any) -> None:
    good = view()
    answer = post(served, "/v1/batch", {"batch": [view(anonymousId=LONG), good]}).json()
    assert (answer["taken"], len(answer["refused"])) == (1, 1)
    assert kept(served, good) == [True]
    for body in (
        {"placement": "cart", "cart": [{"product_id": LONG}]},
        {"placement": "home", "anonymous_id": LONG},
        {"placement": "product", "product_id": LONG},
    ):
        refused(post(served, "/v1/offers", body), 422)
    rows = [{"id": "good-1", "title": "Good", "currency": "JPY"}, {"id": LONG, "title": "Bad", "currency": "JPY"}]
    answer = post(served, "/v1/products", {"products": rows}).json()
    assert (answer["kept"], [each["place"] for each in answer["rejected"]]) == (1, [1])
    headers = {"X-Api-Key": served.admin}
    for path in ("/v1/products/{}", "/v1/customers/{}", "/v1/decisions/{}/explain", "/v1/products/{}/relations"):
        refused(served.client.get(path.format(LONG), headers=headers), 422)


def test_any_script_goes_through_whole(served: Any) -> None:
    rows = [
        {"id": f"p-{EMOJI}", "title": f"{EMOJI} 緑茶", "currency": "JPY", "category": ["食品", EMOJI], "price": 500}
    ]
    assert post(served, "/v1/products", {"products": rows}).json()["kept"] == 1
    item = view(anonymousId=EMOJI, properties={"product_id": f"p-{EMOJI}", "名前": EMOJI})
    assert post(served, "/v1/track", item).json()["taken"] == 1
    body = {"placement": "cart", "anonymous_id": EMOJI, "cart": [{"product_id": "tea"}, {"product_id": EMOJI}]}
    answer = post(served, "/v1/offers", body)
    assert answer.status_code == 200
    assert f"unknown product set aside: {EMOJI}" in answer.json()["warnings"]
    headers = {"X-Api-Key": served.admin}
    assert served.client.get(f"/v1/customers/{EMOJI}", headers=headers).status_code == 404


def test_a_product_deleted_while_it_lies_in_a_cart_harms_nobody(served: Any) -> None:
    row = {"id": "short-lived", "title": "Short-lived", "currency": "JPY", "category": ["home", "cups"], "price": 900}
    assert post(served, "/v1/products", {"products": [row]}).json()["kept"] == 1
    body = {
        "placement": "cart",
        "anonymous_id": "deleter",
        "cart": [{"product_id": "short-lived"}, {"product_id": "tea"}],
    }
    assert post(served, "/v1/offers", body).status_code == 200
    assert post(served, "/v1/products", {"products": [row | {"status": "discontinued"}]}).json()["kept"] == 1
    served.client.app.state.serving.decider.refresh()
    for asked in (body, body | {"placement": "checkout"}, {"placement": "product", "product_id": "short-lived"}):
        answer = post(served, "/v1/offers", asked)
        assert answer.status_code == 200, answer.text
        assert "short-lived" not in {each["product"]["id"] for each in answer.json()["offers"]}
    price = {"lines": [{"product_id": "short-lived", "quantity": 1}]}
    assert post(served, "/v1/promotions/price", price).status_code < 500


@pytest.mark.parametrize("levels", [300, 1_000])
def test_what_is_nested_deeply_is_taken_or_refused(served: Any, levels: int) -> None:
    deep = "[" * levels + "]" * levels
    call = f'{{"anonymousId": "v", "event": "x", "properties": {{"a": {deep}}}}}'.encode()
    refused(post(served, "/v1/track", call), 400)
    refused(
        post(served, "/mp/collect", f'{{"client_id": "v", "events": [{{"name": "x", "params": {deep}}}]}}'.encode()),
        400,
    )


def test_clocks_thousands_of_years_apart_are_no_fault_of_ours(served: Any) -> None:
    item = view(sentAt="9999-12-30T00:00:00Z", timestamp="2026-01-01T00:00:00Z")
    assert post(served, "/v1/track", item).json()["taken"] == 1
    assert kept(served, item) == [True]
