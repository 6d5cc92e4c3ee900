import numpy as np
import numpy.typing as npt
import pytest

from tsuide.errors import BadArray
from tsuide.kit.arrays import checked_finite, checked_ints, frozen


@pytest.mark.parametrize("values", [[[1]], [1.5], ["a"], [-1], [3], np.array([True])])
def test_what_is_no_index_below_three_is_refused_by_name(values: npt.ArrayLike) -> None:
    with pytest.raises(BadArray, match="places"):
        checked_ints("places", values, high=3)


@pytest.mark.parametrize("values", [[[1.0]], [np.nan], [np.inf], ["a"]])
def test_what_is_no_finite_number_is_refused_by_name(values: npt.ArrayLike) -> None:
    with pytest.raises(BadArray, match="price"):
        checked_finite("price", values)


def test_a_frozen_array_cannot_be_written() -> None:
    array = frozen(np.zeros(2))
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1
