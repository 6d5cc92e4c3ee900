import pytest

from tsuide.errors import BadValue
from tsuide.kit.hashing import assign, bucket

HOLDOUT = [("holdout", 50_000), ("treated", 950_000)]


def test_the_same_unit_and_salt_give_the_same_place_for_ever() -> None:
    # literal, so that a change of the hash, which would move customers between arms, cannot pass unseen
    assert [bucket(f"customer-{n}", "holdout") for n in range(3)] == [415_159, 279_401, 944_194]


def test_five_percent_of_many_customers_are_held_out() -> None:
    held = sum(assign(f"c{n}", "standing", HOLDOUT) == "holdout" for n in range(100_000))
    assert 4_750 < held < 5_250  # 3.6 standard deviations


def test_two_salts_assign_independently() -> None:
    both = sum(
        assign(f"c{n}", "a", HOLDOUT) == "holdout" and assign(f"c{n}", "b", HOLDOUT) == "holdout"
        for n in range(100_000)
    )
    assert 190 < both < 310  # .05² × 100,000 = 250 ± 3.8 standard deviations


def test_shares_that_do_not_fill_the_whole_are_refused() -> None:
    with pytest.raises(BadValue, match="sum to 1,000,000"):
        assign("c", "x", [("a", 10)])
    with pytest.raises(BadValue):
        assign("c", "x", [("a", 1_000_001), ("b", -1)])
