"""How many due enrolments one worker advances, and what a million that wait cost it."""

import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final

from tsuide.app.journey_doors import ShopDoors
from tsuide.app.journey_work import JourneyWorker
from tsuide.app.journeys import put_journey, set_journey
from tsuide.app.learn import Progress
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.kit.clock import to_micros
from tsuide.outreach.message import Message, Sending
from tsuide.store.journeys import Begun

BUDGET: Final = 5_000  # advanced a second
_BEGIN: Final = datetime(2026, 6, 1, 1, tzinfo=UTC)
_LATER: Final = timedelta(days=300)
_AT_ONCE: Final = 10_000
_IDLE_S: Final = 10.0
_REST_S: Final = 0.5
_TURNS: Final = 20
_JOURNEY: Final = """
id: bench
names: {ja: 測定, en: Bench}
trigger: {order: {}}
steps:
  - {id: rest, wait: {for: 2d}}
  - {id: half, split: {random: {one: 50, two: 50}}}
  - {id: one, wait: {for: 1d, until: "10:00"}, next: last}
  - {id: two, await: {happens: order, at_most: 3d}}
  - {id: last, goal: {}}
"""


def bench_journeys(*, due: int = 100_000, waiting: int = 1_000_000, progress: Progress) -> dict[str, Any]:
    """Advance `due` enrolments beside `waiting` ones that have months to go.

    Args:
        due: enrolments that are due, each through waits, a split and to its end.
        waiting: enrolments that only wait.
        progress: told what is being done.

    Returns:
        advanced_per_second (moves of enrolments that were written down, a second of one worker), times_budget,
        waiting_mb (what the waiting ones add to the worker's memory), waiting_cpu (share of a core that it uses while
        nothing is due), seconds_to_enrol (all of them).
    """
    with tempfile.TemporaryDirectory(prefix="tsuide-bench-") as folder:
        shop = open_shop(Settings(home=Path(folder) / "home"))
        try:
            return _measured(shop, due, waiting, progress)
        finally:
            shop.close()


def _measured(shop: Shop, due: int, waiting: int, progress: Progress) -> dict[str, Any]:
    now = [_BEGIN]
    numbers = count(1)
    doors = ShopDoors(
        shop, lambda: now[0], numbers.__next__, send=_nothing, offered=lambda *_: False, posted=lambda *_: "taken"
    )
    worker = JourneyWorker(shop, doors, lambda: now[0], numbers.__next__)
    put_journey(shop, _JOURNEY, _BEGIN)
    set_journey(shop, "bench", "running", _BEGIN)
    worker.turn()
    home = shop.settings.home
    before = _memory_of_another(home)
    progress("waiting", 0, 3)
    begin = time.perf_counter()
    _enrol(shop, "w", waiting, _BEGIN + _LATER)
    took = time.perf_counter() - begin
    added = _memory_of_another(home) - before
    progress("idle", 1, 3)
    idle = _idle(worker)
    progress("due", 2, 3)
    _enrol(shop, "d", due, _BEGIN)
    moved, begin = 0, time.perf_counter()
    for day in range(8):
        now[0] = _BEGIN + timedelta(days=day)
        while walked := worker.turn().walked:
            moved += walked
    seconds = time.perf_counter() - begin
    ended = sum(row["n"] for row in shop.store.journeys.standing("bench") if row["state"] == "done")
    return {
        "advanced_per_second": round(moved / seconds),
        "times_budget": round(moved / seconds / BUDGET, 2),
        "advanced": moved,
        "ended": ended,
        "seconds": round(seconds, 2),
        "waiting": waiting,
        "waiting_mb": round(added, 1),
        "waiting_cpu": round(idle, 4),
        "seconds_to_enrol": round(took, 1),
    }


def _enrol(shop: Shop, prefix: str, many: int, due: datetime) -> None:
    at = to_micros(due)
    for first in range(0, many, _AT_ONCE):
        names = [f"{prefix}{n}" for n in range(first, min(first + _AT_ONCE, many))]
        shop.store.journeys.begin([Begun(name, "bench", 1, name, name, at, {}, None) for name in names], _BEGIN)


def _idle(worker: JourneyWorker) -> float:
    """The share of a core that turns with nothing due take, with the rest that a worker takes between them."""
    begin, used = time.perf_counter(), time.process_time()
    while time.perf_counter() - begin < _IDLE_S:
        worker.turn()
        time.sleep(_REST_S)
    return (time.process_time() - used) / (time.perf_counter() - begin)


def _memory_of_another(home: Path) -> float:
    """What a worker holds that begins now, in a process of its own; Linux only."""
    command = [sys.executable, "-m", "tsuide.app.bench.journeys", str(home)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603 - our own


def _memory_after_turns(home: Path) -> float:
    shop, numbers = open_shop(Settings(home=home)), count(1)
    doors = ShopDoors(
        shop, lambda: _BEGIN, numbers.__next__, send=_nothing, offered=lambda *_: False, posted=lambda *_: "taken"
    )
    worker = JourneyWorker(shop, doors, lambda: _BEGIN, numbers.__next__)
    for _ in range(_TURNS):
        worker.turn()
    told = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines())
    shop.close()
    return int(told["VmRSS"].split()[0]) / 1_024


def _nothing(message: Message) -> Sending:
    return Sending(message.key, "refused", "bench")


if __name__ == "__main__":
    sys.stdout.write(f"{_memory_after_turns(Path(sys.argv[1]))}\n")
