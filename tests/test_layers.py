"""Who may import whom: the table of docs/architecture.md, held over every import there is.

Module-level imports, imports under TYPE_CHECKING and imports inside functions count alike.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "tsuide"

WINGS = {"facts", "mining", "offers", "outreach", "proof"}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "kit": set(),
    "facts": set(),
    "mining": {"facts"},
    "offers": {"mining", "facts"},
    "outreach": {"offers", "mining", "facts"},
    "proof": {"offers", "outreach", "mining", "facts"},
    "intake": {"facts"},
    "store": {"facts", "offers", "outreach", "proof"},
    "config": set(),
    "app": {*WINGS, "intake", "store", "config"},
    "interfaces": {*WINGS, "app", "intake", "config"},
    "asgi": {"interfaces", "app", "config"},
    "__main__": {"interfaces"},
}
EVERYONE = {"errors", "kit"}


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Every (line, dotted name) that a file imports from Tsuide, wherever in the file it stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def room_of(path: Path) -> str:
    first = path.relative_to(SOURCE).parts[0]
    return first.removesuffix(".py")


def violations(path: Path) -> list[str]:
    here = room_of(path)
    inside = path.relative_to(SOURCE).parts
    found = []
    for line, name in imports_of(path):
        parts = name.split(".")
        if parts[0] != "tsuide" or len(parts) < 2:
            continue
        there = parts[1]
        where = f"{path.relative_to(SOURCE)}:{line} imports {name}"
        if there == "__version__":
            continue
        if there != here and there not in MAY_IMPORT[here] | EVERYONE:
            found.append(f"{where}: {here} may not import {there}")
        if here == there == "interfaces" and len(inside) > 2 and len(parts) > 2 and parts[2] != inside[1]:
            found.append(f"{where}: interfaces never import each other")
    return found


FILES = [path for path in sorted(SOURCE.rglob("*.py")) if path.parent != SOURCE or path.name != "__init__.py"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_file_imports_only_what_its_room_may(path: Path) -> None:
    assert violations(path) == []


def test_every_room_stands_in_the_table() -> None:
    rooms = {room_of(path) for path in FILES}
    assert rooms <= set(MAY_IMPORT)


def test_the_check_sees_late_and_type_checking_imports(tmp_path: Path) -> None:
    source = tmp_path / "x.py"
    source.write_text(
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from tsuide.store import schema\n"
        "def f():\n    import tsuide.app.wiring\n"
    )
    assert [name for _, name in imports_of(source)] == [
        "typing.TYPE_CHECKING",
        "tsuide.store.schema",
        "tsuide.app.wiring",
    ]


def test_the_documented_table_is_the_table_that_is_held() -> None:
    text = (SOURCE.parents[1] / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `?(\w+)`? \|(.*)\|$", text, re.MULTILINE)
    documented = {room: set(re.findall(r"\w+", cell)) for room, cell in rows if room != "room"}
    assert documented == MAY_IMPORT


def test_migrations_stand_in_one_line() -> None:
    """Two that were made beside each other, each the next of the same one, leave a store without a head."""
    folder = SOURCE / "store" / "migrations" / "versions"
    numbers = [each.name[:4] for each in sorted(folder.glob("[0-9]*.py"))]
    assert numbers == [f"{n:04}" for n in range(1, len(numbers) + 1)]
