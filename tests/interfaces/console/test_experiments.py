"""Experiments and initiatives in the console: asked beforehand, locked once started, read out or refused, undone."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tsuide.app.experiments import experiment_of, experiments
from tsuide.app.initiatives import entries_of, initiative_of, initiatives
from tsuide.app.jobs import run_job
from tsuide.app.policies import put_in_force
from tsuide.app.works import WORKS
from tsuide.offers.policy.load import ready_text

ASKED = {
    "hypothesis": "Silence costs nothing.", "metric": "margin", "window": "30",
    "arm0": "offers", "share0": "50", "does0": "usual", "arm1": "silence", "share1": "50", "does1": "silent",
}  # fmt: skip
MEANT = {
    "sort": "campaign", "hypothesis": "Tea sells cups.", "metric": "margin", "window": "14",
    "starts_at": "2026-01-01T09:00", "ends_at": "2026-02-01T09:00",
}  # fmt: skip


def _ended(console: Any, kind: str, wanted: dict[str, Any], result: dict[str, Any] | None) -> None:
    """A job that was begun elsewhere and is over: done here and now, or with a result of its own."""
    row = {"id": f"{kind}-{wanted['id']}", "kind": kind, "who": "x", "wanted": json.dumps(wanted)}
    console.shop.store.jobs.begin(row, datetime.now(UTC), alone=False)
    if result is None:
        run_job(console.shop, row["id"], WORKS, lambda: datetime.now(UTC))
    else:
        text = json.dumps(result)
        console.shop.store.jobs.end(row["id"], text, datetime.now(UTC), failed="code" in result)


def test_an_empty_list_says_what_to_do_next(console: Any) -> None:
    assert "Ask a question with" in console.get("/experiments")


def test_a_draft_is_kept_changed_and_undone(console: Any) -> None:
    answer = console.post("/experiments/save", id="quiet", **ASKED)
    assert experiment_of(console.shop, "quiet").shares == {"offers": 0.5, "silence": 0.5}
    changed = console.post("/experiments/save", id="quiet", changed="quiet", **{**ASKED, "window": "60"})
    assert experiment_of(console.shop, "quiet").window == 60
    console.undo(changed)
    assert experiment_of(console.shop, "quiet").window == 30
    console.undo(answer)
    assert [each.id for each in experiments(console.shop)] == []


def test_what_was_entered_stays_where_a_field_is_wrong(console: Any) -> None:
    answer = console.post("/experiments/save", status=422, id="odd", **{**ASKED, "share1": "40"})
    assert "sum to 1,000,000" in answer.text
    assert 'value="odd"' in answer.text
    assert "Silence costs nothing." in answer.text
    assert "share0" in console.post("/experiments/save", status=422, id="odd", **{**ASKED, "share0": "half"}).text


def test_a_name_that_is_taken_is_refused_and_nothing_is_written_over(console: Any) -> None:
    answer = console.post("/experiments/save", id="taken", **ASKED)
    console.post("/experiments/save", status=422, id="taken", **{**ASKED, "window": "7"})
    assert experiment_of(console.shop, "taken").window == 30
    console.undo(answer)


def test_once_started_it_is_locked_and_once_stopped_it_stays_so(console: Any) -> None:
    console.post("/experiments/save", id="locked", **ASKED)
    console.post("/experiments/start", id="locked")
    assert experiment_of(console.shop, "locked").state == "running"
    console.post("/experiments/save", status=409, id="locked", changed="locked", **ASKED)
    console.post("/experiments/drop", status=409, id="locked")
    console.post("/experiments/stop", id="locked")
    console.post("/experiments/start", status=409, id="locked")
    assert "stopped" in console.get("/experiments/one", id="locked")


def test_a_discarded_draft_comes_back(console: Any) -> None:
    console.post("/experiments/controls")
    assert "random_propensity" in console.get("/experiments/one", id="always_on_controls")
    dropped = console.post("/experiments/drop", id="always_on_controls")
    console.get("/experiments/one", status=404, id="always_on_controls")
    console.undo(dropped)
    assert experiment_of(console.shop, "always_on_controls").state == "draft"


def test_arms_that_are_off_their_ratio_block_the_read_out_and_say_why(console: Any) -> None:
    console.post("/experiments/save", id="off", **ASKED)
    console.post("/experiments/start", id="off")
    why = {"error": "arms hold 900 and 100", "code": "sample-ratio-mismatch"}
    _ended(console, "experiment", {"id": "off"}, why)
    text = console.get("/experiments/one", id="off")
    assert "The read-out is blocked" in text
    assert "not split as planned" in text
    assert "arms hold 900 and 100" in text
    console.post("/experiments/stop", id="off")


def test_too_few_customers_are_said_as_such(console: Any) -> None:
    console.post("/experiments/save", id="young", **ASKED)
    console.post("/experiments/start", id="young")
    _ended(console, "experiment", {"id": "young"}, None)
    assert "too few data" in console.get("/experiments/one", id="young")
    console.post("/experiments/stop", id="young")


def test_the_planner_tells_customers_and_days_and_what_is_missing(console: Any) -> None:
    asked = {"for": "mean", "effect": "50", "deviation": "1000", "per_day": "500", "control_share": "5", "power": "80"}
    text = console.get("/experiments/plan", **asked)
    assert "133 days" in text
    assert "Make an experiment of so many days" in text
    csv = console.get("/experiments/plan", csv="curve", **asked)
    assert csv.startswith("\ufeffplan_days,customers,can_see")
    console.get("/experiments/plan", status=422, **{**asked, "deviation": "wide"})
    share = {"for": "share", "base": "10", "effect": "2", "control_share": "50", "power": "80", "per_day": ""}
    assert "3,839 treated, 3,839 in control" in console.get("/experiments/plan", **share)


def test_an_experiment_of_a_plan_has_its_days_and_still_two_arms_to_begin_with(console: Any) -> None:
    text = console.get("/experiments/new", days="26")
    assert 'value="26"' in text
    assert 'value="silence"' in text


def test_an_initiative_has_its_costs_and_leads_each_undone(console: Any) -> None:
    console.post("/experiments/initiatives/save", id="tea", **MEANT)
    cost = console.post("/experiments/initiatives/cost", id="tea", amount="12000", note="Flyers")
    lead = console.post("/experiments/initiatives/lead", id="tea", customer="c1")
    assert "Flyers" in console.get("/experiments/initiatives/one", id="tea")
    wrong = console.post("/experiments/initiatives/cost", status=422, id="tea", amount="much", note="kept?")
    assert "kept?" in wrong.text
    console.undo(lead)
    console.undo(cost)
    assert [row["undone_at"] is None for row in entries_of(console.shop, "tea")] == [False, False]
    entry = console.post("/experiments/initiatives/cost", id="tea", amount="5")
    assert entry.status_code == 303
    (last,) = [row for row in entries_of(console.shop, "tea") if row["undone_at"] is None]
    console.post("/experiments/initiatives/takeback", entry=last["id"])
    assert "taken back" in console.get("/experiments/initiatives/one", id="tea")


def test_a_new_initiative_is_undone_until_something_stands_on_it(console: Any) -> None:
    new = console.post("/experiments/initiatives/save", id="cups", **MEANT)
    console.undo(new)
    assert "cups" not in [each.id for each in initiatives(console.shop)]
    console.post("/experiments/initiatives/save", status=422, id="cups", **{**MEANT, "ends_at": "2025-01-01T09:00"})
    again = console.post("/experiments/initiatives/save", id="cups", **MEANT)
    console.shop.store.initiatives.add(
        {"id": "e1", "initiative_id": "cups", "kind": "lead", "at": 0, "amount": None, "currency": None,
         "customer_id": None, "note": None}
    )  # fmt: skip
    with pytest.raises(AssertionError, match="stays on record"):
        console.undo(again)


def test_a_verdict_needs_what_was_learned_and_is_kept_with_it(console: Any) -> None:
    console.post("/experiments/initiatives/save", id="old", **MEANT)
    empty = console.post("/experiments/initiatives/conclude", status=422, id="old", learned="Nothing", next_step="")
    assert "Nothing" in empty.text
    wanted = {"id": "old", "learned": "Tea sells tea.", "next_step": "Ask again in May."}
    _ended(console, "conclude", wanted, None)
    assert initiative_of(console.shop, "old").conclusion is not None
    text = console.get("/experiments/initiatives")
    assert "Tea sells tea." in text
    assert "Not readable" in text  # nobody was decided for in that time


def test_a_change_in_force_without_a_hypothesis_is_one_click_from_one(console: Any) -> None:
    put_in_force(console.shop, ready_text("gentle"), datetime.now(UTC))
    text = console.get("/experiments/initiatives")
    assert "sort=policy&amp;subject=" in text
    form = console.get("/experiments/initiatives/new", sort="policy", subject="gentle@1")
    assert 'value="gentle@1"' in form
