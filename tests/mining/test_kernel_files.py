"""Numba's cache looks at the file of the function that is cached, and at no other file.

So what `compiled` keeps also hangs on the files that a kernel's file imports from; else it would go on with the old
code of a changed callee, silently.
"""

import ast
import importlib
import inspect
import sys
from pathlib import Path
from typing import Final

import pytest

import tsuide.mining
from tsuide.mining.compiled import compiled, files_behind

FOLDER: Final = Path(tsuide.mining.__file__).parent
FILES: Final = sorted(path for path in FOLDER.rglob("*.py") if "compiled" in path.read_text(encoding="utf-8"))


def is_compiled(function: ast.stmt) -> bool:
    return isinstance(function, ast.FunctionDef) and any("compiled" in ast.unparse(d) for d in function.decorator_list)


def borrowed(source: str) -> list[tuple[str, str]]:
    """Names that a compiled function's body takes from another file of ours."""
    tree = ast.parse(source)
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, (ast.ImportFrom, ast.Import))
        and (getattr(node, "module", None) or node.names[0].name).startswith("tsuide")
        for alias in node.names
    }
    return [
        (function.name, node.id)
        for function in tree.body
        if isinstance(function, ast.FunctionDef) and is_compiled(function)
        for statement in function.body
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and node.id in imported
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_whatever_a_compiled_function_takes_from_another_file_is_behind_its_cache(path: Path) -> None:
    name = ".".join(path.relative_to(FOLDER).with_suffix("").parts)
    taken = borrowed(path.read_text(encoding="utf-8"))
    module = importlib.import_module(f"tsuide.mining.{name}")
    for function, borrowed_name in taken:
        value = getattr(module, borrowed_name)
        home = getattr(value, "__file__", None) or inspect.getfile(getattr(value, "py_func", value))
        assert Path(home) in files_behind(getattr(module, function).py_func), (function, borrowed_name)


def test_a_change_of_another_file_makes_the_cache_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "callee.py").write_text("def theirs(x):\n    return x\n")
    monkeypatch.syspath_prepend(tmp_path)
    callee = importlib.import_module("callee")
    callee.theirs.__module__ = "tsuide.callee"
    monkeypatch.setitem(sys.modules, "tsuide.callee", callee)

    def ours(x: int) -> int:
        return x

    monkeypatch.setitem(ours.__globals__, "theirs", callee.theirs)
    before = compiled(ours)._cache._cache_file._source_stamp  # type: ignore[attr-defined]
    assert compiled(ours)._cache._cache_file._source_stamp == before  # type: ignore[attr-defined]
    (tmp_path / "callee.py").write_text("def theirs(x):\n    return x + 1\n")
    assert compiled(ours)._cache._cache_file._source_stamp != before  # type: ignore[attr-defined]


def test_what_is_taken_from_another_file_is_found() -> None:
    source = """
from numpy import sqrt
from tsuide.mining.compiled import compiled
from tsuide.mining.other import DAYS, theirs

@compiled
def ours(x: int) -> int:
    return theirs(x) + DAYS + sqrt(x)

def plain(x: int) -> int:
    return theirs(x)
"""
    assert sorted(borrowed(source)) == [("ours", "DAYS"), ("ours", "theirs")]
