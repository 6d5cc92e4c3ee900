"""How many events a server takes through `/v1/batch`, committed with a sync before each answer."""

import json
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from tsuide.app.bench.served import loaded, server
from tsuide.app.bench.workers import cpu_us_per_request, workers_of
from tsuide.app.keys import create_key
from tsuide.app.metrics import FOLDER
from tsuide.app.wiring import opened
from tsuide.config import Settings

PER_REQUEST: Final = 100
BUDGET: Final = 12_000  # events a second
_WARM_S: Final = 2.0  # of load that nobody counts
_CONTEXT: Final = {
    "library": {"name": "bench", "version": "1"},
    "locale": "ja-JP",
    "ip": "192.0.2.1",
    "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)",
    "page": {"path": "/products/1", "url": "https://shop.example.jp/products/1", "title": "商品"},
}


def bench_events(
    *,
    now: datetime,
    seconds: float = 10.0,
    workers: int = 2,
    connections: int = 8,
    tell: Callable[[str], None] = lambda _what: None,
) -> dict[str, Any]:
    """Two thirds views, the rest carts and searches, of visitors without and with a name, 100 a request.

    Args:
        now: this moment, UTC.
        seconds: how long; the first tenth is not counted.
        workers: of the server.
        connections: that send at once, from two processes.
        tell: what is being done.

    Returns:
        events_per_second (of answered requests: every event of theirs is on the disk), times_budget, requests' p50_ms,
        p90_ms, p99_ms, failures, kept (events in the store afterwards, with those of the warming), cpu_us_per_event
        (processor time of each worker for each event that it took).
    """
    with tempfile.TemporaryDirectory(prefix="tsuide-bench-") as folder:
        settings = Settings(home=Path(folder), currency="JPY")
        with opened(settings) as shop:
            key, _ = create_key(shop, "bench", ["storefront"], now)
        bodies = [_batch(turn, now) for turn in range(8)]
        counters = Path(folder) / "counters"
        counters.mkdir()
        with server(Path(folder), workers, **{FOLDER: str(counters)}) as running:
            tell("events")
            loaded(running, "/v1/batch", key, bodies, connections=connections, processes=2, seconds=_WARM_S)
            before = workers_of(running.pid, counters)
            seen = loaded(running, "/v1/batch", key, bodies, connections=connections, processes=2, seconds=seconds)
            taken = cpu_us_per_request(before, workers_of(running.pid, counters))
        with opened(settings) as shop:
            kept = shop.store.facts.counts()["events"]
    figures = {name: seen[name] for name in ("p50_ms", "p90_ms", "p99_ms", "failures", "first_failure")}
    rate = seen["per_second"] * PER_REQUEST
    return {
        "events_per_second": round(rate),
        "times_budget": round(rate / BUDGET, 2),
        "per_request": PER_REQUEST,
        "bytes_per_event": len(bodies[0].encode()) // PER_REQUEST,
        "workers": workers,
        "connections": connections,
        "kept": kept,
        "cpu_us_per_event": [round(each / PER_REQUEST, 1) for each in taken],
        **figures,
    }


def _batch(turn: int, now: datetime) -> str:
    items = []
    for place in range(PER_REQUEST):
        number = turn * PER_REQUEST + place
        event, properties = _EVENTS[number % len(_EVENTS)]
        who = {"anonymousId": f"visitor-{number % 97}"} if number % 3 else {"userId": f"customer-{number % 89}"}
        item = {"type": "track", "event": event, "messageId": "%ID%", "timestamp": now.isoformat(), **who}
        items.append(item | {"properties": {**properties, "product_id": f"p{number % 500}"}, "context": _CONTEXT})
    return json.dumps({"batch": items, "sentAt": now.isoformat()}, ensure_ascii=False)


_EVENTS: Final[list[tuple[str, dict[str, Any]]]] = [
    ("Product Viewed", {"name": "緑茶 100 g", "price": 860, "currency": "JPY", "category": "茶"}),
    ("Product Viewed", {"name": "カメラ", "price": 58_000, "currency": "JPY", "brand": "Aoba"}),
    ("Product Added", {"quantity": 1, "price": 860, "currency": "JPY", "cart_id": "c1"}),
    ("Products Searched", {"query": "抹茶"}),
    ("Product Viewed", {"name": "Tea cup", "price": 1_200, "currency": "JPY"}),
    ("Cart Viewed", {"cart_id": "c1", "products": [{"product_id": "p1", "quantity": 2}]}),
]
