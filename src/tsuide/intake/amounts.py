"""Columns of money → whole minor units, exactly.

Floats are read by their decimal representation: 1.005 dollars are 101 cents (half up, away from zero),
although the binary number is a little less. The quick way is right wherever the scaled value is not near a
half; only the rows near one go through decimals.
"""

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

import polars as pl

from tsuide.intake.words import text
from tsuide.kit.money import LARGEST_AMOUNT, minor_digits

_NEAR: Final = 1e-4  # scaled values this close to a half are rounded as decimals
_LARGE: Final = 1e9  # beyond it the error of a float64 may come near `_NEAR`
_SIGNS: Final = {"JPY": "¥￥円", "CNY": "¥￥", "USD": "$", "EUR": "€", "GBP": "£"}
_ANY_SIGN: Final = "¥￥円$€£"
_DOLLARS: Final = frozenset({"AUD", "CAD", "HKD", "NZD", "SGD", "TWD", "MXN", "USD"})


def minor(values: pl.Series, currency: pl.Series) -> tuple[pl.Series, pl.Series]:
    """(amounts in minor units, which are not amounts).

    Args:
        values: numbers or text such as ``¥1,200``, ``1,200円``, ``$19.99``, ``１，２００``, ``(5.00)``,
        ``▲500``.
        currency: ISO 4217 of each row, valid where not null; shape as `values`.

    >>> minor(pl.Series(["¥1,200", "１，２００円", "x"]), pl.Series(["JPY"] * 3))[0].to_list()
    [1200, 1200, None]
    >>> minor(pl.Series([1.005, -1.005, 19.99]), pl.Series(["USD"] * 3))[0].to_list()
    [101, -101, 1999]
    """
    scale = _scale(currency)
    if values.dtype.is_integer():
        whole = values.cast(pl.Float64)
        exact = values.cast(pl.Int64, strict=False) * scale.cast(pl.Int64)
        large = (whole * scale).abs() > LARGEST_AMOUNT
        found = exact.set(large.fill_null(value=False), None)
        return found, values.is_not_null() & found.is_null()
    plain = _plain(values)
    numbers = plain.cast(pl.Float64, strict=False).fill_nan(None)
    scaled = numbers * scale
    size = scaled.abs()
    fine = (size <= LARGEST_AMOUNT).fill_null(value=False)
    near = fine & (((size - size.floor() - 0.5).abs() < _NEAR) | (size > _LARGE))
    rounded = (size + 0.5).floor() * scaled.sign()
    found = rounded.set(~fine, None).cast(pl.Int64)
    rows = near.arg_true()
    if len(rows):
        found = found.scatter(rows, _exact(plain.gather(rows), scale.gather(rows)))
    return found, values.is_not_null() & plain.is_not_null() & found.is_null()


def foreign_sign(values: pl.Series, currency: pl.Series) -> pl.Series:
    """Which values carry the sign of another currency than their row's.

    >>> foreign_sign(pl.Series(["$5", "¥5", "5"]), pl.Series(["JPY"] * 3)).to_list()
    [True, False, False]
    """
    if values.dtype != pl.String:
        return pl.Series([False]).new_from_index(0, len(values))
    signed = values.str.contains(f"[{_ANY_SIGN}＄]").fill_null(value=False)
    if not signed.any():
        return signed
    fine = signed & False
    for code in currency.unique().drop_nulls():
        signs = _SIGNS.get(code, "$" if code in _DOLLARS else "")
        if signs:
            own = values.str.normalize("NFKC").str.contains(f"[{signs}]").fill_null(value=False)
            fine |= own & (currency == code).fill_null(value=False)
    return signed & ~fine


def _scale(currency: pl.Series) -> pl.Series:
    scales = {code: float(10 ** minor_digits(code)) for code in currency.unique().drop_nulls()}
    return currency.replace_strict(scales, default=None, return_dtype=pl.Float64)


def _plain(values: pl.Series) -> pl.Series:
    """Digits, point and minus only; null where there is no number."""
    if values.dtype == pl.Float32:
        return values.cast(pl.String)
    if values.dtype.is_numeric():
        return values
    plain = text(values)
    if plain.cast(pl.Float64, strict=False).null_count() == plain.null_count():
        return plain
    comma = _decimal_comma(plain)
    drop = r"[.\s'¥￥円$€£]|[A-Z]{3}" if comma else r"[,\s'¥￥円$€£]|[A-Z]{3}"
    bare = plain.str.replace_all(drop, "").str.replace(",", ".", literal=True)
    bare = bare.str.replace(r"^\((.*)\)$", "-$1").str.replace(r"^[▲△−]", "-").str.replace(r"^([\d.]+)-$", "-$1")
    fits = bare.str.contains(r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$").fill_null(value=False)
    return bare.set(~fits & plain.is_not_null(), "?")


def _decimal_comma(plain: pl.Series) -> bool:
    """Whether the column writes 1.234,56: a comma before one or two last digits, and never before three."""
    ends = plain.str.contains(r"\d,\d{1,2}\D*$").any()
    thousands = plain.str.contains(r"\d,\d{3}(\D|$)").any()
    return bool(ends) and not thousands


def _exact(values: pl.Series, scale: pl.Series) -> pl.Series:
    texts = values.cast(pl.String).to_list()
    units = [
        None if one is None else int((Decimal(one) * int(by)).quantize(Decimal(1), ROUND_HALF_UP))
        for one, by in zip(texts, scale.to_list(), strict=True)
    ]
    return pl.Series(units, dtype=pl.Int64)
