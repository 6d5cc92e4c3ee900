"""Reports in the console: figures with their rows, what cannot be said said as such, schedules undone."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from tsuide.app.jobs import run_job
from tsuide.app.results import results
from tsuide.app.scheduling import run_due, schedules
from tsuide.app.works import WORKS
from tsuide.kit.clock import to_micros
from tsuide.proof.reports.results import results_from
from tsuide.proof.reports.results_page import results_page
from tsuide.store.outcomes import outcome_row

DAYS = {"since": "2026-01-01", "until": "2026-01-31"}
THEN = datetime(2026, 1, 10, 3, tzinfo=UTC)
WEEKLY = {"id": "weekly", "about": "results", "every": "week", "clock": "08:00", "report_language": "en",
          "to": "a@example.com, b@example.com"}  # fmt: skip


def _run(console: Any, kind: str, wanted: dict[str, Any]) -> None:
    row = {"id": f"{kind}-{len(wanted)}-{datetime.now(UTC).timestamp()}", "kind": kind, "who": "x"}
    console.shop.store.jobs.begin({**row, "wanted": json.dumps(wanted)}, datetime.now(UTC), alone=False)
    run_job(console.shop, row["id"], WORKS, lambda: datetime.now(UTC))


@pytest.fixture(scope="module")
def reported(console: Any) -> Any:
    """The console with a report of January, in which a card was shown twice and accepted once."""
    assert "No report of these days yet" in console.get("/reports", **DAYS)
    journal = console.shop.store.journal()
    told = [("o1", "shown", "a"), ("o1", "accepted", "a"), ("o2", "shown", "b"), ("o2", "declined", "b")]
    for n, (offer, outcome, customer) in enumerate(told):
        row = {"id": f"t{n}", "decision_id": None, "offer_id": offer, "outcome": outcome, "at": to_micros(THEN) + n}
        more = {"customer_id": customer, "product_id": "card", "kind": "cross_sell", "placement": "cart",
                "category": "memory", "reason": "too_dear" if outcome == "declined" else None}  # fmt: skip
        journal.write("trace", outcome_row({**row, **more}))
    journal.close_now()
    _run(console, "results", DAYS)
    return console


def test_figures_lead_to_their_rows_and_attributed_ones_are_called_so(reported: Any) -> None:
    text = reported.get("/reports", by="placement", **DAYS)
    assert "Attributed (not an effect)" in text
    assert "No effect can be read" in text
    csv = reported.get("/reports", by="placement", csv="offers", **DAYS).splitlines()
    assert csv[1].startswith("Cart,2,0,1,1,0,0,0.5")
    rows = reported.get("/reports/rows", sort="placement", name="cart", csv="rows", **DAYS).splitlines()
    assert len(rows) == 5
    assert "too dear" in reported.get("/reports", **DAYS)
    reported.get("/reports/rows", status=422, sort="moon")


def test_days_that_are_none_are_refused_and_the_newest_report_is_shown_without_any(reported: Any) -> None:
    assert "not a day" in reported.get("/reports", status=422, since="soon", until="2026-01-31")
    assert 'value="2026-01-31"' in reported.get("/reports")


def test_the_report_is_taken_home_as_one_file(reported: Any) -> None:
    text = reported.get("/reports/results.html", **DAYS)
    assert "<title>Results of offers</title>" in text
    assert "/console/reports/rows?since=2026-01-01" in text
    start, end = THEN - timedelta(days=20), THEN + timedelta(days=20)
    found = results(reported.shop, start, end)
    again = results_from(json.loads(json.dumps(found.plain())))
    assert results_page(again, "ja", rows_at="x") == results_page(found, "ja", rows_at="x")
    assert pl.DataFrame.equals(again.offers, found.offers.select(again.offers.columns))


def test_what_cannot_be_told_yet_is_said_with_what_to_do(reported: Any) -> None:
    assert "20 in each arm" in reported.get("/reports/suits")
    assert "The holdout does not say enough yet" in reported.get("/reports/uplift")
    reported.get("/reports/uplift/customers", status=409, group="persuadable")


def test_what_if_needs_something_to_compare_and_refuses_without_support(reported: Any) -> None:
    assert "what if what?" in reported.post("/reports/what-if", status=422, policy="", snapshot="", days="30").text
    policy = reported.get("/reports/what-if").partition('<option value="standard@')[2].partition('"')[0]
    wanted = {"policy": f"standard@{policy}", "snapshot": "", "days": "30"}
    _run(reported, "what_if", wanted)
    text = reported.get("/reports/what-if", policy=wanted["policy"], days="30", snapshot="")
    assert "There is no honest answer" in text


def test_the_page_on_orders_is_made_kept_and_opened_in_a_sandbox(reported: Any) -> None:
    assert "It was not made yet" in reported.get("/reports/orders")
    _run(reported, "newcomer", {"language": "en"})
    assert "Open the report" in reported.get("/reports/orders")
    answer = reported._ask("GET", "/reports/orders.html?lang=en")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "<html" in answer.text


def test_a_schedule_is_added_paused_resumed_removed_and_each_undone(reported: Any) -> None:
    def kept() -> list[tuple[str, bool]]:
        return [(each["id"], each["paused"]) for each in schedules(reported.shop)]

    added = reported.post("/reports/schedules/add", **WEEKLY)
    assert kept() == [("weekly", False)]
    paused = reported.post("/reports/schedules/pause", id="weekly")
    assert kept() == [("weekly", True)]
    assert run_due(reported.shop, datetime.now(UTC) + timedelta(days=30), lambda _: None) == []
    reported.undo(paused)
    assert kept() == [("weekly", False)]
    reported.post("/reports/schedules/pause", id="weekly")
    reported.undo(reported.post("/reports/schedules/resume", id="weekly"))
    assert kept() == [("weekly", True)]
    reported.undo(reported.post("/reports/schedules/remove", id="weekly"))
    assert kept() == [("weekly", True)]
    reported.post("/reports/schedules/remove", id="weekly")
    again = reported.post("/reports/schedules/add", **WEEKLY)
    reported.undo(again)
    assert kept() == []
    assert added.status_code == 303


def test_a_schedule_that_goes_nowhere_keeps_what_was_entered(reported: Any) -> None:
    wrong = reported.post("/reports/schedules/add", status=422, **{**WEEKLY, "to": "nobody"})
    assert "not an address" in wrong.text
    assert 'value="weekly"' in wrong.text


def test_a_rep_sees_no_reports(running: Any) -> None:
    running.person("rep").get("/reports", status=403)
