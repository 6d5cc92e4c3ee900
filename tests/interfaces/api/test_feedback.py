"""Feedback over HTTP: by reps too, once each, told by customer."""

from typing import Any


def test_a_complaint_is_recorded_once_and_told(served: Any) -> None:
    rep = {"X-Api-Key": served.rep}
    body = {"customer_id": "c07", "kind": "complaint", "text": "Too many mails", "id": "f1"}
    assert served.client.post("/v1/feedback", json=body, headers=rep).json() == {"feedback": "f1", "new": True}
    assert served.client.post("/v1/feedback", json=body | {"kind": "answered"}, headers=rep).status_code == 409
    told = served.client.get("/v1/customers/c07/feedback", headers=rep).json()["feedback"]
    assert [(row["kind"], row["text"]) for row in told] == [("complaint", "Too many mails")]


def test_a_score_needs_its_number_and_a_moment_its_zone(served: Any) -> None:
    rep = {"X-Api-Key": served.rep}
    bare = served.client.post("/v1/feedback", json={"customer_id": "c1", "kind": "score"}, headers=rep)
    assert (bare.status_code, bare.json()["key"]) == (400, "score")
    body = {"customer_id": "c1", "kind": "complaint", "at": "2026-05-01T00:00:00"}
    assert served.client.post("/v1/feedback", json=body, headers=rep).json()["key"] == "at"


def test_a_page_may_not_record_it(served: Any) -> None:
    body = {"customer_id": "c1", "kind": "complaint"}
    assert served.client.post("/v1/feedback", json=body, headers={"X-Api-Key": served.storefront}).status_code == 403
