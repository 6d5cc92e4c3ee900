"""The first use of a model says that it compiles; the next, from the disk, says nothing."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

from tsuide.mining.compiled import LINE, Announcement

PROGRAM = """

import numpy as np
from tsuide.mining.packing import first_unsorted
first_unsorted(np.zeros(1, np.int32), np.array([0, 1]), 1)
"""


def stderr_of(program: str, cache: Path) -> str:
    """What a program without any logging set up prints for its user."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    return done.stderr.strip()


def test_a_program_is_told_once_that_kernels_are_compiled_and_never_again(tmp_path: Path) -> None:
    assert [stderr_of(PROGRAM, tmp_path), stderr_of(PROGRAM, tmp_path)] == [LINE, ""]


def compiling(module: str) -> SimpleNamespace:
    function = SimpleNamespace(__module__=module)
    return SimpleNamespace(data={"dispatcher": SimpleNamespace(py_func=function)})


def test_what_others_compile_is_not_announced_as_ours() -> None:
    said: list[str] = []
    announcement = Announcement(said.append)
    announcement.on_start(compiling("numba.misc.mergesort"))
    announcement.on_start(compiling("tsuide.mining.kernels"))
    announcement.on_start(compiling("tsuide.mining.packing"))
    assert said == [LINE]
