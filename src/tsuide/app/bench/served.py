"""A server of our own for a bench: a home, workers, a key; and load on it from other processes."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from tsuide.app.bench.load import Load
from tsuide.errors import Unavailable

_START_S: Final = 300  # a learned shop of a hundred thousand products, on a busy machine
_END_S: Final = 60
_ADDRESS: Final = re.compile(r"API docs +(http://[^/]+)/docs")


@dataclass(frozen=True, slots=True)
class Running:
    """A running server."""

    url: str
    pid: int


@contextmanager
def server(home: Path, workers: int, **environment: str) -> Iterator[Running]:
    """`tsuide serve` over a home, on a free port, ended with the block.

    Raises:
        Unavailable: it did not come up.
    """
    command = [sys.executable, "-m", "tsuide", "serve", "--home", str(home), "--port", "0", "--workers", str(workers)]
    with tempfile.NamedTemporaryFile("w+", suffix=".log") as log:
        process = subprocess.Popen(  # noqa: S603 - our own arguments
            command, stderr=log, stdout=subprocess.DEVNULL, env=os.environ | environment, start_new_session=True
        )
        try:
            yield Running(_wait(process, Path(log.name)), process.pid)
        finally:
            process.terminate()
            try:
                process.wait(_END_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)  # the workers, too: they would live on without it


def _wait(process: "subprocess.Popen[bytes]", log: Path) -> str:
    until = time.monotonic() + _START_S
    url = None
    while time.monotonic() < until and process.poll() is None:
        found = _ADDRESS.search(log.read_text(encoding="utf-8"))
        url = found.group(1) if found else None
        if url is not None and _answers(f"{url}/healthz"):
            return url
        time.sleep(0.1)
    raise Unavailable("the server did not come up", key="log", value=log.read_text(encoding="utf-8")[-500:])


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own server
            return True
    except (urllib.error.URLError, OSError):
        return False


def loaded(
    running: Running,
    path: str,
    key: str,
    bodies: Sequence[str],
    *,
    connections: int,
    processes: int,
    seconds: float,
    per_second: float = 0.0,
) -> dict[str, Any]:
    """Load from `processes` processes with `connections` in all; `per_second` in all, or 0 = as fast as it is answered.

    Returns:
        answers, failures, first_failure, per_second, p50_ms, p90_ms, p99_ms, longest_ms.

    Raises:
        Unavailable: a load process failed.
    """
    with tempfile.TemporaryDirectory(prefix="tsuide-load-") as folder:
        asked = Path(folder) / "bodies.jsonl"
        asked.write_text("\n".join(bodies), encoding="utf-8")
        each = connections // processes
        seen = [Path(folder) / f"seen-{n}.json" for n in range(processes)]
        loads = [
            Load(running.url, path, key, each, seconds, str(asked), f"{os.getpid()}-{n}", per_second / processes)
            for n in range(processes)
        ]
        runs = [
            subprocess.Popen(  # noqa: S603 - our own arguments
                [sys.executable, "-m", "tsuide.app.bench.load", json.dumps(asdict(load)), str(file)],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            for load, file in zip(loads, seen, strict=True)
        ]
        told = [run.communicate(timeout=seconds * 3 + 60) for run in runs]
        failed = next((err for run, (_, err) in zip(runs, told, strict=True) if run.returncode), None)
        if failed is not None:
            raise Unavailable("a load process failed", key="load", value=failed.decode()[-500:])
        return _summed([json.loads(file.read_text(encoding="utf-8")) for file in seen])


def _summed(seen: Sequence[dict[str, Any]]) -> dict[str, Any]:
    latencies = sorted(ms for each in seen for ms in each["latencies_ms"])
    answers = sum(each["answers"] for each in seen)

    def at(share: float) -> float:
        return round(latencies[min(int(share * len(latencies)), len(latencies) - 1)], 3) if latencies else 0.0

    return {
        "answers": answers,
        "failures": sum(each["failures"] for each in seen),
        "first_failure": next((each["first_failure"] for each in seen if each["first_failure"]), None),
        "per_second": round(sum(each["answers"] / each["seconds"] for each in seen), 1),
        "p50_ms": at(0.5),
        "p90_ms": at(0.9),
        "p99_ms": at(0.99),
        "longest_ms": at(1.0),
    }
