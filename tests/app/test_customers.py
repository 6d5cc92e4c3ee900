"""What is known of a customer before deciding, and that a decision made with it comes out again."""

import asyncio
import weakref
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest

from tsuide.app.customers import Customers
from tsuide.app.deciding import Decider
from tsuide.app.learn import learn
from tsuide.app.loading import load
from tsuide.app.replaying import replay_decision
from tsuide.app.wiring import Shop
from tsuide.errors import Unavailable
from tsuide.facts.behaviour import EVENTS
from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.consent import CONSENTS
from tsuide.facts.customers import CUSTOMERS
from tsuide.facts.orders import ORDER_LINES, ORDERS
from tsuide.facts.schema import conform
from tsuide.offers.customer import CustomerView, Joined, Risks
from tsuide.offers.decide import decide
from tsuide.offers.decision import Decision
from tsuide.offers.policy.load import ready_policy
from tsuide.offers.request import CartLine, OfferRequest
from tsuide.store.database import Store

FIRST = datetime(2026, 1, 5, tzinfo=UTC)
NOW = FIRST + timedelta(days=7 * 12 + 8, hours=1)
TEA = (CartLine("tea", 2),)
HOME = OfferRequest("home", customer_id="c01", language="en")


def order(shop: Shop, name: str, customer: str, at: datetime, *items: str, **line: object) -> None:
    """One order of single units at 500 yen."""
    head = {"id": name, "customer_id": customer, "placed_at": at, "currency": "JPY"}
    lines = [
        {"order_id": name, "line": n, "product_id": item, "quantity": 1, "unit_price": 500, "amount": 500}
        | {"role": "main", "discount": 0, "gift": False, "returned": 0}
        | line
        for n, item in enumerate(items, 1)
    ]
    shop.store.facts.write_orders(
        conform(pl.DataFrame([head | {"status": "placed", "origin": "import"}]), ORDERS),
        conform(pl.DataFrame(lines), ORDER_LINES),
    )


@pytest.fixture
def weekly_shop(small_shop: Shop) -> Shop:
    """The small shop in which c01 and others also buy rice every week, and visitors look at cameras, then cards."""
    facts = small_shop.store.facts
    for who in range(12):
        for week in range(13):
            order(small_shop, f"w{who}-{week}", f"c{who:02}", FIRST + timedelta(days=7 * week), "rice", "tea")
    facts.write_products(facts.products().with_columns(durable=~pl.col("category").list.contains("food")))
    attributes = '{"birth_date": "1990-01-01", "tastes": "green, calm", "needs": "travel", "won": "yes"}'
    facts.write_customers(
        conform(pl.DataFrame({"id": ["c01"], "kind": ["person"], "attributes": [attributes]}), CUSTOMERS)
    )
    allow(small_shop, "c01", granted=True, at=FIRST)
    views = [
        {"id": f"v{n}-{item}", "kind": "view", "at": NOW - timedelta(hours=n + 2), "session_id": f"s{n}"}
        | {"anonymous_id": f"a{n}", "product_id": item}
        for n in range(30)
        for item in ("cam-a", "card")
    ]
    facts.write_events(conform(pl.DataFrame(views), EVENTS))
    learn(small_shop, now=NOW, seed=0)
    return small_shop


def allow(shop: Shop, customer: str, *, granted: bool, at: datetime) -> None:
    """Grant or withdraw the use of a customer's history."""
    row = {"customer_id": customer, "purpose": "personalisation", "channel": "any", "granted": granted, "at": at}
    shop.store.facts.write_consents(conform(pl.DataFrame([row | {"source": "test", "evidence": "-"}]), CONSENTS))


def look(shop: Shop, name: str, item: str, at: datetime, kind: str = "view", **who: str) -> None:
    """One view, or what was done with a cart."""
    event = {"id": name, "kind": kind, "at": at, "product_id": item} | who
    shop.store.facts.write_events(conform(pl.DataFrame([event]), EVENTS))


def seen(shop: Shop, request: OfferRequest = HOME, now: datetime = NOW) -> CustomerView:
    """The view of a request, from a fresh start."""
    return Customers(shop.store).view(request, now, load(shop))


def test_what_is_used_up_is_due_by_the_customers_own_pace(weekly_shop: Shop) -> None:
    due = {each.product_id: each for each in seen(weekly_shop).due}
    assert due["rice"].days == 8
    assert 6 <= due["rice"].interval <= 8
    assert due["rice"].probability > 0.5
    assert all(each.product_id in {"rice", "tea", "tea-fine", "cake"} for each in due.values())  # nothing durable


def test_a_new_order_puts_a_refill_off_at_once_and_a_gift_does_not(weekly_shop: Shop) -> None:
    customers, loaded = Customers(weekly_shop.store), load(weekly_shop)
    assert "rice" in {each.product_id for each in customers.view(HOME, NOW, loaded).due}
    order(weekly_shop, "n1", "c01", NOW - timedelta(hours=1), "rice", gift=True)
    loaded = replace(loaded, sequence=weekly_shop.store.facts.sequence())
    assert "rice" in {each.product_id for each in customers.view(HOME, NOW, loaded).due}
    order(weekly_shop, "n2", "c01", NOW - timedelta(hours=1), "rice", "bag")
    loaded = replace(loaded, sequence=weekly_shop.store.facts.sequence())
    view = customers.view(HOME, NOW, loaded)
    assert "rice" not in {each.product_id for each in view.due}
    assert view.owned[-1].at == NOW - timedelta(hours=1)
    assert {each.product_id for each in view.owned[-2:]} == {"rice", "bag"}


def test_what_they_came_to_is_known_where_there_is_something_to_come_to(weekly_shop: Shop) -> None:
    for n, kind in enumerate(("registered", "attended")):
        look(weekly_shop, f"j{n}", "course", NOW - timedelta(days=200 - n), kind, customer_id="c01")
    assert seen(weekly_shop).joined == ()  # nothing in the catalogue teaches
    row = {"id": "course", "title": "Course", "currency": "JPY", "kind": "content", "category": ["course"]}
    weekly_shop.store.facts.write_products(conform(pl.DataFrame([row]), PRODUCTS))
    assert seen(weekly_shop).joined == (Joined("course", attended=True),)
    allow(weekly_shop, "c01", granted=False, at=NOW)
    assert seen(weekly_shop).joined == (Joined("course", attended=True),)


def test_what_came_back_is_neither_owned_nor_due(weekly_shop: Shop) -> None:
    facts = weekly_shop.store.facts
    mine = facts.orders().filter(pl.col("customer_id") == "c01")["id"].to_list()
    back = facts.order_lines().filter(pl.col("order_id").is_in(mine), pl.col("product_id") == "rice")
    facts.write_orders(pl.DataFrame(schema=ORDERS), back.with_columns(returned=pl.col("quantity")))
    view = seen(weekly_shop)
    assert "rice" not in {each.product_id for each in view.owned}
    assert "rice" not in {each.product_id for each in view.due}
    assert view.risks.return_rate is not None
    assert view.risks.return_rate > 0


def test_the_record_of_the_customer_and_what_they_paid(weekly_shop: Shop) -> None:
    view = seen(weekly_shop)
    assert (view.age, view.tastes, view.needs, view.won) == (36, ("green", "calm"), ("travel",), True)
    assert view.price_band is not None
    assert view.price_band.middle == 500
    assert view.expected
    assert max(each.times for each in view.expected) >= 13


def test_without_consent_only_this_visit_is_read(weekly_shop: Shop) -> None:
    allow(weekly_shop, "c01", granted=False, at=NOW - timedelta(days=1))
    look(weekly_shop, "x1", "cam-a", NOW - timedelta(days=3), customer_id="c01")
    look(weekly_shop, "x2", "cam-a", NOW - timedelta(minutes=3), customer_id="c01")
    view = seen(weekly_shop)
    assert (view.due, view.expected, view.viewed, view.price_band, view.tastes) == ((), (), (), None, ())
    assert view.session_products == ("cam-a",)


def test_a_visit_ends_after_half_an_hour_and_what_was_bought_is_not_looked_at(weekly_shop: Shop) -> None:
    look(weekly_shop, "x1", "bag", NOW - timedelta(minutes=50), anonymous_id="me")
    look(weekly_shop, "x2", "cam-a", NOW - timedelta(minutes=10), anonymous_id="me")
    look(weekly_shop, "x3", "cam-b", NOW - timedelta(minutes=5), anonymous_id="me")
    view = seen(weekly_shop, OfferRequest("home", anonymous_id="me"))
    assert view.session_products == ("cam-a", "cam-b")
    assert [each.product_id for each in view.viewed] == ["bag", "cam-a", "cam-b"]
    assert [each.product_id for each in view.session] == ["card"]
    look(weekly_shop, "y1", "rice", NOW - timedelta(days=20), customer_id="c01")
    look(weekly_shop, "y2", "cam-c", NOW - timedelta(days=2), customer_id="c01")
    assert [each.product_id for each in seen(weekly_shop).viewed] == ["cam-c"]


def test_what_this_visit_took_out_of_the_cart_and_did_not_put_back_is_known_at_once(weekly_shop: Shop) -> None:
    for minute, kind, item in ((9, "add", "cam-b"), (8, "remove", "cam-b"), (7, "add", "bag"), (6, "remove", "bag")):
        look(weekly_shop, f"x{minute}", item, NOW - timedelta(minutes=minute), kind=kind, anonymous_id="me")
    asked = OfferRequest("product", anonymous_id="me", product_id="cam-a")
    assert seen(weekly_shop, asked).removed == ("bag", "cam-b")
    assert seen(weekly_shop, asked).session_products == ("cam-b", "bag", "cam-a")
    look(weekly_shop, "x5", "bag", NOW - timedelta(minutes=5), kind="add", anonymous_id="me")
    assert seen(weekly_shop, asked).removed == ("cam-b",)
    assert seen(weekly_shop, asked, NOW + timedelta(days=1)).removed == ()


def test_what_an_earlier_visit_left_in_the_cart_is_known_until_it_is_bought(weekly_shop: Shop) -> None:
    look(weekly_shop, "l1", "cam-b", NOW - timedelta(days=2), "add", customer_id="c01", session_id="s1")
    look(weekly_shop, "l2", "bag", NOW - timedelta(days=2), "add", customer_id="c01", session_id="s1")
    look(weekly_shop, "l3", "bag", NOW - timedelta(days=2, minutes=-1), "remove", customer_id="c01", session_id="s1")
    look(weekly_shop, "l4", "card", NOW - timedelta(minutes=3), "add", customer_id="c01", session_id="s2")
    asked = OfferRequest("product", customer_id="c01", session_id="s2", product_id="cam-b")
    assert seen(weekly_shop, asked).abandoned == ("cam-b",)  # what lies in the cart of this visit is not left behind
    assert seen(weekly_shop, replace(asked, customer_id=None, anonymous_id="nobody")).abandoned == ()
    order(weekly_shop, "bought", "c01", NOW - timedelta(days=1), "cam-b")
    assert seen(weekly_shop, asked).abandoned == ()


def test_decisions_with_all_of_it_come_out_again(weekly_shop: Shop) -> None:
    look(weekly_shop, "x1", "cam-a", NOW - timedelta(minutes=3), customer_id="c01", anonymous_id="me")
    asked = [
        HOME,
        OfferRequest("account", customer_id="c01"),
        OfferRequest("cart", customer_id="c01", anonymous_id="me", cart=(CartLine("tea"),)),
        OfferRequest("home", anonymous_id="me"),
    ]

    async def ask() -> list[Decision]:
        journal = weekly_shop.store.journal()
        decider = Decider(weekly_shop, journal, lambda: NOW, iter(range(1, 9)).__next__)
        decider.refresh()
        made = [(await decider.decide(each)).decision for each in asked]
        await journal.close()
        return made

    decisions = asyncio.run(ask())
    assert decisions[0].customer.due
    assert decisions[2].customer.expected
    assert decisions[3].customer.session
    kinds = {offer.kind: offer for offer in decisions[1].slate}
    reason = kinds["replenish"].reasons[0]
    assert (reason.code, reason.numbers["days"]) == ("due", 8)
    assert reason.numbers["interval"] in {6, 7, 8}
    assert all(replay_decision(weekly_shop, each.id).same for each in decisions)


def test_what_was_learned_of_their_returns_and_what_is_known_of_their_cost_come_into_the_risks(
    weekly_shop: Shop,
) -> None:
    for n in range(6):
        order(weekly_shop, f"back{n}", "c02", NOW - timedelta(days=n), "cup", "bag", "card", returned=1)
    for n in range(40):  # fifty customers are needed to tell who will come back
        order(weekly_shop, f"d{n}", f"d{n % 20:02}", NOW - timedelta(days=n), "cake")
    known = {
        "c02": '{"segments": "vip, gold, uplift.persuadable"}',
        "c03": '{"cost_to_serve": "900000"}',
        "c04": '{"margin": "12"}',
    }
    frame = pl.DataFrame({"id": list(known), "kind": ["person"] * 3, "attributes": list(known.values())})
    weekly_shop.store.facts.write_customers(conform(frame, CUSTOMERS))
    learn(weekly_shop, now=NOW, seed=0)
    loaded = load(weekly_shop)
    customers = Customers(weekly_shop.store)
    asked = {who: replace(HOME, customer_id=who, segments=("staff",)) for who in ("c02", "c03", "c04", "new")}
    views = {who: customers.view(each, NOW, loaded) for who, each in asked.items()}
    compared = {who: view.risks.returns_compared for who, view in views.items()}
    assert (compared["c02"] or 0) > 20_000  # more than twice as often as all
    assert (compared["c03"] or 0) < 10_000
    assert compared["new"] is None
    assert views["c02"].segments == ("vip", "gold", "staff")
    assert views["new"].segments == ("staff",)
    costly = views["c03"].risks
    assert costly.cost_to_serve == 900_000
    assert costly.margin is not None  # learned, since a cost stands against it
    assert 0 < costly.margin < 900_000
    assert views["c04"].risks.margin == 12
    policy = ready_policy("standard")
    silent = decide(asked["c03"], loaded.state, views["c03"], policy, now=NOW, seed=1)
    assert silent.slate == ()
    assert silent.refused["cost_to_serve"] > 0


def test_returns_of_a_product_lower_its_worth_and_more_so_for_who_sends_back_more(weekly_shop: Shop) -> None:
    for n in range(40):
        order(weekly_shop, f"b{n}", f"c{n:02}", NOW - timedelta(days=n), "bag", returned=int(n % 5 == 0))
    learn(weekly_shop, now=NOW, seed=0)
    state = load(weekly_shop).state
    assert 0 < state.items["returns"][state.ids.position("bag")] < 2_500
    worth = {}
    for compared in (None, 10_000, 30_000):
        view = CustomerView(id="c", risks=Risks(returns_compared=compared))
        asked = OfferRequest("product", product_id="cam-b", n=20, kinds=("cross_sell",))
        slate = decide(asked, state, view, ready_policy("standard"), now=NOW, seed=1).slate
        worth[compared] = next(each.scores.worth for each in slate if each.product_id == "bag") or 0
    assert worth[None] == worth[10_000] > worth[30_000] > 0


class Away:
    """A store's port that never answers."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def asked(*_: object) -> Any:
            raise Unavailable("the store is away")

        return asked


def test_a_page_of_nobody_is_known_while_the_store_is_away_whatever_segments_it_claims(small_shop: Shop) -> None:
    learn(small_shop, now=NOW, seed=0)
    customers = Customers(cast("Store", SimpleNamespace(segments=Away(), people=Away())))
    asked = OfferRequest("product", product_id="cam-a", segments=("vip",))
    view, known = customers.last_view(asked, NOW, load(small_shop))
    assert (view.session_products, view.segments, known) == (("cam-a",), ("vip",), False)


def deciding(shop: Shop, now: datetime = NOW) -> Decider:
    """A running decider; c01 to c03 have agreed."""
    for who in ("c02", "c03"):
        allow(shop, who, granted=True, at=FIRST)
    decider = Decider(shop, shop.store.journal(), lambda: now, iter(range(1000)).__next__)
    decider.refresh()
    return decider


def dearer(shop: Shop) -> None:
    facts = shop.store.facts
    facts.write_products(facts.products().with_columns(price=pl.col("price") + 1))


def test_a_state_whose_place_another_took_is_let_go_whomever_it_was_asked_for(weekly_shop: Shop) -> None:
    """Each night's learning used to stay in memory for as long as anything was remembered of anybody it decided for."""
    decider = deciding(weekly_shop)
    for who in ("c01", "c02", "c03"):
        for asked in (OfferRequest("home", customer_id=who), OfferRequest("cart", customer_id=who, cart=TEA)):
            decider.preview(asked, 1)
    learned = weakref.ref(decider.loaded.state.items)
    learn(weekly_shop, now=NOW + timedelta(hours=1), seed=0)
    decider.refresh()
    decider.preview(OfferRequest("home", customer_id="c04"), 1)
    assert learned() is None
    as_it_was = weakref.ref(decider.loaded.state.items)
    dearer(weekly_shop)
    decider.refresh()
    decider.preview(OfferRequest("home", customer_id="c05"), 1)
    assert as_it_was() is None


def test_prices_that_change_leave_what_is_foreseen_and_learning_anew_does_not(weekly_shop: Shop) -> None:
    decider = deciding(weekly_shop)
    before = decider.view(HOME)
    assert before.due
    before_items = decider.loaded.state.items
    dearer(weekly_shop)
    decider.refresh()
    assert decider.loaded.state.items is not before_items
    assert decider.view(HOME).due is before.due
    learn(weekly_shop, now=NOW + timedelta(hours=1), seed=0)
    decider.refresh()
    assert decider.view(HOME).due is not before.due


def test_what_becomes_lasting_is_not_foreseen_as_a_refill_any_more(weekly_shop: Shop) -> None:
    decider = deciding(weekly_shop)
    assert "rice" in {each.product_id for each in decider.view(HOME).due}
    facts = weekly_shop.store.facts
    lasting = pl.when(pl.col("id") == "rice").then(pl.lit(value=True)).otherwise(pl.col("durable"))
    facts.write_products(facts.products().with_columns(durable=lasting))
    decider.refresh()
    assert "rice" not in {each.product_id for each in decider.view(HOME).due}


def test_a_cart_is_completed_once_however_many_pages_ask_with_it(weekly_shop: Shop) -> None:
    decider = deciding(weekly_shop)
    carts = [TEA, (CartLine("cam-a"),), (CartLine("tea", 5),)]
    tea, camera, more = (decider.view(OfferRequest("cart", customer_id="c01", cart=each)).expected for each in carts)
    assert tea
    assert more is tea  # of whatever quantity
    assert camera != tea
    assert decider.view(OfferRequest("checkout", customer_id="c01", cart=TEA)).expected is tea
