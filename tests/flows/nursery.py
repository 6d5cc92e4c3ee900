"""Forks processes of Tsuide's commands, so that each need not import everything anew: a kill costs a tenth of a second.

Reads one JSON object a line, ``{"argv": [...], "env": {...}, "log": path}`` or ``{"script": path, ...}``, and answers
with the child's process id. Started by test_random_kills.py. A child is a process like any other: kill -9 ends it as it
ends one that was started from a shell.
"""

import gc
import json
import os
import runpy
import signal
import sys

import tsuide.app.keeping
import tsuide.app.learn
import tsuide.asgi
import tsuide.interfaces.cli
import tsuide.interfaces.cli.learn
import tsuide.interfaces.cli.serve

__all__ = ["tsuide"]


def child(told: dict[str, object]) -> None:
    """Be what was asked for, to the end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    out = os.open(str(told["log"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.environ.update(told["env"])  # type: ignore[call-overload]
    sys.argv = [str(each) for each in told["argv"]]  # type: ignore[attr-defined]
    code = 0
    try:
        if "script" in told:
            runpy.run_path(str(told["script"]), run_name="__main__")
        else:
            tsuide.interfaces.cli.main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def main() -> None:
    """Fork until nobody asks any more."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a child here: the system takes it away
    gc.freeze()
    for line in sys.stdin:
        told = json.loads(line)
        pid = os.fork()
        if pid == 0:
            child(told)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
