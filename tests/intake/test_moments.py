"""Times are read in the forms that shops write."""

from datetime import UTC, datetime

import polars as pl
import pytest

from tsuide.errors import BadColumns
from tsuide.intake.moments import moments
from tsuide.intake.settings import IntakeSettings

TOKYO = IntakeSettings(now=datetime(2026, 1, 1, tzinfo=UTC))


def read(*texts: str, settings: IntakeSettings = TOKYO) -> list[datetime | None]:
    return moments(pl.Series("at", texts), settings)[0].to_list()


@pytest.mark.parametrize(
    "text",
    [
        "2017-11-15 09:00", "2017/11/15 9:00", "2017年11月15日 9時00分", "2017年11月15日(水) 午前9:00",
        "2017-11-15T00:00:00Z", "2017-11-15 09:00:00 +0900", "20171115090000", "1510704000", "1510704000000",
        "Nov 15, 2017 9:00 AM", "15 Nov 2017 9:00", "平成29年11月15日 9:00", "２０１７／１１／１５　９：００",
    ],
)  # fmt: skip
def test_forms(text: str) -> None:
    assert read(text) == [datetime(2017, 11, 15, tzinfo=UTC)]


@pytest.mark.parametrize("text", ["yesterday", "2017-02-30", "2017-13-01", "9:00", "2017-11-15 31:00"])
def test_what_is_no_time(text: str) -> None:
    assert read(text) == [None]


def test_the_order_of_day_and_month_is_told_by_the_column_or_by_a_person() -> None:
    assert read("3/4/2017", "12/25/2017")[0] == datetime(2017, 3, 3, 15, tzinfo=UTC)
    assert read("3/4/2017", "25/12/2017")[0] == datetime(2017, 4, 2, 15, tzinfo=UTC)
    with pytest.raises(BadColumns, match="--day-first"):
        read("3/4/2017")
    day_first = IntakeSettings(now=TOKYO.now, day_first=True)
    assert read("3/4/2017", settings=day_first) == [datetime(2017, 4, 2, 15, tzinfo=UTC)]


def test_local_times_that_a_change_of_clocks_skips_or_repeats() -> None:
    york = IntakeSettings(now=TOKYO.now, zone="America/New_York")
    naive = pl.Series([datetime(2017, 3, 12, 2, 30), datetime(2017, 11, 5, 1, 30)])  # noqa: DTZ001 - the point
    assert moments(naive, york)[0].to_list() == [
        datetime(2017, 3, 12, 7, 30, tzinfo=UTC),
        datetime(2017, 11, 5, 5, 30, tzinfo=UTC),
    ]
