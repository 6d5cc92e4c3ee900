"""A process that multiprocessing started notices that its parent is gone."""

import multiprocessing
import os
import signal
import subprocess
import sys

from tsuide.app.orphaned import end_with_parent


def test_a_process_that_nobody_started_watches_nobody() -> None:
    assert multiprocessing.parent_process() is None
    assert end_with_parent() is None


PARENT = """
import multiprocessing, os, sys, time
from tsuide.app.orphaned import end_with_parent

def child():
    end_with_parent(lambda: (os.write(1, b"alone"), os._exit(0)))
    os.write(1, b"watching ")
    time.sleep(60)

if __name__ == "__main__":
    multiprocessing.get_context("fork").Process(target=child).start()
    time.sleep(60)
"""


def test_a_child_acts_when_its_parent_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert os.read(parent.stdout.fileno(), 100) == b"watching "
        parent.send_signal(signal.SIGKILL)
        assert parent.stdout.read() == b"alone"  # read to the end: the child, too, has gone
