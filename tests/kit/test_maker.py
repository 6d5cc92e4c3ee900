"""Records made quickly are the records themselves."""

import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace
from typing import Any

import pytest

from tsuide.kit.maker import maker
from tsuide.offers.customer import CustomerView
from tsuide.offers.decision import Decision
from tsuide.offers.offer import Offer, OfferItem, Reason, Scores


@pytest.mark.parametrize("record", [Offer, OfferItem, Reason, Scores, Decision, CustomerView])
def test_what_is_made_equals_what_the_class_makes(record: Any) -> None:
    values = {each.name: number for number, each in enumerate(fields(record))}
    made = maker(record)(**values)
    assert type(made) is record
    assert made == record(**values) == maker(record)(*values.values())
    assert repr(made) == repr(record(**values))
    assert pickle.loads(pickle.dumps(made)) == made  # noqa: S301 - its own bytes
    first = next(iter(values))
    assert replace(made, **{first: -1}) == record(**values | {first: -1})
    with pytest.raises(FrozenInstanceError):
        setattr(made, first, -1)


def test_defaults_are_the_classs_and_fresh_ones_are_fresh() -> None:
    make = maker(Reason)
    assert make("why") == Reason("why")
    assert make("why").numbers is not make("why").numbers
    assert hash(maker(OfferItem)("a")) == hash(OfferItem("a"))
    assert maker(CustomerView)() == CustomerView()
    with pytest.raises(TypeError, match="missing"):
        make()  # type: ignore[call-arg]  # what is tested


def test_other_classes_are_refused() -> None:
    @dataclass(frozen=True)
    class Open:
        name: str

    @dataclass(frozen=True, slots=True)
    class Checked:
        name: str

        def __post_init__(self) -> None:
            raise ValueError(self.name)

    @dataclass(frozen=True, slots=True)
    class Counted:
        name: str
        count: int = field(init=False, default=0)

    for record in (Open, Checked, Counted):
        with pytest.raises(TypeError, match="no frozen slotted"):
            maker(record)
