"""Tasks over HTTP: given, listed, changed and told."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tsuide.app.tasks import calendar_address
from tsuide.app.wiring import Shop


def rep(served: Any) -> dict[str, str]:
    return {"X-Api-Key": served.rep}


def give(served: Any, title: str, **more: Any) -> Any:
    due = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    return served.client.post("/v1/tasks", json={"title": title, "due_at": due, **more}, headers=rep(served))


def test_a_task_is_given_changed_and_every_deed_is_told(served: Any) -> None:
    made = give(served, "Call", assignee="ann", customer_id="c01", key="t-1").json()
    assert give(served, "Call", key="t-1").json()["id"] == made["id"]
    at = f"/v1/tasks/{made['id']}"
    before = served.client.post(at, json={"assignee": "bob", "who": "ann"}, headers=rep(served)).json()
    assert (before["assignee"], served.client.get(at, headers=rep(served)).json()["assignee"]) == ("ann", "bob")
    served.client.post(at, json={"state": "done"}, headers=rep(served))
    told = served.client.get("/v1/tasks/events", headers=rep(served)).json()["events"]
    assert [each["deed"] for each in told if each["task_id"] == made["id"]] == ["made", "assigned", "done"]
    listed = served.client.get("/v1/tasks", params={"customer": "c01"}, headers=rep(served)).json()["tasks"]
    assert listed == []


def test_what_cannot_be_is_refused_by_name(served: Any) -> None:
    made = give(served, "Call").json()
    answers = [
        served.client.post(f"/v1/tasks/{made['id']}", json={}, headers=rep(served)),
        served.client.post(f"/v1/tasks/{made['id']}", json={"until": "2020-01-01T00:00:00Z"}, headers=rep(served)),
        served.client.post("/v1/tasks/none", json={"state": "done"}, headers=rep(served)),
        give(served, "Call", customer_id="nobody"),
    ]
    assert [(each.status_code, each.json()["key"]) for each in answers] == [
        (400, "body"), (400, "until"), (404, "task"), (404, "customer_id"),
    ]  # fmt: skip


def test_the_address_of_a_calendar_opens_with_itself_alone_and_a_shop_without_an_address_says_so(served: Any) -> None:
    client, asked = served.client, {"assignee": "ann"}
    without = client.get("/v1/tasks/calendar", params=asked, headers=rep(served))
    assert (without.status_code, without.json()["key"]) == (400, "TSUIDE_PUBLIC_URL")
    serving = client.app.state.serving
    public = serving.shop.settings.model_copy(update={"public_url": "https://shop.example.com"})
    address = calendar_address(Shop(public, serving.shop.store), "ann", datetime.now(UTC))
    give(served, "Call about the calendar", assignee="ann")
    told = client.get(address.removeprefix("https://shop.example.com"))
    assert told.headers["content-type"].startswith("text/calendar")
    assert "Call about the calendar" in told.text
