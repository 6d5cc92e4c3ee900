"""Two customers made one, and exactly two again, on SQLite and on PostgreSQL."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tsuide.errors import BadValue, Conflict, NotFound, UnknownCustomer
from tsuide.facts.consent import CONSENTS, Consent
from tsuide.facts.customers import CUSTOMERS, Customer
from tsuide.facts.frames import frame_of, order_frames
from tsuide.facts.interactions import INTERACTIONS, Interaction
from tsuide.facts.orders import Order, OrderLine
from tsuide.store.database import Store, open_store
from tsuide.store.engines import reading, writing
from tsuide.store.journey_tables import enrolment
from tsuide.store.merges import customer_merge
from tsuide.store.rows import Row
from tsuide.store.schema import acceptance, fact_sequence, metadata, orders
from tsuide.store.segment_tables import segment_touch
from tsuide.store.selling import confirmation

NOW = datetime(2026, 6, 1, tzinfo=UTC)
MADE_ANEW = {customer_merge, fact_sequence, segment_touch}


def everything(store: Store) -> dict[str, Any]:
    """Every row of every table but the merges themselves; without the running number of orders."""
    told = {}
    with reading(store.record) as connection:
        for table in metadata.sorted_tables:
            columns = [column for column in table.columns if column is not orders.c.seq]
            if table not in MADE_ANEW:
                told[table.name] = sorted(map(repr, connection.execute(sa.select(*columns))))
    return told


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    people = [
        Customer("a", "company", name="GTX Pro", attributes={"owner": "ann"}, created_at=NOW),
        Customer("b", "company", "top", "GTXPro", "info@gtx.example", attributes={"owner": "bob", "size": "9"}),
        Customer("top", "company"),
        Customer("site", parent_id="b"),
    ]
    facts = opened.facts
    facts.write_customers(frame_of(people, CUSTOMERS))
    lines = [(OrderLine(f"o-{who}", 1, "p", 1, 100, 100),) for who in "ab"]
    placed = [Order(f"o-{who}", NOW, "JPY", who, lines=line) for who, line in zip("ab", lines, strict=True)]
    facts.write_orders(*order_frames(placed))
    earlier = NOW - timedelta(days=1)
    said = [
        Consent("a", "marketing", "email", granted=True, at=NOW, source="t", evidence="1"),
        Consent("b", "marketing", "email", granted=False, at=NOW, source="t", evidence="2"),
        Consent("b", "marketing", "line", granted=True, at=earlier, source="t", evidence="3"),
    ]
    facts.write_consents(frame_of(said, CONSENTS))
    facts.write_interactions(frame_of([Interaction("i1", "b", "call", NOW)], INTERACTIONS))
    opened.said.add({"id": "f1", "customer_id": "b", "kind": "complaint", "at": 5, "score": None})
    opened.inbox.join("visitor", "b", NOW)
    yield opened
    opened.close()


def merged(store: Store, merge_id: str = "m1", kept: str = "a", gone: str = "b") -> Any:
    return store.merges.merge(merge_id, kept, gone, NOW, lambda content: content, "ann")


def test_everything_of_one_becomes_the_others_and_undo_restores_it_exactly(store: Store) -> None:
    before = everything(store)
    merged(store)
    kept = store.facts.customer("a")
    assert (kept["name"], kept["email"], kept["parent_id"]) == ("GTX Pro", "info@gtx.example", "top")
    assert json.loads(str(kept["attributes"])) == {"owner": "ann", "size": "9"}
    noted = {"customer_merge", "customer_alias", "segment_touch"}  # of the merge itself; that its segments changed
    assert {name: rows for name, rows in store.erasure.everything_of("b").items() if rows and name not in noted} == {}
    found = store.accounts.on_record("a", NOW - timedelta(days=9))
    assert [row["id"] for row in found.members] == ["a", "site"]
    assert (len(found.orders), len(found.interactions), found.open_complaints) == (2, 1, ["a"])
    store.merges.undo("m1", NOW)
    assert everything(store) == before


def test_of_two_words_of_one_moment_the_no_holds(store: Store) -> None:
    merged(store)
    holds = {(row["channel"], row["granted"]) for row in store.facts.consents_of("a").iter_rows(named=True)}
    assert holds == {("email", False), ("line", True)}


def test_running_servers_hear_of_orders_that_changed_hands(store: Store) -> None:
    before = store.facts.sequence()
    merged(store)
    assert store.people.buyers_since(before) == {"a"}


def test_what_came_since_stays_with_the_one_who_was_kept(store: Store) -> None:
    merged(store)
    known = Customer("a", "company", "top", "GTX Pro", "new@gtx.example", attributes={"owner": "cho", "size": "9"})
    store.facts.write_customers(frame_of([known], CUSTOMERS))
    store.facts.write_interactions(frame_of([Interaction("i2", "a", "call", NOW)], INTERACTIONS))
    store.merges.undo("m1", NOW)
    kept = store.facts.customer("a")
    assert (kept["email"], kept["parent_id"], json.loads(str(kept["attributes"]))) == (
        "new@gtx.example", None, {"owner": "cho"},
    )  # fmt: skip
    assert [row["id"] for row in store.facts.interactions("a").to_dicts()] == ["i2"]
    assert store.facts.customer("b")["email"] == "info@gtx.example"


@pytest.mark.parametrize(("kept", "gone"), [("b", "site"), ("site", "b"), ("site", "top"), ("top", "site")])
def test_who_stands_below_the_other_leaves_no_ring(store: Store, kept: str, gone: str) -> None:
    before = everything(store)
    merged(store, kept=kept, gone=gone)
    for each in ("a", kept):
        above = [row["id"] for row in store.accounts.on_record(each, NOW).above]
        assert each not in above
        assert gone not in above
    store.merges.undo("m1", NOW)
    assert everything(store) == before


def test_what_cannot_be_undone_or_merged_is_said_by_name(store: Store) -> None:
    with pytest.raises(BadValue):
        merged(store, kept="a", gone="a")
    with pytest.raises(UnknownCustomer):
        merged(store, gone="nobody")
    merged(store)
    merged(store, "m2", "top", "a")
    with pytest.raises(Conflict, match="undo m2 first"):
        store.merges.undo("m1", NOW)
    store.merges.undo("m2", NOW)
    store.merges.undo("m1", NOW)
    with pytest.raises(Conflict, match="undone already"):
        store.merges.undo("m1", NOW)
    with pytest.raises(NotFound):
        store.merges.undo("m9", NOW)


def test_erasing_either_forgets_the_merge(store: Store) -> None:
    merged(store)
    store.erasure.erase("a", str, str)
    assert store.merges.listed() == []


def test_of_a_journey_in_which_both_are_under_way_one_leaves(store: Store) -> None:
    row = {"journey_id": "welcome", "version": 1, "state": "active", "due_at": 1, "context": "{}", "entered_at": 1}
    row |= {"moved_at": 1, "moves": 0, "reached": 1}
    with writing(store.record) as connection:
        for each in ("a", "b"):
            connection.execute(sa.insert(enrolment).values(**row, id=f"e-{each}", customer_id=each, key=each))
        other = {**row, "journey_id": "other", "id": "e-other", "customer_id": "b", "key": "b"}
        connection.execute(sa.insert(enrolment).values(**other))
    before = everything(store)
    merged(store)
    found = {row["id"]: (row["state"], row["why"]) for row in store.erasure.everything_of("a")["enrolment"]}
    assert found == {"e-a": ("active", None), "e-b": ("left", "merged"), "e-other": ("active", None)}
    store.merges.undo("m1", NOW)
    assert everything(store) == before


def test_what_waits_for_the_merged_ones_yes_waits_for_the_kept_ones(store: Store) -> None:
    asked: dict[str, Any] = {
        "id": "y1",
        "offer_id": "d.0",
        "customer_id": "b",
        "evidence_kind": "link",
        "evidence_reference": "r",
    }
    asked |= {"at": 1, "state": "waiting", "state_at": 1}
    with writing(store.record) as connection:
        connection.execute(sa.insert(acceptance).values(**asked))
        connection.execute(sa.insert(confirmation).values(acceptance_id="y1", content="for b", expires_at=9))
    before = everything(store)
    store.merges.merge("m1", "a", "b", NOW, lambda content: content.replace("b", "a"))
    with reading(store.record) as connection:
        assert connection.execute(sa.select(confirmation.c.content)).scalar() == "for a"
    store.merges.undo("m1", NOW)
    assert everything(store) == before


# --- a merged id that is still sent -------------------------------------------------------------------------


def test_whatever_comes_under_the_merged_id_is_the_kept_ones_and_nobody_is_made_anew(store: Store) -> None:
    merged(store)
    facts = store.facts
    facts.write_orders(*order_frames([Order("o-2", NOW, "JPY", "b", lines=(OrderLine("o-2", 1, "p", 1, 100, 100),))]))
    facts.write_interactions(frame_of([Interaction("i2", "b", "visit", NOW)], INTERACTIONS))
    facts.write_consents(frame_of([Consent("b", "marketing", "sms", granted=True, at=NOW, source="t")], CONSENTS))
    store.said.add({"id": "f2", "customer_id": "b", "kind": "complaint", "at": 9, "score": None})
    store.inbox.join("visitor2", "b", NOW)
    journal = store.journal()
    seen: dict[str, Any] = {"id": "e1", "kind": "view", "at": 1, "customer_id": "b"}
    nobodys = {**seen, "id": "e2", "customer_id": None}
    assert journal.write("trace", Row("event", seen), Row("event", nobodys)) == (True, True)
    journal.close_now()
    facts.write_customers(frame_of([Customer("new", parent_id="b")], CUSTOMERS))
    noted = {"customer_merge", "customer_alias", "segment_touch"}  # of the merge itself; that its segments changed
    assert {name: rows for name, rows in store.erasure.everything_of("b").items() if rows and name not in noted} == {}
    assert [row["id"] for row in facts.interactions("a").to_dicts()] == ["i1", "i2"]
    assert facts.order("o-2")[0]["customer_id"].to_list() == ["a"]
    assert facts.events()["customer_id"].to_list() == ["a", None]
    assert {row["channel"] for row in facts.consents_of("a").to_dicts()} == {"email", "line", "sms"}
    assert (store.inbox.customer_of("visitor2"), facts.customer("new")["parent_id"]) == ("a", "a")
    assert (store.aliases.of("b"), store.aliases.of("a"), facts.customer("b")["id"]) == ("a", "a", "a")


def test_only_news_under_the_merged_id_is_taken_over_and_once(store: Store) -> None:
    b = Customer("b", "company", "top", "GTXPro", "info@gtx.example", attributes={"owner": "bob", "size": "9"})
    merged(store)
    before = store.facts.customer("a")
    written = store.facts.write_customers(frame_of([b], CUSTOMERS))
    assert (written.inserted, store.facts.customer("a")) == (0, before)
    moved = replace(b, email="new@gtx.example", attributes={"owner": "cho", "size": "9"})
    store.facts.write_customers(frame_of([moved], CUSTOMERS))
    kept = store.facts.customer("a")
    assert (kept["name"], kept["email"], json.loads(str(kept["attributes"]))["owner"]) == (
        "GTX Pro", "new@gtx.example", "cho",
    )  # fmt: skip
    own = Customer("a", "company", "top", "GTX Pro", "own@gtx.example", attributes={"owner": "ann", "size": "9"})
    store.facts.write_customers(frame_of([own, moved], CUSTOMERS))
    assert store.facts.customer("a")["email"] == "own@gtx.example"
    assert len(store.facts.customers()) == 3


def test_a_consent_that_is_only_repeated_under_the_merged_id_takes_no_no_back(store: Store) -> None:
    store.merges.merge("m1", "b", "a", NOW, lambda content: content)  # b's no of that moment holds
    again = Consent("a", "marketing", "email", granted=True, at=NOW, source="t", evidence="1")
    store.facts.write_consents(frame_of([again], CONSENTS))
    assert {(row["channel"], row["granted"]) for row in store.facts.consents_of("b").to_dicts()} == {
        ("email", False), ("line", True),
    }  # fmt: skip
    later = replace(again, at=NOW + timedelta(days=1))
    store.facts.write_consents(frame_of([later], CONSENTS))
    assert ("email", True) in {(row["channel"], row["granted"]) for row in store.facts.consents_of("b").to_dicts()}


def test_an_id_that_was_merged_on_leads_straight_to_who_stays_and_undo_leads_back(store: Store) -> None:
    merged(store)
    merged(store, "m2", "top", "a")
    assert store.aliases.all() == {"b": "top", "a": "top"}
    store.merges.undo("m2", NOW)
    assert store.aliases.all() == {"b": "a"}
    store.merges.undo("m1", NOW)
    assert store.aliases.all() == {}
    store.facts.write_interactions(frame_of([Interaction("i2", "b", "call", NOW)], INTERACTIONS))
    assert [row["id"] for row in store.facts.interactions("b").to_dicts()] == ["i1", "i2"]


def test_erasing_who_stayed_forgets_where_the_merged_id_led(store: Store) -> None:
    merged(store)
    store.erasure.erase("a", str, str)
    assert store.aliases.all() == {}
