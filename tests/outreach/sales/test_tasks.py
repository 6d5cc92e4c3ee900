"""A mail of what is overdue, in both languages, and a calendar that other programs can read."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from tsuide.outreach.sales.tasks import TaskCard, calendar, digest

NOW = datetime(2026, 6, 1, 1, tzinfo=UTC)  # ten in the morning in Tokyo
TOKYO = ZoneInfo("Asia/Tokyo")


def card(n: int, due: datetime, title: str = "Call <them>") -> TaskCard:
    return TaskCard(f"t{n}", title, "about the camera; 一眼", f"c{n}", "ann", due, NOW)


def test_what_is_overdue_and_what_is_due_today_is_told_and_tomorrow_is_not() -> None:
    late, soon = card(1, NOW - timedelta(days=1)), card(2, datetime(2026, 6, 1, 14, 59, tzinfo=UTC))
    tomorrow = card(3, datetime(2026, 6, 1, 15, tzinfo=UTC))
    made = digest([late, soon, tomorrow], NOW, TOKYO, "en")
    assert made is not None
    assert made.subject == "Tasks: 1 overdue, 1 due today"
    assert made.text.splitlines() == [
        "Overdue (1)", "- Call <them> (c1, ann, due 2026-05-31 10:00)", "",
        "Due today (1)", "- Call <them> (c2, ann, due 2026-06-01 23:59)",
    ]  # fmt: skip
    assert "Call &lt;them&gt;" in made.html


def test_no_mail_is_made_of_nothing() -> None:
    assert digest([card(3, NOW + timedelta(days=2))], NOW, TOKYO, "ja") is None


def test_ones_own_mail_names_its_person_once() -> None:
    made = digest([card(1, NOW)], NOW, TOKYO, "ja", "佐藤")
    assert made is not None
    assert made.subject == "佐藤さんのタスク: 期限超過 1件、本日 0件"
    assert "ann" not in made.text


@pytest.mark.parametrize("language", ["ja", "en"])
def test_another_program_reads_the_calendar(language: str) -> None:
    long = "長い件名、" * 40 + "; with, commas\nand lines"
    read = Calendar.from_ical(calendar([card(1, NOW, long)], language, "ann"))
    event: Any = read.walk("VEVENT")[0]
    assert len(read.walk("VEVENT")) == 1
    assert (event["SUMMARY"], event["UID"]) == (long, "t1@tsuide")
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (NOW, NOW + timedelta(minutes=15))
    assert "about the camera; 一眼" in event["DESCRIPTION"]
