"""Every ready-made journey can be walked, is told in both languages, and keeps the house's promises."""

import pytest

from tsuide.app.journeys import ready_journey, ready_journeys
from tsuide.errors import NotFound
from tsuide.outreach.journeys.reading import read_journey

READY = {name: read_journey(text) for name, text in ready_journeys().items()}


def test_there_is_one_for_each_of_the_usual_occasions() -> None:
    assert {journey.trigger.kind for journey in READY.values()} >= {
        "cart_abandoned", "order", "score", "silence", "birthday", "date", "refill_due", "window_opens", "price_drop",
        "back_in_stock", "content", "comes_back",
    }  # fmt: skip
    with pytest.raises(NotFound, match="no such ready-made journey"):
        ready_journey("nothing")


@pytest.mark.parametrize("name", READY)
def test_it_is_told_in_both_languages_and_says_what_it_is_for(name: str) -> None:
    journey = READY[name]
    assert journey.id == name
    assert journey.purpose is not None
    assert not journey.purpose.ja.isascii()


@pytest.mark.parametrize("name", [name for name, each in READY.items() if any(step.message for step in each.steps)])
def test_nobody_who_complains_is_sold_to(name: str) -> None:
    assert "complaint" in READY[name].leave_when


def test_who_is_not_content_is_only_called_never_mailed() -> None:
    assert [step.kind for step in READY["detractors"].steps] == ["task"]


def test_a_cheaper_model_comes_only_after_the_reminder() -> None:
    order = [step.id for step in READY["cart-rescue"].steps]
    assert order.index("remind") < order.index("fitting")
