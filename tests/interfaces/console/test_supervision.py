"""Supervision in the console: findings with their rows, cases step by step, and who may see any of it."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from tsuide.app.jobs import run_job
from tsuide.app.supervising import case_of, cases
from tsuide.app.works import WORKS


@pytest.fixture(scope="module")
def watched(running: Any, console: Any, rep_sales: Any) -> Any:
    """The console over sales of six reps that were looked over."""
    assert "Not looked over yet" in console.get("/supervision")
    rep_sales(running.shop, datetime.now(UTC))
    row = {"id": "look", "kind": "supervise", "who": "x", "wanted": json.dumps({"back": 90})}
    running.shop.store.jobs.begin(row, datetime.now(UTC))
    run_job(running.shop, "look", WORKS, lambda: datetime.now(UTC))
    return console


def test_only_the_rep_whose_customers_had_no_time_to_read_is_found_and_the_rows_are_there(watched: Any) -> None:
    text = watched.get("/supervision")
    assert "never a verdict" in text
    assert "id=tanaka" in text
    assert "Yes within a minute" in text
    csv = watched.get("/supervision", csv="findings")
    assert [line.split(",")[0] for line in csv.splitlines()[1:]] == ["tanaka"]
    rows = watched.get("/supervision/rep", id="tanaka")
    assert rows.count('name="sale.') == 12
    assert "c-tanaka-0" in rows
    watched.get("/supervision/rep", status=404, id="suzuki")


def test_a_case_is_opened_for_sales_that_were_looked_at_and_closed_when_nothing_is_missing(watched: Any) -> None:
    sale = re.findall(r'name="(sale\.[^"]+)"', watched.get("/supervision/rep", id="tanaka"))[0]
    empty = watched.post("/supervision/open", status=422, rep="tanaka", reason="Nobody knew.")
    assert "names no sale" in empty.text
    assert "Nobody knew." in empty.text
    opened = watched.post("/supervision/open", rep="tanaka", reason="Nobody knew.", **{sale: "on"})
    (case,) = cases(watched.shop)
    assert f"id={case.id}" in opened.headers["location"]
    assert case.opened_by.startswith("owner")
    watched.post("/supervision/step", status=409, id=case.id, step="closure", note="Done.")
    wrong = watched.post("/supervision/step", status=422, id=case.id, step="waived:refund", note="", reference="kept")
    assert 'value="kept"' in wrong.text
    for step in ("reversal", "notice", "training"):
        watched.post("/supervision/step", id=case.id, step=step, reference="file 7")
    watched.post("/supervision/step", id=case.id, step="waived:refund", note="Nothing was paid.")
    watched.post("/supervision/step", id=case.id, step="closure", note="Talked it over.")
    assert case_of(watched.shop, case.id).closed
    text = watched.get("/supervision/case", id=case.id)
    assert "Refund is not needed" in text
    assert "Record it" not in text


def test_the_audit_counts_every_check_and_shows_its_rows(watched: Any) -> None:
    text = watched.get("/supervision/audit", check="yes_without_order")
    assert "Looked over 72 acceptances" in text
    assert "Rows: Yeses without an order after 30 days" in text


@pytest.mark.usefixtures("watched")
def test_a_marketer_and_a_rep_see_nothing_of_it_and_an_auditor_looks_only(running: Any) -> None:
    for role in ("marketer", "rep"):
        running.person(role).get("/supervision", status=403)
    auditor = running.person("auditor")
    assert "Open a case" not in auditor.get("/supervision/rep", id="tanaka")
    auditor.post("/supervision/look", status=403)
    assert "Open a case" in running.person("sales_manager").get("/supervision/rep", id="tanaka")
