"""Facts in bulk: good rows are kept, bad ones told; what is left out stays as it was."""

import uuid
from typing import Any

import pytest


def put(served: Any, kind: str, *rows: object, key: str | None = None) -> Any:
    return served.client.post(f"/v1/{kind}", json={kind: list(rows)}, headers={"X-Api-Key": key or served.admin})


def facts(served: Any) -> Any:
    return served.client.app.state.serving.shop.store.facts


def order(**changed: Any) -> dict[str, Any]:
    lines = [{"product_id": "bag", "quantity": 2, "unit_price": 5_000, "discount": 500}]
    plain = {"id": uuid.uuid4().hex, "placed_at": "2026-05-01T09:00:00+09:00", "currency": "JPY", "lines": lines}
    return plain | changed


def test_orders_are_kept_whole_and_the_same_again_changes_nothing(served: Any) -> None:
    row = order(customer_id="bulk-1")
    before = facts(served).counts()["orders"]
    for _ in range(2):
        assert put(served, "orders", row).json() == {"kept": 1, "rejected": []}
    assert facts(served).counts()["orders"] == before + 1
    assert facts(served).order(row["id"])[1]["amount"].to_list() == [9_500]
    assert facts(served).owned("bulk-1")["quantity"].to_list() == [2]


def test_an_order_that_lost_a_line_or_was_cancelled_takes_it_back(served: Any) -> None:
    line = {"product_id": "bag", "unit_price": 5_000}
    row = order(customer_id="bulk-2", lines=[line, {"product_id": "card", "unit_price": 3_000}])
    put(served, "orders", row)
    put(served, "orders", {**row, "lines": [line]})
    assert facts(served).owned("bulk-2")["product_id"].to_list() == ["bag"]
    put(served, "orders", {**row, "status": "cancelled"})
    assert facts(served).owned("bulk-2").is_empty()


def test_one_bad_row_costs_only_itself(served: Any) -> None:
    answer = put(
        served,
        "orders",
        order(id="good-1"),
        order(id="bad-1", currency="MOON"),
        order(id="bad-2", currency="XQX"),
        order(id="bad-3", lines=[]),
        order(id="bad-4", lines=[{"product_id": "a", "unit_price": 1, "discount": 2}]),
        order(id="bad-5", placed_at=1_700_000_000),
        order(id="bad-6", lines=[{"product_id": "a", "unit_price": 9_007_199_254_740_992, "quantity": 319_900}]),
        "nothing",
        order(id="i" * 10_240),
    ).json()
    assert answer["kept"] == 1
    assert [each["place"] for each in answer["rejected"]] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert answer["rejected"][0]["id"] == "bad-1"
    assert "currency" in answer["rejected"][1]["reason"]
    assert "too large" in answer["rejected"][5]["reason"]


def test_what_is_left_out_of_a_product_or_customer_stays(served: Any) -> None:
    put(
        served,
        "products",
        {"id": "up-1", "title": "茶 🍵", "currency": "JPY", "price": 900, "cost": 400, "durable": False},
    )
    put(served, "products", {"id": "up-1", "title": "茶", "currency": "JPY", "price": 950})
    row = facts(served).products_of(["up-1"]).row(0, named=True)
    assert (row["title"], row["price"], row["cost"], row["durable"]) == ("茶", 950, 400, False)
    consent = {"purpose": "marketing", "channel": "email", "granted": True, "at": "2026-05-01T00:00:00Z"}
    put(
        served,
        "customers",
        {"id": "up-c", "email": "a@b.jp", "attributes": {"prefecture": "北海道"}, "consents": [consent]},
    )
    put(served, "customers", {"id": "up-c", "name": "花子", "attributes": {"age": "30"}})
    known = facts(served).customer("up-c")
    assert (known["email"], known["name"]) == ("a@b.jp", "花子")
    assert known["attributes"] == '{"age": "30", "prefecture": "北海道"}'
    assert facts(served).consents_of("up-c")["granted"].to_list() == [True]


def test_events_and_reviews(served: Any) -> None:
    event = {"id": uuid.uuid4().hex, "kind": "view", "at": "2026-05-01T00:00:00Z", "product_id": "bag"}
    answer = put(served, "events", {**event, "customer_id": "up-e"}, {**event, "id": "x"}).json()
    assert (answer["kept"], answer["rejected"][0]["id"]) == (1, "x")
    assert facts(served).events(customer_id="up-e")["product_id"].to_list() == ["bag"]
    review = {"id": "up-r", "product_id": "bag", "rating": 5, "at": "2026-05-01T00:00:00Z", "text": "良い"}
    assert put(served, "reviews", review, {**review, "rating": 6}).json()["kept"] == 1


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"orders": {}}', b'{"orders": [], "more": 1}'])
def test_a_body_that_is_no_list_of_the_kind_is_a_problem(served: Any, body: bytes) -> None:
    answer = served.client.post("/v1/orders", content=body, headers={"X-Api-Key": served.admin})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


def test_only_admins_and_no_more_than_a_thousand(served: Any) -> None:
    assert put(served, "orders", order(), key=served.storefront).status_code == 403
    assert put(served, "reviews", *([{}] * 1_001)).status_code == 400
    assert put(served, "reviews", {}, {}).status_code == 422


@pytest.mark.parametrize(
    ("kind", "bad"),
    [
        ("events", {"at": "2026-05-01T00:00:00"}),
        ("events", {"at": "0001-01-01T00:00:00+14:00"}),
        ("events", {"query": "a\x00b"}),
        ("events", {"properties": {"\x00": "x"}}),
        ("orders", {"placed_at": "9999-12-31T23:59:59-14:00"}),
        ("orders", {"placed_at": "2026-05-01"}),
        ("orders", {"channel": "\x00"}),
    ],
)
def test_a_moment_without_a_zone_or_a_text_that_no_database_holds_costs_only_its_row(
    served: Any, kind: str, bad: dict[str, Any]
) -> None:
    event = {"kind": "view", "at": "2026-05-01T00:00:00Z", "anonymous_id": "up-v"}
    row = order() if kind == "orders" else {**event, "id": uuid.uuid4().hex}
    answer = put(served, kind, {**row, **bad, "id": "up-bad"}, row)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["kept"], answer.json()["rejected"][0]["id"]) == (1, "up-bad")
