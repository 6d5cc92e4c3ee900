"""A webhook cannot be led into the house: by no form of an address, by no second look-up, by no redirect."""

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tsuide.outreach.channels.channel import Answer
from tsuide.outreach.channels.webhook import WebhookChannel

NOW = datetime(2026, 6, 1, tzinfo=UTC)
INSIDE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "224.0.0.1",
    "0.0.0.0",  # noqa: S104 - asked, not bound
    "::", "::1", "fe80::1%eth0", "fd00::1", "ff02::1",
    "::ffff:127.0.0.1",  # an IPv4 address in another dress …
    "::7f00:1", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1",  # … and in more
]  # fmt: skip


class Names:
    """Looks names up: answers in turn, the last one again and again."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, _host: str, port: int, **_: Any) -> list[tuple[Any, Any, int, str, tuple[Any, ...]]]:
        self.asked += 1
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [(socket.AF_INET6 if ":" in each else socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port))
                for each in found]  # fmt: skip


class Door:
    """A server of the house: counts who comes, and sends them elsewhere."""

    def __init__(self, elsewhere: str = "") -> None:
        self.came = 0
        door = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                door.came += 1
                self.send_response(307 if elsewhere else 204)
                if elsewhere:
                    self.send_header("Location", elsewhere)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def inner() -> Iterator[Door]:
    door = Door()
    yield door
    door.server.shutdown()
    door.server.server_close()


def posted(channel: WebhookChannel) -> Answer:
    return channel.post(b"{}", "key", "ref", NOW)


@pytest.mark.parametrize("address", INSIDE)
def test_no_form_of_an_inner_address_is_asked(address: str) -> None:
    names = Names([address])
    assert posted(WebhookChannel("http://hooks.example/", private=False, look_up=names)).code == "forbidden_address"
    assert names.asked == 1


def test_one_inner_address_among_open_ones_is_enough_to_refuse() -> None:
    names = Names(["93.184.216.34", "127.0.0.1"])
    assert posted(WebhookChannel("http://hooks.example/", private=False, look_up=names)).code == "forbidden_address"


def test_a_name_that_turns_inward_after_it_was_judged_is_not_looked_up_again(inner: Door) -> None:
    names = Names(["93.184.216.34"], ["127.0.0.1"])
    url = f"http://hooks.example:{inner.port}/"
    answer = posted(WebhookChannel(url, private=False, timeout=0.2, look_up=names))
    assert answer.state in {"waiting", "in_doubt", "failed"}
    assert (names.asked, inner.came) == (1, 0)
    assert posted(WebhookChannel(url, private=False, look_up=names)).code == "forbidden_address"


def test_a_redirect_is_not_followed(inner: Door) -> None:
    outer = Door(f"http://127.0.0.1:{inner.port}/")
    answer = posted(WebhookChannel(f"http://127.0.0.1:{outer.port}/"))
    outer.server.shutdown()
    outer.server.server_close()
    assert (answer.state, answer.code) == ("failed", "http_307")
    assert (outer.came, inner.came) == (1, 0)
