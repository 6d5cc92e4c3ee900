"""What a piece of news means to somebody who waits for it."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from tsuide.outreach.journeys.journey import Await
from tsuide.outreach.journeys.news import News, beginnings, ends_waiting
from tsuide.outreach.journeys.reading import read_journey

NOON = datetime(2026, 6, 1, 3, tzinfo=UTC)


class Cameras:
    """A shelf on which `course` teaches and all the rest is cameras."""

    def names(self, product_id: str) -> frozenset[str]:
        return frozenset({"Courses"} if product_id == "course" else {"Cameras"})

    def teaches(self, product_id: str) -> bool:
        return product_id == "course"

    def watchers(self, _product_id: str, _since: datetime) -> Sequence[str]:
        return ()

    def reactions(self, _customer_id: str, _how: str, _since: datetime) -> int:
        return 0

    def visits(self, _customer_id: str, _product_id: str, _since: datetime) -> int:
        return 0


def begins(trigger: str, news: News) -> bool:
    text = f"id: x\nnames: {{ja: あ, en: a}}\ntrigger: {trigger}\nsteps: [{{id: a, goal: {{}}}}]"
    return bool(beginnings(read_journey(text), news, Cameras()))


@pytest.mark.parametrize(
    ("trigger", "kind", "product", "does"),
    [
        ("{content: {}}", "attended", "course", True),
        ("{content: {}}", "view", "course", True),
        ("{content: {}}", "registered", "course", False),  # not learned yet
        ("{content: {}}", "attended", "cam", False),
        ("{event: {kind: attended, product: course}}", "attended", "course", True),
        ("{event: {kind: registered}}", "attended", "course", False),
    ],
)
def test_who_attended_has_learned(trigger: str, kind: str, product: str, *, does: bool) -> None:
    assert begins(trigger, News(kind, "e1", NOON, "c1", (product,))) is does


@pytest.mark.parametrize(
    ("trigger", "does"),
    [
        ("{survey: {survey: needs}}", True),
        ("{survey: {survey: nps}}", False),
        ("{survey: {survey: needs, answers: {matters: eco}}}", True),
        ("{survey: {survey: needs, answers: {matters: eco, stage: beginning}}}", False),
        ("{score: {}}", False),
    ],
)
def test_an_answer_begins_what_asks_for_it(trigger: str, *, does: bool) -> None:
    assert begins(trigger, News("survey", "needs", NOON, "c1", properties={"matters": "easy,eco"})) is does


@pytest.mark.parametrize(("survey", "ends"), [({}, True), ({"survey": "needs"}, True), ({"survey": "nps"}, False)])
def test_a_wait_for_an_answer_ends_with_that_survey(survey: dict[str, str], *, ends: bool) -> None:
    waiting = Await.model_validate({"happens": "survey", "at_most": "7d"} | survey)
    assert ends_waiting(waiting, News("survey", "needs", NOON, "c1"), Cameras()) is ends
    with pytest.raises(ValueError, match="survey is named"):
        Await.model_validate({"happens": "order", "at_most": "7d", "survey": "nps"})


def seen(*products: str) -> News:
    return News("view", "e1", NOON, "c1", products)


@pytest.mark.parametrize(
    ("awaited", "products", "ends"),
    [
        ({}, (), True),
        ({}, ("cam",), True),
        ({"product": "cam"}, ("cam",), True),
        ({"product": "cam"}, ("course",), False),
        ({"category": "Cameras"}, ("course", "cam"), True),
        ({"category": "Cameras"}, (), False),
        ({"teaches": True}, ("cam",), False),
        ({"teaches": True}, (), False),
        ({"teaches": True}, ("course",), True),
        ({"teaches": True, "category": "Cameras"}, ("course",), False),
    ],
)
def test_a_wait_ends_with_what_is_meant(awaited: dict[str, object], products: tuple[str, ...], *, ends: bool) -> None:
    waiting = Await.model_validate({"happens": "view", "at_most": "7d"} | awaited)
    assert ends_waiting(waiting, seen(*products), Cameras()) is ends


def test_a_mail_about_an_order_can_name_it() -> None:
    text = "id: x\nnames: {ja: あ, en: a}\ntrigger: {order: {}}\nsteps: [{id: a, goal: {}}]"
    (begun,) = beginnings(read_journey(text), News("order", "o-1", NOON, "c1", ("cam",)), Cameras())
    assert begun.context["value.order_id"] == "o-1"
