"""Feedback in a running shop: known to the next decision, and read out against silence."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tsuide.app.effect import standing_effect
from tsuide.app.feedback import feedback_of, record_feedback
from tsuide.app.learn import learn
from tsuide.app.policies import put_in_force
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue
from tsuide.facts.feedback import Feedback
from tsuide.kit.clock import to_micros
from tsuide.offers.decision import Decision
from tsuide.offers.policy.load import ready_text

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
DAY = timedelta(days=1)


def said(name: str, kind: Any, at: datetime = NOW, score: int | None = None, who: str = "new1") -> Feedback:
    return Feedback(name, who, kind, at, score)


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        (said("f", "praise"), "kind"),
        (said("f", "score"), "score"),
        (said("f", "score", score=11), "score"),
        (said("f", "complaint", score=3), "score"),
        (said("f", "complaint", NOW + DAY), "at"),
    ],
)
def test_what_makes_no_sense_is_named_and_not_kept(empty_shop: Shop, wrong: Feedback, key: str) -> None:
    with pytest.raises(BadValue) as caught:
        record_feedback(empty_shop, wrong, NOW)
    assert caught.value.key == key
    assert feedback_of(empty_shop, "new1") == []


def test_a_complaint_silences_the_next_decision_until_it_is_answered(
    small_shop: Shop, decided: Callable[..., list[Decision]]
) -> None:
    put_in_force(small_shop, ready_text("standard").replace("holdout: 5%", "holdout: 0%"), NOW - 30 * DAY)
    learn(small_shop, now=NOW - 20 * DAY, seed=0)
    assert decided(small_shop, NOW, range(1, 2))[0].offers
    assert record_feedback(small_shop, said("f1", "complaint", NOW), NOW)
    assert not record_feedback(small_shop, said("f1", "complaint", NOW), NOW)
    silent = decided(small_shop, NOW + DAY, range(1, 2))[0]
    assert silent.customer.risks.open_complaint
    assert silent.offers == ()
    record_feedback(small_shop, said("f2", "answered", NOW + 2 * DAY), NOW + 2 * DAY)
    record_feedback(small_shop, said("late", "complaint", NOW + DAY), NOW + 3 * DAY)  # before it was answered
    record_feedback(small_shop, said("f3", "score", NOW + 3 * DAY, 8), NOW + 3 * DAY)
    again = decided(small_shop, NOW + 4 * DAY, range(1, 2))[0]
    assert (again.customer.risks.open_complaint, again.customer.risks.last_score) == (False, 8)
    assert again.offers


def test_a_complaint_whose_recording_was_cut_off_silences_when_it_is_sent_again(small_shop: Shop) -> None:
    row = {"id": "f1", "customer_id": "new1", "kind": "complaint", "at": to_micros(NOW), "score": None}
    assert small_shop.store.said.add({**row, "text": None, "source": None})  # and there it ended
    assert not record_feedback(small_shop, said("f1", "complaint", NOW), NOW)
    assert '"open_complaint": "yes"' in str(small_shop.store.facts.customer("new1")["attributes"])


def test_complaints_and_scores_stand_in_the_effect_once_any_are_recorded(
    small_shop: Shop, decided: Callable[..., list[Decision]]
) -> None:
    put_in_force(small_shop, ready_text("standard").replace("holdout: 5%", "holdout: 50%"), NOW - 30 * DAY)
    learn(small_shop, now=NOW - 20 * DAY, seed=0)
    made = decided(small_shop, NOW - 10 * DAY, range(40))
    treated = [each.request.customer_id or "" for each in made if each.arm == "treated"]
    held_out = [each.request.customer_id or "" for each in made if each.arm == "holdout"]
    assert not {"complained", "nps"} & standing_effect(small_shop, NOW, back=30, window=9)["metrics"].keys()
    record_feedback(small_shop, said("c", "complaint", NOW - 9 * DAY, who=treated[0]), NOW)
    for n, (who, score) in enumerate([(treated[0], 2), (treated[1], 10), (held_out[0], 9), (held_out[1], 10)]):
        record_feedback(small_shop, said(f"s{n}", "score", NOW - 8 * DAY, score, who), NOW)
    metrics = standing_effect(small_shop, NOW, back=30, window=9)["metrics"]
    assert metrics["complained"]["treated"] == pytest.approx(1 / len(treated), abs=1e-6)
    assert (metrics["nps"]["treated"], metrics["nps"]["control"]) == (pytest.approx(0.0), pytest.approx(1.0))
