"""What each worker of a running server did and took: requests, processor time, memory. Linux only (/proc)."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.multiprocess import MultiProcessCollector

_MICROS = 1_000_000


@dataclass(frozen=True, slots=True)
class Worker:
    """One process at one moment.

    Args:
        pid: of it.
        requests: that it answered since it began, of all routes.
        cpu_s: processor seconds that it took, of all its threads.
        rss_mb: memory that it holds.
        files: files and connections that it has open.
    """

    pid: int
    requests: int
    cpu_s: float
    rss_mb: float
    files: int = 0


def workers_of(supervisor: int, counters: Path) -> tuple[Worker, ...]:
    """The workers below a supervisor; the process itself where it has none.

    Args:
        supervisor: its process id.
        counters: the folder in which they share their figures (PROMETHEUS_MULTIPROC_DIR).
    """
    below = [pid for pid in _children(supervisor) if b"resource_tracker" not in _command(pid)]
    return tuple(_worker(pid, counters) for pid in sorted(below or [supervisor]))


def cpu_us_per_request(before: Sequence[Worker], after: Sequence[Worker]) -> list[int]:
    """Processor time of each worker between two moments, for each request that it answered in between.

    On a machine that others use, too, this moves far less than requests a second do.

    >>> cpu_us_per_request([Worker(7, 100, 1.0, 80.0)], [Worker(7, 1100, 1.5, 81.0)])
    [500]
    """
    begun = {each.pid: each for each in before}
    pairs = [(begun[each.pid], each) for each in after if each.pid in begun]
    done = [(new.cpu_s - old.cpu_s, new.requests - old.requests) for old, new in pairs]
    return [round(cpu_s * _MICROS / requests) for cpu_s, requests in done if requests]


def _worker(pid: int, counters: Path) -> Worker:
    told = dict(line.split(":", 1) for line in _read(pid, "status").splitlines() if ":" in line)
    ticks = _read(pid, "stat").rpartition(")")[2].split()[11:13]
    cpu_s = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
    rss_mb = round(int(told.get("VmRSS", "0 kB").split()[0]) / 1_024, 1)
    return Worker(pid, _requests(pid, counters), cpu_s, rss_mb, _open_files(pid))


def _requests(pid: int, counters: Path) -> int:
    files = [str(each) for each in counters.glob(f"histogram_{pid}.db")]
    metrics = MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]  # it ships no types
    samples = [sample for each in metrics if each.name == "tsuide_http_request_seconds" for sample in each.samples]
    return int(sum(sample.value for sample in samples if sample.name.endswith("_count")))


def _children(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text(encoding="utf-8").rpartition(")")[2].split()[1]) == pid:
                found.append(int(stat.parent.name))
        except OSError:
            continue  # it ended while we looked
    return found


def _open_files(pid: int) -> int:
    try:
        return len([*Path(f"/proc/{pid}/fd").iterdir()])
    except OSError:
        return 0


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _read(pid: int, what: str) -> str:
    return Path(f"/proc/{pid}/{what}").read_text(encoding="utf-8")
