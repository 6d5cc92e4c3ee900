"""Tables of phrases in Japanese and English: no phrase exists in one language only."""

from collections.abc import Mapping
from typing import Final

from tsuide.errors import BadValue

LANGUAGES: Final = ("ja", "en")


class Phrases:
    """A closed table of phrases with named blanks.

    Args:
        table: key → {"ja": …, "en": …}; blanks as in `str.format`.

    Raises:
        BadValue: a phrase lacks a language.

    >>> greeting = Phrases({"hello": {"ja": "{name}様", "en": "Dear {name}"}})
    >>> greeting.text("hello", "ja", name="山田")
    '山田様'
    """

    def __init__(self, table: Mapping[str, Mapping[str, str]]) -> None:
        for key, texts in table.items():
            if set(texts) != set(LANGUAGES):
                raise BadValue("a phrase needs ja and en", key=key, value=sorted(texts))
        self._table = {key: dict(texts) for key, texts in table.items()}

    def text(self, key: str, language: str, **blanks: object) -> str:
        """The phrase in `language`, its blanks filled.

        Raises:
            BadValue: an unknown key or language, or a blank that was not given.
        """
        if language not in LANGUAGES:
            raise BadValue("not a language", key="language", value=language, way_out="use ja or en")
        try:
            return self._table[key][language].format(**blanks)
        except KeyError as exc:
            raise BadValue("no such phrase or blank", key=key, value=str(exc)) from exc

    def all(self, language: str) -> dict[str, str]:
        """Every phrase of one language, for a page's script.

        Raises:
            BadValue: an unknown language.
        """
        if language not in LANGUAGES:
            raise BadValue("not a language", key="language", value=language, way_out="use ja or en")
        return {key: texts[language] for key, texts in self._table.items()}
