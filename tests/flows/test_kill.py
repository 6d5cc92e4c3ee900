"""kill -9 in the middle of load: every decision that was answered is in the store."""

import http.client
import json
import os
import signal
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tsuide.app.keys import create_key
from tsuide.app.replaying import replay_decision
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings


def ask_on(url: str, key: str, visitor: int, answered: list[str]) -> None:
    """Ask on one connection until the server is gone; keep the id of every answer."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    headers = {"X-Api-Key": key, "Content-Type": "application/json"}
    try:
        for n in range(100_000):
            product = ("cam-a", "tea", "rice")[n % 3]
            body = {"placement": "product", "product_id": product, "anonymous_id": f"v{visitor}-{n % 20}"}
            connection.request("POST", "/v1/offers", json.dumps(body), headers)
            answer = connection.getresponse()
            read = answer.read()
            assert answer.status == 200
            answered.append(json.loads(read)["decision"])
    except (OSError, http.client.HTTPException, ValueError):
        return


def test_a_killed_server_loses_no_answered_decision(taught_home: Path, start_server: Callable[..., Any]) -> None:
    shop: Shop = open_shop(Settings(home=taught_home))
    key, _ = create_key(shop, "load", ["storefront"], datetime.now(UTC))
    server = start_server(taught_home)
    answered: list[list[str]] = [[] for _ in range(4)]
    callers = [threading.Thread(target=ask_on, args=(server.url, key, n, kept)) for n, kept in enumerate(answered)]
    for caller in callers:
        caller.start()
    while min(map(len, answered)) < 40:
        assert server.process.poll() is None
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    for caller in callers:
        caller.join()
    ids = [each for kept in answered for each in kept]
    assert len(ids) == len(set(ids)) >= 160
    for decision_id in ids:
        assert shop.store.decisions.get(decision_id)["id"] == decision_id
    assert replay_decision(shop, ids[-1]).same
    shop.close()
    again = start_server(taught_home)
    again.process.send_signal(signal.SIGINT)
    assert again.process.wait(20) == 0
