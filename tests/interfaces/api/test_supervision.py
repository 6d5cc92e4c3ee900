"""Supervision over HTTP: by administrators only, and a case only about what the rep entered."""

from typing import Any

import pytest


@pytest.fixture
def admin(served: Any) -> dict[str, str]:
    return {"X-Api-Key": served.admin}


def test_reports_of_a_shop_without_reps_are_empty(served: Any, admin: dict[str, str]) -> None:
    found = served.client.get("/v1/supervision", headers=admin).json()
    assert (found["reps"], found["findings"]) == (0, [])
    assert served.client.get("/v1/supervision/audit?days=30", headers=admin).json()["acceptances"] == 0
    assert served.client.get("/v1/supervision/cases", headers=admin).json() == {"cases": []}


def test_a_case_is_about_sales_that_the_rep_entered(served: Any, admin: dict[str, str]) -> None:
    body = {"rep_id": "tanaka", "sales": ["a1"], "by": "Sato", "reason": "Nobody knew."}
    refused = served.client.post("/v1/supervision/cases", json=body, headers=admin)
    assert (refused.status_code, refused.json()["key"]) == (400, "sales")
    step = {"kind": "refund", "by": "Sato"}
    gone = served.client.post("/v1/supervision/cases/nobody/steps", json=step, headers=admin)
    assert (gone.status_code, gone.json()["code"]) == (404, "not-found")


@pytest.mark.parametrize("path", ["/v1/supervision", "/v1/supervision/audit", "/v1/supervision/cases"])
def test_only_administrators(served: Any, path: str) -> None:
    assert served.client.get(path, headers={"X-Api-Key": served.rep}).status_code == 403
