"""Load on a server from a process of its own: so many connections, each asking again as soon as it is answered.

``python -m tsuide.app.bench.load JSON FILE`` writes what it saw into the file as one JSON object. The client is as thin
as can be (bytes over asyncio streams), because on a small machine it takes its time from the server that it measures.
"""

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any, Final
from urllib.parse import urlsplit

import uvloop

_OK: Final = b"HTTP/1.1 2"


@dataclass(frozen=True, slots=True)
class Load:
    """What to send.

    Args:
        url: of the server.
        path: of the request.
        key: API key.
        connections: how many ask at once.
        seconds: for how long.
        bodies: a file of bodies, one JSON document per line, used in turn; each ``%ID%`` becomes a new number. Before
            the document may stand headers of that request, each ended by a tab.
        name: goes into those numbers, so that two processes never send the same.
        per_second: requests that are sent a second, evenly, whether the former were answered or not; 0 = each
            connection asks again as soon as it is answered. A late answer counts from when its request was due.
    """

    url: str
    path: str
    key: str
    connections: int
    seconds: float
    bodies: str
    name: str
    per_second: float = 0.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What came back; times in milliseconds."""

    answers: int
    failures: int
    first_failure: str | None
    seconds: float
    latencies_ms: list[float]


async def run(load: Load) -> Seen:
    """Send for `seconds` and say what came back; the first tenth is not counted."""
    with open(load.bodies, "rb") as file:  # noqa: ASYNC230, PTH123 - before the measuring begins
        bodies = file.read().splitlines()
    found: list[tuple[float, float]] = []
    failures: list[str] = []
    begin = perf_counter()
    until = begin + load.seconds
    numbers = count()
    await asyncio.gather(
        *(_connection(load, _bodies(bodies, load.name, numbers, place), until, found, failures, place)
          for place in range(load.connections))
    )  # fmt: skip
    since = begin + load.seconds / 10
    counted = [ms for at, ms in found if at >= since]
    return Seen(len(counted), len(failures), failures[0] if failures else None, until - since, counted)


def _bodies(bodies: list[bytes], name: str, numbers: Iterator[int], place: int) -> Callable[[], bytes]:
    turns = count(place)

    def body() -> bytes:
        text = bodies[next(turns) % len(bodies)]
        if b"%ID%" not in text:
            return text
        parts = text.split(b"%ID%")
        marks = [f"{name}-{next(numbers)}".encode() for _ in parts[1:]]
        return b"".join(each for pair in zip(parts, [*marks, b""], strict=True) for each in pair)

    return body


async def _connection(
    load: Load,
    body: Callable[[], bytes],
    until: float,
    found: list[tuple[float, float]],
    failures: list[str],
    place: int,
) -> None:
    address = urlsplit(load.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    head = (
        f"POST {load.path} HTTP/1.1\r\nHost: {address.netloc}\r\nX-Api-Key: {load.key}\r\n"
        "Content-Type: application/json\r\nContent-Length: "
    ).encode()
    gap = load.connections / load.per_second if load.per_second else 0.0
    due = perf_counter() + gap * place / load.connections
    while perf_counter() < until:
        if gap and (early := due - perf_counter()) > 0:
            await asyncio.sleep(early)
        *own, content = body().split(b"\t")
        more = b"".join(b"\r\n" + header for header in own)
        start = due if gap else perf_counter()
        due += gap
        writer.write(head + str(len(content)).encode() + more + b"\r\n\r\n" + content)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        told = await reader.readexactly(length)
        end = perf_counter()
        found.append((end, (end - start) * 1000))
        if not answer.startswith(_OK):
            failures.append(told.decode("utf-8", "replace")[:300])
    writer.close()


def main() -> None:
    """Run what the first argument says; what it saw goes into the file that the second names."""
    load = Load(**json.loads(sys.argv[1]))
    seen: dict[str, Any] = asdict(uvloop.run(run(load)))
    Path(sys.argv[2]).write_text(json.dumps(seen), encoding="utf-8")


if __name__ == "__main__":
    main()
