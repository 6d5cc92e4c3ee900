"""Reports over HTTP: figures, page, rows, schedules; by administrators only."""

from typing import Any

import pytest


@pytest.fixture
def admin(served: Any) -> dict[str, str]:
    return {"X-Api-Key": served.admin}


def test_what_was_shown_stands_in_figures_page_and_rows(served: Any, admin: dict[str, str]) -> None:
    client = served.client
    asked = served.ask(placement="product", product_id="cam-a", anonymous_id="v1")
    first = asked["offers"][0]["id"]
    told = {"outcomes": [{"offer_id": first, "outcome": "shown"}]}
    answer = client.post(f"/v1/offers/{asked['decision']}/outcomes", json=told, headers=admin)
    assert answer.status_code < 300, answer.text
    found = client.get("/v1/reports/results", headers=admin).json()
    shown = [row for row in found["offers"] if row["sort"] == "placement"]
    assert [(row["name"], row["shown"]) for row in shown] == [("product", 1)]
    rows = client.get("/v1/reports/results/rows?sort=placement&name=product", headers=admin).json()
    assert (rows["total"], rows["rows"][0]["offer_id"]) == (1, first)
    page = client.get("/v1/reports/results/page?language=ja", headers=admin)
    assert page.headers["content-type"].startswith("text/html")
    assert "sort=placement&amp;name=product" in page.text


def test_a_schedule_is_kept_and_taken_away(served: Any, admin: dict[str, str]) -> None:
    client = served.client
    put = client.put("/v1/reports/schedules/weekly", json={"to": ["boss@example.com"]}, headers=admin)
    assert put.json()["schedules"][0]["every"] == "week"
    assert client.delete("/v1/reports/schedules/weekly", headers=admin).json()["id"] == "weekly"
    assert client.get("/v1/reports/schedules", headers=admin).json() == {"schedules": []}
    digest = {"to": ["ann@example.com"], "every": "day", "about": "tasks", "whose": "ann"}
    (kept,) = client.put("/v1/reports/schedules/ann", json=digest, headers=admin).json()["schedules"]
    assert (kept["about"], kept["whose"]) == ("tasks", "ann")
    client.delete("/v1/reports/schedules/ann", headers=admin)
    wrong = client.put("/v1/reports/schedules/x", json={"to": ["nobody"]}, headers=admin)
    assert (wrong.status_code, wrong.json()["key"]) == (400, "to")


@pytest.mark.parametrize("path", ["results", "results/page", "results/rows", "schedules"])
def test_only_administrators(served: Any, path: str) -> None:
    assert served.client.get(f"/v1/reports/{path}", headers={"X-Api-Key": served.rep}).status_code == 403
