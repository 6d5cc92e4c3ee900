"""Columns of text, whole numbers, yes and no."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from tsuide.kit.text import fold

_YES: Final = frozenset(
    fold(word)
    for word in [
        "1",
        "true",
        "yes",
        "y",
        "t",
        "on",
        "あり",
        "有",
        "有り",
        "はい",
        "○",
        "〇",
        "◯",
        "希望する",
        "同意",
        "同意する",
        "許可",
        "する",
        "受け取る",
        "購読",
        "granted",
        "subscribed",
        "opted_in",
        "opt-in",
        "税込",
        "内税",
        "公開",
        "active",
    ]
)
_NO: Final = frozenset(
    fold(word)
    for word in [
        "0",
        "false",
        "no",
        "n",
        "f",
        "off",
        "なし",
        "無",
        "無し",
        "いいえ",
        "×",
        "✕",
        "希望しない",
        "不同意",
        "同意しない",
        "拒否",
        "しない",
        "受け取らない",
        "未購読",
        "withdrawn",
        "denied",
        "unsubscribed",
        "not_subscribed",
        "opted_out",
        "opt-out",
        "税抜",
        "税別",
        "外税",
        "非公開",
        "inactive",
    ]
)


def text(values: pl.Series) -> pl.Series:
    """As text, stripped, full width made half; empty is null. Whole floats lose their ``.0``.

    >>> text(pl.Series([" Ａ-1 ", "", None])).to_list(), text(pl.Series([12.0, None])).to_list()
    (['A-1', None, None], ['12', None])
    """
    if values.dtype.is_float():
        whole = values.drop_nulls()
        if (whole == whole.round()).all() and (whole.abs() < 2**53).all():
            values = values.cast(pl.Int64)
    plain = values.cast(pl.String) if values.dtype != pl.String else values.str.strip_chars()
    if values.dtype == pl.String or values.dtype in {pl.Categorical, pl.Enum}:
        if not _ascii(plain):
            plain = plain.str.normalize("NFKC").str.strip_chars()
        plain = _without_empty(plain)
    return plain


def title(values: pl.Series) -> pl.Series:
    """As text for people: stripped, the width as it was written; empty is null."""
    plain = values.cast(pl.String, strict=False).str.strip_chars()
    return _without_empty(plain)


def _without_empty(values: pl.Series) -> pl.Series:
    empty = values == ""
    return values.set(empty.fill_null(value=False), None) if empty.any() else values


def _ascii(values: pl.Series) -> bool:
    return bool((values.str.len_bytes() == values.str.len_chars()).all())


def folded(values: pl.Series) -> pl.Series:
    """As text in the form in which words are compared (`kit.text.fold`)."""
    plain = values.cast(pl.String, strict=False)
    known = {word: fold(word) for word in plain.unique().drop_nulls()}
    return plain.replace_strict(known, default=None, return_dtype=pl.String)


def number(values: pl.Series) -> tuple[pl.Series, pl.Series]:
    """(numbers as Float64, which are not numbers).

    >>> number(pl.Series(["２", "1,000", "0.5", "x", None]))[0].to_list()
    [2.0, 1000.0, 0.5, None, None]
    """
    if values.dtype.is_numeric():
        numbers = values.cast(pl.Float64)
        return numbers, values.is_not_null() & ~numbers.is_finite().fill_null(value=False)
    plain = text(values)
    found = plain.cast(pl.Float64, strict=False)
    if (plain.is_not_null() & found.is_null()).any():
        cleaned = plain.str.replace_all(r"[,\s]|個|点|本|枚|pcs?$", "").str.replace(r"^[▲△]", "-")
        found = found.fill_null(cleaned.cast(pl.Float64, strict=False))
    found = found.fill_nan(None)
    found = found.set(found.is_infinite().fill_null(value=False), None)
    return found, plain.is_not_null() & found.is_null()


def yes(values: pl.Series) -> tuple[pl.Series, pl.Series]:
    """(yes or no, which are neither).

    >>> yes(pl.Series(["はい", "no", "1", "?", None]))[0].to_list()
    [True, False, True, None, None]
    """
    if values.dtype == pl.Boolean:
        return values, values.is_null() & False
    words = folded(text(values))
    known = {word: word in _YES for word in words.unique().drop_nulls() if word in _YES | _NO}
    found = words.replace_strict(known, default=None, return_dtype=pl.Boolean)
    return found, words.is_not_null() & found.is_null()


def choice(values: pl.Series, words: Mapping[str, str]) -> tuple[pl.Series, pl.Series]:
    """(the choices that the words stand for, which stand for none).

    Args:
        values: of a column.
        words: word, in any case and width → choice.

    >>> choice(pl.Series(["Active", "下書き", "?"]), {"active": "active", "下書き": "hidden"})[0].to_list()
    ['active', 'hidden', None]
    """
    known = {fold(word): meaning for word, meaning in words.items()}
    asked = folded(text(values))
    found = asked.replace_strict(known, default=None, return_dtype=pl.String)
    return found, asked.is_not_null() & found.is_null()
