"""Segments over HTTP: tried, defined, looked into; a running server keeps them current by itself."""

import hashlib
import time
from typing import Any

NAMES = {"ja": "名", "en": "Name"}


def admin(served: Any) -> dict[str, str]:
    return {"X-Api-Key": served.admin}


def test_a_wrong_condition_is_pointed_at_by_characters(served: Any) -> None:
    body = {"condition": "order_count > 2 and spemt > 5"}
    answer = served.client.post("/v1/segments/preview", json=body, headers=admin(served))
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["key"]) == (400, "bad-condition", "condition")
    assert body["condition"][problem["start"] : problem["end"]] == "spemt"
    assert "spent" in problem["way_out"]


def test_a_form_and_a_text_give_the_same(served: Any) -> None:
    form = {"all": [{"fact": "spent", "is": "more", "value": 1000}, {"did": "bought", "what": "camera"}]}
    text = "spent > 1000 and bought('camera')"
    one, other = (
        served.client.post("/v1/segments/preview", json=body, headers=admin(served)).json()
        for body in ({"form": form}, {"condition": text})
    )
    assert one == other
    assert (one["form"], one["condition"]) == (form, text)
    assert 0 < one["size"] <= one["of"]


def test_everybody_is_refused_until_the_number_is_confirmed(served: Any) -> None:
    body = {"names": NAMES, "condition": "true"}
    refused = served.client.put("/v1/segments/all", json=body, headers=admin(served))
    assert (refused.status_code, refused.json()["key"]) == (409, "confirm")
    size = served.client.post("/v1/segments/preview", json={"condition": "true"}, headers=admin(served)).json()["size"]
    made = served.client.put("/v1/segments/all", json={**body, "confirm": size}, headers=admin(served))
    assert made.json()["size"] == size


def test_a_page_may_not_look_into_segments(served: Any) -> None:
    assert served.client.get("/v1/segments", headers={"X-Api-Key": served.rep}).status_code == 403


def test_members_come_page_by_page(served: Any) -> None:
    body = {"names": NAMES, "condition": "order_count >= 10 and spent > 1"}
    served.client.put("/v1/segments/many", json={**body, "confirm": 40}, headers=admin(served))
    seen: list[str] = []
    cursor: str | None = None
    while True:
        more = {} if cursor is None else {"cursor": cursor}
        page = served.client.get("/v1/segments/many/members", params={"limit": 7, **more}, headers=admin(served)).json()
        seen += [each["customer_id"] for each in page["members"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == served.client.get("/v1/segments/many", headers=admin(served)).json()["size"]


def test_an_order_that_arrives_moves_its_customer_within_a_moment(served: Any) -> None:
    body = {"names": NAMES, "condition": "largest_order >= 900000"}
    assert served.client.put("/v1/segments/whales", json=body, headers=admin(served)).json()["size"] == 0
    line = {"product_id": "cam-c", "quantity": 20, "unit_price": 66_000}
    order = {"id": "w1", "customer_id": "c05", "placed_at": "2026-04-20T03:00:00Z", "currency": "JPY", "lines": [line]}
    taken = served.client.post("/v1/orders", json={"orders": [order]}, headers=admin(served))
    assert taken.status_code == 200, taken.text
    for _ in range(100):
        found = served.client.get("/v1/segments/events", params={"segment": "whales"}, headers=admin(served)).json()
        if found["events"]:
            break
        time.sleep(0.2)
    assert [(each["event"], each["customer_id"], each["cause"]) for each in found["events"]] == [
        ("entered", "c05", "order")
    ]
    why = served.client.get("/v1/segments/whales/why", params={"customer_id": "c05"}, headers=admin(served)).json()
    assert why["in"] is True


def test_a_ready_made_segment_is_taken_and_undone(served: Any) -> None:
    ready = served.client.get("/v1/segments/ready", headers=admin(served)).json()["ready"]
    assert {"vip", "lapsing", "rfm-cell"} <= {each["ready"] for each in ready}
    given = {"given": {"category": "tea"}}
    made = served.client.post("/v1/segments/ready/bought-category", json=given, headers=admin(served)).json()
    assert (made["id"], made["version"]) == ("bought-category-tea", 1)
    path = "/v1/segments/bought-category-tea"
    assert served.client.delete(path, headers=admin(served)).status_code == 200
    assert served.client.get(path, headers=admin(served)).status_code == 404
    assert served.client.post(f"{path}/undo", headers=admin(served)).json()["version"] == 2


def test_an_audience_holds_nobody_who_did_not_agree_and_no_address(served: Any) -> None:
    body = {"names": NAMES, "condition": "order_count >= 1", "confirm": 40}
    served.client.put("/v1/segments/buyers", json=body, headers=admin(served))
    given = {"purpose": "marketing", "channel": "email", "granted": True, "evidence": "form 1"}
    who = {"id": "c05", "email": "Taro@Example.jp"}
    served.client.post("/v1/customers", json={"customers": [who]}, headers=admin(served))
    served.client.post("/v1/customers/c05/consents", json=given, headers=admin(served))
    answer = served.client.get("/v1/segments/buyers/audience?format=criteo", headers=admin(served))
    hashed = hashlib.sha256(b"taro@example.jp").hexdigest()
    assert (answer.status_code, answer.text.split()) == (200, ["email", hashed])
    assert "rows=1" in answer.headers["x-audience"]
    assert answer.headers["cache-control"] == "no-store"
    other = served.client.get("/v1/segments/buyers/audience?country=XX1", headers=admin(served))
    assert (other.status_code, other.json()["key"]) == (400, "country")
