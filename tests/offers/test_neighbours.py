"""What a group of customers likes, what a campaign is for, and categories that never go together."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from tsuide.errors import BadPolicy
from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.promotions import Benefit, Promotion, Targets
from tsuide.facts.schema import conform
from tsuide.mining.fitted import Fitted
from tsuide.mining.lookalikes import Lookalikes
from tsuide.offers.candidates.fillers import FILLER
from tsuide.offers.customer import CustomerView, Grant
from tsuide.offers.deals import make_deals
from tsuide.offers.decide import decide, replay
from tsuide.offers.decision import Decision
from tsuide.offers.explain import offer_text
from tsuide.offers.policy.load import load_policy
from tsuide.offers.request import CartLine, OfferRequest
from tsuide.offers.state import State, build_state

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
OPEN = (
    "holdout: 0%\npage: {offers: 10, per_need: 5}\n"
    "rules: {price_reach: off, unlikely: off, worthless: off, evidence: off}\n"
)
ANYBODY = CustomerView()


def customer(prefecture: str, *, consent: bool = True) -> CustomerView:
    grants = (Grant("personalisation", "any"),) if consent else ()
    return CustomerView(id="c1", consents=grants, attributes={"prefecture": prefecture})


@pytest.fixture(scope="module")
def northern(shop: State, catalogue: list[dict[str, object]]) -> State:
    """A shop in which 30 of 60 customers of Hokkaido bought the tripod, and 10 of 140 others."""
    rows = [(f"h{n}", "tripod" if n < 30 else "bag") for n in range(60)]
    rows += [(f"o{n}", "tripod" if n < 10 else "bag") for n in range(140)]
    bought = pl.DataFrame(rows, schema=["customer_id", "product_id"], orient="row")
    groups = {f"h{n}": ("prefecture=北海道",) for n in range(60)}
    parts: dict[str, Fitted] = {**shop.parts, "lookalikes": Lookalikes().fit(bought, groups)}
    return build_state(parts, conform(pl.DataFrame(catalogue), PRODUCTS), snapshot_id="s")


def made(state: State, view: CustomerView = ANYBODY, policy: str = OPEN, **more: object) -> Decision:
    request = OfferRequest("home", **{"n": 10, "customer_id": view.id, **more})  # type: ignore[arg-type]  # fields of a request
    return decide(request, state, view, load_policy(policy), now=NOW, seed=1)


def test_what_neighbours_buy_is_proposed_with_how_many_of_how_many(northern: State) -> None:
    found = {each.product_id: each for each in made(northern, customer("北海道")).offers}
    tripod = found["tripod"]
    assert (tripod.source, tripod.reasons[0].numbers["count"], tripod.reasons[0].numbers["base"]) == ("alike", 30, 60)
    assert offer_text(tripod, "ja", northern).startswith("北海道のお客様60人のうち30人がお求めになっています。")
    assert offer_text(tripod, "en", northern).startswith("30 of 60 customers in 北海道 bought this.")


@pytest.mark.parametrize("view", [customer("沖縄県"), customer("北海道", consent=False), ANYBODY])
def test_nobody_else_is_told_of_the_neighbours(northern: State, view: CustomerView) -> None:
    assert all(each.source != "alike" for each in made(northern, view).slate)


def test_categories_that_never_go_together_are_kept_apart_whichever_lies_in_the_cart(shop: State) -> None:
    apart = f"{OPEN}never_with: [[Cameras, Memory], [Film, Bags]]\n"
    for cart, gone in (("camera-good", "card"), ("card", "camera-good")):
        free = decide(
            OfferRequest("cart", n=10, cart=(CartLine(cart),)), shop, ANYBODY, load_policy(OPEN), now=NOW, seed=1
        )
        kept = decide(
            OfferRequest("cart", n=10, cart=(CartLine(cart),)), shop, ANYBODY, load_policy(apart), now=NOW, seed=1
        )
        assert gone in {each.product_id for each in free.slate}
        assert gone not in {each.product_id for each in kept.slate}
        assert kept.refused["never_with"] > free.refused.get("never_with", 0)


def test_a_pair_that_is_none_is_refused_with_its_line() -> None:
    with pytest.raises(BadPolicy, match="line 2"):
        load_policy("holdout: 0%\nnever_with: [[Alcohol]]\n")


CAMPAIGN = Promotion(
    "summer", {"ja": "夏", "en": "Summer"}, Benefit("percent", 500), "JPY", Targets(products=("bag", "film"))
)


def campaigning(shop: State, catalogue: list[dict[str, object]], *, ends: datetime | None = None) -> State:
    products = conform(pl.DataFrame(catalogue), PRODUCTS)
    deals = make_deals([replace(CAMPAIGN, ends_at=ends)], products, {}, NOW)
    return build_state({**shop.parts, "deals": deals}, products, snapshot_id="s")


def test_a_running_campaign_brings_its_products_and_lifts_them(shop: State, catalogue: list[dict[str, object]]) -> None:
    state = campaigning(shop, catalogue)
    plain, lifted = made(state), made(state, policy=f"{OPEN}promotions: {{lift: 50%}}\n")
    one, other = ({each.product_id: each for each in found.offers} for found in (plain, lifted))
    assert one["film"].source in {"promotion", "category"}
    assert (one["film"].promotion_id, one["film"].price, one["film"].discount) == ("summer", 1_045, 55)
    assert (one["film"].scores.context, other["film"].scores.context) == (1.0, 1.5)
    assert other["tripod"].scores.context == 1.0
    assert "promotion" in {each.code for each in one["film"].reasons}
    assert replay(lifted, state, load_policy(f"{OPEN}promotions: {{lift: 50%}}\n")).to_json() == lifted.to_json()


def test_a_campaign_that_is_over_or_withdrawn_brings_nothing(shop: State, catalogue: list[dict[str, object]]) -> None:
    over = campaigning(shop, catalogue, ends=NOW)
    gone = replace(campaigning(shop, catalogue), withdrawn=("summer",))
    for state in (over, gone):
        found = made(state)
        assert all(each.promotion_id is None and each.source != "promotion" for each in found.slate)
    assert made(gone).withdrawn == ("summer",)


def test_a_need_that_the_cart_serves_fills_no_gap(shop: State) -> None:
    rows = np.array([(shop.ids.position(name), 0.5, False) for name in ("card", "bag", "film")], dtype=FILLER)
    request = OfferRequest("cart", n=10, cart=(CartLine("card"),), kinds=("filler",), free_shipping_at=6_000)
    found = decide(request, replace(shop, fillers=rows), ANYBODY, load_policy(OPEN), now=NOW, seed=1)
    assert {item.product_id for each in found.slate for item in each.items} == {"bag"}  # 2,700 are missing
    assert "in_cart" not in found.refused  # a second card was not even a candidate
