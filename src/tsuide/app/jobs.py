"""Long jobs: wanted by a page, run in a process of their own, followed from anywhere, kept with their result.

A job survives the page that wanted it and the server that began it. Its process tells how far it is every second; one
that says nothing for two minutes is taken for gone, and another of its kind may begin.
"""

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, TypeAlias

from tsuide.app.wiring import Shop
from tsuide.config import environment
from tsuide.errors import BadValue, Conflict, TsuideError, Unavailable
from tsuide.kit.clock import from_micros, to_micros
from tsuide.kit.ids import time_id
from tsuide.store.jobs import SILENT

Tell: TypeAlias = Callable[[str, int, int], None]
"""How far a job is: the step (a word), how much of it is done, of how much (0 = unknown)."""
Work: TypeAlias = Callable[[Shop, Mapping[str, Any], Tell, datetime], Mapping[str, Any]]
"""What a job does: the shop, what was wanted, whom to tell, and when it began; its result as plain values."""
_SIGN_S: Final = 1.0
_CUT: Final = 2_000
_LOOKED_AT: Final = 200


def to_nobody(_step: str, _done: int, _total: int) -> None:
    """A `Tell` that nobody hears."""


def begin_job(
    shop: Shop, kind: str, wanted: Mapping[str, Any], who: str, now: datetime, entropy: int, *, alone: bool = True
) -> str:
    """Write a job down and start its process; its id.

    Raises:
        Conflict: another of its kind is under way.
        Unavailable: no process can be started.
    """
    job_id = time_id("job", now, entropy)
    row = {"id": job_id, "kind": kind, "who": who, "wanted": json.dumps(wanted, ensure_ascii=False)}
    shop.store.jobs.begin(row, now, alone=alone)
    command = [sys.executable, "-m", "tsuide", "job", "run", job_id]
    try:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # it outlives the server that began it
            env=environment(shop.settings),
        )
    except OSError as exc:
        shop.store.jobs.end(job_id, json.dumps({"error": str(exc)}), now, failed=True)
        raise Unavailable("no process can be started", key="job", value=kind) from exc
    threading.Thread(target=process.wait, daemon=True).start()  # nobody else takes its end
    return job_id


def run_job(shop: Shop, job_id: str, works: Mapping[str, Work], clock: Callable[[], datetime]) -> dict[str, Any]:
    """Run a job that was written down, and keep what came of it; it as it then stands.

    Raises:
        NotFound: no such job.
        BadValue: nobody knows how to do it, or it was run before.
    """
    row = shop.store.jobs.one(job_id)
    if row["kind"] not in works:
        raise BadValue("not a kind of job", key="kind", value=row["kind"], way_out=", ".join(works))
    if row["state"] != "waiting":
        raise BadValue("this job was run already", key="job", value=job_id)
    with _signs(shop, job_id, clock) as tell:
        try:
            result, failed = dict(works[row["kind"]](shop, json.loads(row["wanted"]), tell, clock())), False
        except TsuideError as exc:
            result, failed = {"error": str(exc), "code": exc.code}, True
        except Exception as exc:  # noqa: BLE001 - whatever it is: the page that follows the job must hear of it
            result, failed = {"error": f"{type(exc).__name__}: {exc}"[:_CUT], "code": "bug"}, True
    shop.store.jobs.end(job_id, json.dumps(result, ensure_ascii=False, default=str), clock(), failed=failed)
    return job_told(shop, job_id, clock())


@contextmanager
def _signs(shop: Shop, job_id: str, clock: Callable[[], datetime]) -> Iterator[Tell]:
    """Signs of life every second, with the newest that was told."""
    newest: list[tuple[str | None, int | None, int | None]] = [(None, None, None)]
    over = threading.Event()

    def tell(step: str, done: int, total: int) -> None:
        newest[0] = (step, done, total)

    def send() -> None:
        while True:
            with contextlib.suppress(TsuideError):  # the store is away for a moment
                shop.store.jobs.tell(job_id, clock(), *newest[0])
            if over.wait(_SIGN_S):
                return

    sending = threading.Thread(target=send, daemon=True)
    sending.start()
    try:
        yield tell
    finally:
        over.set()
        sending.join()


def job_told(shop: Shop, job_id: str, now: datetime) -> dict[str, Any]:
    """A job as plain values.

    Raises:
        NotFound: no such job.
    """
    return told(shop.store.jobs.one(job_id), now)


def jobs_told(shop: Shop, now: datetime, kind: str | None = None, n: int = 20) -> list[dict[str, Any]]:
    """The newest jobs."""
    return [told(row, now) for row in shop.store.jobs.recent(kind, n)]


def newest_result(shop: Shop, kind: str) -> tuple[dict[str, Any], datetime] | None:
    """What the newest job of a kind found that was done, and when it had ended."""
    rows = shop.store.jobs.recent(kind, 1, "done")
    return (json.loads(rows[0]["result"]), from_micros(rows[0]["ended_at"])) if rows else None


def ended_well(shop: Shop, job_id: str, now: datetime) -> dict[str, Any] | None:
    """A job that did what it was to do; None where it failed.

    Raises:
        NotFound: there is none of this id.
        Conflict: it is still under way.
    """
    job = job_told(shop, job_id, now)
    if job["under_way"]:
        raise Conflict("still under way", key="job", value=job_id, way_out="wait until it has ended")
    return job if job["state"] == "done" else None


def newest_of(shop: Shop, kind: str, wanted: Mapping[str, Any], now: datetime) -> dict[str, Any] | None:
    """The newest job of a kind that was asked for exactly this and is over; None where there is none."""
    asked = json.loads(json.dumps(wanted))
    for row in shop.store.jobs.recent(kind, _LOOKED_AT):
        found = told(row, now)
        if found["wanted"] == asked and not found["under_way"]:
            return found
    return None


def told(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """A job's row as plain values; `state` is ``gone`` of one whose process says nothing any more."""
    waiting = row["state"] in {"waiting", "running"}
    gone = waiting and row["seen_at"] <= to_micros(now - SILENT)
    ended = None if row["ended_at"] is None else from_micros(row["ended_at"])
    plain = {name: row[name] for name in ("id", "kind", "who", "step", "done", "total")}
    plain |= {"state": "gone" if gone else row["state"], "begun_at": from_micros(row["begun_at"]), "ended_at": ended}
    return plain | {
        "wanted": json.loads(row["wanted"]),
        "result": None if row["result"] is None else json.loads(row["result"]),
        "under_way": waiting and not gone,
    }


def wait_for(shop: Shop, job_id: str, clock: Callable[[], datetime], seconds: float) -> dict[str, Any]:
    """Wait until a job is over, at most so long; it as it then stands."""
    until = time.monotonic() + seconds
    while (found := job_told(shop, job_id, clock()))["under_way"] and time.monotonic() < until:
        time.sleep(0.1)
    return found
