"""Moments as UTC, and the one integer form in which they are stored and computed: microseconds since 1970.

Nothing here reads the clock: `now` is always an argument.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tsuide.errors import BadValue

MICROS_PER_SECOND: Final = 1_000_000
MICROS_PER_DAY: Final = 86_400 * MICROS_PER_SECOND
Clock: TypeAlias = Callable[[], datetime]
"""Tells this moment, in UTC; read at the interfaces only."""
FIRST: Final = datetime(1, 1, 2, tzinfo=UTC)
"""From here until before `LAST` a moment can be written in every time zone."""
LAST: Final = datetime(9999, 12, 31, tzinfo=UTC)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970-01-01 UTC, exact.

    Raises:
        BadValue: the moment has no time zone.

    >>> to_micros(datetime(1970, 1, 2, tzinfo=UTC)) == MICROS_PER_DAY
    True
    """
    if moment.tzinfo is None:
        raise BadValue("a time without a time zone", key="time", value=moment, way_out="add tzinfo")
    since = moment - _EPOCH  # taken apart by hand: three times as fast as dividing timedeltas
    return (since.days * 86_400 + since.seconds) * MICROS_PER_SECOND + since.microseconds


def from_micros(micros: int) -> datetime:
    """The UTC moment of `micros`.

    >>> from_micros(0).isoformat()
    '1970-01-01T00:00:00+00:00'
    """
    return _EPOCH + timedelta(0, 0, int(micros))


def must_have_happened(key: str, moment: datetime, now: datetime) -> None:
    """Refuse a moment that is still to come.

    Raises:
        BadValue: it lies after `now`.

    >>> must_have_happened("at", datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
    Traceback (most recent call last):
    tsuide.errors.BadValue: lies in the future: at = '2026-01-02T00:00:00+00:00'. Way out: record what happened
    """
    if moment > now:
        raise BadValue("lies in the future", key=key, value=moment.isoformat(), way_out="record what happened")


def zone(name: str) -> ZoneInfo:
    """The time zone called `name`.

    Raises:
        BadValue: no such zone.

    >>> zone("Asia/Tokyo").key
    'Asia/Tokyo'
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise BadValue(
            "not a time zone", key="time zone", value=name, way_out="use an IANA name such as Asia/Tokyo"
        ) from exc


def midnight(day: date, place: ZoneInfo) -> int:
    """When a day begins at a place, in microseconds.

    >>> from_micros(midnight(date(2026, 1, 31), zone("Asia/Tokyo"))).isoformat()
    '2026-01-30T15:00:00+00:00'
    """
    return to_micros(datetime(day.year, day.month, day.day, tzinfo=place).astimezone(UTC))


def parse_moment(text: str, local: ZoneInfo) -> datetime:
    """A UTC moment from ISO 8601 text; a time without offset is the shop's local time.

    Raises:
        BadValue: not a time.

    >>> parse_moment("2017-11-15 09:00", zone("Asia/Tokyo")).isoformat()
    '2017-11-15T00:00:00+00:00'
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as exc:
        raise BadValue("not a time", key="time", value=text, way_out="write 2017-11-15T09:00:00+09:00") from exc
    return (moment if moment.tzinfo else moment.replace(tzinfo=local)).astimezone(UTC)
