"""When a report is due: every day, week or month at an hour of the shop's time zone."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from tsuide.errors import BadValue

Every: TypeAlias = Literal["day", "week", "month"]
DAYS: Final[dict[Every, int]] = {"day": 1, "week": 7, "month": 30}
MOST_RECIPIENTS: Final = 50
RETRY: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A report that is made by itself.

    Args:
        id: stable name.
        every: day; week: on Mondays; month: on the first.
        at: HH:MM in the shop's time zone.
        to: addresses of the shop's own people; each gets the mail.
        folder: where files are written too; a folder of its own for each run.
        days: how far back it looks; None = the time since the run before.
        language: ja or en.
        about: what the shop earned, or what its people are to do (overdue, and due today; nothing is sent for nothing).
        whose: of tasks only theirs; None = everybody's.
        paused: whether it waits until somebody lets it go on.
        link: address of the rows behind a figure, with {sort} and {name} in it, for the mail; None = the attached file.
    """

    id: str
    every: Every = "week"
    at: str = "08:00"
    to: tuple[str, ...] = ()
    folder: str | None = None
    days: int | None = None
    language: Literal["ja", "en"] = "ja"
    link: str | None = None
    about: Literal["results", "tasks"] = "results"
    whose: str | None = None
    paused: bool = False

    @property
    def back(self) -> timedelta:
        """How far the report looks back."""
        return timedelta(days=self.days or DAYS[self.every])


def checked(schedule: Schedule) -> Schedule:
    """The schedule itself, if it makes sense.

    Raises:
        BadValue: names the field.
    """
    if not schedule.id.strip() or not schedule.id.isprintable():
        raise BadValue("must be printable characters", key="id", value=schedule.id)
    _clock(schedule.at)
    if not schedule.to and schedule.folder is None:
        raise BadValue("goes nowhere", key="to", way_out="name addresses in `to`, or a folder")
    if len(schedule.to) > MOST_RECIPIENTS:
        raise BadValue(f"at most {MOST_RECIPIENTS} addresses", key="to", value=len(schedule.to))
    for each in schedule.to:
        name, _, host = each.partition("@")
        if not name or "." not in host or any(letter.isspace() or not letter.isprintable() for letter in each):
            raise BadValue("not an address", key="to", value=each, way_out="name@example.com")
    if schedule.about == "tasks" and not schedule.to:
        raise BadValue("tasks are told by mail only", key="to", way_out="--to ann@example.com")
    if schedule.days is not None and schedule.days < 1:
        raise BadValue("must be a day or more", key="days", value=schedule.days)
    return schedule


def newest_slot(schedule: Schedule, now: datetime, zone: ZoneInfo) -> datetime:
    """The newest moment, not after `now`, for which the report is due; UTC.

    >>> from datetime import UTC
    >>> tokyo = ZoneInfo("Asia/Tokyo")
    >>> monday = newest_slot(Schedule("w"), datetime(2026, 6, 3, tzinfo=UTC), tokyo)  # a Wednesday
    >>> monday.astimezone(tokyo).isoformat()
    '2026-06-01T08:00:00+09:00'
    """
    local = now.astimezone(zone)
    day = local.date()
    while True:
        if _is_day(schedule.every, day.weekday(), day.day):
            slot = datetime.combine(day, _clock(schedule.at), zone)
            if slot <= local:
                return slot.astimezone(UTC)
        day -= timedelta(days=1)


def _is_day(every: Every, weekday: int, day: int) -> bool:
    return every == "day" or (every == "week" and weekday == 0) or (every == "month" and day == 1)


def _clock(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError as exc:
        raise BadValue("not a time of day", key="at", value=text, way_out="08:00") from exc
