"""Schedules on SQLite and on PostgreSQL: of several runners one runs, and what failed is run again."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tsuide.errors import NotFound
from tsuide.kit.clock import to_micros
from tsuide.store.database import Store, open_store

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BEFORE, SLOT = to_micros(NOW), to_micros(NOW) + 5


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    opened.schedules.put("weekly", "{}", NOW)
    yield opened
    opened.close()


def test_of_two_who_claim_a_run_one_gets_it(store: Store) -> None:
    assert store.schedules.claim("weekly", BEFORE, SLOT, NOW)
    assert not store.schedules.claim("weekly", BEFORE, SLOT, NOW)
    store.schedules.fail("weekly", BEFORE, SLOT, "away")
    assert [(row["ran_for"], row["error"]) for row in store.schedules.all()] == [(BEFORE, "away")]
    assert store.schedules.claim("weekly", BEFORE, SLOT, NOW)
    assert store.schedules.all()[0]["error"] is None


def test_a_changed_schedule_keeps_what_it_was_run_for(store: Store) -> None:
    store.schedules.claim("weekly", BEFORE, SLOT, NOW)
    store.schedules.put("weekly", '{"n": 2}', NOW)
    assert [(row["record"], row["ran_for"]) for row in store.schedules.all()] == [('{"n": 2}', SLOT)]
    assert store.schedules.remove("weekly")["record"] == '{"n": 2}'
    with pytest.raises(NotFound, match="weekly"):
        store.schedules.remove("weekly")
