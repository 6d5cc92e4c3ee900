"""What somebody brings about with a form is told in the language in which they read the console."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tsuide
from tsuide import errors
from tsuide.interfaces.console.phrases.problems import AS_THEY_ARE, PROBLEMS, in_japanese

_ROOT = Path(tsuide.__file__).parent
_KINDS = {"ValueError"} | {name for name, each in vars(errors).items() if isinstance(each, type)}


def _called_by_pages() -> list[Path]:
    """The console's modules, those of `app` that they call, what reads what was typed (kit, config)."""
    own = sorted((_ROOT / "interfaces" / "console").rglob("*.py"))
    called = set()
    for path in own:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("tsuide.app"):
                place = _ROOT.parent.joinpath(*node.module.split("."))
                called |= {place.with_suffix(".py"), *((place / each.name).with_suffix(".py") for each in node.names)}
    return [*own, *sorted(each for each in called if each.is_file()), *sorted((_ROOT / "kit").glob("*.py")),
            _ROOT / "config.py"]  # fmt: skip


def _sentences(node: ast.expr) -> Iterator[str]:
    """What an argument says: a text, one with blanks, or one of two."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(each.value if isinstance(each, ast.Constant) else "{}" for each in parts)  # type: ignore[misc]
        case ast.IfExp(body=one, orelse=other):
            yield from _sentences(one)
            yield from _sentences(other)


def _raised() -> dict[str, str]:
    """Every sentence that an error is made with there, and the file."""
    found: dict[str, str] = {}
    for path in _called_by_pages():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _KINDS:
                ways = [each.value for each in node.keywords if each.arg == "way_out"]
                for said in [*node.args[:1], *ways]:
                    found |= dict.fromkeys(_sentences(said), path.name)
    return found


def test_every_sentence_of_an_error_that_a_form_can_bring_about_has_japanese() -> None:
    needs_words = {
        text: where
        for text, where in _raised().items()
        if text not in AS_THEY_ARE and not text.startswith("tsuide ") and re.search("[a-z]{2}", text)
    }
    assert {text: where for text, where in needs_words.items() if text not in PROBLEMS} == {}


def test_what_nothing_says_any_more_is_not_kept() -> None:
    assert set(PROBLEMS) | AS_THEY_ARE <= set(_raised())


def test_blanks_are_the_same_in_both_languages() -> None:
    assert [each for each, said in PROBLEMS.items() if each.count("{}") != said.count("{}")] == []


@pytest.mark.parametrize("each", sorted(PROBLEMS))
def test_a_sentence_is_found_with_its_blanks_filled(each: str) -> None:
    assert in_japanese(each.replace("{}", "7")) == PROBLEMS[each].replace("{}", "7")


def test_a_form_that_was_not_filled_in_is_answered_in_the_readers_language(console: Any) -> None:
    said = {"ja": "入力してください", "en": "must be filled in"}
    for language, words in said.items():
        text = console.post(f"/promotions/thresholds?lang={language}", status=422, old="", new="", days="90").text
        assert f'<p lang="{language}">{words}' in text


def test_what_has_no_japanese_is_said_in_english_and_marked_so(console: Any) -> None:
    text = console.post("/journeys/write?lang=ja", status=422, do="check", text="id: x", of="").text
    assert '<p lang="en">' in text
