"""Today: what is known is shown with its interval, what is not is said, and what is missing says what it costs."""

import re
from datetime import UTC, datetime
from typing import Any

from tsuide.app.initiatives import review
from tsuide.app.jobs import wait_for


def test_before_anything_was_measured_the_page_says_so_and_offers_to(console: Any) -> None:
    text = console.get("/")
    assert "Not measured yet" in text
    assert "Measure now" in text
    assert "Stock unknown for 100% of products (12)" in text
    assert "最後の学習" in console.get("/", lang="ja")


def test_a_measurement_that_cannot_be_made_says_why_where_its_figures_would_be(console: Any, running: Any) -> None:
    console.post("/measure")
    text = console.get("/")
    job = re.search(r'data-job="/console(/jobs/[^"?]+)', text)
    assert job is not None
    assert "under_way" in console.get(job.group(1))
    ended = wait_for(running.shop, job.group(1).removeprefix("/jobs/"), lambda: datetime.now(UTC), 60)
    assert ended["result"]["code"] == "too-few-data"
    text = console.get("/")
    assert "data-job" not in text
    assert ended["result"]["error"].partition(".")[0] in text


def test_a_second_measurement_waits_for_the_first(console: Any) -> None:
    console.post("/measure")
    assert "under way" in console.post("/measure", status=409).text


def test_a_rep_sees_no_audit_log(running: Any) -> None:
    rep = running.person("rep")
    assert "/console/log" not in rep.get("/")
    rep.get("/log", status=403)


def test_what_is_in_force_without_a_hypothesis_asks_for_a_decision(console: Any, running: Any) -> None:
    fields = {"id": "", "name_ja": "割引", "name_en": "A tenth", "kind": "percent", "value": "10", "products": "tea"}
    console.post("/promotions/form", do="save", **fields)
    assert [each["subject"] for each in review(running.shop, datetime.now(UTC))["without_hypothesis"]]
    assert 'href="/console/experiments/initiatives' in console.get("/")
