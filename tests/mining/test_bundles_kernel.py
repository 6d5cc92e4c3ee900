import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tsuide.mining.bundles_kernel import common, meet

short = st.sets(st.integers(0, 400), max_size=4)
long = st.sets(st.integers(0, 400), max_size=400) | st.just(set(range(400)))


def ascending(values: set[int]) -> np.ndarray:
    return np.array(sorted(values), np.int32)


@settings(deadline=None, max_examples=150)
@given(short | long, short | long)
def test_what_two_lists_share_is_found_walking_or_searching_even_in_place(one: set[int], other: set[int]) -> None:
    left, right = ascending(one), ascending(other)
    shared = sorted(one & other)
    assert common(left, right) == len(shared)
    assert meet(left, right, left) == len(shared)  # written over what is read
    assert left[: len(shared)].tolist() == shared
