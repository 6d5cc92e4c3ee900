"""Tasks of a shop: by hand and by rules, put off and passed on, told by mail and in a calendar."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tsuide.app.scheduling import put_schedule, read_schedule, run_due
from tsuide.app.tasks import (
    add_task,
    assign_task,
    calendar_token,
    settle_task,
    snooze_task,
    task_digest,
    task_history,
    tasks_told,
    whose_calendar,
)
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, Conflict, Refused, UnknownCustomer
from tsuide.facts.customers import CUSTOMERS, Customer
from tsuide.facts.frames import frame_of

NOW = datetime(2026, 6, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def shop(empty_shop: Shop) -> Shop:
    people = [Customer("c1", attributes={"owner": "ann"}), Customer("c2")]
    empty_shop.store.facts.write_customers(frame_of(people, CUSTOMERS))
    return empty_shop


def test_a_task_about_a_customer_is_their_owners_unless_somebody_is_named(shop: Shop) -> None:
    made = [
        add_task(shop, "Call", NOW + DAY, NOW, 1, customer_id="c1"),
        add_task(shop, "Call", NOW + DAY, NOW, 2, customer_id="c1", assignee="bob"),
        add_task(shop, {"ja": "電話", "en": "Call"}, NOW + DAY, NOW, 3, customer_id="c2"),
    ]
    assert [each["assignee"] for each in made] == ["ann", "bob", ""]
    assert made[2]["title"] == {"ja": "電話", "en": "Call"}
    with pytest.raises(UnknownCustomer):
        add_task(shop, "Call", NOW, NOW, 4, customer_id="c9")
    with pytest.raises(BadValue, match=r"title\.ja"):
        add_task(shop, " ", NOW, NOW, 5)


def test_a_task_about_a_contact_is_the_account_owners_and_a_team_sees_the_tasks_of_its_reps(shop: Shop) -> None:
    east = {"owner": "ann", "team": "east"}
    rows = [
        Customer("acme", "company", attributes=east), Customer("mori", parent_id="acme"),
        Customer("shin", "company", attributes={"owner": "bob", "team": "west"}),
    ]  # fmt: skip
    shop.store.facts.write_customers(frame_of(rows, CUSTOMERS))
    for n, who in enumerate(("mori", "shin", "c2")):
        add_task(shop, "Call", NOW + DAY, NOW, n, customer_id=who)
    assert [(each["customer_id"], each["assignee"]) for each in tasks_told(shop, team="east")] == [("mori", "ann")]
    assert (tasks_told(shop, team="north"), len(tasks_told(shop))) == ([], 3)
    assert shop.store.worklist.teams() == ["east", "west"]


def test_the_same_key_sent_again_gives_the_same_task(shop: Shop) -> None:
    first = add_task(shop, "Call", NOW + DAY, NOW, 1, key="crm-17")
    assert add_task(shop, "Call them", NOW + DAY, NOW, 2, key="crm-17") == first
    assert len(tasks_told(shop)) == 1


def test_done_and_undone_put_off_and_passed_on_with_a_history(shop: Shop) -> None:
    task = add_task(shop, "Call", NOW + DAY, NOW, 1)["id"]
    assert settle_task(shop, task, "done", NOW, who="ann")["state"] == "open"
    with pytest.raises(Conflict, match="task open"):
        snooze_task(shop, task, NOW + DAY, NOW)
    settle_task(shop, task, "open", NOW)
    before = snooze_task(shop, task, NOW + 3 * DAY, NOW, reason="on holiday")
    with pytest.raises(BadValue, match="has passed"):
        snooze_task(shop, task, NOW, NOW)
    assign_task(shop, task, "bob", NOW)
    (now,) = tasks_told(shop, assignee="bob")
    assert (before["snoozes"], now["snoozes"], now["due_at"]) == (0, 1, (NOW + 3 * DAY).isoformat())
    assert [each["deed"] for each in task_history(shop, task)] == ["made", "done", "opened", "snoozed", "assigned"]


def test_every_morning_each_is_mailed_their_own_and_nothing_is_mailed_of_nothing(shop: Shop) -> None:
    mails: list[Any] = []
    shop = Shop(shop.settings.model_copy(update={"mail_from": "shop@example.com"}), shop.store)
    given = {"id": "ann", "every": "day", "about": "tasks", "whose": "ann", "to": ["ann@example.com"], "language": "en"}
    put_schedule(shop, read_schedule(given), NOW - DAY)
    assert run_due(shop, NOW, mails.append)[0]["mailed"] == []
    add_task(shop, "Call", NOW - timedelta(hours=3), NOW - DAY, 1, assignee="ann")
    add_task(shop, "Write", NOW - timedelta(hours=3), NOW - DAY, 2, assignee="bob")
    run_due(shop, NOW + DAY, mails.append)
    (mail,) = mails
    assert mail["Subject"] == "ann: Tasks: 1 overdue, 0 due today"
    assert "Write" not in mail.get_body(("plain",)).get_content()
    assert task_digest(shop, NOW, "ja", "nobody") is None
    with pytest.raises(BadValue, match="by mail only"):
        read_schedule({"id": "x", "about": "tasks", "folder": "f"})


def test_a_calendars_address_opens_one_persons_and_no_other(shop: Shop) -> None:
    token = calendar_token(shop, "佐藤/A", NOW)
    assert whose_calendar(shop, token, NOW) == "佐藤/A"
    named, _, mark = token.partition(".")
    anns = calendar_token(shop, "ann", NOW).partition(".")[0]
    flipped = mark[:-1] + ("1" if mark.endswith("0") else "0")
    for wrong in ("", "x", "é.é", named, f"{named}.", f"{named}.{flipped}", f"{anns}.{mark}"):
        with pytest.raises(Refused):
            whose_calendar(shop, wrong, NOW)
