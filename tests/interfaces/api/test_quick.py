"""The short way of the most frequent call: nobody can tell it from the long one."""

import copy
import uuid
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ('{"placement": "home", "anonymous_id": "v1"}', {}, 200),
        ('{"placement": "home"}', {"Origin": "https://shop.example", "Cookie": "a=b"}, 200),
        ('{"placement": "home", "customer_id": "c1"}', {"X-Customer-Token": "1.c1.no"}, 200),
        ('{"placement": "rep", "rep": {"id": "r"}}', {}, 403),
        ('{"placement": "moon"}', {}, 422),
        ("{", {}, 400),
        ("", {}, 400),
        ('{"placement": "home"}', {"X-Api-Key": "nobody's"}, 401),
        ('{"placement": "home", "n": 2}' + " " * 1_000_001, {}, 413),
    ],
)
def test_both_ways_answer_alike(served: Any, body: str, headers: dict[str, str], status: int) -> None:
    def asked(**more: str) -> Any:
        given = {"X-Api-Key": served.storefront, "X-Request-Id": "page-7", "Content-Type": "application/json"}
        return served.client.post("/v1/offers", content=body, headers=given | headers | more)

    short, long = asked(), asked(**{"Idempotency-Key": uuid.uuid4().hex})
    assert short.status_code == long.status_code == status
    assert set(short.headers.items()) - {_length(short)} == set(long.headers.items()) - {_length(long)}
    if status == 200:
        own = {"decision", "offers"}
        assert {k: v for k, v in short.json().items() if k not in own} == {
            k: v for k, v in long.json().items() if k not in own
        }
    else:
        assert short.json() == long.json()


def _length(answer: Any) -> tuple[str, str]:
    return ("content-length", answer.headers["content-length"])


def test_what_nobody_foresaw_is_a_500_with_its_id_on_the_short_way_too(served: Any) -> None:
    serving = served.client.app.state.serving

    whole = serving.decider
    broken = copy.copy(whole)  # the server looks for newer states in it meanwhile
    broken.decide = None
    serving.decider = broken
    try:
        answer = served.client.post(
            "/v1/offers", json={"placement": "home"}, headers={"X-Api-Key": served.storefront, "X-Request-Id": "seen-9"}
        )
    finally:
        serving.decider = whole
    assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == "seen-9"
