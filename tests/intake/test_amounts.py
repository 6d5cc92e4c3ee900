"""Money is read to the minor unit, whatever it was written like."""

from decimal import ROUND_HALF_UP, Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.intake.amounts import minor


def units(values: list[object], currency: str, dtype: pl.DataType | None = None) -> list[int | None]:
    return minor(pl.Series(values, dtype=dtype), pl.Series([currency] * len(values)))[0].to_list()


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("¥1,200", "JPY", 1200),
        ("1,200円", "JPY", 1200),
        ("１，２００", "JPY", 1200),
        ("▲500", "JPY", -500),
        ("$19.99", "USD", 1999),
        ("(5.00)", "USD", -500),
        ("1234.5", "USD", 123450),
        ("USD 7", "USD", 700),
        ("1.234,50 €", "EUR", 123450),
        ("0.125", "USD", 13),
        ("12,3x", "USD", None),
        ("1e400", "USD", None),
        ("99999999999999999999", "JPY", None),
    ],
)
def test_what_people_write(text: str, currency: str, amount: int | None) -> None:
    assert units([text], currency) == [amount]


def test_floats_are_rounded_by_what_they_show_and_not_by_their_bits() -> None:
    assert units([1.005, 2.675, 0.285, -1.005], "USD") == [101, 268, 29, -101]
    assert units([19.99, 0.29], "USD", pl.Float32()) == [1999, 29]


@given(cents=st.lists(st.integers(-(10**9), 10**9), min_size=1), as_text=st.booleans())
def test_every_number_of_cents_comes_back_from_text_and_from_floats(cents: list[int], *, as_text: bool) -> None:
    shown = [f"{Decimal(one) / 100:.2f}" for one in cents]
    values: list[object] = list(shown) if as_text else [float(one) for one in shown]
    assert units(values, "USD") == cents


@given(st.floats(-1e6, 1e6))
def test_any_float_is_rounded_as_its_decimal(value: float) -> None:
    exact = (Decimal(repr(value)) * 100).quantize(Decimal(1), ROUND_HALF_UP)
    assert units([value], "USD") == [int(exact)]
