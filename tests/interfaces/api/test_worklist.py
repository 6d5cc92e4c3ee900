from collections.abc import Mapping
from typing import Any

import pytest


@pytest.fixture
def owned(served: Any) -> str:
    """A company of rep sato that the shop's reps may sell to."""
    body = {"customers": [{"id": "acme", "kind": "company", "name": "Acme", "attributes": {"owner": "sato"}}]}
    answer = served.client.post("/v1/customers", json=body, headers={"X-Api-Key": served.admin})
    assert answer.status_code == 200, answer.text
    return "acme"


def get(served: Any, path: str, key: str | None = None) -> Any:
    return served.client.get(path, headers={"X-Api-Key": key or served.rep})


def post(served: Any, path: str, body: Mapping[str, object]) -> Any:
    return served.client.post(path, json=body, headers={"X-Api-Key": served.rep})


def test_a_rep_sees_whom_to_call_takes_it_up_and_it_leaves_the_list(served: Any, owned: str) -> None:
    assert get(served, "/v1/worklist").json()["reps"] == {"sato": 1}
    found = get(served, "/v1/worklist/sato?all=true&language=ja").json()
    (group,) = found["groups"]
    assert [each["account"] for each in group["everybody"]] == [owned]
    (entry,) = group["entries"]
    offer = entry["offer"]["id"]
    assert entry["offer"]["pitch"]["text"]
    answer = post(served, f"/v1/worklist/{offer}/accept", {"note": "at ten"})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["state"], answer.json()["new"]) == ("accepted", True)
    assert post(served, f"/v1/worklist/{offer}/accept", {"note": "at ten"}).json()["new"] is False
    refused = post(served, f"/v1/worklist/{offer}/dismiss", {"reason": "too_dear"})
    assert refused.status_code == 409
    after = get(served, "/v1/worklist/sato").json()
    assert [each["account"] for each in after["away"]] == [owned]
    assert after["text"]
    tasks = get(served, "/v1/tasks").json()
    assert any(each["assignee"] == "sato" for each in tasks["tasks"])


def test_who_may_not_and_what_makes_no_sense_is_refused(served: Any) -> None:
    assert get(served, "/v1/worklist/sato", served.storefront).status_code == 403
    assert get(served, "/v1/worklist/sato?n=0").status_code == 422
    assert post(served, "/v1/worklist/none.0/accept", {}).status_code == 404
    assert post(served, "/v1/worklist/none.0/dismiss", {"reason": "mood"}).status_code == 422
    assert get(served, "/v1/worklist/nobody").json()["accounts"] == 0


def test_thresholds_are_an_admin_s_and_a_colleague_s_note_is_kept(served: Any) -> None:
    body = {"results_amount": 500_000, "quadrants_first": True}
    path, headers = "/v1/worklist/thresholds", {"X-Api-Key": served.admin}
    assert served.client.put(path, json=body, headers={"X-Api-Key": served.rep}).status_code == 403
    assert served.client.put(path, json=body, headers=headers).status_code == 200
    assert get(served, path).json()["thresholds"]["results_amount"] == 500_000
    note = {"product_id": "card", "rep": "ito", "text": "Fits every camera that we sell."}
    assert post(served, "/v1/worklist/notes", note).json()["note"]["product_id"] == "card"
    assert post(served, "/v1/worklist/notes", note | {"before": "slow"}).status_code == 400
    assert post(served, "/v1/worklist/notes", note | {"product_id": "none"}).status_code == 404


def test_a_manager_asks_for_a_team(served: Any) -> None:
    for who, rep, team in (("bee", "kato", "west"), ("cee", "ema", "east"), ("dee", "ema", "east")):
        told = {"id": who, "kind": "company", "attributes": {"owner": rep, "team": team}}
        served.client.post("/v1/customers", json={"customers": [told]}, headers={"X-Api-Key": served.admin})
        assert post(served, "/v1/deals", {"title": f"of {rep}", "customer_id": who}).status_code == 200
    assert get(served, "/v1/worklist?team=east").json()["reps"] == {"ema": 2}
    assert [each["owner"] for each in get(served, "/v1/deals?team=west").json()["deals"]] == ["kato"]
    assert get(served, "/v1/deals/report?team=west").json()["deals"] == 1
    assert get(served, "/v1/deals?team=north").json()["deals"] == []
