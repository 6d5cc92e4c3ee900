"""A storefront key stands in every page: it names a customer only with what the shop's server signed."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tsuide.app.customer_tokens import customer_secret, customer_token, rotate_customer_secret


def secret(served: Any) -> str:
    return customer_secret(served.client.app.state.serving.shop, datetime.now(UTC))


def token(served: Any, customer: str, minutes: float = 10, key: str | None = None) -> str:
    return customer_token(customer, key or secret(served), datetime.now(UTC) + timedelta(minutes=minutes))


def ask(served: Any, customer: str, **headers: str) -> Any:
    body = {"placement": "home", "customer_id": customer, "anonymous_id": "v-token"}
    answer = served.client.post("/v1/offers", json=body, headers={"X-Api-Key": served.storefront, **headers})
    assert answer.status_code == 200, answer.text
    return answer.json()


def decided_for(served: Any, answer: Any) -> str | None:
    record = served.client.app.state.serving.shop.store.decisions.get(answer["decision"])
    found: str | None = json.loads(record["record"])["request"].get("customer_id")
    return found


def test_with_a_good_token_the_customer_is_known(served: Any) -> None:
    answer = ask(served, "c01", **{"X-Customer-Token": token(served, "c01")})
    assert (answer["warnings"], decided_for(served, answer)) == ([], "c01")


def test_an_id_in_any_script_and_with_dots_is_proven_too(served: Any) -> None:
    who = "花子.山田@例え.jp"
    answer = ask(served, who, **{"X-Customer-Token": token(served, who)})
    assert (answer["warnings"], decided_for(served, answer)) == ([], who)


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (lambda _served: "", "needs X-Customer-Token"),
        (lambda served: token(served, "c02"), "another customer's"),
        (lambda served: token(served, "c01", minutes=-1), "expired"),
        (lambda served: token(served, "c01", minutes=60 * 24 * 40), "more than 31 days"),
        (lambda served: token(served, "c01", key="x" * 32), "signature"),
        (lambda served: token(served, "c01")[:-1], "signature"),
        (lambda served: "9" + token(served, "c01"), "signature"),
        (lambda _served: "nonsense", "signature"),
        (lambda _served: "." * 5000, "signature"),
    ],
)
def test_without_one_the_page_is_anonymous_and_is_told_why(served: Any, made: Any, why: str) -> None:
    answer = ask(served, "c01", **{"X-Customer-Token": made(served)})
    assert why in answer["warnings"][0]
    assert decided_for(served, answer) is None


def test_a_servers_key_may_name_anybody(served: Any) -> None:
    body = {"placement": "home", "customer_id": "c01"}
    answer = served.client.post("/v1/offers", json=body, headers={"X-Api-Key": served.rep}).json()
    assert (answer["warnings"], decided_for(served, answer)) == ([], "c01")


def test_after_a_rotation_tokens_of_the_former_secret_stay_good_once(served: Any) -> None:
    serving = served.client.app.state.serving
    old = token(served, "c01")
    for expected in ("c01", None):
        rotate_customer_secret(serving.shop, datetime.now(UTC))
        serving.customer_tokens._until = 0.0  # a second later
        assert decided_for(served, ask(served, "c01", **{"X-Customer-Token": old})) == expected


def test_what_a_page_says_of_a_customer_whom_nothing_proves_is_the_visitors(served: Any) -> None:
    victim, visitor = uuid.uuid4().hex, uuid.uuid4().hex
    view: dict[str, Any] = {
        "type": "track",
        "event": "Product Viewed",
        "properties": {"product_id": "tea"},
        "userId": victim,
    }
    items = [
        view | {"messageId": uuid.uuid4().hex, "anonymousId": visitor},
        view | {"messageId": uuid.uuid4().hex},
        {"type": "alias", "messageId": uuid.uuid4().hex, "previousId": visitor, "userId": victim},
    ]
    answer = served.client.post("/v1/batch", json={"batch": items}, headers={"X-Api-Key": served.storefront}).json()
    assert (answer["taken"], [each["place"] for each in answer["refused"]]) == (1, [1, 2])
    facts = served.client.app.state.serving.shop.store.facts
    assert facts.events(customer_id=victim).is_empty()
    assert facts.events().filter(anonymous_id=visitor)["product_id"].to_list() == ["tea"]
    proof = {"X-Api-Key": served.storefront, "X-Customer-Token": token(served, victim)}
    again = [each | {"messageId": uuid.uuid4().hex} for each in items]
    answer = served.client.post("/v1/batch", json={"batch": again}, headers=proof).json()
    assert (answer["taken"], answer["refused"]) == (3, [])
    assert set(facts.events(customer_id=victim)["product_id"]) == {"tea"}


def test_one_message_of_an_unproven_customer_is_a_403(served: Any) -> None:
    body = {"userId": "c01", "event": "Product Viewed", "messageId": uuid.uuid4().hex, "properties": {}}
    answer = served.client.post("/v1/track", json=body, headers={"X-Api-Key": served.storefront})
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong-key")
