from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.errors import BadValue
from tsuide.kit.clock import from_micros, parse_moment, to_micros, zone

TOKYO = zone("Asia/Tokyo")


@given(st.datetimes(timezones=st.just(UTC)))
def test_micros_and_back_is_the_same_moment(moment: datetime) -> None:
    assert from_micros(to_micros(moment)) == moment


def test_a_time_without_offset_is_the_shops_local_time() -> None:
    assert parse_moment("2026-01-01 08:30", TOKYO) == datetime(2025, 12, 31, 23, 30, tzinfo=UTC)
    assert parse_moment("2026-01-01T08:30:00+02:00", TOKYO) == datetime(2026, 1, 1, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(BadValue, match="not a time"):
        parse_moment(text, TOKYO)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(BadValue, match="without a time zone"):
        to_micros(datetime(2026, 1, 1))  # noqa: DTZ001 - the point of the test


@pytest.mark.parametrize("name", ["Asia/Edo", "", "../etc/passwd"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(BadValue, match="not a time zone"):
        zone(name)
