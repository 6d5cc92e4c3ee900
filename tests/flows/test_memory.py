"""Ten minutes of load on two workers, 70 % of what they can do: what they hold does not grow, nor how long they take.

``TSUIDE_SOAK_SECONDS=60 python -m pytest -m soak tests/flows/test_memory.py`` is the short variant: the same bound
on less load, so it finds less.
"""

import json
import os
import shutil
import statistics
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tsuide.app.bench.served import Running, loaded, server
from tsuide.app.bench.workers import Worker, workers_of
from tsuide.app.keys import create_key
from tsuide.app.limits import Rate
from tsuide.app.metrics import FOLDER
from tsuide.app.wiring import open_shop
from tsuide.config import Settings

SECONDS = float(os.environ.get("TSUIDE_SOAK_SECONDS", "600"))
PARTS = 10
SHARE = 0.7  # of the measured maximum
GROWN_FILES = 8  # connections to the store come and go
SLOWER = 2.0  # the last third of the run against the one before it, by medians: the machine has other things to do, too
GROWN_MB = 24.0  # between the third part and the last: arenas of the allocator, pages of the log; a leak of one KB a
# request would be hundreds of MB


def bodies(visitors: int) -> list[str]:
    """Pages and carts of many visitors: whatever is kept of a visitor shows."""
    pages = ({"placement": "home"}, {"placement": "product", "product_id": "cam-a"},
             {"placement": "cart", "cart": [{"product_id": "tea", "quantity": 2}]})  # fmt: skip
    return [json.dumps({**pages[n % len(pages)], "anonymous_id": f"v-{n}-%ID%"}) for n in range(visitors)]


@pytest.mark.soak
def test_memory_files_and_latency_of_each_worker_are_flat_under_load(
    taught_home: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    home, counters = tmp_path / "home", tmp_path / "counters"
    shutil.copytree(taught_home, home)
    counters.mkdir()
    shop = open_shop(Settings(home=home))
    key, _ = create_key(shop, "soak", ["storefront"], datetime.now(UTC), Rate(0, 1))
    shop.close()

    took: list[dict[str, Any]] = []

    def asked(running: Running, seconds: float, per_second: float = 0.0) -> dict[str, Any]:
        seen = loaded(running, "/v1/offers", key, bodies(500), connections=8, processes=2, seconds=seconds,
                      per_second=per_second)  # fmt: skip
        assert seen["failures"] == 0, seen["first_failure"]
        return seen

    def part(running: Running, per_second: float) -> tuple[Worker, ...]:
        took.append(asked(running, SECONDS / PARTS, per_second))
        return workers_of(running.pid, counters)

    with server(home, 2, **{FOLDER: str(counters)}) as running:
        asked(running, SECONDS / PARTS)  # warm
        most = asked(running, SECONDS / PARTS)["per_second"]
        held = [part(running, most * SHARE) for _ in range(PARTS)]
    told = {"most_per_second": most, "p50_ms": [each["p50_ms"] for each in took],
            "p99_ms": [each["p99_ms"] for each in took], "answers": sum(each["answers"] for each in took),
            "per_second": [each["per_second"] for each in took],
            "rss_mb": [[each.rss_mb for each in moment] for moment in held],
            "files": [[each.files for each in moment] for moment in held]}  # fmt: skip
    print(json.dumps(told))  # noqa: T201 - read by who runs the soak
    record_property("soak", told)
    early, late = ({each.pid: each for each in held[place]} for place in (2, -1))
    assert early.keys() == late.keys()  # the same processes: none died and came again
    assert all(each.requests > 100 for each in late.values())
    grown = {pid: round(late[pid].rss_mb - early[pid].rss_mb, 1) for pid in early}
    assert max(grown.values()) < GROWN_MB, (grown, held)
    opened = {pid: late[pid].files - early[pid].files for pid in early}
    assert max(opened.values()) <= GROWN_FILES, (opened, held)
    middle, last = (statistics.median(each["p50_ms"] for each in took[part]) for part in (slice(3, 6), slice(7, 10)))
    assert last <= max(SLOWER * middle, middle + 2.0), told
