"""Experiments over HTTP: kept, started, obeyed at once, stopped, read; by administrators only."""

from typing import Any

import pytest

QUESTION: dict[str, Any] = {
    "hypothesis": "Silence sells as much.",
    "arms": [{"name": "silent", "share": 999_999, "silent": True}, {"name": "offers", "share": 1}],
    "window": 30,
}


@pytest.fixture
def admin(served: Any) -> dict[str, str]:
    return {"X-Api-Key": served.admin}


def test_from_a_draft_to_its_end(served: Any, admin: dict[str, str]) -> None:
    client = served.client
    assert client.get("/v1/experiments", headers=admin).json() == {"experiments": []}
    put = client.put("/v1/experiments/quiet", json=QUESTION, headers=admin)
    assert (put.status_code, put.json()["experiment"]["state"]) == (200, "draft")
    ask = {"placement": "product", "product_id": "cam-a", "anonymous_id": "v1"}
    assert served.ask(**ask)["offers"]
    assert client.post("/v1/experiments/quiet/start", headers=admin).json()["experiment"]["state"] == "running"
    try:
        assert served.ask(**ask)["offers"] == []
    finally:  # the same shop serves other tests
        stopped = client.post("/v1/experiments/quiet/stop", headers=admin)
    assert stopped.json()["experiment"]["state"] == "stopped"
    locked = client.put("/v1/experiments/quiet", json=QUESTION, headers=admin)
    assert (locked.status_code, locked.json()["key"]) == (409, "experiment")
    assert served.ask(**ask)["offers"]
    few = client.get("/v1/experiments/quiet/effect", headers=admin)
    assert (few.status_code, few.json()["code"]) == (409, "too-few-data")
    assert client.get("/v1/experiments/quiet", headers=admin).json()["experiment"]["id"] == "quiet"


def test_what_makes_no_sense_is_told_by_field(served: Any, admin: dict[str, str]) -> None:
    arms = [{"name": "a", "share": 1}, {"name": "b", "share": 1}]
    answer = served.client.put("/v1/experiments/odd", json={**QUESTION, "arms": arms}, headers=admin)
    assert (answer.status_code, answer.json()["key"]) == (400, "arms")
    gone = served.client.post("/v1/experiments/nobody/start", headers=admin)
    assert (gone.status_code, gone.json()["code"]) == (404, "not-found")


@pytest.mark.parametrize("path", ["/v1/experiments", "/v1/effect", "/v1/experiments/x/effect"])
def test_only_administrators(served: Any, path: str) -> None:
    assert served.client.get(path, headers={"X-Api-Key": served.storefront}).status_code == 403


def test_uplift_is_refused_while_the_holdout_is_too_small(served: Any, admin: dict[str, str]) -> None:
    for path in ("/v1/uplift", "/v1/uplift/persuadable"):
        answer = served.client.get(path, headers=admin)
        assert (answer.status_code, answer.json()["code"]) == (409, "too-few-data")
    assert served.client.get("/v1/uplift/whales", headers=admin).status_code == 422
