"""What a kernel's file name is a hash of: everything that is compiled into it."""

import ast
import sys
from pathlib import Path

from tsuide.offers import decide
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


def test_every_source_that_a_kernel_of_decide_comes_from_is_in_its_name() -> None:
    hashed = {module.__name__ for module in decide._MADE_OF}
    for module in decide._MADE_OF:
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
