"""The Python client's patience, with a transport, waits and dice of its own."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide_client import Answer, AsyncTsuide, Refused, Tsuide, Unreachable
from tsuide_client.patience import Attempts, Patience
from tsuide_client.records import answer_of

ANSWER = {"decision": "dec_1", "placement": "home", "arm": "treated", "offers": [], "notes": [], "warnings": []}
Step = Callable[[httpx.Request], httpx.Response]


def say(status: int, body: Any = ANSWER, **headers: str) -> Step:
    return lambda _: httpx.Response(status, json=body, headers=headers)


def broken(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


class Talk:
    """A server that answers by a script, and what it was sent."""

    def __init__(self, *script: Step) -> None:
        self.script = list(script)
        self.sent: list[httpx.Request] = []
        self.waited: list[float] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return self.script[min(len(self.sent), len(self.script)) - 1](request)

    def client(self, **options: Any) -> Tsuide:
        return Tsuide(
            "http://tsuide.test",
            "tsk_x",
            transport=httpx.MockTransport(self.answer),
            sleep=self.waited.append,
            draw=lambda: 1.0,
            **options,
        )


def test_a_busy_server_is_asked_again_after_the_wait_it_wants() -> None:
    talk = Talk(say(429, **{"Retry-After": "3"}), say(503), say(200))
    with talk.client() as shop:
        assert shop.offers("home").decision == "dec_1"
    assert talk.waited == pytest.approx([3.1, 0.2])
    assert {each.headers.get("idempotency-key") for each in talk.sent} == {None}  # a second decision does no harm
    assert len({bytes(each.content) for each in talk.sent}) == 1


def test_a_yes_is_asked_for_once_however_often_it_is_sent() -> None:
    working = {"code": "conflict", "detail": "still being worked on", "key": "Idempotency-Key"}
    yes = {"id": "acc_1", "state": "accepted", "offer_id": "d.0", "decision": "d", "currency": "JPY", "total": 5}
    talk = Talk(broken, say(409, working), say(200, yes))
    with talk.client() as shop:
        assert shop.confirm("token").state == "accepted"
        shop.confirm("token")
    keys = [each.headers["idempotency-key"] for each in talk.sent]
    assert len(set(keys[:3])) == 1
    assert keys[3] != keys[0]


def test_a_silent_client_answers_with_nothing_and_says_why() -> None:
    talk = Talk(broken)
    with talk.client() as shop:
        answer = shop.offers("product", product_id="cam-a")
    assert (answer.offers, answer.placement) == ((), "product")
    assert isinstance(answer.trouble, Unreachable)
    assert len(talk.sent) == 3
    assert talk.waited == pytest.approx([0.1, 0.2])


def test_a_client_that_is_not_silent_raises() -> None:
    with Talk(say(404, {"code": "unknown-decision", "detail": "no such decision"})).client(silent=False) as shop:
        with pytest.raises(Refused, match="no such decision") as caught:
            shop.offers("home")
        assert (caught.value.status, caught.value.code) == (404, "unknown-decision")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_a_refusal_is_not_repeated(status: int) -> None:
    talk = Talk(say(status, {"code": "no"}))
    with talk.client() as shop:
        assert isinstance(shop.offers("home").trouble, Refused)
    assert (len(talk.sent), talk.waited) == (1, [])


def test_a_wait_beyond_patience_is_not_waited() -> None:
    talk = Talk(say(503, **{"Retry-After": "3600"}))
    with talk.client(patience=5) as shop:
        assert isinstance(shop.offers("home").trouble, Unreachable)
    assert talk.waited == []


@pytest.mark.parametrize("body", ["<html>", [], None, {"decision": "d", "offers": [{}]}])
def test_what_is_no_answer_of_tsuide_breaks_no_page(body: Any) -> None:
    with Talk(say(200, body)).client() as shop:
        assert isinstance(shop.offers("home").trouble, Unreachable)


def test_a_yes_that_was_not_taken_is_raised_even_by_a_silent_client() -> None:
    with Talk(say(409, {"code": "conflict", "detail": "declined"})).client() as shop, pytest.raises(Refused):
        shop.confirm("token")


def test_a_customers_token_goes_into_its_header() -> None:
    talk = Talk(say(200))
    with talk.client() as shop:
        shop.offers("home", customer_id="c1", customer_token="signed", idempotency_key="mine")  # noqa: S106 - made up
    assert talk.sent[0].headers["x-customer-token"] == "signed"
    assert talk.sent[0].headers["idempotency-key"] == "mine"
    assert "customer_token" not in json.loads(talk.sent[0].content)


def test_events_carry_one_message_id_through_every_attempt() -> None:
    talk = Talk(say(502), say(200, {"success": True}))
    with talk.client() as shop:
        shop.track("Product Viewed", {"product_id": "cam-a"}, customer_id="c1")
    assert len({json.loads(each.content)["batch"][0]["messageId"] for each in talk.sent}) == 1
    with talk.client() as shop, pytest.raises(ValueError, match="customer_id or anonymous_id"):
        shop.track("Product Viewed", {})


def test_the_asynchronous_client_is_as_patient() -> None:
    talk, waited = Talk(broken, say(503), say(200)), []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    async def ask() -> Answer:
        transport = httpx.MockTransport(talk.answer)
        async with AsyncTsuide("http://x", "k", transport=transport, sleep=sleep, draw=lambda: 0.5) as shop:
            return await shop.offers("home")

    assert asyncio.run(ask()).decision == "dec_1"
    assert waited == pytest.approx([0.05, 0.1])


@given(
    st.lists(st.sampled_from([None, 429, 500, 503]), min_size=1, max_size=12),
    st.integers(1, 6),
    st.floats(0, 1),
)
def test_waits_grow_within_bounds_and_end(statuses: list[int | None], attempts: int, drawn: float) -> None:
    tries = Attempts(Patience(attempts=attempts, seconds=1e9), lambda: drawn, lambda: 0.0)
    waits = [tries.wait_after(status) for status in statuses]
    given_waits = [wait for wait in waits if wait is not None]
    assert len(given_waits) == min(len(statuses), attempts - 1)
    assert all(0 <= wait <= 2.0 for wait in given_waits)
    assert given_waits == sorted(given_waits)


def test_members_that_a_newer_server_adds_do_no_harm() -> None:
    product = {"id": "p", "title": "P", "currency": "JPY", "price": 5, "later": 1}
    offer = {"id": "d.0", "kind": "cross_sell", "product": product, "later": 2, "slot": "side"}
    answer = answer_of(ANSWER | {"offers": [offer], "later": 3})
    assert answer.slot("side")[0].product.price == 5
    assert answer.slot("top") == ()
    assert answer.offers[0].raw["later"] == 2


def test_a_key_that_was_pasted_badly_breaks_no_page() -> None:
    with Tsuide("http://x", "tsk_…", transport=httpx.MockTransport(say(401, {"code": "unauthorized"}))) as shop:
        assert isinstance(shop.offers("home").trouble, Refused)
