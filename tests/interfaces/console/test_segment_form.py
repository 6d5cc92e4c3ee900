"""Rows of the page's form and conditions say the same, both ways."""

from typing import Any

import pytest

from tsuide.errors import BadCondition, BadValue
from tsuide.interfaces.console.segment_form import Group, Row, Rows, changed, condition_said, rows_of, rows_sent
from tsuide.outreach.segments.condition import text_of
from tsuide.outreach.segments.form import form_of
from tsuide.outreach.segments.reading import read_condition
from tsuide.outreach.segments.ready import ready_made

CONDITIONS = (
    "spent > 50000",
    "prefecture <> '東京都'",
    "points >= 100",
    "points = '100'",
    "name = 'O''Neil'",
    "name = '''quoted'''",
    "rank in ('a', 'b, c', 'd、e', '''', '7')",
    "order_count in (1, 2, 3)",
    "churn_risk > 0.6",
    "churn_risk > 1e-05",
    "has_email and not open_complaint",
    "not has_email",
    "last_order_at is null or last_order_at > '2026-01-01'",
    "age between 20 and 29",
    "age not between 20 and 29",
    "rank like '%5\\%%'",
    "rank not like 'a_c%d'",
    "bought('camera', within => 90) and not gave(at_least => 2)",
    "consented('marketing', 'email') and birthday_within(7)",
    "true",
    "not (spent > 5 or has_email)",
    "has_email and (age < 30 or age > 60)",
    "has_email or (age < 30 and not (age > 60 or spent / order_count > 3000))",
    "(has_email or has_phone) and (spent > 5 or age > 3)",
    "not (not (spent > 5))",
    "not (spent / order_count > 3000)",
    "prefecture = '東京都' and bought('camera', within => 90) and days_since_last_contact > 90 and churn_risk > 0.6",
)


def fields_of(rows: Rows) -> dict[str, Any]:
    """As a page sends them."""
    sent: dict[str, Any] = {"join": rows.join}
    for group, item, inside in rows.numbered():
        if isinstance(item, Group):
            sent |= {f"group.{group}.join": item.join, f"group.{group}.negated": "yes" if item.negated else ""}
        for number, row in inside:
            names = ("subject", "how", "value", "high", "within", "times")
            sent |= {f"{number}.{name}": getattr(row, name) for name in names}
            sent |= {
                f"{number}.negated": "yes" if row.negated else "",
                f"{number}.group": "" if group is None else group,
            }
    return sent


@pytest.mark.parametrize(
    "text", [*CONDITIONS, *(each.condition for each in ready_made().values() if "{" not in each.condition)]
)
def test_rows_say_exactly_the_condition_that_they_were_made_of(text: str) -> None:
    condition = read_condition(text)
    rows = rows_of(form_of(condition))
    assert rows_sent(fields_of(rows)) == rows
    assert read_condition(condition_said(rows)) == read_condition(text_of(condition))


def test_full_width_digits_and_thousands_are_numbers() -> None:
    rows = Rows((Row("fact:spent", "more", "５０，０００"), Row("did:bought", within="９０")))
    assert condition_said(rows) == "spent > 50000 and bought(within => 90)"


def test_rows_are_added_and_dropped_where_the_button_stands() -> None:
    rows = rows_of(form_of(read_condition("has_email and (age < 30 or age > 60)")))
    assert [type(each) for each in changed(rows, "group").items] == [Row, Group, Group]
    more = changed(rows, "row.1")
    assert isinstance(more.items[1], Group)
    assert len(more.items[1].rows) == 3
    fewer = changed(changed(rows, "drop.1"), "drop.1")
    assert fewer.items == (Row("fact:has_email", "yes"),)
    assert condition_said(changed(rows, "row")) == "has_email and (age < 30 or age > 60)"  # an empty row says nothing


@pytest.mark.parametrize(
    ("row", "key"),
    [
        (Row(), "rows"),
        (Row("fact:spent", "more"), "row 1"),
        (Row("fact:spent", "between", "1"), "row 1"),
        (Row("did:bought", within="soon"), "row 1"),
        (Row("did:danced"), "row 1"),
        (Row("fact:spemt", "more", "1"), "row 1"),
        (Row("condition"), "row 1"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(row: Row, key: str) -> None:
    with pytest.raises(BadValue) as caught:
        condition_said(Rows((row,)))
    assert caught.value.key == key


def test_a_value_of_the_wrong_type_is_pointed_at() -> None:
    with pytest.raises(BadCondition):
        condition_said(Rows((Row("fact:spent", "more", "much"),)))


def test_there_are_not_too_many_rows() -> None:
    with pytest.raises(BadValue):
        rows_sent({f"{n}.subject": "everybody" for n in range(61)})
