"""Every phrase of the console is said somewhere, and what pages say is there."""

import importlib
import pkgutil
import re
from importlib import resources
from pathlib import Path

import pytest

from tsuide.config import Settings
from tsuide.interfaces.console import phrases
from tsuide.kit.phrases import Phrases

ROOM = Path(str(resources.files("tsuide.interfaces.console")))
SOURCE = "\n".join(
    path.read_text(encoding="utf-8")
    for path in sorted([*ROOM.glob("*.py"), *ROOM.glob("templates/*.html"), *ROOM.glob("static/*.js")])
)
CODES = "\n".join(  # words of the wings that pages only pass on: states, signs, steps, reasons
    path.read_text(encoding="utf-8")
    for path in sorted(ROOM.parents[1].rglob("*.py"))
    if not path.is_relative_to(ROOM / "phrases")
)
WORDS = (
    set(re.findall(r"[\w.-]+", SOURCE)) | set(re.findall(r"""["']([\w.-]+)["']""", CODES)) | set(Settings.model_fields)
)
STARTS = tuple(re.findall(r"""["']([\w.-]+[._])["'{]""", SOURCE)) + tuple(
    re.findall(r"""f["']([\w.-]+[._])\{""", SOURCE)
)
TABLES = {
    f"{module.name}.{name}": table
    for module in pkgutil.iter_modules(phrases.__path__)
    for name, table in vars(importlib.import_module(f"{phrases.__name__}.{module.name}")).items()
    if isinstance(table, Phrases)
}


@pytest.mark.parametrize("name", TABLES)
def test_every_phrase_is_said_somewhere(name: str) -> None:
    keys = TABLES[name].all("en")
    assert [key for key in keys if key not in WORDS and not key.startswith(STARTS)] == []


@pytest.mark.parametrize("name", TABLES)
def test_both_languages_have_the_same_blanks(name: str) -> None:
    blanks = {
        key: [sorted(set(re.findall(r"\{(\w+)", TABLES[name].all(language)[key]))) for language in ("ja", "en")]
        for key in TABLES[name].all("en")
    }
    assert {key: each for key, each in blanks.items() if each[0] != each[1]} == {}


_ASKED = re.compile(r"""\bt\(\s*["']([\w.-]+)["']\s*[,)]""")
EVERY = {key for table in TABLES.values() for key in table.all("en")}


@pytest.mark.parametrize("path", sorted(ROOM.glob("templates/*.html")), ids=lambda path: path.name)
def test_what_a_template_says_is_there(path: Path) -> None:
    assert set(_ASKED.findall(path.read_text(encoding="utf-8"))) - EVERY == set()
