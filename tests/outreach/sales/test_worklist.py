import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.errors import BadArray, BadValue
from tsuide.outreach.sales.worklist import QUADRANTS, Accounts, Thresholds, Weights, rank, reaction_share


def accounts(
    results: list[int], room: list[float], touches: list[int] | None = None, reactions: list[int] | None = None
) -> Accounts:
    nothing = [0] * len(results)
    return Accounts(
        results=np.array(results, dtype=np.int64),
        room=np.array(room, dtype=np.float64),
        reach=np.zeros(len(results)),
        touches=np.array(touches or nothing, dtype=np.int64),
        reactions=np.array(reactions or nothing, dtype=np.int64),
    )


def quadrants(of: Accounts, thresholds: Thresholds) -> str:
    return "".join(QUADRANTS[place] for place in rank(of, thresholds).quadrant)


def test_quadrants_are_results_against_room() -> None:
    four = accounts([900, 0, 800, 10], [500, 400, 0, 10])
    assert quadrants(four, Thresholds()) == "ABCD"


def test_a_line_that_a_person_set_goes_before_the_share() -> None:
    four = accounts([900, 0, 800, 10], [500, 400, 0, 10])
    assert quadrants(four, Thresholds(results_amount=850, room_amount=450)) == "ADDD"
    assert rank(four, Thresholds(results_amount=850)).results_line == 850


def test_an_account_without_orders_has_no_high_results_even_where_all_lack_them() -> None:
    assert quadrants(accounts([0, 0], [5, 0]), Thresholds(results=0.0, room=0.0)) == "BD"


def test_who_has_most_room_comes_first_and_nobody_is_left_out() -> None:
    ranking = rank(accounts([1, 1, 1, 1], [10, 40, 0, 20]), weights=Weights(0, 0, 0))
    assert ranking.order.tolist() == [1, 3, 0, 2]


def test_quadrants_come_first_where_so_set() -> None:
    four = accounts([900, 0, 800, 10], [400, 500, 0, 10])
    assert rank(four, weights=Weights(0, 0, 0)).order.tolist() == [1, 0, 3, 2]
    assert rank(four, Thresholds(quadrants_first=True), Weights(0, 0, 0)).order.tolist() == [0, 1, 2, 3]


def test_of_two_with_equal_room_the_one_that_answers_comes_first() -> None:
    pair = accounts([5, 5], [100, 100], [10, 10], [1, 9])
    ranking = rank(pair, weights=Weights(what=0.5))
    assert ranking.order.tolist() == [1, 0]
    assert ranking.what_high.tolist() == [False, True]


def test_few_touch_points_say_little_of_how_an_account_reacts() -> None:
    share = reaction_share(accounts([0, 0], [0, 0], [1, 99], [1, 19]))
    assert share[0] == pytest.approx((1 + 4 * 0.2) / 5)  # 20 of all 100 were answered


def test_what_was_learned_from_answers_moves_an_account() -> None:
    two = accounts([1, 1], [100, 90])
    told = Accounts(two.results, two.room, two.reach, two.touches, two.reactions, taken=np.array([0.5, 1.0]))
    assert rank(told).order.tolist() == [1, 0]


def test_nobody_makes_an_empty_list() -> None:
    assert rank(accounts([], [])).order.tolist() == []


def test_thresholds_that_make_no_sense_are_refused_by_name() -> None:
    with pytest.raises(BadValue, match="what"):
        Thresholds(what=1.5)
    with pytest.raises(BadValue, match="room_amount"):
        Thresholds(room_amount=-1)
    with pytest.raises(BadValue, match="pace"):
        Thresholds(pace=float("nan"))


def test_arrays_that_do_not_fit_are_refused_by_name() -> None:
    with pytest.raises(BadArray, match="room"):
        accounts([1, 2], [1.0])
    with pytest.raises(BadArray, match="finite"):
        accounts([1], [float("nan")])


@given(st.lists(st.tuples(st.integers(-(10**9), 10**12), st.floats(0, 1e12), st.integers(0, 400)), max_size=40))
def test_every_account_stands_once_and_more_room_never_comes_later(rows: list[tuple[int, float, int]]) -> None:
    ranking = rank(accounts([r for r, _, _ in rows], [m for _, m, _ in rows], [t for _, _, t in rows]))
    assert sorted(ranking.order.tolist()) == list(range(len(rows)))
    assert (np.diff(ranking.priority[ranking.order]) <= 0).all()
