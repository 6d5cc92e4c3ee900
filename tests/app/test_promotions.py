"""A promotion from the person who sets it to the customer's yes, through the learned state and a replay."""

import asyncio
import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

import polars as pl

from tsuide.app import accepting
from tsuide.app.accepting import Asked
from tsuide.app.deciding import Decider, Served
from tsuide.app.learn import learn
from tsuide.app.loading import caught_up, load, newer
from tsuide.app.promotions import note_prices, publish_deals, put_promotion, read_promotion, standing
from tsuide.app.replaying import replay_decision
from tsuide.app.signing import DEMO_TERMS, set_sale_terms
from tsuide.app.wiring import Shop
from tsuide.facts.pricing import PricePoint
from tsuide.mining.snapshot import open_snapshot
from tsuide.offers.customer import CustomerView
from tsuide.offers.decide import decide
from tsuide.offers.kernels import kernels
from tsuide.offers.offer import Kind, Offer, Placement
from tsuide.offers.policy.load import ready_policy
from tsuide.offers.price_history import judge_reference
from tsuide.offers.request import CartLine, OfferRequest
from tsuide.offers.state import State

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
_SEEDS = itertools.count(11)
SALE = {
    "id": "cards",
    "names": {"ja": "カード300円引き", "en": "300 yen off cards"},
    "benefit": {"kind": "amount", "value": 300},
    "currency": "JPY",
    "targets": {"products": ["card"]},
    "budget": {"amount": 300},
}


def decided(shop: Shop) -> Served:
    async def ask() -> Served:
        journal = shop.store.journal()
        decider = Decider(shop, journal, lambda: NOW, _SEEDS.__next__)
        decider.refresh()
        asked = OfferRequest("product", product_id="cam-a", anonymous_id="v1", language="en", kinds=("cross_sell",))
        served = await decider.decide(asked)
        await journal.close()
        return served

    return asyncio.run(ask())


def card_of(served: Served) -> Offer:
    return next(offer for offer in served.decision.offers if offer.product_id == "card")


def test_before_anything_is_learned_there_is_nothing_to_publish_into(empty_shop: Shop) -> None:
    assert publish_deals(empty_shop, NOW) is None


def test_from_the_person_who_sets_it_to_the_customers_yes(small_shop: Shop) -> None:
    set_sale_terms(small_shop, DEMO_TERMS, NOW)
    learn(small_shop, now=NOW, seed=0, tune=False)
    before = card_of(decided(small_shop))
    assert (before.product_id, before.price, before.promotion_id) == ("card", 3_000, None)
    put_promotion(small_shop, read_promotion(SALE), NOW)
    publish_deals(small_shop, NOW)
    served = decided(small_shop)
    offer = card_of(served)
    assert (offer.product_id, offer.price, offer.discount, offer.promotion_id) == ("card", 2_700, 300, "cards")
    assert offer.list_price == 2_700  # noted only since today: nothing may be crossed out yet
    assert "¥300 off for now." in served.reasons_told(offer, "en")
    assert before.scores.worth is not None
    assert offer.scores.worth is not None
    assert before.scores.worth - offer.scores.worth == 273  # 300 without its tax
    assert replay_decision(small_shop, served.decision.id).same
    waiting = accepting.ask(small_shop, served.catalogue, Asked(served.decision.id, offer.id), NOW)
    assert (waiting.confirmed.total, waiting.confirmed.draws) == (2_700, {"cards": 300})
    assert waiting.token is not None
    accepting.confirm(small_shop, served.catalogue, waiting.token, "en", NOW)
    assert standing(small_shop, "cards").exhausted()
    after = decided(small_shop)  # the table of deals still names it: a decision leaves it out at once, and says so
    assert (card_of(after).price, after.decision.withdrawn) == (3_000, ("cards",))
    publish_deals(small_shop, NOW)
    last = decided(small_shop)
    assert (card_of(last).price, last.decision.withdrawn) == (3_000, ())
    for each in (served, after, last):  # what became of promotions since changes no replay
        assert replay_decision(small_shop, each.decision.id).same


def test_a_discount_tier_is_filled_up_to_from_the_moment_it_is_set_until_it_is_used_up(small_shop: Shop) -> None:
    learn(small_shop, now=NOW, seed=0)
    basket = {**SALE, "id": "basket", "benefit": {"kind": "amount", "value": 50}, "targets": {"least": 3_600}}

    async def told() -> list[tuple[str, ...]]:
        journal = small_shop.store.journal()
        decider = Decider(small_shop, journal, lambda: NOW, _SEEDS.__next__)
        found = []

        async def codes() -> None:
            decider.refresh()
            asked = OfferRequest("cart", anonymous_id="v1", cart=(CartLine("card"),), kinds=("filler",))
            served = await decider.decide(asked)
            assert replay_decision(small_shop, served.decision.id).same
            texts = [served.reasons_told(offer, "en")[0] for offer in served.decision.slate]
            found.append(tuple(dict.fromkeys(texts)))

        await codes()
        for change in ({"budget": {"amount": 50}}, {"budget": {"amount": 50}, "paused": True}):
            put_promotion(small_shop, read_promotion({**basket, **change}), NOW)
            if "paused" not in change:
                publish_deals(small_shop, NOW)
            await codes()
        await journal.close()
        return found

    before, there, after = asyncio.run(told())
    assert (before, after) == ((), ())
    assert there == ("Adding this reaches “300 yen off cards”.",)


def test_what_everybody_paid_under_a_promotion_stands_in_the_price_history(small_shop: Shop) -> None:
    begun = NOW - timedelta(days=30)
    learn(small_shop, now=begun, seed=0)
    put_promotion(small_shop, read_promotion({**SALE, "budget": {}, "ends_at": NOW.isoformat()}), begun)
    put_promotion(small_shop, read_promotion({**SALE, "id": "mail", "targets": {"placements": ["email"]}}), begun)
    publish_deals(small_shop, begun)
    deals = open_snapshot(small_shop.snapshots).parts["deals"]
    for days in (0, 10, 31):
        note_prices(small_shop, deals, begun + timedelta(days=days))
    points = small_shop.store.prices.of(["card", "bag"]).select("product_id", "price", "source").rows()
    assert points == [
        ("bag", 5_000, "catalogue"),
        ("card", 2_700, "promotion"),  # of one moment the last word holds: the promotion began as it was noted
        ("card", 3_000, "catalogue"),
    ]
    history = [PricePoint(*row) for row in small_shop.store.prices.of(["card"]).iter_rows()]
    # two days at 3,000 after thirty at 2,700
    assert judge_reference(history, 3_000, 2_700, NOW + timedelta(days=2)) == "not_most"


def test_what_people_declare_later_changes_no_replay_and_holds_once_published(small_shop: Shop) -> None:
    learn(small_shop, now=NOW, seed=0)
    before = decided(small_shop)
    apart = pl.DataFrame({"product_id": ["cam-a"], "other_id": ["card"], "relation": ["never_with"]})
    small_shop.store.facts.write_relations(apart)
    assert replay_decision(small_shop, before.decision.id).same
    publish_deals(small_shop, NOW)
    after = decided(small_shop)
    assert "card" not in {each.product_id for each in after.decision.slate}
    assert after.decision.refused["never_with"] >= 1
    assert replay_decision(small_shop, before.decision.id).same


def test_what_is_published_is_laid_over_the_running_state_as_over_one_loaded_anew(small_shop: Shop) -> None:
    learn(small_shop, now=NOW, seed=0)
    loaded = load(small_shop)
    strap = small_shop.store.facts.products().filter(id="card").with_columns(id=pl.lit("strap"))
    small_shop.store.facts.write_products(strap)  # grows the running state: its products stand in another order
    loaded = caught_up(small_shop, loaded)
    apart = pl.DataFrame({"product_id": ["cam-a"], "other_id": ["bag"], "relation": ["never_with"]})
    small_shop.store.facts.write_relations(apart)
    put_promotion(small_shop, read_promotion(SALE), NOW)
    together = {"benefit": {"kind": "set_price", "value": 42_000, "items": ["cam-a", "card"]}, "budget": {}}
    put_promotion(small_shop, read_promotion({**SALE, "id": "set", **together}), NOW)
    publish_deals(small_shop, NOW)
    there, anew = newer(small_shop, loaded), load(small_shop)
    assert there.state.complements is loaded.state.complements  # what was learned was not read again
    assert there.snapshot.id == anew.snapshot.id
    policy = ready_policy("standard")
    for placement, product in (("product", "cam-a"), ("home", None), ("product", "strap")):
        asked = OfferRequest(cast("Placement", placement), product_id=product, n=20)
        here, fresh = (
            decide(asked, each.state, CustomerView(), policy, now=NOW, seed=5).to_json() for each in (there, anew)
        )
        assert here == fresh
    assert "set" in {each.promotion_id for each in decide_beside_camera(there.state, "bundle")}


def decide_beside_camera(state: State, *kinds: Kind) -> tuple[Offer, ...]:
    asked = OfferRequest("product", product_id="cam-a", n=20, kinds=kinds)
    return decide(asked, state, CustomerView(), ready_policy("standard"), now=NOW, seed=5).slate


def test_a_promotion_set_while_a_learner_is_at_work_is_live_at_once_and_stays(small_shop: Shop) -> None:
    learn(small_shop, now=NOW, seed=0)
    told: list[str] = []

    def meanwhile(step: str, _: int, __: int) -> None:
        if step == "propensity":
            put_promotion(small_shop, read_promotion(SALE), NOW)
            publish_deals(small_shop, NOW)
            told.append(card_of(decided(small_shop)).promotion_id or "")

    learn(small_shop, now=NOW, seed=0, progress=meanwhile)
    assert told == ["cards"]
    assert card_of(decided(small_shop)).promotion_id == "cards"


def test_no_kernel_is_compiled_anew_when_products_and_promotions_come(small_shop: Shop) -> None:
    """A second compilation takes half a minute, in which a server answers from the state before."""
    learn(small_shop, now=NOW, seed=0)
    loaded = load(small_shop)
    decide_beside_camera(loaded.state)
    kinds = [compiled_kinds()]
    strap = small_shop.store.facts.products().filter(id="card").with_columns(id=pl.lit("strap"))
    small_shop.store.facts.write_products(strap)
    loaded = caught_up(small_shop, loaded)
    decide_beside_camera(loaded.state)
    kinds.append(compiled_kinds())
    put_promotion(small_shop, read_promotion(SALE), NOW)
    publish_deals(small_shop, NOW)
    loaded = newer(small_shop, loaded)
    decide_beside_camera(loaded.state)
    kinds.append(compiled_kinds())
    decide_beside_camera(replace(loaded.state, withdrawn=("cards",)))
    kinds.append(compiled_kinds())
    assert kinds == [kinds[0]] * 4


def compiled_kinds() -> int:
    return len(kernels().decided.signatures)
