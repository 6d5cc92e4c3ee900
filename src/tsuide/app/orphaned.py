"""A worker whose supervisor was killed would hold the port for ever: it notices, and ends as if it had been told to."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing import connection
from typing import Final

_PATIENCE_S: Final = 20
"""What is under way may take so long; then it ends as kill -9 would, which loses nothing that was answered."""


def end_with_parent(end: Callable[[], None] | None = None) -> threading.Thread | None:
    """Watch the process that started this one, from a thread that sleeps until it is gone.

    Args:
        end: what to do then; None = SIGTERM to this process, so that what is under way is finished and answered.

    Returns:
        The thread; None where nobody's `multiprocessing` started this process.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return None

    def watch() -> None:
        connection.wait([parent.sentinel])
        (end or _terminate)()

    watching = threading.Thread(target=watch, name="parent", daemon=True)
    watching.start()
    return watching


def _terminate() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_PATIENCE_S)
    os._exit(1)
