"""Single values of a message: whatever they are, they are read or refused by name."""

from typing import Any

import pytest

from tsuide.errors import BadValue
from tsuide.intake.values import DEEPEST, mapping, moment, money, one_of, shallow, text, whole


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def test_what_is_nested_too_deeply_is_refused_and_can_be_told() -> None:
    shallow(nested(DEEPEST))
    with pytest.raises(BadValue, match="too deeply nested"):
        shallow(nested(DEEPEST + 1))
    for read in (text, whole, mapping):
        with pytest.raises(BadValue) as caught:
            read(nested(100_000), "key")
        assert str(caught.value).endswith("'list'")


@pytest.mark.parametrize("said", ["9e999999", "-9e999999", "1e51", "9" * 58 + "e9"])
def test_a_number_beyond_every_amount_is_refused(said: str) -> None:
    with pytest.raises(BadValue, match="too large"):
        money(said, "USD", "price")
    with pytest.raises(BadValue):
        whole(said, "quantity")


@pytest.mark.parametrize("said", ["0e999999", "1e-999999", "-0", "0e-999999"])
def test_a_zero_in_whatever_form_is_a_zero(said: str) -> None:
    assert money(said, "USD", "price") == 0


@pytest.mark.parametrize(
    "said", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31"]
)
def test_a_time_that_not_every_zone_can_write_is_refused(said: str) -> None:
    with pytest.raises(BadValue, match="not a time"):
        moment(said, "at")


def test_a_list_is_none_of_the_choices() -> None:
    assert not one_of([0], (0, None))
    assert one_of(None, (0, None))
