"""Messages as they come: kept once, settled, found again by thing; visitors joined to customers; on both engines."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tsuide.errors import BadValue, NotFound
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
