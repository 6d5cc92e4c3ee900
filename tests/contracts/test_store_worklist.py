"""The worklist on SQLite and on PostgreSQL: whose accounts, what happened in them, answers kept once each."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from tsuide.errors import Conflict
from tsuide.facts.behaviour import EVENTS
from tsuide.facts.customers import CUSTOMERS
from tsuide.facts.orders import ORDER_LINES, ORDERS
from tsuide.facts.schema import conform
from tsuide.store.database import Store, open_store
from tsuide.store.outcomes import outcome_row

NOW = datetime(2026, 6, 1, tzinfo=UTC)
EARLIER = NOW - timedelta(days=365)
ANSWER: dict[str, Any] = {
    "offer_id": "dec_1.0", "decision_id": "dec_1", "rep": "sato", "customer_id": "acme", "product_id": "ink",
    "line": "printing", "state": "accepted", "reason": None, "note": "wants a trial", "at": 5, "until": 9,
}  # fmt: skip


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    rows = [
        {"id": "acme", "kind": "company", "attributes": '{"owner": "sato", "industry": "dental"}'},
        {"id": "site", "kind": "company", "parent_id": "acme", "attributes": '{"owner": "sato"}'},
        {"id": "mori", "kind": "person", "parent_id": "acme", "email": "mori@acme.example",
         "attributes": '{"owner": "sato"}'},
        {"id": "yamada", "kind": "person", "attributes": '{"owner": "ito"}'},
        {"id": "nobody's", "kind": "company", "attributes": None},
    ]  # fmt: skip
    opened.facts.write_customers(conform(pl.DataFrame(rows, infer_schema_length=None), CUSTOMERS))
    yield opened
    opened.close()


def order(
    store: Store, order_id: str, customer: str, currency: str, amount: int, back: int = 0, **more: object
) -> None:
    head = {"id": order_id, "customer_id": customer, "placed_at": NOW - timedelta(days=30), "currency": currency}
    head |= {"status": "placed", "origin": "import", **more}
    line = {"order_id": order_id, "line": 1, "product_id": "ink", "quantity": 2, "unit_price": amount // 2}
    line |= {"discount": 0, "amount": amount, "role": "main", "gift": False, "returned": back}
    store.facts.write_orders(conform(pl.DataFrame([head]), ORDERS), conform(pl.DataFrame([line]), ORDER_LINES))


def test_a_rep_s_accounts_are_companies_and_people_who_stand_below_nobody(store: Store) -> None:
    assert [row["id"] for row in store.worklist.accounts("sato")] == ["acme", "site"]
    assert [row["id"] for row in store.worklist.accounts("ito")] == ["yamada"]
    assert store.worklist.accounts("new") == []
    assert store.worklist.owners() == {"ito": 1, "sato": 2}
    assert [row["id"] for row in store.worklist.people(["acme", "site"])] == ["mori"]


def test_what_was_bought_stands_by_currency_without_what_came_back_or_was_cancelled(store: Store) -> None:
    order(store, "o1", "acme", "JPY", 1000)
    order(store, "o2", "acme", "JPY", 500, back=1)
    order(store, "o3", "acme", "USD", 70)
    order(store, "o4", "acme", "JPY", 9000, status="cancelled")
    order(store, "o5", "acme", "JPY", 9000, placed_at=EARLIER - timedelta(days=1))
    found = {row["currency"]: (row["amount"], row["orders"]) for row in store.worklist.bought(["acme"], EARLIER)}
    assert found == {"JPY": (1250, 2), "USD": (70, 1)}
    assert store.worklist.bought([], EARLIER) == []


def test_what_reached_an_account_and_what_it_began_itself_are_counted(store: Store) -> None:
    journal = store.journal()
    for offer, outcome in (("d.0", "shown"), ("d.0", "clicked"), ("e.0", "shown")):
        told: dict[str, Any] = {
            "offer_id": offer,
            "outcome": outcome,
            "at": 1_780_000_000_000_000,
            "customer_id": "mori",
        }
        journal.write("trace", outcome_row({"id": f"{offer}:{outcome}", "customer_id": "mori", **told}))
    journal.close_now()
    day = NOW - timedelta(days=2)
    visits = [{"id": f"e{n}", "kind": "view", "at": day + timedelta(hours=n), "customer_id": "mori"} for n in range(3)]
    store.facts.write_events(conform(pl.DataFrame(visits), EVENTS))
    assert store.worklist.touched(["mori", "acme"], EARLIER) == {"mori": (3, 2)}


def test_an_answer_is_kept_once_and_only_what_was_snoozed_can_be_settled_later(store: Store) -> None:
    snoozed = ANSWER | {"offer_id": "dec_2.0", "state": "snoozed"}
    assert [store.worklist.answer(each) for each in (ANSWER, ANSWER, snoozed)] == [True, False, True]
    assert store.worklist.answer(snoozed | {"state": "dismissed", "reason": "have_it"})
    with pytest.raises(Conflict, match="settled"):
        store.worklist.answer(ANSWER | {"state": "dismissed", "reason": "have_it"})
    assert [row["state"] for row in store.worklist.answers(["acme"])] == ["accepted", "dismissed"]
    told = [(row["seq"], row["state"], row["reason"]) for row in store.hooks.events("worklist", 0, 10)]
    assert told == [(1, "accepted", None), (2, "snoozed", None), (3, "dismissed", "have_it")]
    assert [(row["line"], row["state"], row["n"]) for row in store.worklist.settled()] == [
        ("printing", "accepted", 1),
        ("printing", "dismissed", 1),
    ]


def test_notes_of_colleagues_come_newest_first(store: Store) -> None:
    for n in (1, 2):
        store.worklist.note({"id": f"n{n}", "product_id": "ink", "rep": "ito", "text": str(n), "at": n})
    assert [row["text"] for row in store.worklist.notes(["ink", "pen"])] == ["2", "1"]


def test_of_an_erased_customer_answers_stay_as_nobody_s(store: Store) -> None:
    store.worklist.answer(ANSWER)
    assert store.erasure.everything_of("acme")["worklist_answer"][0]["note"] == "wants a trial"
    assert store.erasure.erase("acme", str, str)["worklist_answer"] == 1
    assert store.worklist.answers(["acme"]) == []
    assert store.hooks.events("worklist", 0, 10) == []
    assert store.worklist.settled()[0]["n"] == 1
