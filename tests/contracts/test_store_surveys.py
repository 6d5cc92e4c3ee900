"""Surveys on SQLite and on PostgreSQL: versions, answers kept once each, nobody's once the customer is erased."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tsuide.store.database import Store, open_store

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ANSWER: dict[str, Any] = {
    "id": "sa_1", "survey_id": "nps", "version": 0, "customer_id": "c1", "subject": "m_1", "source": "page", "at": 5,
    "score": 9, "answers": '{"score": "9"}', "texts": '{"why": "fast"}', "became": None,
}  # fmt: skip


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    yield opened
    opened.close()


def test_the_newest_version_holds_and_the_same_text_is_the_same_version(store: Store) -> None:
    versions = [store.surveys.put("spring", text, NOW) for text in ("a", "a", "b")]
    assert versions == [1, 1, 2]
    assert store.surveys.put("autumn", "c", NOW) == 1
    assert [(row["id"], row["version"], row["text"]) for row in store.surveys.all()] == [
        ("autumn", 1, "c"),
        ("spring", 2, "b"),
    ]
    newest = store.surveys.get("spring")
    assert newest is not None
    assert newest["text"] == "b"
    assert store.surveys.get("winter") is None


def test_every_answer_is_kept_once_and_the_newest_is_found(store: Store) -> None:
    later = ANSWER | {"id": "sa_2", "at": 7, "subject": "m_2", "score": 3}
    assert [store.surveys.add(each) for each in (ANSWER, ANSWER, later)] == [True, False, True]
    newest = store.surveys.last_of("nps", "c1")
    assert newest is not None
    assert newest["id"] == "sa_2"
    by_link = store.surveys.last_of("nps", "c1", "m_1")
    assert by_link is not None
    assert by_link["id"] == "sa_1"
    assert store.surveys.last_of("needs", "c1") is None
    assert [row["id"] for row in store.surveys.answers("nps")] == ["sa_2", "sa_1"]


def test_an_answer_is_told_to_journeys_and_to_who_waits_for_it(store: Store) -> None:
    store.journeys.put("j", "text", NOW)
    store.journeys.set_state("j", "running", NOW, lambda _: frozenset({"survey"}))
    store.surveys.add(ANSWER)
    (told,) = store.trails.news_between(datetime(1970, 1, 1, tzinfo=UTC), NOW, {"survey"})
    assert (told["kind"], told["thing"], told["properties"]) == ("survey", "nps", '{"score": "9"}')
    assert store.trails.did("c1", "survey", datetime(1970, 1, 1, tzinfo=UTC)) == [("nps", 5)]


def test_of_an_erased_customer_only_what_was_chosen_stays(store: Store) -> None:
    store.surveys.add(ANSWER)
    store.surveys.invite("inv_1", "nps", "c1", NOW)
    assert set(store.erasure.everything_of("c1")) >= {"survey_answer", "survey_invitation"}
    assert store.erasure.everyone() == ["c1"]
    assert store.erasure.erase("c1", str, str) == {"survey_answer": 1, "survey_invitation": 1}
    (row,) = store.surveys.answers("nps")
    assert (row["customer_id"], row["subject"], row["texts"], row["answers"]) == (None, None, None, '{"score": "9"}')
    assert store.surveys.invited("inv_1") is None
