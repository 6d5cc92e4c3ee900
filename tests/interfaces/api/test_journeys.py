"""Journeys over HTTP: written, tried, run, looked into; what is wrong is named with its line."""

from typing import Any

import pytest

TEXT = """
id: thanks
names: {ja: お礼, en: Thanks}
trigger: {order: {}}
steps:
  - {id: rest, wait: {for: 1d}}
  - {id: call, task: {title: {ja: 電話, en: call}}}
"""


def call(served: Any, method: str, path: str, key: str | None = None, **more: Any) -> Any:
    return served.client.request(method, f"/v1/{path}", headers={"X-Api-Key": key or served.admin}, **more)


def test_a_journey_is_written_run_and_undone(served: Any) -> None:
    made = call(served, "PUT", "journeys/thanks", json={"text": TEXT})
    assert (made.status_code, made.json()["state"], made.json()["version"]) == (200, "paused", 1)
    assert call(served, "POST", "journeys/thanks/state", json={"state": "running"}).json()["state"] == "running"
    assert call(served, "PUT", "journeys/thanks", json={"text": TEXT.replace("1d", "2d")}).json()["version"] == 2
    undone = call(served, "POST", "journeys/thanks/undo")
    assert (undone.json()["version"], "for: 1d" in undone.json()["text"]) == (3, True)
    assert [each["id"] for each in call(served, "GET", "journeys").json()["journeys"]] == ["thanks"]
    assert call(served, "GET", "journeys/thanks/enrolments").json() == {"enrolments": []}


def test_what_is_wrong_with_a_text_is_named_with_its_line(served: Any) -> None:
    wrong = call(served, "PUT", "journeys/thanks", json={"text": TEXT.replace("for: 1d", "for: soon")})
    assert wrong.status_code == 400
    assert "line 6" in wrong.text
    other = call(served, "PUT", "journeys/other", json={"text": TEXT})
    assert "another journey" in other.text


def test_a_dry_run_counts_and_keeps_nothing(served: Any) -> None:
    told = call(served, "POST", "journeys/dry-run", json={"text": TEXT.replace("thanks", "dry"), "days": 7}).json()
    assert told["journey"] == "dry"
    assert call(served, "GET", "journeys/dry").status_code == 404


def test_ready_made_ones_and_the_schema_are_there(served: Any) -> None:
    assert "cart-rescue" in call(served, "GET", "journeys/ready").json()
    assert "Trigger" in call(served, "GET", "journeys/schema").json()["$defs"]


@pytest.mark.parametrize(("method", "path"), [("GET", "journeys"), ("PUT", "journeys/x"), ("POST", "journeys/x/state")])
def test_only_admins_touch_journeys_and_reps_see_tasks(served: Any, method: str, path: str) -> None:
    assert call(served, method, path, served.rep, json={}).status_code == 403
    assert call(served, "GET", "tasks", served.rep).json() == {"tasks": []}
    assert call(served, "GET", "tasks", served.storefront).status_code == 403
    assert call(served, "POST", "tasks/none", served.rep, json={"state": "done"}).status_code == 404
