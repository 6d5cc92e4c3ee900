"""Tasks of a shop: given by rules or people, put off, passed on, done; told as rows, mail and calendar."""

import base64
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from tsuide.app.deal_accounts import account_of
from tsuide.app.mail_links import mail_links
from tsuide.app.wiring import Shop
from tsuide.errors import BadSetting, BadValue, Conflict, Refused
from tsuide.kit.clock import from_micros, to_micros, zone
from tsuide.kit.ids import time_id
from tsuide.kit.phrases import LANGUAGES
from tsuide.outreach.sales.tasks import Digest, TaskCard, calendar, digest
from tsuide.store.rows import Found

_CALENDAR: Final = "calendar"
_MOST: Final = 1_000
_LONGEST: Final = 500
_DEEDS: Final = {"open": "opened", "done": "done", "dropped": "dropped"}


def task_row(
    task_id: str,
    key: str,
    title: Mapping[str, str],
    due: datetime,
    now: datetime,
    *,
    customer_id: str | None = None,
    note: Mapping[str, str] | None = None,
    assignee: str = "",
    source: str = "person",
    rule: str | None = None,
) -> dict[str, Any]:
    """A new task as a row of the store.

    Args:
        task_id: its id.
        key: a second task of the same key is none.
        title: ja and en.
        due: UTC.
        now: UTC.
        customer_id: about whom.
        note: ja and en.
        assignee: who does it; empty = nobody yet.
        source: journey, message or person.
        rule: what made it; of one rule a customer has one open task.
    """
    return {
        "id": task_id, "key": key, "customer_id": customer_id, "source": source,
        "title": json.dumps(dict(title), ensure_ascii=False),
        "note": None if note is None else json.dumps(dict(note), ensure_ascii=False),
        "assignee": assignee, "state": "open", "due_at": to_micros(due), "made_at": to_micros(now),
        "changed_at": to_micros(now), "reason": None, "rule": rule,
    }  # fmt: skip


def add_task(
    shop: Shop,
    words: str | Mapping[str, str],
    due: datetime,
    now: datetime,
    entropy: int,
    *,
    customer_id: str | None = None,
    note: str | None = None,
    assignee: str | None = None,
    key: str | None = None,
) -> dict[str, Any]:
    """Give somebody a task; the customer's owner where nobody is named.

    Args:
        shop: whose.
        words: its title, the same in both languages or each in its own.
        due: UTC.
        now: UTC.
        entropy: 64 random bits.
        customer_id: about whom.
        note: more of it.
        assignee: who does it.
        key: yours; a task of this key that is there already is given back.

    Raises:
        BadValue: no words, or too many.
        UnknownCustomer: there is nobody of this id.
    """
    title = dict.fromkeys(LANGUAGES, words) if isinstance(words, str) else dict(words)
    for language in LANGUAGES:
        if not 0 < len(title.get(language, "").strip()) <= _LONGEST:
            raise BadValue(f"1 to {_LONGEST} characters", key=f"title.{language}", value=title.get(language))
    if customer_id is not None:
        known = shop.store.facts.customer(customer_id)
        customer_id = str(known["id"])
        assignee = owner_of(shop, customer_id) if assignee is None else assignee
    task_id = time_id("tsk", now, entropy)
    row = task_row(
        task_id, key or task_id, title, due, now, customer_id=customer_id,
        note=None if note is None else dict.fromkeys(LANGUAGES, note), assignee=assignee or "",
    )  # fmt: skip
    if not shop.store.tasks.give(row):
        return told(shop.store.tasks.listed(None, key=key)[0])
    return told(shop.store.tasks.get(task_id))


def owner_of(shop: Shop, customer_id: str) -> str:
    """Who looks after a customer: their own attribute `owner`, else that of the account above; "" = nobody."""
    account = account_of(shop, customer_id)
    return "" if account is None else account.attributes.get("owner", "")


def tasks_told(
    shop: Shop,
    state: str | None = "open",
    *,
    assignee: str | None = None,
    team: str | None = None,
    customer_id: str | None = None,
    due_before: datetime | None = None,
    n: int = 200,
) -> list[dict[str, Any]]:
    """Tasks, those due first; of a team, those of its reps (who look after accounts with that attribute `team`)."""
    of = None if team is None else [*shop.store.worklist.owners(team)]
    rows = shop.store.tasks.listed(
        state, assignee=assignee, assignees=of, customer_id=customer_id, due_before=due_before, n=n
    )
    return [told(row) for row in rows]


def told(row: Found) -> dict[str, Any]:
    """A task as plain JSON."""
    return {
        "id": row["id"], "customer_id": row["customer_id"], "title": json.loads(row["title"]),
        "note": None if row["note"] is None else json.loads(row["note"]), "assignee": row["assignee"],
        "state": row["state"], "due_at": from_micros(row["due_at"]).isoformat(), "source": row["source"],
        "reason": row["reason"], "rule": row["rule"], "snoozes": row["snoozes"],
    }  # fmt: skip


def settle_task(
    shop: Shop, task_id: str, state: str, now: datetime, *, reason: str | None = None, who: str | None = None
) -> dict[str, Any]:
    """Close a task or open it again; it as it was: setting that again undoes this.

    Raises:
        NotFound: there is none of this id.
        BadValue: there is no such state.
    """
    if state not in _DEEDS:
        raise BadValue("not a state", key="state", value=state, way_out=", ".join(_DEEDS))
    values = {"state": state, "reason": reason}
    return told(shop.store.tasks.change(task_id, _DEEDS[state], now, values, who=who, reason=reason))


def snooze_task(
    shop: Shop, task_id: str, until: datetime, now: datetime, *, reason: str | None = None, who: str | None = None
) -> dict[str, Any]:
    """Put a task off; it as it was.

    Raises:
        NotFound: there is none of this id.
        BadValue: until a moment that has passed.
        Conflict: it is done or dropped.
    """
    if until <= now:
        raise BadValue("has passed", key="until", value=until.isoformat(), way_out="a moment to come")
    before = shop.store.tasks.get(task_id)
    if before["state"] != "open":
        raise Conflict("is not open", key="task", value=task_id, way_out="tsuide task open")
    values = {"due_at": to_micros(until), "snoozes": before["snoozes"] + 1}
    return told(shop.store.tasks.change(task_id, "snoozed", now, values, who=who, reason=reason))


def assign_task(shop: Shop, task_id: str, assignee: str, now: datetime, *, who: str | None = None) -> dict[str, Any]:
    """Pass a task on; it as it was.

    Raises:
        NotFound: there is none of this id.
    """
    return told(shop.store.tasks.change(task_id, "assigned", now, {"assignee": assignee}, who=who))


def change_task(
    shop: Shop,
    task_id: str,
    now: datetime,
    *,
    state: str | None = None,
    until: datetime | None = None,
    assignee: str | None = None,
    reason: str | None = None,
    who: str | None = None,
) -> dict[str, Any]:
    """Pass a task on, put it off, close it or open it again: whatever is said; it as it was.

    Raises:
        NotFound: there is none of this id.
        BadValue: nothing is said, or what is said cannot be.
        Conflict: it is put off, and not open.
    """
    if state is None and until is None and assignee is None:
        raise BadValue("says nothing", key="body", way_out="state, until or assignee")
    before = told(shop.store.tasks.get(task_id))
    if assignee is not None:
        assign_task(shop, task_id, assignee, now, who=who)
    if until is not None:
        snooze_task(shop, task_id, until, now, reason=reason, who=who)
    if state is not None:
        settle_task(shop, task_id, state, now, reason=reason, who=who)
    return before


def task_history(shop: Shop, task_id: str) -> list[dict[str, Any]]:
    """What was done with a task, in its order.

    Raises:
        NotFound: there is none of this id.
    """
    shop.store.tasks.get(task_id)
    return [deed_told(row) for row in shop.store.tasks.events(task_id=task_id, n=_MOST)]


def deed_told(row: Found) -> dict[str, Any]:
    """Something that was done with a task, as plain JSON."""
    return {
        "seq": row["seq"], "task_id": row["task_id"], "at": from_micros(row["at"]).isoformat(), "deed": row["deed"],
        "who": row["who"], "reason": row["reason"], "assignee": row["assignee"],
        "due_at": from_micros(row["due_at"]).isoformat(),
    }  # fmt: skip


def task_digest(shop: Shop, now: datetime, language: str, whose: str | None = None) -> Digest | None:
    """The mail of what is overdue and due today; None where nothing is."""
    local = zone(shop.settings.time_zone)
    tomorrow = now + timedelta(days=1)
    cards = _cards(shop.store.tasks.listed(assignee=whose, due_before=tomorrow, n=_MOST), language)
    return digest(cards, now, local, language, whose)


def task_calendar(shop: Shop, language: str, whose: str | None = None) -> bytes:
    """Open tasks as a calendar."""
    return calendar(_cards(shop.store.tasks.listed(assignee=whose, n=_MOST), language), language, whose)


def calendar_token(shop: Shop, whose: str, now: datetime) -> str:
    """What opens one person's calendar without a key: calendars cannot send one."""
    named = base64.urlsafe_b64encode(whose.encode()).decode().rstrip("=")
    return f"{named}.{mail_links(shop, now).seal(_CALENDAR, whose)}"


def calendar_address(shop: Shop, whose: str, now: datetime) -> str:
    """Where a calendar program subscribes to one person's open tasks; whoever knows it can read it.

    Raises:
        BadSetting: the shop has no address of its own.
    """
    if not shop.settings.public_url:
        raise BadSetting("no address is named", key="TSUIDE_PUBLIC_URL", way_out="https://shop.example.com")
    return f"{shop.settings.public_url}/m/tasks/{calendar_token(shop, whose, now)}.ics"


def whose_calendar(shop: Shop, token: str, now: datetime) -> str:
    """Whose calendar a token opens.

    Raises:
        Refused: it was not made here.
    """
    named, _, mark = token.partition(".")
    try:
        whose = base64.urlsafe_b64decode(named + "=" * (-len(named) % 4)).decode()
    except ValueError:
        whose = ""
    right = mail_links(shop, now).seal(_CALENDAR, whose)
    if not hmac.compare_digest(right.encode(), mark.encode("utf-8", "replace")):
        raise Refused("this address is not valid", key="token", way_out="tsuide task calendar NAME")
    return whose


def _cards(rows: Sequence[Found], language: str) -> list[TaskCard]:
    return [
        TaskCard(
            row["id"], json.loads(row["title"])[language],
            "" if row["note"] is None else json.loads(row["note"])[language], row["customer_id"], row["assignee"],
            from_micros(row["due_at"]), from_micros(row["changed_at"]),
        )
        for row in rows
    ]  # fmt: skip
