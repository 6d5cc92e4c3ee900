import asyncio
import zlib
from datetime import UTC, datetime

import pytest

from tsuide.app.deciding import Decider, Served
from tsuide.app.learn import learn
from tsuide.app.ledger import Ledger, Told
from tsuide.app.ordering import Buyer, Wanted, place_order
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, Conflict, NotFound, UnknownDecision
from tsuide.offers.request import OfferRequest

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)


@pytest.fixture
def taught_shop(small_shop: Shop) -> Shop:
    learn(small_shop, now=NOW, seed=0)
    return small_shop


def decided(shop: Shop, visitor: str = "v1") -> Served:
    """What a camera's page proposes to a visitor outside the holdout."""

    async def ask() -> Served:
        journal = shop.store.journal()
        decider = Decider(shop, journal, lambda: NOW, lambda: zlib.crc32(visitor.encode()))
        decider.refresh()
        served = await decider.decide(OfferRequest("product", product_id="cam-a", anonymous_id=visitor))
        await journal.close()
        return served

    served = asyncio.run(ask())
    assert served.decision.arm == "treated"
    assert served.decision.offers
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
