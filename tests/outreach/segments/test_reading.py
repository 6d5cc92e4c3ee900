"""Conditions as people write them: what is read, what is refused, and where the finger points."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.errors import BadCondition
from tsuide.outreach.segments.condition import text_of
from tsuide.outreach.segments.reading import LONGEST, Names, read_condition

GOODS = ["camera", "tea"]
NAMES = Names(attributes=["prefecture", "会員ランク"], products=GOODS.__contains__, alike=lambda _: GOODS)


@pytest.mark.parametrize(
    "text",
    [
        "prefecture = '東京都' and bought('camera', within => 90) and days_since_last_contact > 90",
        "\"会員ランク\" in ('gold', 'silver') or not has_email",
        "spent / order_count > 3000 and order_count > 0",
        "coalesce(days_since_last_contact, 999) > 90",
        "last_order_at between '2026-01-01' and '2026-01-31'",
        "last_cart_at > last_order_at",
        "age >= 20 and kind <> 'company'",
        "viewed('tea', within => 7) and not bought('tea') and bought(at_least => 3)",
        "prefecture like '東%' and prefecture not like '%\\_%'",
        "consented('marketing', 'email') and birthday_within(7)",
        "last_score is not null and last_score not between 7 and 8",
        "true",
    ],
)
def test_a_condition_reads_and_its_text_is_what_was_written(text: str) -> None:
    assert text_of(read_condition(text, NAMES)) == text


@pytest.mark.parametrize(
    ("text", "at", "what", "way_out"),
    [
        ("prefecture = '東京都' and churn_rsik > 0.6", "churn_rsik", "neither a fact nor an attribute", "churn_risk"),
        ("spent > 'much'", "'much'", "spent is money, and this is a text", "without quotes"),
        ("kind = 13", "13", "kind is a text, and this is a number", "quotes"),
        ("bought('camara')", "'camara'", "no product, category or brand", "did you mean camera"),
        ("bought('tea', whithin => 3)", "whithin => 3", "no such option", "within"),
        ("bought('tea', within => 3, at_least => 2)", "at_least => 2", "not counted within a time", None),
        ("bought('tea', within => 0)", "0", "not a whole number in range", "1 …"),
        ("days_since_last_order > order_count", "order_count", "moves with the clock", "90"),
        ("days_since_last_order + 1 > 3", "days_since_last_order", "moves with the clock", None),
        ("days_since_last_order > 40000", "40000", "too large", None),
        ("last_order_at > 'soon'", "'soon'", "is a time, and this is none", "2026-01-31"),
        ("kind = 'persn'", "'persn'", "never this", "person"),
        ("prefecture > 'A'", "prefecture", "texts have no order", "like"),
        ("spent", "spent", "compare it with something", None),
        ("has_email > 1", "1", "compared with nothing", None),
        ("spent = null", "null", "nothing equals null", "is null"),
        ("1 < 2", "1", "no fact", None),
        ("consented('marketing', 'emil')", "'emil'", "not a channel", "email"),
        ("lower(prefecture) = 'x'", "lower(prefecture)", "not allowed", None),
        ("spent > 1e20", "1e20", "too large or too small", None),
        ("spent > 5 and", "and", "something is missing", None),
        ("(spent > 5", "5", "expecting )", None),
        ("a.spent > 5", "a.spent", "no dot", None),
        ("spent > 5; drop table customer", ";", "more than one statement", None),
        ("spent in (select 1)", "spent in (select 1)", "not allowed", None),
        ("exists (select 1)", None, "not allowed", None),
        ("spent > ?", None, "not allowed", None),
        ("not not has_email", "not not", "said twice", None),
        ('prefecture = "東京都"', '"東京都"', "neither a fact nor an attribute", "'東京都'"),
        ("prefecture = ‘東京都’", "‘東京都’", "neither a fact nor an attribute", "'東京都'"),
        ("会員ランク = gold", "gold", "neither a fact nor an attribute", "'gold'"),
        ("spent > order_cuont", "order_cuont", "neither a fact nor an attribute", "did you mean order_count"),
        ("spent > 5万", "万", "stands alone", "and, or"),
        ("days_since_last_order > 90 days", "days", "stands alone", "and, or"),
        ("prefecture in '東京都'", "prefecture in '東京都'", "not a list of values", "in ('a', 'b')"),
        ("bought('tea', within = 90)", "within = 90", "takes one product or category", "within => 90"),
        ("", None, "nothing stands here", "true"),
    ],
)
def test_what_is_wrong_is_pointed_at_with_the_way_out(
    text: str, at: str | None, what: str, way_out: str | None
) -> None:
    with pytest.raises(BadCondition) as caught:
        read_condition(text, NAMES)
    error = caught.value
    assert what in error.what
    assert at is None or text[error.start : error.end] == at
    assert way_out is None or way_out in (error.way_out or "")


def test_the_caret_stands_below_the_word_though_japanese_is_twice_as_wide() -> None:
    with pytest.raises(BadCondition) as caught:
        read_condition("prefecture = '東京都'\n and spemt > 5", NAMES)
    shown = str(caught.value).split("\n")
    assert (caught.value.line, caught.value.character) == (2, 6)
    assert shown[2].index("^") == shown[1].index("spemt")
    with pytest.raises(BadCondition) as caught:
        read_condition("prefecture = '東京都' and spemt > 5", NAMES)
    shown = str(caught.value).split("\n")
    assert shown[2].index("^") == shown[1].index("spemt") + 3


@pytest.mark.parametrize(
    "text",
    [
        "(" * 60 + "spent > 1" + ")" * 60,
        "not " * 200 + "has_email",
        "not (" * 25 + "has_email" + ")" * 25,
        " and ".join(["spent > 1"] * 99),
        " or ".join(f"spent = {n}" for n in range(98)),
        "spent > " + "-" * 500 + "1",
        "x" * (LONGEST + 1),
        "spent > 1" + " + 1" * 300,
        "prefecture like '" + "%a" * 50 + "'",
        "spent = '\ud800'",
        "prefecture = 'a\0b'",
    ],
)
def test_what_is_deep_or_long_is_read_or_refused_by_name(text: str) -> None:
    with contextlib.suppress(BadCondition):
        read_condition(text)


def again(text: str) -> None:
    """What reads has a text that reads back; what does not says where it is wrong."""
    try:
        condition = read_condition(text)
    except BadCondition as error:
        wrong = error
    else:
        assert text_of(read_condition(text_of(condition))) == text_of(condition)
        return
    assert 0 <= wrong.start < wrong.end <= max(len(text), wrong.start + 1)
    assert str(wrong)


LETTERS = "spent order_count has_email and or not ()=<>'\"12.,-+*/%_;:@$#[]{}|\\\n東"
WORDS = [
    "spent",
    "prefecture",
    "days_since_last_order",
    "has_email",
    "bought",
    "(",
    ")",
    "'tea'",
    "=",
    ">",
    "and",
    "or",
    "not",
    "in",
    "between",
    "like",
    "is",
    "null",
    "90",
    "0.5",
    ",",
    "=>",
    "within",
    "*",
    "escape",
    "any",
    "symmetric",
    "similar",
    "to",
    "case",
    "end",
    "select",
    "from",
    "::int",
    "collate",
    "x.",
    "over",
    "filter",
]


@given(st.text(st.sampled_from(LETTERS), max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    again(text)


@given(st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join))
def test_no_words_of_sql_break_the_reader(text: str) -> None:
    again(text)
