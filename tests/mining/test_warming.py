import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
from tsuide.mining.warming import warm_up
warm_up(print)
from tsuide.mining import kernels
print("compiled", sum(kernels.sweep_best.stats.cache_misses.values()))
"""


@pytest.mark.soak
def test_what_was_compiled_once_is_taken_from_the_cache_and_the_first_time_says_so(tmp_path: Path) -> None:
    """Two real processes with one empty cache between them (half a minute of compiling)."""
    run = [sys.executable, "-c", SCRIPT]
    env = {"NUMBA_CACHE_DIR": str(tmp_path), "PATH": ""}
    first, second = (subprocess.run(run, env=env, capture_output=True, text=True, check=True).stdout for _ in range(2))
    assert first.startswith("compiling the kernels once")
    assert "compiled 1" in first
    assert second == "compiled 0\n"
