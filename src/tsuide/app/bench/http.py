"""How many offers a server decides over HTTP, each in the journal before its answer, beside the framework's ceiling."""

import json
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from tsuide.app.bench.served import Running, loaded, server
from tsuide.app.bench.workers import cpu_us_per_request, workers_of
from tsuide.app.customer_tokens import customer_secret, customer_token
from tsuide.app.demo import prepare
from tsuide.app.keys import create_key
from tsuide.app.learn import Progress
from tsuide.app.limits import Rate
from tsuide.app.metrics import FOLDER
from tsuide.app.wiring import Shop, opened
from tsuide.config import Settings
from tsuide.errors import TooFewData, Unavailable, UnknownDecision

BUDGET: Final = 3_000  # offers a second
_P90_MS: Final = 5
_P99_MS: Final = 15
_BODIES: Final = 4_000
_CUSTOMERS: Final = 500
_PRODUCTS: Final = 500
_PLACEMENTS: Final = ("product", "cart", "product", "home")
_STEP_S: Final = 0.02
_PATIENCE_S: Final = 60.0
_IN_A_ROW: Final = 8  # decisions, of whichever worker, that must know of a new order
_WARM: Final = 300  # requests that each worker has answered before any is counted
_WARM_S: Final = 2.0  # of load at a time, until each worker is warm
_WARM_TURNS: Final = 30
_TOKEN: Final = "X-Customer-Token: "  # noqa: S105 - the header's name
_TOKEN_LIFE: Final = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the load asks, with which keys; and who will buy what they have not bought yet."""

    key: str
    admin: str
    bodies: list[str]
    buyer: str
    token: str
    unowned: str


def bench_http(
    home: Path | None,
    *,
    now: datetime,
    seconds: float = 10.0,
    workers: int = 2,
    connections: int = 8,
    processes: int = 2,
    progress: Progress,
) -> dict[str, Any]:
    """Offers a second for a shop of real size; half of the visitors are known customers, half are not.

    Twice: while known customers come whom their worker has not seen this hour (what is foreseen of a customer is kept
    for an hour), then while the same ones go on. In the second an order is placed.

    Args:
        home: of a learned shop, which is copied first, so that nothing of it changes; None = the demo, made anew.
        now: this moment, UTC.
        seconds: how long; the first tenth is not counted.
        workers: of the server.
        connections: that ask at once, from `processes` processes.
        processes: of the load; the machine's cores are shared with it.
        progress: told what is being done.

    Returns:
        offers_per_second, p50_ms, p90_ms, p99_ms, longest_ms (all of customers who go on), coming_per_second,
        coming_p50_ms, coming_p90_ms, coming_p99_ms (while they come), ceiling_per_second (the same framework answering
        a constant, same load, same run), share_of_ceiling, times_budget, cpu_us_per_request (processor time of each
        worker for each request that it answered, of all its threads), order_to_offer_ms (a new order is placed under
        that load, and this long after it the product is owned in that customer's decision; None where that took
        longer than a minute), rss_mb_start, rss_mb_end (of each worker), failures.

    Raises:
        TooFewData: the shop has no orders of known customers.
        Unavailable: a server did not come up.
        MissingExtra: the demo's data are not installed.
    """
    with tempfile.TemporaryDirectory(prefix="tsuide-bench-") as folder:
        own = Path(folder) / "home"
        if home is not None and (home / "snapshots").is_dir():
            progress("copy of the shop", 0, 4)
            shutil.copytree(home, own)
        settings = Settings(home=own)
        with opened(settings) as shop:
            prepare(shop, now=now, seed=0, progress=progress)
            asked = asked_of(shop, now)
        progress("ceiling", 2, 4)
        with _constant(workers) as ceiling_at:
            ceiling = loaded(ceiling_at, "/v1/offers", asked.key, asked.bodies, connections=connections,
                             processes=processes, seconds=max(seconds / 2, 2.0))  # fmt: skip
        progress("offers", 3, 4)
        counters = Path(folder) / "counters"
        counters.mkdir()
        with server(own, workers, **{FOLDER: str(counters)}) as running:
            warm(running, asked, counters, connections, processes)
            coming = loaded(running, "/v1/offers", asked.key, asked.bodies, connections=connections,
                            processes=processes, seconds=seconds)  # fmt: skip
            before = workers_of(running.pid, counters)
            fresh = _Fresh(running, settings, asked, now, after=seconds / 2)
            fresh.start()
            seen = loaded(running, "/v1/offers", asked.key, asked.bodies, connections=connections,
                          processes=processes, seconds=seconds)  # fmt: skip
            after = workers_of(running.pid, counters)
            fresh.join(_PATIENCE_S)
    rate = seen["per_second"]
    figures = {name: seen[name] for name in ("p50_ms", "p90_ms", "p99_ms", "longest_ms", "failures", "first_failure")}
    return {
        "offers_per_second": round(rate),
        **figures,
        "coming_per_second": round(coming["per_second"]),
        **{f"coming_{name}": coming[name] for name in ("p50_ms", "p90_ms", "p99_ms")},
        "ceiling_per_second": round(ceiling["per_second"]),
        "ceiling_p99_ms": ceiling["p99_ms"],
        "share_of_ceiling": round(rate / max(ceiling["per_second"], 1.0), 3),
        "times_budget": round(rate / BUDGET, 2),
        "within_budget": bool(rate >= BUDGET and seen["p90_ms"] <= _P90_MS and seen["p99_ms"] <= _P99_MS),
        "cpu_us_per_request": cpu_us_per_request(before, after),
        "order_to_offer_ms": fresh.took_ms,
        "rss_mb_start": [each.rss_mb for each in before],
        "rss_mb_end": [each.rss_mb for each in after],
        "workers": workers,
        "connections": connections,
        "seconds": seconds,
    }


def asked_of(shop: Shop, now: datetime) -> Asked:
    """Product pages, carts of three and home pages of the products that sell; half by customers, proven by a token."""
    bought = shop.store.facts.purchases()
    top = bought["product_id"].value_counts(sort=True)["product_id"].head(_PRODUCTS).to_list()
    customers = bought["customer_id"].drop_nulls().unique().sort().head(_CUSTOMERS).to_list()
    if not customers or len(top) < 3:  # noqa: PLR2004 - a cart of three
        raise TooFewData("no orders of known customers", key="orders", value=len(bought))
    rng = random.Random(0)  # noqa: S311 - a load, not a secret
    secret, until = customer_secret(shop, now), now + _TOKEN_LIFE
    bodies = []
    for turn in range(_BODIES):
        placement = _PLACEMENTS[turn % len(_PLACEMENTS)]
        body: dict[str, Any] = {"placement": placement}
        if placement == "product":
            body["product_id"] = rng.choice(top)
        elif placement == "cart":
            body["cart"] = [{"product_id": each} for each in rng.sample(top, 3)]
        header = ""
        if (turn // len(_PLACEMENTS)) % 2:
            body["customer_id"] = rng.choice(customers)
            header = f"{_TOKEN}{customer_token(body['customer_id'], secret, until)}\t"
        else:
            body["anonymous_id"] = f"visitor-{rng.randrange(10_000)}"
        bodies.append(header + json.dumps(body))
    key, _ = create_key(shop, "bench", ["storefront"], now, Rate(0, 1))
    admin, _ = create_key(shop, "bench orders", ["admin"], now)
    buyer = str(customers[0])
    has = set(shop.store.facts.owned(buyer)["product_id"].to_list())
    unowned = next(each for each in top if each not in has)
    return Asked(key, admin, bodies, buyer, customer_token(buyer, secret, until), unowned)


def warm(running: Running, asked: Asked, counters: Path, connections: int, processes: int) -> None:
    """The first requests of every worker, which nobody measures: the same load, until each has had its share.

    Raises:
        Unavailable: a worker got none.
    """
    for _ in range(_WARM_TURNS):
        loaded(running, "/v1/offers", asked.key, asked.bodies, connections=connections, processes=processes,
               seconds=_WARM_S)  # fmt: skip
        if min(each.requests for each in workers_of(running.pid, counters)) >= _WARM:
            return
    raise Unavailable("a worker was not warm in time", key="requests", value=_WARM)


class _Fresh(threading.Thread):
    """Places one order while the load runs, and asks until every decision for the buyer knows of it."""

    def __init__(self, running: Running, settings: Settings, asked: Asked, now: datetime, after: float) -> None:
        super().__init__(daemon=True)
        self._running = running
        self._settings = settings
        self._asked = asked
        self._now = now
        self._after = after
        self.took_ms: float | None = None

    def run(self) -> None:
        time.sleep(self._after)
        asked, url = self._asked, self._running.url
        order: dict[str, Any] = {
            "id": "bench-fresh",
            "placed_at": self._now.isoformat(),
            "currency": self._settings.currency,
        }
        order |= {"customer_id": asked.buyer, "lines": [{"product_id": asked.unowned, "unit_price": 100}]}
        body = json.dumps({"placement": "home", "customer_id": asked.buyer})
        with opened(self._settings) as shop:
            _post(url, "/v1/orders", asked.admin, json.dumps({"orders": [order]}))
            start, newest, knew = time.perf_counter(), shop.store.facts.sequence(), 0
            first_of_all = start
            while knew < _IN_A_ROW and time.perf_counter() - start < _PATIENCE_S:
                begun = time.perf_counter()
                decision = _post(url, "/v1/offers", asked.key, body, asked.token)["decision"]
                try:
                    record = json.loads(shop.store.decisions.get(decision)["record"])
                except UnknownDecision:  # answered before the store had it: its record follows
                    knew = 0
                    continue
                owned = {each["product_id"] for each in record["customer"].get("owned", [])}
                if record["sequence"] >= newest and asked.unowned in owned:
                    first_of_all, knew = (begun if knew == 0 else first_of_all), knew + 1
                else:
                    knew = 0
            if knew == _IN_A_ROW:
                self.took_ms = round((first_of_all - start) * 1_000, 1)


@contextmanager
def _constant(workers: int) -> Iterator[Running]:
    """The framework alone, on a free port."""
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [sys.executable, "-m", "tsuide.app.bench.constant", str(port), str(workers)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)  # noqa: S603 - our own arguments
    try:
        url = f"http://127.0.0.1:{port}"
        _until_it_answers(url)
        yield Running(url, process.pid)
    finally:
        process.terminate()
        process.wait(30)


def _until_it_answers(url: str) -> None:
    until = time.monotonic() + _PATIENCE_S * 3
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=2):  # noqa: S310 - our own server
                return
        except (urllib.error.URLError, OSError):
            time.sleep(_STEP_S)
    raise Unavailable("the bare framework did not come up", key="url", value=url)


def _post(url: str, path: str, key: str, body: str, token: str = "") -> Any:  # noqa: ANN401 - JSON
    headers = {"X-Api-Key": key, "Content-Type": "application/json"} | ({"X-Customer-Token": token} if token else {})
    request = urllib.request.Request(f"{url}{path}", body.encode(), headers)  # noqa: S310 - our own server
    with urllib.request.urlopen(request, timeout=_PATIENCE_S) as answer:  # noqa: S310 - as above
        return json.load(answer)
