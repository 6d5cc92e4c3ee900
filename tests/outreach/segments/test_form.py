"""Forms and conditions say the same, both ways."""

from typing import Any

import pytest

from tsuide.errors import BadCondition, BadValue
from tsuide.outreach.segments.condition import text_of
from tsuide.outreach.segments.form import condition_of, form_of
from tsuide.outreach.segments.reading import read_condition

PAIRS: list[tuple[str, Any]] = [
    ("spent > 50000", {"fact": "spent", "is": "more", "value": 50000}),
    ("prefecture <> '東京都'", {"attribute": "prefecture", "is": "not_equal", "value": "東京都"}),
    ("points >= 100", {"attribute": "points", "is": "at_least", "value": 100}),
    ("has_email", {"fact": "has_email", "is": "yes"}),
    ("not has_email", {"fact": "has_email", "is": "no"}),
    ("last_order_at is null", {"fact": "last_order_at", "is": "unknown"}),
    ("last_order_at is not null", {"fact": "last_order_at", "is": "known"}),
    ("age between 20 and 29", {"fact": "age", "is": "between", "low": 20, "high": 29}),
    ("rank in ('a', 'b')", {"attribute": "rank", "is": "one_of", "values": ["a", "b"]}),
    ("rank like '%5\\%%'", {"attribute": "rank", "is": "contains", "value": "5%"}),
    ("rank like 'gold%'", {"attribute": "rank", "is": "starts_with", "value": "gold"}),
    ("rank like '%a\\_'", {"attribute": "rank", "is": "ends_with", "value": "a_"}),
    ("rank like 'a_c%d'", {"attribute": "rank", "is": "like", "value": "a_c%d"}),
    ("bought('camera', within => 90)", {"did": "bought", "what": "camera", "within": 90}),
    ("viewed(at_least => 3)", {"did": "viewed", "at_least": 3}),
    ("not gave('tea')", {"not": {"did": "gave", "what": "tea"}}),
    ("consented('marketing', 'email')", {"consented": "marketing", "channel": "email"}),
    ("birthday_within(7)", {"birthday_within": 7}),
    ("true", {"everybody": True}),
    ("spent / order_count > 3000", {"condition": "spent / order_count > 3000"}),
    (
        "has_email and (age < 30 or age > 60)",
        {
            "all": [
                {"fact": "has_email", "is": "yes"},
                {"any": [{"fact": "age", "is": "less", "value": 30}, {"fact": "age", "is": "more", "value": 60}]},
            ]
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "form"), PAIRS)
def test_a_condition_and_its_form_say_the_same(text: str, form: Any) -> None:
    condition = read_condition(text)
    assert form_of(condition) == form
    assert condition_of(form) == condition
    assert text_of(condition) == text


@pytest.mark.parametrize(
    ("form", "key"),
    [
        ([], "form"),
        ({}, "form"),
        ({"all": []}, "form.all"),
        ({"all": [{"fact": "spemt", "is": "more", "value": 1}]}, "form.all.0.fact"),
        ({"fact": "spent", "is": "bigger", "value": 1}, "form.is"),
        ({"fact": "spent", "is": "more"}, "form.value"),
        ({"fact": "spent", "is": "more", "value": True}, "form.value"),
        ({"fact": "spent", "is": "more", "value": 1, "low": 2}, "form.low"),
        ({"fact": "spent", "is": "yes"}, "form.fact"),
        ({"did": "stole"}, "form.did"),
        ({"did": "bought", "within": "long"}, "form.within"),
        ({"everybody": 1}, "form.everybody"),
    ],
)  # fmt: skip
def test_what_a_form_cannot_say_is_named_by_its_place(form: Any, key: str) -> None:
    with pytest.raises(BadValue) as caught:
        condition_of(form)
    assert caught.value.key == key


def test_types_in_a_form_are_checked_as_if_they_had_been_written() -> None:
    with pytest.raises(BadCondition, match="this is a text"):
        condition_of({"fact": "spent", "is": "more", "value": "much"})


def test_a_form_of_endless_depth_is_refused() -> None:
    form: Any = {"fact": "has_email", "is": "yes"}
    for _ in range(200):
        form = {"not": form}
    with pytest.raises(BadValue, match="too deeply nested"):
        condition_of(form)
