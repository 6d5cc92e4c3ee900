"""Feedback on SQLite and on PostgreSQL: once each, only scores have one, nobody's once the customer is erased."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tsuide.errors import Conflict
from tsuide.store.database import Store, open_store

SCORE: dict[str, Any] = {"id": "f1", "customer_id": "c1", "kind": "score", "at": 5, "score": 9}
COMPLAINT: dict[str, Any] = {"id": "f2", "customer_id": "c1", "kind": "complaint", "at": 4, "text": "Too many mails"}


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    yield opened
    opened.close()


def test_each_is_recorded_once(store: Store) -> None:
    assert store.said.add(SCORE)
    assert not store.said.add(SCORE)
    with pytest.raises(Conflict, match="another one"):
        store.said.add({**SCORE, "score": 3})
    assert store.said.add(COMPLAINT)
    assert [row["id"] for row in store.said.of_customer("c1")] == ["f2", "f1"]
    frame = store.said.all()
    assert frame["score"].to_list() == [None, 9]
    assert frame["at"].to_list()[0] == datetime(1970, 1, 1, 0, 0, 0, 4, tzinfo=UTC)


@pytest.mark.parametrize("wrong", [{"score": None}, {"score": 11}, {"kind": "complaint"}, {"kind": "praise"}])
def test_the_database_refuses_what_makes_no_sense(store: Store, wrong: dict[str, Any]) -> None:
    with pytest.raises(Exception, match="feedback"):
        store.said.add({**SCORE, **wrong})


def test_of_an_erased_customer_only_the_fact_stays(store: Store) -> None:
    store.said.add(COMPLAINT)
    assert store.erasure.everyone() == ["c1"]
    assert store.erasure.erase("c1", str, str) == {"feedback": 1}
    assert store.said.all().select("customer_id", "text").row(0) == (None, None)
