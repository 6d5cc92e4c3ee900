"""kill -9 of server, worker and learner at random points under load; then the books are compared.

Callers write down what was answered: orders, events, decisions, what became of offers, acceptances with their orders,
messages that were asked for. Afterwards each of these is in the store, once, and no advertisement came twice.

``TSUIDE_KILLS=50 python -m pytest -m soak tests/flows/test_random_kills.py`` is a shorter soak.
"""

import contextlib
import http.client
import json
import os
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.flows.calling import CART, Caller, until
from tests.flows.forking import Nursery, kill, lives

from tsuide.app.keys import create_key
from tsuide.app.learn import learn
from tsuide.app.limits import Rate
from tsuide.app.mail_templates import put_template
from tsuide.app.policies import put_in_force
from tsuide.app.replaying import replay_decision
from tsuide.app.signing import DEMO_TERMS, set_sale_terms
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.facts.consent import CONSENTS
from tsuide.facts.customers import CUSTOMERS
from tsuide.facts.schema import conform
from tsuide.mining.snapshot import open_snapshot
from tsuide.offers.policy.load import ready_text

HERE = Path(__file__).parent
KILLS = int(os.environ.get("TSUIDE_KILLS", "200"))
PEOPLE = 5_000
TIMES = 60.0  # a minute of the workers' is a second of ours, so that leases of the dead end while the test waits
SENDER = "\nsender: {name: S, address: A, opt_out: O}\n"
NOTE = "subject: {ja: x, en: x}\nbody: {ja: '{{ words(customer.greeting) }}', en: '{{ words(customer.greeting) }}'}\n"


def prepared(home: Path, url: str, fill_shop: Callable[[Shop], None], now: datetime) -> dict[str, str]:
    """A learned shop in which everybody may be written to; its keys."""
    shop = open_shop(Settings(home=home, database_url=url, language="en"))
    fill_shop(shop)
    ids = [f"m{n:04}" for n in range(PEOPLE)]
    people = [{"id": each, "email": f"{each}@example.jp", "language": "ja"} for each in ids]
    shop.store.facts.write_customers(conform(pl.DataFrame(people), CUSTOMERS))
    said = [{"customer_id": each, "purpose": "marketing", "channel": "email", "granted": True} for each in ids]
    frame = pl.DataFrame(said).with_columns(at=pl.lit(now), source=pl.lit("form"), evidence=pl.lit("x"))
    shop.store.facts.write_consents(conform(frame, CONSENTS))
    text = ready_text("standard").replace('quiet_hours: {start: "21:00", end: "8:00"}', "quiet_hours: off")
    put_in_force(shop, text.replace("holdout: 5%", "holdout: 0%") + SENDER, now)
    put_template(shop, "note", NOTE, now)
    put_template(shop, "must", NOTE + "purpose: transactional\n", now)
    set_sale_terms(shop, DEMO_TERMS, now)
    learn(shop, now=now, seed=0)
    keys = {scope: create_key(shop, scope, [scope], now, Rate(0, 1))[0] for scope in ("storefront", "admin")}
    shop.close()
    return keys


@dataclass
class Books:
    """What was answered."""

    orders: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    decisions: list[str] = field(default_factory=list)
    shown: list[tuple[str, str]] = field(default_factory=list)
    accepted: list[tuple[str, str]] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        return {name: len(getattr(self, name)) for name in self.__dataclass_fields__}


class Callers:
    """Threads that ask until told to end, each on with its own thing when one was answered."""

    def __init__(self, url: str, keys: dict[str, str], books: Books) -> None:
        self.page, self.server, self.books = Caller(url, keys["storefront"]), Caller(url, keys["admin"]), books
        self.ended = threading.Event()
        things = (self._order, self._behave, self._shop, self._accept, self._write_to)
        self.threads = [threading.Thread(target=self._on, args=(each,)) for each in things]

    def _on(self, thing: Callable[[int], None]) -> None:
        for n in range(1_000_000):
            while not self.ended.is_set():
                try:
                    thing(n)
                except (OSError, http.client.HTTPException, json.JSONDecodeError):
                    time.sleep(0.05)  # the server is gone: the same again, as any client of ours does
                    continue
                break
            if self.ended.is_set():
                return

    def _asked(self, caller: Caller, path: str, body: object, *may: int) -> tuple[int, dict[str, Any]]:
        status, told, _ = caller(path, body)
        if status >= 500:
            raise OSError(status)
        if status not in {200, *may}:
            self.books.wrong.append(f"{path}: {status} {told}")
        return status, told

    def _order(self, n: int) -> None:
        order = f"kill-{n}"
        body = {"id": order, "customer_id": f"c{n % 40:02}", "placed_at": datetime.now(UTC).isoformat(),
                "currency": "JPY", "lines": [{"product_id": "card", "quantity": 1, "unit_price": 3_000}]}  # fmt: skip
        self._asked(self.server, "/v1/orders", {"orders": [body]})
        self.books.orders.append(order)

    def _behave(self, n: int) -> None:
        ids = [f"act-{n}-{each}" for each in range(10)]
        batch = [{"type": "track", "event": "Product Viewed", "anonymousId": f"a{n}", "messageId": each,
                  "properties": {"product_id": "tea"}} for each in ids]  # fmt: skip
        self._asked(self.page, "/v1/batch", {"batch": batch})
        self.books.events += [f"segment:{each}" for each in ids]  # as the store has them

    def _shop(self, n: int) -> None:
        _, told = self._asked(self.page, "/v1/offers", CART | {"anonymous_id": f"v{n}"})
        self.books.decisions.append(told["decision"])
        outcomes = [{"offer_id": each["id"], "outcome": "shown"} for each in told["offers"]]
        if outcomes:
            self._asked(self.page, f"/v1/offers/{told['decision']}/outcomes", {"outcomes": outcomes})
            self.books.shown += [(told["decision"], each["offer_id"]) for each in outcomes]

    def _accept(self, n: int) -> None:
        _, told = self._asked(self.page, "/v1/offers", CART | {"anonymous_id": f"y{n}", "kinds": ["cross_sell"]})
        self.books.decisions.append(told["decision"])
        if not told["offers"]:
            return
        wanted = {"decision": told["decision"], "offer_id": told["offers"][0]["id"]}
        _, asked = self._asked(self.page, "/v1/acceptances", wanted)
        while not self.ended.is_set():  # the customer presses the button again until the page says that it was taken
            with contextlib.suppress(OSError, http.client.HTTPException, json.JSONDecodeError):
                self._asked(self.page, f"/v1/acceptances/{asked['token']}/confirm", {})
                _, order = self._asked(self.server, f"/v1/acceptances/{asked['id']}/order", {})
                self.books.accepted.append((asked["id"], order["order_id"]))
                return
            time.sleep(0.05)

    def _write_to(self, n: int) -> None:
        if n >= PEOPLE:
            self.ended.wait()
            return
        key = f"{('ad', 'must')[n % 2]}/{n}"
        body = {"key": key, "template": ("note", "must")[n % 2], "customer_id": f"m{n:04}", "now": False}
        self._asked(self.server, "/v1/outreach/messages", body)
        self.books.messages.append(key)
        self.ended.wait(0.05)


class House:
    """Server, workers and learner, each started again when it is gone."""

    def __init__(self, home: Path, url: str, post: str) -> None:
        self.home, self.url = home, url
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.env = {"TSUIDE_HOME": str(home), "TSUIDE_DATABASE_URL": url, "TSUIDE_SMTP": post,
                    "TSUIDE_MAIL_FROM": "s@example.com", "TSUIDE_PUBLIC_URL": "https://shop.example.com"}  # fmt: skip
        self.nursery = Nursery()
        begin = datetime.now(UTC).isoformat()
        worker = [str(home), url, post, str(TIMES), begin, str(time.time())]
        self.what: dict[str, tuple[list[str], Path | None]] = {
            "server": (["tsuide", "serve", "--port", str(self.port)], None),
            "worker 1": (["worker", *worker], HERE / "journey_worker.py"),
            "worker 2": (["worker", *worker], HERE / "journey_worker.py"),
            "learner": (["tsuide", "learn"], None),
        }
        self.pids: dict[str, int] = {}
        self.ends: Counter[str] = Counter()

    def lives(self, name: str) -> bool:
        return name in self.pids and lives(self.pids[name])

    def keep(self) -> None:
        """Start whoever is gone: a learner ends by itself when it is done."""
        for name, (argv, script) in self.what.items():
            if not self.lives(name):
                self.ends[name] += name in self.pids
                log = self.home / f"{name.split()[0]}.log"
                self.pids[name] = self.nursery.start(argv, log, self.env, script)

    def kill(self, name: str) -> bool:
        """Whether it lived until now."""
        return kill(self.pids[name])


@contextlib.contextmanager
def house_of(home: Path, url: str, post: str) -> Iterator[House]:
    house = House(home, url, post)
    try:
        yield house
    finally:
        house.nursery.close()


def ready(caller: Caller) -> bool:
    with contextlib.suppress(OSError, http.client.HTTPException, json.JSONDecodeError):
        return caller("/readyz")[0] == 200
    return False


def under_kills(tmp_path: Path, url: str, fill_shop: Callable[[Shop], None], office: Any, kills: int) -> Books:
    """Load, and so many kills; the books are compared when everything that waits has been done."""
    home, dice = tmp_path / "home", random.Random(kills)  # noqa: S311 - whom to kill when
    keys = prepared(home, url, fill_shop, datetime.now(UTC))
    books, killed = Books(), Counter[str]()
    with house_of(home, url, office.url) as house:
        house.keep()
        address = f"http://127.0.0.1:{house.port}"
        caller = Caller(address, keys["storefront"])
        until(lambda: ready(caller), 180)
        callers = Callers(address, keys, books)
        for each in callers.threads:
            each.start()
        try:
            while killed.total() < kills:
                _let_work(books, dice)
                house.keep()
                name = dice.choice([*house.what])
                if name == "server" and not ready(caller):
                    continue  # it is on its way up: it shall do something before it dies
                if house.kill(name):
                    killed[name] += 1
                    house.ends[name] -= 1  # not by itself
                house.keep()

            def up() -> bool:
                house.keep()
                return ready(caller)

            until(up, 180)
            time.sleep(3)
        finally:
            callers.ended.set()
            for each in callers.threads:
                each.join()
        shop = open_shop(Settings(home=home, database_url=url, language="en"))

        def settled() -> bool:
            house.keep()
            waiting = shop.store.inbox.in_state("waiting")
            states = Counter(row["state"] for row in _messages(shop).values())
            return not waiting and not states.keys() & {"waiting", "sending"}

        until(settled, 300)
        assert ready(caller)
    compare(shop, books, office)
    told = {"killed": dict(killed), "ended by themselves": dict(house.ends), "answered": books.counts()}
    print(json.dumps(told))  # noqa: T201 - read by who runs the soak
    (tmp_path / "told.json").write_text(json.dumps(told))
    shop.close()
    return books


def _let_work(books: Books, dice: random.Random) -> None:
    """Until some more was answered: a server that only starts and dies is no test."""
    before, wanted, end = sum(books.counts().values()), dice.randrange(1, 80), time.monotonic() + 6
    while sum(books.counts().values()) - before < wanted and time.monotonic() < end:
        time.sleep(0.02)


def _messages(shop: Shop) -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    after = ""
    while page := shop.store.outbox.listed(after=after, n=1_000):
        rows |= {row["key"]: row for row in page}
        after = page[-1]["id"]
    return rows


def compare(shop: Shop, books: Books, office: Any) -> None:
    assert books.wrong == []
    lines = Counter(shop.store.facts.order_lines()["order_id"].to_list())
    orders = Counter(shop.store.facts.orders()["id"].to_list())
    assert [each for each in books.orders if (orders[each], lines[each]) != (1, 1)] == []
    events = Counter(shop.store.facts.events()["id"].to_list())
    assert [each for each in books.events if events[each] != 1] == []
    rows, _ = shop.store.decisions.walk(1_000_000)
    decisions = Counter(row["id"] for row in rows)
    assert [each for each in books.decisions if decisions[each] != 1] == []
    assert all(replay_decision(shop, each).same for each in books.decisions[-10:])
    for decision, offer in books.shown[:: max(len(books.shown) // 200, 1)]:
        told = Counter((row["offer_id"], row["outcome"]) for row in shop.store.outcomes.of_decision(decision))
        assert told[offer, "shown"] == 1
    for acceptance, order in books.accepted:
        assert shop.store.confirmations.get(acceptance)["state"] in {"accepted", "used"}
        assert (orders[order], lines[order]) == (1, 1)
    assert len({order for _, order in books.accepted}) == len(books.accepted)  # one yes, one order
    kept = _messages(shop)
    assert set(books.messages) <= kept.keys()
    by_id = {row["id"]: key for key, row in kept.items()}
    letters = Counter(by_id[mail["X-Tsuide-Message"]] for mail in office.mails())
    assert [key for key in kept if key.startswith("ad/") and letters[key] > 1] == []  # no advertisement twice
    assert [key for key, row in kept.items() if row["state"] == "sent" and not letters[key]] == []
    assert [key for key in kept if key.startswith("must/") and not letters[key]] == []  # what must arrive has arrived
    doubtful = [key for key, row in kept.items() if row["state"] not in {"sent", "in_doubt"}]
    assert doubtful == []
    assert open_snapshot(shop.snapshots).refused == ()


def test_server_workers_and_learner_killed_under_load_lose_nothing_that_was_answered(
    tmp_path: Path, fill_shop: Callable[[Shop], None], post_office: Any, sqlite_url: str
) -> None:
    books = under_kills(tmp_path, sqlite_url, fill_shop, post_office, 8)
    counts = books.counts()
    assert all(counts[each] for each in ("orders", "events", "decisions", "shown", "accepted", "messages")), counts


@pytest.mark.soak
def test_two_hundred_random_kills_lose_nothing_that_was_answered_and_send_nothing_twice(
    tmp_path: Path, fill_shop: Callable[[Shop], None], post_office: Any, store_url: str
) -> None:
    under_kills(tmp_path, store_url, fill_shop, post_office, KILLS)
