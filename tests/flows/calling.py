"""One caller of a running server, and waiting for what must come to pass."""

import contextlib
import http.client
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

CART = {"placement": "product", "product_id": "cam-a"}


class Caller:
    """Asks one server, each time on a connection of its own."""

    def __init__(self, url: str, key: str) -> None:
        self.netloc, self.key = urlsplit(url).netloc, key

    def __call__(
        self, path: str, body: object = None, method: str = "", **headers: str
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        with contextlib.closing(http.client.HTTPConnection(self.netloc, timeout=60)) as connection:
            sent = None if body is None else json.dumps(body)
            own = {"X-Api-Key": self.key, "Content-Type": "application/json"} | headers
            connection.request(method or ("GET" if body is None else "POST"), path, sent, own)
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, json.loads(answer.read()), told


def until(done: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.1)
