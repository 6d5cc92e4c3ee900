"""The port of journeys, on both stores: each piece of news is heard once, each enrolment walked by one worker."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from tsuide.errors import NotFound
from tsuide.facts.pricing import PRICES
from tsuide.facts.schema import conform
from tsuide.kit.clock import to_micros
from tsuide.store.database import Store, open_store
from tsuide.store.engines import writing
from tsuide.store.journeys import Begun, Heard, Moved, Taken
from tsuide.store.outcomes import outcome_row
from tsuide.store.rows import Row

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
LEASE = timedelta(minutes=2)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    yield opened
    opened.close()


def begun(
    n: int, *, key: str | None = None, due: datetime = NOW, again: datetime | None = None, restarts: bool = False
) -> Begun:
    key = key or f"c{n}"
    since = None if again is None else to_micros(again)
    return Begun(f"e{n}", "welcome", 1, f"c{n}", key, to_micros(due), {"thing": str(n)}, since, restarts)


def running(store: Store, *kinds: str) -> None:
    store.journeys.put("welcome", "text 1", NOW)
    store.journeys.set_state("welcome", "running", NOW, lambda _: kinds)


def standing(store: Store) -> dict[tuple[str, str | None], int]:
    return {(row["state"], row["step"]): row["n"] for row in store.journeys.standing("welcome")}


def moved(taken: Taken, step: str | None, **more: Any) -> Moved:
    state = "active" if step is not None else "done"
    return Moved(taken, step, state, to_micros(NOW + timedelta(days=1)), {}, **more)


def heard_rows(store: Store, n: int = 100) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []

    def meaning(rows: Sequence[dict[str, Any]], _: Callable[[Sequence[str]], list[dict[str, Any]]]) -> Heard:
        told.extend(rows)
        return Heard()

    store.journeys.hear(n, NOW, meaning)
    return told


def test_a_new_journey_is_paused_and_every_text_is_kept(store: Store) -> None:
    assert store.journeys.put("welcome", "text 1", NOW, author="ann") == 1
    assert store.journeys.put("welcome", "text 2", NOW) == 2
    assert [(row["id"], row["state"], row["text"]) for row in store.journeys.all()] == [("welcome", "paused", "text 2")]
    assert store.journeys.text("welcome", 1) == "text 1"
    assert [row["author"] for row in store.journeys.versions("welcome")] == [None, "ann"]
    with pytest.raises(NotFound):
        store.journeys.get("nothing")


def test_due_enrolments_are_taken_by_one_worker_until_its_lease_ends(store: Store) -> None:
    running(store)
    assert store.journeys.begin([begun(1), begun(2), begun(3, due=NOW + timedelta(hours=1))], NOW) == 2 + 1
    first = store.journeys.take(10, NOW, NOW + LEASE)
    assert {each.row["id"] for each in first} == {"e1", "e2"}
    assert store.journeys.take(10, NOW, NOW + LEASE) == []
    later = NOW + LEASE
    again = store.journeys.take(10, later, later + LEASE)
    assert {each.row["id"] for each in again} == {"e1", "e2"}
    assert store.journeys.move([moved(each, "wait") for each in first], later) == 0  # the lease is another's by now
    assert store.journeys.move([moved(each, "wait") for each in again], later) == 2
    assert standing(store) == {("active", "wait"): 2, ("active", None): 1}


def test_only_running_journeys_are_walked_and_stopping_lets_everybody_out(store: Store) -> None:
    running(store)
    store.journeys.begin([begun(1)], NOW)
    store.journeys.set_state("welcome", "paused", NOW, lambda _: ())
    assert store.journeys.take(10, NOW, NOW + LEASE) == []
    assert store.journeys.next_due() is None
    store.journeys.set_state("welcome", "running", NOW, lambda _: ())
    assert store.journeys.next_due() == to_micros(NOW)
    store.journeys.set_state("welcome", "stopped", NOW, lambda _: ())
    assert standing(store) == {("left", None): 1}


def test_one_enrolment_at_a_time_for_each_key_and_again_only_when_it_may(store: Store) -> None:
    running(store)
    assert store.journeys.begin([begun(1), begun(2, key="c1")], NOW) == 1
    (taken,) = store.journeys.take(10, NOW, NOW + LEASE)
    store.journeys.move([moved(taken, None)], NOW)
    assert store.journeys.begin([begun(3, key="c1")], NOW) == 0  # never again
    assert store.journeys.begin([begun(4, key="c1", again=NOW - timedelta(days=1))], NOW) == 0  # too early
    assert store.journeys.begin([begun(5, key="c1", again=NOW)], NOW) == 1


def test_a_cart_that_changes_before_it_is_left_starts_its_clock_again(store: Store) -> None:
    running(store)
    store.journeys.begin([begun(1)], NOW)
    later = NOW + timedelta(hours=2)
    assert store.journeys.begin([begun(9, key="c1", due=later, restarts=True)], NOW) == 0
    assert store.journeys.take(10, NOW, NOW + LEASE) == []
    assert [each.row["id"] for each in store.journeys.take(10, later, later + LEASE)] == ["e1"]


def test_marks_are_counted_once_whoever_walked(store: Store) -> None:
    running(store)
    store.journeys.begin([begun(1)], NOW)
    (taken,) = store.journeys.take(1, NOW, NOW + LEASE)
    step = moved(taken, None, marks=[("mail", "end", "sent")], reached=True)
    store.journeys.move([step], NOW)
    store.journeys.move([step], NOW)
    assert [(row["step"], row["way"], row["said"], row["n"]) for row in store.journeys.counts("welcome")] == [
        ("mail", "end", "sent", 1)
    ]
    assert [row["step"] for row in store.journeys.marks("e1")] == ["mail"]
    assert [row["reached"] for row in store.journeys.enrolments("welcome", "done")] == [1]


def test_a_new_version_takes_along_only_those_whose_step_it_has(store: Store) -> None:
    running(store)
    store.journeys.begin([begun(1), begun(2)], NOW)
    one, two = store.journeys.take(10, NOW, NOW + LEASE)
    store.journeys.move([moved(one, "stays"), moved(two, "goes")], NOW)
    store.journeys.put("welcome", "text 2", NOW, moves=["stays"])
    assert {row["step"]: row["version"] for row in store.journeys.enrolments("welcome")} == {"stays": 2, "goes": 1}


def test_what_nobody_listens_for_is_no_news(store: Store) -> None:
    running(store, "view", "order")
    journal = store.journal()
    told: dict[str, Any] = {"at": to_micros(NOW), "customer_id": "c1"}
    journal.write(
        "trace", Row("event", {"id": "v1", "kind": "view", "product_id": "p", "properties": '{"a": "b"}', **told})
    )
    journal.write("trace", Row("event", {"id": "s1", "kind": "search", **told}))
    journal.write("trace", Row("event", {"id": "v2", "kind": "view", "at": to_micros(NOW)}))  # nobody
    (news,) = heard_rows(store)
    assert (news["kind"], news["thing"], news["products"], news["properties"]) == ("view", "v1", ("p",), '{"a": "b"}')
    assert heard_rows(store) == []
    store.journeys.set_state("welcome", "paused", NOW, lambda _: ())
    journal.write("trace", Row("event", {"id": "v3", "kind": "view", **told}))
    assert heard_rows(store) == []
    journal.close_now()


def test_news_of_a_visitor_who_is_known_by_now_is_the_customers(store: Store) -> None:
    running(store, "add")
    with writing(store.record) as connection:
        connection.execute(sa.text("INSERT INTO same_person VALUES ('a1', 'c1', 0)"))
    journal = store.journal()
    journal.write("trace", Row("event", {"id": "v1", "kind": "add", "at": 1, "anonymous_id": "a1", "cart_id": "k"}))
    (news,) = heard_rows(store)
    assert (news["customer_id"], news["cart_id"]) == ("c1", "k")
    journal.close_now()


def test_hearing_begins_ends_waiting_and_lets_go_in_one_transaction(store: Store) -> None:
    running(store, "view")
    store.journeys.begin([begun(1), begun(2)], NOW)
    one, two = store.journeys.take(10, NOW, NOW + LEASE)
    store.journeys.move([moved(one, "await", waits_for="view"), moved(two, "await", waits_for="view")], NOW)
    journal = store.journal()
    journal.write("trace", Row("event", {"id": "v1", "kind": "view", "at": 1, "customer_id": "c1"}))
    asked: list[str] = []

    def meaning(rows: Sequence[dict[str, Any]], waiting: Callable[[Sequence[str]], list[dict[str, Any]]]) -> Heard:
        found = waiting([row["customer_id"] for row in rows])
        asked.extend(each["id"] for each in found)
        return Heard([begun(3)], [("e1", "await")], [("welcome", "c2", "order")])

    assert store.journeys.hear(10, NOW, meaning) == 1
    assert asked == ["e1"]
    assert standing(store) == {("active", "await"): 1, ("active", None): 1, ("left", None): 1}
    due = {each.row["id"]: each.row["context"] for each in store.journeys.take(10, NOW, NOW + LEASE)}
    assert due.keys() == {"e1", "e3"}
    assert '"happened"' in due["e1"]
    journal.close_now()


def test_prices_that_fell_in_days_that_have_been_are_told_in_percent(store: Store) -> None:
    def point(hour: int, price: int | None, source: str | None = "catalogue") -> dict[str, Any]:
        at = NOW + timedelta(hours=hour)
        return {"product_id": "tea", "at": at, "price": price, "currency": "JPY", "source": source}

    points = [point(0, 900), point(1, 300, "promotion"), point(2, 900), point(3, None), point(4, 600), point(5, 800)]
    store.prices.write(conform(pl.DataFrame(points), PRICES))
    told = store.trails.news_between(NOW, NOW + timedelta(days=1), ["price", "segment"])
    assert [(row["thing"], row["number"], row["products"]) for row in told] == [("tea", 33, ("tea",))]
    assert store.trails.news_between(NOW, NOW + timedelta(hours=4), ["price"]) == []


def test_every_kind_of_news_can_be_listened_for_and_what_happens_is_told_once(store: Store) -> None:
    running(
        store, "order", "review", "score", "complaint", "survey", "segment", "price", "stock", "reaction", "said_later"
    )
    row = {"id": "m1", "customer_id": "c1"}
    store.outbox.happened("m1:open", "open", row, NOW)
    store.outbox.happened("m1:bounce", "bounce", row, NOW)
    journal = store.journal()
    for said in ("later", "shown"):
        told = {"id": said, "outcome": said, "customer_id": "c1", "product_id": "tea"}
        journal.write("trace", outcome_row({**told, "at": to_micros(NOW)}))
    journal.close_now()
    heard = heard_rows(store)
    assert [(each["kind"], each["thing"], each["word"]) for each in heard] == [
        ("reaction", "m1:open", "open"), ("said_later", "later", None),
    ]  # fmt: skip
    assert heard_rows(store) == []


def test_whoever_left_as_a_journey_was_stopped_goes_on_where_they_stood(store: Store) -> None:
    running(store)
    store.journeys.begin([begun(1), begun(2), begun(3)], NOW)
    one, two, three = store.journeys.take(10, NOW, NOW + LEASE)
    store.journeys.move([moved(one, "rest"), moved(two, "rest"), moved(three, None)], NOW)
    later = NOW + timedelta(hours=1)
    store.journeys.set_state("welcome", "stopped", later, lambda _: ())
    assert store.journeys.bring_back("welcome", NOW) == 0  # nobody was stopped then
    assert store.journeys.bring_back("nothing", later) == 0
    assert store.journeys.bring_back("welcome", later) == 2
    assert standing(store) == {("active", "rest"): 2, ("done", None): 1}
    assert {row["why"] for row in store.journeys.enrolments("welcome")} == {None}
    store.journeys.set_state("welcome", "running", later, lambda _: ())
    due = later + timedelta(days=1)
    assert len(store.journeys.take(10, due, due + LEASE)) == 2


def test_only_a_journey_that_nobody_began_is_forgotten(store: Store) -> None:
    running(store)
    store.journeys.begin([begun(1)], NOW)
    assert not store.journeys.drop("welcome")
    assert store.journeys.get("welcome")["text"] == "text 1"
    for text in ("one", "two"):
        store.journeys.put("spring", text, NOW)
    assert store.journeys.drop("spring")
    with pytest.raises(NotFound):
        store.journeys.get("spring")
    assert store.journeys.versions("spring") == []
    assert store.journeys.put("spring", "three", NOW) == 1


def test_enrolments_are_found_by_customer_by_id_by_version_and_each_with_its_steps(store: Store) -> None:
    running(store)
    store.journeys.begin([begun(1), begun(2), begun(3)], NOW)
    one, two, _ = store.journeys.take(10, NOW, NOW + LEASE)
    steps = [("rest", "mail", ""), ("mail", "end", "sent")]
    store.journeys.move([moved(one, "stays", marks=steps), moved(two, "goes", marks=steps[:1])], NOW)
    store.journeys.put("welcome", "text 2", NOW, moves=["stays"])
    assert [row["id"] for row in store.journeys.enrolments("welcome", customer_id="c2")] == ["e2"]
    assert store.journeys.enrolments("welcome", "done", customer_id="c2") == []
    assert store.journeys.enrolled("e1")["step"] == "stays"
    with pytest.raises(NotFound):
        store.journeys.enrolled("nothing")
    assert store.journeys.under_way("welcome") == {1: 1, 2: 2}
    assert store.journeys.under_way("nothing") == {}
    asked = ["e3", *(f"x{n}" for n in range(600)), "e2", "e1"]  # more than are asked for at once
    found = store.journeys.marks_of(asked)
    assert [*found] == asked
    assert [row["step"] for row in found["e1"]] == ["rest", "mail"]
    assert ([row["step"] for row in found["e2"]], found["e3"], found["x0"]) == (["rest"], [], [])
    assert found["e1"] == store.journeys.marks("e1")
