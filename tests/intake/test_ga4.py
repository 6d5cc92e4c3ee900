"""GA4's Measurement Protocol."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsuide.errors import BadValue
from tsuide.intake.ga4 import messages, read
from tsuide.intake.message import LiveSettings, Reported, Returned, Said, Same
from tsuide.kit.clock import to_micros

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SHOP = LiveSettings(currency="JPY")


def said(name: str, params: dict[str, Any], **body: Any) -> Said:
    (message,) = messages({"client_id": "v1", "events": [{"name": name, "params": params}], **body}, NOW)
    return read(message, SHOP)


def test_acts_on_several_items_are_several_events_with_their_own_ids() -> None:
    told = said("view_item", {"items": [{"item_id": "a"}, {"item_name": "抹茶"}], "session_id": 123})
    assert [each.product_id for each in told.events] == ["a", "抹茶"]
    assert len({each.id for each in told.events}) == 2
    assert told.events[0].session_id == "123"


def test_a_list_or_a_cart_is_one_event_with_its_products() -> None:
    told = said("view_cart", {"items": [{"item_id": "a", "quantity": 2}, {"item_id": "b"}]})
    assert json.loads(told.events[0].properties["products"]) == [["a", 2], ["b", 1]]
    assert said("search", {"search_term": "茶"}).events[0].query == "茶"


def test_a_purchase_keeps_what_was_paid_and_what_was_taken_off() -> None:
    items = [{"item_id": "a", "price": 9.5, "discount": 0.5, "quantity": 2}, {"item_id": "b", "price": 1}]
    order = said("purchase", {"transaction_id": "t1", "currency": "USD", "items": items}, user_id="c1").orders[0]
    assert [(each.unit_price, each.amount, each.discount) for each in order.lines] == [(1000, 1900, 100), (100, 100, 0)]
    assert (order.id, order.customer_id) == ("t1", "c1")


def test_a_refund_promotions_of_ours_and_who_is_whom() -> None:
    assert said("refund", {"transaction_id": "t1"}).returned == (Returned("t1", {}),)
    told = said("select_promotion", {"promotion_id": "dec_9.1"}, user_id="c1")
    assert told.reported == (Reported("dec_9.1", "clicked"),)
    assert told.same == (Same("v1", "c1"),)


def test_of_two_consent_signals_that_mean_the_same_a_denial_holds() -> None:
    consent = {"ad_personalization": "GRANTED", "personalization_storage": "denied", "analytics_storage": "granted"}
    told = said("page_view", {}, user_id="c1", consent=consent)
    assert {each.purpose: each.granted for each in told.consents} == {"personalisation": False, "analytics": True}


def test_the_same_event_with_the_same_time_is_the_same_and_an_old_one_counts_as_now() -> None:
    stamp = to_micros(NOW - timedelta(hours=1))
    body = {"client_id": "v", "timestamp_micros": stamp, "events": [{"name": "page_view"}, {"name": "page_view"}]}
    first, again = messages(body, NOW), messages(body, NOW + timedelta(seconds=5))
    assert [each.id for each in first] == [each.id for each in again]
    assert first[0].id != first[1].id
    assert first[0].at == NOW - timedelta(hours=1)
    old = {**body, "timestamp_micros": to_micros(NOW - timedelta(days=365))}
    assert messages(old, NOW)[0].at == NOW


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({"events": [{"name": "x"}]}, "client_id"),
        ({"client_id": "v"}, "events"),
        ({"client_id": "v", "events": [{"name": "x"}] * 26}, "events"),
        ({"client_id": "v", "events": ["x"]}, "events.0"),
        ({"client_id": ["v"], "events": [{"name": "x"}]}, "client_id"),
    ],
)
def test_a_request_that_is_none_names_its_key(body: dict[str, Any], key: str) -> None:
    with pytest.raises(BadValue) as caught:
        messages(body, NOW)
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("item", "key"), [({"price": 10**14}, "items.1.price"), ({"price": 1, "discount": 10**14}, "items.1.discount")]
)
def test_a_line_worth_more_than_an_amount_can_be_is_refused(item: dict[str, Any], key: str) -> None:
    with pytest.raises(BadValue) as caught:
        said("purchase", {"transaction_id": "t", "items": [{"item_id": "a", "quantity": 10**6, **item}]})
    assert caught.value.key == key


values = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9)
items = st.lists(st.dictionaries(st.sampled_from(["item_id", "price", "quantity", "discount", "currency"]), values))
params = st.dictionaries(st.sampled_from(["items", "transaction_id", "currency", "search_term"]), values | items)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["purchase", "view_item", "refund", "search", "view_promotion", "add_to_cart"]), params)
def test_whatever_comes_is_read_or_refused_and_nothing_else(name: str, told: dict[str, Any]) -> None:
    (message,) = messages({"client_id": "v", "user_id": "c", "events": [{"name": name, "params": told}]}, NOW)
    try:
        read(message, SHOP)
    except BadValue as error:
        assert error.key  # noqa: PT017 - whichever it is, it must name the place


def test_what_is_nested_too_deeply_is_refused() -> None:
    deep: Any = 1
    for _ in range(1_000):
        deep = [deep]
    with pytest.raises(BadValue, match="too deeply nested"):
        messages({"client_id": "v", "events": [{"name": "x", "params": {"a": deep}}]}, NOW)


def test_an_offer_is_named_by_an_id_that_can_be_looked_up() -> None:
    assert said("select_promotion", {"promotion_id": "dec_1.1\x00"}).reported == (Reported("dec_1.1", "clicked"),)
    with pytest.raises(BadValue, match="longer"):
        said("select_promotion", {"promotion_id": "dec_" + "1" * 200})
