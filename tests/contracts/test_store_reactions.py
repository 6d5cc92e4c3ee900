"""Contacts and reactions on SQLite and on PostgreSQL: one contact for each decision or message, whatever it held."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tsuide.facts.frames import frame_of
from tsuide.facts.interactions import INTERACTIONS, Interaction
from tsuide.kit.clock import to_micros
from tsuide.store.database import Store, open_store
from tsuide.store.outbox import Reservation, Settlement
from tsuide.store.outcomes import outcome_row

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    yield opened
    opened.close()


def write(store: Store, *rows: dict[str, Any]) -> None:
    journal = store.journal()
    usual: dict[str, Any] = {"customer_id": "c1", "channel": "email", "at": to_micros(NOW), "outcome": "shown"}
    journal.write("trace", *(outcome_row(usual | row) for row in rows))
    journal.close_now()


def found(store: Store, *channels: str) -> list[tuple[Any, ...]]:
    end = NOW + timedelta(days=1)
    return store.reactions.of_contacts(NOW, end, channels or ("email", "line")).drop("at").rows()


def test_three_offers_of_a_decision_are_one_contact_and_one_click_answers_it(store: Store) -> None:
    offers = [{"id": f"d1.{n}:shown", "decision_id": "d1", "offer_id": f"d1.{n}"} for n in range(3)]
    write(store, *offers, {"id": "k", "outcome": "clicked", "decision_id": "d1", "offer_id": "d1.2"})
    assert found(store) == [("c1", "email", True)]


def test_pages_strangers_and_other_times_are_left_out(store: Store) -> None:
    write(
        store,
        {"id": "1", "channel": "site"},
        {"id": "2", "customer_id": None},
        {"id": "3", "at": to_micros(NOW - timedelta(seconds=1))},
        {"id": "4", "channel": "line"},
    )
    assert found(store) == [("c1", "line", False)]
    assert found(store, "email") == []


def test_a_followed_link_answers_a_message_without_offers(store: Store) -> None:
    for key in ("a", "b"):
        asked: dict[str, Any] = {
            "key": key,
            "id": f"m_{key}",
            "customer_id": "c1",
            "channel": "email",
            "purpose": "marketing",
        }
        asked |= {"template": "note", "source": None, "record": "{}"}
        store.outbox.put([asked | {"asked_at": to_micros(NOW), "due_at": to_micros(NOW)}])
        touch: dict[str, Any] = {"id": f"m_{key}:shown", "outcome": "shown", "channel": "email", "at": to_micros(NOW)}
        store.outbox.reserve(
            [Reservation(key, 0, "c1", NOW, lambda _: None, (touch,))], NOW, NOW + timedelta(minutes=5)
        )
        store.outbox.settle([Settlement(key, 1, "sent")], NOW)
    store.outbox.happened("e1", "click", {"id": "m_b", "customer_id": "c1"}, NOW)
    store.outbox.happened("e2", "open", {"id": "m_a", "customer_id": "c1"}, NOW)  # machines open mails, too
    assert found(store) == [("c1", "email", False), ("c1", "email", True)]


def test_a_call_is_a_contact_that_is_answered_where_somebody_was_reached(store: Store) -> None:
    said = [
        Interaction("i1", "c1", "call", NOW),
        Interaction("i2", "c1", "call", NOW, outcome="no_answer"),
        Interaction("i3", "c2", "visit", NOW, outcome="wants an offer"),
        Interaction("i4", "c1", "note", NOW),
        Interaction("i5", "c1", "mail", NOW),
        Interaction("i6", "c1", "call", NOW - timedelta(days=1)),
    ]
    store.facts.write_interactions(frame_of(said, INTERACTIONS))
    assert found(store, "email", "phone", "rep") == [("c1", "phone", True), ("c1", "phone", False), ("c2", "rep", True)]
    assert found(store, "email") == []
