"""When a wait ends: in the customer's own time zone, over business days, holidays, and hours that the clock skips."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import jpholiday

_SATURDAY: Final = 5
_DAY: Final = timedelta(days=1)


def is_business_day(day: date, *, holidays: bool = True) -> bool:
    """Monday to Friday, and no Japanese public holiday where `holidays` count.

    >>> is_business_day(date(2026, 5, 4)), is_business_day(date(2026, 5, 7)), is_business_day(date(2026, 5, 9))
    (False, True, False)
    """
    return day.weekday() < _SATURDAY and not (holidays and jpholiday.is_holiday(day))


def after_business_days(now: datetime, days: int, zone: ZoneInfo, *, holidays: bool = True) -> datetime:
    """The same local time so many business days later.

    >>> tokyo = ZoneInfo("Asia/Tokyo")
    >>> after_business_days(datetime(2026, 5, 1, 1, tzinfo=UTC), 1, tokyo).isoformat()  # Golden Week lies between
    '2026-05-07T01:00:00+00:00'
    """
    local = now.astimezone(zone)
    day, left = local.date(), days
    while left:
        day += _DAY
        left -= is_business_day(day, holidays=holidays)
    return at_local(day, local.time(), zone)


def next_local(now: datetime, wanted: time, zone: ZoneInfo) -> datetime:
    """The next moment, now included, at which it is `wanted` there.

    An hour that the clocks skip in spring comes when they have skipped it; of one that comes twice the first counts.

    >>> next_local(datetime(2026, 6, 1, 3, tzinfo=UTC), time(10), ZoneInfo("Asia/Tokyo")).isoformat()
    '2026-06-02T01:00:00+00:00'
    >>> next_local(datetime(2026, 3, 29, 0, 30, tzinfo=UTC), time(2, 30), ZoneInfo("Europe/Berlin")).isoformat()
    '2026-03-29T01:30:00+00:00'
    """
    day = now.astimezone(zone).date()
    found = at_local(day, wanted, zone)
    return found if found >= now else at_local(day + _DAY, wanted, zone)


def at_local(day: date, wanted: time, zone: ZoneInfo) -> datetime:
    """A local time of a day as UTC."""
    return datetime.combine(day, wanted, zone).astimezone(UTC)


def best_moment(now: datetime, zone: ZoneInfo, hour_of: Callable[[int], int]) -> datetime:
    """The next moment within a day at which the customer's best hour of that weekday begins.

    Args:
        now: UTC.
        zone: where the customer lives.
        hour_of: weekday (0 = Monday) → hour.

    >>> best_moment(datetime(2026, 6, 1, 3, tzinfo=UTC), ZoneInfo("Asia/Tokyo"), lambda _: 20).isoformat()
    '2026-06-01T11:00:00+00:00'
    """
    day = now.astimezone(zone).date()
    for each in (day, day + _DAY):
        found = at_local(each, time(hour_of(each.weekday())), zone)
        if found >= now:
            return found
    return now
