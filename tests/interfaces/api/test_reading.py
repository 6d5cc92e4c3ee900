"""Catalogue, customers, consents, snapshots and many offers at once, over HTTP."""

import json
import time
from typing import Any

from tsuide.mining.snapshot import save_snapshot


def get(served: Any, path: str, status: int = 200, key: str | None = None, **headers: str) -> Any:
    answer = served.client.get(path, headers={"X-Api-Key": key or served.rep, **headers})
    assert answer.status_code == status, answer.text
    return answer


def test_the_catalogue_comes_page_by_page_and_every_product_once(served: Any) -> None:
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = get(served, f"/v1/products?n=5{cursor and f'&cursor={cursor}'}").json()
        seen += [each["id"] for each in page["products"]]
        assert len(page["products"]) <= 5
        assert page["total"] >= 12
        cursor = page["next"]
    assert len(seen) == len(set(seen)) == page["total"]
    assert {"cam-a", "tea", "rice"} <= set(seen)


def test_a_search_and_a_category_narrow_it(served: Any) -> None:
    found = get(served, "/v1/products?q=GREEN%20tea").json()
    assert {"tea", "tea-fine"} <= {each["id"] for each in found["products"]}
    found = get(served, "/v1/products?category=camera&category=compact").json()
    assert {each["id"] for each in found["products"]} == {"cam-a", "cam-b", "cam-c"}


def test_a_cursor_of_nowhere_is_a_400(served: Any) -> None:
    for cursor in ("nonsense", "W10", "WzEsMl0", "%F0%9F%98%80"):
        problem = get(served, f"/v1/products?cursor={cursor}", 400).json()
        assert (problem["code"], problem["key"]) == ("bad-value", "cursor")


def test_what_the_caller_has_already_is_a_304(served: Any) -> None:
    for path in ("/v1/products/cam-a", "/v1/products?q=cup", "/v1/products/cam-a/relations", "/v1/customers/c05"):
        tag = get(served, path).headers["etag"]
        again = get(served, path, 304, **{"If-None-Match": f'"other", W/{tag}'})
        assert (again.content, again.headers["etag"]) == (b"", tag)
    assert get(served, "/v1/products/nope", 404).json()["code"] == "unknown-product"


def test_better_and_cheaper_models_come_with_what_sets_them_apart(served: Any) -> None:
    told = get(served, "/v1/products/cam-b/relations?language=en").json()
    (better, *_), (cheaper, *_) = told["upgrades"], told["cheaper"]
    assert (better["product"]["id"], better["difference"], better["difference_text"]) == ("cam-c", 14_000, "+¥14,000")
    assert (cheaper["product"]["id"], cheaper["difference"]) == ("cam-a", -12_000)
    assert {each["product"]["id"] for each in told["alternatives"]} == {"cam-a", "cam-c"}


def test_customers_are_listed_and_contact_data_is_the_administrators(served: Any) -> None:
    page = get(served, "/v1/customers?n=30").json()
    after = get(served, f"/v1/customers?n=100&cursor={page['next']}").json()
    ids = [each["id"] for each in page["customers"] + after["customers"]]
    assert ids == sorted(set(ids))
    assert {f"c{n:02}" for n in range(40)} <= set(ids)
    row = {"id": "contact-1", "email": "hanako@example.jp", "name": "花子"}
    kept = served.client.post("/v1/customers", json={"customers": [row]}, headers={"X-Api-Key": served.admin})
    assert kept.json()["kept"] == 1
    assert get(served, "/v1/customers/contact-1").json()["email"] is None
    assert get(served, "/v1/customers/contact-1", key=served.admin).json()["email"] == "hanako@example.jp"
    assert get(served, "/v1/customers/c05").json()["owned"]
    assert get(served, "/v1/customers/nobody", 404).json()["code"] == "unknown-customer"


def test_a_consent_is_given_with_evidence_and_withdrawn_and_holds_at_once(served: Any) -> None:
    def say(**body: Any) -> Any:
        headers = {"X-Api-Key": served.rep}
        return served.client.post(
            "/v1/customers/c11/consents", json={"purpose": "personalisation"} | body, headers=headers
        )

    def grants() -> list[str]:
        asked = served.ask(placement="home", customer_id="c11")
        record = served.client.app.state.serving.shop.store.decisions.get(asked["decision"])["record"]
        return [each["purpose"] for each in json.loads(record)["customer"].get("consents", [])]

    assert say(granted=True).status_code == 422  # nothing proves it
    assert say(granted=True, evidence="form 3, 2026-06-01").json()["consents"][0]["granted"] is True
    assert grants() == ["personalisation"]
    assert get(served, "/v1/customers/c11/consents").json()["consents"][0]["evidence"] == "form 3, 2026-06-01"
    assert say(granted=False).json()["consents"][0]["granted"] is False
    assert grants() == []
    missing = served.client.post(
        "/v1/customers/nobody/consents",
        json={"purpose": "marketing", "granted": False},
        headers={"X-Api-Key": served.rep},
    )
    assert missing.status_code == 404


def test_many_are_asked_for_at_once_and_each_is_recorded(served: Any) -> None:
    requests = [{"placement": "email", "customer_id": f"c{n:02}"} for n in range(40)]
    headers = {"X-Api-Key": served.rep}
    answers = served.client.post("/v1/offers/batch", json={"requests": requests}, headers=headers).json()["answers"]
    assert len({each["decision"] for each in answers}) == 40
    store = served.client.app.state.serving.shop.store
    assert [store.decisions.get(each["decision"])["customer_id"] for each in answers] == [
        each["customer_id"] for each in requests
    ]
    wrong = served.client.post(
        "/v1/offers/batch", json={"requests": [*requests, {"placement": "moon"}]}, headers=headers
    )
    assert (wrong.status_code, wrong.json()["key"]) == (422, "body.requests.40.placement")
    for wanted in ([], requests * 3):
        refused = served.client.post("/v1/offers/batch", json={"requests": wanted}, headers=headers)
        assert refused.status_code == 422


def test_an_earlier_snapshot_is_gone_back_to_and_taken_up(served: Any) -> None:
    serving = served.client.app.state.serving
    first = serving.decider.loaded.snapshot
    newer = save_snapshot(serving.shop.snapshots, first.parts, {**first.meta, "again": True})
    try:
        assert _in_use(served, newer)
        told = get(served, "/v1/snapshots", key=served.admin).json()["snapshots"]
        assert [(each["id"], each["current"], each["damaged"]) for each in told[:2]] == [
            (newer, True, None),
            (first.id, False, None),
        ]
    finally:
        headers = {"X-Api-Key": served.admin}
        back = served.client.put("/v1/snapshots/current", json={"id": first.id}, headers=headers)
    assert (back.status_code, back.json()["current"]) == (200, True)
    assert _in_use(served, first.id)
    gone = served.client.put("/v1/snapshots/current", json={"id": "0" * 32}, headers=headers)
    assert (gone.status_code, gone.json()["code"]) == (404, "not-found")


def _in_use(served: Any, snapshot: str) -> bool:
    for _ in range(100):
        if get(served, "/v1/snapshots/current").json()["id"] == snapshot:
            return True
        time.sleep(0.1)
    return False


def test_how_a_customer_is_best_reached_is_told_with_intervals(served: Any) -> None:
    told = get(served, "/v1/customers/c05/contact").json()
    assert (told["customer"], told["time_zone"]) == ("c05", "Asia/Tokyo")
    assert set(told["best"]) == {"channel", "reason"}
    for each in told["channels"]:
        assert each["low"] <= each["probability"] <= each["high"]
        assert [hour["weekday"] for hour in each["hours"]] == list(range(7))
    assert get(served, "/v1/customers/nobody/contact", 404).json()["code"] == "unknown-customer"
