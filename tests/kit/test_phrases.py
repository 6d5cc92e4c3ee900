import pytest

from tsuide.errors import BadValue
from tsuide.kit.phrases import Phrases

TABLE = Phrases({"n": {"ja": "{n}件", "en": "{n} rows"}})


def test_a_phrase_without_one_language_is_refused_at_once() -> None:
    with pytest.raises(BadValue, match="needs ja and en"):
        Phrases({"x": {"en": "only English"}})


def test_blanks_are_filled_in_either_language() -> None:
    assert (TABLE.text("n", "ja", n=3), TABLE.text("n", "en", n=3)) == ("3件", "3 rows")


@pytest.mark.parametrize(("key", "language"), [("n", "fr"), ("x", "en")])
def test_an_unknown_phrase_or_language_is_refused(key: str, language: str) -> None:
    with pytest.raises(BadValue):
        TABLE.text(key, language, n=1)


def test_a_blank_that_was_not_given_is_refused() -> None:
    with pytest.raises(BadValue, match="blank"):
        TABLE.text("n", "en")
