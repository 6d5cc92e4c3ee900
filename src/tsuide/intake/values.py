"""Single values of a JSON message → text, numbers, money and moments; whatever does not fit names its key."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from types import NoneType
from typing import Any, Final
from zoneinfo import ZoneInfo

from tsuide.errors import BadValue
from tsuide.intake.message import LONGEST_ID
from tsuide.kit.clock import FIRST, LAST
from tsuide.kit.money import LARGEST_AMOUNT, minor_digits

LONGEST_TEXT: Final = 2_000
DEEPEST: Final = 200
"""Lists and objects within each other; a message of a shop has about five, and no writer of JSON takes 255."""
_SHOWN: Final = 60
_HUGE: Final = 50  # powers of ten; Decimal itself ends at 999,999
_TIME: Final = "write 2026-11-15T09:00:00+09:00"


def text(value: object, key: str, most: int = LONGEST_TEXT) -> str | None:
    """Text, or a number as text; None where there is nothing.

    Raises:
        BadValue: neither, or longer than `most` characters, or not writable as UTF-8.

    >>> text(" 日本語 🍵 ", "name"), text(12, "id"), text("", "id"), text(None, "id")
    ('日本語 🍵', '12', None, None)
    """
    if value is None:
        return None
    if isinstance(value, str):
        found = value.strip()
        if found and len(found) <= most and found.isprintable():  # most of them; half characters are not printable
            return found
    elif isinstance(value, int) and not isinstance(value, bool):
        found = str(value)
    elif isinstance(value, float) and value.is_integer():
        found = str(int(value))
    else:
        raise BadValue("not a text", key=key, value=in_short(value))
    if len(found) > most:
        raise BadValue(f"longer than {most} characters", key=key, value=found[:_SHOWN])
    if not found.isascii() and any("\ud800" <= each <= "\udfff" for each in found):
        raise BadValue("half a character (a lone surrogate)", key=key)
    return found.replace("\x00", "") or None


def in_short(value: object) -> str:
    """A value as an error shows it, whatever it is."""
    try:
        return str(value)[:_SHOWN]
    except (RecursionError, ValueError):  # nested a thousand levels deep, a number of more than 4,300 digits
        return type(value).__name__


def name(value: object, key: str) -> str | None:
    """An id: text of at most 200 characters.

    Raises:
        BadValue: anything else.
    """
    return text(value, key, LONGEST_ID)


def needed(value: str | None, key: str) -> str:
    """The value that must be there.

    Raises:
        BadValue: it is not.
    """
    if value is None:
        raise BadValue("is missing", key=key)
    return value


def whole(value: object, key: str, low: int = 0, high: int = 10**9) -> int | None:
    """A whole number from a number or its text; None where there is nothing.

    Raises:
        BadValue: not a whole number between `low` and `high`.

    >>> whole("3", "quantity"), whole(2.0, "quantity"), whole("", "quantity")
    (3, 2, None)
    """
    number = _number(value, key)
    if number is None:
        return None
    if number != number.to_integral_value() or not low <= number <= high:
        raise BadValue(f"not a whole number between {low} and {high}", key=key, value=in_short(value))
    return int(number)


def money(value: object, currency: str, key: str) -> int | None:
    """Minor units of an amount in major ones (19.99 dollars are 1999), halves away from zero; None = nothing said.

    Raises:
        BadValue: not an amount.

    >>> money("19.99", "USD", "price"), money(1980, "JPY", "price"), money(1.005, "USD", "price")
    (1999, 1980, 101)
    """
    number = _number(value, key)
    if number is None:
        return None
    scaled = number.scaleb(minor_digits(currency))
    if abs(scaled) > LARGEST_AMOUNT:
        raise BadValue("too large for an amount", key=key, value=in_short(value))
    return int(scaled.quantize(Decimal(1), ROUND_HALF_UP))


def _number(value: object, key: str) -> Decimal | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise BadValue("not a number", key=key, value=in_short(value))
    try:
        number = Decimal(str(value).strip().replace(",", "")[:_SHOWN])
    except InvalidOperation as exc:
        raise BadValue("not a number", key=key, value=in_short(value)) from exc
    if not number.is_finite():
        raise BadValue("not a finite number", key=key, value=in_short(value))
    if number and number.adjusted() > _HUGE:
        raise BadValue("too large a number", key=key, value=in_short(value))
    return number or Decimal(0)  # 0e999999 is a zero with which nobody can calculate


def currency(value: object, usual: str, key: str = "currency") -> str:
    """The ISO 4217 code that is named, else the usual one.

    Raises:
        BadValue: not a currency.

    >>> currency("usd", "JPY"), currency(None, "JPY")
    ('USD', 'JPY')
    """
    said = text(value, key, 10)
    if said is None:
        return usual
    code = said.upper()
    try:
        minor_digits(code)
    except BadValue as exc:
        raise BadValue("not a currency", key=key, value=said, way_out=exc.way_out) from exc
    return code


def moment(value: object, key: str, zone: str | None = None) -> datetime | None:
    """A UTC moment from ISO 8601; None where there is nothing.

    Args:
        value: text.
        key: its name.
        zone: of a time without an offset; None: such a time is UTC.

    Raises:
        BadValue: not a time.

    >>> moment("2026-11-22T09:00:00.123Z", "timestamp").isoformat()
    '2026-11-22T09:00:00.123000+00:00'
    """
    said = text(value, key, 64)
    if said is None:
        return None
    try:
        found = datetime.fromisoformat(said)
        found = (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone) if zone else UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise BadValue("not a time", key=key, value=said, way_out=_TIME) from exc
    if not FIRST <= found < LAST:
        raise BadValue("not a time of this calendar in every time zone", key=key, value=said, way_out=_TIME)
    return found


def shallow(value: object, key: str = "body") -> None:
    """Refuse what is nested so deeply that whoever writes or shows it would come to no end.

    Raises:
        BadValue: more than `DEEPEST` levels.

    >>> shallow({"a": [1, {"b": 2}]})
    """
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        within = [each.values() if isinstance(each, Mapping) else each for each in level]
        level = [one for each in within for one in each if isinstance(one, (Mapping, list))]
        if not level:
            return
    raise BadValue("too deeply nested", key=key, way_out=f"at most {DEEPEST} levels")


def one_of(value: object, choices: Collection[object]) -> bool:
    """Whether a value is one of the choices; a list or an object never is.

    >>> one_of("paid", {"paid", "open"}), one_of(["paid"], {"paid"})
    (True, False)
    """
    return isinstance(value, (str, int, float, NoneType)) and value in choices


def changed_at(told: Mapping[str, Any], keys: Sequence[str], received_at: datetime) -> datetime:
    """When a thing last changed by the first of the keys that tells it; when it came, where none does or it is later.

    >>> now = datetime(2026, 1, 2, tzinfo=UTC)
    >>> changed_at({"updated_at": "2026-01-01T00:00:00Z"}, ["updated_at"], now).day
    1
    >>> changed_at({"updated_at": "soon"}, ["updated_at"], now) == now
    True
    """
    for key in keys:
        try:
            found = moment(told.get(key), key)
        except BadValue:
            continue
        if found is not None:
            return min(found, received_at)
    return received_at


def mapping(value: object, key: str) -> Mapping[str, Any]:
    """A JSON object; an empty one where there is nothing.

    Raises:
        BadValue: something else.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise BadValue("not an object", key=key, value=in_short(value))
    return value


def listed(value: object, key: str, most: int = 1_000) -> Sequence[Mapping[str, Any]]:
    """A list of JSON objects; an empty one where there is nothing.

    Raises:
        BadValue: something else, or longer than `most`.
    """
    if value is None:
        return ()
    if not isinstance(value, list):
        raise BadValue("not a list", key=key, value=in_short(value))
    if len(value) > most:
        raise BadValue(f"more than {most} entries", key=key, value=len(value))
    return [mapping(each, f"{key}.{place}") for place, each in enumerate(value)]


def plain(found: Mapping[str, Any], but: frozenset[str] = frozenset()) -> dict[str, str]:
    """What is left of an object as flat text, for `properties` and `attributes`: scalars, and lists of scalars joined.

    >>> plain({"plan": "pro", "seats": 5, "tags": ["a", "b"], "nested": {"x": 1}, "ok": True, "none": None})
    {'plan': 'pro', 'seats': '5', 'tags': 'a, b', 'ok': 'true'}
    """
    kept: dict[str, str] = {}
    for key, value in found.items():
        if key in but or value is None or len(kept) >= _MOST_KEPT:
            continue
        if isinstance(value, bool):
            kept[_short(key)] = "true" if value else "false"
        elif isinstance(value, str | int | float):
            kept[_short(key)] = _short(str(value))
        elif isinstance(value, list) and all(isinstance(each, str | int) for each in value):
            kept[_short(key)] = _short(", ".join(str(each) for each in value))
    return kept


_MOST_KEPT: Final = 100


def _short(value: str) -> str:
    if len(value) <= LONGEST_TEXT and value.isprintable():
        return value
    return value[:LONGEST_TEXT].encode("utf-8", "replace").decode().replace("\x00", "")
