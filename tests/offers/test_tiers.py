"""Fillers up to a discount tier: which one, when, what they are worth, and what they say."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.promotions import Benefit, Budget, Promotion, Targets
from tsuide.facts.schema import conform
from tsuide.kit.arrays import frozen
from tsuide.mining.fitted import Fitted
from tsuide.offers.candidates.fillers import FILLER
from tsuide.offers.customer import CustomerView
from tsuide.offers.decide import decide, replay
from tsuide.offers.decision import Decision
from tsuide.offers.explain import offer_text, trace
from tsuide.offers.offer import Offer
from tsuide.offers.pitch import pitch
from tsuide.offers.policy.load import load_policy
from tsuide.offers.request import CartLine, OfferRequest
from tsuide.offers.state import State, build_state
from tsuide.offers.tiers import make_tiers

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
POLICY = "holdout: 0%\nrules: {price_reach: off, unlikely: off, evidence: off}\n"


def promotion(name: str = "week", kind: Any = "percent", value: int = 500, **more: Any) -> Promotion:
    benefit = Benefit(kind, value, more.pop("items", ()), **more.pop("gives", {}))
    targets = more.pop("targets", Targets(least=more.pop("least", 4_000)))
    return Promotion(name, {"ja": f"{name}の割引", "en": f"{name} offer"}, benefit, "JPY", targets, **more)


@pytest.fixture(scope="module")
def goods(catalogue: list[dict[str, object]]) -> pl.DataFrame:
    return conform(pl.DataFrame(catalogue), PRODUCTS)


def with_tiers(shop: State, goods: pl.DataFrame, *promotions: Promotion) -> State:
    """The shop in which film and bags come along easily, with promotions on whole baskets."""
    parts: dict[str, Fitted] = {**shop.parts, "tiers": make_tiers(promotions, goods, shipping=500)}
    state = build_state(parts, goods, snapshot_id="s")
    rows = np.zeros(2, FILLER)
    rows["item"], rows["appeal"] = state.ids.positions(["film", "bag"]), [0.4, 0.3]
    return replace(state, fillers=frozen(rows))


def filled(state: State, policy: str = POLICY, *, now: datetime = NOW, **more: Any) -> Decision:
    view = CustomerView(segments=more.pop("segments", ()))
    asked: dict[str, Any] = {"cart": (CartLine("card"),), "kinds": ("filler",), "n": 5} | more
    return decide(
        OfferRequest(asked.pop("placement", "cart"), **asked), state, view, load_policy(policy), now=now, seed=1
    )


def only(decision: Decision) -> Offer:
    (offer,) = decision.slate
    return offer


def test_what_reaches_the_next_discount_is_proposed_and_says_which(shop: State, goods: pl.DataFrame) -> None:
    state = with_tiers(shop, goods, promotion())  # the cart holds 3,300, five percent off from 4,000
    decision = filled(state)
    offer = only(decision)
    assert (offer.product_id, offer.kind, offer.reasons[0].code) == ("film", "filler", "closes_tier")
    assert offer_text(offer, "ja", state).startswith("こちらを加えると「weekの割引」の対象になります。")
    assert offer_text(offer, "en", state).startswith("Adding this reaches “week offer”.")
    assert pitch(offer, "en", state).benefit == "With this, the cart reaches a promotion."
    assert replay(decision, state, load_policy(POLICY)) == decision
    assert filled(state, cart=(CartLine("card", 2),)).slate == ()  # reached already


def test_its_worth_is_net_of_the_discount_that_the_whole_cart_then_gets(shop: State, goods: pl.DataFrame) -> None:
    # film: 1,000 ex tax − 600 = 400; five percent of 3,300 and of 1,100 are 165 and 55
    assert only(filled(with_tiers(shop, goods, promotion()))).scores.worth == 400 - 165 - 55
    fixed = with_tiers(shop, goods, promotion(kind="amount", value=150))
    assert only(filled(fixed)).scores.worth == 400 - 150
    parcel = filled(with_tiers(shop, goods, promotion(kind="free_shipping", value=0)))  # 500 given away for 400
    assert (parcel.slate, parcel.refused["worthless"]) == ((), 1)
    dear = filled(with_tiers(shop, goods, promotion(value=1_000)))  # ten percent: 440 given away for 400
    assert (dear.slate, dear.refused["worthless"]) == ((), 1)


@pytest.mark.parametrize(("free_at", "code"), [(3_900, "closes_gap"), (4_300, "closes_tier"), (3_000, "closes_tier")])
def test_the_nearer_of_free_shipping_and_discount_is_filled_up_to(
    shop: State, goods: pl.DataFrame, free_at: int, code: str
) -> None:
    state, policy = with_tiers(shop, goods, promotion()), f"{POLICY}costs: {{free_shipping_at: {free_at}}}\n"
    assert only(filled(state, policy)).reasons[0].code == code


def test_who_names_the_threshold_of_free_shipping_is_told_of_that(shop: State, goods: pl.DataFrame) -> None:
    state = with_tiers(shop, goods, promotion())
    assert only(filled(state, free_shipping_at=4_200)).reasons[0].code == "closes_gap"


def test_the_nearest_tier_counts_that_the_cart_has_begun(shop: State, goods: pl.DataFrame) -> None:
    near = promotion("near", least=4_100)
    state = with_tiers(shop, goods, promotion("far", least=4_400), near)
    assert only(filled(state)).reasons[0].numbers == {"promotion": "near"}
    assert only(filled(replace(state, withdrawn=("near",)))).reasons[0].numbers == {"promotion": "far"}
    of_film = promotion(targets=Targets(products=("film",), least=500))
    assert filled(with_tiers(shop, goods, of_film)).slate == ()  # nothing of it lies in the cart


def test_only_what_the_promotion_is_for_counts_towards_it(shop: State, goods: pl.DataFrame) -> None:
    cards_and_film = promotion(targets=Targets(products=("card", "film"), least=4_000))
    cart = (CartLine("card"), CartLine("tripod"))  # the tripod does not count: 700 are missing
    assert only(filled(with_tiers(shop, goods, cards_and_film), cart=cart)).product_id == "film"
    memory = promotion(targets=Targets(categories=("Memory",), least=4_000))
    assert filled(with_tiers(shop, goods, memory)).slate == ()  # film is none


@pytest.mark.parametrize(
    ("made", "asked"),
    [
        (promotion(targets=Targets(segments=("vip",), least=4_000)), {"segments": ("vip",)}),
        (promotion(targets=Targets(placements=("checkout",), least=4_000)), {"placement": "checkout"}),
        (promotion(starts_at=NOW + timedelta(days=1)), {"now": NOW + timedelta(days=2)}),
    ],
)
def test_it_holds_for_whom_where_and_when_the_promotion_does(
    shop: State, goods: pl.DataFrame, made: Promotion, asked: dict[str, Any]
) -> None:
    state = with_tiers(shop, goods, made)
    assert filled(state).slate == ()
    assert only(filled(state, **asked)).reasons[0].code == "closes_tier"


@pytest.mark.parametrize(
    "made",
    [
        promotion(least=0),
        promotion(paused=True),
        promotion(budget=Budget(uses_per_customer=1)),  # who has used it is not known here
        promotion(targets=Targets(kinds=("bundle",), least=4_000)),
        promotion(kind="free_item", items=("card",)),  # 3,300 yen free with 4,000 is beyond the law's fifth
        promotion(kind="free_item", items=("gone",)),
        promotion(kind="points", value=3_000, gives={"elsewhere": True}),
        promotion(kind="set_price", items=("card", "film")),
        promotion(targets=Targets(least=1 << 50)),
    ],
)
def test_what_cannot_be_promised_is_no_tier(goods: pl.DataFrame, made: Promotion) -> None:
    assert make_tiers([made], goods).asked == ()


def test_what_gifts_and_points_cost_is_known(goods: pl.DataFrame) -> None:
    gift, points = promotion("gift", "free_item", 0, items=("film",), least=9_000), promotion("points", "points", 300)
    made = make_tiers([points, gift], goods)
    assert [
        (each.promotion_id, rate, fixed) for each, rate, fixed in zip(made.asked, made.rate, made.fixed, strict=True)
    ] == [
        ("gift", 0, 600),
        ("points", 300, 0),
    ]


@given(
    least=st.integers(1, 1 << 53),
    quantity=st.integers(1, 1_000_000),
    price=st.none() | st.integers(0, 1 << 53),
    rate=st.integers(0, 10_000),
)
def test_no_cart_and_no_promotion_breaks_it(
    shop: State, goods: pl.DataFrame, least: int, quantity: int, price: int | None, rate: int
) -> None:
    state = with_tiers(shop, goods, promotion(value=rate, least=least))
    decision = filled(state, cart=(CartLine("card", quantity, price),))
    judged = trace(decision, state, load_policy(POLICY)).candidates  # compiled and plain rules agree on every one
    assert all(not each.refused_by for each in judged if each.place >= 0)
    assert all(offer.scores.worth is None or offer.scores.worth > 0 for offer in decision.slate)
