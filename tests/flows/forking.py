"""Processes of Tsuide's commands, forked from one that has imported everything: see nursery.py."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path


class Nursery:
    """Starts processes; close it at the end, which kills those that still live."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("nursery.py")
        self._process = subprocess.Popen(
            [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._started: list[int] = []

    def start(self, argv: Sequence[str], log: Path, env: Mapping[str, str], script: Path | None = None) -> int:
        """Its process id; what it prints goes to the end of `log`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        told = {"argv": [*argv], "log": str(log), "env": dict(env)}
        self._process.stdin.write(json.dumps(told | ({} if script is None else {"script": str(script)})) + "\n")
        self._process.stdin.flush()
        self._started.append(int(self._process.stdout.readline()))
        return self._started[-1]

    def close(self) -> None:
        for each in self._started:
            if lives(each):
                kill(each)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(30)


def lives(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def kill(pid: int) -> bool:
    """Kill -9; whether it lived until now."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    wait(pid)
    return True


def wait(pid: int, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while lives(pid):
        assert time.monotonic() < end, "it does not end"
        time.sleep(0.005)
