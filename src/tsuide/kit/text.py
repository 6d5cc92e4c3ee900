"""Text as people type it in Japan and elsewhere, folded so that equal things compare equal."""

import unicodedata
from typing import Final

from tsuide.errors import BadValue

MOST_TEXT: Final = 2_000
"""Characters of a note, a reason, a complaint: what a person writes about one thing."""
_KATAKANA: Final = {code: code + 0x60 for code in range(0x3041, 0x3097)}


def fold_width(text: str) -> str:
    """Full and half width made one (NFKC).

    >>> fold_width("ＧＴＸ　Ｐｒｏ"), fold_width("ｶﾒﾗ")
    ('GTX Pro', 'カメラ')
    """
    return unicodedata.normalize("NFKC", text)


def fold(text: str) -> str:
    """The form in which names are searched and compared: NFKC, case folded, hiragana as katakana, one space.

    >>> fold("  ＧＴＸ　Pro "), fold("かめら") == fold("ｶﾒﾗ")
    ('gtx pro', True)
    """
    return " ".join(fold_width(text).casefold().translate(_KATAKANA).split())


def language_of(text: str) -> str:
    """The language that a sentence is written in, of those that screens have: ja where there is any Japanese writing.

    >>> language_of("充電が速い！"), language_of("It charges fast.")
    ('ja', 'en')
    """
    return "ja" if any("\u3041" <= each <= "\u30ff" or "\u4e00" <= each <= "\u9fff" for each in text) else "en"


def must_be_said(key: str, text: str) -> None:
    """Refuse a text that says nothing, or too much.

    Raises:
        BadValue: it is empty, or longer than MOST_TEXT.

    >>> must_be_said("reason", " ")
    Traceback (most recent call last):
    tsuide.errors.BadValue: must be 1 … 2000 characters: reason = ' '
    """
    if not 0 < len(text.strip()) <= MOST_TEXT:
        raise BadValue(f"must be 1 … {MOST_TEXT} characters", key=key, value=text)


def must_be_short(key: str, text: str | None) -> None:
    """Refuse a text that says too much; none at all is welcome.

    Raises:
        BadValue: it is longer than MOST_TEXT.

    >>> must_be_short("note", "n" * 2_001)
    Traceback (most recent call last):
    tsuide.errors.BadValue: must be at most 2000 characters: note = ...
    """
    if text is not None and len(text) > MOST_TEXT:
        raise BadValue(f"must be at most {MOST_TEXT} characters", key=key, value=text)


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, the cut shown.

    >>> shorten("a long name", 7)
    'a long…'
    """
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
