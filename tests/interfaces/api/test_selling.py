"""What a page and a rep need to sell: every piece of an offer, an honest crossed-out price, a question, a pitch."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tsuide.kit.hashing import bucket

REP = {"placement": "rep", "product_id": "cam-a", "customer_id": "c-rep", "rep": {"id": "r1"}}
SALE = {
    "names": {"ja": "夏", "en": "Summer"},
    "benefit": {"kind": "amount", "value": 300},
    "currency": "JPY",
    "targets": {"products": ["card"]},
    "budget": {"uses": 1},
}


TREATED = next(f"selling-{n}" for n in range(100) if bucket(f"selling-{n}", "holdout") > 100_000)
"""A visitor of this file alone, outside the holdout."""


@pytest.fixture
def served(served_alone: Any) -> Any:
    """A shop of this file's own: promotions change what everybody is offered."""
    return served_alone


@pytest.fixture
def admin(served: Any) -> Iterator[dict[str, str]]:
    headers = {"X-Api-Key": served.admin}
    before = served.client.get("/v1/policy", headers=headers).json()
    yield headers
    kept = {"name": before["name"], "version": before["version"]}
    served.client.post("/v1/policies/activate", json=kept, headers=headers)


def ask(served: Any, key: str, body: dict[str, Any]) -> Any:
    return served.client.post("/v1/offers", json=body, headers={"X-Api-Key": key})


def test_a_rep_without_a_recorded_need_gets_a_question_and_with_one_a_pitch(served: Any, admin: dict[str, str]) -> None:
    text = "name: reps\nholdout: 0%\nrules: {need_recorded: on, evidence: off, worthless: off}\n"
    assert served.client.put("/v1/policy", json={"text": text}, headers=admin).status_code == 200
    assert ask(served, served.storefront, REP).status_code == 403
    silent = ask(served, served.rep, REP).json()
    assert silent["offers"] == []
    assert silent["question"]["code"] == "what_need"
    assert "ask what the customer" in silent["question"]["text"]
    spoken = ask(served, served.rep, REP | {"rep": {"id": "r1", "needs": ["holiday"]}}).json()
    assert spoken["question"] is None
    assert spoken["offers"][0]["act"] == "offer"
    assert "It costs ¥" in spoken["offers"][0]["pitch"]


def test_an_offer_names_every_piece_and_the_price_that_stood_before(served: Any, admin: dict[str, str]) -> None:
    assert served.client.put("/v1/promotions/summer", json=SALE, headers=admin).status_code == 200
    body = {"placement": "product", "product_id": "cam-a", "anonymous_id": TREATED, "kinds": ["cross_sell"]}
    for _ in range(100):
        offers = {each["product"]["id"]: each for each in ask(served, served.storefront, body).json()["offers"]}
        if offers["card"]["promotion_id"]:
            break
        time.sleep(0.1)
    card = offers["card"]
    assert (card["price"], card["promotion_id"]) == (2_700, "summer")
    assert (card["list_price"], card["list_price_text"]) == (3_000, "¥3,000")  # noted when the shop learned, long ago
    assert [(each["product_id"], each["price"], each["role"]) for each in card["items"]] == [("card", 3_000, "offered")]
    paused = served.client.put("/v1/promotions/summer", json={**SALE, "paused": True}, headers=admin)
    assert paused.status_code == 200
    for _ in range(100):
        offers = {each["product"]["id"]: each for each in ask(served, served.storefront, body).json()["offers"]}
        if not offers["card"]["promotion_id"]:
            break
        time.sleep(0.1)
    assert offers["card"]["price"] == 3_000


def test_the_demo_shop_charges_what_was_offered(served: Any, admin: dict[str, str]) -> None:
    more = {**SALE, "budget": {}, "benefit": {"kind": "set_price", "value": 42_000, "items": ["cam-a", "card"]}}
    assert served.client.put("/v1/promotions/set", json=more, headers=admin).status_code == 200
    client = served.client
    client.cookies.clear()
    client.get("/shop/?lang=en")
    body = {
        "placement": "product",
        "product_id": "cam-a",
        "anonymous_id": client.cookies["tsuide_visitor"],
        "kinds": ["bundle"],
    }
    offer: dict[str, Any] = {}
    for _ in range(100):
        answer = ask(served, served.storefront, body).json()
        if answer["arm"] == "holdout":
            client.cookies.clear()
            client.get("/shop/?lang=en")
            body["anonymous_id"] = client.cookies["tsuide_visitor"]
        offer = next((each for each in answer["offers"] if each["promotion_id"] == "set"), {})
        if offer:
            break
        time.sleep(0.1)
    assert (offer["price"], offer["list_price"]) == (42_000, 43_000)
    client.post("/shop/cart/add", data={"product": "card", "offer": offer["id"], "decision": answer["decision"]})
    page = client.get("/shop/checkout").text
    assert "¥42,000" in page
    assert 'name="total" value="42000"' in page
    token = page.split('name="token" value="')[1].split('"')[0]
    wrong = client.post("/shop/checkout", data={"token": token, "total": "1"})
    assert "A price has changed" in wrong.text
    done = client.post("/shop/checkout", data={"token": token, "total": "42000"})
    assert "Thank you" in done.text
    assert "¥42,000" in done.text
    rows = client.get("/v1/promotions", headers=admin).json()["promotions"]
    assert [row["spent"] for row in rows if row["promotion"]["id"] == "set"] == [1_000]
    client.put("/v1/promotions/set", json={**more, "paused": True}, headers=admin)
    client.cookies.clear()
