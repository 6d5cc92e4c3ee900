"""Past and future."""

from datetime import UTC, datetime

import polars as pl
import pytest

from tsuide.errors import BadValue, TooFewData
from tsuide.mining.baskets import Baskets
from tsuide.proof.evaluation.split import split_at


def daily(days: int) -> Baskets:
    frame = pl.DataFrame(
        {"order": [f"o{day:02}" for day in range(days)], "item": ["a"] * days},
    ).with_columns(at=pl.datetime(2025, 1, 1, time_zone="UTC") + pl.duration(days=pl.int_range(days)))
    return Baskets.from_frame(frame, basket="order", item="item", time="at")


def test_the_day_itself_belongs_to_the_future() -> None:
    split = split_at(daily(10), datetime(2025, 1, 4, tzinfo=UTC))
    assert split.past.basket_ids.ids == ["o00", "o01", "o02"]
    assert split.future.basket_ids.ids[0] == "o03"
    assert split.future.items_of[0] == 0


def test_without_a_date_87_of_100_are_past() -> None:
    assert split_at(daily(100)).past.n_baskets == 87


def test_all_on_one_side_is_refused_with_the_dates_that_there_are() -> None:
    with pytest.raises(BadValue, match="from 2025-01-01 to 2025-01-10"):
        split_at(daily(10), datetime(2026, 1, 1, tzinfo=UTC))


def test_without_times_there_is_no_future() -> None:
    frame = pl.DataFrame({"order": ["1", "2"], "item": ["a", "b"]})
    with pytest.raises(TooFewData, match="no past and future"):
        split_at(Baskets.from_frame(frame, basket="order", item="item"))
