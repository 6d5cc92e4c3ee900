"""Supervision on SQLite and on PostgreSQL: the first cancellation counts, and steps are only added."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from tsuide.errors import Conflict, NotFound
from tsuide.kit.clock import to_micros
from tsuide.store.confirmations import Waiting
from tsuide.store.database import Store, open_store

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    for name, rep in (("a1", "tanaka"), ("a2", None)):
        waiting = Waiting(name, f"{name}.0", "d", "c1", ("asked", "x"), "{}", NOW + DAY, entered_by=rep)
        opened.confirmations.ask(waiting, NOW)
    yield opened
    opened.close()


def test_what_reps_entered_comes_with_what_became_of_it(store: Store) -> None:
    store.confirmations.confirm("a1", ("click", "t"), {}, NOW + DAY / 2)
    store.confirmations.placed("a1", "o1", NOW + DAY)
    store.supervision.note_undone(["o1"], NOW + 2 * DAY)
    store.supervision.note_undone(["o1"], NOW + 9 * DAY)
    (row,) = store.supervision.entered(NOW, NOW + DAY)
    assert (row["id"], row["entered_by"], row["order_id"]) == ("a1", "tanaka", "o1")
    assert row["undone_at"] == to_micros(NOW + 2 * DAY)
    assert [each["id"] for each in store.supervision.entered(NOW, NOW + DAY, reps_only=False)] == ["a1", "a2"]
    assert store.supervision.entered(NOW + DAY, NOW + 2 * DAY) == []


def test_acts_of_nobody_are_none(store: Store) -> None:
    assert store.supervision.acts_of(["c1"], 0, to_micros(NOW)) == {}


def test_steps_are_added_one_after_the_other(store: Store) -> None:
    store.supervision.open("k", "tanaka", "{}", NOW)
    with pytest.raises(Conflict, match="of this id"):
        store.supervision.open("k", "tanaka", "{}", NOW)

    def numbered(case: str, steps: Sequence[str]) -> str:
        return f"{case}{len(steps)}"

    for closes in (False, True):
        store.supervision.add_step("k", numbered, NOW, closes=closes)
    case, steps = store.supervision.case("k")
    assert (case["closed_at"], steps) == (to_micros(NOW), ["{}0", "{}1"])
    store.supervision.open("later", "tanaka", "{}", NOW)
    assert store.supervision.cases() == ["later", "k"]
    with pytest.raises(NotFound, match="nobody"):
        store.supervision.add_step("nobody", numbered, NOW, closes=False)
    with pytest.raises(NotFound, match="nobody"):
        store.supervision.case("nobody")
