"""Segments over a shop: what is in them follows facts, the clock and what was learned, on both stores."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tsuide.app.applying import put_orders, put_products
from tsuide.app.customers import Customers
from tsuide.app.doctor import examine
from tsuide.app.doctor import told as in_words
from tsuide.app.erasing import erase_customer
from tsuide.app.feedback import record_feedback
from tsuide.app.interactions import record_interaction
from tsuide.app.learn import learn
from tsuide.app.loading import load
from tsuide.app.segment_keeping import keep_all_segments, keep_segments
from tsuide.app.segments import (
    events_after,
    history_of,
    latest_events,
    make_sheets,
    members_of,
    moved_since,
    overlap_of,
    preview,
    put_segment,
    ready_segment,
    remove_segment,
    restore_segment,
    segments_of,
    sheet_of,
    sheets_made,
    standing,
    standings,
    take,
    undo_segment,
    versions_of,
    why,
)
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.errors import BadCondition, BadValue, Conflict, NotFound, UnknownCustomer
from tsuide.facts.behaviour import EVENTS, Event
from tsuide.facts.catalogue import Product
from tsuide.facts.consent import CONSENTS, Consent
from tsuide.facts.customers import CUSTOMERS, Customer
from tsuide.facts.feedback import Feedback
from tsuide.facts.frames import frame_of
from tsuide.facts.interactions import Interaction
from tsuide.facts.orders import Order, OrderLine
from tsuide.kit.clock import to_micros, zone
from tsuide.offers.request import OfferRequest
from tsuide.outreach.segments.definition import Segment
from tsuide.outreach.segments.lowering import lower
from tsuide.outreach.segments.reading import read_condition
from tsuide.outreach.segments.ready import ready_made
from tsuide.outreach.segments.truth import truth
from tsuide.store.outcomes import outcome_row

NOW = datetime(2026, 4, 20, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def shop(store_url: str, tmp_path: Path, fill_shop: Callable[[Shop], None]) -> Iterator[Shop]:
    """The small shop: 40 customers, 400 orders until 2026-04-14, on each engine."""
    opened = open_shop(Settings(home=tmp_path / "home", language="en", database_url=store_url))
    fill_shop(opened)
    yield opened
    opened.close()


def a_segment(id_: str, condition: str, who: Any = "customers") -> Segment:
    return Segment(id_, {"ja": "名", "en": id_}, condition, who)


def an_order(id_: str, customer: str, at: datetime, product: str = "tea", **more: Any) -> Order:
    line = OrderLine(id_, 1, product, 1, 800, 800, **more)
    return Order(id_, at, "JPY", customer, lines=(line,))


def saw(shop: Shop, id_: str, at: datetime, product: str, **who: Any) -> None:
    shop.store.facts.write_events(frame_of([Event(id_, "view", at, **who, product_id=product)], EVENTS))


def news(shop: Shop, after: int = 0) -> list[tuple[str, str, str | None, str]]:
    return [
        (each["segment"], each["event"], each["customer_id"] or each["anonymous_id"], each["cause"])
        for each in events_after(shop, after, 1_000)
    ]


def seq(shop: Shop) -> int:
    return shop.store.segments.newest_event()


def test_a_condition_is_tried_without_being_kept(shop: Shop) -> None:
    found = preview(shop, "spent > 400000 and bought('camera', within => 90)", "customers", NOW, 3)
    assert (found.of, len(found.sample)) == (40, 3)
    assert 0 < found.size < 40
    assert standings(shop) == []


def test_what_is_not_known_is_counted_apart(shop: Shop) -> None:
    found = preview(shop, "days_since_last_contact > 90", "customers", NOW)
    assert (found.size, found.unknown, found.of) == (0, 40, 40)
    assert preview(shop, "coalesce(days_since_last_contact, 9999) > 90", "customers", NOW).size == 40


def test_a_name_that_the_shop_does_not_have_is_pointed_at_with_what_it_may_have_meant(shop: Shop) -> None:
    with pytest.raises(BadCondition, match="did you mean camera") as caught:
        preview(shop, "spent > 5 and bought('camara')", "customers", NOW)
    assert (caught.value.start, caught.value.end) == (21, 29)


def test_a_segment_that_holds_everybody_asks_for_a_yes_with_the_number(shop: Shop) -> None:
    everybody = a_segment("all", "order_count > 0")
    with pytest.raises(Conflict, match="matches all 40"):
        put_segment(shop, everybody, NOW)
    with pytest.raises(Conflict, match="matches all 40"):
        put_segment(shop, everybody, NOW, confirm=4)
    assert put_segment(shop, everybody, NOW, confirm=40).size == 40


def test_an_order_brings_its_customer_in_and_time_takes_them_out_again(shop: Shop) -> None:
    put_segment(shop, a_segment("fresh", "days_since_last_order < 2"), NOW)
    assert standing(shop, "fresh").size == 0
    put_orders(shop, [an_order("x1", "c07", NOW)])
    assert keep_segments(shop, NOW).entered == 1
    assert news(shop) == [("fresh", "entered", "c07", "order")]
    due = shop.store.segments.clock()["due_at"]
    assert due <= (NOW + 2 * DAY).timestamp() * 1e6
    assert keep_all_segments(shop, NOW + 2 * DAY - timedelta(microseconds=1)).left == 0
    assert keep_all_segments(shop, NOW + 2 * DAY).left == 1
    assert news(shop, 1) == [("fresh", "left", "c07", "time")]


def test_a_deed_within_days_lapses_by_the_clock_alone(shop: Shop) -> None:
    put_segment(shop, a_segment("lately", "viewed('camera', within => 7)"), NOW)
    saw(shop, "e1", NOW - DAY, "cam-a", customer_id="c01")
    keep_all_segments(shop, NOW)
    assert segments_of(shop, "c01") == ["lately"]
    assert keep_all_segments(shop, NOW + 6 * DAY).left == 1


def test_who_registered_and_did_not_attend_is_a_segment(shop: Shop) -> None:
    put_segment(shop, a_segment("no-show", "registered('camera') and not attended('camera')"), NOW)
    events = [
        Event(f"j{n}", kind, NOW - DAY, customer_id=who, product_id="cam-a")  # type: ignore[arg-type]  # a kind
        for n, (who, kind) in enumerate([("c01", "registered"), ("c02", "registered"), ("c02", "attended")])
    ]
    shop.store.facts.write_events(frame_of(events, EVENTS))
    keep_all_segments(shop, NOW)
    assert [each["customer_id"] for each in members_of(shop, "no-show", 10)] == ["c01"]


def test_nothing_is_written_where_nothing_happened_and_nothing_is_due(shop: Shop) -> None:
    put_segment(shop, a_segment("vip", "spent > 400000"), NOW)
    keep_all_segments(shop, NOW)
    turn = shop.store.segments.clock()["turn"]
    assert keep_segments(shop, NOW + timedelta(seconds=1)).sheets == 0
    assert shop.store.segments.clock()["turn"] == turn


def test_every_kind_of_fact_is_taken_up(shop: Shop) -> None:
    conditions = {
        "told": "rank = 'gold' and points >= 100",
        "agreed": "consented('marketing', 'email')",
        "unhappy": "open_complaint or last_score <= 6",
        "clicked": "click_count > 0",
        "contacted": "days_since_last_contact < 1",
        "returned": "returned('tea')",
    }
    put_customer(shop, "c39", {"rank": "none", "points": "0"})
    for name, condition in conditions.items():
        put_segment(shop, a_segment(name, condition), NOW)
    assert news(shop) == []
    put_customer(shop, "c01", {"rank": "gold", "points": "120"})
    grant = Consent("c02", "marketing", "email", granted=True, at=NOW, source="form")
    shop.store.facts.write_consents(frame_of([grant], CONSENTS))
    record_feedback(shop, Feedback("f1", "c03", "complaint", NOW), NOW)
    journal = shop.store.journal()
    told = (("clicked", "site", "c04"), ("shown", "email", "c05"), ("shown", "site", "c06"))
    for place, (outcome, channel, customer) in enumerate(told):
        row: dict[str, Any] = {"id": f"o{place}", "product_id": "tea", "at": to_micros(NOW), "customer_id": customer}
        journal.write("trace", outcome_row({**row, "outcome": outcome, "channel": channel}))
    journal.close_now()
    put_orders(shop, [an_order("x1", "c08", NOW, returned=1)])
    for said, kind, result in (("c10", "call", None), ("c11", "visit", "no_answer"), ("c12", "note", None)):
        record_interaction(shop, Interaction(f"i{said}", said, kind, NOW, outcome=result), NOW)  # type: ignore[arg-type]  # kinds
    keep_all_segments(shop, NOW)
    assert sorted(news(shop)) == [
        ("agreed", "entered", "c02", "consent"),
        ("clicked", "entered", "c04", "outcome"),
        ("contacted", "entered", "c05", "outcome"),
        ("contacted", "entered", "c10", "interaction"),
        ("returned", "entered", "c08", "order"),
        ("told", "entered", "c01", "customer"),
        ("unhappy", "entered", "c03", "customer"),
    ]
    withdrawn = replace(grant, granted=False, at=NOW + DAY)
    shop.store.facts.write_consents(frame_of([withdrawn], CONSENTS))
    record_feedback(shop, Feedback("f2", "c03", "answered", NOW + timedelta(hours=1)), NOW + DAY)
    keep_all_segments(shop, NOW + timedelta(hours=2))
    assert standing(shop, "agreed").size == standing(shop, "unhappy").size == 0


def put_customer(shop: Shop, customer: str, attributes: dict[str, str]) -> None:
    shop.store.facts.write_customers(frame_of([Customer(customer, attributes=attributes)], CUSTOMERS))


def test_a_cancelled_order_and_one_that_changes_hands_count_no_more(shop: Shop) -> None:
    put_segment(shop, a_segment("gold", "largest_order >= 700000"), NOW)
    big = Order("x1", NOW, "JPY", "c01", lines=(OrderLine("x1", 1, "cam-c", 11, 66_000, 726_000),))
    put_orders(shop, [big])
    keep_all_segments(shop, NOW)
    put_orders(shop, [replace(big, customer_id="c02")])
    keep_all_segments(shop, NOW)
    assert (segments_of(shop, "c01"), segments_of(shop, "c02")) == ([], ["gold"])
    put_orders(shop, [replace(big, customer_id="c02", status="cancelled")])
    keep_all_segments(shop, NOW)
    assert standing(shop, "gold").size == 0


def test_money_is_of_the_currency_of_most_orders_and_added_across_no_two(shop: Shop) -> None:
    put_orders(shop, [
        Order("d1", NOW, "USD", "d", lines=(OrderLine("d1", 1, "tea", 2, 500, 1_000, returned=1),)),
        Order("d2", NOW, "USD", "d", lines=(OrderLine("d2", 1, "tea", 1, 700, 700),)),
        Order("d3", NOW, "JPY", "d", lines=(OrderLine("d3", 1, "tea", 1, 90_000, 90_000),)),
    ])  # fmt: skip
    found = preview(
        shop, "currency = 'USD' and spent = 1200 and average_order = 600 and order_count = 3", "customers", NOW
    )
    assert found.sample == ("d",)


def test_a_product_that_moves_to_another_category_moves_its_buyers(shop: Shop) -> None:
    put_segment(shop, a_segment("tea", "bought('tea')"), NOW)
    before = standing(shop, "tea").size
    put_segment(shop, a_segment("food", "bought('cake') or bought('cakes')"), NOW)
    put_products(shop, [Product("cake", "Cake", "JPY", category=("food", "sweets"))], ())
    assert keep_all_segments(shop, NOW).left == 0  # they bought the product called so
    put_products(shop, [Product("rice", "Rice", "JPY", category=("food", "tea"))], ())
    keep_all_segments(shop, NOW)
    assert (standing(shop, "tea").size or 0) > (before or 0)


def test_a_visitor_without_a_name_is_in_segments_of_visitors_until_they_are_known(shop: Shop) -> None:
    put_segment(shop, a_segment("lookers", "viewed('camera', within => 14)", "visitors"), NOW)
    put_segment(shop, a_segment("known-lookers", "viewed('camera', within => 14)"), NOW)
    saw(shop, "e1", NOW, "cam-b", anonymous_id="v1")
    saw(shop, "e2", NOW, "tea", anonymous_id="v2")
    keep_all_segments(shop, NOW)
    assert [each["anonymous_id"] for each in members_of(shop, "lookers", 10)] == ["v1"]
    assert segments_of(shop, None, "v1") == ["lookers"]
    mark = seq(shop)
    shop.store.inbox.join("v1", "c09", NOW)
    keep_all_segments(shop, NOW)
    assert sorted(news(shop, mark)) == [
        ("known-lookers", "entered", "c09", "joined"),
        ("lookers", "left", "v1", "joined"),
    ]


def test_every_visitor_is_forgotten_ninety_days_after_their_last_sign_and_none_before(shop: Shop) -> None:
    put_segment(shop, a_segment("lookers", "view_count > 0", "visitors"), NOW, confirm=0)
    many = [Event(f"e{n}", "view", NOW, anonymous_id=f"v{n}", product_id="tea") for n in range(1_100)]
    shop.store.facts.write_events(frame_of(many, EVENTS))
    keep_all_segments(shop, NOW)
    journal = shop.store.journal()
    clicked: dict[str, str | int | None] = {
        "outcome": "clicked",
        "channel": "site",
        "product_id": "tea",
        "at": to_micros(NOW + 60 * DAY),
    }
    for who in ("v7", "only-clicked"):
        journal.write("trace", outcome_row({**clicked, "id": who, "anonymous_id": who}))
    journal.close_now()
    assert keep_all_segments(shop, NOW + 89 * DAY).left == 0
    assert keep_all_segments(shop, NOW + 92 * DAY).left == 1_099
    assert (segments_of(shop, None, "v7"), standing(shop, "lookers").size) == (["lookers"], 1)
    keep_all_segments(shop, NOW + 152 * DAY)
    assert [each for each in shop.store.segments.subjects() if each.startswith("v")] == []


def test_a_birthday_comes_and_goes_at_midnight_of_the_shop(shop: Shop) -> None:
    put_customer(shop, "c01", {"birth_date": "1990-04-25"})
    put_segment(shop, a_segment("birthday", "birthday_within(2)"), NOW)
    put_segment(shop, a_segment("grown", "age >= 36"), NOW)
    midnight = datetime(2026, 4, 22, 15, 0, tzinfo=UTC)  # of April 23 in Tokyo
    assert keep_all_segments(shop, midnight - timedelta(seconds=1)).entered == 0
    assert keep_all_segments(shop, midnight).entered == 1
    assert keep_all_segments(shop, midnight + 2 * DAY).entered == 1
    assert segments_of(shop, "c01") == ["birthday", "grown"]
    assert keep_all_segments(shop, midnight + 3 * DAY).left == 1


def test_what_was_learned_is_written_into_sheets_and_moves_members(shop: Shop) -> None:
    back = [(n, k, n % 50 + k * (n % 13 + 1)) for n in range(150) for k in range(n % 6 + 1)]
    put_orders(shop, [an_order(f"z{n}-{k}", f"n{n}", NOW - days * DAY) for n, k, days in back])
    put_segment(shop, a_segment("gone", "churn_risk > 0.000001 and churn_risk < 1"), NOW)
    assert standing(shop, "gone").size == 0
    learn(shop, now=NOW, seed=0)
    keep_all_segments(shop, NOW)
    assert (standing(shop, "gone").size or 0) > 0
    assert {cause for _, _, _, cause in news(shop)} == {"learned"}


def test_a_decision_knows_the_segments_of_who_agreed_and_nobody_can_claim_one(shop: Shop) -> None:
    learn(shop, now=NOW, seed=0)
    put_segment(shop, a_segment("vip", "spent > 500000"), NOW)
    vip = members_of(shop, "vip", 1)[0]["customer_id"]
    other = next(f"c{n:02}" for n in range(40) if "vip" not in segments_of(shop, f"c{n:02}"))
    grants = [Consent(each, "personalisation", "any", granted=True, at=NOW, source="form") for each in (vip, other)]
    shop.store.facts.write_consents(frame_of(grants[:1], CONSENTS))
    customers, loaded = Customers(shop.store), load(shop)

    def told(customer: str, *claimed: str) -> tuple[str, ...]:
        return customers.view(OfferRequest("home", customer_id=customer, segments=claimed), NOW, loaded).segments

    assert told(vip) == ("vip",)
    assert told(other, "vip", "staff") == ("staff",)
    shop.store.facts.write_consents(frame_of(grants, CONSENTS))
    big = Order("x1", NOW, "JPY", other, lines=(OrderLine("x1", 1, "cam-c", 11, 66_000, 726_000),))
    put_orders(shop, [big])
    assert told(other) == ()
    keep_all_segments(shop, NOW)
    customers.refresh()
    assert told(other) == ("vip",)


def test_versions_are_kept_and_undone_and_a_removed_segment_comes_back(shop: Shop) -> None:
    put_segment(shop, a_segment("vip", "spent > 500000"), NOW, author="Aoi")
    few = standing(shop, "vip").size
    put_segment(shop, a_segment("vip", "spent > 400000"), NOW + DAY)
    put_segment(shop, a_segment("vip", "spent > 400000"), NOW + DAY)
    assert [each["version"] for each in versions_of(shop, "vip")] == [1, 2]
    assert (undo_segment(shop, "vip", NOW + DAY).version, standing(shop, "vip").size) == (3, few)
    with pytest.raises(Conflict, match="no version before"):
        undo_segment(shop, "vip", NOW + DAY)
    assert remove_segment(shop, "vip", NOW + DAY) == few
    assert news(shop)[-1][3] == "removed"
    with pytest.raises(NotFound):
        standing(shop, "vip")
    assert undo_segment(shop, "vip", NOW + DAY).size == few


def test_a_clock_that_is_set_back_moves_members_back(shop: Shop) -> None:
    put_segment(shop, a_segment("fresh", "days_since_last_order < 9"), NOW)
    before = standing(shop, "fresh").size
    keep_all_segments(shop, NOW + 30 * DAY)
    assert standing(shop, "fresh").size == 0
    keep_all_segments(shop, NOW)
    assert standing(shop, "fresh").size == before


def test_history_tells_the_size_by_the_hour(shop: Shop) -> None:
    put_segment(shop, a_segment("fresh", "days_since_last_order < 2"), NOW)
    put_orders(shop, [an_order("x1", "c07", NOW)])
    keep_all_segments(shop, NOW)
    keep_all_segments(shop, NOW + 3 * DAY)
    told = [(each["size"], each["entered"], each["left"]) for each in history_of(shop, "fresh")]
    assert told == [(1, 1, 0), (0, 0, 1)]


def test_overlap_adds_up(shop: Shop) -> None:
    for name, condition in (
        ("a", "spent > 400000"),
        ("b", "bought('tea')"),
        ("c", "order_count >= 1 and spent < 500000"),
    ):
        put_segment(shop, a_segment(name, condition), NOW)
    found = overlap_of(shop, ["a", "b", "c"])
    assert found["sizes"] == {name: standing(shop, name).size for name in "abc"}
    assert sum(each["size"] for each in found["exactly"]) <= 40
    assert found["all"] <= min(each["size"] for each in found["pairs"])
    with pytest.raises(BadValue, match="2 … 8 different"):
        overlap_of(shop, ["a", "a"])


def test_why_tells_which_part_holds(shop: Shop) -> None:
    put_segment(shop, a_segment("vip", "spent > 400000 and (bought('tea') or not has_email)"), NOW)
    told = why(shop, "vip", NOW, "c00")
    assert told["parts"]["all"][1]["any"][1] == {"condition": "not has_email", "holds": True}
    with pytest.raises(UnknownCustomer):
        why(shop, "vip", NOW, "nobody")


def test_members_are_just_those_of_whom_the_condition_is_true_in_memory(shop: Shop) -> None:
    condition = "bought('camera', within => 30) and spent / order_count > 40000"
    put_segment(shop, a_segment("made", condition), NOW)
    inside = {each["customer_id"] for each in members_of(shop, "made", 100)}
    lowered = lower(read_condition(condition), NOW, zone("Asia/Tokyo"))
    for n in range(40):
        sheet = sheet_of(shop, f"c{n:02}")
        assert sheet is not None
        assert (truth(lowered, sheet) is True) == (f"c{n:02}" in inside)


def test_an_erased_customer_is_in_no_segment_and_what_is_counted_stays(shop: Shop) -> None:
    put_segment(shop, a_segment("vip", "spent > 400000"), NOW)
    who = members_of(shop, "vip", 1)[0]["customer_id"]
    count = len(news(shop))
    erase_customer(shop, who, NOW)
    assert who not in json.dumps([members_of(shop, "vip", 100), events_after(shop, 0, 1_000)])
    assert len(news(shop)) == count
    keep_all_segments(shop, NOW)
    assert sheet_of(shop, who) is None


def test_facts_read_before_somebody_was_erased_make_no_sheet_after_it(shop: Shop) -> None:
    put_segment(shop, a_segment("vip", "spent > 400000"), NOW)
    read_at = shop.store.segments.clock()["turn"]
    erase_customer(shop, "c01", NOW)
    with pytest.raises(Conflict, match="somebody else"), shop.store.segments.turn(read_at):
        pass


def test_the_doctor_says_which_segments_are_late_and_which_name_what_is_gone(shop: Shop) -> None:
    def told(now: datetime) -> list[tuple[str, str]]:
        found = [each for each in examine(shop.settings, now) if each.name == "segments"]
        return [(each.grade, in_words(each, "en").found) for each in found]

    assert told(NOW) == []
    put_customer(shop, "c01", {"rank": "gold"})
    put_segment(shop, a_segment("gold", "spent > 5 and rank = 'gold'"), NOW)
    assert told(NOW) == [("good", "1, kept current")]
    assert told(NOW + 2 * DAY) == [("mind", "last brought up to date at 2026-04-20 00:00 UTC")]
    put_customer(shop, "c01", {"points": "3"})
    keep_all_segments(shop, NOW + 2 * DAY)
    assert told(NOW + 2 * DAY) == [
        ("mind", "gold: line 1, character 15: neither a fact nor an attribute of any customer: rank")
    ]


def test_every_ready_made_segment_can_be_taken(shop: Shop) -> None:
    given = {"category": "camera", "product": "tea", "other": "cups", "r": "3", "f": "1", "m": "2"}
    for ready in ready_made().values():
        made = ready_segment(shop, ready.id, {key: given[key] for key in ready.needs}, NOW)
        found = preview(shop, made.condition, made.who, NOW)
        assert found.size <= found.of
    assert take(shop, "bought-category", {"category": "camera"}, NOW).size
    with pytest.raises(BadValue, match="must be given"):
        take(shop, "bought-category", {}, NOW)


def test_every_buyer_is_in_exactly_one_cell(shop: Shop) -> None:
    put_orders(shop, [an_order(f"x{n}", f"c{n % 7:02}", NOW - n * DAY) for n in range(20)])
    sizes = [
        preview(
            shop, ready_segment(shop, "rfm-cell", {"r": r, "f": f, "m": m}, NOW).condition, "customers", NOW, 0
        ).size
        for r in "123"
        for f in "123"
        for m in "123"
    ]
    assert sum(sizes) == 40


def test_an_import_of_many_orders_is_taken_up(shop: Shop) -> None:
    put_segment(shop, a_segment("rice", "bought('rice', within => 2)"), NOW)
    put_orders(shop, [an_order(f"y{n}", f"new{n}", NOW - DAY, "rice") for n in range(1_500)])
    keep_all_segments(shop, NOW)
    assert standing(shop, "rice").size == 1_500


def test_reading_the_whole_shop_tells_how_far_it_is_and_is_done_once(shop: Shop) -> None:
    told: list[tuple[str, int, int]] = []
    assert not sheets_made(shop)
    make_sheets(shop, NOW, lambda *said: told.append(said))
    assert sheets_made(shop)
    assert told == [("read", 0, 0), ("write", 40, 40)]
    make_sheets(shop, NOW, lambda *said: told.append(said))
    assert len(told) == 2


def test_who_came_and_went_of_late_is_told_and_a_segment_is_made_as_it_was(shop: Shop) -> None:
    first = a_segment("buyers", "order_count >= 1")
    put_segment(shop, first, NOW, confirm=40)
    before = standing(shop, "buyers").segment.plain()
    put_segment(shop, a_segment("buyers", "order_count > 99"), NOW + DAY)
    assert moved_since(shop, NOW - DAY) == {"buyers": (40, 40)}
    assert moved_since(shop, NOW + timedelta(hours=1)) == {"buyers": (0, 40)}
    newest = latest_events(shop, "buyers", 1)[0]
    assert (newest["event"], newest["at"]) == ("left", NOW + DAY)
    restore_segment(shop, "buyers", before, NOW + 2 * DAY, author="A")  # that it holds everybody asks nothing again
    assert standing(shop, "buyers").size == 40
    restore_segment(shop, "buyers", None, NOW + 3 * DAY)
    with pytest.raises(NotFound):
        standing(shop, "buyers")
    assert len(latest_events(shop, "buyers", 999)) == 160  # what happened stays
    with pytest.raises(NotFound):
        latest_events(shop, "nothing", 1)
