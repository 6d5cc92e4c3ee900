"""The words with which a shop asks for consent, in versions: whose yes rests on which words stays on record."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, Conflict
from tsuide.kit.phrases import LANGUAGES
from tsuide.outreach.consent_words import CONSENT_WORDS

CONSENTS_ASKED: Final = tuple(CONSENT_WORDS.all("en"))
_KEY: Final = "consent.words"
_MOST: Final = 500
_EVIDENCE: Final = re.compile(r"; words ([1-9][0-9]{0,8}) (\w+(?:\.\w+)?) (ja|en)$")


@dataclass(frozen=True, slots=True)
class ConsentWords:
    """One version of the words.

    Args:
        number: from 1; the newest is asked with.
        at: UTC, from when on; who: who wrote it ("" = as Tsuide brings it).
        words: of `CONSENTS_ASKED` → language → text.
    """

    number: int
    at: datetime
    who: str
    words: Mapping[str, Mapping[str, str]]

    def text(self, name: str, language: str) -> str:
        """The words of one consent; Tsuide's own where this version is older than the question."""
        return self.words.get(name, {}).get(language) or CONSENT_WORDS.text(name, language)


@dataclass(frozen=True, slots=True)
class ConsentRead:
    """What a customer had before them: the number of the words and their language."""

    number: int
    language: str

    def evidence(self, name: str) -> str:
        """As it stands at the end of a consent's evidence.

        >>> ConsentRead(3, "ja").evidence("marketing.email")
        '; words 3 marketing.email ja'
        """
        return f"; words {self.number} {name} {self.language}"


def every_consent_words(shop: Shop, now: datetime) -> list[ConsentWords]:
    """Every version, the oldest first; the first is written down when somebody asks for it."""
    return _read(_kept(shop, now))


def consent_words(shop: Shop, now: datetime) -> ConsentWords:
    """The version that holds."""
    return every_consent_words(shop, now)[-1]


def set_consent_words(
    shop: Shop, words: Mapping[str, Mapping[str, str]], who: str, now: datetime, *, over: int
) -> ConsentWords:
    """Ask with these words from now on; those before stay as what was agreed to until now.

    Args:
        shop: whose.
        words: of all `CONSENTS_ASKED`, in every language.
        who: who wrote them.
        now: UTC.
        over: the version that the writer saw.

    Returns:
        The new version; the one that holds where nothing differs.

    Raises:
        BadValue: words are missing, too long, or of no consent.
        Conflict: somebody else has written a newer version since.
    """
    text = _kept(shop, now)
    newest = _read(text)[-1]
    clean = {name: {tongue: words.get(name, {}).get(tongue, "").strip() for tongue in LANGUAGES}
             for name in CONSENTS_ASKED}  # fmt: skip
    for name, each in clean.items():
        for tongue, said in each.items():
            if not said or len(said) > _MOST or "\n" in said:
                raise BadValue("must be one line of words", key=f"{name}.{tongue}", value=said[:_MOST],
                               way_out=f"1 to {_MOST} characters, in ja and en")  # fmt: skip
    if newest.number != over:
        raise Conflict("somebody has changed the words since", key="version", value=newest.number,
                       way_out="look at the newer words first")  # fmt: skip
    if clean == newest.words:
        return newest
    version = {"at": now.isoformat(), "who": who, "words": clean}
    whole = json.dumps([*json.loads(text), version], ensure_ascii=False)
    if not shop.store.settings.put_over(_KEY, text, whole, now):
        raise Conflict("somebody has changed the words at the same moment", key="version", value=newest.number,
                       way_out="look at the newer words first")  # fmt: skip
    return _read(whole)[-1]


def restore_consent_words(shop: Shop, number: int, who: str, now: datetime, *, over: int) -> ConsentWords:
    """Ask with the words of an older version again, as a new version.

    Raises:
        Conflict: the version `over` is no longer the newest.
    """
    was = next(each for each in every_consent_words(shop, now) if each.number == number)
    whole = {name: {tongue: was.text(name, tongue) for tongue in LANGUAGES} for name in CONSENTS_ASKED}
    return set_consent_words(shop, whole, who, now, over=over)


def read_of(shop: Shop, number: str, language: str, now: datetime) -> ConsentRead:
    """What a page says that the customer had before them.

    Raises:
        BadValue: there are no such words.
    """
    known = len(every_consent_words(shop, now))
    if not (number.isascii() and number.isdigit() and len(number) < 10 and 1 <= int(number) <= known):  # noqa: PLR2004 - digits
        raise BadValue("no such words", key="words", value=number[:20], way_out="load the page anew")
    return ConsentRead(int(number), language)


def words_agreed_to(versions: list[ConsentWords], evidence: str | None) -> str | None:
    """The very words that a consent rests on, as its evidence names them; None where it names none.

    >>> words_agreed_to([], "form") is None
    True
    """
    found = _EVIDENCE.search(evidence or "")
    if found is None:
        return None
    number, name, language = found.groups()
    version = next((each for each in versions if each.number == int(number)), None)
    return None if version is None or name not in CONSENTS_ASKED else version.text(name, language)


def _kept(shop: Shop, now: datetime) -> str:
    kept = shop.store.settings.get(_KEY)
    if kept is not None:
        return kept
    words = {name: {tongue: CONSENT_WORDS.text(name, tongue) for tongue in LANGUAGES} for name in CONSENTS_ASKED}
    first = json.dumps([{"at": now.isoformat(), "who": "", "words": words}], ensure_ascii=False)
    return shop.store.settings.put_once(_KEY, first, now)


def _read(text: str) -> list[ConsentWords]:
    rows: list[dict[str, Any]] = json.loads(text)
    return [
        ConsentWords(number, datetime.fromisoformat(row["at"]), row["who"], row["words"])
        for number, row in enumerate(rows, 1)
    ]
