"""Ten minutes of load on two workers: what they hold does not grow.

``TSUIDE_SOAK_SECONDS=60 python -m pytest -m soak tests/flows/test_memory.py`` is the short variant: the same bound
on less load, so it finds less.
"""

import json
import os
import shutil
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
GROWN_MB = 24.0  # between the third part and the last: arenas of the allocator, pages of the log; a leak of one KB a
# request would be hundreds of MB


def bodies(visitors: int) -> list[str]:
    """Pages and carts of many visitors: whatever is kept of a visitor shows."""
    pages = ({"placement": "home"}, {"placement": "product", "product_id": "cam-a"},
             {"placement": "cart", "cart": [{"product_id": "tea", "quantity": 2}]})  # fmt: skip
    return [json.dumps({**pages[n % len(pages)], "anonymous_id": f"v-{n}-%ID%"}) for n in range(visitors)]


@pytest.mark.soak
def test_memory_of_each_worker_is_flat_under_load(
    taught_home: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    home, counters = tmp_path / "home", tmp_path / "counters"
    shutil.copytree(taught_home, home)
    counters.mkdir()
    shop = open_shop(Settings(home=home))
    key, _ = create_key(shop, "soak", ["storefront"], datetime.now(UTC), Rate(0, 1))
    shop.close()

    def part(running: Running) -> tuple[Worker, ...]:
        seen: dict[str, Any] = loaded(running, "/v1/offers", key, bodies(500), connections=8, processes=2,
                                      seconds=SECONDS / PARTS)  # fmt: skip
        assert seen["failures"] == 0, seen["first_failure"]
        return workers_of(running.pid, counters)

    with server(home, 2, **{FOLDER: str(counters)}) as running:
        held = [part(running) for _ in range(PARTS)]
    early, late = ({each.pid: each for each in held[place]} for place in (2, -1))
    record_property("rss_mb", [[each.rss_mb for each in moment] for moment in held])
    assert early.keys() == late.keys()  # the same processes: none died and came again
    assert all(each.requests > 100 for each in late.values())
    grown = {pid: round(late[pid].rss_mb - early[pid].rss_mb, 1) for pid in early}
    assert max(grown.values()) < GROWN_MB, (grown, held)
