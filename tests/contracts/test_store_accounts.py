"""One customer with all below them, read in one moment, on each engine."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from tsuide.errors import UnknownCustomer
from tsuide.facts.behaviour import EVENTS
from tsuide.facts.customers import CUSTOMERS
from tsuide.facts.orders import ORDER_LINES, ORDERS
from tsuide.facts.schema import conform
from tsuide.kit.clock import to_micros
from tsuide.store.database import Store, open_store

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PEOPLE = [
    ("head", "company", None, "a@x.jp"),
    ("site-1", "company", "head", None),
    ("site-2", "company", "head", None),
    ("ann", "person", "site-1", "ann@x.jp"),
    ("ann-elsewhere", "person", "other", "ann@x.jp"),
    ("other", "company", None, None),
    ("ring-1", "company", "ring-2", None),
    ("ring-2", "company", "ring-1", None),
]


ORDERED = [
    ("o1", "site-1", "JPY", 3_000, 1, "placed"),
    ("o2", "site-2", "JPY", 5_000, 0, "placed"),
    ("o3", "head", "USD", 700, 0, "placed"),
    ("o4", "ann", "JPY", 9_000, 0, "cancelled"),
    ("o5", "other", "JPY", 1, 0, "placed"),
]


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    names = ("id", "kind", "parent_id", "email")
    opened.facts.write_customers(conform(pl.DataFrame(PEOPLE, schema=list(names), orient="row"), CUSTOMERS))
    orders, lines = [], []
    for n, (order, who, currency, amount, back, status) in enumerate(ORDERED):
        at = NOW - timedelta(days=10 - n)
        orders.append({"id": order, "customer_id": who, "placed_at": at, "currency": currency, "status": status})
        lines.append(
            {"order_id": order, "line": 1, "product_id": "p", "quantity": 2, "unit_price": amount // 2}
            | {"amount": amount, "discount": 0, "role": "main", "gift": False, "returned": back}
        )
    heads = pl.DataFrame(orders).with_columns(origin=pl.lit("import"))
    opened.facts.write_orders(conform(heads, ORDERS), conform(pl.DataFrame(lines), ORDER_LINES))
    yield opened
    opened.close()


def test_an_account_holds_its_sites_and_their_people_and_nobody_else(store: Store) -> None:
    found = store.accounts.on_record("head", NOW - timedelta(days=90))
    assert [row["id"] for row in found.members] == ["head", "ann", "site-1", "site-2"]
    assert [row["id"] for row in found.orders] == ["o4", "o3", "o2", "o1"]
    sums = {(row["customer_id"], row["currency"]): row for row in found.sums}
    one, cancelled = sums["site-1", "JPY"], sums["ann", "JPY"]
    assert (one["orders"], one["amount"], one["returned_units"], one["returned_amount"]) == (1, 3_000, 1, 1_500)
    assert (cancelled["orders"], cancelled["cancelled"], cancelled["amount"], cancelled["last_at"]) == (0, 1, 0, None)
    assert {(row["customer_id"], row["quantity"]) for row in found.owned} == {("head", 2), ("site-1", 1), ("site-2", 2)}


def test_a_contact_knows_what_stands_above_and_where_its_address_stands_too(store: Store) -> None:
    found = store.accounts.on_record("ann", NOW)
    assert [row["id"] for row in found.above] == ["site-1", "head"]
    assert [(row["id"], row["parent_id"]) for row in found.namesakes] == [("ann-elsewhere", "other")]
    assert not store.accounts.on_record("other", NOW).namesakes


def test_a_tree_that_bites_its_tail_is_walked_once_round(store: Store) -> None:
    found = store.accounts.on_record("ring-1", NOW)
    assert [row["id"] for row in found.members] == ["ring-1", "ring-2"]
    assert [row["id"] for row in found.above] == ["ring-2"]


def test_visits_without_a_name_count_and_webinars_never_lapse(store: Store) -> None:
    acts = [
        ("e1", "view", 100, "ann", None),
        ("e2", "view", 2, "ann", None),
        ("e3", "search", 1, None, "v1"),
        ("e4", "registered", 300, "ann", None),
        ("e5", "view", 1, "other", None),
    ]
    rows = [
        {"id": i, "kind": k, "at": NOW - timedelta(days=d), "customer_id": c, "anonymous_id": a, "product_id": "p"}
        for i, k, d, c, a in acts
    ]
    store.facts.write_events(conform(pl.DataFrame(rows, infer_schema_length=None), EVENTS))
    store.inbox.join("v1", "ann", NOW)
    found = store.accounts.on_record("head", NOW - timedelta(days=90))
    assert [row["id"] for row in found.acts] == ["e3", "e2", "e4"]
    assert [(row["product_id"], row["times"]) for row in found.viewed] == [("p", 1)]


def test_whose_last_word_was_a_complaint_waits_for_an_answer(store: Store) -> None:
    for n, (who, kind) in enumerate([("site-1", "complaint"), ("site-1", "answered"), ("site-2", "complaint")]):
        store.said.add({"id": f"f{n}", "customer_id": who, "kind": kind, "at": to_micros(NOW) + n, "score": None})
    found = store.accounts.on_record("head", NOW)
    assert found.open_complaints == ["site-2"]
    assert [row["id"] for row in found.feedback] == ["f2", "f1", "f0"]


def test_nobody_is_an_error(store: Store) -> None:
    with pytest.raises(UnknownCustomer):
        store.accounts.on_record("nobody", NOW)
