import subprocess
import sys


def test_after_warming_the_whole_line_of_work_runs_and_leaves_nothing_behind() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tsuide", "warm", "--json"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith('{"seconds"')
