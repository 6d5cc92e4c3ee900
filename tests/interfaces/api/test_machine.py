"""Whatever is asked of the API and in whatever order: nothing acknowledged is lost, nobody erased is found, a no holds.

A model beside the API remembers what was acknowledged. `TSUIDE_FUZZ_SECONDS=60 python -m pytest -m soak
tests/interfaces/api/test_machine.py` draws for a minute; a failure is told as the calls that led to it.
"""

import itertools
import json
import os
import time
import uuid
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, multiple, rule, run_state_machine_as_test

from tsuide.app.keys import create_key
from tsuide.store.personal import HELD
from tsuide.store.schema import metadata

SECONDS = float(os.environ.get("TSUIDE_FUZZ_SECONDS", "600"))
ROUNDS = itertools.count()
TEXTS = st.sampled_from(["茶", "O'Hara", "<b>x</b>", "😀" * 40, "=1+1", "a" * 200, "\u202eevil", "{{ 7 * 7 }}", "%s"])
AMOUNTS = st.sampled_from([0, 1, 800, 3_000, 10**9, 1 << 53])
PURPOSES = st.sampled_from(["marketing", "personalisation", "analytics"])
CHANNELS = st.sampled_from(["any", "email", "sms", "line", "site", "phone"])
PLACES = st.sampled_from(["home", "cart", "product", "email", "line", "rep"])
OUTCOMES = st.sampled_from(["shown", "clicked", "accepted", "declined", "later", "purchased", "returned"])
REASONS = st.sampled_from([None, "have_it", "too_dear", "not_now", "not_for_me"])
OUTBOUND = frozenset({"email", "line"})
AWAY, TURNS, PAUSE_S = 503, 20, 0.25


class Machine(RuleBasedStateMachine):
    """One shop, several people; ids begin with the round, so that rounds do not know each other."""

    people, goods, orders, asked, calls = (Bundle(name) for name in ("people", "goods", "orders", "asked", "calls"))

    def __init__(self, served: Any) -> None:
        super().__init__()
        self.served = served
        self.shop = served.client.app.state.serving.shop
        self.round, self.number = f"r{next(ROUNDS)}", itertools.count()
        self.known: dict[str, dict[str, Any]] = {}
        self.erased: set[str] = set()
        self.said: dict[tuple[str, str, str], bool] = {}
        self.sold: dict[str, dict[str, Any]] = {}
        self.decided: dict[str, str | None] = {}

    # --- asking ------------------------------------------------------------------------------------------------

    def call(self, method: str, path: str, body: Any = None, key: str | None = None, **headers: str) -> Any:
        """An answer; whatever is asked, the fault is never ours.

        On a machine that has much to do the store may not answer within its second: who is told to come again does.
        """
        for _ in range(TURNS):
            answer = self.served.client.request(
                method, path, json=body, headers={"X-Api-Key": key or self.served.admin, **headers}
            )
            if answer.status_code != AWAY or "retry-after" not in answer.headers:
                break
            time.sleep(PAUSE_S)
        assert answer.status_code < 500, (method, path, body, answer.text)
        return answer

    def post(self, path: str, body: Any) -> tuple[Any, tuple[Any, ...]]:
        """An answer that must be good, and the call, to be repeated."""
        once = uuid.uuid4().hex
        answer = self.call("POST", path, body, **{"Idempotency-Key": once})
        assert answer.status_code == 200, (path, body, answer.text)
        return answer.json(), (path, body, once, answer.content)

    def fresh(self, kind: str) -> str:
        return f"{self.round}-{kind}{next(self.number)}"

    # --- what is told ------------------------------------------------------------------------------------------

    @rule(target=people, name=TEXTS, language=st.sampled_from(["ja", "en"]))
    def a_customer(self, name: str, language: str) -> str:
        who = self.fresh("c")
        self._customer(who, name, language)
        return who

    @rule(target=calls, who=people, name=TEXTS, language=st.sampled_from(["ja", "en"]))
    def a_customer_changes(self, who: str, name: str, language: str) -> Any:
        return multiple() if who in self.erased else self._customer(who, name, language)

    def _customer(self, who: str, name: str, language: str) -> tuple[Any, ...]:
        row = {
            "id": who,
            "name": name,
            "language": language,
            "email": f"{who}@example.jp",
            "attributes": {"note": name},
        }
        told, call = self.post("/v1/customers", {"customers": [row]})
        assert told == {"kept": 1, "rejected": []}
        self.known[who] = row
        found = self.call("GET", f"/v1/customers/{who}").json()
        assert {key: found[key] for key in row} == row
        return call

    @rule(target=goods, title=TEXTS, price=AMOUNTS, stock=st.sampled_from([None, 0, 5]))
    def a_product(self, title: str, price: int, stock: int | None) -> str:
        product = self.fresh("p")
        row = {"id": product, "title": title, "currency": "JPY", "category": ["camera"], "price": price, "stock": stock}
        told, _ = self.post("/v1/products", {"products": [row]})
        assert told["kept"] == 1
        kept = self.shop.store.facts.products().filter(id=product)  # decisions know it within a second
        assert kept.select("title", "price", "stock").rows() == [(title, price, stock)]
        return product

    @rule(target=orders, who=people, product=st.one_of(goods, st.just("card")), units=st.integers(1, 3), price=AMOUNTS)
    def an_order(self, who: str, product: str, units: int, price: int) -> Any:
        if who in self.erased:
            return multiple()
        order = self.fresh("o")
        self._order(order, who, product, units, price)
        return order if order in self.sold else multiple()  # of more money than there is no order is taken

    @rule(target=calls, order=orders, units=st.integers(1, 5), status=st.sampled_from(["placed", "cancelled"]))
    def an_order_changes(self, order: str, units: int, status: str) -> Any:
        row = self.sold[order]
        if row["customer_id"] in self.erased or row["status"] == "cancelled":
            return multiple()
        line = row["lines"][0]
        return self._order(order, row["customer_id"], line["product_id"], units, line["unit_price"], status)

    def _order(
        self, order: str, who: str, product: str, units: int, price: int, status: str = "placed"
    ) -> tuple[Any, ...] | Any:
        line = {"product_id": product, "quantity": units, "unit_price": price}
        row: dict[str, Any] = {"id": order, "placed_at": "2026-05-01T09:00:00+09:00", "currency": "JPY"}
        row |= {"customer_id": who, "status": status, "lines": [line]}
        once = uuid.uuid4().hex
        answer = self.call("POST", "/v1/orders", {"orders": [row]}, **{"Idempotency-Key": once})
        if answer.status_code == 422:  # an amount beyond all amounts
            assert units * price > 10**15
            return multiple()
        assert answer.json()["kept"] == 1, answer.text
        self.sold[order] = row
        kept, lines = self.shop.store.facts.order(order)
        assert kept.select("customer_id", "status").rows() == [(who, status)]
        assert lines["amount"].sum() == units * price
        return ("/v1/orders", {"orders": [row]}, once, answer.content)

    @rule(target=calls, who=people, purpose=PURPOSES, channel=CHANNELS, granted=st.booleans())
    def a_yes_or_a_no(self, who: str, purpose: str, channel: str, granted: bool) -> Any:  # noqa: FBT001 - drawn
        if who in self.erased:
            return multiple()
        body = {"purpose": purpose, "channel": channel, "granted": granted, "evidence": "form 3"}
        told, call = self.post(f"/v1/customers/{who}/consents", body)
        self.said[who, purpose, channel] = granted
        kept = {(each["purpose"], each["channel"]): each["granted"] for each in told["consents"]}
        assert kept == {key[1:]: value for key, value in self.said.items() if key[0] == who}
        return call

    # --- what is asked -----------------------------------------------------------------------------------------

    @rule(target=asked, who=st.one_of(people, st.none()), place=PLACES, n=st.integers(1, 5))
    def offers(self, who: str | None, place: str, n: int) -> Any:
        if who in self.erased:
            return multiple()
        body: dict[str, Any] = {"placement": place, "n": n, "cart": [{"product_id": "cam-a"}], "product_id": "cam-a"}
        answer = self.call("POST", "/v1/offers", body | ({"customer_id": who} if who else {}), key=self.served.rep)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        if who and place in OUTBOUND and not self._may_be_written_to(who, place):
            assert told["offers"] == [], (who, place, self.said)
        self.decided[told["decision"]] = who
        return (told["decision"], tuple(each["id"] for each in told["offers"]))

    def _may_be_written_to(self, who: str, channel: str) -> bool:
        """A word on the channel goes before one on any; without a word nobody is written to."""
        everywhere = self.said.get((who, "marketing", "any"), False)
        return self.said.get((who, "marketing", channel), everywhere)

    @rule(target=calls, decision=asked, outcome=OUTCOMES, reason=REASONS)
    def an_outcome(self, decision: tuple[str, tuple[str, ...]], outcome: str, reason: str | None) -> Any:
        name, ids = decision
        if not ids:
            return multiple()
        told = {"offer_id": ids[0], "outcome": outcome} | (
            {"reason": reason} if outcome in {"declined", "later"} else {}
        )
        path, body, once = f"/v1/offers/{name}/outcomes", {"outcomes": [told]}, uuid.uuid4().hex
        answer = self.call("POST", path, body, **{"Idempotency-Key": once})
        assert answer.status_code in {200, 404, 409, 410}, answer.text
        again = self.call("POST", path, body)
        if answer.status_code == 200 and again.status_code == 200:
            assert again.json()["recorded"] == 0
        return (path, body, once, answer.content)

    @rule(decision=asked)
    def an_explanation(self, decision: tuple[str, tuple[str, ...]]) -> None:
        answer = self.call("GET", f"/v1/decisions/{decision[0]}/explain")
        if self.decided[decision[0]] in self.erased:
            assert answer.status_code == 410, answer.text
            return
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert told["replayed"]
        assert len(told["trace"]["offers"]) == len(decision[1])

    # --- what ends ---------------------------------------------------------------------------------------------

    @rule(who=consumes(people))
    def somebody_is_forgotten(self, who: str) -> None:
        answer = self.call("POST", f"/v1/customers/{who}/erase")
        assert answer.status_code == (404 if who in self.erased else 200), answer.text
        self.erased.add(who)
        self._found_nowhere(who)

    def _found_nowhere(self, who: str) -> None:
        for path in ("", "/consents", "/export", "/contact", "/whole", "/interactions"):
            answer = self.call("GET", f"/v1/customers/{who}{path}")
            assert answer.status_code == 404, (path, answer.status_code, answer.text)
        with self.shop.store.record.connect() as connection:
            for name in HELD:
                for row in connection.execute(sa.select(metadata.tables[name])):
                    assert not any(f"{who}@" in str(value) or who == value for value in row), (name, row)

    @rule(scope=st.sampled_from(["storefront", "rep", "admin"]))
    def a_key_is_revoked(self, scope: str) -> None:
        now = self.served.client.app.state.serving.clock()
        key, name = create_key(self.shop, "machine", [scope], now)
        self.shop.store.keys.revoke(name, now)
        for path in ("/v1/offers", "/v1/customers"):
            assert self.call("POST", path, {"placement": "home"}, key=key).status_code == 401

    @rule(call=calls)
    def the_same_again(self, call: tuple[Any, ...]) -> None:
        path, body, once, content = call
        decision = path.split("/")[3] if path.startswith("/v1/offers/") else ""
        if self.decided.get(decision) in self.erased or any(who in json.dumps([path, body]) for who in self.erased):
            return  # what was answered about somebody is forgotten with them
        before = self._counts()
        answer = self.call("POST", path, body, **{"Idempotency-Key": once})
        assert (answer.content, answer.headers["idempotency-replayed"]) == (content, "true")
        other = self.call("POST", path, {**body, "more": 1}, **{"Idempotency-Key": once})
        assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
        assert self._counts() == before

    def _counts(self) -> str:
        return json.dumps([self.shop.store.facts.counts(), self.shop.store.decisions.count()])

    def teardown(self) -> None:
        for who, row in self.known.items():
            if who in self.erased:
                self._found_nowhere(who)
            else:
                found = self.call("GET", f"/v1/customers/{who}").json()
                assert (found["name"], found["language"], found["email"]) == (
                    row["name"],
                    row["language"],
                    row["email"],
                )
        for name, whose in self.decided.items():
            expected = 410 if whose in self.erased else 200
            assert self.call("GET", f"/v1/decisions/{name}/explain").status_code == expected


_USUAL = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))


def machine(served: Any) -> type[RuleBasedStateMachine]:
    """The machine of one served shop: Hypothesis makes a new one for each round."""

    class OfShop(Machine):
        def __init__(self) -> None:
            super().__init__(served)

    return OfShop


def test_whatever_is_asked_in_whatever_order(served: Any) -> None:
    drawn = settings(_USUAL, max_examples=4, stateful_step_count=15, derandomize=True, phases=[Phase.generate])
    run_state_machine_as_test(machine(served), settings=drawn)


@pytest.mark.soak
def test_whatever_is_asked_in_whatever_order_for_long(served: Any) -> None:
    """As many rounds as fit; no cache and no ledger grows so that they become slower without end."""
    start, rounds = time.process_time(), next(ROUNDS)
    while time.process_time() - start < SECONDS:
        drawn = settings(_USUAL, max_examples=10, stateful_step_count=50)
        run_state_machine_as_test(machine(served), settings=drawn)
    print(f"\n{next(ROUNDS) - rounds:,} rounds in {time.process_time() - start:.0f} s of CPU")  # noqa: T201 - figures
