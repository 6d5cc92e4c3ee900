"""A journey that cannot be walked is refused before it runs, at its line."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.errors import BadJourney
from tsuide.outreach.journeys.journey import TRIGGERS, schema
from tsuide.outreach.journeys.reading import read_journey

HEAD = "id: x\nnames: {ja: あ, en: a}\ntrigger: {order: {}}\nsteps:\n"


def refused(text: str) -> BadJourney:
    with pytest.raises(BadJourney) as caught:
        read_journey(text)
    return caught.value


def test_a_step_leads_to_the_one_below_unless_it_says_otherwise() -> None:
    journey = read_journey(
        HEAD
        + "  - {id: a, wait: {for: 2h}}\n"
        + "  - {id: b, await: {happens: order, at_most: 3d, then: end}}\n"
        + "  - {id: c, split: {random: {d: 40, end: 60}}}\n"
        + "  - {id: d, goal: {}, next: end}\n"
    )
    assert {step.id: journey.ways(step) for step in journey.steps} == {
        "a": ["b"],
        "b": ["end", "c"],
        "c": ["d", "end"],
        "d": ["end"],
    }


@pytest.mark.parametrize(
    ("steps", "line", "word"),
    [
        ("  - {id: a, wait: {for: 2h}, next: b}\n  - {id: b, wait: {for: 1d}, next: a}\n", 5, "a → b → a"),
        ("  - {id: a, wait: {for: 2h}, next: nowhere}\n", 5, "nowhere"),
        ("  - {id: a, goal: {}, next: end}\n  - {id: b, goal: {}}\n", 6, "nothing leads"),
        ("  - {id: a, goal: {}}\n  - {id: a, goal: {}}\n", 6, "stands above"),
        ("  - {id: a, wait: {for: 2 hours}}\n", 5, "for"),
        ("  - {id: a, wiat: {for: 2h}}\n", 5, "did you mean wait?"),
        ("  - {id: a, message: {template: t, purpuse: marketing}}\n", 5, "did you mean purpose?"),
        ("  - {id: a, wait: {for: 2h}, goal: {}}\n", 5, "exactly one of"),
        ("  - {id: a, split: {random: {end: 60}}}\n", 5, "sum to 100"),
        ("  - {id: a, wait: {}}\n", 5, "says for"),
        ("  - {id: end, goal: {}}\n", 5, "the end of every journey"),
        ("  - {id: a, goal: {}}\n    id: b\n", 6, "YAML"),
    ],
)
def test_what_cannot_be_walked_is_refused_at_its_line(steps: str, line: int, word: str) -> None:
    error = refused(HEAD + steps)
    assert error.line == line, str(error)
    assert word in str(error)


def test_two_triggers_or_none_are_refused() -> None:
    both = "id: x\nnames: {ja: あ, en: a}\ntrigger: {order: {}, complaint: {}}\nsteps: [{id: a, goal: {}}]"
    assert "exactly one" in str(refused(both))
    assert refused(both).line == 3


def test_a_local_time_stays_one_although_yaml_takes_it_for_a_number() -> None:
    journey = read_journey(HEAD + "  - {id: a, wait: {until: 10:00}}\n")
    assert journey.steps[0].wait is not None
    assert journey.steps[0].wait.until == "10:00"


def test_aliases_tags_and_other_shapes_are_refused() -> None:
    assert "aliases" in str(refused("a: &x 1\nb: *x"))
    assert "tags" in str(refused("id: !!python/name:os.system x\n"))
    assert "must be keys" in str(refused("- 1"))
    assert "too long" in str(refused("#" * 200_000))


@given(st.text(max_size=200))
def test_any_text_is_a_journey_or_refused(text: str) -> None:
    try:
        read_journey(text)
    except BadJourney as error:
        assert error.what  # noqa: PT017 - whichever it is, it says what


def test_the_schema_names_every_trigger_and_is_json() -> None:
    told = json.loads(json.dumps(schema()))
    assert set(told["$defs"]["Trigger"]["properties"]) == set(TRIGGERS)
    assert "await" in told["$defs"]["Step"]["properties"]
