"""Generated kernels: whole or written anew."""

import sys
from pathlib import Path

import pytest

from tsuide.offers import compiled

TEXT = "answer = 42\n"


@pytest.mark.parametrize("there", ["", "answer =", None], ids=["empty", "cut short", "missing"])
def test_a_file_that_is_not_whole_is_written_anew(tmp_path: Path, there: str | None) -> None:
    name = f"made_{'none' if there is None else len(there)}"
    made = compiled.generated(name, TEXT, (), tmp_path)
    path = Path(str(made.__file__))
    del sys.modules[made.__name__]  # as in the next process
    path.unlink() if there is None else path.write_text(there, encoding="utf-8")
    assert compiled.generated(name, TEXT, (), tmp_path).answer == 42
    assert path.read_text(encoding="utf-8") == TEXT


def test_a_process_loads_it_once(tmp_path: Path) -> None:
    assert compiled.generated("once", TEXT, (), tmp_path) is compiled.generated("once", TEXT, (), tmp_path)
