"""kill -9 in the middle of load: every decision that was answered is in the store."""

import contextlib
import http.client
import json
import os
import signal
import socket
import threading
import time
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
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException, ValueError):
        for n in range(100_000):
            product = ("cam-a", "tea", "rice")[n % 3]
            body = {"placement": "product", "product_id": product, "anonymous_id": f"v{visitor}-{n % 20}"}
            connection.request("POST", "/v1/offers", json.dumps(body), headers)
            answer = connection.getresponse()
            read = answer.read()
            assert answer.status == 200
            answered.append(json.loads(read)["decision"])


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


def children_of(pid: int) -> set[int]:
    """Processes that a process started and that are still there."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            told = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue  # it ended while we looked
        if int(told[1]) == pid and told[0] != "Z":
            found.add(int(stat.parent.name))
    return found


def lives(pid: int) -> bool:
    """Whether a process is still at work."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_workers_end_when_their_supervisor_is_killed(taught_home: Path, start_server: Callable[..., Any]) -> None:
    server = start_server(taught_home, "--workers", "2")
    below = children_of(server.process.pid)
    assert len(below) >= 2
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    until = time.monotonic() + 60
    while any(map(lives, below)) and time.monotonic() < until:
        time.sleep(0.05)
    assert [each for each in below if lives(each)] == []
    with socket.socket() as again:  # and the port is free for the next server
        assert again.connect_ex(("127.0.0.1", int(urlsplit(server.url).port or 0))) != 0
