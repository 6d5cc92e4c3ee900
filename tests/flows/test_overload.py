"""More requests than a server has places for: some are told at once to come again, the others are answered in time."""

import asyncio
import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tsuide.app.keys import create_key
from tsuide.app.limits import Rate
from tsuide.app.wiring import open_shop
from tsuide.config import Settings

PLACES = 16
SECONDS = float(os.environ.get("TSUIDE_SOAK_SECONDS", "60"))


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float
    at: float


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: str, path: str, body: bytes) -> Answer:
    """One request on an open connection."""
    begin = time.perf_counter()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nX-Api-Key: {key}\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    told = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in told[1:] if each)}
    content = await reader.readexactly(int(headers["content-length"]))
    end = time.perf_counter()
    return Answer(int(told[0].split()[1]), headers, content, end - begin, end)


async def crowd(url: str, key: str, connections: int, seconds: float, *, patient: bool) -> list[Answer]:
    """So many visitors, each asking again when answered; the patient ones wait as long as Retry-After says."""
    address = urlsplit(url)
    until = time.perf_counter() + seconds
    found: list[Answer] = []

    async def visitor(n: int) -> None:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        body = json.dumps({"placement": "product", "product_id": "cam-a", "anonymous_id": f"v{n}"}).encode()
        while time.perf_counter() < until:
            answer = await ask(reader, writer, key, "/v1/offers", body)
            found.append(answer)
            if patient and answer.status == 503:
                await asyncio.sleep(float(answer.headers["retry-after"]) * (0.5 + n / connections))
        writer.close()

    await asyncio.gather(*(visitor(n) for n in range(connections)))
    return found


def unlimited_key(home: Path) -> str:
    shop = open_shop(Settings(home=home))
    key, _ = create_key(shop, "crowd", ["storefront"], datetime.now(UTC), Rate(0, 1))
    shop.close()
    return key


def p99_ms(answers: list[Answer]) -> float:
    ordered = sorted(each.seconds for each in answers)
    return round(ordered[int(len(ordered) * 0.99)] * 1_000, 1)


def test_a_server_with_too_much_to_do_refuses_some_at_once_and_is_as_before_afterwards(
    taught_home: Path, start_server: Callable[..., Any]
) -> None:
    key = unlimited_key(taught_home)
    server = start_server(taught_home, settings={"TSUIDE_IN_FLIGHT": str(PLACES)})
    try:
        calm = asyncio.run(crowd(server.url, key, 4, 1.0, patient=False))
        assert {each.status for each in calm} == {200}  # fewer than there are places: nobody is refused
        rush = asyncio.run(crowd(server.url, key, 250, 4.0, patient=True))
        statuses = {each.status for each in rush}
        assert statuses == {200, 503}
        refused = next(each for each in rush if each.status == 503)
        told = json.loads(refused.body)
        assert (told["code"], told["status"], refused.headers["retry-after"]) == ("overloaded", 503, "1")
        assert refused.headers["content-type"] == "application/problem+json"
        assert told["request_id"] == refused.headers["x-request-id"]
        ids = [json.loads(each.body)["decision"] for each in rush if each.status == 200]
        assert len(ids) == len(set(ids)) > PLACES  # it worked on all the while, however slow the machine
        shop = server.shop()
        for each in ids[::10]:
            assert shop.store.decisions.get(each)["id"] == each
        shop.close()
        again = asyncio.run(crowd(server.url, key, 4, 1.0, patient=False))
        assert {each.status for each in again} == {200}
    finally:
        server.process.terminate()
        server.process.wait(60)


def test_who_watches_sees_a_full_server_and_pages_are_not_kept_from_offers(
    taught_home: Path, start_server: Callable[..., Any]
) -> None:
    """One place for each lane, held by a body that never comes."""
    key = unlimited_key(taught_home)
    server = start_server(taught_home, settings={"TSUIDE_IN_FLIGHT": "1"})
    address = urlsplit(server.url)

    async def held() -> dict[str, int]:
        _, holds = await asyncio.open_connection(address.hostname, address.port)
        holds.write(f"POST /v1/batch HTTP/1.1\r\nHost: x\r\nX-Api-Key: {key}\r\nContent-Length: 9\r\n\r\n".encode())
        await asyncio.sleep(0.5)
        found = {}
        for method, path in (("POST", "/v1/batch"), ("POST", "/v1/offers"), ("GET", "/readyz"), ("GET", "/metrics")):
            reader, writer = await asyncio.open_connection(address.hostname, address.port)
            body = b'{"placement": "home"}' if method == "POST" else b""
            head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nX-Api-Key: {key}\r\nConnection: close\r\n"
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            answer = await reader.read()
            found[path] = int(answer.split()[1])
            if path == "/metrics":
                assert b'tsuide_shed_total{lane="other"} 1.0' in answer
            writer.close()
        holds.close()  # who hangs up gives the place back
        await asyncio.sleep(0.5)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        found["again"] = (await ask(reader, writer, key, "/v1/batch", b'{"batch": []}')).status
        writer.close()
        return found

    try:
        seen = asyncio.run(held())
        assert seen.pop("again") != 503
        assert seen == {"/v1/batch": 503, "/v1/offers": 200, "/readyz": 200, "/metrics": 200}
    finally:
        server.process.terminate()
        server.process.wait(60)


@pytest.mark.soak
def test_who_is_let_in_is_answered_as_soon_in_a_rush_as_the_places_allow(
    taught_home: Path, tmp_path: Path, start_server: Callable[..., Any], record_property: Callable[[str, object], None]
) -> None:
    """Ten and a hundred times as many visitors: what changes is how many are refused, not how long the others wait."""
    home = tmp_path / "home"
    shutil.copytree(taught_home, home)
    key = unlimited_key(home)
    server = start_server(home, "--workers", "2", settings={"TSUIDE_IN_FLIGHT": "64"})
    try:
        seen = {}
        for connections in (8, 80, 800):
            answers = asyncio.run(crowd(server.url, key, connections, SECONDS / 4, patient=True))
            let_in = [each for each in answers if each.status == 200]
            assert {each.status for each in answers} <= {200, 503}
            seen[connections] = {
                "answered_per_second": round(len(let_in) / (SECONDS / 4)),
                "refused": len(answers) - len(let_in),
                "p99_ms": p99_ms(let_in),
            }
        record_property("crowd", seen)
        print(seen)  # noqa: T201 - read by who runs the soak
        assert seen[8]["refused"] == 0
        assert seen[800]["refused"] > 0
        assert seen[800]["answered_per_second"] > seen[80]["answered_per_second"] / 2  # refusing takes little
        assert seen[800]["p99_ms"] < 2_000
    finally:
        server.process.terminate()
        server.process.wait(60)
