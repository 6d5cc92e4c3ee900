"""One person: read by point look-ups, erased with every sum kept; on both engines."""

from collections.abc import Iterator
from datetime import UTC, datetime

import polars as pl
import pytest

from tsuide.facts.consent import CONSENTS, Consent
from tsuide.facts.customers import CUSTOMERS, Customer
from tsuide.facts.frames import frame_of, order_frames
from tsuide.facts.orders import Order, OrderLine
from tsuide.facts.reviews import REVIEWS, Review
from tsuide.kit.clock import to_micros
from tsuide.store.database import Store, open_store
from tsuide.store.inbox import as_body, message_row
from tsuide.store.people import Seen
from tsuide.store.rows import Row, Value

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
THEN = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    yield opened
    opened.close()


def an_order(number: str, customer: str | None, *products: str, status: str = "placed") -> Order:
    lines = tuple(OrderLine(number, place, each, 2, 500, 1_000) for place, each in enumerate(products, 1))
    return Order(number, THEN, "JPY", customer, status, lines=lines)  # type: ignore[arg-type]  # a status


def fill(store: Store) -> None:
    facts = store.facts
    facts.write_customers(
        frame_of([Customer("c1", attributes={"age": "40"}), Customer("c2", parent_id="c1")], CUSTOMERS)
    )
    said = [
        Consent("c1", "personalisation", "email", granted, at, "form") for granted, at in ((True, THEN), (False, NOW))
    ]
    facts.write_consents(
        frame_of([*said, Consent("c1", "marketing", "email", granted=True, at=THEN, source="form")], CONSENTS)
    )
    facts.write_orders(*order_frames([an_order("o1", "c1", "tea", "cup"), an_order("o2", "c2", "tea")]))
    facts.write_orders(*order_frames([an_order("o3", "c1", "pot", status="cancelled"), an_order("o4", None, "cup")]))
    facts.write_reviews(frame_of([Review("r1", "tea", 5, THEN, "c1", "私の名前は太郎")], REVIEWS))
    rows = [
        Row("event", {"id": f"e{n}", "kind": "view", "at": to_micros(THEN) + n, "product_id": "tea", **who})
        for n, who in enumerate(({"customer_id": "c1"}, {"anonymous_id": "v1"}, {"customer_id": "c2"}))
    ]
    body: dict[str, str | int | None] = {
        "id": "segment:m1",
        "source": "segment",
        "topic": "identify",
        "at": 0,
        "received_at": 0,
        "trusted": 0,
    }
    rows.append(message_row({**body, "customer_id": "c1", "body": as_body({"email": "a@b.jp"}), "state": "done"}))
    rows.append(Row("decision", {"id": "d1", "at": 1, "placement": "home", "customer_id": "c1", "record": "theirs"}))
    rows.append(Row("outcome", {"id": "x1", "outcome": "shown", "at": 1, "decision_id": "d1", "customer_id": "c1"}))
    journal = store.journal()
    journal.write("record", *rows)
    journal.close_now()
    store.inbox.join("v1", "c1", NOW)


def test_what_somebody_ever_came_to_is_read_where_it_is_asked_for(store: Store) -> None:
    came = [("registered", "w1", "c1"), ("attended", "w1", "c1"), ("registered", "w2", "v1"), ("attended", "w3", "c2")]
    rows = []
    for n, (kind, product, who) in enumerate([*came, ("registered", "w1", "c1")]):
        values: dict[str, Value] = {"id": f"j{n}", "kind": kind, "at": n, "product_id": product}
        rows.append(Row("event", {**values, "anonymous_id" if who == "v1" else "customer_id": who}))
    journal = store.journal()
    journal.write("record", *rows, Row("event", {"id": "none", "kind": "attended", "at": 9, "customer_id": "c1"}))
    journal.close_now()
    known = store.people.of("c1", None, NOW, lessons=True)
    assert known.joined == (("w1", "attended"), ("w1", "registered"))
    both = store.people.of("c1", "v1", NOW, lessons=True)
    assert both.joined == (("w1", "attended"), ("w1", "registered"), ("w2", "registered"))
    assert store.people.of("c1", "v1", NOW).joined == ()
    assert store.people.of(None, None, NOW, lessons=True).joined == ()


def test_a_person_is_read_with_what_holds_now(store: Store) -> None:
    fill(store)
    known = store.people.of("c1", None, THEN)
    assert (known.kind, known.attributes) == ("person", '{"age": "40"}')
    assert known.consents == (("marketing", "email"),)
    assert known.seen == (Seen("tea", to_micros(THEN), None, "view"), Seen("tea", to_micros(THEN) + 1, None, "view"))
    nobody = store.people.of("nobody", "v9", THEN)
    assert (nobody.kind, nobody.consents, nobody.seen) == (None, (), ())


def test_what_somebody_bought_leaves_out_what_was_cancelled(store: Store) -> None:
    fill(store)
    at = to_micros(THEN)
    assert store.people.bought("c1") == [("cup", at, 2, 0, 0, 1_000), ("tea", at, 2, 0, 0, 1_000)]
    assert store.people.buyers_since(0) == {"c1", "c2"}
    assert store.people.buyers_since(store.facts.sequence()) == set()


def test_erasing_leaves_nothing_that_leads_back_and_every_sum(store: Store) -> None:
    fill(store)
    before = store.facts.purchases()
    done = store.erasure.erase("c1", lambda record: f"not {record}", lambda content: content)
    assert done == {
        "decision": 1, "outcome": 1, "review": 1, "orders": 2, "event": 2, "message": 1, "consent": 3, "customer": 1,
        "same_person": 1,
    }  # fmt: skip
    assert not any(store.erasure.everything_of("c1").values())
    after = store.facts.purchases()
    assert after["amount"].sum() == before["amount"].sum()
    assert set(after["customer_id"]) == {None, "c2"}
    row = store.decisions.get("d1")
    assert (row["customer_id"], row["record"]) == (None, "not theirs")
    assert store.facts.reviews().select("customer_id", "rating", "text").rows() == [(None, 5, None)]
    assert store.facts.customer("c2")["parent_id"] is None
    assert store.erasure.everyone() == ["c2"]
    assert store.erasure.erase("c1", str, str) == {}


def test_orders_can_be_read_one_by_one_and_products_by_name(store: Store) -> None:
    fill(store)
    head, lines = store.facts.order("o1")
    assert head["customer_id"].to_list() == ["c1"]
    assert lines["product_id"].to_list() == ["tea", "cup"]
    assert all(frame.is_empty() for frame in store.facts.order("none"))
    assert isinstance(store.facts.products_of(["tea"]), pl.DataFrame)


def test_messages_about_a_thing_can_be_forgotten(store: Store) -> None:
    body: dict[str, Value] = {"source": "shopify", "topic": "orders/create", "at": 0, "received_at": 0}
    body |= {"trusted": 1, "state": "done", "body": "{}"}
    journal = store.journal()
    things = ("order:1", "order:1", "order:2")
    journal.write(
        "record",
        *(message_row({**body, "id": f"m{n}", "thing": each}) for n, each in enumerate(things)),
    )
    journal.close_now()
    assert store.erasure.forget(["order:1"]) == 2
    assert store.erasure.forget([]) == 0
    assert [row["id"] for row in store.inbox.about("order:2")] == ["m2"]
