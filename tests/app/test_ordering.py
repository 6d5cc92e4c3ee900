import asyncio
import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from tsuide.app.accepting import Asked, ask
from tsuide.app.customers import Customers
from tsuide.app.deciding import Decider, Served
from tsuide.app.learn import learn
from tsuide.app.ledger import Ledger, Told
from tsuide.app.loading import load
from tsuide.app.ordering import place_order
from tsuide.app.promotions import pause_promotion, publish_deals, put_promotion, read_promotion, standing
from tsuide.app.quoting import Buyer, Wanted, quote
from tsuide.app.signing import DEMO_TERMS, set_sale_terms
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, Conflict, NotFound, Refused, UnknownDecision
from tsuide.offers.decide import decide
from tsuide.offers.offer import Kind, Offer
from tsuide.offers.policy.load import load_policy
from tsuide.offers.request import OfferRequest

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)


@pytest.fixture
def taught_shop(small_shop: Shop) -> Shop:
    learn(small_shop, now=NOW, seed=0)
    return small_shop


def decided(shop: Shop, visitor: str = "v1", kind: Kind = "cross_sell", without: tuple[str, ...] = ()) -> Served:
    """What a camera's page proposes to a visitor outside the holdout."""

    async def ask() -> Served:
        journal = shop.store.journal()
        decider = Decider(shop, journal, lambda: NOW, lambda: zlib.crc32(visitor.encode()))
        decider.refresh()
        served = await decider.decide(
            OfferRequest("product", product_id="cam-a", anonymous_id=visitor, kinds=(kind,), exclude=without)
        )
        await journal.close()
        return served

    served = asyncio.run(ask())
    assert served.decision.arm == "treated"
    assert served.decision.offers or kind != "cross_sell"
    return served


def test_an_accepted_offer_becomes_a_line_that_names_it_with_the_yes_on_record(taught_shop: Shop) -> None:
    served = decided(taught_shop)
    offer = served.decision.offers[0]
    wanted = [Wanted("cam-a", 1), Wanted(offer.product_id, 2, offer.id, served.decision.id)]
    placed = place_order(taught_shop, served.catalogue, "web_1", Buyer("v1"), wanted, NOW)
    assert placed.accepted == {offer.product_id: offer.id}
    lines = taught_shop.store.facts.order_lines().filter(order_id="web_1").sort("line")
    assert lines["offer_id"].to_list() == [None, offer.id]
    assert lines["role"].to_list() == ["main", "attached"]
    (yes,) = taught_shop.store.acceptances.of_offer(offer.id)
    assert (yes["evidence_kind"], yes["state"]) == ("click", "used")


def test_the_same_order_twice_is_one_order(taught_shop: Shop) -> None:
    served = decided(taught_shop)
    offer = served.decision.offers[0]
    wanted = [Wanted(offer.product_id, 1, offer.id, served.decision.id)]
    first = place_order(taught_shop, served.catalogue, "web_1", Buyer("v1"), wanted, NOW)
    second = place_order(taught_shop, served.catalogue, "web_1", Buyer("v1"), wanted, NOW)
    assert first.accepted == second.accepted
    assert taught_shop.store.facts.counts()["orders"] == 401
    assert len(taught_shop.store.acceptances.of_offer(offer.id)) == 1


def test_two_visitors_accept_their_own_offers(taught_shop: Shop) -> None:
    for n, visitor in enumerate(("v1", "v2")):
        served = decided(taught_shop, visitor)
        offer = served.decision.offers[n]
        wanted = [Wanted(offer.product_id, 1, offer.id, served.decision.id)]
        placed = place_order(taught_shop, served.catalogue, f"web_{visitor}", Buyer(visitor), wanted, NOW)
        assert placed.accepted == {offer.product_id: offer.id}


@pytest.mark.parametrize("lie", ["another visitor's", "another product's", "no such decision", "no such offer"])
def test_an_offer_that_was_not_made_to_the_buyer_is_not_believed(taught_shop: Shop, lie: str) -> None:
    served = decided(taught_shop)
    offer = served.decision.offers[0]
    wanted = {
        "another visitor's": Wanted(offer.product_id, 1, offer.id, served.decision.id),
        "another product's": Wanted("rice", 1, offer.id, served.decision.id),
        "no such decision": Wanted(offer.product_id, 1, offer.id, "dec_unknown"),
        "no such offer": Wanted(offer.product_id, 1, "dec_unknown.0", served.decision.id),
    }[lie]
    buyer = Buyer("somebody else" if lie == "another visitor's" else "v1")
    placed = place_order(taught_shop, served.catalogue, "web_1", buyer, [wanted], NOW)
    assert placed.accepted == {}
    assert taught_shop.store.facts.order_lines().filter(order_id="web_1")["offer_id"].to_list() == [None]


def test_what_is_not_for_sale_is_not_sold(taught_shop: Shop) -> None:
    served = decided(taught_shop)
    with pytest.raises(BadValue, match="not for sale"):
        place_order(taught_shop, served.catalogue, "web_1", Buyer("v1"), [Wanted("unknown", 1)], NOW)
    with pytest.raises(BadValue, match="at least one line"):
        place_order(taught_shop, served.catalogue, "web_1", Buyer("v1"), [], NOW)


def test_outcomes_are_recorded_once_and_belong_to_their_decision(taught_shop: Shop) -> None:
    served = decided(taught_shop)
    decision, offer = served.decision, served.decision.offers[0]

    async def tell() -> None:
        journal = taught_shop.store.journal()
        ledger = Ledger(taught_shop.store, journal, lambda: NOW, lambda _: "cards")
        shown, clicked = Told(offer.id, "shown"), Told(offer.id, "clicked")
        assert await ledger.record(decision.id, [shown, clicked]) == (2, 0)
        assert await ledger.record(decision.id, [clicked, clicked]) == (0, 2)
        assert await ledger.record(decision.id, [Told(offer.id, "declined", "not_now", key="k1")]) == (1, 0)
        with pytest.raises(Conflict, match="another outcome"):
            await ledger.record(decision.id, [Told(offer.id, "later", key="k1")])
        with pytest.raises(NotFound, match="no such offer"):
            await ledger.record(decision.id, [Told("dec_x.0", "shown")])
        with pytest.raises(UnknownDecision):
            await ledger.record("dec_unknown", [shown])
        await journal.close()

    asyncio.run(tell())
    rows = taught_shop.store.outcomes.of_decision(decision.id)
    assert sorted(row["outcome"] for row in rows) == ["clicked", "declined", "shown"]
    assert {row["category"] for row in rows} == {"cards"}
    assert {row["anonymous_id"] for row in rows} == {"v1"}


def test_what_one_page_showed_is_one_contact_however_long_it_took_to_be_seen(taught_shop: Shop) -> None:
    served = decided(taught_shop)
    offers = served.decision.offers
    assert len(offers) > 1
    seen_at = iter(NOW + timedelta(seconds=10 * n) for n in range(len(offers)))

    async def see() -> None:
        journal = taught_shop.store.journal()
        ledger = Ledger(taught_shop.store, journal, lambda: next(seen_at), lambda _: "cards")
        for offer in offers:
            await ledger.record(served.decision.id, [Told(offer.id, "shown")])
        await journal.close()

    asyncio.run(see())
    later = NOW + timedelta(minutes=5)
    view = Customers(taught_shop.store).view(OfferRequest("home", anonymous_id="v1"), later, load(taught_shop))
    assert [(each.outcome, each.at) for each in view.touches] == [("shown", NOW)] * len(offers)
    limited = "name: x\nholdout: 0%\ncontact_limits: [{channel: site, most: 2, days: 1}]\n"
    decision = decide(
        OfferRequest("home", anonymous_id="v1"), load(taught_shop).state, view, load_policy(limited), now=later, seed=1
    )
    assert "contact_limit" not in decision.refused


SALE = {
    "id": "cards",
    "names": {"ja": "カード300円引き", "en": "300 yen off cards"},
    "benefit": {"kind": "amount", "value": 300},
    "currency": "JPY",
    "targets": {"products": ["card"]},
    "budget": {"amount": 900},
}


def on_sale(shop: Shop, *promotions: Mapping[str, object], product: str = "card") -> tuple[Served, Wanted]:
    """A product offered under promotions, and the cart's line of it."""
    for each in promotions:
        put_promotion(shop, read_promotion(each), NOW)
    publish_deals(shop, NOW)
    served = decided(shop)
    offer = next(each for each in served.decision.offers if each.product_id == product)
    return served, Wanted(product, 1, offer.id, served.decision.id)


def test_what_was_offered_is_what_is_charged(taught_shop: Shop) -> None:
    served, card = on_sale(taught_shop, SALE)
    made = quote(taught_shop, served.catalogue, Buyer("v1"), [Wanted("cam-a", 1), replace(card, quantity=2)], NOW)
    assert [(each.product.id, each.discount) for each in made.lines] == [("cam-a", 0), ("card", 600)]
    assert [each.crossed_out for each in made.lines] == [None, None]  # noted only since today
    assert made.whole is not None
    assert made.whole.total == sum(each.amount for each in made.lines)
    placed = place_order(
        taught_shop, served.catalogue, "web_1", Buyer("v1"), [Wanted("cam-a", 1), replace(card, quantity=2)], NOW,
        shown_total=made.whole.total,
    )  # fmt: skip
    assert placed.accepted == {"card": card.offer_id}
    line = taught_shop.store.facts.order_lines().filter(order_id="web_1", product_id="card")
    assert line.select("unit_price", "quantity", "discount", "amount").row(0) == (3_000, 2, 600, 5_400)
    assert standing(taught_shop, "cards").spent == 600
    again = place_order(
        taught_shop, served.catalogue, "web_1", Buyer("v1"), [Wanted("cam-a", 1), replace(card, quantity=2)], NOW,
        shown_total=made.whole.total,
    )  # fmt: skip
    assert (again.quote.whole, standing(taught_shop, "cards").spent) == (made.whole, 600)


def test_another_price_than_was_shown_is_shown_first(taught_shop: Shop) -> None:
    served, card = on_sale(taught_shop, SALE)
    pause_promotion(taught_shop, "cards", NOW)
    with pytest.raises(Conflict, match="price has changed"):
        place_order(taught_shop, served.catalogue, "web_1", Buyer("v1"), [card], NOW, shown_total=2_700)
    assert taught_shop.store.facts.order_lines().filter(order_id="web_1").is_empty()
    made = quote(taught_shop, served.catalogue, Buyer("v1"), [card], NOW)
    assert [each.amount for each in made.lines] == [3_000]


def test_the_price_ends_with_the_offer(taught_shop: Shop) -> None:
    served, card = on_sale(taught_shop, SALE)
    held, over = (
        quote(taught_shop, served.catalogue, Buyer("v1"), [card], NOW + timedelta(days=days)) for days in (2, 3)
    )
    assert [each.lines[0].amount for each in (held, over)] == [2_700, 3_000]


def test_the_price_ends_with_its_promotion(taught_shop: Shop) -> None:
    over = NOW + timedelta(hours=1)
    served, card = on_sale(taught_shop, {**SALE, "ends_at": over.isoformat()})
    assert [each.expires_at for each in served.decision.offers if each.product_id == "card"] == [over]
    amounts = [quote(taught_shop, served.catalogue, Buyer("v1"), [card], at).lines[0].amount for at in (NOW, over)]
    assert amounts == [2_700, 3_000]


def test_a_cart_that_comes_to_enough_gets_what_the_filler_promised(taught_shop: Shop) -> None:
    basket = {**SALE, "id": "basket", "targets": {"least": 7_000}, "budget": {}}
    tenth = {**basket, "id": "tenth", "benefit": {"kind": "percent", "value": 1_000}}
    points = {**basket, "id": "points", "benefit": {"kind": "points", "value": 100, "unit": "pt"}}
    gift = {**basket, "id": "gift", "benefit": {"kind": "free_item", "items": ["tea"]}}
    for each in (tenth, points, gift, {**tenth, "id": "later", "starts_at": (NOW + timedelta(days=1)).isoformat()}):
        put_promotion(taught_shop, read_promotion(each), NOW)
    catalogue = load(taught_shop).catalogue
    little = quote(taught_shop, catalogue, Buyer("v1"), [Wanted("card", 2)], NOW)
    assert ([each.amount for each in little.lines], little.points) == ([6_000], {})
    enough = [Wanted("card", 1), Wanted("bag", 1)]
    made = quote(taught_shop, catalogue, Buyer("v1"), enough, NOW)
    assert [(each.product.id, each.amount, each.free) for each in made.lines] == [
        ("card", 2_700, False),
        ("bag", 4_500, False),
        ("tea", 0, True),
    ]
    assert made.points == {"pt": 72}  # of the 7,200 that are paid
    placed = place_order(taught_shop, catalogue, "web_1", Buyer("v1"), enough, NOW)
    assert placed.quote == made
    lines = taught_shop.store.facts.order_lines().filter(order_id="web_1").sort("line")
    assert lines.select("product_id", "discount", "offer_id").rows() == [
        ("card", 300, None),
        ("bag", 500, None),
        ("tea", 800, None),
    ]


def test_free_shipping_that_a_cart_reached_is_not_taken_back_by_its_own_promotion(taught_shop: Shop) -> None:
    set_sale_terms(taught_shop, replace(DEMO_TERMS, shipping=500, free_from=8_000), NOW)
    basket = {**SALE, "id": "basket", "targets": {"least": 7_000}, "budget": {}}
    tenth = {**basket, "benefit": {"kind": "percent", "value": 1_000}}
    put_promotion(taught_shop, read_promotion(tenth), NOW)
    catalogue = load(taught_shop).catalogue
    made = quote(taught_shop, catalogue, Buyer("v1"), [Wanted("card", 1), Wanted("bag", 1)], NOW)
    assert [(promotion.id, saved) for promotion, saved in made.basket.saved] == [("basket", 800)]
    assert made.whole is not None
    assert (made.whole.shipping, made.whole.total, made.left_to_free) == (0, 7_200, 0)  # 8,000 before the promotion
    little = quote(taught_shop, catalogue, Buyer("v1"), [Wanted("bag", 1)], NOW)
    assert little.whole is not None
    assert (little.whole.shipping, little.whole.total, little.left_to_free) == (500, 5_500, 3_000)
    shipped = {**basket, "id": "basket", "benefit": {"kind": "free_shipping"}, "targets": {"least": 5_000}}
    put_promotion(taught_shop, read_promotion(shipped), NOW)
    free = quote(taught_shop, catalogue, Buyer("v1"), [Wanted("bag", 1)], NOW)
    assert free.whole is not None
    assert (free.whole.shipping, free.left_to_free) == (0, 0)  # nothing is missing where a promotion pays it


def test_a_basket_promotion_with_a_budget_is_given_with_a_yes_that_draws_on_it_and_once(taught_shop: Shop) -> None:
    tenth = {"kind": "percent", "value": 1_000}
    basket = {**SALE, "id": "basket", "benefit": tenth, "targets": {"least": 7_000}, "budget": {"amount": 1_500}}
    put_promotion(taught_shop, read_promotion(basket), NOW)
    served = decided(taught_shop)
    offer = next(each for each in served.decision.offers if each.product_id == "card")
    card, bag = Wanted("card", 1, offer.id, served.decision.id), Wanted("bag", 1)
    by_hand = quote(taught_shop, served.catalogue, Buyer("v1"), [Wanted("card", 1), bag], NOW)
    assert [each.amount for each in by_hand.lines] == [3_000, 5_000]
    placed = place_order(taught_shop, served.catalogue, "web_1", Buyer("v1"), [card, bag], NOW)
    assert [each.amount for each in placed.quote.lines] == [2_700, 4_500]
    assert standing(taught_shop, "basket").spent == 800
    again = place_order(taught_shop, served.catalogue, "web_1", Buyer("v1"), [card, bag], NOW)
    assert (again.quote.whole, standing(taught_shop, "basket").spent) == (placed.quote.whole, 800)
    each = {**basket, "id": "each", "budget": {"uses_per_customer": 1}}
    put_promotion(taught_shop, read_promotion(each), NOW)
    same = quote(taught_shop, served.catalogue, Buyer("v1"), [card, bag], NOW, order_id="web_1")
    assert same.whole == placed.quote.whole  # what a customer may use so often only is left to offers
    other = decided(taught_shop, "v2")
    offer = next(each for each in other.decision.offers if each.product_id == "card")
    card = Wanted("card", 1, offer.id, other.decision.id)
    short = place_order(taught_shop, served.catalogue, "web_2", Buyer("v2"), [card, bag], NOW)  # 700 left of 800
    assert ([each.amount for each in short.quote.lines], standing(taught_shop, "basket").spent) == ([3_000, 5_000], 800)


def test_a_gift_is_a_line_that_costs_nothing_and_points_are_told(taught_shop: Shop) -> None:
    more = {**SALE, "targets": {}, "budget": {}}
    gift = {**more, "id": "gift", "benefit": {"kind": "free_item", "items": ["tea"]}}
    points = {**more, "id": "points", "benefit": {"kind": "points", "value": 1_000, "unit": "pt"}}
    served, bag = on_sale(taught_shop, gift, points, product="bag")
    made = quote(taught_shop, served.catalogue, Buyer("v1"), [bag], NOW)
    assert [(each.product.id, each.amount, each.free) for each in made.lines] == [
        ("bag", 5_000, False),
        ("tea", 0, True),
    ]
    assert made.points == {"pt": 500}
    place_order(taught_shop, served.catalogue, "web_1", Buyer("v1"), [bag], NOW)
    lines = taught_shop.store.facts.order_lines().filter(order_id="web_1").sort("line")
    assert lines["amount"].to_list() == [5_000, 0]
    assert standing(taught_shop, "points").spent == 500
    assert "card" not in {each.product_id for each in served.decision.offers}
    assert served.decision.refused["premium_limit"] >= 1  # 800 yen of tea free with a card of 3,000: over 20 %


def set_with_cup(shop: Shop) -> list[Offer]:
    """What a camera's page offers as sets while one of camera and bag brings a cup."""
    together = {"kind": "set_price", "value": 44_500, "items": ["cam-a", "bag"], "extra": ["cup"]}
    put_promotion(shop, read_promotion({**SALE, "targets": {}, "budget": {}, "benefit": together}), NOW)
    publish_deals(shop, NOW)
    served = decided(shop, kind="bundle", without=("cam-b", "card"))  # other sets with the bag would take its place
    return [each for each in served.decision.offers if each.promotion_id]


def test_a_sets_free_extra_is_shown_and_charged_as_a_line_that_costs_nothing(taught_shop: Shop) -> None:
    (offer,) = set_with_cup(taught_shop)
    assert [(each.product_id, each.price, each.role) for each in offer.items] == [
        ("bag", 5_000, "offered"),
        ("cam-a", 40_000, "anchor"),
        ("cup", 1_500, "free"),
    ]
    gain = offer.gains[0]
    assert (offer.price, offer.list_price, gain.saving, gain.cost) == (44_500, 45_000, 2_000, 1_100)
    assert "comes_free" in {each.code for each in offer.reasons}
    decision_id = offer.id.rpartition(".")[0]
    wanted = [Wanted(each, 1, offer.id, decision_id) for each in ("cam-a", "bag")]
    made = quote(taught_shop, load(taught_shop).catalogue, Buyer("v1"), wanted, NOW)
    assert [(each.product.id, each.free) for each in made.lines] == [("cam-a", False), ("bag", False), ("cup", True)]
    assert sum(each.amount for each in made.lines) == 44_500


def test_a_set_whose_extra_is_sold_out_is_not_offered_at_its_price(taught_shop: Shop) -> None:
    cup = taught_shop.store.facts.products().filter(id="cup").with_columns(stock=pl.lit(0, pl.Int64))
    taught_shop.store.facts.write_products(cup)
    assert set_with_cup(taught_shop) == []


def test_each_piece_is_added_in_its_own_size(small_shop: Shop) -> None:
    """A size of what was offered is taken in its place, at its own price less what the offer saves."""
    bag = small_shop.store.facts.products().filter(id="bag").with_columns(parent_id=pl.lit("bags"))
    large = bag.with_columns(id=pl.lit("bag-large"), price=pl.lit(6_000, pl.Int64), title=pl.lit("Camera bag, large"))
    small_shop.store.facts.write_products(pl.concat([bag, large]))
    learn(small_shop, now=NOW, seed=0)
    served, line = on_sale(small_shop, {**SALE, "targets": {"products": ["bag"]}, "budget": {}}, product="bag")
    assert [each.id for each in served.catalogue.variants("bag")] == ["bag", "bag-large"]
    assert served.catalogue.variants("card") == ()
    made = quote(small_shop, served.catalogue, Buyer("v1"), [replace(line, product_id="bag-large")], NOW)
    assert [(each.product.id, each.listed, each.amount, each.offer_id) for each in made.lines] == [
        ("bag-large", 6_000, 5_700, line.offer_id)
    ]
    assert line.offer_id is not None
    asked = Asked(served.decision.id, line.offer_id, variants=(("bag", "bag-large"),))
    waiting = ask(small_shop, served.catalogue, asked, NOW)
    assert [(each.product_id, each.amount) for each in waiting.confirmed.items] == [("bag-large", 5_700)]
    with pytest.raises(Refused, match="not a size"):
        ask(small_shop, served.catalogue, replace(asked, variants=(("bag", "card"),)), NOW)
