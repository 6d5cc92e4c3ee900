"""The pages of tasks: a rep sees and changes their own, every change is written down and taken back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tsuide.app.tasks import add_task, tasks_told

SOON = "2031-05-01T10:00"


@pytest.fixture
def ann(running: Any) -> Any:
    return running.person("rep", rep_id="ann")


def given(shop: Any, assignee: str, n: int, days: int = 2) -> str:
    now = datetime.now(UTC)
    made = add_task(shop, f"Call {assignee} {n}", now + timedelta(days=days), now, n, assignee=assignee)
    return str(made["id"])


def state_of(shop: Any, task: str) -> str:
    return str(shop.store.tasks.get(task)["state"])


def test_a_rep_sees_their_own_tasks_and_no_colleagues(running: Any, ann: Any) -> None:
    mine, other = given(running.shop, "ann", 1), given(running.shop, "bob", 2)
    text = ann.get("/tasks", who="bob")
    assert "Call ann 1" in text
    assert "Call bob 2" not in text
    ann.get(f"/tasks/{mine}")
    ann.get(f"/tasks/{other}", status=403)
    for path, fields in (("settle", {"state": "done"}), ("snooze", {"days": "1"}), ("assign", {"assignee": "ann"})):
        ann.post(f"/tasks/{path}", status=403, task=other, **fields)
    assert state_of(running.shop, other) == "open"
    assert "Call bob" not in ann.get("/tasks/calendar.ics", who="bob")


def test_a_task_that_is_done_is_open_again_when_that_is_undone(running: Any, ann: Any) -> None:
    task = given(running.shop, "ann", 3)
    answer = ann.post("/tasks/settle", task=task, state="done", reason="called")
    assert state_of(running.shop, task) == "done"
    ann.undo(answer)
    assert state_of(running.shop, task) == "open"
    assert "opened again" in ann.get(f"/tasks/{task}")


def test_a_task_that_is_put_off_is_due_as_before_when_that_is_undone(running: Any, ann: Any) -> None:
    task = given(running.shop, "ann", 4)
    before = running.shop.store.tasks.get(task)
    answer = ann.post("/tasks/snooze", task=task, days="7")
    after = running.shop.store.tasks.get(task)
    assert (after["due_at"] > before["due_at"], after["snoozes"]) == (True, 1)
    ann.undo(answer)
    after = running.shop.store.tasks.get(task)
    assert (after["due_at"], after["snoozes"]) == (before["due_at"], 0)


def test_a_moment_that_has_passed_is_refused_and_what_was_entered_stays(running: Any, ann: Any) -> None:
    task = given(running.shop, "ann", 5)
    text = ann.post("/tasks/snooze", status=422, task=task, until="2020-01-01T10:00").text
    assert "2020-01-01T10:00" in text


def test_a_task_is_added_passed_on_and_both_are_taken_back(running: Any, console: Any) -> None:
    added = console.post("/tasks/add", title="見積の確認", due=SOON, assignee="ann", note="急ぎ")
    (task,) = (row for row in tasks_told(running.shop) if row["title"]["ja"] == "見積の確認")
    assert task["assignee"] == "ann"
    console.undo(console.post("/tasks/assign", task=task["id"], assignee="bob"))
    assert running.shop.store.tasks.get(task["id"])["assignee"] == "ann"
    console.undo(added)
    assert state_of(running.shop, task["id"]) == "dropped"


def test_a_task_without_words_is_refused_and_the_rest_is_kept(console: Any) -> None:
    text = console.post("/tasks/add", status=422, title="", due=SOON, note="remember this").text
    assert "remember this" in text


def test_a_rep_gives_no_task_about_a_colleagues_customer(running: Any, ann: Any) -> None:
    customer = str(running.shop.store.facts.customers()["id"][0])
    answer = ann.post("/tasks/add", status=403, title="Call", due=SOON, customer_id=customer)
    assert "colleague" in answer.text


def test_a_rule_is_saved_switched_on_and_all_of_it_taken_back(running: Any, console: Any) -> None:
    from tsuide.app.journeys import ready_journey

    saved = console.post("/tasks/rules/put", text=ready_journey("quiet-accounts"))
    assert running.shop.store.journeys.get("quiet-accounts")["state"] == "paused"
    on = console.post("/tasks/rules/state", rule="quiet-accounts", state="running")
    assert running.shop.store.journeys.get("quiet-accounts")["state"] == "running"
    console.undo(on)
    assert running.shop.store.journeys.get("quiet-accounts")["state"] == "paused"
    console.undo(saved)
    assert running.shop.store.journeys.get("quiet-accounts")["state"] == "stopped"


def test_what_gives_no_task_is_no_rule(console: Any) -> None:
    text = "id: x\nnames: {ja: あ, en: a}\ntrigger: {complaint: {}}\nsteps:\n  - id: e\n    exit: {}\n"
    assert "<textarea" in console.post("/tasks/rules/put", status=422, text=text).text
