"""Talks, notes and wins on SQLite and on PostgreSQL: written once, counted against silence, nobody's once erased."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tsuide.facts.customers import CUSTOMERS, Customer
from tsuide.facts.frames import frame_of
from tsuide.facts.interactions import INTERACTIONS, WINS, Interaction, Win
from tsuide.kit.clock import to_micros
from tsuide.store.database import Store, open_store

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def talk(n: int, who: str, kind: Any, days: int, outcome: str | None = None) -> Interaction:
    return Interaction(f"i{n}", who, kind, NOW - timedelta(days=days), "ann", "sales", "said so", outcome)


TALKS = [
    talk(1, "called", "call", 10),
    talk(2, "noted", "note", 10),
    talk(3, "missed", "call", 10, "no_answer"),
    talk(4, "long-ago", "visit", 200),
]


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    long_ago = NOW - timedelta(days=300)
    people = [Customer(each, created_at=long_ago) for each in ("called", "noted", "missed", "long-ago")]
    opened.facts.write_customers(frame_of(people, CUSTOMERS))
    opened.facts.write_interactions(frame_of(TALKS, INTERACTIONS))
    yield opened
    opened.close()


def test_the_same_twice_changes_nothing_and_another_word_stands_in_its_place(store: Store) -> None:
    again = store.facts.write_interactions(frame_of(TALKS, INTERACTIONS))
    assert (again.inserted, again.updated, again.unchanged) == (0, 0, 4)
    store.facts.write_interactions(frame_of([talk(1, "called", "visit", 10)], INTERACTIONS))
    (row,) = store.facts.interactions("called").iter_rows(named=True)
    assert (row["kind"], row["who"], row["at"]) == ("visit", "ann", NOW - timedelta(days=10))


def test_who_was_reached_is_not_silent_a_note_and_a_missed_call_reach_nobody(store: Store) -> None:
    assert store.trails.silent(NOW - timedelta(days=90), "", 10) == ["long-ago", "missed", "noted"]


def test_an_account_shows_the_newest_of_all_below_it(store: Store) -> None:
    people = [Customer("head"), *(Customer(each, parent_id="head") for each in ("called", "long-ago"))]
    store.facts.write_customers(frame_of(people, CUSTOMERS))
    store.facts.write_wins(frame_of([Win("w1", "called", "hours", "16 h", "6 h", "report", NOW)], WINS))
    found = store.accounts.on_record("head", NOW)
    assert [row["id"] for row in found.interactions] == ["i1", "i4"]
    assert [(row["id"], row["after"]) for row in found.wins] == [("w1", "6 h")]


def test_of_an_erased_customer_only_what_our_people_did_stays(store: Store) -> None:
    store.facts.write_wins(frame_of([Win("w1", "called", "hours", "16 h", "6 h", "report", NOW)], WINS))
    shown = store.erasure.everything_of("called")
    assert ([row["text"] for row in shown["interaction"]], len(shown["win"])) == (["said so"], 1)
    store.erasure.erase("called", str, str)
    assert not any(store.erasure.everything_of("called").values())
    (row,) = (row for row in store.facts.interactions().iter_rows(named=True) if row["id"] == "i1")
    assert (row["customer_id"], row["text"], row["who"]) == (None, None, "ann")
    assert store.facts.wins()["evidence"].to_list() == [None]


def test_whom_a_talk_is_about_is_touched_and_talks_are_counted_where_somebody_was_reached(store: Store) -> None:
    store.segments.watch()
    store.facts.write_interactions(frame_of([talk(9, "called", "visit", 1), talk(8, "noted", "note", 1)], INTERACTIONS))
    store.facts.write_interactions(frame_of([talk(9, "called", "visit", 2)], INTERACTIONS))
    touches = [(each["customer_id"], each["cause"]) for each in store.segments.touches(10)]
    assert sorted(touches) == [("called", "interaction"), ("called", "interaction"), ("noted", "interaction")]
    talks = store.segments.facts(["called", "noted", "missed"], [], NOW)["talks"]
    assert talks.sort("customer_id").rows() == [("called", 2, to_micros(NOW - timedelta(days=2)))]
    assert store.segments.facts(None, [], NOW)["talks"]["customer_id"].sort().to_list() == ["called", "long-ago"]
