"""Text as people type it in Japan and elsewhere, folded so that equal things compare equal."""

import unicodedata
from typing import Final

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


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, the cut shown.

    >>> shorten("a long name", 7)
    'a long…'
    """
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
