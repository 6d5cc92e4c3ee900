"""How cost grows with the shop: import, learn, decide and HTTP at the demo's size and multiples of it.

A multiple is made of copies: every customer and order again under a new id, some minutes earlier, and in each copy a
tenth of the lines trade their product with another line of the same category, so that no two copies hold the same
baskets, and each product and each customer sells and buys as before. Products stay the same: a shop has more customers.

Each step of each multiple runs in a process of its own; what counts is time on the processor, of all its threads, which
neighbours on the machine hardly move.
"""

import math
import shutil
import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from tsuide.app.bench.decide import bench_decide
from tsuide.app.bench.http import asked_of, warm
from tsuide.app.bench.measured import Said, measured
from tsuide.app.bench.multiplied import MARK, orders_again, people_again, renamed
from tsuide.app.bench.served import loaded, server
from tsuide.app.bench.workers import cpu_us_per_request, workers_of
from tsuide.app.demo import demo_policy, prepare, put_in_force_once
from tsuide.app.importing import import_file, read_file, unambiguous
from tsuide.app.learn import Progress, learn
from tsuide.app.loading import load
from tsuide.app.metrics import FOLDER
from tsuide.app.policies import active_policy
from tsuide.app.wiring import opened
from tsuide.config import Settings
from tsuide.errors import BadValue
from tsuide.intake.complete_journey import CURRENCY
from tsuide.intake.settings import IntakeSettings

TIMES: Final = (1, 3, 10)
MOST_EXPONENT: Final = 1.1  # of import and learning
MOST_APART: Final = 0.2  # of a decision at any size from one at the demo's
_TRADED: Final = 0.1
_DECISIONS: Final = 3_000
_HTTP_S: Final = 8.0
_CONNECTIONS: Final = 8
_MODULE: Final = "tsuide.app.bench.scale"


def bench_scale(
    home: Path | None,
    *,
    now: datetime,
    times: Sequence[int] = TIMES,
    folder: Path | None = None,
    progress: Progress,
) -> dict[str, Any]:
    """Import, learn, decide and serve at each multiple, and the exponent of cost by lines for each of them.

    Args:
        home: of the demo, as `tsuide demo` makes it; it is copied first. None = made anew.
        now: this moment, UTC.
        times: multiples of the demo's data, rising.
        folder: where homes are made (at 10 ×: 4 GB); None = the machine's place for what passes. Removed at the end.
        progress: told what is being done.

    Returns:
        steps: by multiple and step what was measured; exponent: by step the slope of log cost over log lines by
        least squares; exponent_last: the same of the last two multiples alone (what every run costs anyway weighs less
        there); ratio: by step the cost at the largest multiple beside that at the smallest; within: whether the
        targets are met.

    Raises:
        BadValue: fewer than two multiples, or not rising.
        MissingExtra: the demo's data are not installed.
        Unavailable: a step failed.
    """
    if len(times) < 2 or list(times) != sorted(set(times)) or times[0] < 1:  # noqa: PLR2004 - a slope takes two
        raise BadValue("not multiples", key="times", value=list(times), way_out="1,3,10")
    with tempfile.TemporaryDirectory(prefix="tsuide-scale-", dir=folder) as made:
        place, all_steps = Path(made), len(times) * 4 + 1
        progress("the demo", 0, all_steps)
        _base(home, place, now, progress)
        told: list[dict[str, Any]] = []
        for nth, many in enumerate(times):

            def tell(what: str, step: int, nth: int = nth, many: int = many) -> None:
                progress(f"{many} ×: {what}", 1 + nth * 4 + step, all_steps)

            told.append(_multiple(place, many, now, tell))
    return judged(told)


def _base(home: Path | None, place: Path, now: datetime, progress: Progress) -> None:
    """The demo's facts as files, from which every multiple is made."""
    own = place / "demo"
    if home is not None and (home / "snapshots").is_dir():
        shutil.copytree(home, own)
    with opened(Settings(home=own)) as shop:
        prepare(shop, now=now, seed=0, progress=progress)
        facts = shop.store.facts
        frames = {"orders": facts.orders(), "lines": facts.order_lines(), "products": facts.products()}
        frames |= {"customers": facts.customers(), "consents": facts.consents()}
    for name, frame in frames.items():
        frame.write_parquet(place / f"{name}.parquet")
    shutil.rmtree(own)


def _multiple(place: Path, many: int, now: datetime, tell: Callable[[str, int], None]) -> dict[str, Any]:
    given = {"times": many, "now": now.isoformat()}
    tell("import", 0)
    found: dict[str, Any] = {"times": many, "import": measured(f"{_MODULE}:importing", place, given, repeats=1)}
    tell("learn", 1)
    found["learn"] = measured(f"{_MODULE}:learning", place, given, repeats=1)
    tell("decide", 2)
    found["decide"] = measured(f"{_MODULE}:deciding", place, given, repeats=1)
    tell("http", 3)
    found["http"] = _served(place / f"x{many}", now)
    found["disk_mb"] = round(sum(each.stat().st_size for each in (place / f"x{many}").rglob("*")) / 1e6)
    shutil.rmtree(place / f"x{many}")
    return found


def judged(steps: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What was measured, with slopes and whether the targets are met.

    Args:
        steps: by multiple: times, import (lines, cpu_seconds …), learn (cpu_seconds …), decide (cpu_mean_ms …), http.

    >>> step = {"import": {"lines": 100, "cpu_seconds": 1.0}, "learn": {"cpu_seconds": 2.0}}
    >>> step |= {"times": 1, "decide": {"cpu_mean_ms": 0.5}, "http": {"cpu_us": 900}}
    >>> more = {"import": {"lines": 1000, "cpu_seconds": 10.0}, "learn": {"cpu_seconds": 40.0}}
    >>> more |= {"times": 10, "decide": {"cpu_mean_ms": 0.55}, "http": {"cpu_us": 900}}
    >>> found = judged([step, more])
    >>> found["exponent"], found["within"]
    ({'import': 1.0, 'learn': 1.301, 'decide': 0.041, 'http': 0.0}, {'import': True, 'learn': False, 'decide': True})
    """
    lines = [float(each["import"]["lines"]) for each in steps]
    figure = {"import": "cpu_seconds", "learn": "cpu_seconds", "decide": "cpu_mean_ms", "http": "cpu_us"}
    costs = {step: [float(each[step][name]) for each in steps] for step, name in figure.items()}
    exponent = {step: _slope(lines, cost) for step, cost in costs.items()}
    apart = max(abs(cost / costs["decide"][0] - 1) for cost in costs["decide"])
    within = {step: exponent[step] <= MOST_EXPONENT for step in ("import", "learn")}
    return {
        "exponent": exponent,
        "exponent_last": {step: _slope(lines[-2:], cost[-2:]) for step, cost in costs.items()},
        "ratio": {step: round(cost[-1] / cost[0], 3) for step, cost in costs.items()},
        "within": within | {"decide": apart <= MOST_APART},
        "steps": list(steps),
    }


def _slope(lines: Sequence[float], cost: Sequence[float]) -> float:
    x, y = ([math.log(each) for each in values] for values in (lines, cost))
    return round(float(np.polyfit(x, y, 1)[0]), 3) + 0.0


def copied(
    orders: pl.DataFrame, lines: pl.DataFrame, categories: pl.DataFrame, copy: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Orders and lines once more under new ids; a tenth of the lines trade products within their category.

    Args:
        orders: of ORDERS.
        lines: of ORDER_LINES.
        categories: id, category (text) of products.
        copy: from 1; 0 gives what came in. The same number gives the same copy.
    """
    if copy == 0:
        return orders, lines
    rng = np.random.default_rng(copy)
    known = lines.join(categories, left_on="product_id", right_on="id", how="left", maintain_order="left")
    rows = np.flatnonzero(rng.random(len(lines)) < _TRADED)
    kind = known["category"].fill_null("").rank("dense").to_numpy()[rows]
    given, taken = rows[np.argsort(kind, kind="stable")], rows[np.lexsort((rng.random(len(rows)), kind))]
    place = np.arange(len(lines))
    place[given] = taken
    traded = lines["product_id"].gather(place)
    ours = renamed(lines, copy, "order_id").with_columns(traded.alias("product_id"))
    return orders_again(orders, copy), ours


def importing(folder: Path, arguments: dict[str, Any]) -> Callable[[], Callable[[], Said]]:
    """A home with so many times the demo's data: a CSV file of orders for each copy, read and written as any shop's."""
    many, now = int(arguments["times"]), datetime.fromisoformat(arguments["now"])
    frames = {name: pl.read_parquet(folder / f"{name}.parquet") for name in ("orders", "lines", "products")}
    people, consents = (pl.read_parquet(folder / f"{name}.parquet") for name in ("customers", "consents"))
    categories = frames["products"].select("id", category=pl.col("category").cast(pl.List(pl.String)).list.join(">"))
    files = [folder / f"orders-{many}-{copy}.csv" for copy in range(many)]
    for copy, file in enumerate(files):
        _write(*copied(frames["orders"], frames["lines"], categories, copy), file)
    products = frames["products"]
    del frames
    home = folder / f"x{many}"

    def run() -> Callable[[], Said]:
        with opened(Settings(home=home, currency=CURRENCY)) as shop:
            facts = shop.store.facts
            facts.write_products(products)
            for copy, file in enumerate(files):
                facts.write_customers(people_again(people, copy))
                facts.write_consents(renamed(consents, copy, "customer_id"))
                read = read_file(file, "orders")
                unambiguous(read.mapping)
                import_file(facts, read, IntakeSettings(now=now, currency=CURRENCY, zone="UTC"))
            counts = facts.counts()
            put_in_force_once(shop, now, demo_policy())
        for file in files:
            file.unlink()
        return lambda: {"lines": counts["order_lines"], "orders": counts["orders"], "customers": counts["customers"]}

    return run


def _write(orders: pl.DataFrame, lines: pl.DataFrame, file: Path) -> None:
    """As a shop's export: a row for each line, prices with their decimals."""
    rows = lines.join(orders, left_on="order_id", right_on="id", how="left", maintain_order="left")
    rows.select(
        "order_id", "customer_id", "product_id", "quantity",
        placed_at=pl.col("placed_at").dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        unit_price=pl.col("unit_price").cast(pl.Decimal(18, 2)) / 100,
    ).write_csv(file)  # fmt: skip


def learning(folder: Path, arguments: dict[str, Any]) -> Callable[[], Callable[[], Said]]:
    """Learn everything of one multiple."""
    home, now = folder / f"x{arguments['times']}", datetime.fromisoformat(arguments["now"])

    def run() -> Callable[[], Said]:
        with opened(Settings(home=home, currency=CURRENCY)) as shop:
            done = learn(shop, now=now, seed=0)
        steps = {name: round(seconds, 2) for name, seconds in sorted(done.seconds.items(), key=lambda each: -each[1])}
        return lambda: {"complement_pairs": done.complement_pairs, "steps": steps, "left_out": done.left_out}

    return run


def deciding(folder: Path, arguments: dict[str, Any]) -> Callable[[], Callable[[], Said]]:
    """Decide in process for households of one multiple: the full policy, at least 300 candidates a request."""
    with opened(Settings(home=folder / f"x{arguments['times']}", currency=CURRENCY)) as shop:
        purchases = shop.store.facts.purchases()
        known = purchases.filter(~pl.col("customer_id").str.contains(MARK, literal=True))  # the same at each multiple
        state, policy = load(shop).state, active_policy(shop, datetime.fromisoformat(arguments["now"]))
    last = known["placed_at"].max()
    if not isinstance(last, datetime):
        raise BadValue("no orders", key="times", value=arguments["times"])
    moment = last + timedelta(hours=3)

    def run() -> Callable[[], Said]:
        found = bench_decide(state, known, policy, now=moment, seed=0, decisions=_DECISIONS)
        return lambda: found

    return run


def _served(home: Path, now: datetime) -> dict[str, Any]:
    """Offers over HTTP from one server process: processor time of an answer, memory of the process."""
    with opened(Settings(home=home, currency=CURRENCY)) as shop:
        asked = asked_of(shop, now)
    with (
        tempfile.TemporaryDirectory(prefix="tsuide-counters-") as counters,
        server(home, 2, **{FOLDER: counters}) as running,
    ):
        warm(running, asked, Path(counters), _CONNECTIONS, 1)
        before = workers_of(running.pid, Path(counters))
        seen = loaded(running, "/v1/offers", asked.key, asked.bodies, connections=_CONNECTIONS, processes=1,
                      seconds=_HTTP_S)  # fmt: skip
        after = workers_of(running.pid, Path(counters))
    cpu = cpu_us_per_request(before, after)
    figures = {name: seen[name] for name in ("p50_ms", "p99_ms", "failures")}
    return {
        "cpu_us": round(sum(cpu) / len(cpu)), "per_second": round(seen["per_second"]), **figures,
        "rss_mb": [each.rss_mb for each in after],
    }  # fmt: skip
