"""From offer to yes and order, at the application: what is refused, what is shown, what is drawn."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from tsuide.app import accepting
from tsuide.app.accepting import Asked
from tsuide.app.catalogue import Catalogue
from tsuide.app.deciding import row_of
from tsuide.app.own_orders import order_accepted
from tsuide.app.promotions import pause_promotion, put_promotion, read_promotion, running, standing, standings
from tsuide.app.signing import DEMO_TERMS, rotate_keys, sale_terms, set_sale_terms, signing_keys
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, Conflict, NotFound, NotReady, Refused
from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.schema import conform
from tsuide.offers.acceptance import SaleTerms
from tsuide.offers.customer import CustomerView
from tsuide.offers.decision import Decision
from tsuide.offers.offer import Offer, OfferItem, Scores
from tsuide.offers.request import OfferRequest

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ASKED = Asked("dec", "dec.0")
ROWS: list[dict[str, Any]] = [
    {"id": "card", "title": "Card", "price": 3_000, "cost": 1_200, "stock": 5},
    {"id": "case", "title": "Case", "price": 900, "cost": 300},
    {"id": "strap", "title": "Strap", "price": 500, "cost": 100},
    {"id": "plan", "title": "Plan", "price": 1_000, "kind": "subscription"}
    | {"attributes": '{"term": "12 months", "cancellation": "any time", "colour": "none"}'},
]


def catalogue(**more: Any) -> Catalogue:
    rows = [{"currency": "JPY", "status": "active", "kind": "physical", "category": ["x"], **row} for row in ROWS]
    rows = [{**row, "tax_rate": 1_000, "tax_included": True, **more} for row in rows]
    return Catalogue(conform(pl.DataFrame(rows, infer_schema_length=None), PRODUCTS), {})


def offered(shop: Shop, placement: Any = "cart", **more: Any) -> None:
    """A decision `dec` for customer c1 with one offer."""
    items = more.pop("items", (OfferItem("card", 1, 3_000),))
    scores = Scores(0.2, None, 1.0, 1.0, 0.2)
    asked = OfferRequest(placement, customer_id="c1", language=more.pop("language", "ja"))
    values: dict[str, Any] = {"product_id": items[0].product_id, "currency": "JPY", "price": items[0].price, **more}
    offer = Offer("dec.0", 0, "cross_sell", "complements", scores=scores, items=items, **values)
    made = Decision(
        id="dec", at=NOW, request=asked, customer=CustomerView(id="c1"),
        snapshot_id="s", sequence=0, policy="p", policy_version="1", seed=0, arm="treated", unit="customer",
        slate=(offer,),
    )  # fmt: skip
    journal = shop.store.journal()
    journal.write("trace", row_of(made))
    journal.close_now()


@pytest.fixture
def shop(empty_shop: Shop) -> Shop:
    set_sale_terms(empty_shop, DEMO_TERMS, NOW)
    return empty_shop


def token_of(shop: Shop, asked: Asked = ASKED, now: datetime = NOW) -> str:
    token = accepting.ask(shop, catalogue(), asked, now).token
    assert token is not None
    return token


def test_a_set_is_confirmed_at_its_price_with_free_parts_free_and_required_ones_only_when_wanted(shop: Shop) -> None:
    items = (
        OfferItem("card", 1, 3_000, "anchor"),
        OfferItem("case", 1, 900),
        OfferItem("strap", 1, 500, "free"),
        OfferItem("plan", 1, 1_000, "required"),
    )
    offered(shop, items=items, price=3_500)
    without = accepting.ask(shop, catalogue(), ASKED, NOW).confirmed
    assert [(item.product_id, item.amount) for item in without.items] == [("card", 2_692), ("case", 808), ("strap", 0)]
    assert without.total == 3_500
    wanted = accepting.ask(shop, catalogue(), replace(ASKED, include=("plan",)), NOW).confirmed
    assert (wanted.total, wanted.items[-1].role) == (4_500, "required")


def test_a_subscription_shows_its_term_and_how_to_end_it(shop: Shop) -> None:
    offered(shop, items=(OfferItem("plan", 1, 1_000),))
    made = accepting.ask(shop, catalogue(), ASKED, NOW).confirmed
    assert (made.term, made.cancellation) == ("12 months", "any time")


def test_an_offer_is_over_in_its_time(shop: Shop) -> None:
    offered(shop)
    accepting.ask(shop, catalogue(), ASKED, NOW + timedelta(days=3) - timedelta(seconds=1))
    with pytest.raises(Refused, match="over"):
        accepting.ask(shop, catalogue(), replace(ASKED, key="2"), NOW + timedelta(days=3))
    token = token_of(shop)
    with pytest.raises(Refused, match="expired"):
        accepting.confirm(shop, catalogue(), token, "ja", NOW + timedelta(days=3))


def test_a_reps_offer_holds_longer(shop: Shop) -> None:
    offered(shop, "rep", expires_at=None)
    assert accepting.ask(shop, catalogue(), ASKED, NOW).confirmed.expires_at == NOW + timedelta(days=30)


@pytest.mark.parametrize(("days", "held"), [(1, 1), (300, 30)])
def test_no_price_outlives_its_promotion_and_none_lasts_as_long_as_a_long_one(shop: Shop, days: int, held: int) -> None:
    offered(shop, "rep", expires_at=NOW + timedelta(days=days))
    assert accepting.ask(shop, catalogue(), ASKED, NOW).confirmed.expires_at == NOW + timedelta(days=held)


PAID = replace(DEMO_TERMS, shipping=500, free_from=3_000)


@pytest.mark.parametrize(
    ("item", "kind", "shipping"),
    [
        ("case", "physical", 500),
        ("card", "physical", 0),  # what the shop's terms call free is free here too
        ("case", "content", 0),
        ("case", "service", 0),
    ],
)
def test_shipping_is_what_the_terms_say_and_only_for_a_parcel(shop: Shop, item: str, kind: str, shipping: int) -> None:
    set_sale_terms(shop, PAID, NOW)
    price = {"card": 3_000, "case": 900}[item]
    offered(shop, items=(OfferItem(item, 1, price),))
    confirmed = accepting.ask(shop, catalogue(kind=kind), ASKED, NOW).confirmed
    assert (confirmed.shipping, confirmed.total) == (shipping, price + shipping)


def test_the_terms_of_a_plan_are_shown_in_the_readers_words_wherever_in_the_offer_it_is(shop: Shop) -> None:
    said = '{"term": "1年", "term_en": "one year", "cancellation": "いつでも", "cancellation_en": "at any time", '
    said += '"title_en": "The plan"}'
    known = catalogue(attributes=said)
    offered(shop, items=(OfferItem("card", 1, 3_000), OfferItem("plan", 1, 1_000)), price=4_000, language="en")
    confirmed = accepting.ask(shop, known, ASKED, NOW).confirmed
    assert (confirmed.term, confirmed.cancellation) == ("one year", "at any time")
    assert [each.title for each in confirmed.items] == ["The plan", "The plan"]  # the table gives both one name


def test_what_is_not_for_sale_any_more_cannot_be_asked_nor_confirmed(shop: Shop) -> None:
    offered(shop)
    with pytest.raises(Refused, match="not for sale"):
        accepting.ask(shop, catalogue(), replace(ASKED, quantity=6), NOW)
    token = token_of(shop)
    for gone in (catalogue(stock=0), catalogue(status="hidden"), Catalogue(pl.DataFrame(schema=PRODUCTS), {})):
        with pytest.raises(Refused, match="not for sale"):
            accepting.confirm(shop, gone, token, "ja", NOW)
    assert accepting.confirm(shop, catalogue(), token, "ja", NOW).state == "accepted"
    again = accepting.confirm(shop, catalogue(stock=0), token, "ja", NOW)
    assert (again.state, again.already) == ("accepted", True)


def test_without_the_shops_words_no_yes_is_taken(empty_shop: Shop) -> None:
    offered(empty_shop)
    token = token_of(empty_shop)
    with pytest.raises(NotReady, match="payment, delivery, cancellation"):
        accepting.confirm(empty_shop, catalogue(), token, "ja", NOW)
    assert accepting.look(empty_shop, token, NOW).state == "waiting"


def test_the_shops_words_must_be_there_in_both_languages(empty_shop: Shop) -> None:
    assert sale_terms(empty_shop) == SaleTerms({}, {}, {})
    with pytest.raises(BadValue, match=r"delivery\.en"):
        set_sale_terms(empty_shop, replace(DEMO_TERMS, delivery={"ja": "翌日"}), NOW)
    set_sale_terms(empty_shop, replace(DEMO_TERMS, shipping=500), NOW)
    assert sale_terms(empty_shop).shipping == 500


def test_links_outlive_one_rotation_of_keys_and_not_two(shop: Shop) -> None:
    offered(shop)
    token = token_of(shop)
    rotate_keys(shop, NOW)
    assert accepting.look(shop, token, NOW).state == "waiting"
    rotate_keys(shop, NOW + timedelta(seconds=1))
    assert len(signing_keys(shop, NOW)) == 2
    with pytest.raises(Refused, match="not valid"):
        accepting.look(shop, token, NOW)
    newer = token_of(shop)  # asked again, the same acceptance gets a link that is good
    assert newer != token
    assert accepting.confirm(shop, catalogue(), newer, "en", NOW).state == "accepted"


def test_a_newer_link_replaces_the_former(shop: Shop) -> None:
    offered(shop)
    token = token_of(shop)
    rotate_keys(shop, NOW)
    newer = token_of(shop)
    with pytest.raises(Refused, match="newer link"):
        accepting.look(shop, token, NOW)
    assert accepting.look(shop, newer, NOW).state == "waiting"


def test_an_order_of_ours_needs_the_yes_and_is_written_once(shop: Shop) -> None:
    offered(shop)
    waiting = accepting.ask(shop, catalogue(), ASKED, NOW)
    with pytest.raises(Conflict, match="needs the customer's yes"):
        order_accepted(shop, catalogue(), waiting.acceptance_id, NOW)
    assert waiting.token is not None
    accepting.confirm(shop, catalogue(), waiting.token, "ja", NOW)
    orders = {order_accepted(shop, catalogue(), waiting.acceptance_id, NOW) for _ in range(3)}
    assert len(orders) == 1
    lines = shop.store.facts.order_lines()
    assert lines.select("product_id", "amount", "cost", "offer_id").rows() == [("card", 3_000, 1_200, "dec.0")]
    assert shop.store.facts.orders()["origin"].to_list() == ["tsuide"]


def test_a_price_that_is_asked_for_cannot_be_countersigned(shop: Shop) -> None:
    offered(shop, items=(OfferItem("card", 1, None),))
    waiting = accepting.ask(shop, catalogue(), ASKED, NOW)
    with pytest.raises(NotReady, match="price"):
        accepting.countersign(shop, waiting.acceptance_id, ("signature", "scan"), NOW)


# --- promotions -------------------------------------------------------------------------------------------

SALE = {
    "id": "sale",
    "names": {"ja": "300円引き", "en": "300 yen off"},
    "benefit": {"kind": "amount", "value": 300},
    "currency": "JPY",
    "budget": {"amount": 500},
}


def test_a_yes_draws_on_the_promotion_it_was_offered_with_and_no_further(shop: Shop) -> None:
    put_promotion(shop, read_promotion(SALE), NOW)
    offered(shop, price=2_700, list_price=3_000, discount=300, promotion_id="sale")
    first = accepting.ask(shop, catalogue(), ASKED, NOW)
    assert (first.confirmed.total, first.confirmed.draws) == (2_700, {"sale": 300})
    second = accepting.ask(shop, catalogue(), replace(ASKED, quantity=2), NOW)
    assert second.token is not None
    with pytest.raises(Conflict, match="used up"):
        accepting.confirm(shop, catalogue(), second.token, "ja", NOW)  # 600 of 500
    assert standing(shop, "sale").spent == 0
    assert first.token is not None
    accepting.confirm(shop, catalogue(), first.token, "ja", NOW)
    accepting.confirm(shop, catalogue(), first.token, "ja", NOW)
    assert (standing(shop, "sale").spent, standing(shop, "sale").uses) == (300, 1)


def test_promotions_run_until_they_are_paused_or_used_up(shop: Shop) -> None:
    put_promotion(shop, read_promotion(SALE), NOW)
    assert [each.id for each in running(standings(shop), NOW)] == ["sale"]
    pause_promotion(shop, "sale", NOW)
    assert running(standings(shop), NOW) == []
    pause_promotion(shop, "sale", NOW, paused=False)
    put_promotion(shop, read_promotion({**SALE, "budget": {"uses": 0}}), NOW)
    assert running(standings(shop), NOW) == []
    with pytest.raises(NotFound):
        pause_promotion(shop, "nothing", NOW)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"benefit": {"kind": "gift"}}, "benefit.kind"),
        ({"colour": "red"}, "colour"),
        ({"currency": "XYZ"}, "currency"),
        ({"id": ""}, "id"),
        ({"starts_at": "2026-01-01"}, "starts_at"),
        ({"names": {"ja": "x"}}, "names"),
    ],
)
def test_a_promotion_written_wrongly_names_the_field(change: dict[str, Any], key: str) -> None:
    with pytest.raises(BadValue, match=key):
        read_promotion({**SALE, **change})
