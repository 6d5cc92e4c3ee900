"""The port of tasks, on both stores: given once, taken in turns, changed with a history that misses nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tsuide.app.tasks import task_row
from tsuide.errors import NotFound
from tsuide.kit.clock import to_micros
from tsuide.store.database import Store, open_store

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    yield opened
    opened.close()


def a_task(n: int, **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"due": NOW + n * DAY, "now": NOW, "customer_id": f"c{n}"}
    given |= more
    return task_row(f"t{n}", f"k{n}", {"ja": "電話", "en": "call"}, given.pop("due"), given.pop("now"), **given)


def test_a_second_task_of_one_key_is_none(store: Store) -> None:
    assert store.tasks.give(a_task(1))
    assert not store.tasks.give({**a_task(1), "id": "other"})
    assert [each["id"] for each in store.tasks.listed()] == ["t1"]


def test_of_one_rule_a_customer_has_one_open_task_and_another_when_it_is_done(store: Store) -> None:
    assert store.tasks.give(a_task(1, rule="r", customer_id="c1"))
    assert not store.tasks.give(a_task(2, rule="r", customer_id="c1"))
    assert store.tasks.give(a_task(3, rule="r", customer_id="c2"))
    assert store.tasks.give(a_task(4, rule="other", customer_id="c1"))
    store.tasks.change("t1", "done", NOW, {"state": "done"})
    assert store.tasks.give(a_task(5, rule="r", customer_id="c1"))


def test_people_take_turns(store: Store) -> None:
    for n in range(1, 6):
        store.tasks.give(a_task(n, rule="r"), ("ann", "bob"))
    assert [each["assignee"] for each in store.tasks.listed()] == ["ann", "bob", "ann", "bob", "ann"]


def test_tasks_are_listed_by_person_customer_state_and_time_those_due_first(store: Store) -> None:
    for n, who in ((3, "ann"), (1, "bob"), (2, "ann")):
        store.tasks.give(a_task(n, assignee=who))
    assert [each["id"] for each in store.tasks.listed()] == ["t1", "t2", "t3"]
    assert [each["id"] for each in store.tasks.listed(assignee="ann")] == ["t2", "t3"]
    assert [each["id"] for each in store.tasks.listed(customer_id="c1")] == ["t1"]
    assert [each["id"] for each in store.tasks.listed(due_before=NOW + 2 * DAY)] == ["t1"]
    assert store.tasks.listed("done") == []


def test_every_change_is_told_in_its_order_with_who_and_why(store: Store) -> None:
    store.tasks.give(a_task(1, assignee="ann"))
    before = store.tasks.change("t1", "snoozed", NOW, {"due_at": to_micros(NOW + 5 * DAY)}, who="ann", reason="away")
    assert before["due_at"] == to_micros(NOW + DAY)
    store.tasks.change("t1", "assigned", NOW, {"assignee": "bob"})
    told = store.tasks.events()
    assert [(each["deed"], each["who"], each["reason"], each["assignee"]) for each in told] == [
        ("made", None, None, "ann"), ("snoozed", "ann", "away", "ann"), ("assigned", None, None, "bob"),
    ]  # fmt: skip
    assert [each["deed"] for each in store.tasks.events(told[1]["seq"])] == ["assigned"]
    with pytest.raises(NotFound, match="tsuide task list"):
        store.tasks.change("t9", "done", NOW, {})


def test_an_erased_customers_tasks_and_their_history_are_gone(store: Store) -> None:
    store.tasks.give(a_task(1))
    store.tasks.give(a_task(2))
    assert {"task", "task_event"} <= {*store.erasure.everything_of("c1")}
    store.erasure.erase("c1", lambda text: text, lambda text: text)
    assert [each["id"] for each in store.tasks.listed(None)] == ["t2"]
    assert [each["task_id"] for each in store.tasks.events()] == ["t2"]
