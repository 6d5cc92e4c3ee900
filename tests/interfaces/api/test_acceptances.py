"""The customer's yes over HTTP, from the offer to the order."""

from typing import Any

import pytest

from tsuide.app.signing import DEMO_TERMS, set_sale_terms
from tsuide.app.wiring import opened

_VISITORS = iter(range(10_000))


@pytest.fixture(scope="module")
def selling(served: Any) -> Any:
    """The shop with its words for the last click."""
    from datetime import UTC, datetime

    with opened(served.settings) as shop:
        set_sale_terms(shop, DEMO_TERMS, datetime(2026, 6, 1, tzinfo=UTC))
    return served


def offered(served: Any, **more: Any) -> dict[str, Any]:
    """The offer of a card to somebody outside the holdout, as the body that asks for its yes."""
    while True:
        visitor = f"yes{next(_VISITORS)}"
        answer = served.ask(placement="product", product_id="cam-a", anonymous_id=visitor, kinds=["cross_sell"])
        for offer in answer["offers"]:  # exploring may put another one first
            if offer["product"]["id"] == "card":
                return {"decision": answer["decision"], "offer_id": offer["id"], **more}


def call(served: Any, path: str, body: Any = None, key: str = "storefront", status: int = 200) -> dict[str, Any]:
    headers = {"X-Api-Key": getattr(served, key)}
    address = f"/v1/acceptances{path}"
    client = served.client
    got = client.get(address, headers=headers) if body is None else client.post(address, json=body, headers=headers)
    assert got.status_code == status, got.text
    return dict(got.json())


def test_from_offer_to_order(selling: Any) -> None:
    asked = call(selling, "", offered(selling, quantity=2))
    assert (asked["state"], asked["total"], asked["taxes"], asked["missing"]) == ("waiting", 6_000, {"1000": 545}, [])
    shown = call(selling, f"/{asked['token']}?language=ja")
    assert [row["key"] for row in shown["rows"]][:3] == ["item", "total", "tax"]
    assert {"payment", "delivery", "cancellation", "expires"} <= {row["key"] for row in shown["rows"]}
    assert shown["rows"][1] == {"key": "total", "label": "合計（税込）", "text": "￥6,000"}
    assert shown["state"] == "waiting"  # looking is no answer
    yes = call(selling, f"/{asked['token']}/confirm", {"language": "ja"})
    assert (yes["state"], yes["already"], yes["token"]) == ("accepted", False, None)
    again = call(selling, f"/{asked['token']}/confirm", {})
    assert (again["state"], again["already"]) == ("accepted", True)
    first, second = (call(selling, f"/{asked['id']}/order", {}, "admin") for _ in range(2))
    assert first == second
    with opened(selling.settings) as shop:
        lines = shop.store.facts.order_lines().filter(order_id=first["order_id"])
        assert lines.select("product_id", "quantity", "amount", "offer_id").rows() == [
            ("card", 2, 6_000, asked["offer_id"])
        ]
        outcomes = [row["outcome"] for row in shop.store.outcomes.of_decision(asked["decision"])]
        assert outcomes == ["accepted"]


def test_the_same_asking_is_one_and_another_key_is_another(selling: Any) -> None:
    body = offered(selling)
    first, second = call(selling, "", body), call(selling, "", body)
    assert (first["id"], first["token"]) == (second["id"], second["token"])
    assert (first["already"], second["already"]) == (False, True)
    other = call(selling, "", {**body, "idempotency_key": "again"})
    assert other["id"] != first["id"]
    call(selling, f"/{first['token']}/confirm", {})
    refused = call(selling, f"/{other['token']}/confirm", {}, status=409)
    assert "accepted already" in refused["title"]


def test_a_no_is_a_no_and_later_is_later(selling: Any) -> None:
    asked = call(selling, "", offered(selling))
    assert call(selling, f"/{asked['token']}/later", {})["state"] == "waiting"
    assert call(selling, f"/{asked['token']}/decline", {"reason": "too_dear"})["state"] == "declined"
    assert call(selling, f"/{asked['token']}/decline", {"reason": "too_dear"})["already"]
    for answer in ("confirm", "later"):
        assert "declined" in call(selling, f"/{asked['token']}/{answer}", {}, status=409)["title"]
    call(selling, f"/{asked['id']}/order", {}, "admin", 409)
    with opened(selling.settings) as shop:
        rows = shop.store.outcomes.of_decision(asked["decision"])
        assert {(row["outcome"], row["reason"]) for row in rows} == {("later", "not_now"), ("declined", "too_dear")}


def test_what_a_rep_enters_waits_and_the_rep_gets_no_token(selling: Any) -> None:
    body = offered(selling, entered_by="rep-7", evidence={"kind": "purchase_order", "reference": "PO-12"})
    call(selling, "", body, "storefront", 403)
    asked = call(selling, "", body, "rep")
    assert (asked["state"], asked["token"]) == ("waiting", None)
    assert asked["rows"][-1]["text"] == "rep-7"
    paper = {"evidence": {"kind": "signature", "reference": "scan 12"}}
    call(selling, f"/{asked['id']}/countersign", paper, "rep", 403)
    call(selling, f"/{asked['id']}/order", {}, "admin", 409)
    assert call(selling, f"/{asked['id']}/countersign", paper, "admin")["state"] == "accepted"
    with opened(selling.settings) as shop:
        row = shop.store.confirmations.get(asked["id"])
        assert (row["evidence_kind"], row["evidence_reference"], row["entered_by"]) == ("signature", "scan 12", "rep-7")


def test_tokens_that_are_not_ours_are_refused(selling: Any) -> None:
    asked = call(selling, "", offered(selling))
    for token in ("x", "a.b", asked["token"][:-2], f"A{asked['token'][1:]}"):
        assert "not valid" in call(selling, f"/{token}/confirm", {}, status=403)["title"]
    assert call(selling, f"/{asked['token']}")["state"] == "waiting"


def test_unknown_things_are_named(selling: Any) -> None:
    call(selling, "", {**offered(selling), "decision": "dec_nothing"}, status=404)
    call(selling, "", {**offered(selling), "offer_id": "nothing.9"}, status=404)
    call(selling, "/nothing/order", {}, "admin", 404)


def test_promotions_are_set_listed_and_priced(selling: Any) -> None:
    admin, page = {"X-Api-Key": selling.admin}, {"X-Api-Key": selling.storefront}
    body = {"names": {"ja": "カード1割引", "en": "10 % off cards"}, "currency": "JPY"}
    body |= {"benefit": {"kind": "percent", "value": 1_000}, "targets": {"categories": ["cards"]}}
    assert selling.client.put("/v1/promotions/cards", json=body, headers=page).status_code == 403
    made = selling.client.put("/v1/promotions/cards", json=body, headers=admin)
    assert made.status_code == 200, made.text
    assert (made.json()["running"], made.json()["spent"]) == (True, 0)
    listed = selling.client.get("/v1/promotions", headers=admin).json()["promotions"]
    assert [each["promotion"]["id"] for each in listed] == ["cards"]
    lines = [{"product_id": "card", "quantity": 2}, {"product_id": "cam-a"}]
    priced = selling.client.post("/v1/promotions/price", json={"lines": lines}, headers=page).json()
    assert (priced["listed"], priced["amounts"], priced["total"]) == ([6_000, 40_000], [5_400, 40_000], 45_400)
    assert priced["given"][0]["name"] == "10 % off cards"
    wrong = {**body, "benefit": {"kind": "percent", "value": 10_001}}
    refused = selling.client.put("/v1/promotions/cards", json=wrong, headers=admin)
    assert (refused.status_code, refused.json()["key"]) == (400, "value")
