"""Words of consent in versions: who agreed keeps what they read, whatever is asked with afterwards."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tsuide.app.consent_words import (
    CONSENTS_ASKED,
    ConsentRead,
    consent_words,
    every_consent_words,
    read_of,
    restore_consent_words,
    set_consent_words,
    words_agreed_to,
)
from tsuide.app.wiring import open_shop
from tsuide.config import Settings
from tsuide.errors import BadValue, Conflict

NOW = datetime(2026, 11, 29, tzinfo=UTC)


@pytest.fixture
def shop(tmp_path: Path) -> Any:
    opened = open_shop(Settings(home=tmp_path))
    yield opened
    opened.close()


def _other(shop: Any, text: str) -> dict[str, dict[str, str]]:
    whole = {name: dict(consent_words(shop, NOW).words[name]) for name in CONSENTS_ASKED}
    whole["marketing.email"]["en"] = text
    return whole


def test_a_consent_leads_to_the_words_that_were_read_after_they_changed(shop: Any) -> None:
    first = consent_words(shop, NOW)
    evidence = "message m1" + ConsentRead(first.number, "en").evidence("marketing.email")
    set_consent_words(shop, _other(shop, "Write to me"), "Aoi", NOW, over=1)
    versions = every_consent_words(shop, NOW)
    assert words_agreed_to(versions, evidence) == "Send me news and suggestions by mail"
    assert words_agreed_to(versions, "form; words 2 marketing.email en") == "Write to me"
    assert words_agreed_to(versions, "form") is None
    assert words_agreed_to(versions, "form; words 9 marketing.email en") is None


def test_nothing_is_written_over_what_somebody_else_wrote_since_and_old_words_come_back_as_a_new_version(
    shop: Any,
) -> None:
    set_consent_words(shop, _other(shop, "Write to me"), "Aoi", NOW, over=1)
    with pytest.raises(Conflict, match="changed the words since"):
        set_consent_words(shop, _other(shop, "Mail me"), "Ren", NOW, over=1)
    back = restore_consent_words(shop, 1, "Ren", NOW, over=2)
    assert (back.number, back.text("marketing.email", "en")) == (3, "Send me news and suggestions by mail")
    same = set_consent_words(shop, _other(shop, "Send me news and suggestions by mail"), "Ren", NOW, over=3)
    assert same.number == 3


@pytest.mark.parametrize("text", ["", "  ", "two\nlines", "x" * 501])
def test_words_are_one_line_in_both_languages(shop: Any, text: str) -> None:
    with pytest.raises(BadValue, match="one line") as refused:
        set_consent_words(shop, _other(shop, text), "Aoi", NOW, over=1)
    assert refused.value.key == "marketing.email.en"


@pytest.mark.parametrize("number", ["0", "2", "-1", "one", "9" * 30])
def test_a_page_names_words_that_there_are(shop: Any, number: str) -> None:
    with pytest.raises(BadValue, match="no such words"):
        read_of(shop, number, "ja", NOW)
    assert read_of(shop, "1", "ja", NOW) == ConsentRead(1, "ja")
