"""docs/security.md names tests that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
_NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
NAMED = _NAMED.findall((ROOT / "docs" / "security.md").read_text(encoding="utf-8"))


def test_the_page_names_a_test_for_each_threat() -> None:
    rows = [
        line
        for line in (ROOT / "docs" / "security.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| ")
    ]
    threats = [line for line in rows if not line.startswith("| threat")]
    assert len(threats) > 25
    assert [line for line in threats if not _NAMED.search(line)] == []


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_named_test_exists(path: str, name: str) -> None:
    assert re.search(rf"^(async )?def {name}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
