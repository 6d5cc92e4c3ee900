"""The page of the worklist: a rep answers what is on it; every answer is an outcome, and can be taken back."""

import json
import re
from typing import Any

import polars as pl
import pytest

from tsuide.facts.customers import CUSTOMERS
from tsuide.facts.schema import conform

OFFER = re.compile(r'name="offer" value="([^"]+)"')


@pytest.fixture(scope="module", autouse=True)
def accounts(running: Any) -> None:
    """Twelve customers of ann, three of bob."""
    facts = running.shop.store.facts
    rows = facts.customers().head(15).to_dicts()
    for n, row in enumerate(rows):
        row["attributes"] = json.dumps({"owner": "ann" if n < 12 else "bob", "needs": "more"})
    facts.write_customers(conform(pl.DataFrame(rows, infer_schema_length=None), CUSTOMERS))


@pytest.fixture
def ann(running: Any) -> Any:
    return running.person("rep", rep_id="ann")


def offers(text: str) -> list[str]:
    return list(dict.fromkeys(OFFER.findall(text)))


def outcomes(running: Any, offer: str) -> list[str]:
    return [row["outcome"] for row in running.shop.store.outcomes.of_decision(offer.rpartition(".")[0])]


def test_a_rep_sees_their_own_list_whoever_they_ask_for(ann: Any, console: Any) -> None:
    text = ann.get("/worklist", rep="bob", all="yes")
    assert "12 accounts" in text
    assert "Choose a rep" not in text
    assert "3 accounts" in console.get("/worklist", rep="bob")
    assert "Choose above" in console.get("/worklist")


def test_an_offer_taken_up_is_a_task_and_a_contact_until_that_is_undone(ann: Any, running: Any) -> None:
    offer = offers(ann.get("/worklist"))[0]
    answer = ann.post("/worklist/answer", offer=offer, answer="accept", note="Tuesday")
    (task,) = running.shop.store.tasks.listed("open", assignee="ann")
    assert outcomes(running, offer) == ["shown"]
    ann.undo(answer)
    assert running.shop.store.tasks.get(task["id"])["state"] == "dropped"
    assert outcomes(running, offer) == []
    assert running.shop.store.worklist.answer_to(offer) is None


def test_an_offer_dismissed_with_a_reason_is_declined_until_that_is_undone(ann: Any, running: Any) -> None:
    offer = offers(ann.get("/worklist"))[0]
    answer = ann.post("/worklist/answer", offer=offer, answer="dismiss", reason="too_dear")
    assert outcomes(running, offer) == ["declined"]
    ann.undo(answer)
    assert outcomes(running, offer) == []


def test_an_account_put_off_is_away_until_that_is_undone(ann: Any) -> None:
    offer = offers(ann.get("/worklist"))[0]
    answer = ann.post("/worklist/answer", offer=offer, answer="snooze", days="30")
    assert "Off the list for now" in ann.get("/worklist")
    ann.undo(answer)
    assert "Off the list for now" not in ann.get("/worklist")
    refused = ann.post("/worklist/answer", status=422, offer=offer, answer="snooze", days="1000")
    assert "1 … 730" in refused.text


def test_a_rep_answers_no_colleagues_list(ann: Any, console: Any) -> None:
    offer = offers(console.get("/worklist", rep="bob"))[0]
    ann.post("/worklist/answer", status=403, offer=offer, answer="accept")


def test_what_a_colleague_knows_is_told_until_that_is_undone(ann: Any, running: Any) -> None:
    product = str(running.shop.store.facts.products()["id"][0])
    answer = ann.post("/worklist/note", product=product, text="They save an hour.", before="3 h", after="2 h")
    assert len(running.shop.store.worklist.notes([product])) == 1
    ann.undo(answer)
    assert running.shop.store.worklist.notes([product]) == []


def test_thresholds_are_a_managers_and_are_as_they_were_when_undone(ann: Any, running: Any) -> None:
    from tsuide.app.worklist import thresholds_of

    before = thresholds_of(running.shop)
    given = {"results": "70", "room": "50", "what": "30", "pace": "0.5", "room_amount": "300000"}
    ann.post("/worklist/thresholds", status=403, **given)
    manager = running.person("sales_manager")
    answer = manager.post("/worklist/thresholds", **given)
    assert (thresholds_of(running.shop).results, thresholds_of(running.shop).room_amount) == (0.7, 300_000)
    manager.undo(answer)
    assert thresholds_of(running.shop) == before
    assert "99x" in manager.post("/worklist/thresholds", status=422, **(given | {"results": "99x"})).text
