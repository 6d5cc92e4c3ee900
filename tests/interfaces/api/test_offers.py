import json
from typing import Any

import pytest

PROBLEM = "application/problem+json"


def test_a_product_page_gets_offers_with_reasons_and_prices(served: Any) -> None:
    answer = served.ask(placement="product", product_id="cam-a", anonymous_id="v1", language="en", kinds=["cross_sell"])
    assert answer["arm"] == "treated"
    assert [offer["id"] for offer in answer["offers"]] == [f"{answer['decision']}.{n}" for n in range(2)]
    bag = next(offer for offer in answer["offers"] if offer["product"]["id"] == "bag")
    assert (bag["kind"], bag["anchor_id"], bag["price_text"]) == ("cross_sell", "cam-a", "¥5,000")
    assert "than chance" in bag["reasons"][0]["text"]


def test_slots_of_a_page_are_answered_together_without_a_product_twice(served: Any) -> None:
    slots = {"with": {"n": 2, "kinds": ["cross_sell"]}, "models": {"n": 2, "kinds": ["up_sell"]}}
    answer = served.ask(placement="product", product_id="cam-a", anonymous_id="v1", slots=slots)
    assert {offer["slot"] for offer in answer["offers"]} == {"with", "models"}
    ids = [offer["product"]["id"] for offer in answer["offers"]]
    assert len(ids) == len(set(ids))


def test_who_and_what_nobody_knows_is_no_error(served: Any) -> None:
    cart = [{"product_id": "tea"}, {"product_id": "商品☕"}]
    answer = served.ask(placement="cart", customer_id="😀 nobody", cart=cart, product_id="gone")
    assert answer["warnings"] == ["unknown product set aside: gone", "unknown product set aside: 商品☕"]
    assert all(offer["product"]["id"] != "tea" for offer in answer["offers"])


def test_some_visitors_are_the_holdout_and_see_nothing(served: Any) -> None:
    arms = {served.ask(placement="product", product_id="cam-a", anonymous_id=f"v{n}")["arm"]: n for n in range(120)}
    assert set(arms) == {"treated", "holdout"}
    held = served.ask(placement="product", product_id="cam-a", anonymous_id=f"v{arms['holdout']}")
    assert (held["arm"], held["offers"]) == ("holdout", [])


@pytest.mark.parametrize(
    ("body", "status", "code", "where"),
    [
        (b"", 400, "malformed-json", "body"),
        (b"{", 400, "malformed-json", "body"),
        (b"[]", 422, "bad-request", "body"),
        (b'{"placement": "moon"}', 422, "bad-request", "body.placement"),
        (b'{"placement": "home", "n": 0}', 422, "bad-request", "body.n"),
        (b'{"placement": "home", "n": "3"}', 422, "bad-request", "body.n"),
        (b'{"placement": "home", "colour": 1}', 422, "bad-request", "body.colour"),
        (b'{"placement": "home", "customer_id": "a\\u0000b"}', 422, "bad-request", "body.customer_id"),
        (b'{"placement": "home", "customer_id": "%s"}' % (b"x" * 10_240), 422, "bad-request", "body.customer_id"),
        (b'{"placement": "cart", "cart": [{"product_id": "tea", "quantity": 0}]}', 422, "bad-request", "quantity"),
        (b"\xff\xfe{}", 400, "malformed-json", "body"),
    ],
)
def test_a_bad_body_is_a_problem_that_names_the_place(
    served: Any, body: bytes, status: int, code: str, where: str
) -> None:
    answer = served.client.post("/v1/offers", content=body, headers={"X-Api-Key": served.storefront})
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert answer.headers["content-type"] == PROBLEM
    assert where in problem["key"]
    assert problem["request_id"] == answer.headers["x-request-id"]


def test_a_body_over_the_limit_is_refused_unread(served: Any) -> None:
    headers = {"X-Api-Key": served.storefront}
    answer = served.client.post("/v1/offers", content=b"x" * 1_000_001, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "content-too-large")
    parts = (b"x" * 300_000 for _ in range(4))  # chunked: no length is announced
    answer = served.client.post("/v1/offers", content=parts, headers=headers)
    assert answer.status_code == 413


@pytest.mark.parametrize("headers", [{}, {"X-Api-Key": "tsk_wrong"}, {"Authorization": "Basic abc"}, {"X-Api-Key": ""}])
def test_without_a_good_key_nothing_is_answered(served: Any, headers: dict[str, str]) -> None:
    answer = served.client.post("/v1/offers", json={"placement": "home"}, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["code"] == "unauthorized"


def test_a_bearer_is_as_good_as_the_header(served: Any) -> None:
    headers = {"Authorization": f"bearer {served.storefront}"}
    assert served.client.post("/v1/offers", json={"placement": "home"}, headers=headers).status_code == 200


def test_scopes_bound_what_a_key_may_do(served: Any) -> None:
    asked = served.ask(placement="product", product_id="cam-a", anonymous_id="v1")
    path = f"/v1/decisions/{asked['decision']}/explain"
    refused = served.client.get(path, headers={"X-Api-Key": served.storefront})
    assert (refused.status_code, refused.json()["code"]) == (403, "wrong-key")
    assert served.client.get(path, headers={"X-Api-Key": served.rep}).status_code == 200
    bought = {"outcomes": [{"offer_id": asked["offers"][0]["id"], "outcome": "purchased"}]}
    path = f"/v1/offers/{asked['decision']}/outcomes"
    assert served.client.post(path, json=bought, headers={"X-Api-Key": served.rep}).status_code == 403
    assert served.client.post(path, json=bought, headers={"X-Api-Key": served.admin}).json()["recorded"] == 1


def test_outcomes_count_once(served: Any) -> None:
    asked = served.ask(placement="product", product_id="cam-a", anonymous_id="v1")
    offer, headers = asked["offers"][0]["id"], {"X-Api-Key": served.storefront}
    path = f"/v1/offers/{asked['decision']}/outcomes"

    def tell(**outcome: str) -> Any:
        return served.client.post(path, json={"outcomes": [{"offer_id": offer} | outcome]}, headers=headers)

    assert tell(outcome="shown").json() == {"recorded": 1, "already": 0}
    assert tell(outcome="shown").json() == {"recorded": 0, "already": 1}
    assert tell(outcome="declined", reason="too_dear", idempotency_key="k").json() == {"recorded": 1, "already": 0}
    assert tell(outcome="later", idempotency_key="k").status_code == 409
    assert tell(outcome="shown", offer_id="dec_other.0").status_code == 404
    missing = served.client.post(
        "/v1/offers/dec_none/outcomes", json={"outcomes": [{"offer_id": "x", "outcome": "shown"}]}, headers=headers
    )
    assert (missing.status_code, missing.json()["code"]) == (404, "unknown-decision")


def test_a_declined_offer_does_not_come_back(served: Any) -> None:
    asked = served.ask(placement="product", product_id="cam-a", anonymous_id="decliner")
    offer = asked["offers"][0]
    served.client.post(
        f"/v1/offers/{asked['decision']}/outcomes",
        json={"outcomes": [{"offer_id": offer["id"], "outcome": "declined", "reason": "have_it"}]},
        headers={"X-Api-Key": served.storefront},
    )

    def offered_to(visitor: str) -> set[str]:
        answer = served.ask(placement="product", product_id="cam-a", anonymous_id=visitor)
        return {each["product"]["id"] for each in answer["offers"]}

    assert all(offer["product"]["id"] not in offered_to("decliner") for _ in range(5))
    assert any(offer["product"]["id"] in offered_to(f"other {n}") for n in range(5))


def test_explain_replays_and_names_the_rules(served: Any) -> None:
    asked = served.ask(placement="product", product_id="cam-a", anonymous_id="v1")
    answer = served.client.get(
        f"/v1/decisions/{asked['decision']}/explain?language=en", headers={"X-Api-Key": served.admin}
    ).json()
    assert answer["replayed"] is True
    offered = [each["product"] for each in answer["trace"]["offers"]]
    assert offered == [each["product"]["id"] for each in asked["offers"]]
    # nothing was learned from outcomes yet, so P is a prior, and where it was counted money is a range
    assert {each["propensity_is"] for each in answer["trace"]["offers"]} == {"prior"}
    counted = [each for each in answer["trace"]["offers"] if each["propensity_range"] is not None]
    assert counted
    for each in counted:
        low, high = each["propensity_range"]
        assert low < each["propensity"] < high
        assert each["earns"]["low"] == round(each["worth"] * low) < each["earns"]["high"]
        assert each["earns"]["text"].count("¥") == 2
    assert all(each["refused_by"] and each["why_not"] for each in answer["trace"]["refused"])


def test_relations_carry_their_evidence(served: Any) -> None:
    headers = {"X-Api-Key": served.rep}
    answer = served.client.get("/v1/products/cam-a/relations?language=en&n=5", headers=headers).json()
    card = next(each for each in answer["complements"] if each["product"]["id"] == "card")
    assert card["baskets"] > 50
    assert 1 < card["lift_low"] < card["lift"] < card["lift_high"]
    missing = served.client.get("/v1/products/nope/relations", headers=headers)
    assert (missing.status_code, missing.json()["code"]) == (404, "unknown-product")
    assert served.client.get("/v1/products/cam-a/relations?n=0", headers=headers).status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/v1/nothing", 404), ("GET", "/v1/offers", 405), ("DELETE", "/healthz", 405)]
)
def test_wrong_addresses_are_problems_too(served: Any, method: str, path: str, status: int) -> None:
    answer = served.client.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    assert answer.json()["status"] == status


def test_the_callers_request_id_comes_back_when_it_is_plain(served: Any) -> None:
    given = served.client.get("/healthz", headers={"X-Request-Id": "abc-123"})
    assert given.headers["x-request-id"] == "abc-123"
    strange = served.client.get("/healthz", headers={"X-Request-Id": "a b\tc"})
    assert strange.headers["x-request-id"] != "a b\tc"


def test_ready_says_with_what(served: Any) -> None:
    answer = served.client.get("/readyz").json()
    assert answer["status"] == "ready"
    assert answer["policy"].startswith("standard ")


def test_docs_need_nothing_from_elsewhere(served: Any) -> None:
    page = served.client.get("/docs")
    assert page.status_code == 200
    assert "https://" not in page.text.replace("https://127", "")
    assert "/v1/offers/{decision}/outcomes" in page.text
    for name in served.client.get("/openapi.json").json()["components"]["schemas"]:
        assert f'id="model-{name}"' in page.text
    assert json.loads(served.client.get("/openapi.json").text)["openapi"].startswith("3.")
