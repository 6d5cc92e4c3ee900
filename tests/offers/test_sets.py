"""Sets with a price: as deep as still pays, never below the floor, whole or not at all."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.mining.alternatives import Alternatives
from tsuide.mining.baskets import Baskets
from tsuide.mining.bundles import Bundles
from tsuide.mining.complements import Complements
from tsuide.mining.set_price import set_price
from tsuide.offers.bind import bind
from tsuide.offers.candidates.bundles import SET
from tsuide.offers.customer import CustomerView
from tsuide.offers.decide import decide, replay
from tsuide.offers.decision import Decision
from tsuide.offers.offer import Offer
from tsuide.offers.policy.load import load_policy
from tsuide.offers.policy.policy import Policy
from tsuide.offers.request import CartLine, OfferRequest
from tsuide.offers.state import State, build_state

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
OPEN = (
    "holdout: 0%\nplacements: {product: all, cart: all}\n"
    "rules: {price_reach: off, worthless: off, unlikely: off, margin_floor: {rate: 5%}}\n"
)
PRICED = f"{OPEN}set_prices: {{response: 20, most: 20%, step: 100}}\n"
ORDERS = [["cam", "card", "bag"]] * 60 + [["cam"]] * 40 + [["x"]] * 400
GOODS = {"cam": (40_000, 20_000), "card": (4_400, 1_000), "bag": (6_600, 2_000), "x": (100, 50)}


def shop(**costs: int | None) -> State:
    lines = pl.DataFrame([{"order": str(n), "sku": sku} for n, order in enumerate(ORDERS) for sku in order])
    baskets = Baskets.from_frame(lines, basket="order", item="sku")
    complements = Complements().fit(baskets, tune=False)
    products = pl.DataFrame(
        {
            "id": list(GOODS),
            "title": list(GOODS),
            "category": [[name] for name in GOODS],
            "price": [price for price, _ in GOODS.values()],
            "cost": [costs.get(name, cost) for name, (_, cost) in GOODS.items()],
            "currency": ["JPY"] * len(GOODS),
        }
    )
    parts: dict[str, Any] = {
        "complements": complements,
        "alternatives": Alternatives().fit(products),
        "bundles": Bundles(min_count=2).fit(baskets, complements),
    }
    return build_state(parts, products, snapshot_id="s")


def asked(state: State, policy: Policy, *, in_cart: bool) -> tuple[Decision, Offer]:
    request = OfferRequest(
        "cart" if in_cart else "product",
        product_id=None if in_cart else "cam",
        cart=(CartLine("cam"),) if in_cart else (),
        kinds=("bundle",),
    )
    made = decide(request, state, CustomerView(), policy, now=NOW, seed=1)
    return made, next(each for each in made.offers if each.source == "bundles")


def test_a_set_in_the_cart_costs_what_is_missing_less_the_saving() -> None:
    state, policy = shop(), load_policy(PRICED)
    saving = int(bind(policy, state).savings.max())
    made, offer = asked(state, policy, in_cart=True)
    rest = [each for each in offer.items if each.role == "offered"]
    assert {each.product_id for each in rest} == {"card", "bag"}
    assert 0 < saving == offer.discount
    assert (offer.list_price, offer.price) == (11_000, 11_000 - saving)
    assert (51_000 - saving) % 100 == 0  # the price of the whole set is round
    assert any(each.code == "set_price" for each in offer.reasons)
    assert replay(made, state, policy).to_json() == made.to_json()


def test_a_set_of_what_is_looked_at_holds_the_whole_of_it() -> None:
    state, policy = shop(), load_policy(PRICED)
    _, offer = asked(state, policy, in_cart=False)
    assert [(each.product_id, each.role) for each in offer.items if each.role == "anchor"] == [("cam", "anchor")]
    assert offer.list_price == 51_000
    assert offer.price == 51_000 - offer.discount
    assert offer.discount > 0


def test_a_set_with_a_cost_that_nobody_knows_is_offered_at_the_sum_and_says_so() -> None:
    state, policy = shop(bag=None), load_policy(PRICED)
    made, offer = asked(state, policy, in_cart=True)
    assert (offer.price, offer.discount) == (11_000, 0)
    assert "set_at_sum" in made.notes


def test_without_the_policys_word_no_set_gets_a_price_of_its_own() -> None:
    _, offer = asked(shop(), load_policy(OPEN), in_cart=True)
    assert (offer.price, offer.discount) == (11_000, 0)


@given(
    prices=st.lists(st.integers(500, 60_000), min_size=2, max_size=5),
    share=st.floats(0.0, 0.95),
    attach=st.lists(st.integers(1, 99), min_size=4, max_size=4),
    joint=st.integers(1, 99),
    response=st.sampled_from([0, 50_000, 200_000]),
    step=st.sampled_from([1, 10, 100]),
)
def test_the_saving_is_the_one_that_mining_finds(
    prices: list[int], share: float, attach: list[int], joint: int, response: int, step: int
) -> None:
    """Where the offered part keeps the floor too, all sets at once give what one set alone gives."""
    margins = [int(price * share) for price in prices]
    rates = [each / 100 for each in attach[: len(prices) - 1]]
    alone = set_price(
        prices, margins, rates, min(joint / 100, *rates), response=response / 10_000, floor=500, step=step
    )
    rest = (sum(prices[1:]), sum(margins[1:]))
    saving = saving_of(prices, margins, rates, joint, response, step)
    whole = sum(prices)
    assert 0 <= saving < max(rest[0], 1)
    assert saving == 0 or (sum(margins) - saving) * 10_000 >= 500 * (whole - saving)
    if alone is None:
        assert saving == 0
    elif (rest[1] - (whole - alone.price)) * 10_000 >= 500 * (rest[0] - (whole - alone.price)):
        assert saving == whole - alone.price
    else:
        assert saving < whole - alone.price


def saving_of(prices: list[int], margins: list[int], rates: list[float], joint: int, response: int, step: int) -> int:
    """The saving of one set of untaxed products with these margins."""
    products = pl.DataFrame(
        {
            "id": [f"p{n}" for n in range(len(prices))],
            "title": ["t"] * len(prices),
            "category": [[f"c{n}"] for n in range(len(prices))],
            "price": prices,
            "cost": [price - margin for price, margin in zip(prices, margins, strict=True)],
            "currency": ["JPY"] * len(prices),
            "tax_rate": [0] * len(prices),
        }
    )
    sets = np.zeros(1, SET)
    sets["items"], sets["deal"] = -1, -1
    sets["items"][0, : len(prices)] = range(len(prices))
    sets["attach"][0, : len(rates)] = rates
    sets["count"], sets["base"] = joint, 100
    state = replace(build_state({}, products, snapshot_id="s"), sets=sets)
    text = (
        f"set_prices: {{response: {response / 10_000}, most: 50%, step: {step}}}\nrules: {{margin_floor: {{rate: 5%}}}}"
    )
    return int(bind(load_policy(text), state).savings[0])


@pytest.mark.parametrize("most", ["5%", "20%"])
def test_no_set_is_cheaper_than_the_policy_allows(most: str) -> None:
    policy = load_policy(f"{OPEN}set_prices: {{response: 20, most: {most}}}\n")
    _, offer = asked(shop(), policy, in_cart=True)
    assert offer.discount * 100 <= int(most[:-1]) * 51_000
