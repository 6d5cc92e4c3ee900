"""Templates say nothing by themselves: every word comes from a table that has it in Japanese and English."""

import re
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path

import pytest

TEMPLATES = sorted(Path(str(resources.files("tsuide.interfaces.console"))).glob("templates/*.html"))
_JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_WORDS = re.compile(r"[A-Za-zぁ-んァ-ヶ一-龠]{2,}")
_SPOKEN = {"title", "alt", "aria-label", "placeholder", "aria-description"}
_CODE = {"script", "style", "code", "pre", "kbd"}


class Texts(HTMLParser):
    """Words that stand in the page as they are, in text and in attributes that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _CODE:
            self._inside.append(tag)
        self.found += [value for name, value in attrs if name in _SPOKEN and value and _WORDS.search(value)]

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not self._inside and _WORDS.search(data):
            self.found.append(data.strip())


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_words_of_its_own(path: Path) -> None:
    reader = Texts()
    reader.feed(_JINJA.sub("", path.read_text(encoding="utf-8")))
    assert reader.found == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_brings_no_script_or_style_of_its_own_and_marks_nothing_as_safe(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\|\s*safe\b", text)
    assert not re.search(r"\s(on[a-z]+|style)=", _JINJA.sub("", text))
