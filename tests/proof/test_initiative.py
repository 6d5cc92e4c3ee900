"""Initiatives: fixed once begun, due when their windows are over; returns with the interval of the margin."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from tsuide.errors import BadValue, Conflict
from tsuide.proof.effect import Effect, Reading
from tsuide.proof.estimate import Estimate
from tsuide.proof.initiative import Conclusion, Initiative, amended, checked, stage, without_hypothesis
from tsuide.proof.initiative_phrases import INITIATIVE
from tsuide.proof.returns_on_cost import attributed_beside, roi, share_of, total_of

DAY = datetime(2026, 6, 1, tzinfo=UTC)
TEA = Initiative("tea", "campaign", "Tea sells cups.", DAY, DAY + timedelta(days=7), created_at=DAY - timedelta(days=1))


def test_before_it_begins_everything_may_be_written_anew() -> None:
    wanted = replace(TEA, hypothesis="Tea sells pots.", metric="orders", created_at=None)
    kept = amended(TEA, wanted, DAY - timedelta(hours=1))
    assert (kept.hypothesis, kept.metric, kept.created_at) == ("Tea sells pots.", "orders", TEA.created_at)


@pytest.mark.parametrize(
    "change", [{"hypothesis": "x"}, {"metric": "orders"}, {"window": 9}, {"placements": ("cart",)}]
)
def test_once_begun_what_it_foretells_is_fixed(change: dict[str, object]) -> None:
    with pytest.raises(Conflict, match=f"fixed since it began: {next(iter(change))}"):
        amended(TEA, replace(TEA, **change), DAY)  # type: ignore[arg-type]  # one field each
    assert amended(TEA, replace(TEA, subject="p1"), DAY).subject == "p1"


def test_a_hypothesis_written_afterwards_is_marked() -> None:
    assert TEA.foretold
    assert not amended(None, TEA, DAY + timedelta(days=1)).foretold


def test_what_is_concluded_is_never_due_and_never_changed() -> None:
    done = replace(TEA, conclusion=Conclusion(DAY, "gain", "margin", "Cups.", "All shops."))
    assert stage(done, DAY + timedelta(days=400)) == "concluded"
    with pytest.raises(Conflict, match="it is concluded"):
        amended(done, TEA, DAY)
    assert stage(replace(TEA, review_at=DAY + timedelta(days=8)), DAY + timedelta(days=9)) == "due"


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"hypothesis": " "}, "hypothesis"),
        ({"ends_at": DAY}, "ends_at"),
        ({"arm": "a"}, "arm"),
        ({"window": 0}, "window"),
    ],
)
def test_what_makes_no_sense_is_named(change: dict[str, object], key: str) -> None:
    with pytest.raises(BadValue) as caught:
        checked(replace(TEA, **change))  # type: ignore[arg-type]  # one field each
    assert caught.value.key == key


def test_what_nobody_wrote_a_hypothesis_for_is_listed() -> None:
    things = [{"sort": "policy", "subject": "a@1"}, {"sort": "campaign", "subject": "p1"}]
    assert without_hypothesis(things, [replace(TEA, subject="p1")]) == things[:1]


def read(value: float, low: float, high: float) -> Effect:
    numbers = [np.asarray(each) for each in (value, 1.0, low, high, 0.01)]
    change = Estimate(*numbers)
    reading = Reading(200.0, 200.0 - value, change, change, change, None, None, 0.01, value * 50)
    return Effect((50, 10), "margin", {"margin": reading, "revenue": reading}, (), 1.0)


def test_returns_move_the_interval_of_the_margin() -> None:
    found = read(20.0, 10.0, 30.0)
    total = total_of(found, "margin")
    assert (total.value, total.low, total.high) == (1_000.0, 500.0, 1_500.0)
    assert roi(total, 800).plain() == {"value": 0.25, "low": -0.375, "high": 0.875}
    assert share_of(found).plain() == {"value": 0.1, "low": 0.05, "high": 0.15}
    assert total_of(found, "complained").value is None


def test_attributed_figures_keep_their_label_and_divide_their_own_sales() -> None:
    summary = {"label": {"en": "Attributed"}, "amounts": {"JPY": {"total": 600}}}
    told = attributed_beside(summary, 400, 2_400, "JPY")
    assert (told["label"], told["sales_per_cost"], told["share_of_sales"]) == ({"en": "Attributed"}, 1.5, 0.25)
    assert attributed_beside(summary, 0, 0, "JPY")["sales_per_cost"] is None


def test_every_phrase_is_there_in_both_languages() -> None:
    assert INITIATIVE.all("ja").keys() == INITIATIVE.all("en").keys()
