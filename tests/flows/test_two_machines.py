"""Two machines serve one shop, and two workers work for it: what one of them is told holds for all of them at once."""

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from tests.flows.calling import CART, Caller, until

from tsuide.app.keys import create_key
from tsuide.app.learn import learn
from tsuide.app.tasks import tasks_told
from tsuide.app.wiring import Shop, opened
from tsuide.config import Settings
from tsuide.offers.policy.load import load_policy, ready_text

SOON = 10.0  # seconds; a second on a machine that does nothing else
CALL = """id: call-back
names: {ja: 折り返し, en: Call back}
trigger: {complaint: {}}
again: 1d
steps:
  - id: call
    task: {title: {ja: お電話する, en: Call them}, due: 4h, assign: [ann, bob]}
"""


@dataclass
class Machines:
    """Two servers of one shop, and the shop opened beside them."""

    a: Any
    b: Any
    shop: Shop
    keys: dict[str, str]
    environment: dict[str, str]

    def callers(self, scope: str) -> tuple[Caller, Caller]:
        """Somebody with a key, at either."""
        return Caller(self.a.url, self.keys[scope]), Caller(self.b.url, self.keys[scope])


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def machines(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, fill_shop: Callable[[Shop], None],
    start_server: Callable[..., Any],
) -> Iterator[Machines]:  # fmt: skip
    home, url = tmp_path_factory.mktemp("machines"), None
    if request.param == "postgresql":
        url = request.getfixturevalue("empty_postgres")()
    with opened(Settings(home=home, database_url=url, language="en")) as shop:
        fill_shop(shop)
        now = datetime.now(UTC)
        learn(shop, now=now, seed=0)
        keys = {scope: create_key(shop, scope, [scope], now)[0] for scope in ("storefront", "rep", "admin")}
        environment = surroundings(url)
        a, b = (start_server(home, settings=environment) for _ in range(2))
        yield Machines(a, b, shop, keys, environment)
        for each in (a, b):
            each.process.terminate()
        assert {each.process.wait(60) for each in (a, b)} <= {0, -signal.SIGTERM}


def surroundings(url: str | None) -> dict[str, str]:
    """What a process of the shop finds in its environment."""
    usual = {"TSUIDE_INNER_WEBHOOKS": "1", "TSUIDE_LANGUAGE": "en"}
    return usual if url is None else usual | {"TSUIDE_DATABASE_URL": url}


def order(name: str, customer: str, *products: str) -> dict[str, Any]:
    lines = [{"product_id": each, "quantity": 1, "unit_price": 3_000} for each in products]
    return {"orders": [{"id": name, "customer_id": customer, "placed_at": datetime.now(UTC).isoformat(),
                        "currency": "JPY", "lines": lines}]}  # fmt: skip


def decides_by(ask: Caller, name: str) -> bool:
    return bool(ask("/readyz")[1]["policy"].split()[0] == name)


def offered(ask: Caller, customer: str, **more: Any) -> list[str]:
    status, told, _ = ask("/v1/offers", {"placement": "home", "customer_id": customer, "n": 5} | more)
    assert status == 200, told
    return [each["product"]["id"] for each in told["offers"]]


def test_what_one_machine_sells_and_is_allowed_to_know_the_other_offers_no_more(machines: Machines) -> None:
    callers = machines.callers("rep")
    admin, _ = machines.callers("admin")
    people = [f"c{n:02}" for n in range(12)]
    yes = {"purpose": "personalisation", "granted": True, "evidence": "asked by telephone"}
    assert [admin(f"/v1/customers/{who}/consents", yes)[0] for who in people] == [200] * len(people)
    kept = {"bag", "card", "tripod"}  # not used up
    buyer, wanted = next((who, each) for who in people for each in offered(callers[1], who) if each in kept)
    assert admin("/v1/orders", order("two-1", buyer, wanted))[0] == 200
    until(lambda: all(wanted not in offered(ask, buyer) for ask in callers * 4), SOON)


def test_a_decision_of_one_machine_is_explained_and_its_outcome_taken_by_the_other(machines: Machines) -> None:
    page, other = machines.callers("storefront")
    admin = machines.callers("admin")[1]
    told: dict[str, Any] = next(
        answer for n in range(20)
        if (answer := page("/v1/offers", CART | {"anonymous_id": f"two-{n}"})[1])["offers"]
    )  # fmt: skip
    shown = {"outcomes": [{"offer_id": told["offers"][0]["id"], "outcome": "shown"}]}
    until(lambda: other(f"/v1/offers/{told['decision']}/outcomes", shown)[0] == 200, SOON)
    status, explained, _ = admin(f"/v1/decisions/{told['decision']}/explain")
    assert (status, explained["replayed"]) == (200, True)


def test_a_key_that_was_revoked_opens_neither_machine(machines: Machines) -> None:
    key, made_id = create_key(machines.shop, "leaves", ["storefront"], datetime.now(UTC))
    callers = [Caller(each.url, key) for each in (machines.a, machines.b)]
    assert [ask("/v1/offers", CART)[0] for ask in callers] == [200, 200]
    machines.shop.store.keys.revoke(made_id, datetime.now(UTC))
    until(lambda: {ask("/v1/offers", CART)[0] for ask in callers} == {401}, SOON)


def test_a_policy_put_in_force_at_one_machine_decides_at_the_other(machines: Machines) -> None:
    admin, other = machines.callers("admin")
    before = admin("/v1/policy")[1]["text"]
    for text in (ready_text("gentle"), before):
        assert admin("/v1/policy", {"text": text, "author": "ann"}, "PUT")[0] == 200
        name = load_policy(text).name
        until(partial(decides_by, other, name), SOON)


def test_the_same_request_at_both_machines_is_done_once(machines: Machines) -> None:
    callers, mark = machines.callers("rep"), {"Idempotency-Key": "two-tasks"}
    body = {"title": "Call about the lens", "due_at": "2026-12-01T10:00:00+09:00", "assignee": "both"}
    answers: list[Any] = []
    threads = [threading.Thread(target=lambda ask=ask: answers.append(ask("/v1/tasks", body, **mark)))
               for ask in callers for _ in range(4)]  # fmt: skip
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert {status for status, _, _ in answers} <= {200, 409}  # 409: the first one is still under way
    assert 200 in {status for status, _, _ in answers}
    assert len(callers[0]("/v1/tasks?assignee=both")[1]["tasks"]) == 1


def test_who_is_erased_at_one_machine_is_unknown_to_the_other(machines: Machines) -> None:
    a, b = machines.callers("admin")
    assert b("/v1/customers/c05")[0] == 200
    offered(b, "c05")  # remembered there from now on
    assert a("/v1/customers/c05/erase", {})[0] == 200
    until(lambda: b("/v1/customers/c05")[0] == 404, SOON)
    assert b("/v1/customers/c05/whole")[0] == 404
    offered(b, "c05")  # as anybody whom nobody knows


def test_both_machines_take_up_what_was_learned_next(machines: Machines) -> None:
    made = learn(machines.shop, now=datetime.now(UTC), seed=1)
    callers = machines.callers("admin")
    until(lambda: {ask("/readyz")[1]["snapshot"] for ask in callers} == {made.snapshot_id}, 30)


class Ear:
    """A web server that keeps what it is told."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        ear = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                ear.keys.append(self.headers["Idempotency-Key"])
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def test_two_workers_give_each_task_once_in_turn_and_tell_each_change_once(machines: Machines) -> None:
    a, b = machines.callers("admin")
    ear = Ear()
    assert a("/v1/hooks/crm", {"url": ear.url, "topics": ["tasks"]}, "PUT")[0] == 200
    assert a("/v1/journeys/call-back", {"text": CALL}, "PUT")[0] == 200
    assert b("/v1/journeys/call-back/state", {"state": "running"})[0] == 200
    people = [f"c{n:02}" for n in range(10, 30)]
    command = [sys.executable, "-m", "tsuide", "worker", "--home", str(machines.a.home)]
    workers = [subprocess.Popen(command, env=os.environ | machines.environment, stderr=subprocess.DEVNULL)
               for _ in range(2)]  # fmt: skip
    try:
        for n, who in enumerate(people):
            ask = (a, b)[n % 2]
            assert ask("/v1/feedback", {"customer_id": who, "kind": "complaint", "id": f"two-{who}"})[0] == 200
        of = {"customers": lambda: [each for each in tasks_told(machines.shop, None, n=200)
                                    if each["customer_id"] in people]}  # fmt: skip
        until(lambda: len(of["customers"]()) >= len(people) and len(ear.keys) >= len(people), 60)
    finally:
        for each in workers:
            each.terminate()
        ended = [each.wait(60) for each in workers]
    assert set(ended) <= {0, -signal.SIGTERM}
    tasks = of["customers"]()
    assert sorted(each["customer_id"] for each in tasks) == people
    assert Counter(each["assignee"] for each in tasks) == {"ann": 10, "bob": 10}
    assert max(Counter(ear.keys).values()) == 1
    ear.server.shutdown()
    ear.server.server_close()
