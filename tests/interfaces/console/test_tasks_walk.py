"""Every page of the console belongs to a named task that a browser walks in each language (tests/flows)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tsuide.interfaces.console import PAGES, door, settings

_FLOWS = Path(__file__).parents[2] / "flows"
_NO_PAGES = {"/jobs/{job}", "/data/import/{upload}/rejects", "/map/journey"}  # for a script; a file; leads elsewhere
_FEWEST = 30


def pages() -> set[str]:
    """The routes that answer GET with a page."""
    routes = [*door.ROUTES, *settings.OWN, *(each for routes in PAGES.values() for each in routes)]
    found = {each.path for each in routes if "GET" in (each.methods or ())}
    return {each for each in found if "." not in each} - _NO_PAGES  # whatever has a dot in it is a file


def tasks() -> Iterator[tuple[str, list[str], list[str]]]:
    """Name, pages that it says it walks, and what it asks for, of every task."""
    for path in sorted(_FLOWS.glob("test_console_*.py")):
        for each in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(each, ast.FunctionDef):
                walks = [mark for mark in each.decorator_list if ast.unparse(mark).startswith("pytest.mark.walks(")]
                named = [ast.literal_eval(arg) for mark in walks if isinstance(mark, ast.Call) for arg in mark.args]
                if walks:
                    yield each.name, named, [arg.arg for arg in each.args.args]


def test_no_page_is_without_a_task() -> None:
    walked = {page for _, named, _ in tasks() for page in named}
    assert walked == pages()


@pytest.mark.parametrize(("name", "asks"), [(name, asks) for name, _, asks in tasks()])
def test_a_task_runs_in_each_language(name: str, asks: list[str]) -> None:
    assert "screen" in asks, f"{name} does not ask for the window of each language, which also sees what it walked"


def test_there_are_many_tasks() -> None:
    assert len(list(tasks())) >= _FEWEST
