"""Calls, visits, notes and wins over HTTP."""

from typing import Any


def post(served: Any, path: str, **body: Any) -> Any:
    return served.client.post(path, json=body, headers={"X-Api-Key": served.rep})


def test_a_call_is_written_once_and_told(served: Any) -> None:
    body = {"customer_id": "c11", "kind": "call", "who": "ann", "text": "Asks for storage", "id": "k1"}
    assert post(served, "/v1/interactions", **body).json() == {"id": "k1", "new": True}
    assert post(served, "/v1/interactions", **body, outcome="no_answer").json() == {"id": "k1", "new": False}
    answer = served.client.get("/v1/customers/c11/interactions", headers={"X-Api-Key": served.rep})
    (row,) = answer.json()["interactions"]
    assert (row["who"], row["outcome"]) == ("ann", "no_answer")
    told = served.client.get("/v1/customers/c11/whole", headers={"X-Api-Key": served.rep}).json()
    assert told["interactions"][0]["text"] == "Asks for storage"


def test_a_win_makes_the_customer_count_as_won(served: Any) -> None:
    body = {"customer_id": "c12", "metric": "hours", "before": "16 h", "after": "6 h", "evidence": "their report"}
    assert post(served, "/v1/wins", **body).json()["new"]
    told = served.client.get("/v1/customers/c12/whole", headers={"X-Api-Key": served.rep}).json()
    assert (told["wins"][0]["after"], told["customer"]["attributes"]["won"]) == ("6 h", "yes")


def test_what_cannot_be_is_refused_by_name(served: Any) -> None:
    post(served, "/v1/interactions", customer_id="c13", kind="note", text="x", id="mine")
    answers = [
        post(served, "/v1/interactions", customer_id="nobody", kind="note"),
        post(served, "/v1/interactions", customer_id="c14", kind="note", id="mine"),
        post(served, "/v1/interactions", customer_id="c14", kind="call", at="2999-01-01T00:00:00Z"),
        post(served, "/v1/interactions", customer_id="c14", kind="shout"),
        post(served, "/v1/wins", customer_id="c14", metric="m", before=" ", after="a", evidence="e"),
    ]
    assert [each.status_code for each in answers] == [404, 409, 400, 422, 400]
