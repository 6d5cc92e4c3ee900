"""Numbers, money, shares and moments as a reader of a language writes them."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_compact_decimal, format_decimal, format_percent

from tsuide.kit.money import Money

NOTHING: Final = "–"


def number(value: float | None, language: str, digits: int = 0) -> str:
    """A number with at most so many digits behind the point.

    >>> number(1234567.891, "ja", 1), number(None, "en")
    ('1,234,567.9', '–')
    """
    shape = "#,##0" + ("." + "#" * digits if digits else "")
    return NOTHING if value is None else format_decimal(value, format=shape, locale=language)


def short_number(value: float | None, language: str) -> str:
    """A large number, short.

    >>> short_number(1_470_000, "ja"), short_number(1_470_000, "en")
    ('147万', '1.5M')
    """
    digits = 0 if language == "ja" else 1
    return NOTHING if value is None else format_compact_decimal(value, locale=language, fraction_digits=digits)


def share(value: float | None, language: str, digits: int = 1) -> str:
    """A share in percent.

    >>> share(0.1234, "ja"), share(-0.5, "en", 0)
    ('12.3%', '-50%')
    """
    shape = "#,##0" + ("." + "0" * digits if digits else "") + "%"
    return NOTHING if value is None else format_percent(value, format=shape, locale=language)


def money(value: float | None, currency: str | None, language: str) -> str:
    """An amount in minor units.

    >>> money(1200, "JPY", "ja"), money(-50.4, "JPY", "en"), money(None, "JPY", "ja")
    ('￥1,200', '-¥50', '–')
    """
    if value is None:
        return NOTHING
    return number(value, language) if currency is None else Money(round(value), currency).text(language)


def moment(value: datetime | str | None, language: str, place: ZoneInfo) -> str:
    """A moment, to the minute, in the shop's zone.

    >>> from datetime import UTC
    >>> moment(datetime(2026, 6, 1, 3, tzinfo=UTC), "ja", ZoneInfo("Asia/Tokyo"))
    '2026/06/01 12:00'
    """
    if value is None or value == "":
        return NOTHING
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    shape = "yyyy/MM/dd HH:mm" if language == "ja" else "d MMM yyyy, HH:mm"
    return format_datetime(at, shape, tzinfo=place, locale=language)


def day(value: date | datetime | str | None, language: str, place: ZoneInfo) -> str:
    """A day in the shop's zone.

    >>> day(date(2026, 6, 1), "en", ZoneInfo("Asia/Tokyo")), day("2026-06-01", "ja", ZoneInfo("Asia/Tokyo"))
    ('1 Jun 2026', '2026/06/01')
    """
    if value is None or value == "":
        return NOTHING
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    local = at.astimezone(place).date() if isinstance(at, datetime) and at.tzinfo is not None else at
    return format_date(local, "yyyy/MM/dd" if language == "ja" else "d MMM yyyy", locale=language)


def writers(language: str, place: ZoneInfo) -> Mapping[str, Callable[..., Any]]:
    """All of them for one reader, as templates call them."""
    return {
        "number": lambda value, digits=0: number(value, language, digits),
        "short_number": lambda value: short_number(value, language),
        "share": lambda value, digits=1: share(value, language, digits),
        "money": lambda value, currency=None: money(value, currency, language),
        "moment": lambda value: moment(value, language, place),
        "day": lambda value: day(value, language, place),
    }
