from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tsuide.kit.ids import time_id

START = datetime(2026, 1, 1, tzinfo=UTC)
BITS = st.integers(0, 2**64 - 1)


@given(BITS, BITS, st.integers(1, 10**15))
def test_a_later_id_sorts_later_whatever_the_entropy(a: int, b: int, micros: int) -> None:
    assert time_id("dec", START, a) < time_id("dec", START + timedelta(microseconds=micros), b)


@given(BITS, BITS)
def test_two_entropies_give_two_ids(a: int, b: int) -> None:
    assert (time_id("x", START, a) == time_id("x", START, b)) == (a == b)
