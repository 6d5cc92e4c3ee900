"""Initiatives on SQLite and on PostgreSQL: kept, and their costs and leads recorded once and taken back once."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from tsuide.errors import Conflict, NotFound
from tsuide.store.database import Store, open_store

NOW = datetime(2026, 1, 1, tzinfo=UTC)
COST: dict[str, Any] = {"id": "e1", "initiative_id": "tea", "kind": "cost", "at": 5, "amount": 900, "currency": "JPY"}
LEAD: dict[str, Any] = {
    "id": "e2",
    "initiative_id": "tea",
    "kind": "lead",
    "at": 4,
    "customer_id": "c1",
    "note": "Taro",
}


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    opened.initiatives.change("tea", lambda _none: "{}", NOW)
    yield opened
    opened.close()


def test_a_record_is_made_from_the_one_before(store: Store) -> None:
    assert store.initiatives.change("tea", lambda record: f"[{record}]", NOW) == "[{}]"
    assert [(row["id"], row["record"]) for row in store.initiatives.all()] == [("tea", "[{}]")]
    with pytest.raises(NotFound, match="nobody"):
        store.initiatives.get("nobody")


def test_an_entry_is_recorded_once_and_taken_back_once(store: Store) -> None:
    assert store.initiatives.add(COST)
    assert not store.initiatives.add(COST)
    assert store.initiatives.add(LEAD)
    with pytest.raises(Conflict, match="another entry"):
        store.initiatives.add({**COST, "amount": 901})
    assert [row["id"] for row in store.initiatives.entries("tea")] == ["e2", "e1"]
    assert store.initiatives.undo("e1", NOW)["undone_at"] is not None
    with pytest.raises(Conflict, match="taken back before"):
        store.initiatives.undo("e1", NOW)
    with pytest.raises(NotFound, match="e9"):
        store.initiatives.undo("e9", NOW)
    with pytest.raises(NotFound, match="cake"):
        store.initiatives.add({**COST, "id": "e3", "initiative_id": "cake"})


def test_a_cost_without_money_is_refused_by_the_database(store: Store) -> None:
    with pytest.raises(Exception, match="costs_are_money"):
        store.initiatives.add({**COST, "currency": None})


def test_an_erased_customer_is_no_lead_any_more_and_still_counted(store: Store) -> None:
    store.initiatives.add(LEAD)
    assert store.erasure.everyone() == ["c1"]
    assert store.erasure.erase("c1", str, str) == {"initiative_entry": 1}
    (left,) = store.initiatives.entries("tea")
    assert (left["kind"], left["customer_id"], left["note"]) == ("lead", None, None)
    with store.record.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM initiative_entry")).scalar_one() == 1
