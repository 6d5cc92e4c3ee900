"""Each contestant in its own process: seconds without loading, and memory beyond what was loaded.

Runs a task as ``python -m tsuide.app.bench.measured MODULE:FUNCTION FOLDER JSON``: the function gets the folder and
the arguments, loads its input, warms up, and gives back what is to be timed.
"""

import importlib
import json
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Final, TypeAlias

from tsuide.errors import MissingExtra, Unavailable

Said: TypeAlias = dict[str, Any]
Timed: TypeAlias = "Callable[[], Callable[[], Said]]"  # what is timed; it returns what reports on its result, untimed

_PROC: Final = Path("/proc/self")


def measured(task: str, folder: Path, arguments: Mapping[str, Any], *, repeats: int = 2) -> dict[str, Any]:
    """What a task took, in its own process.

    Args:
        task: ``module:function`` of (folder, arguments) → what is timed; loading and warming up are not timed.
        folder: where its input lies.
        arguments: plain JSON.
        repeats: the fastest counts, and the first one's memory.

    Returns:
        seconds, cpu_seconds (of all threads: hardly moved by what else runs), peak_mb (beyond the loaded input),
        total_mb (with it), and what the task says of its result.

    Raises:
        MissingExtra: the library that it needs is not installed.
        Unavailable: it failed.
    """
    command = [
        sys.executable,
        "-m",
        "tsuide.app.bench.measured",
        task,
        str(folder),
        json.dumps(arguments),
        str(repeats),
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # our own arguments
    if run.returncode == _MISSING:
        raise MissingExtra(
            "not installed", key="library", value=run.stderr.strip(), way_out="pip install tsuide[bench]"
        )
    if run.returncode:
        raise Unavailable("a contestant failed", key=task, value=run.stderr[-500:])
    result: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return result


_MISSING: Final = 77


def _run(task: str, folder: Path, arguments: dict[str, Any], repeats: int) -> dict[str, Any]:
    module, _, name = task.partition(":")
    prepare: Callable[[Path, dict[str, Any]], Timed] = getattr(importlib.import_module(module), name)
    run = prepare(folder, arguments)
    loaded = _resident_mb()
    _forget_peak()
    seconds: list[float] = []
    cpu: list[float] = []
    peak = 0.0
    said: Said = {}
    for _ in range(repeats):
        start, cpu_start = perf_counter(), process_time()
        report = run()
        seconds.append(perf_counter() - start)
        cpu.append(process_time() - cpu_start)
        peak = peak or _peak_mb()
        said = report()
    return {
        "seconds": round(min(seconds), 4),
        "cpu_seconds": round(min(cpu), 4),
        "peak_mb": round(peak - loaded, 1),
        "total_mb": round(peak, 1),
        **said,
    }


def _resident_mb() -> float:
    """Memory that the process holds now."""
    try:
        pages = int((_PROC / "statm").read_text(encoding="ascii").split()[1])
    except OSError:  # no /proc: the peak so far
        return _peak_mb()
    return pages * resource.getpagesize() / 2**20


def _forget_peak() -> None:
    """Let the kernel's high-water mark begin anew (Linux); elsewhere it stays that of the whole process."""
    try:
        (_PROC / "clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return


def _peak_mb() -> float:
    try:
        lines = (_PROC / "status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        kilo = 2**20 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / kilo


if __name__ == "__main__":
    try:
        sys.stdout.write(json.dumps(_run(sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3]), int(sys.argv[4]))))
    except ImportError as missing:
        sys.stderr.write(str(missing.name))
        sys.exit(_MISSING)
