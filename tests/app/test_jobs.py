"""Long jobs in a real process: begun, followed, ended with a result or with the reason why not."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tsuide.app.jobs import Tell, begin_job, job_told, jobs_told, newest_result, run_job, wait_for
from tsuide.app.wiring import Shop
from tsuide.config import environment
from tsuide.errors import BadValue, Conflict, NothingLearned
from tsuide.store.jobs import SILENT


def now() -> datetime:
    return datetime.now(UTC)


def test_a_job_runs_in_a_process_of_its_own_and_leaves_its_result(small_shop: Shop) -> None:
    job = begin_job(small_shop, "learn", {"seed": 0}, "A", now(), 1)
    with pytest.raises(Conflict, match=job):
        begin_job(small_shop, "learn", {}, "A", now(), 2)
    ended = wait_for(small_shop, job, now, 120)
    assert (ended["state"], ended["result"]["orders"]) == ("done", 400)
    found = newest_result(small_shop, "learn")
    assert found is not None
    assert found[0]["snapshot"] == ended["result"]["snapshot"]


def written(shop: Shop, kind: str, moment: datetime) -> None:
    row = {"id": "j1", "kind": kind, "who": "A", "wanted": json.dumps({"n": 3})}
    shop.store.jobs.begin(row, moment)


def test_a_job_tells_how_far_it_is_and_why_it_failed(empty_shop: Shop) -> None:
    written(empty_shop, "count", now())

    def count(shop: Shop, wanted: Mapping[str, Any], tell: Tell, _now: datetime) -> dict[str, Any]:
        tell("half", 1, wanted["n"])
        while shop.store.jobs.one("j1")["step"] is None:
            pass
        raise NothingLearned("there is nothing", way_out="import orders")

    told = run_job(empty_shop, "j1", {"count": count}, now)
    assert (told["state"], told["step"], told["done"], told["total"]) == ("failed", "half", 1, 3)
    assert told["result"] == {"error": "there is nothing. Way out: import orders", "code": "nothing-learned"}
    with pytest.raises(BadValue, match="already"):
        run_job(empty_shop, "j1", {"count": count}, now)


def test_a_job_whose_process_was_killed_is_gone_after_a_while_and_another_may_begin(
    small_shop: Shop, start_killed: Callable[[Shop, str], None]
) -> None:
    begun = now()
    written(small_shop, "learn", begun)
    start_killed(small_shop, "j1")
    assert job_told(small_shop, "j1", now())["under_way"]
    later = now() + SILENT + timedelta(seconds=5)
    assert [each["state"] for each in jobs_told(small_shop, later)] == ["gone"]
    small_shop.store.jobs.begin({"id": "j2", "kind": "learn", "who": "A", "wanted": "{}"}, later)


@pytest.fixture
def start_killed() -> Callable[[Shop, str], None]:
    """Run a job's process and kill it when it has given a sign of life."""

    def run(shop: Shop, job: str) -> None:
        command = [sys.executable, "-m", "tsuide", "job", "run", job]
        process = subprocess.Popen(command, env=environment(shop.settings), stdout=subprocess.DEVNULL)
        while shop.store.jobs.one(job)["state"] == "waiting":
            assert process.poll() is None
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    return run
