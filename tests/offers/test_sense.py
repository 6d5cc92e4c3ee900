"""What a customer would find foolish: what they own in another colour, the phone for a glass, a set far too dear."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from tests.offers.conftest import product

from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.promotions import Benefit, Promotion
from tsuide.facts.schema import conform
from tsuide.kit.arrays import frozen
from tsuide.mining.alternatives import Alternatives
from tsuide.mining.baskets import Baskets
from tsuide.mining.complements import Complements
from tsuide.mining.fitted import Fitted
from tsuide.offers.candidates.fillers import FILLER, SINGLES
from tsuide.offers.customer import CustomerView, Grant, Owned, PriceBand
from tsuide.offers.deals import make_deals
from tsuide.offers.decide import decide, replay
from tsuide.offers.decision import Decision
from tsuide.offers.policy.load import load_policy
from tsuide.offers.request import CartLine, OfferRequest
from tsuide.offers.state import State, build_state

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
POLICY = "holdout: 0%\npage: {offers: 10, per_need: 5}\nrules: {unlikely: off, worthless: off, evidence: off}\n"
GOODS = [
    product("phone-white", ["Phones"], 39_800, 20_000, parent_id="phone"),
    product("phone-black", ["Phones"], 39_800, 20_000, parent_id="phone"),
    product("glass", ["Glass"], 1_280, 300),
    product("lens", ["Lenses"], 30_000, 15_000),
    product("camera", ["Cameras"], 40_000, 25_000),
    product("charger", ["Chargers"], 2_480, 900),
    product("lip-red", ["Lips"], 1_800, 500, parent_id="lip", durable=False),
    product("lip-pink", ["Lips"], 1_800, 500, parent_id="lip", durable=False),
    product("beans", ["Coffee"], 900, 300, durable=False),
    product("filters", ["Filters"], 380, 100, durable=False),
    product("jam", ["Jam"], 600, 300, durable=False),
    product("tea", ["Tea"], 900, 300, durable=False),
]
DECLARED = [
    {"product_id": "phone-white", "other_id": "glass", "relation": "accessory"},
    {"product_id": "camera", "other_id": "lens", "relation": "accessory"},
    {"product_id": "lens", "other_id": "camera", "relation": "part_of_set"},
    {"product_id": "camera", "other_id": "lens", "relation": "part_of_set"},
    {"product_id": "beans", "other_id": "filters", "relation": "accessory"},
]
TOGETHER = (
    [["phone-white", "glass", "charger"]] * 30
    + [["phone-black", "glass"]] * 30
    + [["camera", "lens"]] * 30
    + [["lip-red", "lip-pink"]] * 20
    + [["jam", "tea"]] * 30
    + [["beans", "filters"]] * 30
    + [["x"]] * 400
)
RICH = PriceBand(500, 30_000, 90_000)


def taught(goods: list[dict[str, object]], together: list[list[str]], relations: list[dict[str, str]]) -> State:
    lines = pl.DataFrame([{"order": str(n), "sku": sku} for n, basket in enumerate(together) for sku in basket])
    baskets = Baskets.from_frame(lines, basket="order", item="sku")
    parts: dict[str, Fitted] = {"complements": Complements().fit(baskets, tune=False)}
    return build_state(parts, conform(pl.DataFrame(goods), PRODUCTS), pl.DataFrame(relations), snapshot_id="s")


@pytest.fixture(scope="module")
def shelf() -> State:
    return taught(GOODS, TOGETHER, DECLARED)


def customer(*owned: str, band: PriceBand | None = RICH) -> CustomerView:
    bought = tuple(Owned(each, NOW - timedelta(days=40), 1) for each in owned)
    return CustomerView(id="c1", consents=(Grant("personalisation", "any"),), owned=bought, price_band=band)


def decided(state: State, view: CustomerView, *, policy: str = POLICY, **more: object) -> Decision:
    request = OfferRequest("product", **{"n": 10, "customer_id": view.id, **more})  # type: ignore[arg-type]  # fields of a request
    return decide(request, state, view, load_policy(policy), now=NOW, seed=1)


def named(decision: Decision) -> set[str]:
    return {each.product_id for each in decision.slate}


def test_who_owns_a_phone_is_not_offered_it_in_another_colour(shelf: State) -> None:
    plain = load_policy(f"{POLICY.replace('evidence: off', 'evidence: off, main_product: off')}")
    offered = decide(
        OfferRequest("product", product_id="glass", n=10, customer_id="c1"), shelf, customer(), plain, now=NOW, seed=1
    )
    owner = customer("phone-white")
    found = decide(
        OfferRequest("product", product_id="camera", cart=(CartLine("glass"),), n=10, customer_id="c1"),
        shelf, owner, plain, now=NOW, seed=1,
    )  # fmt: skip
    assert {"phone-white", "phone-black"} & named(offered) == set()  # far beyond the glass, whoever can afford it
    assert found.refused["already_owned"] == 2  # both colours
    assert replay(found, shelf, plain).to_json() == found.to_json()


def test_a_long_history_is_recorded_with_the_colour_that_counted(shelf: State) -> None:
    bought = [Owned("phone-white", NOW - timedelta(days=300), 1)]
    bought += [Owned("jam", NOW - timedelta(days=200 - n), 1) for n in range(60)]
    owner = replace(customer(), owned=tuple(bought))
    found = decided(shelf, owner, product_id="glass")
    assert "phone-white" in {each.product_id for each in found.customer.owned}
    assert replay(found, shelf, load_policy(POLICY)).to_json() == found.to_json()


def test_another_shade_of_what_is_used_up_may_be_offered(shelf: State) -> None:
    assert "lip-pink" in named(decided(shelf, customer("lip-red"), product_id="lip-red"))


def test_an_owner_of_a_colour_may_be_offered_others_where_the_shop_says_so(shelf: State) -> None:
    loose = POLICY.replace(
        "evidence: off", "evidence: off, main_product: off, price_reach: off, already_owned: {variants: no}"
    )
    found = decided(shelf, customer("phone-white"), policy=loose, product_id="glass")
    assert "phone-black" in named(found)
    assert "phone-white" not in named(found)


def test_an_accessory_does_not_bring_the_thing_that_it_is_for(shelf: State) -> None:
    assert "lens" in named(decided(shelf, customer(), product_id="camera"))
    found = decided(shelf, customer(), product_id="lens")
    assert "camera" not in named(found)  # 40,000 beside 30,000: near enough, but the wrong way round
    assert found.refused["main_product"] == 1
    in_cart = decided(shelf, customer(), product_id="jam", cart=(CartLine("lens"),))
    assert "camera" not in named(in_cart)


def test_what_is_used_up_is_no_main_product_that_one_has_already(shelf: State) -> None:
    assert "beans" in named(decided(shelf, customer(), product_id="filters"))


def test_a_case_made_for_one_phone_fills_no_parcel_of_another_customer(shelf: State) -> None:
    rows = np.array([(shelf.ids.position(name), 0.5, False) for name in ("glass", "tea")], dtype=FILLER)
    state = replace(shelf, fillers=frozen(rows))
    fills = {
        cart: {
            each.product_id
            for each in decided(
                state, CustomerView(), cart=(CartLine(cart),), free_shipping_at=1_000 + price, kinds=("filler",)
            ).slate
        }
        for cart, price in (("jam", 600), ("phone-white", 39_800))
    }
    assert fills == {"jam": set(), "phone-white": {"glass"}}


def test_a_filler_that_lasts_costs_no_more_than_what_it_fills_up(shelf: State) -> None:
    rows = np.array([(shelf.ids.position(name), 0.5, False) for name in ("charger", "beans")], dtype=FILLER)
    state = replace(shelf, fillers=frozen(rows))
    for cart, fills in (("jam", {"beans"}), ("lens", {"beans", "charger"})):
        price = {"jam": 600, "lens": 30_000}[cart]
        found = decided(state, CustomerView(), cart=(CartLine(cart),), free_shipping_at=900 + price, kinds=("filler",))
        assert named(found) == fills


def test_what_costs_too_much_beyond_the_gap_takes_no_fillers_place() -> None:
    dear = [f"feast-{n}" for n in range(SINGLES)]  # more likely to be taken than tea, and refused by the policy
    goods = [product(each, [f"Feast {n}"], 9_000, 300, durable=False) for n, each in enumerate(dear)]
    shelf = taught(GOODS + goods, TOGETHER, DECLARED)
    appeals = [*((each, 0.9) for each in dear), ("tea", 0.01)]
    rows = np.array([(shelf.ids.position(each), appeal, False) for each, appeal in appeals], FILLER)
    full = replace(shelf, fillers=frozen(rows))

    def fills(policy: str) -> Decision:
        return decided(
            full, CustomerView(), policy=policy, cart=(CartLine("jam"),), free_shipping_at=1_500, kinds=("filler",)
        )

    found = fills(POLICY)
    assert (named(found), found.refused.get("filler_gap")) == ({"tea"}, None)
    assert "feast-0" in named(fills(POLICY.replace("evidence: off", "evidence: off, filler_gap: off")))


def test_a_sold_out_colour_is_replaced_by_another_before_another_model(shelf: State) -> None:
    items = shelf.items.copy()
    items["stock"][shelf.ids.position("phone-white")] = 0
    state = replace(shelf, items=frozen(items))
    for request in ({"product_id": "phone-white"}, {"product_id": "phone-white", "cart": (CartLine("phone-white"),)}):
        (only,) = decided(state, CustomerView(), kinds=("alternative",), **request).slate
        assert (only.product_id, only.difference) == ("phone-black", 0)
    assert decided(shelf, CustomerView(), kinds=("alternative",), product_id="phone-white").slate == ()


def test_what_goes_with_it_costs_no_multiple_of_it_even_for_who_can_afford_it(shelf: State) -> None:
    assert "tea" in named(decided(shelf, customer(), product_id="jam"))  # half as dear again, within the band
    assert "tea" not in named(decided(shelf, customer(band=None), product_id="jam"))
    undeclared = replace(shelf, beside=build_state({}, conform(pl.DataFrame(GOODS), PRODUCTS), snapshot_id="s").beside)
    assert "phone-white" not in named(decided(undeclared, customer(), product_id="glass"))
    assert "phone-white" not in named(decided(undeclared, customer(), product_id="charger"))


def test_a_campaigns_set_is_measured_by_what_it_adds(shelf: State) -> None:
    first = Promotion(
        "first", {"ja": "セット", "en": "Set"}, Benefit("set_price", 65_000, items=("camera", "lens")), "JPY"
    )
    products = conform(pl.DataFrame(GOODS), PRODUCTS)
    deals = make_deals([first], products, {}, NOW)
    state = build_state({**shelf.parts, "deals": deals}, products, pl.DataFrame(DECLARED[:1]), snapshot_id="s")
    beside = {
        page: [each.price for each in decided(state, customer(band=None), product_id=page, kinds=("bundle",)).slate]
        for page in ("camera", "lens")
    }
    assert beside == {"camera": [65_000], "lens": []}  # 25,000 more than the camera, but 35,000 more than the lens


def ladder(*prices: int, gone: int = 0) -> State:
    goods = [
        product(f"pot-{n}", ["Kitchen", "Pots"], price, price // 3, stock=0 if n == gone else 10)
        for n, price in enumerate(prices)
    ]
    relations = [
        {"product_id": "pot-0", "other_id": f"pot-{n}", "relation": "substitute"} for n in range(1, len(prices))
    ]
    products = conform(pl.DataFrame(goods), PRODUCTS)
    return build_state(
        {"alternatives": Alternatives().fit(products)}, products, pl.DataFrame(relations), snapshot_id="s"
    )


def instead(state: State, policy: str = POLICY) -> dict[str, int | None]:
    found = decided(state, CustomerView(), policy=policy, product_id="pot-0", kinds=("alternative",))
    return {each.product_id: each.difference for each in found.slate}


def test_of_what_is_sold_out_the_same_need_is_offered_cheaper_or_dearer() -> None:
    assert instead(ladder(10_000, 9_800, 12_000, 15_000)) == {"pot-1": -200, "pot-2": 2_000}


def test_where_nothing_is_near_its_price_the_reach_widens_a_step_and_the_difference_is_said() -> None:
    assert instead(ladder(10_000, 15_000, 16_500)) == {"pot-1": 5_000}
    assert instead(ladder(10_000, 5_500, 15_800)) == {"pot-1": -4_500, "pot-2": 5_800}
    assert instead(ladder(10_000, 19_000)) == {}  # beyond two steps of 30 %
    once = POLICY.replace("evidence: off", "evidence: off, alternative_reach: {steps: 1}")
    assert instead(ladder(10_000, 15_000), once) == {}


def test_what_is_sold_out_too_does_not_stand_for_near() -> None:
    goods = ladder(10_000, 12_000, 15_000)
    items = goods.items.copy()
    items["stock"][goods.ids.position("pot-1")] = 0
    assert instead(replace(goods, items=items)) == {"pot-2": 5_000}
