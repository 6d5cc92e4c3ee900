"""Initiatives over HTTP: written, paid for, read as far as there is something to read; by administrators only."""

from typing import Any

import pytest

SPRING = {
    "sort": "campaign",
    "hypothesis": "Cards beside cameras bring margin.",
    "starts_at": "2026-05-01T00:00:00+09:00",
    "ends_at": "2026-05-20T00:00:00+09:00",
}


@pytest.fixture
def admin(served: Any) -> dict[str, str]:
    return {"X-Api-Key": served.admin}


def test_from_a_hypothesis_to_what_was_learned(served: Any, admin: dict[str, str]) -> None:
    client = served.client
    put = client.put("/v1/initiatives/spring", json=SPRING, headers=admin)
    assert (put.status_code, put.json()["initiative"]["foretold"]) == (200, False)
    cost = client.post("/v1/initiatives/spring/costs", json={"amount": 12_000, "id": "e1"}, headers=admin)
    assert cost.json() == {"entry": "e1", "new": True}
    again = client.post("/v1/initiatives/spring/costs", json={"amount": 1, "id": "e1"}, headers=admin)
    assert (again.status_code, again.json()["key"]) == (409, "entry")
    assert client.post("/v1/initiatives/spring/leads", json={"customer_id": "c01"}, headers=admin).json()["new"]
    undone = client.post("/v1/initiatives/entries/e1/undo", headers=admin).json()
    assert (undone["amount"], undone["currency"], undone["undone_at"] is not None) == (12_000, "JPY", True)
    effect = client.get("/v1/initiatives/spring/effect", headers=admin)
    assert (effect.status_code, effect.json()["code"]) == (409, "too-few-data")
    said = {"learned": "Nobody was asked.", "next_step": "Ask somebody."}
    done = client.post("/v1/initiatives/spring/conclude", json=said, headers=admin).json()
    assert done["initiative"]["conclusion"]["verdict"] == "not_readable"
    assert [each["kind"] for each in done["entries"]] == ["cost", "lead"]
    assert client.get("/v1/initiatives", headers=admin).json()["learned"][0]["id"] == "spring"


def test_what_makes_no_sense_is_told_by_field(served: Any, admin: dict[str, str]) -> None:
    ends = served.client.put("/v1/initiatives/odd", json={**SPRING, "ends_at": SPRING["starts_at"]}, headers=admin)
    assert (ends.status_code, ends.json()["key"]) == (400, "ends_at")
    bare = served.client.put("/v1/initiatives/odd", json={**SPRING, "ends_at": "2026-05-20T00:00:00"}, headers=admin)
    assert (bare.status_code, bare.json()["key"]) == (400, "ends_at")
    late = {"amount": 1, "at": "2999-01-01T00:00:00Z"}
    future = served.client.post("/v1/initiatives/odd/costs", json=late, headers=admin)
    assert (future.status_code, future.json()["key"]) == (400, "at")
    gone = served.client.get("/v1/initiatives/nobody", headers=admin)
    assert (gone.status_code, gone.json()["code"]) == (404, "not-found")


@pytest.mark.parametrize("path", ["/v1/initiatives", "/v1/initiatives/x", "/v1/initiatives/x/effect"])
def test_only_administrators(served: Any, path: str) -> None:
    assert served.client.get(path, headers={"X-Api-Key": served.rep}).status_code == 403
