from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.errors import BadValue, MixedCurrencies
from tsuide.kit.money import Money, ex_tax, parse_amount, share_out, tax_of

AMOUNTS = st.integers(-(10**12), 10**12)


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("1200", "JPY", 1200),
        ("¥1,200", "JPY", 1200),
        ("１，２００円", "JPY", 1200),
        ("▲300", "JPY", -300),
        ("$19.99", "USD", 1999),
        ("USD 5", "USD", 500),
        ("-0.10", "USD", -10),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, currency: str, amount: int) -> None:
    assert parse_amount(text, currency) == amount


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("", "JPY"),
        ("abc", "USD"),
        ("1.5", "JPY"),
        ("1.999", "USD"),
        ("NaN", "USD"),
        ("Infinity", "USD"),
        ("1", "XXY"),
    ],
)
def test_what_is_no_exact_amount_is_refused_by_name(text: str, currency: str) -> None:
    with pytest.raises(BadValue):
        parse_amount(text, currency)


@given(AMOUNTS)
def test_an_amount_written_with_two_decimals_is_read_back_exactly(amount: int) -> None:
    text = f"{'-' if amount < 0 else ''}{abs(amount) // 100}.{abs(amount) % 100:02d}"
    assert parse_amount(text, "USD") == amount


@given(AMOUNTS, AMOUNTS)
def test_adding_and_taking_away_gives_the_first_amount_back(a: int, b: int) -> None:
    assert Money(a, "JPY") + Money(b, "JPY") - Money(b, "JPY") == Money(a, "JPY")


def test_two_currencies_are_never_added() -> None:
    with pytest.raises(MixedCurrencies, match="group by currency"):
        Money(1, "JPY") - Money(1, "USD")


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(0, 1000), min_size=1, max_size=20).filter(any))
def test_sharing_out_neither_gains_nor_loses_a_unit(total: int, weights: list[int]) -> None:
    parts = share_out(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(total * weight, sum(weights))) < 1


def test_weights_that_cannot_share_are_refused() -> None:
    with pytest.raises(BadValue):
        share_out(10, [0, 0])
    with pytest.raises(BadValue):
        share_out(10, [3, -1])


@given(st.integers(-(10**9), 10**9), st.sampled_from([0, 800, 1000]))
def test_tax_inside_a_price_is_less_than_one_unit_below_the_exact_share(gross: int, rate: int) -> None:
    tax = tax_of({rate: gross}, included=True)[rate]
    exact = Fraction(gross * rate, 10_000 + rate)
    assert 0 <= abs(exact) - abs(tax) < 1


@given(st.integers(0, 10**9))
def test_a_full_return_takes_back_exactly_the_tax_that_was_charged(amount: int) -> None:
    charged = tax_of({1000: amount}, included=True)[1000]
    assert tax_of({1000: -amount}, included=True)[1000] == -charged


def test_tax_is_rounded_once_per_rate_not_per_line() -> None:
    assert tax_of({800: 99 + 99 + 99}, included=False) == {800: 23}  # per line it would be 7 + 7 + 7 = 21


@given(st.integers(0, 10**9), st.sampled_from([0, 800, 1000]))
def test_a_price_without_tax_keeps_its_amount(amount: int, rate: int) -> None:
    assert ex_tax(amount, rate, included=False) == amount
