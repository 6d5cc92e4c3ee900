"""Customers are found by the beginning of what is known of them, in every writing."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tsuide.facts.customers import CUSTOMERS, Customer
from tsuide.facts.frames import frame_of
from tsuide.store.database import Store, open_store
from tsuide.store.finding import Sought

NOW = datetime(2026, 6, 1, tzinfo=UTC)
TOKYO = {"owner": "ann", "prefecture": "東京都"}


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    people = [
        Customer("a", "company", name="株式会社ＧＴＸ　Pro", phone="03-1234-5678", attributes=TOKYO),
        Customer("a-1", "person", "a", "山田　花子", "Hanako@gtx.example", "+81 90-1111-2222"),
        Customer("a-1-x", "person", "a-1", "ｶﾒﾗ 係"),
        Customer("b", "company", name="さくら歯科", attributes={"owner": "bob", "prefecture": "大阪府"}),
        Customer("c", "person", name="John Smith"),
    ]
    opened.facts.write_customers(frame_of(people, CUSTOMERS))
    yield opened
    opened.close()


def ids(store: Store, text: str = "", **more: Any) -> list[str]:
    return [row["id"] for row in store.finding.find(Sought(text, **more), 10)[0]]


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("gtx", ["a"]),
        ("ＧＴＸＰ", ["a"]),
        ("株式会社gtx", ["a"]),
        ("花子", ["a-1"]),
        ("山田", ["a-1"]),
        ("かめら", ["a-1-x"]),
        ("サクラ", ["b"]),
        ("hanako@", ["a-1"]),
        ("090-1111", ["a-1"]),
        ("０３－１２３４", ["a"]),
        ("smith", ["c"]),
        ("a-1", ["a-1", "a-1-x"]),
        ("nobody", []),
        ("%", []),
    ],
)
def test_a_customer_is_found_by_the_beginning_of_a_name_an_address_or_a_number(
    store: Store, text: str, who: list[str]
) -> None:
    assert ids(store, text) == who


def test_filters_hold_together(store: Store) -> None:
    assert ids(store, kind="company") == ["a", "b"]
    assert ids(store, prefecture="東京都") == ["a"]
    assert ids(store, prefecture="東京都", owner="bob") == []
    assert ids(store, "gtx", kind="person") == []


def test_whoever_looks_after_an_account_finds_everybody_below_it_and_nobody_else(store: Store) -> None:
    assert ids(store, owner="ann") == ["a", "a-1", "a-1-x"]
    assert ids(store, "花子", owner="ann") == ["a-1"]
    assert ids(store, "花子", owner="bob") == []
    assert store.finding.owners_above("a-1-x") == ["ann"]


def test_a_page_ends_where_the_next_begins(store: Store) -> None:
    rows, after = store.finding.find(Sought(), 2)
    assert ([row["id"] for row in rows], after) == (["a", "a-1"], "a-1")
    rows, after = store.finding.find(Sought(), 10, after="a-1")
    assert ([row["id"] for row in rows], after) == (["a-1-x", "b", "c"], None)


def test_who_is_renamed_is_found_by_the_new_name_only(store: Store) -> None:
    store.facts.write_customers(frame_of([Customer("c", "person", name="Jane Doe")], CUSTOMERS))
    assert (ids(store, "john"), ids(store, "jane")) == ([], ["c"])


def test_who_was_merged_is_found_as_one_and_after_the_undoing_as_two(store: Store) -> None:
    store.merges.merge("m", "b", "c", NOW, str)
    assert ids(store, "john") == []
    store.merges.undo("m", NOW)
    assert ids(store, "john") == ["c"]


def test_nobody_is_found_who_was_erased(store: Store) -> None:
    store.erasure.erase("c", str, str)
    assert ids(store, "john") == []
    assert store.erasure.everything_of("c")["customer_key"] == []


def test_the_values_of_a_field_and_the_names_of_customers(store: Store) -> None:
    assert store.finding.values("prefecture") == ["大阪府", "東京都"]
    assert store.finding.names(["c", "nobody"]) == {"c": "John Smith"}


def test_looking_through_many_says_where_to_go_on(store: Store) -> None:
    rows, after = store.finding.find(Sought(kind="company"), 10, through=2)
    assert ([row["id"] for row in rows], after) == (["a"], "a-1")
