"""Tasks as people get them outside this house: a mail of what is overdue, a calendar."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Final
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from tsuide.kit.phrases import Phrases

_TAKES: Final = timedelta(minutes=15)
PHRASES: Final = Phrases(
    {
        "subject": {
            "ja": "{whose}タスク: 期限超過 {late}件、本日 {today}件",
            "en": "{whose}Tasks: {late} overdue, {today} due today",
        },
        "whose": {"ja": "{name}さんの", "en": "{name}: "},
        "late": {"ja": "期限を過ぎたもの", "en": "Overdue"},
        "today": {"ja": "本日が期限のもの", "en": "Due today"},
        "due": {"ja": "期限 {at}", "en": "due {at}"},
        "nobody": {"ja": "担当者なし", "en": "nobody's"},
        "calendar": {"ja": "{whose}タスク", "en": "{whose}Tasks"},
        "customer": {"ja": "お客様: {id}", "en": "Customer: {id}"},
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TaskCard:
    """A task as its person reads it.

    Args:
        id: stable.
        title: in their language.
        note: the same; empty = none.
        customer_id: about whom; None = nobody in particular.
        assignee: who does it; empty = nobody yet.
        due: UTC.
        changed: when it was last changed, UTC.
    """

    id: str
    title: str
    note: str
    customer_id: str | None
    assignee: str
    due: datetime
    changed: datetime


@dataclass(frozen=True, slots=True)
class Digest:
    """What is overdue and what is due today, as a mail says it."""

    subject: str
    text: str
    html: str


def digest(
    cards: Sequence[TaskCard], now: datetime, zone: ZoneInfo, language: str, whose: str | None = None
) -> Digest | None:
    """The mail of what is overdue and what is due by the end of today; None where nothing is: no mail for nothing.

    Args:
        cards: open tasks, those due first.
        now: UTC.
        zone: in which a day ends.
        language: ja or en.
        whose: only theirs are among the cards; None = everybody's.
    """
    today = now.astimezone(zone).date()
    late = [each for each in cards if each.due <= now]
    soon = [each for each in cards if each.due > now and each.due.astimezone(zone).date() == today]
    if not late and not soon:
        return None
    owner = PHRASES.text("whose", language, name=whose) if whose else ""
    subject = PHRASES.text("subject", language, whose=owner, late=len(late), today=len(soon))
    lines: list[str] = []
    parts: list[str] = []
    for heading, group in (("late", late), ("today", soon)):
        if not group:
            continue
        words = PHRASES.text(heading, language)
        told = [_line(each, zone, language, named=whose is None) for each in group]
        lines += [f"{words} ({len(group)})", *(f"- {each}" for each in told), ""]
        parts.append(f"<h2>{escape(words)} ({len(group)})</h2><ul>")
        parts += [f"<li>{escape(each)}</li>" for each in told]
        parts.append("</ul>")
    html = f'<!doctype html><html lang="{language}"><meta charset="utf-8"><body>{"".join(parts)}</body></html>'
    return Digest(subject, "\n".join(lines), html)


def _line(card: TaskCard, zone: ZoneInfo, language: str, *, named: bool) -> str:
    due = PHRASES.text("due", language, at=f"{card.due.astimezone(zone):%Y-%m-%d %H:%M}")
    who = (card.assignee or PHRASES.text("nobody", language),) if named else ()
    about = () if card.customer_id is None else (card.customer_id,)
    return f"{card.title} ({', '.join((*about, *who, due))})"


def calendar(cards: Sequence[TaskCard], language: str, whose: str | None = None) -> bytes:
    """Tasks as a calendar that programs subscribe to (RFC 5545): a quarter of an hour at each one's due time.

    Events, not to-dos: most calendars that take a feed show no to-dos.

    >>> from datetime import UTC
    >>> at = datetime(2026, 6, 1, tzinfo=UTC)
    >>> made = calendar([TaskCard("tsk_1", "Call", "", "c1", "ann", at, at)], "en", "ann")
    >>> b"DTSTART:20260601T000000Z" in made, b"X-WR-CALNAME:ann: Tasks" in made
    (True, True)
    """
    made = Calendar()
    owner = PHRASES.text("whose", language, name=whose) if whose else ""
    made.add("prodid", "-//Tsuide//Tasks//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", PHRASES.text("calendar", language, whose=owner))
    made.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    for card in cards:
        event = Event()
        event.add("uid", f"{card.id}@tsuide")
        event.add("dtstamp", card.changed)
        event.add("dtstart", card.due)
        event.add("dtend", card.due + _TAKES)
        event.add("summary", card.title)
        about = [] if card.customer_id is None else [PHRASES.text("customer", language, id=card.customer_id)]
        event.add("description", "\n".join([*about, *([card.note] if card.note else [])]))
        made.add_component(event)
    return bytes(made.to_ical())
