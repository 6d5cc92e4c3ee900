"""What is asked, and what the answers become: read strictly, checked, and laid over what is known."""

import pytest

from tsuide.errors import BadSurvey
from tsuide.outreach.surveys.answers import (
    Answers,
    Became,
    added_up,
    became_of,
    laid_over,
    read_answers,
    score_of,
    words_of,
)
from tsuide.outreach.surveys.survey import READY, read_survey, ready_survey

HEAD = "id: x\nnames: {ja: あ, en: a}\nquestions:\n"
ONE = "  - id: a\n    ask: {{ja: あ, en: a}}\n    one:\n      - {{id: y, says: {{ja: あ, en: a}}, becomes: {}}}\n"
NPS, NEEDS = ready_survey("nps"), ready_survey("needs")


@pytest.mark.parametrize(
    ("questions", "line", "word"),
    [
        ("  - {id: a, ask: {ja: あ, en: a}}\n", 4, "exactly one of nps, one, several, text"),
        ("  - {id: a, ask: {ja: あ, en: a}, nps: {}, text: {}}\n", 4, "here: nps, text"),
        ("  - {id: a, ask: {ja: あ}, nps: {}}\n", 4, "en is needed"),
        ("  - {id: a, ask: {ja: あ, en: a}, npz: {}}\n", 4, "did you mean nps?"),
        (
            ONE.format("{}"),
            7,
            "says nothing",
        ),
        (
            ONE.format("{tast: b}"),
            7,
            "did you mean taste?",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_at_its_line(questions: str, line: int, word: str) -> None:
    with pytest.raises(BadSurvey) as caught:
        read_survey(HEAD + questions)
    assert caught.value.line == line, str(caught.value)
    assert word in str(caught.value)


def test_an_id_stands_once_and_a_survey_has_one_score() -> None:
    twice = "  - {id: a, ask: {ja: あ, en: a}, nps: {}}\n"
    with pytest.raises(BadSurvey, match="the question a stands twice"):
        read_survey(HEAD + twice * 2)
    with pytest.raises(BadSurvey, match="one score at most"):
        read_survey(HEAD + twice + twice.replace("id: a", "id: b"))


@pytest.mark.parametrize("name", READY)
def test_the_ready_made_ones_are_told_in_both_languages(name: str) -> None:
    survey = ready_survey(name)
    assert survey.id == name
    for words in (survey.names, survey.intro, survey.thanks, *(each.ask for each in survey.questions)):
        assert words is not None
        assert not words.ja.isascii()
        assert words.en.isascii()


@pytest.mark.parametrize(
    ("given", "faults"),
    [
        ({}, {"score": "needed"}),
        ({"score": ["11"]}, {"score": "unknown"}),
        ({"score": ["9", "8"]}, {"score": "unknown"}),
        ({"score": ["9"], "why": ["x" * 1_001]}, {"why": "long"}),
        ({"score": ["9"], "contact": ["never"]}, {"contact": "unknown"}),
        ({"score": ["9"], "stranger": ["x"]}, {}),
    ],
)
def test_answers_that_the_survey_does_not_have_are_faults(given: dict[str, list[str]], faults: dict[str, str]) -> None:
    assert read_answers(NPS, given)[1] == faults


def test_of_a_survey_without_needed_questions_something_must_be_answered() -> None:
    assert read_answers(NEEDS, {"more": [" "]})[1] == {"": "nothing"}
    assert read_answers(NEEDS, {"matters": ["eco", "eco", "price"]})[0].chosen == {"matters": ("eco", "price")}


def test_a_score_and_the_words_beside_it() -> None:
    answers = Answers({"score": ("9",)}, {"why": "fast"})
    assert (score_of(NPS, answers), words_of(NPS, answers)) == (9, "fast")
    assert (score_of(NPS, Answers()), score_of(NEEDS, answers), words_of(NPS, Answers())) == (None, None, None)


def test_answers_become_tastes_goals_needs_a_budget_and_fewer_letters() -> None:
    answers = Answers(
        {"stage": ("not_now",), "matters": ("eco", "easy"), "budget": ("to_10000",)}, {"more": "手首の痛み、A4"}
    )
    became = became_of(NEEDS, answers)
    assert became == {
        "stage": {"contact": "not_now"},
        "matters": {"tastes": ["easy", "eco"]},
        "budget": {"budget": 10_000},
        "more": {"needs": ["手首の痛み", "A4"]},
    }
    assert laid_over({"tastes": "wool", "needs": "desk"}, NEEDS, {}, became) == {
        "tastes": "wool, easy, eco",
        "needs": "desk, 手首の痛み, A4",
        "budget": "10000",
        "mail_every_days": "90",
    }


def test_a_newer_answer_takes_back_what_the_one_before_became_and_nothing_else() -> None:
    before = became_of(NEEDS, Answers({"matters": ("eco",), "budget": ("to_3000",), "stage": ("not_now",)}))
    known = {"tastes": "wool, eco", "budget": "3000", "mail_every_days": "90"}
    now = added_up(
        before,
        became_of(NEEDS, Answers({"matters": ("price",), "budget": ("any",), "stage": ("beginning",)})),
        again=False,
    )
    assert laid_over(known, NEEDS, before, now) == {
        "tastes": "wool, value",
        "goals": "begin",
        "budget": "",
        "mail_every_days": "0",
    }


def test_what_was_left_out_stays_unless_it_was_taken_back_by_the_same_link() -> None:
    before = {"matters": {"tastes": ["eco"]}}
    now = became_of(NEEDS, Answers({"budget": ("to_3000",)}))
    assert added_up(before, now, again=False) == {"matters": {"tastes": ["eco"]}, "budget": {"budget": 3_000}}
    assert added_up(before, now, again=True) == {"budget": {"budget": 3_000}}


def test_what_somebody_else_wrote_is_not_undone() -> None:
    before: dict[str, Became] = {"budget": {"budget": 3_000}, "stage": {"contact": "less"}}
    assert laid_over({"budget": "5000", "mail_every_days": "90"}, NEEDS, before, {}) == {}
    assert laid_over({"mail_every_days": "90"}, NEEDS, {}, {"stage": {"contact": "less"}}) == {}  # stricter already
