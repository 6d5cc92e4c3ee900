"""The same POST sent again with its Idempotency-Key is not done again."""

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tsuide.app import repeating
from tsuide.app.serving import clock
from tsuide.errors import Conflict

PRODUCT = {"id": "kettle", "title": "Kettle", "currency": "JPY", "category": ["home"], "price": 4_000}


def post(served: Any, key: str, body: Any, path: str = "/v1/offers", who: str | None = None) -> Any:
    headers = {"X-Api-Key": who or served.admin, "Idempotency-Key": key}
    return served.client.post(path, json=body, headers=headers)


def test_the_same_again_gets_the_same_answer_and_does_nothing(served: Any) -> None:
    key, body = uuid.uuid4().hex, {"placement": "home", "anonymous_id": "again"}
    before = served.client.app.state.serving.shop.store.decisions.count()
    first, second = post(served, key, body), post(served, key, body)
    assert first.json() == second.json()
    assert ("idempotency-replayed" in first.headers, second.headers["idempotency-replayed"]) == (False, "true")
    assert served.client.app.state.serving.shop.store.decisions.count() == before + 1


def test_a_key_that_stands_for_another_request_is_a_422(served: Any) -> None:
    key = uuid.uuid4().hex
    assert post(served, key, {"placement": "home"}).status_code == 200
    for again in (post(served, key, {"placement": "cart"}), post(served, key, {"placement": "home"}, "/v1/track")):
        assert (again.status_code, again.json()["code"]) == (422, "idempotency-key-reused")


def test_two_callers_may_draw_the_same_key(served: Any) -> None:
    key, body = uuid.uuid4().hex, {"placement": "home"}
    answers = [post(served, key, body, who=who) for who in (served.admin, served.rep)]
    assert answers[0].json()["decision"] != answers[1].json()["decision"]


def test_a_refused_request_is_refused_again_and_one_without_a_good_key_is_not_kept(served: Any) -> None:
    key = uuid.uuid4().hex
    first, second = post(served, key, {"placement": "moon"}), post(served, key, {"placement": "moon"})
    assert (first.status_code, second.status_code, second.headers["idempotency-replayed"]) == (422, 422, "true")
    key = uuid.uuid4().hex
    assert post(served, key, {"products": [PRODUCT]}, "/v1/products", served.storefront).status_code == 403
    assert post(served, key, {"products": [PRODUCT]}, "/v1/products", "tsk_wrong").status_code == 401
    assert post(served, key, {"products": [PRODUCT]}, "/v1/products").status_code == 200


@pytest.mark.parametrize("key", ["a b", "x" * 201, ""])
def test_a_key_that_is_none_is_a_400(served: Any, key: str) -> None:
    answer = post(served, key, {"placement": "home"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-idempotency-key")


def test_of_many_at_once_one_is_worked_on(served: Any) -> None:
    key, body, seen = uuid.uuid4().hex, {"placement": "home", "anonymous_id": "many"}, []
    callers = [threading.Thread(target=lambda: seen.append(post(served, key, body))) for _ in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    good = [each for each in seen if each.status_code == 200]
    assert len({each.json()["decision"] for each in good}) == 1
    assert all(each.status_code == 409 and each.headers["retry-after"] == "1" for each in seen if each not in good)


def test_kept_answers_expire_and_a_dead_workers_claim_is_taken_over(served: Any) -> None:
    shop, now = served.client.app.state.serving.shop, clock()
    say: Callable[..., Any] = lambda at, asked="a": repeating.claim(shop, "me", "k", asked, at)  # noqa: E731
    assert say(now) is None
    with pytest.raises(Conflict):
        say(now + timedelta(seconds=59))
    assert say(now + timedelta(seconds=61)) is None  # whoever claimed it is gone
    repeating.keep(shop, "me", "k", 200, "application/json", "{}")
    assert say(now + timedelta(hours=23)).status == 200
    with pytest.raises(repeating.OtherRequestError):
        say(now + timedelta(hours=23), "b")
    assert say(now + timedelta(hours=25), "b") is None
    assert repeating.forget_old(shop, now + timedelta(days=3)) >= 1


def test_a_request_sent_again_after_its_customer_was_erased_brings_nobody_back(served: Any) -> None:
    admin = {"X-Api-Key": served.admin}

    def ask(path: str, body: dict[str, Any], key: str) -> Any:
        return served.client.post(path, json=body, headers=admin | {"Idempotency-Key": key})

    made = ("/v1/customers", {"customers": [{"id": "leaves-us", "kind": "person"}]}, uuid.uuid4().hex)
    task = {"title": "Call", "due_at": "2026-12-01T10:00:00+09:00", "customer_id": "leaves-us", "assignee": "ann"}
    said = ("/v1/tasks", task, uuid.uuid4().hex)
    assert ask(*made).status_code == 200
    assert "leaves-us" in ask(*said).text
    assert served.client.post("/v1/customers/leaves-us/erase", json={}, headers=admin).is_success
    again = ask(*said)
    assert (again.status_code, again.json()["code"]) == (410, "erased")
    assert "leaves-us" not in again.text
    assert ask(*made).headers["idempotency-replayed"] == "true"
    assert served.client.get("/v1/customers/leaves-us", headers=admin).status_code == 404
