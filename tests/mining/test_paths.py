import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.errors import BadColumns, BadValue
from tsuide.kit.clock import MICROS_PER_DAY
from tsuide.mining.paths import Paths


def table(rows: list[tuple[str, float, str]]) -> pl.DataFrame:
    return pl.DataFrame(
        [(customer, int(day * MICROS_PER_DAY), step) for customer, day, step in rows],
        schema={"customer": pl.String, "time": pl.Int64, "step": pl.String},
        orient="row",
    )


JOURNEYS = table(
    [
        ("a", 0, "email"),
        ("a", 1, "view"),
        ("a", 2, "buy"),
        ("b", 0, "email"),
        ("b", 3, "view"),
        ("b", 4, "email"),
        ("c", 0, "email"),
        ("z", 100, "view"),
    ]
)


def test_shares_and_days_of_each_way_on_can_be_counted_by_hand() -> None:
    fitted = Paths(window_days=10, min_count=1).fit(JOURNEYS)
    moves = {move.step: (move.count, move.days) for move in fitted.next("email")}
    assert moves == {"view": (2, (1.0, 2.0, 3.0)), None: (2, None)}
    assert sum(move.share for move in fitted.next("email")) == pytest.approx(1.0)


def test_going_back_and_stopping_are_told_apart() -> None:
    hesitation = {row["step"]: row for row in Paths(window_days=10, min_count=1).fit(JOURNEYS).hesitation().to_dicts()}
    assert hesitation["view"]["back"] == pytest.approx(0.5)  # b went back to email, a bought
    assert hesitation["buy"]["stopped"] == 1.0
    assert hesitation["buy"]["days"] is None


def test_a_step_whose_window_has_not_passed_is_not_counted() -> None:
    frame = Paths(window_days=10, min_count=1).fit(JOURNEYS).frame()
    assert frame.filter(pl.col("step") == "view")["count"].sum() == 2  # z's view is too recent


def test_the_same_step_twice_in_a_row_is_one_step() -> None:
    fitted = Paths(window_days=10, min_count=1).fit(
        table([("a", 0, "view"), ("a", 1, "view"), ("a", 2, "buy"), ("z", 99, "x")])
    )
    assert [(move.step, move.count) for move in fitted.next("view")] == [("buy", 1)]


def test_a_rare_step_is_not_told() -> None:
    assert len(Paths(min_count=10).fit(JOURNEYS).frame()) == 0


def test_no_steps_at_all_is_an_empty_map() -> None:
    assert len(Paths().fit(table([])).frame()) == 0


def test_bad_columns_and_parameters_are_refused_by_name() -> None:
    with pytest.raises(BadColumns, match="step"):
        Paths().fit(JOURNEYS.drop("step"))
    with pytest.raises(BadValue, match="window_days"):
        Paths(window_days=0).fit(JOURNEYS)


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 40), st.sampled_from(["view", "buy", "email"])),
        max_size=60,
    )
)
def test_shares_of_a_step_sum_to_one_and_times_stay_within_the_window(
    rows: list[tuple[str, int, str]],
) -> None:
    frame = Paths(window_days=5, min_count=1).fit(table([(c, float(d), s) for c, d, s in rows])).frame()
    for total in frame.group_by("step").agg(pl.col("share").sum())["share"]:
        assert total == pytest.approx(1.0)
    assert frame["late"].drop_nulls().is_between(0, 5).all()
