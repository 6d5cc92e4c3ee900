"""Money as integers in minor units, and tax rounded once per rate and order.

An amount is an `int` in the currency's minor unit (yen, cent) beside an ISO 4217 code; it is never a float.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Final

from babel import UnknownLocaleError
from babel.numbers import (
    UnknownCurrencyError,
    format_currency,
    get_currency_precision,
    list_currencies,
)

from tsuide.errors import BadValue, MixedCurrencies
from tsuide.kit.text import fold_width

RATE_UNIT: Final = 10_000  # tax and other rates are integers in basis points: 1000 = 10 %
LARGEST_AMOUNT: Final = 10**15  # minor units of one amount that is read: an order of 5,000 such lines fits int64


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An exact amount.

    Args:
        amount: minor units, may be negative.
        currency: ISO 4217 code.

    >>> Money(1200, "JPY") + Money(300, "JPY")
    Money(amount=1500, currency='JPY')
    >>> Money(1, "JPY") + Money(1, "USD")
    Traceback (most recent call last):
    tsuide.errors.MixedCurrencies: amounts of two currencies cannot be added: currency = 'JPY and USD'...
    """

    amount: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + other._of(self.currency), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - other._of(self.currency), self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(self.amount * times, self.currency)

    def _of(self, currency: str) -> int:
        if currency != self.currency:
            raise MixedCurrencies(
                "amounts of two currencies cannot be added",
                key="currency",
                value=f"{currency} and {self.currency}",
                way_out="group by currency first",
            )
        return self.amount

    def text(self, language: str = "en") -> str:
        """The amount as a reader of `language` writes it.

        >>> Money(1200, "JPY").text("ja"), Money(1999, "USD").text("en")
        ('￥1,200', '$19.99')
        """
        value = Decimal(self.amount).scaleb(-minor_digits(self.currency))
        try:
            return format_currency(value, self.currency, locale=language)
        except UnknownLocaleError as exc:
            raise BadValue("not a language", key="language", value=language, way_out="use ja or en") from exc


@cache
def _currencies() -> frozenset[str]:
    return frozenset(list_currencies())


def currencies() -> list[str]:
    """Every ISO 4217 code that is known, sorted.

    >>> "JPY" in currencies()
    True
    """
    return sorted(_currencies())


@cache
def minor_digits(currency: str) -> int:
    """How many decimals the currency has: 0 for JPY, 2 for USD.

    Raises:
        BadValue: not an ISO 4217 code.

    >>> minor_digits("JPY"), minor_digits("USD"), minor_digits("KWD")
    (0, 2, 3)
    """
    try:
        if currency in _currencies():
            return get_currency_precision(currency)
    except (UnknownCurrencyError, KeyError):
        pass
    raise BadValue("not a currency", key="currency", value=currency, way_out="use an ISO 4217 code such as JPY or USD")


def line_total(price: int, units: int, key: str) -> int:
    """What `units` cost at `price` each, minor units.

    Args:
        price: of one unit, minor units.
        units: how many, whole.
        key: where the price stands, for who mistyped it.

    Raises:
        BadValue: more than `LARGEST_AMOUNT`.

    >>> line_total(1_980, 3, "lines.0.unit_price")
    5940
    >>> line_total(10**15, 2, "lines.0.unit_price")
    Traceback (most recent call last):
    tsuide.errors.BadValue: too large for an amount with 2 units: lines.0.unit_price = 1000000000000000...
    """
    total = price * units
    if abs(total) > LARGEST_AMOUNT:
        raise BadValue(f"too large for an amount with {units} units", key=key, value=price)
    return total


def parse_amount(text: str, currency: str) -> int:
    """Minor units from what people write: ``¥1,200``, ``1200円``, ``$19.99``, ``１，２００``, ``(5.00)``.

    Raises:
        BadValue: not a number, or finer than the currency's minor unit.

    >>> parse_amount("¥1,200", "JPY"), parse_amount("19.99", "USD"), parse_amount("(5.00)", "USD")
    (1200, 1999, -500)
    """
    plain = fold_width(text).strip()
    negative = plain.startswith(("-", "▲", "△")) or (plain.startswith("(") and plain.endswith(")"))
    digits = plain.translate(_MONEY_NOISE).replace(currency, "").strip()
    try:
        value = Decimal(digits)
    except InvalidOperation as exc:
        raise BadValue(
            "not an amount of money", key="amount", value=text, way_out="write digits such as 1234 or 12.34"
        ) from exc
    scaled = value.scaleb(minor_digits(currency))
    if not value.is_finite() or scaled != scaled.to_integral_value():
        raise BadValue(
            f"finer than {currency} allows",
            key="amount",
            value=text,
            way_out=f"at most {minor_digits(currency)} decimals",
        )
    return -int(scaled) if negative else int(scaled)


_MONEY_NOISE: Final = str.maketrans("", "", ",¥￥$€£円()+-▲△  \t")


def tax_of(gross_or_net: Mapping[int, int], *, included: bool) -> dict[int, int]:
    """Tax in one order, rounded down once per rate (the usual Japanese invoice rule, 端数切り捨て).

    Args:
        gross_or_net: sum of the order's amounts by rate in basis points; minor units.
        included: whether the amounts already contain the tax.

    Returns:
        Tax by rate, minor units. Negative sums (returns) are rounded toward zero, so a full return takes back
        exactly what was charged.

    >>> tax_of({800: 1080, 1000: 550}, included=True)
    {800: 80, 1000: 50}
    >>> tax_of({1000: 999}, included=False)
    {1000: 99}
    """
    taxes = {}
    for rate, amount in gross_or_net.items():
        base = RATE_UNIT + rate if included else RATE_UNIT
        tax = abs(amount) * rate // base
        taxes[rate] = -tax if amount < 0 else tax
    return taxes


def ex_tax(amount: int, rate: int, *, included: bool) -> int:
    """One amount without tax, for margins of single products (an order's total uses `tax_of`).

    >>> ex_tax(1080, 800, included=True), ex_tax(1000, 1000, included=False)
    (1000, 1000)
    """
    return amount - tax_of({rate: amount}, included=True)[rate] if included else amount


def share_out(total: int, weights: Sequence[int]) -> list[int]:
    """Split an amount by weights without gaining or losing a unit (largest remainder, earliest first).

    Raises:
        BadValue: no positive weight.

    >>> share_out(100, [1, 1, 1]), share_out(-10, [3, 1])
    ([34, 33, 33], [-8, -2])
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise BadValue("weights must be non-negative and not all zero", key="weights", value=list(weights))
    sign = -1 if total < 0 else 1
    parts = [abs(total) * weight // whole for weight in weights]
    remainders = sorted(range(len(weights)), key=lambda i: (-(abs(total) * weights[i] % whole), i))
    for i in remainders[: abs(total) - sum(parts)]:
        parts[i] += 1
    return [sign * part for part in parts]
