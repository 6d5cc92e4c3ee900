"""Messages as they come: kept once, settled, found again by thing; visitors joined to customers; on both engines."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from tsuide.errors import BadValue, NotFound
from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.schema import conform
from tsuide.kit.clock import to_micros
from tsuide.store.database import Store, open_store
from tsuide.store.inbox import as_body, message_row
from tsuide.store.rows import Row

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    yield opened
    opened.close()


def a_message(number: int, **changed: str | int | None) -> Row:
    values: dict[str, str | int | None] = {
        "id": f"segment:m{number}",
        "source": "segment",
        "topic": "track",
        "at": to_micros(NOW),
        "received_at": to_micros(NOW) + number,
        "trusted": 0,
        "body": as_body({"n": number, "word": "日本語 🍵"}),
        "state": "done",
    }
    return message_row(values | changed)


def put(store: Store, *rows: Row) -> tuple[bool, ...]:
    journal = store.journal()
    try:
        return journal.write("record", *rows)
    finally:
        journal.close_now()


def test_the_same_message_twice_is_one_message(store: Store) -> None:
    assert put(store, a_message(1), a_message(2), a_message(1)) == (True, True, False)
    assert put(store, a_message(2)) == (False,)
    assert store.inbox.counts() == {"done": 2}
    assert store.inbox.get("segment:m1")["body"] == '{"n":1,"word":"日本語 🍵"}'


def test_an_unknown_message_is_named(store: Store) -> None:
    with pytest.raises(NotFound, match="nobody"):
        store.inbox.get("nobody")


def test_a_state_outside_the_vocabulary_is_refused(store: Store) -> None:
    with pytest.raises(BadValue):
        put(store, a_message(1, state="lost"))


def test_messages_wait_are_settled_and_keep_their_reason(store: Store) -> None:
    put(store, *(a_message(n, state="waiting") for n in (3, 1, 2)))
    assert [row["id"] for row in store.inbox.in_state("waiting")] == ["segment:m1", "segment:m2", "segment:m3"]
    assert [row["id"] for row in store.inbox.in_state("waiting", received_before=NOW + timedelta(microseconds=2))] == [
        "segment:m1"
    ]
    store.inbox.settle([("segment:m1", "done", None), ("segment:m2", "quarantined", "price: not a number")])
    assert store.inbox.counts() == {"done": 1, "quarantined": 1, "waiting": 1}
    assert store.inbox.in_state("quarantined")[0]["reason"] == "price: not a number"


def test_messages_about_one_thing_come_oldest_first(store: Store) -> None:
    put(
        store, a_message(2, thing="shopify:order:1"), a_message(1, thing="shopify:order:1"), a_message(3, thing="other")
    )
    assert [row["id"] for row in store.inbox.about("shopify:order:1")] == ["segment:m1", "segment:m2"]


def event(number: int, customer: str | None, visitor: str | None) -> Row:
    return Row(
        "event", {"id": f"e{number}", "kind": "view", "at": number, "customer_id": customer, "anonymous_id": visitor}
    )


def test_a_visitor_who_signs_in_brings_their_past_and_nobody_elses(store: Store) -> None:
    put(store, event(1, None, "v1"), event(2, None, "v2"), event(3, "other", "v1"))
    assert store.inbox.join("v1", "c1", NOW) == 1
    frame = store.facts.events()
    assert dict(zip(frame["id"], frame["customer_id"], strict=True)) == {"e1": "c1", "e2": None, "e3": "other"}
    assert (store.inbox.customer_of("v1"), store.inbox.customer_of("v2")) == ("c1", None)


def test_on_a_shared_browser_the_last_who_signed_in_gets_what_comes_after(store: Store) -> None:
    put(store, event(1, None, "v1"))
    store.inbox.join("v1", "mother", NOW)
    put(store, event(2, None, "v1"))
    store.inbox.join("v1", "son", NOW)
    frame = store.facts.events()
    assert frame["customer_id"].to_list() == ["mother", "son"]
    assert store.inbox.visitors_of("mother") == []
    assert store.inbox.visitors_of("son") == ["v1"]


def test_half_a_character_does_not_stop_a_message(store: Store) -> None:
    put(store, a_message(1, body=as_body({"title": "tea \ud83c"})))
    assert store.inbox.get("segment:m1")["body"] == '{"title":"tea ?"}'


def test_the_newest_messages_come_first_by_state_source_and_whom_they_are_about(store: Store) -> None:
    mine = {"customer_id": "c1", "source": "ga4"}
    put(store, a_message(1), a_message(2, state="quarantined", reason="x"), a_message(3, **mine))
    inbox = store.inbox
    assert [row["id"] for row in inbox.newest(2)] == ["segment:m3", "segment:m2"]
    assert [row["id"] for row in inbox.newest(9, state="quarantined")] == ["segment:m2"]
    assert [row["id"] for row in inbox.newest(9, source="ga4")] == ["segment:m3"]
    assert [row["id"] for row in inbox.newest(9, customer_id="c1")] == ["segment:m3"]
    assert inbox.newest(9, customer_id="nobody") == []


def test_the_newest_acts_come_first_by_kind_and_by_who_acted(store: Store) -> None:
    at = to_micros(NOW)
    acts = [("segment:a", "view", 1, "c1"), ("segment:b", "search", 2, "c2"), ("ga4:c", "view", 3, None)]
    events = [
        Row("event", {"id": each, "kind": kind, "at": at + n, "customer_id": who, "anonymous_id": "v", "raw": "{}"})
        for each, kind, n, who in acts
    ]
    put(store, *events)
    inbox = store.inbox
    assert [row["id"] for row in inbox.newest_events(9)] == ["ga4:c", "segment:b", "segment:a"]
    assert [row["id"] for row in inbox.newest_events(1, kind="view")] == ["ga4:c"]
    assert [row["id"] for row in inbox.newest_events(9, customer_id="c1")] == ["segment:a"]
    assert len(inbox.newest_events(9, customer_id="v")) == 3


def test_what_came_since_a_moment_is_counted_by_source(store: Store) -> None:
    old = to_micros(NOW - timedelta(days=1))
    put(
        store,
        a_message(1),
        a_message(2, received_at=old),
        Row("event", {"id": "segment:a", "kind": "view", "at": to_micros(NOW), "raw": "{}"}),
        Row("event", {"id": "segment:a.1", "kind": "view", "at": to_micros(NOW)}),  # of the same message
        Row("event", {"id": "ga4:b", "kind": "view", "at": old, "raw": "{}"}),
        Row("decision", {"id": "d1", "at": to_micros(NOW), "placement": "home", "record": "{}"}),
    )
    counts = store.inbox.received_since(NOW - timedelta(hours=1))
    assert {name: count for name, count in counts.items() if count} == {"segment": 2, "offers": 1}


def test_a_key_that_was_revoked_is_taken_again_when_that_is_undone_and_says_when_it_was_seen(store: Store) -> None:
    key = store.keys.add("k" * 40, "till", ["rep"], NOW)
    store.keys.saw({key.id, "nobody"}, NOW)
    store.keys.revoke(key.id, NOW)
    store.keys.restore(key.id)
    assert store.keys.check("k" * 40).used_at == NOW
    with pytest.raises(NotFound):
        store.keys.restore("nobody")


def test_an_overview_counts_and_products_are_found_by_what_their_name_holds(store: Store) -> None:
    assert store.facts.overview()["newest_order"] is None
    rows = [{"id": f"p{n}", "title": title} for n, title in enumerate(("Green Tea", "100% Cotton", "緑茶", "Tea cup"))]
    usual = {"status": "active", "kind": "physical", "tax_rate": 1000, "tax_included": True, "category": []}
    store.facts.write_products(conform(pl.DataFrame([row | usual for row in rows]), PRODUCTS))
    found = store.facts.found_products
    assert store.facts.overview()["products"] == 4
    assert found("tea")["id"].to_list() == ["p0", "p3"]
    assert found("%")["id"].to_list() == ["p1"]
    assert found("緑")["id"].to_list() == ["p2"]
    assert found("", "p1", 1)["id"].to_list() == ["p2"]
