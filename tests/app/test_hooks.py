"""Webhooks: told in order, once taken never again, from where they stopped, and never into the house's own network."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from tsuide.app.doctor import examine
from tsuide.app.hooks import deliver_hooks, hooks_told, put_hook, remove_hook
from tsuide.app.tasks import add_task, settle_task
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.errors import BadValue, NotFound

NOW = datetime(2026, 6, 1, 1, tzinfo=UTC)


class Ear:
    """A web server that keeps what it is told, and answers as it is asked to."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.raw: list[bytes] = []
        self.status = 204
        ear = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if ear.status < 300:
                    ear.heard.append(json.loads(body))
                    ear.headers.append(dict(self.headers))
                    ear.raw.append(body)
                self.send_response(ear.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?x=1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def ear() -> Iterator[Ear]:
    made = Ear()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def shop(store_url: str, tmp_path: Path) -> Iterator[Shop]:
    settings = Settings(
        home=tmp_path / "home", database_url=store_url, carrier_secret=SecretStr("s"), inner_webhooks=True
    )  # fmt: skip
    opened = open_shop(settings)
    yield opened
    opened.close()


def test_what_happens_from_then_on_is_told_once_and_signed(shop: Shop, ear: Ear) -> None:
    add_task(shop, "before", NOW, NOW, 1)
    put_hook(shop, "crm", ear.url, ["tasks"], NOW)
    task = add_task(shop, "Call", NOW, NOW, 2)["id"]
    settle_task(shop, task, "done", NOW, who="ann")
    assert (deliver_hooks(shop, NOW), deliver_hooks(shop, NOW)) == (2, 0)
    assert [(each["event"]["deed"], each["event"]["who"]) for each in ear.heard] == [("made", None), ("done", "ann")]
    seconds, _, mac = ear.headers[0]["Tsuide-Signature"].partition(",v1=")
    signed = f"{seconds.removeprefix('t=')}.".encode() + ear.raw[0]
    assert mac == hmac.new(b"s", signed, hashlib.sha256).hexdigest()
    assert len({each["Idempotency-Key"] for each in ear.headers}) == 2


def test_who_takes_nothing_is_asked_again_later_and_then_told_everything_in_order(shop: Shop, ear: Ear) -> None:
    put_hook(shop, "crm", ear.url, [], NOW)
    for n in range(3):
        add_task(shop, f"{n}", NOW, NOW, n)
    ear.status = 500
    assert deliver_hooks(shop, NOW) == 0
    (told,) = hooks_told(shop)
    assert (told["error"][:8], told["again_at"]) == ("http_500", (NOW + timedelta(seconds=5)).isoformat())
    assert [each.grade for each in examine(shop.settings, NOW) if each.name == "webhooks"] == ["bad"]
    ear.status = 204
    assert deliver_hooks(shop, NOW + timedelta(seconds=4)) == 0
    assert deliver_hooks(shop, NOW + timedelta(seconds=5)) == 3
    assert [each["seq"] for each in ear.heard] == sorted(each["seq"] for each in ear.heard)
    assert (hooks_told(shop)[0]["error"], hooks_told(shop)[0]["failing_since"]) == (None, None)


def test_one_that_hangs_keeps_no_other_waiting_for_long_and_the_rest_grows(shop: Shop, ear: Ear) -> None:
    put_hook(shop, "away", "http://127.0.0.1:9/nobody", [], NOW)
    put_hook(shop, "crm", ear.url, [], NOW)
    add_task(shop, "Call", NOW, NOW, 1)
    assert deliver_hooks(shop, NOW) == 1
    at = NOW
    for rest in (5, 10, 20):
        told = next(each for each in hooks_told(shop) if each["id"] == "away")
        assert told["again_at"] == (at + timedelta(seconds=rest)).isoformat()
        at += timedelta(seconds=rest)
        deliver_hooks(shop, at)


def test_two_workers_tell_one_thing_once(shop: Shop, ear: Ear) -> None:
    put_hook(shop, "crm", ear.url, [], NOW)
    add_task(shop, "Call", NOW, NOW, 1)
    workers = [threading.Thread(target=deliver_hooks, args=(shop, NOW)) for _ in range(2)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    assert len(ear.heard) == 1


def test_an_address_within_the_house_is_not_asked_unless_that_is_allowed(shop: Shop, ear: Ear) -> None:
    strict = Shop(shop.settings.model_copy(update={"inner_webhooks": False}), shop.store)
    put_hook(strict, "crm", ear.url, [], NOW)
    add_task(strict, "Call", NOW, NOW, 1)
    assert deliver_hooks(strict, NOW) == 0
    assert ear.heard == []
    assert hooks_told(strict)[0]["error"].startswith("forbidden_address")


def test_what_cannot_be_is_refused_and_removing_is_undone_by_setting_again(shop: Shop) -> None:
    for given in (("crm", "ftp://x", []), ("crm", "https://x.jp", ["orders"]), ("\n", "https://x.jp", [])):
        with pytest.raises(BadValue):
            put_hook(shop, *given, NOW)
    kept = put_hook(shop, "crm", "https://x.jp/hook", ["deals"], NOW)
    assert remove_hook(shop, "crm") == kept
    assert hooks_told(shop) == []
    with pytest.raises(NotFound, match="hook list"):
        remove_hook(shop, "crm")
