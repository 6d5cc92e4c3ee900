"""Experiments on SQLite and on PostgreSQL: kept, locked once started, and started one after the other."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest

from tsuide.errors import Conflict, NotFound
from tsuide.store.database import Store, open_store

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    yield opened
    opened.close()


def started(record: str, running: Sequence[str]) -> str:
    return json.dumps({"was": json.loads(record), "beside": len(running)})


def test_a_draft_may_change_until_it_is_started(store: Store) -> None:
    store.experiments.draft("x", '{"n": 1}', NOW)
    store.experiments.draft("x", '{"n": 2}', NOW)
    store.experiments.draft("y", "{}", NOW)
    assert json.loads(store.experiments.change("x", "running", started, NOW)) == {"was": {"n": 2}, "beside": 0}
    with pytest.raises(Conflict, match="locked"):
        store.experiments.draft("x", "{}", NOW)
    assert json.loads(store.experiments.change("y", "running", started, NOW))["beside"] == 1
    assert [row["id"] for row in store.experiments.all("running")] == ["x", "y"]
    assert store.experiments.all("draft") == []


def test_what_is_refused_changes_nothing(store: Store) -> None:
    def refuse(_record: str, _running: Sequence[str]) -> str:
        raise Conflict("no room")

    store.experiments.draft("x", "{}", NOW)
    with pytest.raises(Conflict):
        store.experiments.change("x", "running", refuse, NOW)
    assert store.experiments.get("x")["state"] == "draft"


def test_an_unknown_experiment_is_named(store: Store) -> None:
    with pytest.raises(NotFound, match="nobody"):
        store.experiments.get("nobody")
    with pytest.raises(NotFound, match="nobody"):
        store.experiments.change("nobody", "running", started, NOW)
