"""What a kernel's file name is a hash of: everything that is compiled into it."""

import ast
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tsuide.offers import kernels
from tsuide.offers.code_version import code_version
from tsuide.offers.compiled import generated

NOT_COMPILED = {"tsuide.offers.compiled"}  # hashed by itself, always


def imported(path: Path) -> set[str]:
    """Modules of this room that a source names in its imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("tsuide.offers"):
            found.add(node.module)
            found |= {f"{node.module}.{each.name}" for each in node.names}
    return {name for name in found if name in sys.modules and not hasattr(sys.modules[name], "__path__")}


def test_every_source_that_a_kernel_of_a_decision_comes_from_is_in_its_name() -> None:
    hashed = {module.__name__ for module in kernels._MADE_OF}
    for module in kernels._MADE_OF:
        missing = imported(Path(str(module.__file__))) - hashed - NOT_COMPILED
        assert not missing, f"{module.__name__} brings {missing}"


def test_a_changed_source_gives_another_file(tmp_path: Path) -> None:
    made_of = generated("probe", "x = 1\n", [sys.modules[__name__]], tmp_path).__name__
    assert generated("probe", "x = 1\n", [sys.modules[__name__]], tmp_path).__name__ == made_of
    assert generated("probe", "x = 2\n", [sys.modules[__name__]], tmp_path).__name__ != made_of
    assert generated("probe", "x = 1\n", [sys.modules["tsuide.offers.slate"]], tmp_path).__name__ != made_of


def test_a_record_names_the_code() -> None:
    version, digest = code_version().split("+")
    assert version.count(".") == 2
    assert len(digest) == 16


def test_two_threads_that_ask_at_once_get_the_whole_module(tmp_path: Path) -> None:
    text = "import time\ntime.sleep(0.2)\nlast = 1\n"

    def asked() -> int:
        return int(generated("slow", text, [sys.modules[__name__]], tmp_path).last)

    with ThreadPoolExecutor(2) as pool:
        assert [each.result() for each in [pool.submit(asked), pool.submit(asked)]] == [1, 1]
