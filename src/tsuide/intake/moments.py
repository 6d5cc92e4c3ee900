"""Columns of dates and times → UTC moments.

Each distinct text is read once. A time without an offset is the shop's local time. Whether 3/4/2017 is in
March or in April is told by the column's other dates, or by a person; it is never guessed.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from tsuide.errors import BadColumns
from tsuide.facts.schema import MOMENT
from tsuide.intake.settings import IntakeSettings
from tsuide.intake.words import text
from tsuide.kit.clock import zone

_NAIVE: Final = pl.Datetime("us")
_DATE = r"(?P<y>\d{4})\s*[-/.年]\s*(?P<m>\d{1,2})\s*[-/.月]\s*(?P<d>\d{1,2})日?"
_TIME = (
    r"(?:[T\s]*(?:\([^)]*\)\s*)?(?P<half>午前|午後)?\s*(?P<H>\d{1,2})\s*[:時]\s*(?P<M>\d{1,2})"
    r"(?:\s*[:分]\s*(?P<S>\d{1,2})(?:[.,](?P<f>\d{1,9}))?)?\s*[分秒]?\s*(?P<ap>[AaPp]\.?[Mm]\.?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?"
)
_YMD: Final = re.compile(_DATE + r"(?:\s*\([^)]*\))?" + _TIME)
_COMPACT: Final = re.compile(
    r"(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})(?:T?(?P<H>\d{2})(?P<M>\d{2})(?P<S>\d{2})?)?"
)
_PARTS: Final = re.compile(r"(?P<a>\d{1,2})[-/.](?P<b>\d{1,2})[-/.](?P<y>\d{4}|\d{2})" + _TIME)
_MONTHS: Final = {
    name: n
    for n, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)
}
_DMY: Final = re.compile(r"(?:\w{3,9},?\s+)?(?P<d>\d{1,2})[\s-](?P<mon>[A-Za-z]{3,9})\.?[\s,-]+(?P<y>\d{4}),?" + _TIME)
_MDY: Final = re.compile(
    r"(?P<mon>[A-Za-z]{3,9})\.?\s+(?P<d>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<y>\d{4}),?(?:\s+at)?" + _TIME
)
_ERAS: Final = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988}
_ERA: Final = re.compile(
    r"(?P<era>令和|平成|[RH])\s*(?P<ey>\d{1,2}|元)\s*[年./-]\s*(?P<m>\d{1,2})\s*[月./-]\s*(?P<d>\d{1,2})日?" + _TIME
)
_EPOCH: Final = re.compile(r"\d{10}(?:\d{3}|\d{6})?(?:\.\d+)?")
_MONTHS_IN_YEAR: Final = 12
_CENTURY: Final = 100


def moments(values: pl.Series, settings: IntakeSettings) -> tuple[pl.Series, pl.Series]:
    """(UTC moments, which are not times).

    Args:
        values: dates, datetimes, epoch numbers (seconds, milli- or microseconds) or text.
        settings: for the zone and the order of day and month.

    Raises:
        BadColumns: day and month cannot be told apart.

    >>> at = IntakeSettings(now=datetime(2018, 1, 1, tzinfo=UTC))
    >>> moments(pl.Series(["2017年11月15日 9:00", "2017-11-15T00:00:00Z", "x"]), at)[0].to_list()[:2]
    [datetime.datetime(2017, 11, 15, 0, 0, tzinfo=...), datetime.datetime(2017, 11, 15, 0, 0, tzinfo=...)]
    """
    local = zone(settings.zone)
    if values.dtype == pl.Date:
        return _local(values.cast(_NAIVE), settings.zone), values.is_null() & False
    if isinstance(values.dtype, pl.Datetime):
        if values.dtype.time_zone is None:
            return _local(values.cast(_NAIVE), settings.zone), values.is_null() & False
        return values.cast(pl.Datetime("us", values.dtype.time_zone)).dt.convert_time_zone(
            "UTC"
        ), values.is_null() & False
    plain = text(values)
    distinct = plain.unique().drop_nulls()
    day_first = _day_first(distinct, settings.day_first, values.name)
    read = [_read(one, local, day_first=day_first) for one in distinct.to_list()]
    table = pl.DataFrame({"text": distinct, "at": pl.Series(read, dtype=MOMENT)})
    found = plain.to_frame("text").join(table, on="text", how="left", maintain_order="left")["at"]
    return found, plain.is_not_null() & found.is_null()


def _local(values: pl.Series, name: str) -> pl.Series:
    """Local times → UTC; the earlier of two in autumn, an hour later where spring skips one."""
    frame = values.to_frame("at")
    at = pl.col("at")

    def utc(moment: pl.Expr) -> pl.Expr:
        zoned = moment.dt.replace_time_zone(name, ambiguous="earliest", non_existent="null")
        return zoned.dt.convert_time_zone("UTC")

    return frame.select(utc(at).fill_null(utc(at.dt.offset_by("1h")))).to_series()


def _day_first(distinct: pl.Series, given: bool | None, column: str) -> bool:  # noqa: FBT001 - three-valued
    parts = [match for one in distinct.to_list() if (match := _PARTS.fullmatch(one))]
    if given is not None or not parts:
        return bool(given)
    day = sum(int(match["a"]) > _MONTHS_IN_YEAR for match in parts)
    month = sum(int(match["b"]) > _MONTHS_IN_YEAR for match in parts)
    if day == month:
        raise BadColumns(
            "day and month cannot be told apart",
            key=column or "time",
            value=parts[0][0],
            way_out="say --day-first or --month-first, or write 2017-11-15",
        )
    return day > month


def _read(one: str, local: ZoneInfo, *, day_first: bool) -> datetime | None:
    for shape in (_YMD, _COMPACT, _PARTS, _DMY, _MDY, _ERA):
        match = shape.fullmatch(one)
        if match:
            return _moment(match.groupdict(), local, day_first=day_first)
    if _EPOCH.fullmatch(one):
        whole, _, _ = one.partition(".")
        seconds = int(whole) // 10 ** (len(whole) - 10)
        rest = int(whole) % 10 ** (len(whole) - 10) * 10 ** (16 - len(whole))
        return datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=rest)
    return None


def _moment(got: dict[str, str | None], local: ZoneInfo, *, day_first: bool) -> datetime | None:
    try:
        year, month, day = _date(got, day_first=day_first)
        hour = _hour(int(got.get("H") or 0), (got.get("ap") or "").lower()[:1], got.get("half"))
        micros = int(((got.get("f") or "") + "000000")[:6])
        moment = datetime(year, month, day, 0, int(got.get("M") or 0), int(got.get("S") or 0), micros)  # noqa: DTZ001
    except (ValueError, KeyError):
        return None
    moment += timedelta(hours=hour)
    offset = got.get("zone")
    if offset is None:
        return moment.replace(tzinfo=local).astimezone(UTC)
    return moment.replace(tzinfo=UTC) - _offset(offset)


def _date(got: dict[str, str | None], *, day_first: bool) -> tuple[int, int, int]:
    if got.get("era"):
        since = _ERAS[got["era"] or ""]
        return (
            since + (1 if got["ey"] == "元" else int(got["ey"] or 0)),
            int(got["m"] or 0),
            int(got["d"] or 0),
        )
    year = int(got["y"] or 0)
    if "a" in got:
        first, second = int(got["a"] or 0), int(got["b"] or 0)
        month, day = (second, first) if day_first else (first, second)
        return year + (2000 if year < _CENTURY else 0), month, day
    if "mon" in got:
        return year, _MONTHS[(got["mon"] or "").lower()[:3]], int(got["d"] or 0)
    return year, int(got["m"] or 0), int(got["d"] or 0)


def _hour(hour: int, meridiem: str, half: str | None) -> int:
    """Hours after midnight; 24:00 to 29:59 is the night after, as Japanese shops write it."""
    if meridiem or half:
        if hour > _MONTHS_IN_YEAR:
            raise ValueError
        return hour % 12 + (12 if meridiem == "p" or half == "午後" else 0)
    if hour > 29:  # noqa: PLR2004 - see above
        raise ValueError
    return hour


def _offset(text_: str) -> timedelta:
    if text_[0] not in "+-":
        return timedelta(0)
    digits = text_[1:].replace(":", "")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -size if text_[0] == "-" else size
